use super::probability::log_loss;
use super::ranked::key;
use super::{
    Average, Binning, Gaps, Metrics, Reliability, argument, check_columns, check_lengths, constant, empty, finite,
    none, share, sum, weight_of,
};
use crate::{Computed, KernelError, Reason};

/// A score for every class of each row, beside the class it was, made ready for many looks: each class's column is
/// sorted once, logarithms are taken once.
///
/// - **Input**: class `c` is `scores[c]`, a column `[n]`. For ROC-AUC, average precision and top-k accuracy any order
///   will do; log loss, Brier score and calibration need probabilities, taken as they are: that those of a row sum to 1
///   is the caller's to see to. A row with a score that is NaN is left out and counted.
/// - **Units**: log loss in nats; Brier score is the sum over classes, in `[0, 2]`, halved for two classes (as
///   scikit-learn).
/// - **Errors**: a class without a score (one the model does not know) in a row leaves no number at all:
///   [`Reason::Undefined`]; a probability outside `[0, 1]` leaves none that needs probabilities. A class with scores and
///   without rows has no ROC-AUC of its own; the mean leaves it out, where scikit-learn refuses.
/// - **Numerics**: each column by falling score, rows of one score in their order; sums over rows in their order; means
///   over classes in theirs.
/// - **Cost**: `k` sorts at first; each look is `k` passes over the rows. Memory: 8 bytes a score.
/// - **Source**: golden values from scikit-learn 1.9.1. One against the rest: `roc_auc_score(multi_class="ovr")`; one
///   against one: Hand & Till (2001), `multi_class="ovo"`, which takes no weights of rows: here they count, and the
///   weighted mean weighs a pair by the rows of its two classes.
/// ```
/// # use kernels::quality::ClassScores;
/// let columns: [&[f64]; 3] = [&[0.7, 0.1, 0.2], &[0.2, 0.6, 0.3], &[0.1, 0.3, 0.5]];
/// let scores = ClassScores::of(&[0, 1, 2], &columns, None).unwrap();
/// assert_eq!(scores.metrics(scores.weights()).unwrap()[0], ("roc_auc_ovr", Ok(1.0)));
/// ```
#[derive(Clone, Debug)]
pub struct ClassScores {
    /// Of each class, (row, class of the row in truth, with [`LAST`]) by falling score.
    orders: Vec<Vec<(u32, u32)>>,
    rows: Vec<Option<Row>>,
    weights: Vec<f64>,
    /// The weight of each class in truth.
    support: Vec<f64>,
    unknown: u64,
    outside: u64,
    left_out: u64,
}

/// Marks the last row of its score.
const LAST: u32 = 1 << 31;

#[derive(Clone, Copy, Debug)]
struct Row {
    truth: u32,
    log_loss: f64,
    square: f64,
    /// How many classes stand above the true one.
    above: u32,
    /// The highest score, and whether it is the true class's.
    top: (f64, bool),
}

