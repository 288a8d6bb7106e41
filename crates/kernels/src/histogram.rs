use crate::KernelError;
use serde::{Deserialize, Serialize};

/// Counts of values in bins of equal width. Two over the same range merge by adding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The lower edge of the first bin.
    pub low: f64,
    /// The upper edge of the last bin, which it contains.
    pub high: f64,
    /// Counts, in bin order.
    pub counts: Vec<u64>,
}

impl Histogram {
    /// Returns the histogram of `values` in `bins` bins over `[low, high]`; values outside are left out.
    ///
    /// - **Errors**: [`KernelError::Argument`] for no bins; [`KernelError::Range`] unless `low < high`, both finite and no farther apart than
    ///   `f64` reaches.
    /// - **Numerics**: a value on an inner edge belongs to the bin above; edge `i` is `low + i · ((high − low) / bins)` in `f64`,
    ///   as numpy has it.
    /// - **Source**: golden values from numpy 2 `histogram`.
    pub fn of(values: &[f64], low: f64, high: f64, bins: usize) -> Result<Self, KernelError> {
        check_bins(bins)?;
        if !(low < high && (high - low).is_finite()) {
            return Err(KernelError::Range(low, high));
        }
        let mut counts = vec![0; bins];
        let (width, edge) = (high - low, |bin: usize| low + bin as f64 * ((high - low) / bins as f64));
        for &value in values {
            if !(low..=high).contains(&value) {
                continue;
            }
            let mut bin = (((value - low) / width * bins as f64) as usize).min(bins - 1);
            if value < edge(bin) {
                bin = bin.saturating_sub(1);
            } else if bin + 1 < bins && value >= edge(bin + 1) {
                bin += 1;
            }
            if let Some(count) = counts.get_mut(bin) {
                *count += 1;
            }
        }
        Ok(Self { low, high, counts })
    }

    /// Adds the counts of `other`.
    ///
    /// - **Errors**: [`KernelError::Shape`] or [`KernelError::Range`] if its bins are not the same.
    pub fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        if self.counts.len() != other.counts.len() {
            return Err(KernelError::Shape(self.counts.len(), other.counts.len()));
        }
        if (self.low, self.high) != (other.low, other.high) {
            return Err(KernelError::Range(other.low, other.high));
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        Ok(())
    }
}

/// A histogram without bins is none.
pub(crate) fn check_bins(bins: usize) -> Result<(), KernelError> {
    if bins > 0 {
        return Ok(());
    }
    Err(KernelError::Argument { name: "bins", found: "0".into(), expected: "at least one" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_values_of_numpy() {
        let values = [3.5, -1.25, 8.0, 0.5, 12.75, 4.0, 4.0, -7.5, 2.25, 6.125];
        assert_eq!(Histogram::of(&values, -7.5, 12.75, 5).unwrap().counts, [1, 2, 4, 2, 1]);
        let tenths: Vec<f64> = (0..=10).map(|n| f64::from(n) / 10.0).collect();
        assert_eq!(Histogram::of(&tenths, 0.0, 1.0, 10).unwrap().counts, [1, 1, 2, 0, 1, 2, 1, 0, 1, 2]);
        assert_eq!(Histogram::of(&values, 1.0, 1.0, 5), Err(KernelError::Range(1.0, 1.0)));
        let none = Histogram::of(&values, 0.0, 1.0, 0).unwrap_err();
        assert_eq!(none.to_string(), "`bins` is 0: expected at least one");
        assert_eq!(Histogram::of(&values, -1.7e308, 1.7e308, 3), Err(KernelError::Range(-1.7e308, 1.7e308)));
    }

    proptest! {
        #[test]
        fn each_value_falls_in_one_bin_and_splits_add_up(values in prop::collection::vec(-10f64..10.0, 0..80), bins in 1usize..20, cut in 0usize..80) {
            let cut = cut.min(values.len());
            let whole = Histogram::of(&values, -10.0, 10.0, bins).unwrap();
            prop_assert_eq!(whole.counts.iter().sum::<u64>(), values.len() as u64);
            let mut merged = Histogram::of(&values[cut..], -10.0, 10.0, bins).unwrap();
            merged.merge(&Histogram::of(&values[..cut], -10.0, 10.0, bins).unwrap()).unwrap();
            prop_assert_eq!(merged, whole);
        }
    }
}
