use super::{Metrics, check_columns, constant, empty, finite, share, weight_of};
use crate::{Computed, KernelError, Reason};
use serde::Serialize;

/// How far log loss keeps a probability from 0 and 1: the spacing of floats at 1, as scikit-learn has it.
pub(super) const LOG_LOSS_EPS: f64 = f64::EPSILON;

/// Sums behind the metrics of a probability of the positive class. Mergeable.
///
/// - **Units**: log loss in nats; Brier score in squared probability, `[0, 1]`. Less is better.
/// - **Errors**: a probability outside `[0, 1]` leaves no number at all: it is not a probability, and dropping such
///   rows would flatter. One class is enough, for a mean exists; it then says nothing about telling classes apart.
/// - **Numerics**: added in row order; another split may change the last places.
/// - **Source**: golden values from scikit-learn 1.9.1 `log_loss`, `brier_score_loss`, `d2_log_loss_score`,
///   `d2_brier_score`.
/// ```
/// # use kernels::quality::ProbabilitySums;
/// let sums = ProbabilitySums::of(&[true, false], &[0.8, 0.4], None).unwrap();
/// assert!((sums.brier().unwrap() - 0.1).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ProbabilitySums {
    weight: f64,
    positive: f64,
    log_loss: f64,
    squares: f64,
    /// Rows whose probability lies outside 0 to 1.
    pub(super) outside: u64,
    left_out: u64,
}

/// What one row costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    log_loss: f64,
    square: f64,
}

impl Terms {
    /// Returns what one row adds.
    pub fn of(truth: bool, probability: f64) -> Self {
        // The complement is clipped by itself: as scikit-learn, which clips both columns.
        let said = if truth { probability } else { 1.0 - probability };
        let error = probability - f64::from(u8::from(truth));
        Self { log_loss: log_loss(said), square: error * error }
    }
}

/// `−ln p`, `p` kept [`LOG_LOSS_EPS`] away from 0 and 1.
pub(super) fn log_loss(probability: f64) -> f64 {
    -libm::log(probability.clamp(LOG_LOSS_EPS, 1.0 - LOG_LOSS_EPS))
}

