//! One of several classes.
use super::inputs::numbers;
use super::labels::Labels;
use super::measure::{Common, Ready, Table};
use super::report::{Calibration, ClassDetail, Detail};
use super::rows::{Kept, take};
use super::wanted::{Part, Wanted};
use super::{Asked, Costs, Inputs, list};
use crate::error::wrong;
use crate::{Column, StatsError};
use kernels::bias::MISSING;
use kernels::quality::{Binning, ClassCells, ClassConfusion, ClassScores, Confusion, Gaps, Metrics, Resampling};
use kernels::{Computed, KernelError, Reason};
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a task of classes that count. Classes that have a score come first, as kernels want them.
#[derive(Debug)]
pub(super) struct ClassTable {
    truth: Vec<u32>,
    prediction: Vec<u32>,
    scores: Vec<Vec<f64>>,
    names: Vec<String>,
    common: Common,
    costs: Option<PairCosts>,
    gaps: Gaps,
    bins: usize,
}

/// Classes of columns and scores, numbered alike.
pub(super) struct Classes {
    /// Of each column, the class of each row; [`MISSING`] where null.
    pub columns: Vec<Vec<u32>>,
    /// The scores, by class.
    pub scores: Vec<Vec<f64>>,
    /// Which of the columns of scores each class has.
    pub sources: Vec<usize>,
    pub names: Vec<String>,
    pub costs: Option<PairCosts>,
}

