//! Quantiles of a stream in bounded memory: a KLL sketch that is seeded, takes sorted blocks, and is kept in the bytes of
//! Apache DataSketches.
//!
//! Invariants: the weights kept add up to the number of values; every coin follows from the seed and the state, so equal
//! inputs give equal bytes. It deliberately keeps no seed in its bytes: the format has no place for one.
mod compact;
mod ranks;
mod wire;

use crate::{KernelError, mix};
pub use ranks::Ranks;

/// Quantiles of `f64` values in bounded memory (Karnin, Lang & Liberty). Mergeable.
///
/// - **Shapes**: `k` in `[8, 65_535]`, 200 unless said otherwise; at most `3·k` values are kept, and 8 more for each
///   doubling of their number (585 for `k` = 200 and 10⁵ values).
/// - **Units**: those of the values. Infinite ones are values; NaN is ignored; −0 is 0. A sketch of 2⁵³ values takes no more.
/// - **Error**: of a rank, as a share of all values: with 99 % confidence at most [`Kll::rank_error`] at *every* value at once,
///   1.33 % for `k` = 200; none up to `k` values.
/// - **Numerics**: the coins are a function of the seed and of what the sketch holds, so the same calls give equal bits, on every
///   machine. Another order, other blocks, or another split give another sketch within the same error. Give each partition a
///   seed of its own ([`crate::mix`]), so that their errors do not add up.
/// - **Source**: Karnin, Lang & Liberty (2016), capacities as in Apache DataSketches, whose bytes it reads and writes; golden
///   values from Python `datasketches` 5.2.0.
/// ```
/// # use kernels::Kll;
/// let mut kll = Kll::new(200, 7).unwrap();
/// kll.update_block(&[4.0, 1.0, 2.0]);
/// assert_eq!(kll.ranks().quantile(0.5).unwrap(), Ok(2.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Kll {
    k: u16,
    /// The smallest `k` of all that was merged into this one: it says the error.
    least_k: u16,
    seed: u64,
    count: u64,
    ends: Option<(f64, f64)>,
    /// Values of weight `2^level`, sorted but for level 0.
    levels: Vec<Vec<f64>>,
    is_bottom_sorted: bool,
    kept: usize,
    capacity: usize,
}

impl Kll {
    /// The `k` that DataSketches uses unless told otherwise.
    pub const DEFAULT_K: u16 = 200;
    /// More values than `f64` counts are not taken from anywhere.
    pub(crate) const MOST: u64 = 1 << 53;
    /// The smallest `k`, which is the least that any level holds.
    pub const LEAST_K: u16 = 8;

    /// Returns an empty sketch that keeps about `3·k` values.
    ///
    /// - **Errors**: [`KernelError::Argument`] for a `k` below 8.
    pub fn new(k: u16, seed: u64) -> Result<Self, KernelError> {
        if k < Self::LEAST_K {
            return Err(KernelError::Argument { name: "k", found: k.to_string(), expected: "at least 8" });
        }
        Ok(Self {
            k,
            least_k: k,
            seed,
            count: 0,
            ends: None,
            levels: vec![Vec::new()],
            is_bottom_sorted: false,
            kept: 0,
            capacity: compact::capacity(k, 1),
        })
    }

    /// Takes one value; a NaN is ignored. Blocks cost less: see [`Kll::update_block`].
    pub fn update(&mut self, value: f64) {
        if value.is_nan() || self.count >= Self::MOST {
            return;
        }
        let value = value + 0.0;
        self.widen(value, value);
        self.count += 1;
        self.is_bottom_sorted = false;
        if let Some(bottom) = self.levels.first_mut() {
            bottom.push(value);
            self.kept += 1;
        }
        self.compress();
    }

