//! The numbers of rows that are made ready, and their intervals.
use super::report::Detail;
use super::rows::Kept;
use super::wanted::Wanted;
use super::{Interval, Metric};
use crate::run::{Pieces, in_parallel};
use crate::{Run, StatsError};
use kernels::quality::{Metrics, Resampled, Resampling, intervals};
use kernels::{Computed, KernelError, Reason};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// What the rows of every task have.
#[derive(Debug)]
pub(super) struct Common {
    pub kept: Kept,
    /// Which metrics are asked for.
    pub wanted: Wanted,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// The rows of a task that count. A trait because slices and the whole are one piece of work for all four tasks.
pub(super) trait Table {
    /// What they have whatever the task is.
    fn common(&self) -> &Common;
    /// Makes these rows ready, or all.
    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError>;
    /// What is told of all rows beside their metrics.
    fn detail(&self) -> Result<Detail, StatsError>;
}

/// Rows whose metrics can be computed under any weights.
pub(super) trait Ready: Sync {
    /// The weights that the rows have.
    fn weights(&self) -> &[f64];
    /// The ids and weights to draw by.
    fn resampling(&self, seed: u64) -> Resampling<'_>;
    /// The metrics under these weights: all of a part if any of it is wanted.
    fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError>;
    /// Metrics that have no interval.
    fn single(&self) -> Result<Metrics, KernelError>;
}

/// A replicate of fewer weights than this is not worth a thread of its own.
const ALONE: u64 = 200_000;

/// How many replicates a thread makes at a time.
const STEP: u64 = 8;

/// Computes the metrics that are wanted, and the interval of each if one is asked for.
pub(super) fn measure(
    ready: &dyn Ready,
    wanted: &Wanted,
    interval: Option<&Interval>,
    run: &Run<'_>,
) -> Result<Vec<Metric>, StatsError> {
    let found = wanted.of_all(ready.metrics(ready.weights())?);
    let mut around = match interval {
        Some(interval) if !found.is_empty() => {
            let replicates = replicates(ready, wanted, interval, run)?;
            intervals(&replicates, interval.confidence)?
                .into_iter()
                .map(|(_, found)| Some(found.and_then(wide)))
                .collect()
        }
        _ => Vec::new(),
    }
    .into_iter();
    let mut metrics: Vec<Metric> =
        found.into_iter().map(|(id, value)| Metric { id, value, interval: around.next().flatten() }).collect();
    let single = wanted.of_all(ready.single()?);
    let none = || {
        let why = "a bootstrap of it lies too high: rows that are drawn twice make bins look worse calibrated";
        interval.map(|_| Err(Reason::Undefined(why.to_owned())))
    };
    metrics.extend(single.into_iter().map(|(id, value)| Metric { id, value, interval: none() }));
    metrics.extend(wanted.lacking(&metrics));
    Ok(metrics)
}

/// Refuses an interval without width: ten right answers of ten drawn anew are ten of ten each time, which is not to be sure of them.
fn wide(found: Resampled) -> Computed<Resampled> {
    if found.interval.low < found.interval.high {
        return Ok(found);
    }
    Err(Reason::Undefined(
        "every bootstrap replicate has the same number, which says nothing of how sure it is".to_owned(),
    ))
}

/// Shares the replicates out among threads, some at a time; they come back in their order.
fn replicates(
    ready: &dyn Ready,
    wanted: &Wanted,
    interval: &Interval,
    run: &Run<'_>,
) -> Result<Vec<Metrics>, StatsError> {
    let all = interval.replicates;
    let worth = all.saturating_mul(ready.weights().len() as u64) / ALONE + 1;
    let threads = run.threads.min(NonZeroUsize::new(worth as usize).unwrap_or(NonZeroUsize::MIN));
    let told = Pieces::new(all, "replicates");
    let found: Vec<Mutex<Vec<Metrics>>> = (0..all.div_ceil(STEP)).map(|_| Mutex::default()).collect();
    in_parallel(threads, found.len(), |at| {
        let first = at as u64 * STEP;
        let which = first..all.min(first + STEP);
        let metrics = |weights: &[f64]| ready.metrics(weights).map(|metrics| wanted.of_all(metrics));
        let draw = || Ok(ready.resampling(interval.seed).replicates(which.clone(), metrics)?);
        let some = told.several(run, which.end - which.start, draw)?;
        if let Some(into) = found.get(at) {
            *into.lock().unwrap_or_else(PoisonError::into_inner) = some;
        }
        Ok(())
    })?;
    Ok(found.into_iter().flat_map(|some| some.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}