impl Classes {
    /// Finds classes, the first column's being those of the truth.
    ///
    /// - **Errors**: scores that are not named by classes of the truth: none of them, or two by one.
    pub fn of(
        columns: &[(&'static str, &Column)],
        scores: &[Column],
        costs: Option<&Costs>,
    ) -> Result<Self, StatsError> {
        let mut labels = Labels::of(columns)?;
        let of_truth: BTreeSet<u32> =
            labels.columns.iter().take(1).flatten().copied().filter(|&code| code != MISSING).collect();
        let known: Vec<String> =
            of_truth.iter().filter_map(|&code| labels.values.get(code as usize)).map(ToString::to_string).collect();
        let mut scored: BTreeMap<u32, usize> = BTreeMap::new();
        for (source, column) in scores.iter().enumerate() {
            if scored.insert(labels.code(&column.name), source).is_some() {
                return Err(wrong(
                    "score",
                    format!("two columns of the class `{}`", column.name),
                    "a column for each class",
                ));
            }
        }
        if !scored.is_empty() && !of_truth.is_empty() && scored.keys().all(|code| !of_truth.contains(code)) {
            let found: Vec<String> = scores.iter().map(|column| column.name.clone()).collect();
            return Err(wrong("score", list(&found), format!("columns named by the classes: {}", list(&known))));
        }
        let mut pairs = Vec::new();
        if let Some(Costs::Classes(costs)) = costs {
            pairs.extend(costs.iter().map(|cost| (labels.code(&cost.truth), labels.code(&cost.prediction), cost.cost)));
        }
        // Classes that no column has stand last so far: scores ascend by value, as scikit-learn has them.
        let mut order: Vec<u32> = scored.keys().copied().collect();
        order.sort_by(|&a, &b| labels.values[a as usize].cmp(&labels.values[b as usize]));
        let sources: Vec<usize> = order.iter().map(|code| scored[code]).collect();
        order.extend((0..labels.values.len() as u32).filter(|code| !scored.contains_key(code)));
        let mut place = vec![0u32; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| place[old as usize] = new as u32);
        let renamed =
            |column: &Vec<u32>| column.iter().map(|&old| place.get(old as usize).copied().unwrap_or(MISSING)).collect();
        let names = labels.names();
        let pair =
            |&(truth, prediction, cost): &(u32, u32, f64)| ((place[truth as usize], place[prediction as usize]), cost);
        Ok(Self {
            columns: labels.columns.iter().map(renamed).collect(),
            scores: sources.iter().map(|&source| numbers("score", &scores[source])).collect::<Result<_, _>>()?,
            sources,
            names: order.iter().map(|&old| names[old as usize].clone()).collect(),
            costs: costs.map(|_| PairCosts(pairs.iter().map(pair).collect())),
        })
    }
}

/// Returns the class of the highest score of each row, the first of equals; [`MISSING`] where a score is.
pub(super) fn highest(scores: &[Vec<f64>]) -> Vec<u32> {
    let rows = scores.first().map_or(0, Vec::len);
    let one = |row: usize| {
        let (mut best, mut highest) = (MISSING, f64::NEG_INFINITY);
        for (class, column) in scores.iter().enumerate() {
            let score = column[row];
            if score.is_nan() {
                return MISSING;
            }
            if best == MISSING || score > highest {
                (best, highest) = (class as u32, score);
            }
        }
        best
    };
    (0..rows).map(one).collect()
}

/// What pairs of classes cost, by truth and prediction.
#[derive(Clone, Debug)]
pub(super) struct PairCosts(BTreeMap<(u32, u32), f64>);

impl PairCosts {
    /// The cost of a pair that is named, or right.
    pub fn get(&self, truth: u32, prediction: u32) -> Option<f64> {
        self.0.get(&(truth, prediction)).copied().or((truth == prediction).then_some(0.0))
    }

    /// Returns the mean cost of a row, or the reason that a pair of classes occurs without a cost.
    pub fn of(&self, confusion: &ClassConfusion) -> Result<Computed, KernelError> {
        let unknown = confusion
            .cells()
            .iter()
            .filter(|cell| cell.weight > 0.0 && self.get(cell.truth, cell.prediction).is_none());
        match unknown.count() {
            0 => confusion.cost(|truth, prediction| self.get(truth, prediction).unwrap_or(0.0)),
            pairs => Ok(Err(Reason::Undefined(format!("pairs of classes that occur and have no cost: {pairs}")))),
        }
    }
}

impl ClassTable {
    /// Returns the rows ready for all metrics of classes; an error names the argument that does not fit.
    pub fn of(inputs: &Inputs, asked: &Asked, wanted: Wanted) -> Result<Self, StatsError> {
        let columns: Vec<(&str, &Column)> =
            [("truth", Some(&inputs.truth)), ("prediction", inputs.prediction.as_ref())]
                .into_iter()
                .filter_map(|(name, column)| column.map(|column| (name, column)))
                .collect();
        let classes = Classes::of(&columns, &inputs.scores, asked.costs.as_ref())?;
        let mut notes = Vec::new();
        let stand_in = match classes.columns.get(1) {
            Some(_) => Vec::new(),
            None => {
                notes.push("There are no predictions: the class of the highest score stands for them.".to_owned());
                highest(&classes.scores)
            }
        };
        let truth = classes.columns.first().map_or(&[][..], Vec::as_slice);
        let prediction = classes.columns.get(1).unwrap_or(&stand_in);
        let mut kept = Kept::of(
            inputs.truth.rows(),
            inputs.weights.as_ref(),
            &[("truth", &|row| truth[row] == MISSING), ("prediction", &|row| prediction[row] == MISSING)],
        )?;
        let scores: Vec<Vec<f64>> = classes.scores.iter().map(|column| kept.take(column)).collect();
        let rows = kept.places.len();
        kept.counts.without_score =
            (0..rows).filter(|&row| scores.iter().any(|column| column[row].is_nan())).count() as u64;
        let sums = |row: usize| scores.iter().fold(0.0, |sum, column| sum + column[row]);
        let odd = if scores.is_empty() { 0 } else { (0..rows).filter(|&row| (sums(row) - 1.0).abs() > 1e-6).count() };
        if odd > 0 {
            notes.push(format!(
                "The scores of {odd} rows do not sum to 1: log loss and Brier score take them as they are."
            ));
        }
        let mut table = Self {
            truth: kept.take(truth),
            prediction: kept.take(prediction),
            scores,
            names: classes.names,
            costs: classes.costs,
            gaps: asked.gaps,
            bins: asked.bins,
            common: Common { kept, wanted, notes },
        };
        if table.common.wanted.needs(Part::Predictions) {
            table.note_gaps()?;
        }
        Ok(table)
    }

    /// Says how many classes means fill up, or go without.
    fn note_gaps(&mut self) -> Result<(), StatsError> {
        let classes = ClassConfusion::of(&self.truth, &self.prediction, self.weights())?.per_class();
        let never = |of: fn(&Confusion) -> f64| classes.iter().filter(|(_, class)| of(class) <= 0.0).count();
        let taken = if self.gaps == Gaps::Zero { "as 0 in the mean" } else { "not at all in the mean" };
        let (unpredicted, untrue) = (never(Confusion::predicted_positives), never(Confusion::positives));
        if unpredicted > 0 {
            self.common
                .notes
                .push(format!("Classes that are never predicted: {unpredicted}. Their precision counts {taken}."));
        }
        if untrue > 0 {
            self.common
                .notes
                .push(format!("Classes that are predicted and never true: {untrue}. Their recall counts {taken}."));
        }
        Ok(())
    }

    fn weights(&self) -> Option<&[f64]> {
        self.common.kept.weights.as_deref()
    }

    fn scores_of(&self, rows: Option<&[usize]>) -> Result<Option<ClassScores>, KernelError> {
        let is_needed = self.common.wanted.needs(Part::ClassScores) || self.common.wanted.needs(Part::Calibration);
        if self.scores.is_empty() || !is_needed {
            return Ok(None);
        }
        let Some(rows) = rows else {
            let columns: Vec<&[f64]> = self.scores.iter().map(Vec::as_slice).collect();
            return ClassScores::of(&self.truth, &columns, self.weights()).map(Some);
        };
        let columns: Vec<Vec<f64>> = self.scores.iter().map(|column| take(column, rows)).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let weights = self.weights().map(|column| take(column, rows));
        ClassScores::of(&take(&self.truth, rows), &columns, weights.as_deref()).map(Some)
    }
}

impl Table for ClassTable {
    fn common(&self) -> &Common {
        &self.common
    }

    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError> {
        let cells = match rows {
            None => ClassCells::of(&self.truth, &self.prediction, self.weights())?,
            Some(rows) => ClassCells::of(
                &take(&self.truth, rows),
                &take(&self.prediction, rows),
                self.weights().map(|column| take(column, rows)).as_deref(),
            )?,
        };
        Ok(Box::new(ClassReady {
            ids: rows.map_or_else(|| self.common.kept.places.clone(), |rows| take(&self.common.kept.places, rows)),
            cells,
            scores: self.scores_of(rows)?,
            gaps: self.gaps,
            costs: self.costs.clone().filter(|_| self.common.wanted.needs(Part::Costs)),
            bins: self.bins,
            predictions: self.common.wanted.needs(Part::Predictions),
            ranked: self.common.wanted.needs(Part::ClassScores),
            calibration: self.common.wanted.needs(Part::Calibration),
        }))
    }

    fn detail(&self) -> Result<Detail, StatsError> {
        let confusion = ClassConfusion::of(&self.truth, &self.prediction, self.weights())?;
        let calibration = match self.scores_of(None)? {
            None => Calibration::default(),
            Some(scores) => Calibration {
                equal_width: Some(scores.reliability(self.bins, Binning::EqualWidth)?),
                equal_frequency: Some(scores.reliability(self.bins, Binning::EqualFrequency)?),
            },
        };
        Ok(Detail::Classes(Box::new(ClassDetail { names: self.names.clone(), confusion, calibration })))
    }
}

struct ClassReady {
    cells: ClassCells,
    scores: Option<ClassScores>,
    ids: Vec<u64>,
    gaps: Gaps,
    costs: Option<PairCosts>,
    bins: usize,
    predictions: bool,
    ranked: bool,
    calibration: bool,
}

impl Ready for ClassReady {
    fn weights(&self) -> &[f64] {
        self.cells.weights()
    }

    fn resampling(&self, seed: u64) -> Resampling<'_> {
        Resampling { ids: &self.ids, weights: Some(self.cells.weights()), seed }
    }

    fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        let mut metrics = if self.predictions { self.cells.metrics(weights, self.gaps)? } else { Metrics::new() };
        if let Some(scores) = self.scores.as_ref().filter(|_| self.ranked) {
            metrics.extend(scores.metrics(weights)?);
        }
        if self.predictions || self.costs.is_some() {
            let confusion = self.cells.confusion(weights)?;
            if self.predictions {
                metrics.extend(confusion.best_constant_metrics());
            }
            if let Some(costs) = &self.costs {
                metrics.push(("cost", costs.of(&confusion)?));
            }
        }
        Ok(metrics)
    }

    fn single(&self) -> Result<Metrics, KernelError> {
        let mut metrics = Metrics::new();
        if let Some(scores) = self.scores.as_ref().filter(|_| self.calibration) {
            for binning in [Binning::EqualWidth, Binning::EqualFrequency] {
                let found = scores.reliability(self.bins, binning)?;
                metrics.push((super::binary::binning_id(binning), found.and_then(|reliability| reliability.ece())));
            }
        }
        Ok(metrics)
    }
}
