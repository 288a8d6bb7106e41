//! Demographic disparity within the strata of a grouping variable.
use super::comparison::{Comparison, GROUPS};
use super::intervals::{Limits, Rate};
use super::metric::{Metric, PValue, Test};
use super::sides::{Outcome, label_rate, prediction_rate};
use super::significance::{LEAST_EXPECTED, two_sided};
use crate::special::hypergeometric_pmf;
use crate::{Computed, Reason};

/// Conditional demographic disparity of labels: `Σ_g (n_g / n) · DD_g`, `DD_g` the disadvantaged group's share of the
/// rejected of stratum `g` less its share of the accepted.
///
/// - **Units**: −1 to 1; positive where the disadvantaged group has more of the rejected than of the accepted. Accepted is a
///   positive label, a stratum a value of the grouping variable.
/// - **Which rows**: those with label and stratum. A stratum where all or none are accepted has no disparity and is left out,
///   of `n` too.
/// - **Interval**: Wilson limits of each share, combined by MOVER with the weights held: Newcombe's for one stratum.
///   **p-value**: Cochran-Mantel-Haenszel, exactly where the criterion of Mantel & Fleiss (1980) is below 5: Fisher's test for
///   one stratum.
/// - **Errors**: [`Reason::Empty`] without a grouping variable, [`Reason::Undefined`] if it has too many values to count
///   ([`super::Contingency::new`]); [`Reason::Empty`] or [`Reason::TooFew`] for a group without such rows or with fewer than
///   the least; [`Reason::None`] if no stratum has both.
/// - **Clarify**: a group may be empty; a stratum without accepted or rejected takes part with a share of 0 there, and there
///   is no interval or p-value then; [`Reason::None`] if nobody at all, strata or not, is accepted or rejected; only the rows
///   of the weights need a stratum.
/// - **Source**: Clarify's CDDL, Wachter, Mittelstadt & Russell (2020); golden values from smclarify 0.5.
pub fn cddl(comparison: &Comparison) -> Metric {
    disparity(comparison, label_rate, "label")
}

/// Conditional demographic disparity of predictions: [`cddl`] with predictions for labels.
///
/// **Source**: Clarify's CDDPL; golden values from smclarify 0.5.
pub fn cddpl(comparison: &Comparison) -> Metric {
    disparity(comparison, prediction_rate, "prediction")
}

/// The accepted and the rejected of one stratum, and how many of either are disadvantaged.
struct Stratum {
    accepted: Rate,
    rejected: Rate,
}

impl Stratum {
    fn rows(&self) -> u64 {
        self.accepted.of + self.rejected.of
    }

    fn disadvantaged(&self) -> u64 {
        self.accepted.hits + self.rejected.hits
    }

    fn has_both(&self) -> bool {
        self.accepted.of > 0 && self.rejected.of > 0
    }

    /// The disadvantaged among the accepted that are to be expected were facet and outcome independent.
    fn expected(&self) -> f64 {
        self.disadvantaged() as f64 * self.accepted.of as f64 / self.rows() as f64
    }

    /// The fewest and the most disadvantaged that can be among the accepted.
    fn range(&self) -> (u64, u64) {
        let (disadvantaged, accepted) = (self.disadvantaged(), self.accepted.of);
        (disadvantaged.saturating_sub(self.rejected.of), disadvantaged.min(accepted))
    }
}

fn disparity(comparison: &Comparison, rate: fn(&Outcome) -> Rate, what: &str) -> Metric {
    if let Some(reason) = &comparison.uncounted_strata {
        return Metric::none(reason.clone());
    }
    let known = comparison.advantaged.strata.len().saturating_sub(1); // the last is for rows without a stratum
    if known == 0 {
        return Metric::none(Reason::Empty("the grouping variable".into()));
    }
    let [a, d] = comparison.both(|side| side.strata.iter().take(known).map(rate).collect::<Vec<Rate>>());
    let of = |rates: &[Rate]| rates.iter().map(|rate| rate.of).sum();
    let is_clarify = comparison.settings.is_clarify();
    let enough = comparison.large_enough([of(&a), of(&d)], &format!(" with {what} and stratum"));
    if let (Err(reason), false) = (enough, is_clarify) {
        return Metric::none(reason);
    }
    let all = a.iter().zip(&d).map(|(a, d)| Stratum {
        accepted: Rate { hits: d.hits, of: a.hits + d.hits },
        rejected: Rate { hits: d.of - d.hits, of: a.of - a.hits + d.of - d.hits },
    });
    let all: Vec<Stratum> = all.filter(|stratum| stratum.rows() > 0).collect();
    if is_clarify && !all.iter().all(Stratum::has_both) {
        let none = Metric::none(Reason::Undefined(format!("a stratum has no positive, or no negative, {what}")));
        return Metric { value: as_clarify(comparison, &all, rate, what), ..none };
    }
    let both: Vec<Stratum> = all.into_iter().filter(Stratum::has_both).collect();
    let mut found = Metric::none(Reason::None(format!("strata with both positive and negative {what}s")));
    if !both.is_empty() {
        let limits = weighted(&both, comparison.settings.alpha(1));
        found = Metric { value: Ok(limits.value), interval: Ok(limits.within(-1.0, 1.0)), p_value: independent(&both) };
    }
    if is_clarify {
        found.value = as_clarify(comparison, &both, rate, what);
    }
    found
}

