use super::cbpe::{RATES, expected, rank_sampling, rate_sampling};
use super::estimate::{Sampling, answer, check_cost};
use super::{
    CbpeCalibration, ClassConfusion, ClassCount, Confusion, Estimate, Estimates, Gaps, Ranked, argument, check_lengths,
    empty, share, sum,
};
use crate::{Computed, KernelError, Reason, mix};
use serde::Serialize;

/// [`super::Cbpe`] for more classes: each against the rest, calibrated by itself, probabilities of a row scaled to sum
/// to 1.
///
/// - **Metrics**: means over classes, all alike, of ROC-AUC, average precision, precision, recall, specificity and F1
///   against the rest, by the ids that [`super::ClassScores`] and [`ClassConfusion`] give them; accuracy is the mean
///   probability of the class predicted.
/// - **Assumes**: as [`super::Cbpe`], for every class.
/// - **Units**: as there. The sampling error of a mean over `k` classes is `√(Σ error²) / k`; NannyML widens it by 1.2
///   for ROC-AUC, and takes `√(mean error²)` for average precision.
/// - **Errors**: what a class lacks in the current rows (one that is never predicted has no precision) is a gap in the
///   mean, as [`Gaps`] says: NannyML counts 0. A class whose spread the reference does not show leaves the mean without
///   a number; the reason names it by its place. A truth or prediction that is not among the classes:
///   [`Reason::Undefined`].
/// - **Numerics**: as there; classes in their order. **Cost**: as there, for each class.
/// - **Source**: NannyML 0.13.1, from which golden values are, less the error of F1: NannyML leaves out the factor that
///   it has for two classes, and its band is too narrow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassCbpe {
    classes: Vec<Class>,
    reference: ClassConfusion,
    left_out: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Class {
    calibration: CbpeCalibration,
    /// In the order of [`METRICS`].
    sampling: Vec<Computed<Sampling>>,
}

