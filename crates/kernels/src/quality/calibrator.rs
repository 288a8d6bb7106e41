use super::calibration::ece_by_rows;
use super::{Isotonic, Ranked, empty};
use crate::{Computed, KernelError, Reason, mix};
use serde::Serialize;

/// Where the probabilities of an estimate come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CbpeCalibration {
    /// From scores, by isotonic regression on the reference: there it lowered the calibration error.
    Isotonic(Isotonic),
    /// The scores as they are, and why.
    AsGiven(&'static str),
}

const SPLITS: u64 = 10;
const BINS: usize = 10;

impl CbpeCalibration {
    /// Decides on calibration by finite scores and their truth, as [`super::Cbpe`] says.
    pub(super) fn learn(truth: &[bool], score: &[f64], seed: u64) -> Result<Computed<Self>, KernelError> {
        let ranked = Ranked::of(truth, score, None)?;
        let (positives, negatives) = ranked.totals();
        let why = if positives <= 0.0 || negatives <= 0.0 {
            "the reference has one class only"
        } else if ranked.roc_auc().is_ok_and(|auc| auc > 0.999) {
            "the scores separate the classes of the reference"
        } else if positives < 2.0 || negatives < 2.0 {
            "the reference has fewer than two rows of a class"
        } else if lowers_error(truth, score, seed) {
            return Ok(Isotonic::fit(&ranked).map(Self::Isotonic));
        } else {
            "calibration does not lower the calibration error"
        };
        let probabilities = score.iter().all(|score| (0.0..=1.0).contains(score));
        Ok(if probabilities { Ok(Self::AsGiven(why)) } else { Err(uncalibrated(why)) })
    }

    /// The probabilities of finite scores.
    pub(super) fn probabilities(&self, score: &[f64]) -> Computed<Vec<f64>> {
        match self {
            Self::Isotonic(isotonic) => score.iter().map(|&score| isotonic.at(score).ok_or_else(empty)).collect(),
            Self::AsGiven(_) if score.iter().all(|score| (0.0..=1.0).contains(score)) => Ok(score.to_vec()),
            Self::AsGiven(why) => Err(uncalibrated(why)),
        }
    }
}

fn uncalibrated(why: &str) -> Reason {
    Reason::Undefined(format!("scores lie outside 0 to 1 and were not calibrated: {why}"))
}

/// Whether isotonic calibration, learnt on nine tenths of each class, lowers the calibration error of the other tenths.
fn lowers_error(truth: &[bool], score: &[f64], seed: u64) -> bool {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|&a, &b| score[b].total_cmp(&score[a])); // once, for all splits
    let (mut raw, mut calibrated) = (Vec::new(), Vec::new());
    for split in 0..SPLITS {
        let tested = tested_rows(truth, mix(seed, split));
        let learnt = order.iter().filter(|&&row| !tested[row]).map(|&row| (score[row], truth[row]));
        let Ok(isotonic) = Isotonic::fit_sorted(learnt) else { return false };
        for row in (0..truth.len()).filter(|&row| tested[row]) {
            raw.push((score[row], truth[row]));
            calibrated.extend(isotonic.at(score[row]).map(|probability| (probability, truth[row])));
        }
    }
    match (ece_by_rows(raw, BINS), ece_by_rows(calibrated, BINS)) {
        (Ok(before), Ok(after)) => before > after,
        (Err(_), Ok(_)) => true, // scores so large that their error leaves the range of a float
        (_, Err(_)) => false,
    }
}

/// Marks a tenth of each class, at least one row and never all: those with the smallest keys.
pub(super) fn tested_rows(truth: &[bool], seed: u64) -> Vec<bool> {
    let mut tested = vec![false; truth.len()];
    for class in [true, false] {
        let mut keys: Vec<(u64, usize)> =
            (0..truth.len()).filter(|&row| truth[row] == class).map(|row| (mix(seed, row as u64), row)).collect();
        let count = ((keys.len() + 5) / 10).max(1).min(keys.len().saturating_sub(1));
        if count > 0 {
            keys.select_nth_unstable(count);
            keys[..count].iter().for_each(|&(_, row)| tested[row] = true);
        }
    }
    tested
}