    /// Sorts values and takes them as a block: the fast way in. NaN are ignored.
    ///
    /// - **Numerics**: of `n` values in all, a block of `b` costs `b·log b` for the sort and adds about `2·k·√(b/n)` values to the
    ///   sketch. Blocks of some thousand values are best, and nearer to the truth than the same values one by one.
    pub fn update_block(&mut self, values: &[f64]) {
        self.update_block_in(values, &mut Vec::with_capacity(values.len()));
    }

    /// As [`Kll::update_block`], in a buffer for who has many blocks.
    pub(crate) fn update_block_in(&mut self, values: &[f64], keys: &mut Vec<i64>) {
        keys.clear();
        keys.extend(values.iter().filter(|value| !value.is_nan()).map(|value| key_of(value + 0.0)));
        keys.sort_unstable();
        self.update_drawn(keys, 1);
    }

    /// Takes a block of ascending values without NaN (the caller's duty: otherwise ranks are wrong, though nothing panics).
    ///
    /// - **Errors**: [`KernelError::Argument`] for values with which there are more than 2⁵³; nothing is taken then.
    pub fn update_sorted(&mut self, values: &[f64]) -> Result<(), KernelError> {
        if values.len() as u64 > Self::MOST - self.count {
            return Err(too_many("values"));
        }
        self.take_sorted(values.len(), 1, |at| values.get(at).map_or(0.0, |value| value + 0.0));
        Ok(())
    }

    /// Takes ascending values, as [`key_of`] has them, that stand for `weight` values each: what is left of a stream by drawing one
    /// of each `weight`. None of them is −0.
    pub(crate) fn update_drawn(&mut self, keys: &[i64], weight: u64) {
        self.take_sorted(keys.len(), weight, |at| keys.get(at).map_or(0.0, |key| of_key(*key)));
    }

    /// Takes as many ascending values as there is room for, each for `weight` of them.
    fn take_sorted(&mut self, values: usize, weight: u64, at: impl Fn(usize) -> f64) {
        let room = (Self::MOST - self.count) / weight.max(1);
        let values = values.min(room as usize);
        if values > 0 && weight > 0 {
            self.widen(at(0), at(values - 1));
            self.insert(values as u64 * weight, |rank| at((rank / weight) as usize));
        }
    }

    /// Takes ascending values (the caller's duty: otherwise ranks are wrong, though nothing panics) with how often each was seen,
    /// as from a dictionary; counts of 0 are no values, and neither is a NaN.
    ///
    /// - **Errors**: [`KernelError::Shape`] if the lengths differ; [`KernelError::Argument`] for counts with which there are more than
    ///   2⁵³ values. Nothing is taken then.
    pub fn update_sorted_counts(&mut self, values: &[f64], counts: &[u64]) -> Result<(), KernelError> {
        if values.len() != counts.len() {
            return Err(KernelError::Shape(values.len(), counts.len()));
        }
        let room = Self::MOST - self.count;
        let total = counts.iter().try_fold(0u64, |total, &count| total.checked_add(count).filter(|&sum| sum <= room));
        let Some(_) = total else { return Err(too_many("counts")) };
        let counted = values.iter().zip(counts).filter(|(value, count)| **count > 0 && !value.is_nan());
        let counted: Vec<(f64, u64)> = counted.map(|(value, count)| (value + 0.0, *count)).collect();
        self.update_counted(&counted);
        Ok(())
    }

    /// As [`Kll::update_sorted_counts`], of counts above 0 that are known to have room.
    pub(crate) fn update_counted(&mut self, counted: &[(f64, u64)]) {
        let (Some(&first), Some(&last)) = (counted.first(), counted.last()) else { return };
        self.widen(first.0, last.0);
        let total = counted.iter().map(|(_, count)| count).sum();
        let (mut left, mut value, mut end) = (counted.iter(), first.0, 0);
        self.insert(total, |rank| {
            while rank >= end
                && let Some((next, count)) = left.next()
            {
                (value, end) = (*next, end + count);
            }
            value
        });
    }