/// A mean over classes: its id, its number for one class, and what widens its band.
type Metric = (&'static str, fn(&Expected) -> Computed, f64);

const METRICS: [Metric; 6] = [
    ("roc_auc_ovr", |class| class.ranked.roc_auc(), 1.2),
    ("average_precision_macro", |class| class.ranked.average_precision(), 1.0),
    ("precision_macro", |class| class.confusion.precision(), 1.0),
    ("recall_macro", |class| class.confusion.recall(), 1.0),
    ("specificity_macro", |class| class.confusion.specificity(), 1.0),
    ("f1_macro", |class| class.confusion.f1(), 1.0),
];

/// What is expected of one class against the rest.
struct Expected {
    confusion: Confusion,
    ranked: Ranked,
}

/// Rows whose scores are all finite, by class of score.
struct Table {
    truth: Vec<u32>,
    prediction: Vec<u32>,
    scores: Vec<Vec<f64>>,
    left_out: u64,
}

impl Table {
    fn of(truth: &[u32], prediction: &[u32], scores: &[&[f64]]) -> Result<Computed<Self>, KernelError> {
        check_lengths(prediction.len(), &[("truth", truth.len())])?;
        for column in scores {
            check_lengths(prediction.len(), &[("scores", column.len())])?;
        }
        let finite = |&row: &usize| scores.iter().all(|column| column[row].is_finite());
        let kept: Vec<usize> = (0..prediction.len()).filter(finite).collect();
        let take = |column: &[u32]| kept.iter().map(|&row| column[row]).collect::<Vec<u32>>();
        let (truth, known_prediction) = (take(truth), take(prediction));
        let unknown = truth.iter().chain(&known_prediction).filter(|&&class| class as usize >= scores.len()).count();
        if unknown > 0 {
            return Ok(Err(Reason::Undefined(format!(
                "truths or predictions of a class that has no score: {unknown}"
            ))));
        }
        if kept.is_empty() {
            return Ok(Err(empty()));
        }
        Ok(Ok(Self {
            scores: scores.iter().map(|column| kept.iter().map(|&row| column[row]).collect()).collect(),
            left_out: (prediction.len() - kept.len()) as u64,
            truth,
            prediction: known_prediction,
        }))
    }
}

fn is(column: &[u32], class: usize) -> Vec<bool> {
    column.iter().map(|&code| code as usize == class).collect()
}

impl ClassCbpe {
    /// Learns calibration and spread from a reference whose truth is known.
    ///
    /// - **Shapes**: `truth` and `prediction`: `[n]`, codes below `k`; `scores`: `k ≥ 2` columns `[n]`. Rows with a
    ///   score that is not finite are left out.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ or there are fewer than two classes; a [`Reason`]
    ///   without rows, or for scores of a class that are no probabilities and cannot be calibrated.
    pub fn fit(truth: &[u32], prediction: &[u32], scores: &[&[f64]], seed: u64) -> Result<Computed<Self>, KernelError> {
        if scores.len() < 2 {
            return Err(argument("scores", format!("{} columns", scores.len()), "one for each of two classes or more"));
        }
        let table = answer!(Table::of(truth, prediction, scores)?);
        let mut classes = Vec::with_capacity(scores.len());
        for (class, score) in table.scores.iter().enumerate() {
            let (truth, seed) = (is(&table.truth, class), mix(seed, class as u64));
            let calibration = answer!(CbpeCalibration::learn(&truth, score, seed)?);
            let reference = Confusion::of(&truth, &is(&table.prediction, class), None)?;
            let ranks = rank_sampling(&truth, score, seed)?.into_iter();
            // Accuracy, the first of the rates, is not a mean over classes.
            let sampling = ranks.chain(rate_sampling(&reference).into_iter().skip(1)).map(|known| known.1).collect();
            classes.push(Class { calibration, sampling });
        }
        let reference = ClassConfusion::of(&table.truth, &table.prediction, None)?;
        Ok(Ok(Self { classes, reference, left_out: table.left_out }))
    }

    /// Returns where each class's probabilities come from.
    pub fn calibrations(&self) -> impl Iterator<Item = &CbpeCalibration> {
        self.classes.iter().map(|class| &class.calibration)
    }

    /// Returns how many rows of the reference had a score that is not finite.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Estimates the metrics of rows whose truth is not known.
    ///
    /// - **Shapes**: `prediction`: `[n]`, codes below `k`; `scores`: as many columns `[n]` as the reference had.
    /// - **Errors**: [`KernelError::Argument`] if lengths or classes differ; a [`Reason`] without rows, or for scores
    ///   outside `[0, 1]` of a class whose scores are taken as they are.
    pub fn estimate(
        &self,
        prediction: &[u32],
        scores: &[&[f64]],
        gaps: Gaps,
    ) -> Result<Computed<Estimates>, KernelError> {
        let (table, probability) = answer!(self.current(prediction, scores)?);
        let mut classes = Vec::with_capacity(self.classes.len());
        for (class, (probability, score)) in probability.iter().zip(&table.scores).enumerate() {
            let confusion = expected(&is(&table.prediction, class), probability);
            classes.push(Expected { confusion, ranked: Ranked::expected(score, probability)? });
        }
        let count = table.prediction.len() as f64;
        let right = sum(classes.iter().map(|class| class.confusion.true_positive));
        let of_reference = self.reference.accuracy().and_then(|share| Sampling::of_share(share, 1.0, 1.0, "rows"));
        let accuracy = of_reference
            .and_then(|sampling| Estimate::of(share(right, count, empty)?, sampling.error(count), (0.0, 1.0)));
        let mut metrics = vec![(RATES[0].0, accuracy)];
        for (place, metric) in METRICS.iter().enumerate() {
            metrics.push((metric.0, self.mean(&classes, place, *metric, count, gaps)));
        }
        Ok(Ok(Estimates { metrics, left_out: table.left_out }))
    }

    fn mean(
        &self,
        classes: &[Expected],
        place: usize,
        (id, number, widen): Metric,
        rows: f64,
        gaps: Gaps,
    ) -> Computed<Estimate> {
        let (mut values, mut squares, mut count, mut gap) = (0.0, 0.0, 0.0, None);
        for (class, (learnt, expected)) in self.classes.iter().zip(classes).enumerate() {
            let spread = learnt.sampling.get(place).cloned().unwrap_or_else(|| Err(empty()));
            match (number(expected), spread) {
                (Ok(value), Ok(spread)) => {
                    values += value;
                    squares += spread.error(rows) * spread.error(rows);
                    count += 1.0;
                }
                (Ok(_), Err(reason)) => return Err(Reason::Undefined(format!("class {class}: {reason}"))),
                (Err(reason), spread) => {
                    gap.get_or_insert(Reason::Undefined(format!("class {class}: {reason}")));
                    if gaps == Gaps::Zero {
                        let error = spread.map_or(0.0, |spread| spread.error(rows));
                        squares += error * error;
                        count += 1.0;
                    }
                }
            }
        }
        match gap {
            Some(reason) if count <= 0.0 => return Err(reason),
            _ => {}
        }
        let error = if id == "average_precision_macro" { (squares / count).sqrt() } else { squares.sqrt() / count };
        Estimate::of(values / count, widen * error, (0.0, 1.0))
    }

    /// Estimates how many rows of each class got each prediction: all pairs of classes, by truth, then prediction.
    ///
    /// - **Units**: rows. Divided by the rows of a class's truth or prediction it is the normalised confusion.
    /// - **Errors**: as [`ClassCbpe::estimate`].
    pub fn estimate_cells(
        &self,
        prediction: &[u32],
        scores: &[&[f64]],
    ) -> Result<Computed<Vec<(u32, u32, Estimate)>>, KernelError> {
        let (table, probability) = answer!(self.current(prediction, scores)?);
        let (rows, of_reference) = (table.prediction.len() as f64, self.reference.total());
        let cells = self.reference.cells();
        let one = |cell: &ClassCount| {
            let pair = (cell.truth, cell.prediction);
            let known = cells.binary_search_by_key(&pair, |cell| (cell.truth, cell.prediction));
            let hits = known.ok().and_then(|place| cells.get(place)).map_or(0.0, |cell| cell.weight);
            let sampling = Sampling::of_share(hits, of_reference, of_reference, "rows")?;
            let estimate = Estimate::of(cell.weight, rows * sampling.error(rows), (0.0, rows))?;
            Ok((cell.truth, cell.prediction, estimate))
        };
        Ok(expected_cells(&table, &probability).iter().map(one).collect())
    }

    /// Estimates the cost per row, by truth and prediction. NannyML's business value is `−cost · rows`.
    ///
    /// - **Errors**: as [`ClassCbpe::estimate`]; [`KernelError::Argument`] for a cost that is not finite.
    pub fn estimate_cost(
        &self,
        cost: impl Fn(u32, u32) -> f64,
        prediction: &[u32],
        scores: &[&[f64]],
    ) -> Result<Computed<Estimate>, KernelError> {
        let (table, probability) = answer!(self.current(prediction, scores)?);
        let (mut value, rows) = (0.0, table.prediction.len() as f64);
        let mut bounds = (f64::INFINITY, f64::NEG_INFINITY);
        for cell in expected_cells(&table, &probability) {
            let one = check_cost(cost(cell.truth, cell.prediction))?;
            bounds = (bounds.0.min(one), bounds.1.max(one));
            value += one * (cell.weight / rows);
        }
        let counts = self.reference.cells().iter().map(|cell| (cost(cell.truth, cell.prediction), cell.weight));
        let sampling = Sampling::of_costs(counts, self.reference.total());
        Ok(Estimate::of(value, sampling.error(rows), bounds))
    }

    /// The current rows, and each class's probability of each.
    fn current(&self, prediction: &[u32], scores: &[&[f64]]) -> Result<Computed<(Table, Vec<Vec<f64>>)>, KernelError> {
        if scores.len() != self.classes.len() {
            let found = format!("{} columns", scores.len());
            return Err(argument("scores", found, "a column for each class of the reference"));
        }
        // Truth is not looked at; predictions stand in for it.
        let table = answer!(Table::of(prediction, prediction, scores)?);
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(self.classes.len());
        for (class, score) in self.classes.iter().zip(&table.scores) {
            columns.push(answer!(class.calibration.probabilities(score)));
        }
        for row in 0..table.prediction.len() {
            let total = sum(columns.iter().map(|column| column[row]));
            let uniform = 1.0 / columns.len() as f64;
            for column in &mut columns {
                column[row] = if total > 0.0 { (column[row] / total).min(1.0) } else { uniform };
            }
        }
        Ok(Ok((table, columns)))
    }
}

fn expected_cells(table: &Table, probability: &[Vec<f64>]) -> Vec<ClassCount> {
    let mut cells = Vec::with_capacity(probability.len() * probability.len());
    for (truth, column) in probability.iter().enumerate() {
        let mut counts = vec![0.0; probability.len()];
        for (&prediction, probability) in table.prediction.iter().zip(column) {
            counts[prediction as usize] += probability;
        }
        let cell = |(prediction, &weight): (usize, &f64)| ClassCount {
            truth: truth as u32,
            prediction: prediction as u32,
            weight,
        };
        cells.extend(counts.iter().enumerate().map(cell));
    }
    cells
}
