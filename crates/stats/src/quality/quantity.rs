//! A predicted quantity.
use super::inputs::numbers;
use super::measure::{Ready, Table};
use super::report::{Detail, RowCounts};
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
    kept: Kept,
    quantile: Option<f64>,
    wanted: Wanted,
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
        let quantile = asked.quantile;
        Ok(Self { truth: kept.take(&truth), prediction: kept.take(&prediction), kept, quantile, wanted })
    }
}

impl Table for QuantityTable {
    fn places(&self) -> &[u64] {
        &self.kept.places
    }

    fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    fn counts(&self) -> &RowCounts {
        &self.kept.counts
    }

    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError> {
        let weights = self.kept.weights.as_deref();
        let ready = match rows {
            None => QuantityRows::of(&self.kept.places, &self.truth, &self.prediction, weights)?,
            Some(rows) => QuantityRows::of(
                &take(&self.kept.places, rows),
                &take(&self.truth, rows),
                &take(&self.prediction, rows),
                weights.map(|column| take(column, rows)).as_deref(),
            )?,
        };
        Ok(Box::new(QuantityReady {
            rows: ready,
            means: self.wanted.needs(Part::Predictions),
            medians: self.wanted.needs(Part::Medians),
            quantile: self.quantile.filter(|_| self.wanted.needs(Part::Quantile)),
        }))
    }

    fn detail(&self) -> Result<Detail, StatsError> {
        Ok(Detail::Regression)
    }

    fn notes(&self) -> Vec<String> {
        Vec::new()
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