    /// Takes what `other` has seen. Its seed plays no part from here on; the larger error of the two holds.
    ///
    /// - **Errors**: [`KernelError::Argument`] if there are more than 2⁵³ values together; nothing is taken then.
    /// - **Numerics**: `a.merge(&b)` and `b.merge(&a)` are two sketches within one error: the caller settles the order.
    pub fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        if other.count > Self::MOST - self.count {
            return Err(too_many("other"));
        }
        self.absorb(other);
        Ok(())
    }

    /// As [`Kll::merge`], of one for which there is known to be room.
    pub(crate) fn absorb(&mut self, other: &Self) {
        let Some((low, high)) = other.ends else { return };
        self.widen(low, high);
        self.count = self.count.saturating_add(other.count);
        self.least_k = self.least_k.min(other.least_k);
        self.sort_bottom();
        self.grow_to(other.levels.len());
        for (level, theirs) in other.levels.iter().enumerate() {
            if level == 0 && !other.is_bottom_sorted {
                let mut theirs = theirs.clone();
                theirs.sort_unstable_by(f64::total_cmp);
                self.add_sorted(0, &theirs);
            } else {
                self.add_sorted(level, theirs);
            }
        }
        self.compress();
    }

    /// Returns the seed that it was made with.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns how many values were seen, NaN aside.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns how many values are kept.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Returns the smallest and the largest value seen, exactly, or `None` without values.
    pub fn ends(&self) -> Option<(f64, f64)> {
        self.ends
    }

    /// Returns whether every value seen is kept, so that ranks are exact.
    pub fn is_exact(&self) -> bool {
        self.levels.len() == 1
    }

    /// Returns by how much a rank may be off, as a share of all values, with 99 % confidence and at every value at once:
    /// `2.296 / k^0.9723`, with the smallest `k` that was merged in.
    ///
    /// - **Source**: the fit of Apache DataSketches over thousands of runs; our tests hold this sketch to it.
    pub fn rank_error(&self) -> f64 {
        if self.is_exact() { 0.0 } else { 2.296 / libm::pow(f64::from(self.least_k), 0.9723) }
    }

    /// Returns by how much the share between two values may be off: `2.446 / k^0.9433`, else as [`Kll::rank_error`].
    pub fn share_error(&self) -> f64 {
        if self.is_exact() { 0.0 } else { 2.446 / libm::pow(f64::from(self.least_k), 0.9433) }
    }

    /// Returns the values kept in ascending order, to ask for ranks and quantiles.
    pub fn ranks(&self) -> Ranks {
        Ranks::of_sketch(self)
    }

    /// Makes the order of arrival forgotten where it is still known: equal sets of kept values give equal bytes.
    pub(crate) fn settle(&mut self) {
        self.sort_bottom();
    }

    /// Takes ends that are known from elsewhere, such as of values that were seen but not drawn.
    pub(crate) fn widen(&mut self, low: f64, high: f64) {
        let (least, most) = self.ends.unwrap_or((low, high));
        // Not `f64::min`: it says nothing of 0 and −0.
        let least = if low.total_cmp(&least).is_lt() { low } else { least };
        let most = if high.total_cmp(&most).is_gt() { high } else { most };
        self.ends = Some((least, most));
    }

    /// Returns a well-mixed number that follows from the seed, the state, and what is drawn from.
    fn coin(&self, level: usize, first: f64, last: f64) -> u64 {
        let drawn = mix(first.to_bits(), last.to_bits());
        mix(mix(self.seed, drawn), self.count << 6 | level as u64)
    }
}

fn too_many(name: &'static str) -> KernelError {
    KernelError::Argument { name, found: "too much".into(), expected: "no more than 2^53 values in all" }
}

/// Returns an integer that is in the order of [`f64::total_cmp`]: sorting those costs half.
pub(crate) fn key_of(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

fn of_key(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) as u64 >> 1) as i64) as u64)
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