/// The weighted disparity of strata that have both, with its limits.
fn weighted(strata: &[Stratum], alpha: f64) -> Limits {
    let n: u64 = strata.iter().map(Stratum::rows).sum();
    let part = |stratum: &Stratum| {
        let disparity = Limits::of_share(stratum.rejected, alpha).less(Limits::of_share(stratum.accepted, alpha));
        disparity.times(stratum.rows() as f64 / n as f64)
    };
    let parts: Vec<Limits> = strata.iter().map(part).collect();
    Limits::sum(&parts)
}

fn as_clarify(comparison: &Comparison, strata: &[Stratum], rate: fn(&Outcome) -> Rate, what: &str) -> Computed {
    let [a, d] = comparison.both(|side| rate(&side.all));
    let accepted = a.hits + d.hits;
    if accepted == 0 {
        return Err(Reason::None(format!("positive {what}s in {} or {}", GROUPS[0], GROUPS[1])));
    }
    if accepted == a.of + d.of {
        return Err(Reason::None(format!("negative {what}s in {} or {}", GROUPS[0], GROUPS[1])));
    }
    let share = |rate: Rate| if rate.of == 0 { 0.0 } else { rate.share() };
    let (mut total, mut rows) = (0.0, 0);
    for stratum in strata {
        total += stratum.rows() as f64 * (share(stratum.rejected) - share(stratum.accepted));
        rows += stratum.rows();
    }
    Ok(if rows == 0 { 0.0 } else { total / rows as f64 })
}

/// Tests whether facet and outcome are independent in every stratum.
fn independent(strata: &[Stratum]) -> Computed<PValue> {
    let (mut gap, mut variance, mut above_least, mut below_most) = (0.0, 0.0, 0.0, 0.0);
    for stratum in strata {
        let n = stratum.rows() as f64;
        let disadvantaged = stratum.disadvantaged() as f64;
        let (accepted, rejected) = (stratum.accepted.of as f64, stratum.rejected.of as f64);
        let ((least, most), expected) = (stratum.range(), stratum.expected());
        gap += stratum.accepted.hits as f64 - expected;
        above_least += expected - least as f64;
        below_most += most as f64 - expected;
        variance += disadvantaged * (n - disadvantaged) * accepted * rejected / (n * n * (n - 1.0));
    }
    if variance == 0.0 {
        return Err(Reason::None("strata with rows of both groups".into()));
    }
    if above_least.min(below_most) < LEAST_EXPECTED {
        return Ok(PValue { value: exact(strata, above_least <= below_most), test: Test::ExactStrata });
    }
    Ok(PValue { value: two_sided(gap / variance.sqrt()), test: Test::CochranMantelHaenszel })
}

/// The most counts above the least that are looked at: they are 5 on average at most, and beyond 256 none is a number.
const COUNTS: usize = 257;

/// The probability, given all margins, of a sum of disadvantaged among the accepted that is at most as likely as the one
/// observed. Counted from the end of the range that is nearer to the mean.
fn exact(strata: &[Stratum], from_least: bool) -> f64 {
    let (mut sums, mut observed) = (vec![1.0], 0u64);
    for stratum in strata {
        let (least, most) = stratum.range();
        let here = stratum.accepted.hits;
        observed += if from_least { here - least } else { most - here };
        let counts = (0..=most - least).take(COUNTS).map(|count| if from_least { least + count } else { most - count });
        let chances: Vec<f64> = counts
            .map(|k| hypergeometric_pmf(k, stratum.disadvantaged(), stratum.accepted.of, stratum.rows()))
            .collect();
        sums = convolved(&sums, &chances);
    }
    let likely = usize::try_from(observed).ok().and_then(|place| sums.get(place)).copied().unwrap_or(0.0);
    // As in Fisher's test: what rounding alone parts from it counts as equally likely.
    let as_extreme = sums.iter().filter(|&&chance| chance <= likely * (1.0 + 1e-7));
    (as_extreme.sum::<f64>() / sums.iter().sum::<f64>()).min(1.0)
}

/// The distribution of the sum of two counts.
fn convolved(one: &[f64], other: &[f64]) -> Vec<f64> {
    if let [certain] = other {
        return one.iter().map(|chance| chance * certain).collect();
    }
    let mut sums = vec![0.0; (one.len() + other.len() - 1).min(COUNTS)];
    for (first, &chance) in one.iter().enumerate() {
        for (sum, &other) in sums.iter_mut().skip(first).zip(other) {
            *sum += chance * other;
        }
    }
    sums
}
