//! Yes or no.
use super::inputs::numbers;
use super::labels::Labels;
use super::measure::{Common, Ready, Table};
use super::report::{BinaryDetail, Bins, Calibration, Detail};
use super::rows::{Kept, take};
use super::wanted::{Part, Wanted};
use super::{Asked, Costs, Inputs};
use crate::error::wrong;
use crate::{Column, StatsError};
use kernels::KernelError;
use kernels::bias::MISSING;
use kernels::quality::{BinaryRows, Binning, Confusion, CostMatrix, Metrics, Ranked, Reliability, Resampling};
use std::collections::BTreeSet;

/// The rows of a binary task that count.
#[derive(Debug)]
pub(super) struct BinaryTable {
    truth: Vec<bool>,
    prediction: Option<Vec<bool>>,
    score: Option<Vec<f64>>,
    common: Common,
    positive: String,
    has_only_strangers: bool,
    costs: Option<CostMatrix>,
    asked: Asked,
}

impl BinaryTable {
    /// Returns the rows ready for all metrics of two classes; an error names the argument that does not fit.
    pub fn of(inputs: &Inputs, positive: Option<&str>, asked: &Asked, wanted: Wanted) -> Result<Self, StatsError> {
        if let (Some(threshold), Some(_)) = (asked.threshold, &inputs.prediction) {
            return Err(wrong("threshold", threshold.to_string(), "none, for there is a column of predictions"));
        }
        let columns: Vec<(&str, &Column)> =
            [("truth", Some(&inputs.truth)), ("prediction", inputs.prediction.as_ref())]
                .into_iter()
                .filter_map(|(name, column)| column.map(|column| (name, column)))
                .collect();
        let mut labels = Labels::of(&columns)?;
        let positive = labels.positive(positive)?;
        let score = score_of(&inputs.scores, &mut labels, positive)?;
        let truth = labels.columns.first().map_or(&[][..], Vec::as_slice);
        let prediction = labels.columns.get(1);
        let cut = asked.threshold.zip(score.as_ref());
        let kept = Kept::of(
            inputs.truth.rows(),
            inputs.weights.as_ref(),
            &[
                ("truth", &|row| truth[row] == MISSING),
                ("prediction", &|row| prediction.is_some_and(|column| column[row] == MISSING)),
                ("score", &|row| cut.is_some_and(|(_, score)| score[row].is_nan())),
            ],
        )?;
        let is_positive =
            |column: &Vec<u32>| kept.take(column).iter().map(|&code| code == positive).collect::<Vec<bool>>();
        let cut_at =
            |(threshold, score): (f64, &Vec<f64>)| kept.take(score).iter().map(|&score| score >= threshold).collect();
        let mut notes = Vec::new();
        if let (Some(threshold), None) = (cut, prediction) {
            notes.push(format!("Rows with a score of {} or above are predicted positive.", threshold.0));
        } else if prediction.is_none() {
            notes.push("There are no predictions: what is shown follows from the scores alone.".to_owned());
        }
        notes.extend(labels.note_of_positive(positive));
        let strangers = prediction.map_or(0, |column| strangers(&kept.take(truth), &kept.take(column)));
        if strangers > 0 {
            notes.push(format!("Predictions that are no value of the truth, and so not positive: {strangers}."));
        }
        let score = score.as_ref().map(|score| kept.take(score));
        let mut table = Self {
            truth: labels.columns.first().map(is_positive).unwrap_or_default(),
            prediction: prediction.map(is_positive).or_else(|| cut.map(cut_at)),
            positive: labels.names().get(positive as usize).cloned().unwrap_or_default(),
            has_only_strangers: strangers > 0 && prediction.is_some_and(|column| kept.take(column).len() == strangers),
            costs: match &asked.costs {
                Some(Costs::Binary(costs)) => Some(*costs),
                _ => None,
            },
            asked: asked.clone(),
            score,
            common: Common { kept, wanted, notes },
        };
        table.common.kept.counts.without_score =
            table.score.iter().flatten().filter(|score| score.is_nan()).count() as u64;
        Ok(table)
    }

    fn weights(&self) -> Option<&[f64]> {
        self.common.kept.weights.as_deref()
    }

    fn reliability(&self, binning: Binning) -> Result<Option<Bins>, KernelError> {
        let Some(score) = &self.score else { return Ok(None) };
        Ok(Some(Reliability::of(&self.truth, score, self.weights(), self.asked.bins, binning)?))
    }
}

/// Returns how many predictions are no class of a truth that has two or more: a score was taken for a prediction, perhaps.
fn strangers(truth: &[u32], prediction: &[u32]) -> usize {
    let classes: BTreeSet<u32> = truth.iter().copied().collect();
    if classes.len() < 2 { 0 } else { prediction.iter().filter(|code| !classes.contains(code)).count() }
}

