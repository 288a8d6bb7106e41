use super::{Metrics, argument, check_columns, constant, empty, none, share, weight_of};
use crate::{Computed, KernelError, Reason};
use serde::Serialize;

/// How often truth and prediction met, in rows or in their weights. Mergeable: every metric of it is a few divisions.
///
/// - **Units**: the cells are sums of weights; without weights, counts. Every metric is a share in `[0, 1]` but
///   [`Confusion::matthews_corrcoef`] and [`Confusion::cohen_kappa`], which lie in `[−1, 1]`, and the likelihood
///   ratios, which have no upper end.
/// - **Errors**: a metric is `Err` where its denominator is nothing. scikit-learn says 0 there, with a warning.
/// - **Numerics**: counts are exact in any order and split; weights are added in row order.
/// - **Source**: golden values from scikit-learn 1.9.1.
/// ```
/// # use kernels::quality::Confusion;
/// let confusion = Confusion::of(&[true, true, false], &[true, false, false], None).unwrap();
/// assert_eq!((confusion.recall(), confusion.precision()), (Ok(0.5), Ok(1.0)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Confusion {
    /// Positive, and predicted so.
    pub true_positive: f64,
    /// Negative, predicted positive.
    pub false_positive: f64,
    /// Positive, predicted negative.
    pub false_negative: f64,
    /// Negative, and predicted so.
    pub true_negative: f64,
    /// Rows that have no usable weight.
    pub left_out: u64,
}

