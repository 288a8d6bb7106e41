use crate::KernelError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const PRECISION: u32 = 12;
const REGISTERS: usize = 1 << PRECISION;

/// Counts distinct values by their 64-bit hashes: exactly up to [`Distinct::BOUND`], then by HyperLogLog. Mergeable.
///
/// - **Input**: hashes, such as those of [`crate::hash_bytes`]; two values with one hash count as one.
/// - **Error**: none up to the bound; beyond it a standard error of 1.04/√4096 = 1.6 %.
/// - **Numerics**: depends on the *set* of hashes only, so any order, split and merge give equal bits.
/// - **Source**: Flajolet et al. (2007), with linear counting below 2.5·m; 64-bit hashes need no upper correction.
/// ```
/// # use kernels::{Distinct, mix};
/// let mut distinct = Distinct::default();
/// for n in 0..1_000 { distinct.add(mix(7, n % 10)); }
/// assert_eq!((distinct.estimate(), distinct.is_exact()), (10, true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    let register = (hash >> (64 - PRECISION)) as usize;
    let rank = ((hash << PRECISION) | (1 << (PRECISION - 1))).leading_zeros() as u8 + 1;
    registers[register] = registers[register].max(rank);
}

impl Distinct {
    /// Up to so many different hashes the count is exact.
    pub const BOUND: usize = 1_024;

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

    fn estimate_from_now_on(&mut self) {
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
        match other {
            Self::Exact(hashes) => {
                for &hash in hashes {
                    self.add(hash);
                }
            }
            Self::Estimated(theirs) => {
                self.estimate_from_now_on();
                if let Self::Estimated(mine) = self {
                    if mine.len() != theirs.len() {
                        return Err(KernelError::Shape(mine.len(), theirs.len()));
                    }
                    for (mine, &theirs) in mine.iter_mut().zip(theirs) {
                        *mine = (*mine).max(theirs);
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns whether the count is exact.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// Returns the number of distinct values.
    pub fn estimate(&self) -> u64 {
        match self {
            Self::Exact(seen) => seen.len() as u64,
            Self::Estimated(registers) => {
                let m = registers.len() as f64;
                let harmonic: f64 = registers.iter().map(|&rank| (-f64::from(rank)).exp2()).sum();
                let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / harmonic;
                let empty = registers.iter().map(|&rank| u32::from(rank == 0)).sum::<u32>();
                let linear = raw <= 2.5 * m && empty > 0;
                (if linear { m * (m / f64::from(empty)).ln() } else { raw }).round() as u64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Distinct {
        let mut distinct = Distinct::default();
        for value in values {
            distinct.add(mix(1, value));
        }
        distinct
    }

    #[test]
    fn exact_to_the_bound_and_close_beyond() {
        assert_eq!(of(0..1_024), Distinct::Exact((0..1_024).map(|v| mix(1, v)).collect()));
        for n in [1_025, 5_000, 10_240, 20_000, 300_000] {
            let estimate = of(0..n).estimate() as f64;
            assert!((estimate / n as f64 - 1.0).abs() < 0.05, "{n}: {estimate}"); // three standard errors
        }
    }

    #[test]
    fn a_foreign_sketch_is_refused() {
        assert_eq!(of(0..5_000).merge(&Distinct::Estimated(vec![0; 7])), Err(KernelError::Shape(4_096, 7)));
    }

    proptest! {
        #[test]
        fn any_order_and_split_gives_equal_bits(count in 1u64..3_000, cut in 0u64..3_000) {
            let cut = cut.min(count);
            let mut merged = of((cut..count).rev());
            merged.merge(&of(0..cut)).unwrap();
            prop_assert_eq!(merged, of((0..count).chain(0..cut)));
        }
    }
}
