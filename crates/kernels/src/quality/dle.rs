use super::regression::MAPE_EPS;
use super::spread::Spread;
use super::{Estimate, check_lengths, empty, sum};
use crate::{Computed, KernelError, Reason};
use serde::{Deserialize, Serialize};

/// What a row's error costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// `|y − ŷ|`
    Absolute,
    /// `(y − ŷ)²`
    Squared,
    /// `|y − ŷ| / max(|y|, 2⁻⁵²)`
    AbsolutePercentage,
    /// `(ln(1 + y) − ln(1 + ŷ))²`
    SquaredLog,
}

impl Loss {
    /// What rows are that have no loss.
    fn lack(self) -> &'static str {
        match self {
            Self::SquaredLog => "rows with a truth or a prediction that is infinite or not above −1",
            _ => "rows whose loss is infinite",
        }
    }

    /// Returns the loss of each row; NaN where truth or prediction is.
    ///
    /// - **Shapes**: `truth` and `prediction`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ; a [`Reason`] that counts the rows whose loss is
    ///   infinite or, of logarithms, that have a value that is not above −1.
    pub fn of(self, truth: &[f64], prediction: &[f64]) -> Result<Computed<Vec<f64>>, KernelError> {
        check_lengths(truth.len(), &[("prediction", prediction.len())])?;
        let one = |(&truth, &prediction): (&f64, &f64)| match self {
            Self::Absolute => (truth - prediction).abs(),
            Self::Squared => (truth - prediction) * (truth - prediction),
            Self::AbsolutePercentage => (truth - prediction).abs() / truth.abs().max(MAPE_EPS),
            Self::SquaredLog => {
                let log = libm::log1p(truth) - libm::log1p(prediction);
                log * log
            }
        };
        let mut losses: Vec<f64> = truth.iter().zip(prediction).map(one).collect();
        let mut odd = 0u64;
        for ((loss, truth), prediction) in losses.iter_mut().zip(truth).zip(prediction) {
            if truth.is_nan() || prediction.is_nan() {
                *loss = f64::NAN;
            } else if !loss.is_finite() {
                odd += 1;
            }
        }
        // How many, not which: a reason goes to places where the rows themselves may not be seen.
        Ok(if odd == 0 { Ok(losses) } else { Err(Reason::Undefined(format!("{}: {odd}", self.lack()))) })
    }
}

/// A metric that direct loss estimation has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DleMetric {
    /// Mean absolute error.
    Mae,
    /// Mean squared error.
    Mse,
    /// Its root.
    Rmse,
    /// Mean absolute percentage error, a fraction.
    Mape,
    /// Mean squared logarithmic error.
    Msle,
    /// Its root.
    Rmsle,
}

impl DleMetric {
    /// Every metric.
    pub const ALL: [Self; 6] = [Self::Mae, Self::Mse, Self::Rmse, Self::Mape, Self::Msle, Self::Rmsle];

    /// Returns its id, which is that of [`super::RegressionSums::metrics`].
    pub fn id(self) -> &'static str {
        match self {
            Self::Mae => "mean_absolute_error",
            Self::Mse => "mean_squared_error",
            Self::Rmse => "root_mean_squared_error",
            Self::Mape => "mean_absolute_percentage_error",
            Self::Msle => "mean_squared_log_error",
            Self::Rmsle => "root_mean_squared_log_error",
        }
    }

    /// Returns the loss whose mean it is, or the root of whose mean.
    pub fn loss(self) -> Loss {
        match self {
            Self::Mae => Loss::Absolute,
            Self::Mse | Self::Rmse => Loss::Squared,
            Self::Mape => Loss::AbsolutePercentage,
            Self::Msle | Self::Rmsle => Loss::SquaredLog,
        }
    }

    fn is_root(self) -> bool {
        matches!(self, Self::Rmse | Self::Rmsle)
    }
}

/// Returns a regression model's metric on rows whose truth is not known, by direct loss estimation (DLE): the mean of
/// the losses that a second model expects of them, with a band of three sampling errors.
///
/// - **Loss model**: any; its expectations are the argument. [`super::LossModel`] is one of boosted trees, as NannyML's
///   (LightGBM) is, which learns from the features *and the prediction*: give it the prediction as a feature too.
/// - **Assumes**, and cannot check: **no concept drift** (rows with these features err as in the reference), no shift
///   to regions the reference hardly saw, a loss model that is not fitted to noise, independent rows. Where one fails,
///   the estimate is wrong and its band does not show it.
/// - **Shapes**: `expected`: `[n]`, the expected [`DleMetric::loss`] of each current row, below 0 taken as 0 (as
///   NannyML does); `reference`: `[m]`, the losses that the reference had. NaN in either is left out.
/// - **Units**: those of the metric, `≥ 0`. The sampling error is `σ/√n` of the reference's losses, for a root
///   `σ / (2·√(n·mean))`.
/// - **Errors**: a [`Reason`] without rows on either side, for an infinite loss, or for a root if the reference never
///   erred.
/// - **Numerics**: sums in row order.
/// - **Source**: NannyML 0.13.1, from which golden values are. For truths below 0 its error of the percentage error is
///   another: it divides by the signed truth.
pub fn dle(metric: DleMetric, expected: &[f64], reference: &[f64]) -> Computed<Estimate> {
    let present = |losses: &[f64]| losses.iter().copied().filter(|loss| !loss.is_nan()).collect::<Vec<f64>>();
    let (expected, reference) = (present(expected), present(reference));
    if reference.is_empty() {
        return Err(Reason::Empty("the reference".to_owned()));
    }
    if expected.is_empty() {
        return Err(empty());
    }
    let count = expected.len() as f64;
    let mean = sum(expected.into_iter().map(|loss| loss.max(0.0))) / count;
    let spread = Spread::of(reference);
    let (value, error) = if metric.is_root() {
        if spread.mean <= 0.0 {
            return Err(Reason::Constant("the reference's loss".to_owned()));
        }
        (mean.sqrt(), spread.deviation() / (2.0 * (count * spread.mean).sqrt()))
    } else {
        (mean, spread.deviation() / count.sqrt())
    };
    Estimate::of(value, error, (0.0, f64::INFINITY))
}