impl Confusion {
    /// Counts rows.
    ///
    /// - **Shapes**: `truth`, `prediction` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    pub fn of(truth: &[bool], prediction: &[bool], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[("prediction", prediction.len())], weights)?;
        let mut confusion = Self::default();
        if weights.is_none() {
            let mut counts = [0u64; 4];
            for (&truth, &prediction) in truth.iter().zip(prediction) {
                counts[usize::from(truth) * 2 + usize::from(prediction)] += 1;
            }
            let [tn, fp, fneg, tp] = counts.map(|count| count as f64);
            return Ok(Self {
                true_positive: tp,
                false_positive: fp,
                false_negative: fneg,
                true_negative: tn,
                left_out: 0,
            });
        }
        for (row, (&truth, &prediction)) in truth.iter().zip(prediction).enumerate() {
            match weight_of(weights, row) {
                Some(weight) => confusion.add(truth, prediction, weight),
                None => confusion.left_out += 1,
            }
        }
        Ok(confusion)
    }

    /// Takes one row. The weight is the caller's to check.
    pub fn add(&mut self, truth: bool, prediction: bool, weight: f64) {
        *match (truth, prediction) {
            (true, true) => &mut self.true_positive,
            (false, true) => &mut self.false_positive,
            (true, false) => &mut self.false_negative,
            (false, false) => &mut self.true_negative,
        } += weight;
    }

    /// Takes what `other` has counted.
    pub fn merge(&mut self, other: &Self) {
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.false_negative += other.false_negative;
        self.true_negative += other.true_negative;
        self.left_out += other.left_out;
    }

    /// Returns the sum of all cells.
    pub fn total(&self) -> f64 {
        self.positives() + self.negatives()
    }

    /// Returns what is positive in truth.
    pub fn positives(&self) -> f64 {
        self.true_positive + self.false_negative
    }

    /// Returns what is negative in truth.
    pub fn negatives(&self) -> f64 {
        self.false_positive + self.true_negative
    }

    /// Returns what is predicted positive.
    pub fn predicted_positives(&self) -> f64 {
        self.true_positive + self.false_positive
    }

    /// Returns what is predicted negative.
    pub fn predicted_negatives(&self) -> f64 {
        self.false_negative + self.true_negative
    }

    /// Returns the share of rows predicted right.
    pub fn accuracy(&self) -> Computed {
        share(self.true_positive + self.true_negative, self.total(), empty)
    }

    /// Returns the mean of [`Confusion::recall`] and [`Confusion::specificity`]; both classes must be there.
    pub fn balanced_accuracy(&self) -> Computed {
        Ok(f64::midpoint(self.recall()?, self.specificity()?))
    }

    /// Returns the share of right ones among those predicted positive.
    pub fn precision(&self) -> Computed {
        share(self.true_positive, self.predicted_positives(), || none("predicted positives"))
    }

    /// Returns the share found among the positives: the true positive rate.
    pub fn recall(&self) -> Computed {
        share(self.true_positive, self.positives(), || none("positives"))
    }

    /// Returns the share found among the negatives: the true negative rate.
    pub fn specificity(&self) -> Computed {
        share(self.true_negative, self.negatives(), || none("negatives"))
    }

    /// Returns the share of negatives predicted positive.
    pub fn false_positive_rate(&self) -> Computed {
        share(self.false_positive, self.negatives(), || none("negatives"))
    }

    /// Returns the share of positives predicted negative.
    pub fn false_negative_rate(&self) -> Computed {
        share(self.false_negative, self.positives(), || none("positives"))
    }

    /// Returns the harmonic mean of precision and recall, `2·TP / (2·TP + FP + FN)`.
    pub fn f1(&self) -> Computed {
        self.f(1.0)
    }

    /// Returns F-beta, `(1 + β²)·TP / ((1 + β²)·TP + β²·FN + FP)`: recall counts β times as much as precision.
    ///
    /// - **Errors**: [`KernelError::Argument`] unless `0 ≤ beta < ∞`. None without a positive, true or predicted.
    pub fn f_beta(&self, beta: f64) -> Result<Computed, KernelError> {
        let usable = beta >= 0.0 && beta.is_finite();
        if usable { Ok(self.f(beta)) } else { Err(argument("beta", beta, "a finite number, 0 or above")) }
    }

    pub(super) fn f(&self, beta: f64) -> Computed {
        let hits = (1.0 + beta * beta) * self.true_positive;
        let whole = hits + beta * beta * self.false_negative + self.false_positive;
        share(hits, whole, || none("positives, true or predicted"))
    }

    /// Returns what truth and prediction have in common of all positives, `TP / (TP + FP + FN)`.
    pub fn jaccard(&self) -> Computed {
        let either = self.true_positive + self.false_positive + self.false_negative;
        share(self.true_positive, either, || none("positives, true or predicted"))
    }

    /// Returns Matthews' correlation of truth and prediction, `(TP·TN − FP·FN) / √(product of the four margins)`.
    ///
    /// - **Errors**: [`Reason::Constant`] if truth or prediction is (scikit-learn: 0).
    pub fn matthews_corrcoef(&self) -> Computed {
        self.both_vary()?;
        // Divided one by one: the product of four margins may leave the range of a float.
        let [p, n, pp, pn] =
            [self.positives(), self.negatives(), self.predicted_positives(), self.predicted_negatives()].map(f64::sqrt);
        let agreement = self.true_positive / (p * pp) * (self.true_negative / (n * pn));
        let disagreement = self.false_positive / (n * pp) * (self.false_negative / (p * pn));
        super::finite((agreement - disagreement).clamp(-1.0, 1.0))
    }

    fn both_vary(&self) -> Result<(), Reason> {
        if self.total() <= 0.0 {
            return Err(empty());
        }
        if self.positives() <= 0.0 || self.negatives() <= 0.0 {
            return Err(constant("truth"));
        }
        if self.predicted_positives() <= 0.0 || self.predicted_negatives() <= 0.0 {
            return Err(constant("prediction"));
        }
        Ok(())
    }

    /// Returns Cohen's kappa, `(pₒ − pₑ) / (1 − pₑ)`: agreement beyond that of independent margins.
    ///
    /// - **Errors**: [`Reason::Constant`] if truth and prediction are the same constant. 0 if only one of them is
    ///   constant.
    pub fn cohen_kappa(&self) -> Computed {
        let total = self.total();
        if total <= 0.0 {
            return Err(empty());
        }
        // Disagreements instead of agreements: 1 − pₑ as a difference would lose digits near pₑ = 1.
        let expected = self.positives() / total * (self.predicted_negatives() / total)
            + self.negatives() / total * (self.predicted_positives() / total);
        let observed = (self.false_positive + self.false_negative) / total;
        share(expected - observed, expected, || constant("truth and prediction"))
    }

    /// Returns how many times as often positives are predicted positive as negatives are.
    pub fn positive_likelihood_ratio(&self) -> Computed {
        share(self.recall()?, self.false_positive_rate()?, || none("false positives"))
    }

    /// Returns how many times as often positives are predicted negative as negatives are.
    pub fn negative_likelihood_ratio(&self) -> Computed {
        share(self.false_negative_rate()?, self.specificity()?, || none("true negatives"))
    }

    /// Returns every metric with its id.
    pub fn metrics(&self) -> Metrics {
        vec![
            ("accuracy", self.accuracy()),
            ("balanced_accuracy", self.balanced_accuracy()),
            ("precision", self.precision()),
            ("recall", self.recall()),
            ("specificity", self.specificity()),
            ("f1", self.f1()),
            ("f0_5", self.f(0.5)),
            ("f2", self.f(2.0)),
            ("jaccard", self.jaccard()),
            ("matthews_corrcoef", self.matthews_corrcoef()),
            ("cohen_kappa", self.cohen_kappa()),
            ("positive_likelihood_ratio", self.positive_likelihood_ratio()),
            ("negative_likelihood_ratio", self.negative_likelihood_ratio()),
            ("true_positive_rate", self.recall()),
            ("true_negative_rate", self.specificity()),
            ("false_positive_rate", self.false_positive_rate()),
            ("false_negative_rate", self.false_negative_rate()),
        ]
    }
}
