//! What a bias metric says: its value, how sure it is, and whether chance would do.
use crate::{Computed, Interval, Reason};
use serde::{Deserialize, Serialize};

/// A bias metric of one facet value: each part by itself, or why it does not exist. How interval and p-value are made, the
/// metric's function says.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The number, in the unit that the metric's function states; infinite under Clarify's conventions alone.
    pub value: Computed,
    /// Where the number of the population lies, as sure as the settings ask.
    pub interval: Computed<Interval>,
    /// How likely a difference as large as this one is, were there none.
    pub p_value: Computed<PValue>,
}

impl Metric {
    /// Returns a metric none of whose parts exist, for one reason.
    pub(super) fn none(reason: Reason) -> Self {
        Self { value: Err(reason.clone()), interval: Err(reason.clone()), p_value: Err(reason) }
    }
}

/// A p-value, two-sided where the test does not say otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PValue {
    /// A probability.
    pub value: f64,
    /// What it tests, and how.
    pub test: Test,
}

/// A test of "no difference".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// One proportion against one half, by its normal approximation.
    OneProportionZ,
    /// One proportion against one half, exactly.
    Binomial,
    /// Two proportions with pooled variance.
    TwoProportionZ,
    /// Fisher's exact test, where an expected count is below 5.
    Fisher,
    /// Pearson's χ² of equal distributions.
    ChiSquare,
    /// Pearson's χ² against a gamma distribution of its exact mean and variance, where an expected count is below 5.
    ChiSquareMoments,
    /// Independence of facet and outcome within every stratum (Cochran, Mantel & Haenszel), without continuity correction.
    CochranMantelHaenszel,
    /// The same, exactly, where the criterion of Mantel & Fleiss is below 5.
    ExactStrata,
    /// Equality of two ratios by the difference of their logarithms.
    LogRatioZ,
    /// The sum of two differences of proportions, each with its pooled variance.
    SumOfDifferencesZ,
    /// The sum of the squares of two z against χ² of two degrees of freedom.
    SumOfSquaresZ,
    /// As many flips either way, by the normal approximation.
    McNemar,
    /// As many flips either way, exactly.
    McNemarExact,
    /// The disadvantaged rank higher in scores of a model that has not seen them, fold by fold (Mann & Whitney, van Elteren),
    /// with ties and without continuity correction; one-sided.
    RanksWithinFolds,
}
