use super::{none, share};
use crate::{Computed, KernelError};
use serde::Serialize;

/// An estimate, with a band of three sampling errors to both sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// The lower end of the band, cut where the metric ends.
    pub low: f64,
    /// The upper end of the band, cut where the metric ends.
    pub high: f64,
    /// The standard error that rows alone bring; it knows nothing of broken assumptions.
    pub sampling_error: f64,
}

/// What could be estimated of rows without truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimates {
    /// Each metric by the id that it has where truth is known. Counts are called `true_positive` and so on.
    pub metrics: Vec<(&'static str, Computed<Estimate>)>,
    /// Rows with a score that was not finite.
    pub left_out: u64,
}

impl Estimate {
    pub(super) fn of(value: f64, sampling_error: f64, bounds: (f64, f64)) -> Computed<Self> {
        super::finite(value)?;
        super::finite(sampling_error)?;
        let low = (value - 3.0 * sampling_error).max(bounds.0);
        let high = (value + 3.0 * sampling_error).min(bounds.1);
        Ok(Self { value, low, high, sampling_error })
    }
}

/// A standard deviation on the reference and the share of rows it is of: the error for `n` rows is `deviation / √(n ·
/// share)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Sampling {
    pub deviation: f64,
    pub share: f64,
}

impl Sampling {
    /// Of a share that is `hits` of `of`, among `rows`.
    pub fn of_share(hits: f64, of: f64, rows: f64, what: &str) -> Computed<Self> {
        let share = share(hits, of, || none(&format!("{what} in the reference")))?;
        Ok(Self { deviation: (share * (1.0 - share)).sqrt(), share: of / rows })
    }

    /// Of costs that each so many rows of the reference had, `rows` in all.
    pub fn of_costs(costs: impl Iterator<Item = (f64, f64)> + Clone, rows: f64) -> Self {
        let mean = super::sum(costs.clone().map(|(cost, count)| cost * (count / rows)));
        let variance = super::sum(costs.map(|(cost, count)| (cost - mean) * (cost - mean) * (count / rows)));
        Self { deviation: variance.sqrt(), share: 1.0 }
    }

    /// The standard error for so many rows.
    pub fn error(&self, rows: f64) -> f64 {
        self.deviation / (rows * self.share).sqrt()
    }
}

/// Passes a reason on as the answer: `let rows = answer!(…)` ends with `Ok(Err(reason))`.
macro_rules! answer {
    ($computed:expr) => {
        match $computed {
            Ok(value) => value,
            Err(reason) => return Ok(Err(reason)),
        }
    };
}
pub(super) use answer;

/// Refuses a cost that is not finite.
pub(super) fn check_cost(cost: f64) -> Result<f64, KernelError> {
    if cost.is_finite() { Ok(cost) } else { Err(super::argument("cost", cost, "a finite number")) }
}
