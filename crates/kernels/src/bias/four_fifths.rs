//! The four-fifths rule.
use super::metric::Metric;
use crate::{Computed, KernelError, Reason};
use serde::{Deserialize, Serialize};

/// The ratio of selection rates below which the rule speaks of adverse impact.
pub const FOUR_FIFTHS: f64 = 0.8;

/// What the four-fifths rule says of a ratio of selection rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FourFifths {
    /// The ratio is at least four fifths.
    Passed,
    /// The ratio is below four fifths, and chance would hardly do that.
    Failed,
    /// The ratio is below four fifths, but the groups are too small to tell it from chance.
    FailedByChance,
}

impl FourFifths {
    /// Returns whether the ratio itself is below four fifths, chance or not.
    pub fn failed(self) -> bool {
        self != Self::Passed
    }
}

/// Returns the verdict of the four-fifths rule on a ratio of selection rates: [`super::di`] for two groups,
/// [`super::demographic_parity_ratio`] for the smallest over the largest of several.
///
/// - **Units**: `alpha` is the p-value below which chance would hardly do it, usually 0.05. A ratio of 0.8 (to
///   twelve digits) passes; one above 1, where the disadvantaged group is selected more, passes too. Without a p-value a low
///   ratio has failed.
/// - **Errors**: [`KernelError::Argument`] for an `alpha` outside 0 to 1. As a reason, that of a ratio that does not exist;
///   under Clarify's conventions [`Reason::None`] where nobody of the advantaged group is selected, the ratio 0 or infinite.
/// - **Source**: 29 CFR 1607.4 D (1978), which names significance beside the ratio.
pub fn four_fifths(ratio: &Metric, alpha: f64) -> Result<Computed<FourFifths>, KernelError> {
    if !(0.0..=1.0).contains(&alpha) {
        let expected = "a fraction between 0 and 1";
        return Err(KernelError::Argument { name: "alpha", found: alpha.to_string(), expected });
    }
    Ok(verdict(ratio, alpha))
}

fn verdict(ratio: &Metric, alpha: f64) -> Computed<FourFifths> {
    let value = ratio.value.clone()?;
    // Only a convention makes a ratio to nobody: its interval says so.
    if let Err(nobody @ Reason::None(_)) = &ratio.interval {
        return Err(nobody.clone());
    }
    // The quotient of two quotients may fall short of an exact four fifths by a rounding.
    if value >= FOUR_FIFTHS - 1e-12 {
        return Ok(FourFifths::Passed);
    }
    match &ratio.p_value {
        Ok(p_value) if p_value.value >= alpha => Ok(FourFifths::FailedByChance),
        _ => Ok(FourFifths::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::super::metric::{PValue, Test};
    use super::*;

    #[test]
    fn four_fifths_pass_and_what_is_below_fails_as_far_as_chance_allows() {
        let ratio = |value: f64, p: Option<f64>| Metric {
            value: Ok(value),
            p_value: p.map(|value| PValue { value, test: Test::Fisher }).ok_or(Reason::Constant("x".into())),
            ..Metric::none(Reason::Constant("x".into()))
        };
        let ask = |value: f64, p: Option<f64>| four_fifths(&ratio(value, p), 0.05).unwrap().unwrap();
        assert_eq!(ask(0.8, Some(0.001)), FourFifths::Passed);
        assert_eq!(ask(0.799, Some(0.001)), FourFifths::Failed);
        assert_eq!(ask(0.799, Some(0.05)), FourFifths::FailedByChance);
        assert_eq!(ask(0.0, None), FourFifths::Failed);
        assert_eq!(ask(1.4, Some(0.001)), FourFifths::Passed);
        let none = Metric::none(Reason::Empty("x".into()));
        assert_eq!(four_fifths(&none, 0.05), Ok(Err(Reason::Empty("x".into()))));
        assert!(FourFifths::FailedByChance.failed() && !FourFifths::Passed.failed());
        for wrong in [5.0, -0.1, f64::NAN] {
            let refused = four_fifths(&ratio(0.5, None), wrong).unwrap_err().to_string();
            assert_eq!(refused, format!("`alpha` is {wrong}: expected a fraction between 0 and 1"));
        }
    }
}