impl ClassScores {
    /// Sorts rows.
    ///
    /// - **Shapes**: `truth` and `weights`: `[n]`, `n < 2³²`; `scores`: `k` columns `[n]`, `k ≥ 2`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ or there are fewer than two classes.
    pub fn of(truth: &[u32], scores: &[&[f64]], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[], weights)?;
        for column in scores {
            check_lengths(truth.len(), &[("scores", column.len())])?;
        }
        if scores.len() < 2 {
            return Err(argument("scores", format!("{} columns", scores.len()), "one for each of two classes or more"));
        }
        if u32::try_from(truth.len()).is_err() {
            return Err(argument("truth", format!("{} long", truth.len()), "fewer than 2³² rows"));
        }
        let (mut rows, mut kept_weights) = (Vec::with_capacity(truth.len()), Vec::with_capacity(truth.len()));
        let (mut unknown, mut outside, mut left_out) = (0, 0, 0);
        let mut score = Vec::with_capacity(scores.len());
        for (row, &truth) in truth.iter().enumerate() {
            score.clear();
            score.extend(scores.iter().map(|column| column[row]));
            let weight = weight_of(weights, row).filter(|&weight| weight == 0.0 || !score.iter().any(|s| s.is_nan()));
            left_out += u64::from(weight.is_none());
            let found = weight.filter(|&weight| weight > 0.0).map(|_| Row::of(truth, &score));
            kept_weights.push(if found.is_some() { weight.unwrap_or(0.0) } else { 0.0 });
            if found.is_some() {
                unknown += u64::from(truth as usize >= scores.len());
                outside += u64::from(score.iter().any(|p| !(0.0..=1.0).contains(p)));
            }
            rows.push(found);
        }
        let orders = scores.iter().map(|column| order(&rows, column)).collect();
        let mut scores = Self { orders, rows, weights: kept_weights, support: vec![], unknown, outside, left_out };
        scores.support = scores.support(&scores.weights);
        Ok(scores)
    }

    /// Returns the weights of rows; 0 for those left out.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Returns how many rows lacked a score or a usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns every metric with its id, scikit-learn's scorer names, under these weights of rows. Top-k accuracy is of
    /// the two highest. Where a class of the whole has no weight left, means over classes have no number: it would be
    /// that of another set of classes.
    ///
    /// - **Errors**: [`KernelError::Argument`] for another number of weights.
    pub fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        check_lengths(self.rows.len(), &[("weights", weights.len())])?;
        let support = self.support(weights);
        let looks: Vec<Look> = (0..self.orders.len()).map(|class| self.look(class, &support, weights)).collect();
        let ranks = |metric: fn(&[Look], &[f64], bool) -> Computed, weighted| {
            self.known()?;
            if !support.iter().zip(&self.support).all(|(here, whole)| *here > 0.0 || *whole <= 0.0) {
                return Err(none("rows of every class"));
            }
            metric(&looks, &support, weighted)
        };
        let [log_loss, d2_log_loss] = self.loss(weights, &support, |row| row.log_loss, |p| p * log_loss(p));
        let [brier, d2_brier] = self.loss(weights, &support, |row| row.square, |p| p * (1.0 - p));
        let half = if self.orders.len() == 2 { 0.5 } else { 1.0 };
        Ok(vec![
            ("roc_auc_ovr", ranks(against_rest, false)),
            ("roc_auc_ovr_weighted", ranks(against_rest, true)),
            ("roc_auc_ovo", ranks(against_each, false)),
            ("roc_auc_ovo_weighted", ranks(against_each, true)),
            ("average_precision_macro", ranks(average_precision, false)),
            ("average_precision_weighted", ranks(average_precision, true)),
            ("log_loss", log_loss),
            ("d2_log_loss", d2_log_loss),
            ("brier", brier.map(|brier| brier * half)),
            ("d2_brier", d2_brier),
            ("top_k_accuracy", self.top_k_accuracy(2, weights)),
        ])
    }

    /// Returns the share of rows whose class is among the `k` of highest score; of equal scores the later class stands
    /// above, as in scikit-learn.
    pub fn top_k_accuracy(&self, k: u32, weights: &[f64]) -> Computed {
        self.known()?;
        let weighed = || self.rows.iter().zip(weights).filter_map(|(row, &weight)| row.map(|row| (row, weight)));
        let hits = sum(weighed().filter(|(row, _)| row.above < k).map(|(_, weight)| weight));
        share(hits, sum(weighed().map(|(_, weight)| weight)), empty)
    }

    /// Returns the calibration of the class of highest score: how often it was true, by bins of its score.
    ///
    /// - **Errors**: as [`Reliability::of`]; a [`Reason`] for a class without a score.
    pub fn reliability(&self, bins: usize, binning: Binning) -> Result<Computed<Reliability>, KernelError> {
        if let Err(reason @ Reason::Undefined(_)) = self.known() {
            return Ok(Err(reason));
        }
        let there = || self.rows.iter().zip(&self.weights).filter_map(|(row, &weight)| row.map(|row| (row, weight)));
        let truth: Vec<bool> = there().map(|(row, _)| row.top.1).collect();
        let score: Vec<f64> = there().map(|(row, _)| row.top.0).collect();
        let weights: Vec<f64> = there().map(|(_, weight)| weight).collect();
        Reliability::of(&truth, &score, Some(&weights), bins, binning)
    }

    fn known(&self) -> Result<(), Reason> {
        match self.unknown {
            0 if self.rows.iter().all(Option::is_none) => Err(empty()),
            0 => Ok(()),
            unknown => Err(Reason::Undefined(format!("rows of a class that has no score: {unknown}"))),
        }
    }

    /// The weight of each class in truth.
    fn support(&self, weights: &[f64]) -> Vec<f64> {
        let mut support = vec![0.0; self.orders.len()];
        for (row, weight) in self.rows.iter().zip(weights) {
            if let Some(support) = row.and_then(|row| support.get_mut(row.truth as usize)) {
                *support += weight;
            }
        }
        support
    }

    /// Walks down a class's scores.
    fn look(&self, class: usize, support: &[f64], weights: &[f64]) -> Look {
        let mut look = Look { above: vec![0.0; support.len()], precision: 0.0 };
        let (mut above, mut alarms) = (0.0, 0.0);
        if self.unknown > 0 || support[class] <= 0.0 {
            return look;
        }
        for block in self.orders[class].chunk_by(|row, _| row.1 & LAST == 0) {
            let (mut positive, mut negative) = (0.0, 0.0);
            for &(row, truth) in block {
                let mine = (truth & !LAST) as usize == class;
                *(if mine { &mut positive } else { &mut negative }) += weights[row as usize];
            }
            let ahead = (above + positive / 2.0) / support[class];
            for &(row, truth) in block {
                look.above[(truth & !LAST) as usize] += weights[row as usize] * ahead;
            }
            above += positive;
            alarms += negative;
            if positive > 0.0 {
                look.precision += positive / support[class] * (above / (above + alarms));
            }
        }
        look
    }

    /// A mean loss, and the share of it that is saved against saying each class's share to every row.
    fn loss(&self, weights: &[f64], support: &[f64], loss: fn(&Row) -> f64, of_share: fn(f64) -> f64) -> [Computed; 2] {
        let mean = self.known().and_then(|()| {
            if self.outside > 0 {
                return Err(Reason::Undefined(format!("rows with a probability outside 0 to 1: {}", self.outside)));
            }
            let losses = self.rows.iter().zip(weights).map(|(row, weight)| row.as_ref().map_or(0.0, loss) * weight);
            share(sum(losses), sum(support.iter().copied()), empty)
        });
        let total = sum(support.iter().copied());
        let saved = mean.clone().and_then(|mean| {
            let null = sum(support.iter().map(|support| of_share(support / total)));
            let one = support.iter().filter(|&&support| support > 0.0).count() < 2;
            if one { Err(constant("truth")) } else { finite(1.0 - mean / null) }
        });
        [mean, saved]
    }
}