impl ProbabilitySums {
    /// Adds rows up.
    ///
    /// - **Shapes**: `truth`, `probability` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    pub fn of(truth: &[bool], probability: &[f64], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[("probability", probability.len())], weights)?;
        let mut sums = Self::default();
        for (row, (&truth, &probability)) in truth.iter().zip(probability).enumerate() {
            match weight_of(weights, row) {
                Some(0.0) => {}
                Some(weight) if (0.0..=1.0).contains(&probability) => {
                    sums.take(Terms::of(truth, probability), truth, weight);
                }
                Some(_) if !probability.is_nan() => sums.outside += 1,
                _ => sums.left_out += 1,
            }
        }
        Ok(sums)
    }

    pub(super) fn take(&mut self, terms: Terms, truth: bool, weight: f64) {
        self.weight += weight;
        self.positive += if truth { weight } else { 0.0 };
        self.log_loss += weight * terms.log_loss;
        self.squares += weight * terms.square;
    }

    /// Takes what `other` has added up.
    pub fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.positive += other.positive;
        self.log_loss += other.log_loss;
        self.squares += other.squares;
        self.outside += other.outside;
        self.left_out += other.left_out;
    }

    /// Returns how many rows had no probability or no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the mean of `−ln p` of what came true, `p` kept [`LOG_LOSS_EPS`] away from 0 and 1.
    pub fn log_loss(&self) -> Computed {
        self.mean(self.log_loss)
    }

    /// Returns the mean squared distance of the probability from what came true.
    pub fn brier(&self) -> Computed {
        self.mean(self.squares)
    }

    fn mean(&self, sum: f64) -> Computed {
        if self.outside > 0 {
            return Err(Reason::Undefined(format!("probabilities outside 0 to 1: {}", self.outside)));
        }
        share(sum, self.weight, empty)
    }

    /// Returns the share of log loss that is saved against saying the share of positives to every row.
    ///
    /// - **Errors**: [`Reason::Constant`] for one class only.
    pub fn d2_log_loss(&self) -> Computed {
        let (log_loss, p) = (self.log_loss()?, self.prevalence()?);
        finite(1.0 - log_loss / (p * self::log_loss(p) + (1.0 - p) * self::log_loss(1.0 - p)))
    }

    /// Returns the share of the Brier score that is saved against saying the share of positives to every row.
    ///
    /// - **Errors**: [`Reason::Constant`] for one class only.
    pub fn d2_brier(&self) -> Computed {
        let (brier, p) = (self.brier()?, self.prevalence()?);
        finite(1.0 - brier / (p * (1.0 - p)))
    }

    fn prevalence(&self) -> Computed {
        let share = share(self.positive, self.weight, empty)?;
        if share > 0.0 && share < 1.0 { Ok(share) } else { Err(constant("truth")) }
    }

    /// Returns every metric with its id.
    pub fn metrics(&self) -> Metrics {
        vec![
            ("log_loss", self.log_loss()),
            ("brier", self.brier()),
            ("d2_log_loss", self.d2_log_loss()),
            ("d2_brier", self.d2_brier()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::{check, near, rows, wrong};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_values_of_scikit_learn() {
        let rows = rows();
        let plain = ProbabilitySums::of(&rows.truth, &rows.score, None).unwrap();
        let weighted = ProbabilitySums::of(&rows.truth, &rows.score, Some(&rows.weight)).unwrap();
        // scikit-learn 1.9.1, golden/quality.py
        check(&plain.metrics(), &GOLDEN);
        check(&weighted.metrics(), &GOLDEN_WEIGHTED);
        let sure = ProbabilitySums::of(&[true, false, true], &[0.0, 1.0, 1.0], None).unwrap();
        assert!(near(sure.log_loss().unwrap(), GOLDEN_SURE));
    }

    #[test]
    fn odd_rows_have_an_answer() {
        let of = |probability: &[f64]| ProbabilitySums::of(&vec![true; probability.len()], probability, None).unwrap();
        assert_eq!(of(&[]).brier(), Err(empty()));
        assert_eq!(of(&[0.5]).brier(), Ok(0.25));
        let missing = of(&[f64::NAN, 1.0]);
        assert_eq!((missing.brier(), missing.left_out()), (Ok(0.0), 1));
        for outside in [1.5, -0.1, f64::INFINITY] {
            let reason = Reason::Undefined("probabilities outside 0 to 1: 1".to_owned());
            assert_eq!(of(&[0.5, outside]).log_loss(), Err(reason.clone()));
            assert_eq!(of(&[0.5, outside]).brier(), Err(reason));
        }
        let weights = [f64::NAN, -1.0, f64::INFINITY, 2.0];
        let weighted = ProbabilitySums::of(&[true; 4], &[0.1, 0.2, 0.3, 0.5], Some(&weights)).unwrap();
        assert_eq!((weighted.brier(), weighted.left_out()), (Ok(0.25), 3));
        wrong("probability", ProbabilitySums::of(&[true], &[], None));
        // A row of weight 0 is not there, whatever it holds; one class is no base to be better than.
        let absent = ProbabilitySums::of(&[true; 3], &[0.5, 1.5, f64::NAN], Some(&[1.0, 0.0, 0.0])).unwrap();
        assert_eq!((absent.brier(), absent.left_out()), (Ok(0.25), 0));
        assert_eq!((absent.d2_brier(), absent.d2_log_loss()), (Err(constant("truth")), Err(constant("truth"))));
    }

    proptest! {
        #[test]
        fn splits_say_the_same_and_whole_weights_are_repeats(cut in 0usize..40, factor in 1u8..4) {
            let rows = rows();
            let whole = ProbabilitySums::of(&rows.truth, &rows.score, None).unwrap();
            let mut merged = ProbabilitySums::of(&rows.truth[..cut], &rows.score[..cut], None).unwrap();
            merged.merge(&ProbabilitySums::of(&rows.truth[cut..], &rows.score[cut..], None).unwrap());
            let weights = vec![f64::from(factor); rows.truth.len()];
            let scaled = ProbabilitySums::of(&rows.truth, &rows.score, Some(&weights)).unwrap();
            for other in [merged, scaled] {
                for ((id, a), (_, b)) in other.metrics().into_iter().zip(whole.metrics()) {
                    prop_assert!(near(a.unwrap(), b.unwrap()), "{}", id);
                }
            }
        }
    }

    const GOLDEN: [(&str, f64); 4] = [
        ("log_loss", 1.558088620841366),
        ("brier", 0.25125000000000003),
        ("d2_log_loss", -1.2642068573825003),
        ("d2_brier", -0.01515151515151536),
    ];
    const GOLDEN_WEIGHTED: [(&str, f64); 4] = [
        ("log_loss", 1.592176001246771),
        ("brier", 0.2772981366459627),
        ("d2_log_loss", -1.4796354829922596),
        ("d2_brier", -0.2329065180102916),
    ];
    const GOLDEN_SURE: f64 = 24.029102259411435;
}
