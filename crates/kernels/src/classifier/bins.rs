//! Features as few bins, in an order that means something.
use super::Feature;
use crate::bias::MISSING;

/// Bins of a feature, and how many more a missing value takes.
const BINS: usize = 32;
/// Places that a bin may have.
pub(super) const PLACES: usize = BINS + 1;

/// How many rows of the whole speak for a category whose own rows are few.
const PRIOR_ROWS: f64 = 10.0;

/// A feature of some rows.
pub(crate) enum Bins {
    /// The bin of each row.
    Fixed(Vec<u8>),
    /// More categories than bins: their place depends on the rows that a model is trained with.
    Many {
        /// The category of each row; `values` where it is missing.
        codes: Vec<u32>,
        values: u32,
    },
}

impl Bins {
    /// Takes the rows of a feature.
    pub fn new(feature: &Feature<'_>, rows: &[u32]) -> Self {
        match feature {
            Feature::Numbers(values) => {
                let values = rows.iter().map(|&row| values.get(row as usize).copied().unwrap_or(f64::NAN));
                Self::Fixed(of_numbers(&values.collect::<Vec<f64>>()))
            }
            Feature::Categories { codes, values } => {
                let codes = rows.iter().map(|&row| codes.get(row as usize).copied().unwrap_or(MISSING).min(*values));
                if *values as usize <= BINS {
                    Self::Fixed(codes.map(|code| code as u8).collect())
                } else {
                    Self::Many { codes: codes.collect(), values: *values }
                }
            }
        }
    }

    /// Returns whether all rows are the same.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Fixed(bins) => bins.iter().all(|bin| Some(bin) == bins.first()),
            Self::Many { codes, .. } => codes.iter().all(|code| Some(code) == codes.first()),
        }
    }

    /// Returns the bins of all rows for a model that is trained with some of them.
    ///
    /// Many categories are put in the order of the share of hits among other rows of theirs that are trained with,
    /// so that no row is described by what it is itself: a trained row by those of the other half, whose hash differs.
    pub fn for_training(&self, is_trained: &[bool], truth: &[bool], keys: &[u64]) -> Vec<u8> {
        let (codes, values) = match self {
            Self::Fixed(bins) => return bins.clone(),
            Self::Many { codes, values } => (codes, *values as usize + 1),
        };
        let half = |key: u64| usize::from(key >> 63 == 1);
        // Rows, and hits, of each category in each half, and of all.
        let mut counts = vec![[[0.0f64; 2]; 2]; values];
        let mut all = [[0.0f64; 2]; 2];
        for (((&code, &key), &is_hit), _) in
            codes.iter().zip(keys).zip(truth).zip(is_trained).filter(|(_, is_trained)| **is_trained)
        {
            let hit = f64::from(u8::from(is_hit));
            if let Some(count) = counts.get_mut(code as usize) {
                count[half(key)] = [count[half(key)][0] + 1.0, count[half(key)][1] + hit];
            }
            all[half(key)] = [all[half(key)][0] + 1.0, all[half(key)][1] + hit];
        }
        let share = |[one, other]: [[f64; 2]; 2], [first, second]: [[f64; 2]; 2]| {
            let prior = (first[1] + second[1] + 0.5) / (first[0] + second[0] + 1.0);
            (one[1] + other[1] + PRIOR_ROWS * prior) / (one[0] + other[0] + PRIOR_ROWS)
        };
        let encoded = codes.iter().zip(keys).zip(is_trained).map(|((&code, &key), &is_trained)| {
            let count = counts.get(code as usize).copied().unwrap_or_default();
            let others = 1 - half(key);
            if is_trained { share([count[others], [0.0; 2]], [all[others], [0.0; 2]]) } else { share(count, all) }
        });
        of_numbers(&encoded.collect::<Vec<f64>>())
    }
}

/// The bin of each number: 0 for NaN, then by size, of about as many rows each; equal numbers are in one bin.
fn of_numbers(values: &[f64]) -> Vec<u8> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut thresholds: Vec<f64> = Vec::new();
    for bin in 1..BINS {
        // The last number of a bin, at the least where the one before it ends.
        let last = (sorted.len() * bin / BINS).checked_sub(1).and_then(|place| sorted.get(place));
        thresholds.extend(last.filter(|&last| thresholds.last().is_none_or(|before| before < last)));
    }
    let bin = |value: &f64| 1 + thresholds.partition_point(|threshold| threshold < value) as u8;
    values.iter().map(|value| if value.is_nan() { 0 } else { bin(value) }).collect()
}
