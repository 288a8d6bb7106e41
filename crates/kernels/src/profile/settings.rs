use crate::{KernelError, Kll, hash_bytes, mix};

/// What a profile is computed with. Profiles of other settings merge all the same; the larger error then holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where every coin comes from.
    pub seed: u64,
    /// The `k` of the quantile sketches: their rank error is 1.33 % for 200, 0.53 % for 512, 0.27 % for 1,024.
    pub k: u16,
    /// How many values *this column* has in all partitions together, nulls not counted (footers of Parquet have it), or 0 if nobody
    /// knows. Of many values a part is enough for the sketch: that costs less, and is in [`super::Summary::rank_error`]. With more
    /// than there are in the end the error grows, and says so. Who profiles parts of one table apart gives all of them the number
    /// of the whole, otherwise the bytes are not those of one process.
    pub values: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seed: 0, k: 512, values: 0 }
    }
}

impl Settings {
    /// Returns the seed of one partition of one column, so that the errors of no two have to do with each other.
    pub(super) fn seed_of(&self, column: &str, partition: u64) -> u64 {
        mix(mix(self.seed, hash_bytes(0, column.as_bytes())), partition)
    }

    /// Whether a sketch can be had.
    pub(super) fn check(&self) -> Result<(), KernelError> {
        Kll::new(self.k, 0).map(|_| ())
    }

    /// Returns of how many values, a power of two, the sketch takes one once `seen` went by: `n/k²`, so that drawing adds a
    /// variance of `n·weight/4 = (n/2k)²` at most, a quarter of the sketch's own, where there are as many values as were said.
    pub(super) fn weight(&self, seen: u64) -> u64 {
        let most = self.values.max(seen) / (u64::from(self.k) * u64::from(self.k));
        most.checked_ilog2().map_or(1, |log| 1 << log).min(super::CHUNK as u64)
    }
}