/// The score of the positive class: the only column, or of two the one that is named by it.
fn score_of(scores: &[Column], labels: &mut Labels, positive: u32) -> Result<Option<Vec<f64>>, StatsError> {
    match scores {
        [] => Ok(None),
        [only] => numbers("score", only).map(Some),
        [_, _] => match scores.iter().find(|column| labels.code(&column.name) == positive) {
            Some(column) => numbers("score", column).map(Some),
            None => {
                let names: Vec<String> = scores.iter().map(|column| column.name.clone()).collect();
                Err(wrong("score", super::list(&names), "columns named by the two classes, or one column"))
            }
        },
        more => Err(wrong("score", format!("{} columns", more.len()), "one column, of the positive class")),
    }
}

impl Table for BinaryTable {
    fn common(&self) -> &Common {
        &self.common
    }

    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError> {
        let (prediction, score) = (self.prediction.as_deref(), self.score.as_deref());
        let ready = match rows {
            None => BinaryRows::of(&self.common.kept.places, &self.truth, prediction, score, self.weights())?,
            Some(rows) => BinaryRows::of(
                &take(&self.common.kept.places, rows),
                &take(&self.truth, rows),
                prediction.map(|column| take(column, rows)).as_deref(),
                score.map(|column| take(column, rows)).as_deref(),
                self.weights().map(|column| take(column, rows)).as_deref(),
            )?,
        };
        let mut single = Metrics::new();
        for binning in [Binning::EqualWidth, Binning::EqualFrequency] {
            let Some(score) = score.filter(|_| self.common.wanted.needs(Part::Calibration)) else { break };
            let of = |rows: &[usize]| {
                let weights = self.weights().map(|column| take(column, rows));
                Reliability::of(
                    &take(&self.truth, rows),
                    &take(score, rows),
                    weights.as_deref(),
                    self.asked.bins,
                    binning,
                )
            };
            let found = match rows {
                None => Reliability::of(&self.truth, score, self.weights(), self.asked.bins, binning),
                Some(rows) => of(rows),
            }?;
            single.push((binning_id(binning), found.and_then(|reliability| reliability.ece())));
        }
        let needs = |part, is_given: bool| is_given && self.common.wanted.needs(part);
        Ok(Box::new(BinaryReady {
            rows: ready,
            predictions: needs(Part::Predictions, prediction.is_some()),
            probabilities: needs(Part::Probabilities, score.is_some()),
            order: needs(Part::Order, score.is_some()),
            costs: self.costs.filter(|_| needs(Part::Costs, prediction.is_some())),
            single,
        }))
    }

    fn detail(&self) -> Result<Detail, StatsError> {
        let confusion = match &self.prediction {
            Some(prediction)
                if self.common.wanted.needs(Part::Predictions) || self.common.wanted.needs(Part::Costs) =>
            {
                Some(Confusion::of(&self.truth, prediction, self.weights())?)
            }
            _ => None,
        };
        let mut detail = BinaryDetail {
            positive: self.positive.clone(),
            has_only_strangers: self.has_only_strangers,
            confusion,
            ..BinaryDetail::default()
        };
        if self.common.wanted.needs(Part::Calibration) || self.common.wanted.needs(Part::Probabilities) {
            detail.calibration = Calibration {
                equal_width: self.reliability(Binning::EqualWidth)?,
                equal_frequency: self.reliability(Binning::EqualFrequency)?,
            };
        }
        let (order, costs) = (self.common.wanted.needs(Part::Order), self.costs.is_some());
        if let Some(score) = self.score.as_ref().filter(|_| order || costs) {
            let ranked = Ranked::of(&self.truth, score, self.weights())?;
            if order {
                detail.roc = Some(ranked.roc_curve(self.asked.points)?);
                detail.precision_recall = Some(ranked.precision_recall_curve(self.asked.points)?);
            }
            if let Some(costs) = &self.costs {
                detail.best_threshold = Some(costs.best_threshold(&ranked)?);
            }
        }
        Ok(Detail::Binary(Box::new(detail)))
    }
}

pub(super) fn binning_id(binning: Binning) -> &'static str {
    match binning {
        Binning::EqualWidth => "expected_calibration_error",
        Binning::EqualFrequency => "expected_calibration_error_by_frequency",
    }
}

struct BinaryReady {
    rows: BinaryRows,
    predictions: bool,
    probabilities: bool,
    order: bool,
    costs: Option<CostMatrix>,
    single: Metrics,
}

impl Ready for BinaryReady {
    fn weights(&self) -> &[f64] {
        self.rows.weights()
    }

    fn resampling(&self, seed: u64) -> Resampling<'_> {
        self.rows.resampling(seed)
    }

    fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        let confusion =
            if self.predictions || self.costs.is_some() { Some(self.rows.confusion(weights)?) } else { None };
        let predicted = || confusion.iter().filter(|_| self.predictions);
        let mut metrics: Metrics = predicted().flat_map(Confusion::metrics).collect();
        if self.probabilities {
            metrics.extend(self.rows.probabilities(weights)?.metrics());
        }
        if self.order {
            metrics.extend(self.rows.ranked_metrics(weights)?);
        }
        metrics.extend(predicted().flat_map(Confusion::best_constant_metrics));
        if let (Some(costs), Some(confusion)) = (&self.costs, &confusion) {
            metrics.push(("cost", costs.cost(confusion)?));
        }
        Ok(metrics)
    }

    fn single(&self) -> Result<Metrics, KernelError> {
        Ok(self.single.clone())
    }
}
