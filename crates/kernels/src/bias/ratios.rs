//! Differences of ratios of counts: conditional acceptance and rejection, treatment equality.
use super::comparison::{Comparison, difference, some_of};
use super::intervals::{Limits, Rate};
use super::metric::{Metric, PValue, Test};
use super::shares::{BOTH_KNOWN, First};
use super::sides::{Confused, Side};
use super::significance::{proportions, two_sided};
use crate::Interval;

/// Difference in conditional acceptance: `cₐ − c_d`, `c = n⁽¹⁾ / n̂⁽¹⁾`, positive labels over positive predictions.
///
/// - **Units**: a difference of ratios; positive where the model gives the advantaged group fewer positive predictions than
///   its labels ask for, compared with the other group.
/// - **Interval**: normal limits of `ln c` with variance `(FN + FP) / (n⁽¹⁾ n̂⁽¹⁾)` (delta method), combined by MOVER.
///   **p-value**: z of `ln cₐ − ln c_d`.
/// - **Errors**: [`Reason::Empty`] or [`Reason::TooFew`] for a group without rows, or with fewer than the least, that have
///   both label and prediction, or that have them and a positive prediction; [`Reason::None`] if it has none of those
///   (Clarify: its `c` is 0 or ∞, and ∞ − ∞ is 0). Interval and p-value need a positive label and a wrong prediction in each
///   group too.
/// - **Source**: Clarify's DCA; golden values from smclarify 0.5.
pub fn dca(comparison: &Comparison) -> Metric {
    let ratios = comparison.both(|side| {
        let Confused { fp, fn_, tp, .. } = side.confusion();
        Ratio { above: tp + fn_, below: tp + fp, wrong: fp + fn_ }
    });
    conditional(comparison, ratios, ["positive predictions", "positive labels"], First::Advantaged)
}

/// Difference in conditional rejection: `r_d − rₐ`, `r = n⁽⁰⁾ / n̂⁽⁰⁾`, negative labels over negative predictions; the
/// disadvantaged group's first.
///
/// Units, interval, p-value and errors as [`dca`], of negative labels and predictions. **Source**: Clarify's DCR; golden
/// values from smclarify 0.5.
pub fn dcr(comparison: &Comparison) -> Metric {
    let ratios = comparison.both(|side| {
        let Confused { tn, fp, fn_, .. } = side.confusion();
        Ratio { above: tn + fp, below: tn + fn_, wrong: fp + fn_ }
    });
    conditional(comparison, ratios, ["negative predictions", "negative labels"], First::Disadvantaged)
}

/// Treatment equality: `(FN / FP)_d − (FN / FP)ₐ`, the disadvantaged group's first.
///
/// - **Units**: a difference of ratios; positive where the errors of the disadvantaged group are more often rejections.
/// - **Interval**: Wilson limits of the share of FN among errors, as odds, combined by MOVER. **p-value**: that share in the
///   two groups, by two-proportion z, or Fisher where an expected count is below 5.
/// - **Errors**: as [`dca`], with wrong predictions for positive ones; [`Reason::None`] if a group has no false positive
///   (Clarify: its ratio is 0 or ∞, and ∞ − ∞ is 0).
/// - **Source**: Clarify's TE; golden values from smclarify 0.5.
pub fn te(comparison: &Comparison) -> Metric {
    let errors = comparison.both(Side::confusion);
    let shares = errors.map(|errors| Rate { hits: errors.fn_, of: errors.fn_ + errors.fp });
    let of = shares.map(|share| share.of);
    let enough = comparison.large_enough(errors.map(Confused::rows), BOTH_KNOWN);
    if let Err(reason) = enough.and_then(|()| comparison.enough_of(of, "wrong predictions")) {
        return Metric::none(reason);
    }
    let ratios = errors.map(|errors| Rate { hits: errors.fn_, of: errors.fp });
    let value = comparison.quotients(ratios, "false positives").map(|[a, d]| difference(d, a));
    let interval = some_of(ratios.map(|ratio| ratio.of), "false positives").map(|()| {
        let [a, d] = shares.map(|share| odds(Limits::of_share(share, comparison.settings.alpha(1))));
        let Limits { low, high, .. } = d.less(a);
        Interval { low, high }
    });
    let p_value = some_of(of, "wrong predictions").and_then(|()| proportions(shares[0], shares[1]));
    Metric { value, interval, p_value }
}

/// The odds of a share that is below 1.
fn odds(share: Limits) -> Limits {
    let odds = |share: f64| share / (1.0 - share);
    Limits { value: odds(share.value), low: odds(share.low), high: odds(share.high) }
}

/// Labels of a kind over predictions of that kind, and how many rows are of one kind alone.
#[derive(Clone, Copy)]
struct Ratio {
    above: u64,
    below: u64,
    wrong: u64,
}

impl Ratio {
    /// The variance of the logarithm, by the delta method for multinomial counts that overlap in the rows predicted rightly.
    fn log_variance(self) -> f64 {
        self.wrong as f64 / (self.above as f64 * self.below as f64)
    }

    fn limits(self, z: f64) -> Limits {
        let value = self.above as f64 / self.below as f64;
        let factor = libm::exp(z * self.log_variance().sqrt());
        Limits { value, low: value / factor, high: value * factor }
    }
}

fn conditional(comparison: &Comparison, ratios: [Ratio; 2], [predictions, labels]: [&str; 2], first: First) -> Metric {
    let below = ratios.map(|ratio| ratio.below);
    let enough = comparison.large_enough(comparison.both(|side| side.confusion().rows()), BOTH_KNOWN);
    if let Err(reason) = enough.and_then(|()| comparison.enough_of(below, predictions)) {
        return Metric::none(reason);
    }
    let rates = ratios.map(|ratio| Rate { hits: ratio.above, of: ratio.below });
    let value = comparison.quotients(rates, predictions).map(|[a, d]| match first {
        First::Advantaged => difference(a, d),
        First::Disadvantaged => difference(d, a),
    });
    let usable = some_of(below, predictions)
        .and_then(|()| some_of(ratios.map(|ratio| ratio.above), labels))
        .and_then(|()| some_of(ratios.map(|ratio| ratio.wrong), "wrong predictions"));
    if let Err(reason) = usable {
        return Metric { value, interval: Err(reason.clone()), p_value: Err(reason) };
    }
    let z = comparison.settings.z(1);
    let [a, d] = ratios.map(|ratio| ratio.limits(z));
    let Limits { low, high, .. } = if first == First::Advantaged { a.less(d) } else { d.less(a) };
    let spread = (ratios[0].log_variance() + ratios[1].log_variance()).sqrt();
    let score = libm::log(a.value / d.value) / spread;
    Metric {
        value,
        interval: Ok(Interval { low, high }),
        p_value: Ok(PValue { value: two_sided(score), test: Test::LogRatioZ }),
    }
}
