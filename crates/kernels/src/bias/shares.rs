//! Metrics that are the size of the groups, or a share in one less, or over, the share in the other.
use super::comparison::{Comparison, GROUPS, some_of};
use super::intervals::{Limits, Rate, log_ratio};
use super::metric::{Metric, Test};
use super::sides::Side;
use super::significance::{one_half, proportions};
use crate::special::newcombe_interval;
use crate::{Interval, Reason};

/// Which group's number comes first in a difference.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum First {
    Advantaged,
    Disadvantaged,
}

/// Class imbalance: `(nₐ − n_d) / (nₐ + n_d)`, the rows of the groups.
///
/// - **Units**: −1 to 1; positive where the disadvantaged group has fewer rows.
/// - **Interval**: Wilson, of the disadvantaged share. **p-value**: that share against ½, by z, or exactly below 100 rows.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows or with fewer than the least.
/// - **Source**: Clarify's CI; golden values from smclarify 0.5.
pub fn ci(comparison: &Comparison) -> Metric {
    let [a, d, _] = comparison.group_rows();
    if let Err(reason) = comparison.large_enough([a, d], "") {
        return Metric::none(reason);
    }
    let share = Rate { hits: d, of: a + d };
    let limits = Limits::of_share(share, comparison.settings.alpha(1));
    Metric {
        value: Ok((a as f64 - d as f64) / (a + d) as f64),
        interval: Ok(Interval { low: 1.0 - 2.0 * limits.high, high: 1.0 - 2.0 * limits.low }),
        p_value: Ok(one_half(share, Test::Binomial, Test::OneProportionZ)),
    }
}

/// Difference in positive proportions of labels: `qₐ − q_d`, the share of positive labels.
///
/// - **Units**: −1 to 1; positive where the advantaged group has the larger share.
/// - **Interval**: Newcombe. **p-value**: two-proportion z, or Fisher where an expected count is below 5.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows, or with fewer than the least, that have
///   a label.
/// - **Source**: Clarify's DPL; golden values from smclarify 0.5.
pub fn dpl(comparison: &Comparison) -> Metric {
    let rates = comparison.both(Side::labels);
    share_difference(comparison, rates, rates.map(|rate| rate.of), " with a label", "labels", First::Advantaged)
}

/// Difference in positive proportions of predictions: `q̂ₐ − q̂_d`, the share of positive predictions.
///
/// Units, interval, p-value and errors as [`dpl`], of predictions. **Source**: Clarify's DPPL; golden values from smclarify
/// 0.5.
pub fn dppl(comparison: &Comparison) -> Metric {
    predicted_difference(comparison, First::Advantaged)
}

pub(super) fn predicted_difference(comparison: &Comparison, first: First) -> Metric {
    let rates = comparison.both(Side::predictions);
    share_difference(comparison, rates, rates.map(|rate| rate.of), " with a prediction", "predictions", first)
}

/// Disparate impact: `q̂_d / q̂ₐ`, the share of positive predictions.
///
/// - **Units**: 0 and above; below 1 where the disadvantaged group has the smaller share.
/// - **Interval**: log ratio (Katz), ½ added to each cell if one is 0. **p-value**: that of the difference, [`dppl`].
/// - **Errors**: as [`dppl`]; [`Reason::None`] if nobody of the advantaged group has a positive prediction (Clarify: 0 or ∞).
/// - **Source**: Clarify's DI; golden values from smclarify 0.5.
pub fn di(comparison: &Comparison) -> Metric {
    let rates = comparison.both(Side::predictions);
    if let Err(reason) = comparison.large_enough(rates.map(|rate| rate.of), " with a prediction") {
        return Metric::none(reason);
    }
    let [a, d] = rates;
    let value = match (a.hits, comparison.settings.is_clarify()) {
        (0, true) => Ok(if d.hits == 0 { 0.0 } else { f64::INFINITY }),
        (0, false) => Err(Reason::None(format!("positive predictions in {}", GROUPS[0]))),
        _ => Ok(d.share() / a.share()),
    };
    let interval = match value {
        Ok(value) if value.is_finite() && a.hits > 0 => Ok(ratio_interval(d, a, comparison.settings.z(1))),
        _ => Err(Reason::None(format!("positive predictions in {}", GROUPS[0]))),
    };
    Metric { value, interval, p_value: proportions(a, d) }
}

/// The interval of a ratio of proportions whose second is above 0.
fn ratio_interval(first: Rate, second: Rate, z: f64) -> Interval {
    let limits = log_ratio(first, second, z);
    let value = first.share() / second.share();
    // Where ½ was added the limits are those of other counts: the value itself stays among them.
    let low = if first.hits == 0 { 0.0 } else { libm::exp(limits.low).min(value) };
    Interval { low, high: libm::exp(limits.high).max(value) }
}

