//! AIF360's metrics of two groups, the unprivileged (disadvantaged) one first.
use super::comparison::{Comparison, some_of};
use super::intervals::{Limits, Rate};
use super::metric::{Metric, PValue, Test};
use super::shares::{BOTH_KNOWN, First, di, predicted_difference};
use super::sides::{Confused, Side};
use super::significance::{LEAST_EXPECTED, least_expected, two_sided};
use crate::special::chi_square_sf;
use crate::{Computed, Reason};

/// Statistical parity difference: `q̂_d − q̂ₐ`, the share of positive predictions; [`super::dppl`] with its sign turned.
///
/// **Source**: AIF360's definition; golden values from aif360 0.6.1.
pub fn statistical_parity_difference(comparison: &Comparison) -> Metric {
    predicted_difference(comparison, First::Disadvantaged)
}

/// Disparate impact as AIF360 defines it: `q̂_d / q̂ₐ`, which is [`di`].
///
/// **Source**: golden values from aif360 0.6.1.
pub fn disparate_impact(comparison: &Comparison) -> Metric {
    di(comparison)
}

/// Average odds difference: `½ [(FPR_d − FPRₐ) + (TPR_d − TPRₐ)]`.
///
/// - **Units**: −1 to 1; negative where the disadvantaged group has fewer positive predictions among equals.
/// - **Interval**: Newcombe's limits of the two differences, combined by MOVER. **p-value**: z of the sum of the differences,
///   each with its pooled variance; [`Reason::Undefined`] where an expected count is below 5, [`Reason::Constant`] if all or
///   none with equal labels are predicted positive.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows, or with fewer than the least, that have
///   both label and prediction, or that have them and a positive, or a negative, label; [`Reason::None`] if it has none of
///   those (AIF360: NaN). Clarify's conventions change nothing but which rows count, as in Clarify's metrics.
/// - **Source**: golden values from aif360 0.6.1.
pub fn average_odds_difference(comparison: &Comparison) -> Metric {
    let gaps = match Gaps::of(comparison, comparison.settings.alpha(1)) {
        Ok(gaps) => gaps,
        Err(reason) => return Metric::none(reason),
    };
    let limits = Limits::sum(&gaps.limits).times(0.5);
    let (gap, variance) = (2.0 * limits.value, gaps.variances.iter().sum::<f64>());
    let p_value = gaps.testable.and_then(|()| {
        if variance > 0.0 {
            Ok(PValue { value: two_sided(gap / variance.sqrt()), test: Test::SumOfDifferencesZ })
        } else {
            Err(constant())
        }
    });
    Metric { value: Ok(limits.value), interval: Ok(limits.within(-1.0, 1.0)), p_value }
}

/// Average absolute odds difference: `½ (|FPR_d − FPRₐ| + |TPR_d − TPRₐ|)`.
///
/// - **Units**: 0 to 1.
/// - **Interval**: Newcombe's limits of the two differences, so wide that both hold together (Bonferroni), and the mean of
///   the magnitudes that they allow. **p-value**: χ² of two degrees of freedom, the sum of the squared z of the differences;
///   none as for [`average_odds_difference`].
/// - **Errors**: as [`average_odds_difference`].
/// - **Source**: golden values from aif360 0.6.1.
pub fn average_abs_odds_difference(comparison: &Comparison) -> Metric {
    let gaps = match Gaps::of(comparison, comparison.settings.alpha(2)) {
        Ok(gaps) => gaps,
        Err(reason) => return Metric::none(reason),
    };
    // Not by squares: near 0 both magnitudes err upwards, and squares would let those errors cancel.
    let [fall_out, recall] = gaps.limits.map(Limits::magnitude);
    let mean = Limits {
        value: f64::midpoint(fall_out.value, recall.value),
        low: f64::midpoint(fall_out.low, recall.low),
        high: f64::midpoint(fall_out.high, recall.high),
    };
    let p_value = gaps.testable.and_then(|()| {
        if gaps.variances.iter().all(|&variance| variance > 0.0) {
            let squares = gaps.limits.iter().zip(gaps.variances).map(|(gap, variance)| gap.value.powi(2) / variance);
            Ok(PValue { value: chi_square_sf(squares.sum(), 2.0), test: Test::SumOfSquaresZ })
        } else {
            Err(constant())
        }
    });
    Metric { value: Ok(mean.value), interval: Ok(mean.within(0.0, 1.0)), p_value }
}

/// Fall-out and recall of the disadvantaged less those of the advantaged group.
struct Gaps {
    limits: [Limits; 2],
    /// Pooled, as under equality.
    variances: [f64; 2],
    /// Whether the normal approximation holds.
    testable: Computed<()>,
}

impl Gaps {
    fn of(comparison: &Comparison, alpha: f64) -> Computed<Self> {
        comparison.large_enough(comparison.both(|side| side.confusion().rows()), BOTH_KNOWN)?;
        let both = comparison.both(Side::confusion);
        let kinds =
            [("negative labels", both.map(Confused::fall_out)), ("positive labels", both.map(Confused::recall))];
        for (what, rates) in kinds {
            let of = rates.map(|rate| rate.of);
            comparison.enough_of(of, what)?;
            some_of(of, what)?;
        }
        let gap = |[a, d]: [Rate; 2]| Limits::of_share(d, alpha).less(Limits::of_share(a, alpha));
        let variances = kinds.map(|(_, [a, d])| pooled_variance(a, d));
        // What is the same everywhere adds nothing, however rare it is.
        let sparse = |([a, d], variance): ([Rate; 2], f64)| variance > 0.0 && least_expected(a, d) < LEAST_EXPECTED;
        let testable = if kinds.map(|(_, rates)| rates).into_iter().zip(variances).any(sparse) {
            Err(Reason::Undefined("an expected count is below 5: its test is an approximation for larger ones".into()))
        } else {
            Ok(())
        };
        Ok(Self { limits: kinds.map(|(_, rates)| gap(rates)), variances, testable })
    }
}

fn constant() -> Reason {
    Reason::Constant("the prediction among equal labels".into())
}

fn pooled_variance(a: Rate, d: Rate) -> f64 {
    let pooled = (a.hits + d.hits) as f64 / (a.of + d.of) as f64;
    pooled * (1.0 - pooled) * (1.0 / a.of as f64 + 1.0 / d.of as f64)
}
