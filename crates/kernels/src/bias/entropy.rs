//! Inequality of benefits among individuals: generalised entropy and Theil's index.
use super::comparison::Comparison;
use super::metric::Metric;
use super::shares::BOTH_KNOWN;
use super::sides::Side;
use crate::{Interval, Reason};

/// Generalised entropy of the benefits `b = ŷ − y + 1`, with exponent 2: `1/(2N) Σ [(b/μ)² − 1]`.
///
/// It is of everyone, whatever their facet: the same for each facet value, rows of a missing facet included.
/// - **Units**: 0 (all have the same benefit) and above. A wrong rejection has 0, a right prediction 1, a wrong acceptance 2.
/// - **Interval**: delta method; [`Reason::Constant`] where all have the same benefit, which says nothing of the errors that
///   are still to come. **p-value**: none, since 0 is only reached without any spread.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] without rows, or with fewer than the least, that have both label and
///   prediction; [`Reason::None`] if every prediction is a false negative (Clarify raises).
/// - **Source**: Clarify's GE, Speicher et al. (2018); golden values from smclarify 0.5.
pub fn ge(comparison: &Comparison) -> Metric {
    of_everyone(comparison, Index::Squared)
}

/// Theil's index of the benefits `b = ŷ − y + 1`: `1/N Σ (b/μ) ln(b/μ)`, with 0 ln 0 = 0.
///
/// Of everyone, with units, interval, p-value and errors as [`ge`]. **Source**: AIF360's definition, Speicher et al. (2018);
/// golden values from aif360 0.6.1.
pub fn theil_index(comparison: &Comparison) -> Metric {
    of_everyone(comparison, Index::Theil)
}

#[derive(Clone, Copy, PartialEq)]
enum Index {
    Squared,
    Theil,
}

fn of_everyone(comparison: &Comparison, index: Index) -> Metric {
    let sides = [&comparison.advantaged, &comparison.disadvantaged, &comparison.unplaced].map(Side::confusion);
    let (mut none, mut one, mut two) = (0, 0, 0);
    for side in sides {
        none += side.fn_;
        one += side.tn + side.tp;
        two += side.fp;
    }
    let rows: u64 = none + one + two;
    let what = format!("the data{BOTH_KNOWN}");
    if rows == 0 {
        return Metric::none(Reason::Empty(what));
    }
    let need = comparison.settings.min_group();
    if rows < need {
        return Metric::none(Reason::TooFew { what: format!("rows of {what}"), have: rows, need });
    }
    if none == rows {
        return Metric::none(Reason::None("predictions but false negatives".into()));
    }
    let shares = [none, one, two].map(|count| count as f64 / rows as f64);
    let (value, influence) = linearised(shares, index);
    let variance: f64 = shares.iter().zip(influence).map(|(share, influence)| share * influence * influence).sum();
    let half = comparison.settings.z(1) * (variance / rows as f64).sqrt();
    let interval = if shares.contains(&1.0) {
        Err(Reason::Constant("the benefit".into()))
    } else {
        Ok(Interval { low: (value - half).max(0.0), high: value + half })
    };
    let untestable = Reason::Undefined("it is 0 only where all benefits are equal: there is nothing to test".into());
    Metric { value: Ok(value), interval, p_value: Err(untestable) }
}

/// The index of benefits 0, 1 and 2 in these shares, and what one more row of each moves it by (times the rows).
fn linearised(shares: [f64; 3], index: Index) -> (f64, [f64; 3]) {
    let benefits = [0.0, 1.0, 2.0];
    let mean = shares[1] + 2.0 * shares[2];
    match index {
        Index::Squared => {
            let square = shares[1] + 4.0 * shares[2];
            let value = 0.5 * (square / (mean * mean) - 1.0);
            let influence = benefits.map(|b: f64| {
                0.5 * ((b * b - square) / (mean * mean) - 2.0 * square * (b - mean) / (mean * mean * mean))
            });
            (value, influence)
        }
        Index::Theil => {
            let log_of_two = 2.0 * std::f64::consts::LN_2; // 2 ln 2; that of 0 and of 1 is 0
            let middle = shares[2] * log_of_two;
            let value = middle / mean - libm::log(mean);
            let slope = middle / (mean * mean) + 1.0 / mean;
            let influence = benefits.map(|b| {
                let log = if b == 2.0 { log_of_two } else { 0.0 };
                (log - middle) / mean - slope * (b - mean)
            });
            (value, influence)
        }
    }
}
