use super::estimate::{Sampling, answer, check_cost};
use super::spread::Spread;
use super::{
    BinaryRows, CbpeCalibration, Confusion, CostMatrix, Estimate, Estimates, Ranked, check_lengths, empty, none,
};
use crate::{Computed, KernelError, mix};
use serde::Serialize;

/// Confidence-based performance estimation (CBPE): what a binary classifier's metrics would be, from its scores alone.
///
/// With calibrated probabilities `pᵢ`, expected counts are sums: `TP = Σ pᵢ` and `FP = Σ (1 − pᵢ)` over rows predicted
/// positive, `FN = Σ pᵢ` and `TN = Σ (1 − pᵢ)` over the others. For ROC-AUC and average precision each row is `pᵢ` of a
/// positive and `1 − pᵢ` of a negative at its raw score.
///
/// - **Assumes**, and cannot check: **no concept drift** (a score means the same chance as in the reference), no shift
///   to regions the reference hardly saw, a calibration that holds in them, rows that are independent. Where one fails,
///   the estimate is wrong and its band does not show it.
/// - **Calibration**: isotonic, kept only if it lowers the ECE (10 bins of as many rows) over 10 stratified splits, a
///   tenth of each class tested, pooled; not tried if ROC-AUC is above 0.999, with one class, or with fewer than two
///   rows of one.
/// - **Units**: every metric in `[0, 1]`; expected counts in rows. Bands are ± 3 sampling errors of the reference's
///   spread.
/// - **Errors**: rows whose score is not finite are left out. Scores that are no probabilities and cannot be
///   calibrated, a reference without the rows that a metric is about: a [`crate::Reason`]. NannyML says 0 or NaN there.
/// - **Numerics**: `seed` chooses splits (by row number) and the bootstrap behind average precision's error; sums in
///   row order.
/// - **Cost**: a few sorts, and 10 passes over the reference.
/// - **Source**: NannyML 0.13.1, from which golden values are; it breaks equal scores arbitrarily, here they count as
///   half. Its splits are by another random source. The error of average precision is of 50 Poisson resamples of up to
///   50,000 rows, where NannyML draws half the rows, up to 50,000, with replacement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cbpe {
    calibration: CbpeCalibration,
    sampling: Vec<(&'static str, Computed<Sampling>)>,
    /// What the reference's predictions came to.
    reference: Option<Confusion>,
    left_out: u64,
}

const RESAMPLES: u64 = 50;
const MOST_RESAMPLED: usize = 50_000;

