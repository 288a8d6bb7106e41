use super::Kll;
use crate::{Computed, KernelError, Reason, check_fraction};

/// Values in ascending order with the weight up to each, of a [`Kll`] or of exact counts: answers ranks and quantiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    values: Vec<f64>,
    /// The weight of all values up to and including this one.
    up_to: Vec<u64>,
    ends: Option<(f64, f64)>,
}

impl Ranks {
    pub(super) fn of_sketch(kll: &Kll) -> Self {
        let mut weighted: Vec<(f64, u64)> = Vec::with_capacity(kll.kept);
        for (level, values) in kll.levels.iter().enumerate() {
            weighted.extend(values.iter().map(|&value| (value, 1 << level)));
        }
        Self { ends: kll.ends, ..Self::of_counts(weighted) }
    }

    /// Returns the exact ranks of values that were each seen so often, in any order.
    ///
    /// - **Errors**: none; NaN and counts of 0 are the caller's to leave out.
    pub fn of_counts(mut counts: Vec<(f64, u64)>) -> Self {
        // Stable, since a sketch keeps runs that ascend, which such a sort only merges.
        counts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut total = 0;
        let up_to = counts.iter().map(|(_, count)| {
            total = u64::saturating_add(total, *count);
            total
        });
        let up_to = up_to.collect();
        let ends = counts.first().zip(counts.last()).map(|(first, last)| (first.0, last.0));
        Self { values: counts.into_iter().map(|(value, _)| value).collect(), up_to, ends }
    }

    /// Returns how many values were seen.
    pub fn count(&self) -> u64 {
        self.up_to.last().copied().unwrap_or(0)
    }

    /// Returns the values kept, ascending.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the values kept, ascending, each with the weight up to and including it; equal ones may follow each other.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.values.iter().copied().zip(self.up_to.iter().copied())
    }

    /// Returns the `q`-quantile: the smallest value kept whose inclusive rank is at least `q`.
    ///
    /// - **Units**: `q` is a fraction in `[0, 1]`; the result has the values' unit and is one of them.
    /// - **Errors**: [`Reason::Empty`] without values; [`KernelError::Argument`] for another `q`.
    /// - **Numerics**: 0 and 1 give the exact ends; `datasketches` gives the least and the largest value *kept* there, and the
    ///   same as we between them with `inclusive=True`, which is not its default.
    pub fn quantile(&self, q: f64) -> Result<Computed, KernelError> {
        check_fraction("q", q)?;
        let Some((low, high)) = self.ends else { return Ok(Err(Reason::Empty("the column".into()))) };
        if q == 0.0 || q == 1.0 {
            return Ok(Ok(if q == 0.0 { low } else { high }));
        }
        Ok(Ok(self.nth((q * self.count() as f64).ceil() as u64).unwrap_or(high)))
    }

    /// Returns the value of this rank, counted from 1: the smallest one kept that at least so many values are at most.
    pub fn nth(&self, rank: u64) -> Option<f64> {
        self.values.get(self.up_to.partition_point(|&up_to| up_to < rank)).copied()
    }

    /// Returns the smallest and the largest value seen, exactly.
    pub fn ends(&self) -> Option<(f64, f64)> {
        self.ends
    }

    /// Returns how many of the values seen are at most `value` (0 for a NaN): `value`'s inclusive rank as a count.
    pub fn at_most(&self, value: f64) -> u64 {
        self.of_first(self.values.partition_point(|&kept| kept <= value))
    }

    /// Returns how many of the values seen are less than `value` (0 for a NaN): its exclusive rank as a count.
    pub fn below(&self, value: f64) -> u64 {
        self.of_first(self.values.partition_point(|&kept| kept < value))
    }

    /// The weight of so many of the smallest values kept.
    fn of_first(&self, count: usize) -> u64 {
        count.checked_sub(1).and_then(|last| self.up_to.get(last)).copied().unwrap_or(0)
    }

    /// Returns the share of values at most `value`, its inclusive rank.
    ///
    /// - **Errors**: [`Reason::Empty`] without values; [`Reason::Undefined`] for a NaN.
    pub fn rank(&self, value: f64) -> Computed {
        if value.is_nan() {
            return Err(Reason::Undefined("NaN has no rank".into()));
        }
        if self.count() == 0 {
            return Err(Reason::Empty("the column".into()));
        }
        Ok(self.at_most(value) as f64 / self.count() as f64)
    }
}