impl Row {
    fn of(truth: u32, score: &[f64]) -> Self {
        let own = score.get(truth as usize).copied().unwrap_or(f64::NAN);
        let mut row = Self { truth, log_loss: log_loss(own), square: 0.0, above: 0, top: (f64::NEG_INFINITY, false) };
        for (class, &score) in score.iter().enumerate() {
            let mine = class == truth as usize;
            let error = score - f64::from(u8::from(mine));
            row.square += error * error;
            row.above += u32::from(score > own || (score == own && class > truth as usize));
            if score > row.top.0 {
                row.top = (score, mine);
            }
        }
        row
    }
}

/// Sorts the rows that are there by a column, the highest first.
fn order(rows: &[Option<Row>], column: &[f64]) -> Vec<(u32, u32)> {
    let mut sorted: Vec<(u64, u32, u32)> = Vec::with_capacity(rows.len());
    for (place, (row, &score)) in rows.iter().zip(column).enumerate() {
        if let Some(row) = row {
            sorted.push((!key(score), place as u32, row.truth & !LAST));
        }
    }
    sorted.sort_unstable();
    let last = |place: usize| sorted.get(place + 1).is_none_or(|next| next.0 != sorted[place].0);
    let mark = |(place, row): (usize, &(u64, u32, u32))| (row.1, row.2 | if last(place) { LAST } else { 0 });
    sorted.iter().enumerate().map(mark).collect()
}

/// What a walk down one class's scores adds up.
struct Look {
    /// Of each class, over its rows: the share of the own class's rows that stand above, ties as half.
    above: Vec<f64>,
    precision: f64,
}

fn mean(parts: Vec<(Computed, f64)>) -> Computed {
    Average::of(parts, Gaps::LeaveOut).map(|average| average.value)
}

fn weight(support: f64, weighted: bool) -> f64 {
    if weighted { support } else { 1.0 }
}

/// The mean ROC-AUC of each class against the rest.
fn against_rest(looks: &[Look], support: &[f64], weighted: bool) -> Computed {
    let mut parts = Vec::with_capacity(looks.len());
    for (class, look) in looks.iter().enumerate() {
        let others = |values: &[f64]| {
            sum(values.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, value)| *value))
        };
        let rest = if support[class] > 0.0 { others(support) } else { 0.0 };
        let auc = share(others(&look.above), rest, || constant("truth")).map(|auc| auc.clamp(0.0, 1.0));
        parts.push((auc, weight(support[class], weighted)));
    }
    mean(parts)
}

/// The mean over pairs of classes of their ROC-AUC among themselves: of the one's score and the other's, the mean.
fn against_each(looks: &[Look], support: &[f64], weighted: bool) -> Computed {
    let mut parts = Vec::new();
    for (b, other) in looks.iter().enumerate() {
        for (a, one) in looks[..b].iter().enumerate() {
            let both = support[a].min(support[b]) > 0.0;
            let auc = f64::midpoint(one.above[b] / support[b], other.above[a] / support[a]).clamp(0.0, 1.0);
            let auc = if both { finite(auc) } else { Err(constant("truth")) };
            parts.push((auc, weight(support[a] + support[b], weighted)));
        }
    }
    mean(parts)
}

/// The mean average precision of each class against the rest.
fn average_precision(looks: &[Look], support: &[f64], weighted: bool) -> Computed {
    let total = sum(support.iter().copied());
    let parts = looks.iter().zip(support).map(|(look, &support)| {
        let both = support > 0.0 && support < total;
        let precision = if both { finite(look.precision) } else { Err(constant("truth")) };
        (precision, weight(support, weighted))
    });
    mean(parts.collect())
}
