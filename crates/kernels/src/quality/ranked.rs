use super::{Metrics, check_columns, check_lengths, constant, empty, sum, weight_of};
use crate::{Computed, KernelError};
use serde::Serialize;

/// Rows that share one score: what of them is positive and negative.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Block {
    /// The score.
    pub score: f64,
    /// Weight of positives.
    pub positive: f64,
    /// Weight of negatives.
    pub negative: f64,
}

/// What a threshold does: at this score and above, a row is predicted positive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// The lowest score that is predicted positive; `None`: above every score, nothing is.
    pub threshold: Option<f64>,
    /// Weight of positives at or above it.
    pub true_positive: f64,
    /// Weight of negatives at or above it.
    pub false_positive: f64,
    /// Weight of positives below it.
    pub false_negative: f64,
    /// Weight of negatives below it.
    pub true_negative: f64,
}

impl From<Cut> for super::Confusion {
    fn from(cut: Cut) -> Self {
        Self {
            true_positive: cut.true_positive,
            false_positive: cut.false_positive,
            false_negative: cut.false_negative,
            true_negative: cut.true_negative,
            left_out: 0,
        }
    }
}

/// Truth in the order of a score, equal scores together. Mergeable, in space for every distinct score.
///
/// - **Input**: any scores that have an order, infinite ones too; they need not be probabilities. −0 and 0 are equal.
/// - **Errors**: its metrics need rows of both classes: [`crate::Reason::Constant`] otherwise.
/// - **Numerics**: counts are exact in any order and split. Weights of equal scores are added
///   in ascending order, so any order of rows gives equal bits. `O(n log n)` once, then `O(distinct scores)` a metric.
/// - **Source**: golden values from scikit-learn 1.9.1.
/// ```
/// # use kernels::quality::Ranked;
/// let ranked = Ranked::of(&[false, true, false, true], &[0.1, 0.4, 0.4, 0.8], None).unwrap();
/// assert_eq!(ranked.roc_auc(), Ok(0.875)); // three pairs in order, one tie
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ranked {
    /// Distinct scores, the highest first.
    blocks: Vec<Block>,
    /// Rows without a score or a usable weight.
    left_out: u64,
}

/// Maps scores to integers in the same order; −0 and 0 to one.
pub(super) fn key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

pub(super) fn score_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

impl Ranked {
    /// Sorts rows by score.
    ///
    /// - **Shapes**: `truth`, `score` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    pub fn of(truth: &[bool], score: &[f64], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[("score", score.len())], weights)?;
        let (mut positive, mut negative, mut left_out) = (Vec::new(), Vec::new(), 0);
        for (row, (&truth, &score)) in truth.iter().zip(score).enumerate() {
            match weight_of(weights, row) {
                Some(0.0) => {}
                Some(weight) if !score.is_nan() => {
                    let side = if truth { &mut positive } else { &mut negative };
                    side.push((key(score), weight.to_bits()));
                }
                _ => left_out += 1,
            }
        }
        Ok(Self { blocks: blocks(positive, negative), left_out })
    }

    /// Sorts rows by score whose truth is only known as a probability: each counts as `p` positive and `1 − p`
    /// negative.
    ///
    /// - **Shapes**: `score` and `probability`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ. Rows whose probability lies outside `[0, 1]` are left
    ///   out.
    pub fn expected(score: &[f64], probability: &[f64]) -> Result<Self, KernelError> {
        check_lengths(score.len(), &[("probability", probability.len())])?;
        let (mut positive, mut negative, mut left_out) = (Vec::new(), Vec::new(), 0);
        for (&score, &probability) in score.iter().zip(probability) {
            if score.is_nan() || !(0.0..=1.0).contains(&probability) {
                left_out += 1;
                continue;
            }
            let probability = probability + 0.0; // the bits of −0 would sort as the largest
            positive.push((key(score), probability.to_bits()));
            negative.push((key(score), (1.0 - probability).to_bits()));
        }
        Ok(Self { blocks: blocks(positive, negative), left_out })
    }

    /// Takes what `other` has sorted.
    pub fn merge(&mut self, other: &Self) {
        let mut all: Vec<Block> = self.blocks.iter().chain(&other.blocks).copied().collect();
        all.sort_by_key(|block| std::cmp::Reverse(key(block.score))); // stable: ours before theirs
        self.blocks.clear();
        for block in all {
            match self.blocks.last_mut() {
                Some(last) if last.score == block.score => {
                    last.positive += block.positive;
                    last.negative += block.negative;
                }
                _ => self.blocks.push(block),
            }
        }
        self.left_out += other.left_out;
    }

    /// Returns the distinct scores, the highest first.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Returns how many rows had no score or no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the weight of positives and of negatives.
    pub fn totals(&self) -> (f64, f64) {
        self.blocks
            .iter()
            .fold((0.0, 0.0), |(positive, negative), block| (positive + block.positive, negative + block.negative))
    }

    pub(super) fn both_classes(&self) -> Computed<(f64, f64)> {
        let (positive, negative) = self.totals();
        both_classes(positive, negative)
    }

    /// Returns every cut, from "nothing is positive" down to "everything is".
    pub fn cuts(&self) -> impl Iterator<Item = Cut> + '_ {
        let (positives, negatives) = self.totals();
        let none = Cut {
            threshold: None,
            true_positive: 0.0,
            false_positive: 0.0,
            false_negative: positives,
            true_negative: negatives,
        };
        let (mut above, mut alarms) = (0.0, 0.0);
        let each = self.blocks.iter().map(move |block| {
            above += block.positive;
            alarms += block.negative;
            Cut {
                threshold: Some(block.score),
                true_positive: above,
                false_positive: alarms,
                false_negative: positives - above,
                true_negative: negatives - alarms,
            }
        });
        std::iter::once(none).chain(each)
    }

    /// One walk down the scores, from which every metric follows.
    fn walk(&self) -> Computed<Walk> {
        let (positives, negatives) = self.both_classes()?;
        let mut walk = Walk::new(positives, negatives);
        for block in &self.blocks {
            walk.take(block.positive, block.negative);
        }
        Ok(walk)
    }

    /// Returns the area under the ROC curve: the chance that a positive scores above a negative, ties as half.
    ///
    /// - **Source**: Mann & Whitney (1947); golden values from scikit-learn 1.9.1 `roc_auc_score`.
    pub fn roc_auc(&self) -> Computed {
        self.walk()?.roc_auc()
    }

    /// Returns the Gini coefficient, `2·AUC − 1`.
    pub fn gini(&self) -> Computed {
        Ok(2.0 * self.roc_auc()? - 1.0)
    }

    /// Returns average precision, `Σ (Rₙ − Rₙ₋₁)·Pₙ` over the cuts: steps, not trapezia.
    ///
    /// - **Source**: golden values from scikit-learn 1.9.1 `average_precision_score`.
    pub fn average_precision(&self) -> Computed {
        self.walk()?.average_precision()
    }

    /// Returns the Kolmogorov–Smirnov statistic of the two classes' scores, `max |TPR − FPR|` over the cuts.
    ///
    /// - **Source**: golden values from scipy 1.17.1 `ks_2samp`.
    pub fn ks(&self) -> Computed {
        super::finite(self.walk()?.gap)
    }

    /// Returns every metric with its id.
    pub fn metrics(&self) -> Metrics {
        Walk::metrics(self.walk())
    }
}

