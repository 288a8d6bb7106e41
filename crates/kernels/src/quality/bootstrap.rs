use super::spread::Spread;
use super::{Metrics, argument, check_columns, weight_of};
use crate::{Computed, Interval, KernelError, Reason, mix, quantile};
use serde::Serialize;
use std::ops::Range;

/// What bootstrap replicates say of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resampled {
    /// The percentile interval.
    pub interval: Interval,
    /// The standard deviation of the replicates: the metric's standard error.
    pub deviation: f64,
    /// Replicates that had the number.
    pub replicates: u64,
    /// Replicates that had not: their rows had one class only, say. At most one in ten, else there is no interval.
    pub without: u64,
}

/// `P(X ≤ k) · 2⁶⁴` for X of a Poisson distribution of mean 1, rounded down; beyond the last, nothing is left.
const POISSON: [u64; 20] = [
    6_786_177_901_268_885_274,
    13_572_355_802_537_770_549,
    16_965_444_753_172_213_186,
    18_096_474_403_383_694_065,
    18_379_231_815_936_564_285,
    18_435_783_298_447_138_329,
    18_445_208_545_532_234_003,
    18_446_555_009_401_533_385,
    18_446_723_317_385_195_808,
    18_446_742_018_272_269_410,
    18_446_743_888_360_976_771,
    18_446_744_058_369_041_076,
    18_446_744_072_536_379_768,
    18_446_744_073_626_175_052,
    18_446_744_073_704_017_573,
    18_446_744_073_709_207_074,
    18_446_744_073_709_531_418,
    18_446_744_073_709_550_497,
    18_446_744_073_709_551_557,
    18_446_744_073_709_551_613,
];

/// Returns how often a bootstrap replicate draws a row: a Poisson(1) number made from row, replicate and seed alone.
///
/// - **Input**: `row`: an id that stays with the row however the data is split, such as its place in the whole or a
///   hash of its key. Two rows with one id are drawn together, which makes intervals wider.
/// - **Units**: draws; mean 1, variance 1.
/// - **Numerics**: [`mix`] twice, then integer comparisons: equal on every machine.
/// - **Source**: Hanley & MacGibbon (2006); Chamandy et al. (2012). Bounds from the exponential series in 60 digits.
pub fn poisson(seed: u64, replicate: u64, row: u64) -> u32 {
    draws(mix(seed, replicate), row)
}

fn draws(stream: u64, row: u64) -> u32 {
    let chance = mix(stream, row);
    // Four comparisons without a branch answer 98 of 100 rows.
    let few = POISSON[..4].iter().map(|&bound| u32::from(chance >= bound)).sum();
    if few < 4 { few } else { few + POISSON[4..].iter().take_while(|&&bound| chance >= bound).count() as u32 }
}

/// More replicates than this are a mistake.
const MOST_REPLICATES: u64 = 100_000;

/// A bootstrap over rows that are all at hand: rows are drawn once a replicate, for all metrics together.
///
/// - **Numerics**: what a replicate draws depends on seed, replicate and row id only, so partitions, threads and other
///   metrics beside do not matter.
/// - **Cost**: a hash per row and replicate, and what `metrics` takes. Rows that are made ready ([`super::BinaryRows`]
///   and its kin) take logarithms and sort before the first replicate, and only multiply and add in each. Memory: two
///   columns of weights, and the metrics of each replicate.
/// - **Source**: Efron (1981), the percentile method.
/// ```
/// # use kernels::quality::{BinaryRows, poisson};
/// let (truth, prediction): (Vec<bool>, Vec<bool>) = (0..1_000).map(|row| (row % 2 == 0, row % 5 != 0)).unzip();
/// let ids: Vec<u64> = (0..1_000).collect();
/// let rows = BinaryRows::of(&ids, &truth, Some(&prediction), None, None).unwrap();
/// let found = rows.resampling(7).intervals(200, 0.95, |weights| rows.metrics(weights)).unwrap();
/// let accuracy = found[0].1.clone().unwrap().interval;
/// assert!(found[0].0 == "accuracy" && accuracy.low < 0.5 && 0.5 < accuracy.high);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Resampling<'a> {
    /// An id for each row, as [`poisson`] wants it.
    pub ids: &'a [u64],
    /// Weights of rows, or 1 each; one that is no weight counts as 0.
    pub weights: Option<&'a [f64]>,
    /// The seed.
    pub seed: u64,
}

