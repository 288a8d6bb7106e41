use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A uniform sample without replacement of at most `bound` values: those with the smallest keys. Mergeable.
///
/// - **Keys**: one per row, well mixed and unique, such as `mix(seed of the file, row)`: they are the sample's only
///   source of chance, so the sample is the same in every run.
/// - **Error**: none while at most `bound` values were seen; beyond, a quantile's *rank* has a standard error of at most
///   `0.5/√bound` (1.1 percentage points for 2,048).
/// - **Numerics**: depends on the set of (key, value) only: any order, split and merge give equal bits.
/// ```
/// # use kernels::Sample;
/// let mut sample = Sample::new(2);
/// for (key, value) in [(9, 1.0), (3, 2.0), (5, 3.0)] { sample.add(key, value); }
/// assert_eq!((sample.sorted(), sample.seen(), sample.is_exact()), (vec![2.0, 3.0], 3, false));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    bound: usize,
    seen: u64,
    kept: BTreeMap<u64, f64>,
}

impl Sample {
    /// Returns an empty sample that keeps at most `bound` values.
    pub fn new(bound: usize) -> Self {
        Self { bound, seen: 0, kept: BTreeMap::new() }
    }

    /// Takes the value of the row with this key; a NaN is ignored.
    pub fn add(&mut self, key: u64, value: f64) {
        if value.is_nan() {
            return;
        }
        self.seen += 1;
        self.keep(key, value);
    }

    fn keep(&mut self, key: u64, value: f64) {
        if self.kept.len() < self.bound {
            self.kept.insert(key, value);
        } else if self.kept.last_key_value().is_some_and(|(&largest, _)| key < largest) {
            self.kept.insert(key, value);
            if self.kept.len() > self.bound {
                self.kept.pop_last();
            }
        }
    }

    /// Takes what `other` has seen; the smaller bound holds from then on.
    pub fn merge(&mut self, other: &Self) {
        self.bound = self.bound.min(other.bound);
        self.seen += other.seen;
        for (&key, &value) in &other.kept {
            self.keep(key, value);
        }
        while self.kept.len() > self.bound {
            self.kept.pop_last();
        }
    }

    /// Returns how many values were seen.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns whether the sample is everything that was seen.
    pub fn is_exact(&self) -> bool {
        self.seen == self.kept.len() as u64
    }

    /// Returns the values kept, ascending.
    pub fn sorted(&self) -> Vec<f64> {
        let mut values: Vec<f64> = self.kept.values().copied().collect();
        values.sort_by(f64::total_cmp);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{mix, quantile};
    use proptest::prelude::*;

    fn of(rows: impl IntoIterator<Item = u64>, bound: usize) -> Sample {
        let mut sample = Sample::new(bound);
        for row in rows {
            sample.add(mix(11, row), row as f64);
        }
        sample
    }

    #[test]
    fn a_quantile_of_the_sample_is_close_in_rank() {
        let values = of(0..200_000, 2_048).sorted();
        for q in [0.05, 0.25, 0.5, 0.75, 0.95] {
            let rank = quantile(&values, q).unwrap() / 200_000.0;
            assert!((rank - q).abs() < 0.034, "{q}: {rank}"); // three standard errors
        }
    }

    proptest! {
        #[test]
        fn any_order_and_split_gives_equal_bits(count in 1u64..300, cut in 0u64..300, bound in 1usize..100) {
            let cut = cut.min(count);
            let mut merged = of((cut..count).rev(), bound);
            merged.merge(&of(0..cut, bound));
            prop_assert_eq!(merged.is_exact(), count <= bound as u64);
            prop_assert_eq!(merged, of(0..count, bound));
        }
    }
}