/// How a metric follows from expected counts, and what its error is of in the reference.
type Rate = (&'static str, fn(&Confusion) -> Computed);
pub(super) const RATES: [Rate; 5] = [
    ("accuracy", Confusion::accuracy),
    ("precision", Confusion::precision),
    ("recall", Confusion::recall),
    ("specificity", Confusion::specificity),
    ("f1", Confusion::f1),
];
pub(super) const COUNTS: [(&str, fn(&Confusion) -> f64); 4] = [
    ("true_positive", |confusion| confusion.true_positive),
    ("false_positive", |confusion| confusion.false_positive),
    ("false_negative", |confusion| confusion.false_negative),
    ("true_negative", |confusion| confusion.true_negative),
];

/// The rows that have a finite score.
struct Rows {
    truth: Vec<bool>,
    prediction: Option<Vec<bool>>,
    score: Vec<f64>,
    left_out: u64,
}

impl Rows {
    fn of(truth: Option<&[bool]>, prediction: Option<&[bool]>, score: &[f64]) -> Result<Self, KernelError> {
        let length = |column: Option<&[bool]>| column.map_or(score.len(), <[bool]>::len);
        check_lengths(score.len(), &[("truth", length(truth)), ("prediction", length(prediction))])?;
        let kept: Vec<usize> = (0..score.len()).filter(|&row| score[row].is_finite()).collect();
        let take = |column: &[bool]| kept.iter().map(|&row| column[row]).collect::<Vec<bool>>();
        Ok(Self {
            truth: truth.map(take).unwrap_or_default(),
            prediction: prediction.map(take),
            score: kept.iter().map(|&row| score[row]).collect(),
            left_out: (score.len() - kept.len()) as u64,
        })
    }
}

impl Cbpe {
    /// Learns calibration and spread from a reference whose truth is known.
    ///
    /// - **Shapes**: `truth`, `prediction` and `score`: `[n]`. Without predictions, only ROC-AUC and average precision.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ; [`crate::Reason::Empty`] without rows.
    pub fn fit(
        truth: &[bool],
        prediction: Option<&[bool]>,
        score: &[f64],
        seed: u64,
    ) -> Result<Computed<Self>, KernelError> {
        let rows = Rows::of(Some(truth), prediction, score)?;
        if rows.score.is_empty() {
            return Ok(Err(empty()));
        }
        let calibration = answer!(CbpeCalibration::learn(&rows.truth, &rows.score, seed)?);
        let mut sampling = rank_sampling(&rows.truth, &rows.score, seed)?;
        let reference = match &rows.prediction {
            Some(prediction) => Some(Confusion::of(&rows.truth, prediction, None)?),
            None => None,
        };
        if let Some(reference) = &reference {
            sampling.extend(rate_sampling(reference));
            let count = reference.total();
            sampling.extend(COUNTS.map(|(id, cell)| (id, Sampling::of_share(cell(reference), count, count, "rows"))));
        }
        Ok(Ok(Self { calibration, sampling, reference, left_out: rows.left_out }))
    }

    /// Returns where probabilities come from.
    pub fn calibration(&self) -> &CbpeCalibration {
        &self.calibration
    }

    /// Returns how many rows of the reference had no finite score.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Estimates the metrics of rows whose truth is not known.
    ///
    /// - **Shapes**: `prediction` and `score`: `[n]`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ; a [`crate::Reason`] without rows, or for scores
    ///   outside `[0, 1]` that are taken as they are.
    pub fn estimate(&self, prediction: Option<&[bool]>, score: &[f64]) -> Result<Computed<Estimates>, KernelError> {
        let rows = Rows::of(None, prediction, score)?;
        if rows.score.is_empty() {
            return Ok(Err(empty()));
        }
        let count = rows.score.len() as f64;
        let probability = answer!(self.calibration.probabilities(&rows.score));
        let ranked = Ranked::expected(&rows.score, &probability)?;
        let expected = rows.prediction.as_ref().map(|prediction| expected(prediction, &probability));
        let one = |id: &str, sampling: &Sampling| {
            let error = sampling.error(count);
            let rate = RATES.iter().find(|rate| rate.0 == id);
            let cell = COUNTS.iter().find(|cell| cell.0 == id);
            match (id, &expected, rate, cell) {
                ("roc_auc", ..) => Estimate::of(ranked.roc_auc()?, error, (0.0, 1.0)),
                ("average_precision", ..) => Estimate::of(ranked.average_precision()?, error, (0.0, 1.0)),
                (_, Some(expected), Some(rate), _) => Estimate::of(rate.1(expected)?, error, (0.0, 1.0)),
                (_, Some(expected), _, Some(cell)) => Estimate::of(cell.1(expected), count * error, (0.0, count)),
                _ => Err(none("predictions")),
            }
        };
        let metrics = self
            .sampling
            .iter()
            .map(|(id, sampling)| (*id, sampling.as_ref().map_err(Clone::clone).and_then(|found| one(id, found))));
        Ok(Ok(Estimates { metrics: metrics.collect(), left_out: rows.left_out }))
    }

    /// Estimates the cost per row. NannyML's business value is `−cost · rows`, and its error likewise.
    ///
    /// - **Errors**: [`KernelError::Argument`] if lengths differ, or for a cost that is not finite; a [`crate::Reason`]
    ///   as [`Cbpe::estimate`], or for a reference without predictions.
    pub fn estimate_cost(
        &self,
        costs: &CostMatrix,
        prediction: &[bool],
        score: &[f64],
    ) -> Result<Computed<Estimate>, KernelError> {
        let each = [costs.true_positive, costs.false_positive, costs.false_negative, costs.true_negative];
        each.into_iter().try_for_each(|cost| check_cost(cost).map(|_| ()))?;
        let rows = Rows::of(None, Some(prediction), score)?;
        let probability = answer!(self.calibration.probabilities(&rows.score));
        let expected = expected(rows.prediction.as_deref().unwrap_or_default(), &probability);
        let value = answer!(costs.cost(&expected)?);
        let Some(reference) = &self.reference else { return Ok(Err(none("predictions in the reference"))) };
        let counts = COUNTS.map(|cell| cell.1(reference));
        let sampling = Sampling::of_costs(each.into_iter().zip(counts), reference.total());
        let bounds = each
            .into_iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |ends, cost| (ends.0.min(cost), ends.1.max(cost)));
        Ok(Estimate::of(value, sampling.error(rows.score.len() as f64), bounds))
    }
}

