//! How bias is computed: whose conventions, which groups are large enough, how sure intervals are.
use crate::KernelError;
use crate::special::normal_quantile;
use serde::{Deserialize, Serialize};

/// Whose conventions decide where the data has no number of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conventions {
    /// Ours: what does not exist is a reason, missing values are left out.
    #[default]
    Corrected,
    /// Those of smclarify 0.5, defects included, to compare with stored reports. They differ from ours so:
    /// - 0/0 is 0, x/0 is ±∞, ∞ − ∞ is 0; ours are a reason.
    /// - A row whose facet is missing counts as advantaged; ours is left out.
    /// - A missing label or prediction counts as negative; ours leaves the row out of what needs it.
    /// - Labels of more than two classes are positive or not before KL, JS, LP, TVD and KS; ours keep the classes.
    /// - A label value that one group lacks is dropped from KL, JS, LP, TVD and KS without renormalising, so KL can be
    ///   negative; ours sums over all values, and KL is a reason where it is infinite.
    /// - A stratum of CDD without accepted or without rejected rows has a share of 0 there; ours is left out.
    /// - CDD has no value without a positive or without a negative in the whole data, strata or not.
    /// - A row of FT whose features are missing leaves no number; ours is left out and counted.
    /// - There is no least group size.
    ///
    /// A value that a convention made has no interval: limits would be those of another number.
    ///
    /// Not reproduced, of smclarify's report: it stops as a whole where no prediction is positive; asked for each value
    /// against the rest, it has an entry for the missing facet too; a grouping variable of text with a missing value makes
    /// CDDL and CDDPL fail (one of numbers does not, and is what we do); neighbours of FT that are equally far are taken
    /// as they come (ours share the votes).
    Clarify,
}

/// Whose conventions, which groups are large enough, and how sure intervals are.
///
/// Default: ours, 30 rows, 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    conventions: Conventions,
    min_group: u64,
    confidence: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { conventions: Conventions::Corrected, min_group: 30, confidence: 0.95 }
    }
}

impl Settings {
    /// Returns these settings with other conventions.
    pub fn with_conventions(self, conventions: Conventions) -> Self {
        Self { conventions, ..self }
    }

    /// Returns these settings with another least number of rows, of a group and of those in it that a rate is of; 0 and 1
    /// ask for any row at all.
    pub fn with_min_group(self, min_group: u64) -> Self {
        Self { min_group, ..self }
    }

    /// Returns these settings with intervals that hold with probability `confidence`, above 0 and below 1;
    /// [`KernelError::Argument`] for another one.
    pub fn with_confidence(self, confidence: f64) -> Result<Self, KernelError> {
        if confidence > 0.0 && confidence < 1.0 {
            Ok(Self { confidence, ..self })
        } else {
            let expected = "a fraction above 0 and below 1";
            Err(KernelError::Argument { name: "confidence", found: confidence.to_string(), expected })
        }
    }

    /// Returns how many rows a group needs: as set, or 1 under Clarify's conventions.
    pub fn min_group(&self) -> u64 {
        if self.is_clarify() { 1 } else { self.min_group.max(1) }
    }

    pub(super) fn is_clarify(&self) -> bool {
        self.conventions == Conventions::Clarify
    }

    /// How often an interval may miss, of which `of` hold together (Bonferroni).
    pub(super) fn alpha(&self, of: u64) -> f64 {
        (1.0 - self.confidence) / of.max(1) as f64
    }

    /// The normal quantile of intervals of which `of` hold together.
    pub(super) fn z(&self, of: u64) -> f64 {
        // The quantile of a lower tail loses no digits; see `normal_quantile`.
        -normal_quantile(0.5 * self.alpha(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_is_a_fraction_and_clarify_knows_no_least_size() {
        for wrong in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
            let refused = Settings::default().with_confidence(wrong).unwrap_err().to_string();
            assert_eq!(refused, format!("`confidence` is {wrong}: expected a fraction above 0 and below 1"));
        }
        assert!((Settings::default().z(1) - 1.959_963_984_540_054).abs() < 1e-12);
        assert_eq!(Settings::default().min_group(), 30);
        assert_eq!(Settings::default().with_min_group(0).min_group(), 1);
        assert_eq!(Settings::default().with_conventions(Conventions::Clarify).min_group(), 1);
    }
}