/// What a walk down the scores adds up, equal scores together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    positives: f64,
    negatives: f64,
    above: f64,
    alarms: f64,
    /// Share of pairs of a positive and a negative that stand in order.
    pairs: f64,
    /// Precision at each positive, added up.
    precision: f64,
    gap: f64,
}

impl Walk {
    /// Begins a walk over these weights of positives and of negatives, both above 0.
    pub fn new(positives: f64, negatives: f64) -> Self {
        Self { positives, negatives, above: 0.0, alarms: 0.0, pairs: 0.0, precision: 0.0, gap: 0.0 }
    }

    /// Takes what has the next lower score.
    pub fn take(&mut self, positive: f64, negative: f64) {
        // Shares, not products of weights: those may leave the range of a float.
        self.pairs += negative / self.negatives * ((self.above + positive / 2.0) / self.positives);
        self.above += positive;
        self.alarms += negative;
        if positive > 0.0 {
            self.precision += positive / self.positives * (self.above / (self.above + self.alarms));
        }
        self.gap = self.gap.max((self.above / self.positives - self.alarms / self.negatives).abs());
    }

    fn roc_auc(&self) -> Computed {
        super::finite(self.pairs).map(|pairs| pairs.clamp(0.0, 1.0))
    }

    /// Returns the average precision so far.
    pub fn average_precision(&self) -> Computed {
        super::finite(self.precision).map(|precision| precision.min(1.0))
    }

    /// Every metric of a walk, or the reason why there was none.
    pub fn metrics(walk: Computed<Self>) -> Metrics {
        let of = |metric: fn(&Self) -> Computed| walk.as_ref().map_err(Clone::clone).and_then(metric);
        vec![
            ("roc_auc", of(Self::roc_auc)),
            ("gini", of(|walk| Ok(2.0 * walk.roc_auc()? - 1.0))),
            ("average_precision", of(Self::average_precision)),
            ("ks", of(|walk| super::finite(walk.gap))),
        ]
    }
}

/// The weights of both classes, or why their scores cannot be compared.
pub(super) fn both_classes(positive: f64, negative: f64) -> Computed<(f64, f64)> {
    super::finite(positive + negative)?;
    match (positive > 0.0, negative > 0.0) {
        (true, true) => Ok((positive, negative)),
        (false, false) => Err(empty()),
        _ => Err(constant("truth")),
    }
}

/// Sums sorted rows of both classes by score, the highest first.
fn blocks(mut positive: Vec<(u64, u64)>, mut negative: Vec<(u64, u64)>) -> Vec<Block> {
    positive.sort_unstable();
    negative.sort_unstable();
    let (mut positive, mut negative) = (runs(&positive).peekable(), runs(&negative).peekable());
    let mut blocks = Vec::new();
    while let Some(next) = [positive.peek(), negative.peek()].into_iter().flatten().map(|run| run.0).min() {
        let take = |side: &mut std::iter::Peekable<_>| match side.next_if(|run: &(u64, f64)| run.0 == next) {
            Some((_, weight)) => weight,
            None => 0.0,
        };
        let (positive, negative) = (take(&mut positive), take(&mut negative));
        if positive + negative > 0.0 {
            blocks.push(Block { score: score_of(next), positive, negative });
        }
    }
    blocks.reverse();
    blocks
}

fn runs(sorted: &[(u64, u64)]) -> impl Iterator<Item = (u64, f64)> + '_ {
    sorted.chunk_by(|a, b| a.0 == b.0).map(|run| (run[0].0, sum(run.iter().map(|&(_, bits)| f64::from_bits(bits)))))
}
