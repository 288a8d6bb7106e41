use std::cmp::Ordering;

/// The most frequent values of a column in bounded memory (Misra–Gries). Mergeable.
///
/// - **Error**: every count is at most [`TopValues::error`] too low, never too high; with no more than `bound` distinct
///   values the error is 0 and counts are exact. A value counted more than `error` times is never missing.
/// - **Numerics**: exact counts do not depend on order or split. Approximate ones may, within the error.
/// - **Source**: Misra & Gries (1982); merge by Agarwal et al. (2012).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopValues<V: Ord> {
    bound: usize,
    error: u64,
    /// By value: a list that is in order takes a fraction of the time of a tree to read, to merge and to go through.
    counts: Vec<(V, u64)>,
}

impl<V: Ord + Clone> TopValues<V> {
    /// Returns what counting elsewhere came to: counts of which each is at most `error` too low; the largest `bound` stay.
    pub(crate) fn of_counts(bound: usize, error: u64, mut counts: Vec<(V, u64)>) -> Self {
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by(|a, b| a.0.cmp(&b.0));
        counts.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                kept.1 = kept.1.saturating_add(later.1);
            }
            is_same
        });
        Self::of_ascending(bound, error, counts)
    }

    /// As [`TopValues::of_counts`], of values that ascend, none of them with a count of 0.
    pub(crate) fn of_ascending(bound: usize, error: u64, counts: Vec<(V, u64)>) -> Self {
        let mut top = Self { bound, error, counts: Vec::new() };
        top.keep(counts);
        top
    }

    fn lower(&mut self, by: u64) {
        self.error = self.error.saturating_add(by);
        self.counts.retain_mut(|(_, count)| {
            *count = count.saturating_sub(by);
            *count > 0
        });
    }

    /// Takes what `other` has seen; the smaller bound holds from then on.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.bound = self.bound.min(other.bound);
        self.error = self.error.saturating_add(other.error);
        // Both are in order, and so is what comes of them: each value moves once.
        let (mine, theirs) = (std::mem::take(&mut self.counts), other.counts);
        let mut merged = Vec::with_capacity(mine.len() + theirs.len());
        let (mut mine, mut theirs) = (mine.into_iter().peekable(), theirs.into_iter().peekable());
        while let (Some(left), Some(right)) = (mine.peek(), theirs.peek()) {
            match left.0.cmp(&right.0) {
                Ordering::Less => merged.extend(mine.next()),
                Ordering::Greater => merged.extend(theirs.next()),
                Ordering::Equal => {
                    let (both, more) = (mine.next(), theirs.next().map_or(0, |right| right.1));
                    merged.extend(both.map(|(value, count)| (value, count.saturating_add(more))));
                }
            }
        }
        merged.extend(mine);
        merged.extend(theirs);
        self.keep(merged);
    }

    /// Keeps the largest `bound` of these counts, which are in order.
    fn keep(&mut self, counts: Vec<(V, u64)>) {
        self.counts = counts;
        if self.counts.len() > self.bound {
            let mut ranked: Vec<u64> = self.counts.iter().map(|(_, count)| *count).collect();
            let (_, most, _) = ranked.select_nth_unstable_by(self.bound, |a, b| b.cmp(a));
            self.lower(*most); // the largest count that must go
        }
    }

    /// Returns at most `n` values with their counts, most frequent first, equal ones by value.
    pub(crate) fn top(&self, n: usize) -> Vec<(&V, u64)> {
        let mut all: Vec<(&V, u64)> = self.counts.iter().map(|(value, count)| (value, *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        all.truncate(n);
        all
    }

    /// Returns by how much a count may be too low.
    pub(crate) fn error(&self) -> u64 {
        self.error
    }

    /// Returns every value kept with its count, by value.
    pub(crate) fn counts(&self) -> &[(V, u64)] {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u8], bound: usize) -> TopValues<u8> {
        TopValues::of_counts(bound, 0, values.iter().map(|value| (*value, 1)).collect())
    }

    #[test]
    fn values_that_come_twice_are_one() {
        let top = TopValues::of_counts(2, 1, vec![("b", 2), ("a", 0), ("c", 1), ("b", 3)]);
        assert_eq!((top.top(9), top.error()), (vec![(&"b", 5), (&"c", 1)], 1));
        let full = TopValues::of_counts(1, 0, vec![("a", u64::MAX), ("a", 5), ("b", 2)]);
        assert_eq!((full.top(9), full.error()), (vec![(&"a", u64::MAX - 2)], 2));
    }

    proptest! {
        #[test]
        fn counts_are_low_by_at_most_the_error(values in prop::collection::vec(0u8..20, 0..200), cut in 0usize..200, bound in 1usize..25) {
            let cut = cut.min(values.len());
            let mut merged = of(&values[cut..], bound);
            merged.absorb(of(&values[..cut], bound));
            for top in [merged.clone(), of(&values, bound)] {
                for value in 0u8..20 {
                    let truth = values.iter().map(|&v| u64::from(v == value)).sum::<u64>();
                    let counted = top.counts.iter().find(|(kept, _)| *kept == value).map_or(0, |(_, count)| *count);
                    prop_assert!(counted <= truth && truth <= counted + top.error());
                }
            }
            if bound >= 20 {
                prop_assert_eq!(&merged, &of(&values, bound));
            }
            let counts = merged.counts().to_vec();
            let (cut, kept) = (TopValues::of_counts(3, merged.error(), counts), merged.top(3));
            prop_assert!(cut.counts().len() <= 3 && cut.error() - merged.error() <= merged.top(4).get(3).map_or(0, |last| last.1));
            prop_assert!(cut.top(3).iter().all(|(value, _)| kept.iter().any(|(other, _)| other == value)));
        }
    }
}