/// What comes of predictions whose truth has these probabilities.
pub(super) fn expected(prediction: &[bool], probability: &[f64]) -> Confusion {
    let mut expected = Confusion::default();
    for (&prediction, &probability) in prediction.iter().zip(probability) {
        expected.add(true, prediction, probability);
        expected.add(false, prediction, 1.0 - probability);
    }
    expected
}

/// The spreads of ROC-AUC and average precision.
pub(super) fn rank_sampling(
    truth: &[bool],
    score: &[f64],
    seed: u64,
) -> Result<Vec<(&'static str, Computed<Sampling>)>, KernelError> {
    let ranked = Ranked::of(truth, score, None)?;
    Ok(vec![
        ("roc_auc", roc_auc_sampling(&ranked)),
        ("average_precision", average_precision_sampling(truth, score, seed)?),
    ])
}

/// The spread, over rows of the rarer class, of the share of the other class that each outranks, ties as half.
fn roc_auc_sampling(ranked: &Ranked) -> Computed<Sampling> {
    let (positives, negatives) = ranked.both_classes().map_err(|_| none("rows of both classes in the reference"))?;
    let rarer_is_positive = positives <= negatives;
    let others = positives.max(negatives);
    let (mut above, mut spread) = (0.0, Spread::default());
    for block in ranked.blocks() {
        let (mine, theirs) =
            if rarer_is_positive { (block.positive, block.negative) } else { (block.negative, block.positive) };
        spread.add((above + theirs / 2.0) / others, mine);
        above += theirs;
    }
    Ok(Sampling { deviation: spread.deviation(), share: positives.min(negatives) / (positives + negatives) })
}

fn average_precision_sampling(truth: &[bool], score: &[f64], seed: u64) -> Result<Computed<Sampling>, KernelError> {
    let mut chosen: Vec<(u64, usize)> = (0..truth.len()).map(|row| (mix(seed, row as u64), row)).collect();
    if chosen.len() > MOST_RESAMPLED {
        chosen.select_nth_unstable(MOST_RESAMPLED);
        chosen.truncate(MOST_RESAMPLED);
    }
    chosen.sort_unstable_by_key(|row| row.1);
    let ids: Vec<u64> = chosen.iter().map(|row| row.1 as u64).collect();
    let truth: Vec<bool> = chosen.iter().map(|row| truth[row.1]).collect();
    let score: Vec<f64> = chosen.iter().map(|row| score[row.1]).collect();
    let rows = BinaryRows::of(&ids, &truth, None, Some(&score), None)?;
    let one = |weights: &[f64]| {
        Ok(vec![("average_precision", rows.walk(weights)?.and_then(|walk| walk.average_precision()))])
    };
    let replicates = rows.resampling(seed).replicates(0..RESAMPLES, one)?;
    let found = Spread::of(replicates.into_iter().flatten().filter_map(|(_, value)| value.ok()));
    Ok(if found.weight >= 0.9 * RESAMPLES as f64 {
        Ok(Sampling { deviation: found.deviation() * (ids.len() as f64).sqrt(), share: 1.0 })
    } else {
        Err(none("rows of both classes in the reference"))
    })
}

/// The spreads of [`RATES`], in their order.
pub(super) fn rate_sampling(reference: &Confusion) -> [(&'static str, Computed<Sampling>); 5] {
    let rows = reference.total();
    let right = reference.true_positive + reference.true_negative;
    let relevant = reference.true_positive + reference.false_positive + reference.false_negative;
    // F1 as a mean over relevant rows: each hit counts as much as makes their mean the F1.
    let f1 = Sampling::of_share(reference.true_positive, relevant, rows, "positives, true or predicted").map(|share| {
        let factor = relevant / (reference.true_positive + (relevant - reference.true_positive) / 2.0);
        Sampling { deviation: share.deviation * factor, ..share }
    });
    let hits = reference.true_positive;
    [
        ("accuracy", Sampling::of_share(right, rows, rows, "rows")),
        ("precision", Sampling::of_share(hits, reference.predicted_positives(), rows, "predicted positives")),
        ("recall", Sampling::of_share(hits, reference.positives(), rows, "positives")),
        ("specificity", Sampling::of_share(reference.true_negative, reference.negatives(), rows, "negatives")),
        ("f1", f1),
    ]
}
