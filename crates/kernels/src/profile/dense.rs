use super::kinds::Number;
use std::ops::RangeInclusive;

/// Counts whole numbers that lie near the first ones, by their distance from the least: ages, years, days, codes.
///
/// No value needs a hash or a search, so this costs a fraction of a [`super::table::Table`], and it does not matter how many different
/// ones there are.
pub(super) struct Dense {
    /// What the first place stands for.
    base: i64,
    counts: Vec<u64>,
    /// For what there is a place, or may be one.
    reach: RangeInclusive<i64>,
}

/// From the least to the largest there are no more numbers than this: 128 KiB of counts.
const MOST: usize = 16_384;
const FIRST: usize = 64;

impl Dense {
    pub(super) fn new() -> Self {
        Self { base: 0, counts: Vec::new(), reach: i64::MIN..=i64::MAX }
    }

    /// Counts numbers until one has no place here; returns it and those after it.
    pub(super) fn count_some<'a, N: Number>(&mut self, number: N, values: &'a [N::Raw]) -> &'a [N::Raw] {
        for (at, &raw) in values.iter().enumerate() {
            if !self.count(number, raw, 1) {
                return &values[at..];
            }
        }
        &[]
    }

    /// Counts a number; false if it is no whole number, or too far from the others.
    #[inline]
    pub(super) fn count<N: Number>(&mut self, number: N, raw: N::Raw, weight: u64) -> bool {
        let Some(cell) = number.cell(raw) else { return false };
        if let Some(count) = self.counts.get_mut(cell.wrapping_sub(self.base) as usize) {
            *count += weight;
            return true;
        }
        self.reach.contains(&cell) && self.count_outside(cell, weight)
    }

    #[cold]
    fn count_outside(&mut self, cell: i64, weight: u64) -> bool {
        if self.counts.is_empty() {
            self.base = cell.saturating_sub(FIRST as i64 / 2).min(i64::MAX - FIRST as i64 + 1);
            self.counts = vec![0; FIRST];
        }
        let (base, end) = (i128::from(self.base), i128::from(self.base) + self.counts.len() as i128);
        let (low, high) = (base.min(cell.into()), end.max(i128::from(cell) + 1));
        if high - low > MOST as i128 {
            return false;
        }
        // Twice as many, on the side where one was missing, so that sorted numbers do not move all of them each time.
        let size = ((high - low) as usize).next_power_of_two();
        let wanted = if low < base { end - size as i128 } else { base };
        let wanted = wanted.clamp(i64::MIN.into(), i128::from(i64::MAX) - size as i128 + 1);
        let Ok(new_base) = i64::try_from(wanted) else { return false };
        let mut counts = vec![0; size];
        let from = (base - wanted) as usize;
        counts[from..from + self.counts.len()].copy_from_slice(&self.counts);
        counts[(i128::from(cell) - wanted) as usize] += weight;
        let more = (MOST - size) as i64;
        self.reach = new_base.saturating_sub(more)..=new_base.saturating_add(size as i64 + more - 1);
        (self.base, self.counts) = (new_base, counts);
        true
    }

    /// Returns each number with how often it was seen, ascending, and forgets them.
    pub(super) fn take<N: Number>(&mut self, number: N) -> Vec<(N::Raw, u64)> {
        let counts = std::mem::take(&mut self.counts);
        let counted = (0..).zip(counts).filter(|(_, count)| *count > 0);
        counted.map(|(place, count)| (number.raw(self.base.wrapping_add(place)), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::kinds::{Decimals, Integers, Reals, Times};
    use crate::profile::time::TimeKind;
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    #[track_caller]
    fn check<N: Number<Raw: Debug + PartialEq>>(number: N, values: &[N::Raw], taken: usize) {
        let mut dense = Dense::new();
        assert_eq!(dense.count_some(number, values).len(), values.len() - taken);
        let mut truth: BTreeMap<i64, u64> = BTreeMap::new();
        for &raw in &values[..taken] {
            *truth.entry(number.cell(raw).unwrap()).or_default() += 1;
        }
        let counted: Vec<(N::Raw, u64)> = truth.into_iter().map(|(cell, count)| (number.raw(cell), count)).collect();
        assert_eq!(dense.take(number), counted);
    }

    #[test]
    fn what_is_near_is_counted_and_the_first_that_is_not_comes_back() {
        check(Integers, &[], 0);
        check(Integers, &[5, 7, 5, -3, 5_000, 4_999, -7_000, 7], 8);
        check(Integers, &[5, 7, 20_000, 7], 2);
        check(Integers, &[0, 16_383 - 32, 16_384 - 32], 2);
        check(Integers, &[0, -(16_384 - 32), -(16_385 - 32)], 2);
        check(Integers, &(0..20_000).collect::<Vec<_>>(), 16_384 - 32);
        check(Integers, &(0..20_000).rev().collect::<Vec<_>>(), 16_384 - 31);
        check(Integers, &[i64::MAX, i64::MAX - 100, i64::MIN], 2);
        check(Integers, &[i64::MIN, i64::MIN + 100, i64::MIN + 3_000, i64::MAX], 3);
        check(Reals, &[2.0, -0.0, -7.0, 2.0, 0.5, 2.0], 4);
        check(Reals, &[1e300, 2.0], 0);
        check(Reals, &[9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0, 1.0], 2);
        check(Decimals { scale: 2 }, &[1_250, 99, i128::MAX], 2);
        const DAY: i64 = 86_400_000_000;
        check(Times { kind: TimeKind::Date }, &[-DAY, 3_000 * DAY, 0, DAY + 1], 3);
        check(Times { kind: TimeKind::Instant }, &[0, DAY], 0);
    }
}
