use super::probability::{ProbabilitySums, Terms};
use super::ranked::{Walk, both_classes, key};
use super::{Confusion, Metrics, Resampling, check_columns, check_lengths, weight_of};
use crate::{Computed, KernelError};

/// Rows of a binary task made ready for many looks: sorted by score once, logarithms taken once.
///
/// - **Input**: rows as [`Confusion`], [`super::Ranked`] and [`ProbabilitySums`] take them; what one of them leaves out
///   the others may have. With weights of its own, [`BinaryRows::metrics`] says what those say.
/// - **Numerics**: rows are added by falling score, then truth, prediction, id and weight, so any order of rows gives
///   equal bits.
/// - **Cost**: a sort at first; each look is four passes that multiply and add, without logarithms, for all metrics
///   together: of the order of 10 ns a row and replicate (reckoned, not measured), so 10 s on one core for 1 million
///   rows and 1,000 replicates.
#[derive(Clone, Debug)]
pub struct BinaryRows {
    terms: Vec<Terms>,
    /// Of each row, its cell of a confusion (`2·truth + prediction`), and whether it is the [`LAST`] of its score.
    marks: Vec<u8>,
    ids: Vec<u64>,
    weights: Vec<f64>,
    /// Rows that have a score stand first, as many as this.
    scored: usize,
    predicted: bool,
    probable: bool,
    /// Scores outside 0 to 1.
    outside: u64,
    left_out: u64,
}

const PREDICTED: u8 = 1;
const POSITIVE: u8 = 2;
const LAST: u8 = 4;

impl BinaryRows {
    /// Sorts rows.
    ///
    /// - **Shapes**: every column: `[n]`, `n ≥ 0`. `ids`: as [`super::poisson`] wants them.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    pub fn of(
        ids: &[u64],
        truth: &[bool],
        prediction: Option<&[bool]>,
        score: Option<&[f64]>,
        weights: Option<&[f64]>,
    ) -> Result<Self, KernelError> {
        let count = truth.len();
        let columns = [
            ("ids", ids.len()),
            ("prediction", prediction.map_or(count, <[bool]>::len)),
            ("score", score.map_or(count, <[f64]>::len)),
        ];
        check_columns(count, &columns, weights)?;
        let (mut order, mut left_out) = (Vec::with_capacity(count), 0);
        for (row, (&id, &truth)) in ids.iter().zip(truth).enumerate() {
            let weight = match weight_of(weights, row) {
                Some(weight) if weight > 0.0 => weight,
                absent => {
                    left_out += u64::from(absent.is_none());
                    continue;
                }
            };
            let score = score.and_then(|column| column.get(row)).copied().filter(|score| !score.is_nan());
            let predicted = prediction.and_then(|column| column.get(row)).is_some_and(|&predicted| predicted);
            let cell = u8::from(truth) * POSITIVE + u8::from(predicted) * PREDICTED;
            order.push((std::cmp::Reverse(score.map(key)), cell, id, weight.to_bits(), score.unwrap_or(f64::NAN)));
        }
        order.sort_unstable_by_key(|row| (row.0, row.1, row.2, row.3));
        let scored = order.partition_point(|row| row.0.0.is_some());
        let last = |place: usize| order.get(place + 1).is_none_or(|next| next.0 != order[place].0);
        Ok(Self {
            terms: order[..scored].iter().map(|row| Terms::of(row.1 & POSITIVE > 0, row.4)).collect(),
            marks: order.iter().enumerate().map(|(place, row)| row.1 | if last(place) { LAST } else { 0 }).collect(),
            ids: order.iter().map(|row| row.2).collect(),
            weights: order.iter().map(|row| f64::from_bits(row.3)).collect(),
            scored,
            predicted: prediction.is_some(),
            probable: score.is_some(),
            outside: order[..scored].iter().filter(|row| !(0.0..=1.0).contains(&row.4)).count() as u64,
            left_out,
        })
    }

    /// Returns how many rows had no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns how many rows, of those that have weight, had no score: metrics of scores leave them out.
    pub fn unscored(&self) -> u64 {
        (self.marks.len() - self.scored) as u64
    }

    /// Returns the weights of rows, in the order of [`BinaryRows::metrics`]; rows without weight are not there.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns the bootstrap of these rows.
    pub fn resampling(&self, seed: u64) -> Resampling<'_> {
        Resampling { ids: &self.ids, weights: Some(&self.weights), seed }
    }

    /// Returns every metric under these weights: of [`Confusion`] if there are predictions, of [`ProbabilitySums`] and
    /// [`super::Ranked`] if there are scores.
    ///
    /// - **Shapes**: `weights`: one for each of [`BinaryRows::weights`], finite and not negative.
    /// - **Errors**: [`KernelError::Argument`] for another number of weights.
    pub fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        let mut metrics = if self.predicted { self.confusion(weights)?.metrics() } else { Vec::new() };
        if self.probable {
            metrics.extend(self.probabilities(weights)?.metrics());
            metrics.extend(self.ranked_metrics(weights)?);
        }
        Ok(metrics)
    }

    /// Returns the sums of probabilities under these weights, for callers who want no other metrics.
    ///
    /// - **Errors**: as [`BinaryRows::metrics`].
    pub fn probabilities(&self, weights: &[f64]) -> Result<ProbabilitySums, KernelError> {
        let mut sums = ProbabilitySums::default();
        sums.outside = self.outside;
        check_lengths(self.marks.len(), &[("weights", weights.len())])?;
        for ((&terms, &mark), &weight) in self.terms.iter().zip(&self.marks).zip(weights) {
            sums.take(terms, mark & POSITIVE > 0, weight);
        }
        Ok(sums)
    }

    /// Returns the metrics of [`super::Ranked`] under these weights, for callers who want no others.
    ///
    /// - **Errors**: as [`BinaryRows::metrics`].
    pub fn ranked_metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        Ok(Walk::metrics(self.walk(weights)?))
    }

    /// Returns the confusion under these weights, for metrics of it that [`BinaryRows::metrics`] does not know.
    ///
    /// - **Errors**: as [`BinaryRows::metrics`].
    pub fn confusion(&self, weights: &[f64]) -> Result<Confusion, KernelError> {
        check_lengths(self.marks.len(), &[("weights", weights.len())])?;
        let mut cells = [0.0; 4];
        for (mark, &weight) in self.marks.iter().zip(weights) {
            cells[usize::from(mark & (POSITIVE | PREDICTED))] += weight;
        }
        let [true_negative, false_positive, false_negative, true_positive] = cells;
        Ok(Confusion { true_positive, false_positive, false_negative, true_negative, left_out: 0 })
    }

    /// Walks down the scores under these weights.
    pub(super) fn walk(&self, weights: &[f64]) -> Result<Computed<Walk>, KernelError> {
        check_lengths(self.marks.len(), &[("weights", weights.len())])?;
        let rows = || self.marks[..self.scored].iter().zip(weights);
        let mut totals = [0.0; 2];
        rows().for_each(|(mark, &weight)| totals[usize::from(mark & POSITIVE > 0)] += weight);
        Ok(both_classes(totals[1], totals[0]).map(|(positives, negatives)| {
            let (mut walk, mut block) = (Walk::new(positives, negatives), [0.0; 2]);
            for (mark, &weight) in rows() {
                block[usize::from(mark & POSITIVE > 0)] += weight;
                if mark & LAST > 0 {
                    if block != [0.0; 2] {
                        walk.take(block[1], block[0]);
                    }
                    block = [0.0; 2];
                }
            }
            walk
        }))
    }
}