impl Resampling<'_> {
    /// Returns the interval of every metric.
    ///
    /// - **Units**: `level`: the share of replicates inside, such as 0.95, which needs 40 replicates at least and
    ///   deserves 1,000.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ, unless `0 < level < 1`, or for no replicates or more
    ///   than 100,000; what `metrics` returns; else as [`intervals`].
    pub fn intervals(
        &self,
        replicates: u64,
        level: f64,
        metrics: impl FnMut(&[f64]) -> Result<Metrics, KernelError>,
    ) -> Result<Vec<(&'static str, Computed<Resampled>)>, KernelError> {
        check_level(level)?;
        intervals(&self.replicates(0..replicates, metrics)?, level)
    }

    /// Returns the metrics of some replicates, so that threads can share them out; [`intervals`] takes all together.
    ///
    /// - **Shapes**: `metrics` gets a weight for each row, and returns the same ids each time.
    /// - **Errors**: as [`Resampling::intervals`].
    pub fn replicates(
        &self,
        which: Range<u64>,
        mut metrics: impl FnMut(&[f64]) -> Result<Metrics, KernelError>,
    ) -> Result<Vec<Metrics>, KernelError> {
        check_columns(self.ids.len(), &[], self.weights)?;
        if which.is_empty() || which.end > MOST_REPLICATES {
            return Err(argument("replicates", format!("{which:?}"), "1 to 100,000"));
        }
        let usable: Vec<f64> = (0..self.ids.len()).map(|row| weight_of(self.weights, row).unwrap_or(0.0)).collect();
        let mut weights = vec![0.0; usable.len()];
        let mut found = Vec::new();
        for replicate in which {
            let stream = mix(self.seed, replicate);
            for ((weight, &usable), &id) in weights.iter_mut().zip(&usable).zip(self.ids) {
                *weight = usable * f64::from(draws(stream, id));
            }
            found.push(metrics(&weights)?);
        }
        Ok(found)
    }
}

fn check_level(level: f64) -> Result<(), KernelError> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(argument("level", level, "a share between 0 and 1")) }
}

/// Returns the interval of every metric over its replicates, in the order of the first.
///
/// - **Errors**: [`KernelError::Argument`] unless `0 < level < 1`, or if replicates have other ids; a [`Reason`] for a
///   metric that more than one replicate in ten lacks, or that fewer than `2 / (1 − level)` have.
/// - **Numerics**: type 7 quantiles of the replicates at `(1 − level) / 2` from both ends.
pub fn intervals(replicates: &[Metrics], level: f64) -> Result<Vec<(&'static str, Computed<Resampled>)>, KernelError> {
    check_level(level)?;
    let first = replicates.first().map_or(&[][..], Vec::as_slice);
    let same = |other: &Metrics| other.len() == first.len() && other.iter().zip(first).all(|(a, b)| a.0 == b.0);
    if !replicates.iter().all(same) {
        return Err(argument("replicates", "of different metrics", "the same ids in each"));
    }
    let mut found = Vec::with_capacity(first.len());
    for (place, (id, _)) in first.iter().enumerate() {
        let values = replicates.iter().map(|metrics| metrics.get(place).and_then(|metric| metric.1.as_ref().ok()));
        found.push((*id, percentiles(values.map(Option::<&f64>::copied), level)?));
    }
    Ok(found)
}

fn percentiles(values: impl Iterator<Item = Option<f64>>, level: f64) -> Result<Computed<Resampled>, KernelError> {
    let (mut found, mut without) = (Vec::new(), 0u64);
    for value in values {
        match value {
            Some(value) => found.push(value),
            None => without += 1,
        }
    }
    let have = found.len() as u64;
    let tail = (2.0 / (1.0 - level)).round() as u64; // one replicate in each tail
    let most = ((have + without) * 9).div_ceil(10);
    let need = tail.max(most);
    if have < need {
        let what = "bootstrap replicates that have the number".to_owned();
        return Ok(Err(Reason::TooFew { what, have, need }));
    }
    found.sort_by(f64::total_cmp);
    let interval =
        Interval { low: quantile(&found, (1.0 - level) / 2.0)?, high: quantile(&found, f64::midpoint(1.0, level))? };
    let deviation = (Spread::of(found).squares / (have as f64 - 1.0)).sqrt(); // there are two at least
    Ok(Ok(Resampled { interval, deviation, replicates: have, without }))
}
