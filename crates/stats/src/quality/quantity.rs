//! A predicted quantity.
use super::inputs::numbers;
use super::measure::{Common, Ready, Table};
use super::report::Detail;
use super::rows::{Kept, take};
use super::wanted::{Part, Wanted};
use super::{Asked, Inputs};
use crate::StatsError;
use kernels::KernelError;
use kernels::quality::{Metrics, QuantityRows, Resampling};

/// The rows of a regression that count.
#[derive(Debug)]
pub(super) struct QuantityTable {
    truth: Vec<f64>,
    prediction: Vec<f64>,
    common: Common,
    quantile: Option<f64>,
}

impl QuantityTable {
    /// Returns the rows ready for all metrics of quantities; an error names the argument that does not fit.
    pub fn of(inputs: &Inputs, asked: &Asked, wanted: Wanted) -> Result<Self, StatsError> {
        let truth = numbers("truth", &inputs.truth)?;
        let prediction =
            inputs.prediction.as_ref().map(|column| numbers("prediction", column)).transpose()?.unwrap_or_default();
        let kept = Kept::of(
            inputs.truth.rows(),
            inputs.weights.as_ref(),
            &[("truth", &|row| truth[row].is_nan()), ("prediction", &|row| prediction[row].is_nan())],
        )?;
        let (truth, prediction) = (kept.take(&truth), kept.take(&prediction));
        let common = Common { kept, wanted, notes: Vec::new() };
        Ok(Self { truth, prediction, quantile: asked.quantile, common })
    }
}

impl Table for QuantityTable {
    fn common(&self) -> &Common {
        &self.common
    }

    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError> {
        let weights = self.common.kept.weights.as_deref();
        let ready = match rows {
            None => QuantityRows::of(&self.common.kept.places, &self.truth, &self.prediction, weights)?,
            Some(rows) => QuantityRows::of(
                &take(&self.common.kept.places, rows),
                &take(&self.truth, rows),
                &take(&self.prediction, rows),
                weights.map(|column| take(column, rows)).as_deref(),
            )?,
        };
        Ok(Box::new(QuantityReady {
            rows: ready,
            means: self.common.wanted.needs(Part::Predictions),
            medians: self.common.wanted.needs(Part::Medians),
            quantile: self.quantile.filter(|_| self.common.wanted.needs(Part::Quantile)),
        }))
    }

    fn detail(&self) -> Result<Detail, StatsError> {
        Ok(Detail::Regression)
    }
}

struct QuantityReady {
    rows: QuantityRows,
    means: bool,
    medians: bool,
    quantile: Option<f64>,
}

impl Ready for QuantityReady {
    fn weights(&self) -> &[f64] {
        self.rows.weights()
    }

    fn resampling(&self, seed: u64) -> Resampling<'_> {
        self.rows.resampling(seed)
    }

    fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        let mut metrics = if self.means { self.rows.means(weights)? } else { Metrics::new() };
        if self.medians {
            metrics.extend(self.rows.medians(weights)?);
        }
        if let Some(quantile) = self.quantile {
            metrics.push(("mean_pinball_loss", self.rows.mean_pinball_loss(weights, quantile)?));
        }
        Ok(metrics)
    }

    fn single(&self) -> Result<Metrics, KernelError> {
        Ok(Metrics::new())
    }
}