/// Accuracy difference: `accₐ − acc_d`, the share of rows whose prediction is right.
///
/// - **Units**: −1 to 1; positive where the model is right more often for the advantaged group.
/// - **Interval**: Newcombe. **p-value**: two-proportion z, or Fisher where an expected count is below 5.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows, or with fewer than the least, that have
///   both label and prediction.
/// - **Source**: Clarify's AD; golden values from smclarify 0.5.
pub fn ad(comparison: &Comparison) -> Metric {
    let rates = comparison.both(|side| side.confusion().accuracy());
    confusion_difference(comparison, rates, "labels and predictions", First::Advantaged)
}

/// Recall difference: `TPRₐ − TPR_d`, the share of positive labels that are predicted so.
///
/// Units, interval and p-value as [`ad`]. **Errors**: as [`ad`], of rows with a positive label too; [`Reason::None`] if a
/// group has none (Clarify: its share is 0). **Source**: Clarify's RD; golden values from smclarify 0.5.
pub fn rd(comparison: &Comparison) -> Metric {
    let rates = comparison.both(|side| side.confusion().recall());
    confusion_difference(comparison, rates, "positive labels", First::Advantaged)
}

/// Specificity difference: `TNR_d − TNRₐ`, the share of negative labels that are predicted so; the disadvantaged group's
/// first.
///
/// Units, interval and p-value as [`ad`]. **Errors**: as [`ad`], of rows with a negative label too; [`Reason::None`] if a
/// group has none (Clarify: its share is 0). **Source**: Clarify's SD; golden values from smclarify 0.5.
pub fn sd(comparison: &Comparison) -> Metric {
    let rates = comparison.both(|side| side.confusion().specificity());
    confusion_difference(comparison, rates, "negative labels", First::Disadvantaged)
}

/// Difference in acceptance rates: `precisionₐ − precision_d`, the share of positive predictions that are right.
///
/// Units, interval and p-value as [`ad`]. **Errors**: as [`ad`], of rows with a positive prediction too; [`Reason::None`] if a
/// group has none (Clarify: its share is 0). **Source**: Clarify's DAR; golden values from smclarify 0.5.
pub fn dar(comparison: &Comparison) -> Metric {
    let rates = comparison.both(|side| side.confusion().precision());
    confusion_difference(comparison, rates, "positive predictions", First::Advantaged)
}

/// Difference in rejection rates: `(TN / n̂⁽⁰⁾)_d − (TN / n̂⁽⁰⁾)ₐ`, the share of negative predictions that are right; the
/// disadvantaged group's first.
///
/// Units, interval and p-value as [`ad`]. **Errors**: as [`ad`], of rows with a negative prediction too; [`Reason::None`] if a
/// group has none (Clarify: its share is 0). **Source**: Clarify's DRR; golden values from smclarify 0.5.
pub fn drr(comparison: &Comparison) -> Metric {
    let rates = comparison.both(|side| side.confusion().rightly_rejected());
    confusion_difference(comparison, rates, "negative predictions", First::Disadvantaged)
}

/// A difference of shares of rows that have both label and prediction.
fn confusion_difference(comparison: &Comparison, rates: [Rate; 2], what: &str, first: First) -> Metric {
    let rows = comparison.both(|side| side.confusion().rows());
    share_difference(comparison, rates, rows, BOTH_KNOWN, what, first)
}

/// Which rows can be used where prediction stands beside label.
pub(super) const BOTH_KNOWN: &str = " with label and prediction";

fn share_difference(
    comparison: &Comparison,
    rates: [Rate; 2],
    rows: [u64; 2],
    usable: &str,
    what: &str,
    first: First,
) -> Metric {
    let of = rates.map(|rate| rate.of);
    let enough = comparison.large_enough(rows, usable);
    if let Err(reason) = enough.and_then(|()| comparison.enough_of(of, what)) {
        return Metric::none(reason);
    }
    let value = comparison.quotients(rates, what).map(|[a, d]| if first == First::Advantaged { a - d } else { d - a });
    if let Err(reason) = some_of(of, what) {
        return Metric { value, interval: Err(reason.clone()), p_value: Err(reason) };
    }
    let [a, d] = rates;
    let (one, other) = if first == First::Advantaged { (a, d) } else { (d, a) };
    let interval = newcombe_interval([one.hits, other.hits], [one.of, other.of], comparison.settings.alpha(1));
    Metric { value, interval: Ok(interval), p_value: proportions(a, d) }
}
