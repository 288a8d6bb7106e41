//! How many different values there are. Invariant: any order and split of the same values gives equal bytes. It deliberately keeps
//! no values, only their hashes.
use crate::KernelError;
use std::collections::BTreeSet;

const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;
/// The highest rank: of the bits that choose no register, none is set.
const MOST_RANK: usize = 64 - PRECISION as usize + 1;

/// Counts distinct values by their 64-bit hashes: exactly up to [`Distinct::BOUND`], then by HyperLogLog. Mergeable.
///
/// - **Input**: hashes, such as those of [`crate::hash_bytes`]; two values with one hash count as one.
/// - **Error**: none up to the bound; beyond it a standard error of 1.04/√4096 = 1.6 %, and no bias. That is so of hashes that
///   nobody chose: hashes whose seed is public can be chosen, and then the estimate is too small.
/// - **Numerics**: depends on the *set* of hashes only, so any order, split and merge give equal bits.
/// - **Source**: registers by Flajolet et al. (2007); estimator by Ertl (2017), "improved raw", which needs no other one for few
///   values and no table of corrections.
/// ```
/// # use kernels::{Distinct, mix};
/// let mut distinct = Distinct::default();
/// for n in 0..1_000 { distinct.add(mix(7, n % 10)); }
/// assert_eq!((distinct.estimate(), distinct.is_exact()), (10, true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Every hash seen.
    Exact(BTreeSet<u64>),
    /// A register each: the highest rank seen.
    Estimated(Vec<u8>),
}

impl Default for Distinct {
    fn default() -> Self {
        Self::Exact(BTreeSet::new())
    }
}

fn raise(registers: &mut [u8], hash: u64) {
    // What is left of the hash, and a bit that ends it.
    let rest = (hash << PRECISION) | (1 << (PRECISION - 1));
    if let Some(register) = registers.get_mut((hash >> (64 - PRECISION)) as usize) {
        // Its rank, leading zeros and one, is no higher than the register: soon so of nearly every hash, and cheaper than to count them.
        if rest <= u64::MAX >> (*register & 63) {
            *register = rest.leading_zeros() as u8 + 1;
        }
    }
}

impl Distinct {
    /// Up to so many different hashes the count is exact.
    pub const BOUND: usize = 1_024;
    /// So many registers an estimate has.
    pub(crate) const REGISTERS: usize = REGISTERS;

    /// Takes the hash of one value.
    pub fn add(&mut self, hash: u64) {
        match self {
            Self::Estimated(registers) => raise(registers, hash),
            Self::Exact(seen) => {
                seen.insert(hash);
                if seen.len() > Self::BOUND {
                    self.estimate_from_now_on();
                }
            }
        }
    }

    /// Takes the hashes of many values.
    pub fn extend(&mut self, hashes: &[u64]) {
        let mut left = hashes;
        while let (true, [hash, rest @ ..]) = (self.is_exact(), left) {
            self.add(*hash);
            left = rest;
        }
        if let Self::Estimated(registers) = self {
            for &hash in left {
                raise(registers, hash);
            }
        }
    }

    /// Says that the count is not exact, however many there are.
    pub(crate) fn estimate_from_now_on(&mut self) {
        if let Self::Exact(seen) = self {
            let mut registers = vec![0; REGISTERS];
            for &hash in seen.iter() {
                raise(&mut registers, hash);
            }
            *self = Self::Estimated(registers);
        }
    }

    /// Takes what `other` has seen.
    ///
    /// - **Errors**: [`KernelError::Shape`] if `other` was not made by this version (another number of registers).
    pub fn merge(&mut self, other: &Self) -> Result<(), KernelError> {
        let registers = |distinct: &Self| match distinct {
            Self::Exact(_) => REGISTERS,
            Self::Estimated(registers) => registers.len(),
        };
        if registers(self) != registers(other) {
            return Err(KernelError::Shape(registers(self), registers(other)));
        }
        self.absorb(other);
        Ok(())
    }

    /// As [`Distinct::merge`], of one that is known to be of this version.
    pub(crate) fn absorb(&mut self, other: &Self) {
        match other {
            Self::Exact(hashes) => {
                for &hash in hashes {
                    self.add(hash);
                }
            }
            Self::Estimated(theirs) => {
                self.estimate_from_now_on();
                if let Self::Estimated(mine) = self {
                    for (mine, &theirs) in mine.iter_mut().zip(theirs) {
                        *mine = (*mine).max(theirs);
                    }
                }
            }
        }
    }

    /// Returns whether the count is exact.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Returns the number of distinct values.
    pub fn estimate(&self) -> u64 {
        match self {
            Self::Exact(seen) => seen.len() as u64,
            Self::Estimated(registers) => estimate_of(registers),
        }
    }
}

/// Ertl's improved raw estimator: `m² / (2·ln 2·z)`, where `z` is the harmonic sum with the empty and the full registers corrected.
fn estimate_of(registers: &[u8]) -> u64 {
    let m = registers.len() as f64;
    let mut counts = [0.0; MOST_RANK + 1];
    for &rank in registers {
        counts[usize::from(rank).min(MOST_RANK)] += 1.0;
    }
    let [empty, between @ .., full] = counts;
    let mut z = m * tau(1.0 - full / m);
    for count in between.into_iter().rev() {
        z = 0.5 * (z + count);
    }
    z += m * sigma(empty / m);
    (m * m / (2.0 * std::f64::consts::LN_2 * z)).round() as u64
}

/// `x + Σₖ x^(2ᵏ)·2^(k−1)` for `k ≥ 1`, infinite at 1: what the empty registers weigh.
fn sigma(mut x: f64) -> f64 {
    if !(0.0..1.0).contains(&x) {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        let before = z;
        x *= x;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

/// `⅓·(1 − x − Σₖ (1 − x^(2⁻ᵏ))²·2⁻ᵏ)` for `k ≥ 1`: what the registers beyond the last rank weigh.
fn tau(mut x: f64) -> f64 {
    if x == 0.0 || !(0.0..1.0).contains(&x) {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        let before = z;
        x = x.sqrt();
        y *= 0.5;
        z -= (1.0 - x) * (1.0 - x) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests;
