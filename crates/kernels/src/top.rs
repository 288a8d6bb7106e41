use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most frequent values of a stream in bounded memory (Misra–Gries). Mergeable.
///
/// - **Error**: every count is at most [`TopValues::error`] too low, never too high; with no more than `bound` distinct
///   values the error is 0 and counts are exact. A value counted more than `error` times is never missing.
/// - **Numerics**: exact counts do not depend on order or split. Approximate ones may, within the error.
/// - **Source**: Misra & Gries (1982); merge by Agarwal et al. (2012).
/// ```
/// # use kernels::TopValues;
/// let mut top = TopValues::new(10);
/// for word in ["b", "a", "b"] { top.add(word); }
/// assert_eq!(top.top(1), [("b", 2)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopValues {
    bound: usize,
    error: u64,
    counts: BTreeMap<String, u64>,
}

impl TopValues {
    /// Returns an empty one that keeps at most `bound` values.
    pub fn new(bound: usize) -> Self {
        Self { bound, error: 0, counts: BTreeMap::new() }
    }

    /// Takes one value.
    pub fn add(&mut self, value: &str) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if self.counts.len() < self.bound {
            self.counts.insert(value.to_owned(), 1);
        } else {
            self.lower(1);
        }
    }

    fn lower(&mut self, by: u64) {
        self.error += by;
        self.counts.retain(|_, count| {
            *count = count.saturating_sub(by);
            *count > 0
        });
    }

    /// Takes what `other` has seen; the smaller bound holds from then on.
    pub fn merge(&mut self, other: &Self) {
        self.bound = self.bound.min(other.bound);
        self.error += other.error;
        for (value, count) in &other.counts {
            *self.counts.entry(value.clone()).or_insert(0) += count;
        }
        if self.counts.len() > self.bound {
            let mut counts: Vec<u64> = self.counts.values().copied().collect();
            counts.sort_unstable_by(|a, b| b.cmp(a));
            self.lower(counts[self.bound]); // the largest count that must go
        }
    }

    /// Returns by how much a count may be too low.
    pub fn error(&self) -> u64 {
        self.error
    }

    /// Returns at most `n` values with their counts, most frequent first, equal ones by value.
    pub fn top(&self, n: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|(value, &count)| (value.as_str(), count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(n);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u8], bound: usize) -> TopValues {
        let mut top = TopValues::new(bound);
        for value in values {
            top.add(&value.to_string());
        }
        top
    }

    proptest! {
        #[test]
        fn counts_are_low_by_at_most_the_error(values in prop::collection::vec(0u8..20, 0..200), cut in 0usize..200, bound in 1usize..25) {
            let cut = cut.min(values.len());
            let mut merged = of(&values[cut..], bound);
            merged.merge(&of(&values[..cut], bound));
            for top in [merged.clone(), of(&values, bound)] {
                for value in 0u8..20 {
                    let truth = values.iter().map(|&v| u64::from(v == value)).sum::<u64>();
                    let counted = top.counts.get(&value.to_string()).copied().unwrap_or(0);
                    prop_assert!(counted <= truth && truth <= counted + top.error());
                }
            }
            if bound >= 20 {
                prop_assert_eq!(merged, of(&values, bound));
            }
        }
    }
}
