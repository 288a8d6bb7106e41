use super::{Cut, Ranked, argument};
use crate::{Computed, KernelError};
use serde::Serialize;

/// A point of the ROC curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// The lowest score that is predicted positive; `None`: nothing is.
    pub threshold: Option<f64>,
    /// Share of negatives predicted positive.
    pub false_positive_rate: f64,
    /// Share of positives predicted positive.
    pub true_positive_rate: f64,
}

/// A point of the precision-recall curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PrecisionRecallPoint {
    /// The lowest score that is predicted positive.
    pub threshold: f64,
    /// Share of positives among those predicted positive.
    pub precision: f64,
    /// Share of positives predicted positive.
    pub recall: f64,
}

/// Curves over the thresholds, with at most `most` points.
///
/// - **Points**: exact ones of the full curve. Its ends are kept; of the rest, the first in each of `most − 1` equal
///   steps of the curve's *position*. A point left out is less than one step behind a kept one, so a ROC or threshold
///   curve drawn through them is off by less than a step. Not so precision, which may leap where few rows are predicted
///   positive: draw points, and more of them. Areas are [`Ranked`]'s business and use every point.
/// - **Thresholds** that are infinite, of infinite scores, are `null` in JSON, as is that above every score.
/// - **Errors**: [`KernelError::Argument`] for fewer than 2 points; a [`crate::Reason`] without rows or, where the classes
///   matter, with one class only.
/// - **Source**: golden values from scikit-learn 1.9.1 `roc_curve` and `precision_recall_curve`,
///   `drop_intermediate=False`.
impl Ranked {
    /// Returns the ROC curve from (0, 0) to (1, 1). Its position is `(FPR + TPR) / 2`.
    pub fn roc_curve(&self, most: usize) -> Result<Computed<Vec<RocPoint>>, KernelError> {
        check_most(most)?;
        Ok(self.both_classes().map(|(positives, negatives)| {
            let rates = |cut: &Cut| (cut.false_positive / negatives, cut.true_positive / positives);
            let position = |cut: &Cut| f64::midpoint(rates(cut).0, rates(cut).1);
            let kept = thin(self.cuts(), self.blocks().len() + 1, most, position);
            let point = |cut: &Cut| RocPoint {
                threshold: cut.threshold,
                false_positive_rate: rates(cut).0,
                true_positive_rate: rates(cut).1,
            };
            kept.iter().map(point).collect()
        }))
    }

    /// Returns precision against recall, from the highest score down. Its position is the mean of recall and the share
    /// predicted positive. Where nothing is predicted positive there is no precision, and no point: scikit-learn adds
    /// (1, 0).
    pub fn precision_recall_curve(&self, most: usize) -> Result<Computed<Vec<PrecisionRecallPoint>>, KernelError> {
        check_most(most)?;
        Ok(self.both_classes().map(|(positives, negatives)| {
            let predicted = |cut: &Cut| cut.true_positive + cut.false_positive;
            let position =
                |cut: &Cut| f64::midpoint(cut.true_positive / positives, predicted(cut) / (positives + negatives));
            let kept = thin(self.cuts().skip(1), self.blocks().len(), most, position);
            let point = |cut: &Cut| {
                cut.threshold.map(|threshold| PrecisionRecallPoint {
                    threshold,
                    precision: cut.true_positive / predicted(cut),
                    recall: cut.true_positive / positives,
                })
            };
            kept.iter().filter_map(point).collect()
        }))
    }

    /// Returns the counts at each threshold, from "nothing is positive" to "everything is"; any metric of a threshold
    /// is one of [`super::Confusion`]. Its position is the share predicted positive. One class is enough.
    pub fn threshold_curve(&self, most: usize) -> Result<Computed<Vec<Cut>>, KernelError> {
        check_most(most)?;
        let (positives, negatives) = self.totals();
        let total = positives + negatives;
        if total <= 0.0 {
            return Ok(Err(super::empty()));
        }
        let share = |cut: &Cut| (cut.true_positive + cut.false_positive) / total;
        Ok(Ok(thin(self.cuts(), self.blocks().len() + 1, most, share)))
    }
}

fn check_most(most: usize) -> Result<(), KernelError> {
    if most < 2 { Err(argument("most", most, "2 points or more")) } else { Ok(()) }
}

/// Keeps both ends, and of the rest the first in each of `most − 1` steps of `position`, which ascends from 0 to 1.
fn thin(points: impl Iterator<Item = Cut>, count: usize, most: usize, position: impl Fn(&Cut) -> f64) -> Vec<Cut> {
    if count <= most {
        return points.collect();
    }
    let steps = (most - 1) as f64;
    let mut kept = Vec::with_capacity(most);
    let mut last_step = None;
    for (at, point) in points.enumerate() {
        // The last step is the last point's own.
        let step = ((position(&point) * steps) as usize).min(most - 2);
        if at + 1 == count || last_step.is_none_or(|last| step > last) {
            last_step = Some(step);
            kept.push(point);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::{near, rows, unit, wrong};
    use super::super::{constant, empty};
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(found: impl Iterator<Item = f64>, golden: &[f64]) {
        let found: Vec<f64> = found.collect();
        assert_eq!(found.len(), golden.len());
        assert!(found.iter().zip(golden).all(|(&a, &b)| near(a, b)), "{found:?} {golden:?}");
    }

    #[test]
    fn golden_values_of_scikit_learn() {
        let rows = rows();
        let ranked = Ranked::of(&rows.truth[..8], &rows.score[..8], None).unwrap();
        // scikit-learn 1.9.1, golden/quality.py
        let roc = ranked.roc_curve(1_000).unwrap().unwrap();
        check(roc.iter().map(|point| point.false_positive_rate), &ROC_FPR);
        check(roc.iter().map(|point| point.true_positive_rate), &ROC_TPR);
        check(roc.iter().filter_map(|point| point.threshold), &THRESHOLDS);
        let curve = ranked.precision_recall_curve(1_000).unwrap().unwrap();
        // scikit-learn stops at full recall.
        check(curve.iter().map(|point| point.precision).take(PRECISION.len()), &PRECISION);
        check(curve.iter().map(|point| point.recall).take(RECALL.len()), &RECALL);
        let cuts = ranked.threshold_curve(1_000).unwrap().unwrap();
        check(cuts.iter().filter_map(|cut| cut.threshold), &THRESHOLDS);
    }

    #[test]
    fn odd_rows_have_an_answer() {
        let one_class = Ranked::of(&[true, true], &[0.1, 0.2], None).unwrap();
        assert_eq!(one_class.roc_curve(10), Ok(Err(constant("truth"))));
        assert_eq!(one_class.precision_recall_curve(10), Ok(Err(constant("truth"))));
        assert_eq!(one_class.threshold_curve(10).unwrap().unwrap().len(), 3);
        assert_eq!(Ranked::default().threshold_curve(10), Ok(Err(empty())));
        wrong("most", Ranked::default().roc_curve(1));
        wrong("most", Ranked::default().precision_recall_curve(0));
        wrong("most", Ranked::default().threshold_curve(1));
        let constant_score = Ranked::of(&[true, false], &[0.3; 2], None).unwrap();
        assert_eq!(constant_score.roc_curve(2).unwrap().unwrap().len(), 2);
    }

    #[test]
    fn a_last_point_of_no_weight_does_not_take_a_place_of_its_own() {
        // The last but one stands at position 1 as the last does; with it kept as well there were one too many.
        let score = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
        let weights = [1.0, 1.0, 1.0, 1.0, 1.0, 1e-20];
        let ranked = Ranked::of(&[true, false, true, false, true, false], &score, Some(&weights)).unwrap();
        for most in 2..6 {
            assert!(ranked.threshold_curve(most).unwrap().unwrap().len() <= most, "{most}");
            assert!(ranked.roc_curve(most).unwrap().unwrap().len() <= most, "{most}");
        }
    }

    proptest! {
        #[test]
        fn a_thin_curve_is_bounded_exact_and_never_far_off(seed in 0u64..1_000, count in 2u64..3_000, most in 2usize..60) {
            let score: Vec<f64> = (0..count).map(|row| unit(seed, row)).collect();
            let truth: Vec<bool> = (0..count).map(|row| row == 0 || (row > 1 && unit(seed + 7, row) < score[row as usize])).collect();
            let ranked = Ranked::of(&truth, &score, None).unwrap();
            let full = ranked.roc_curve(usize::MAX).unwrap().unwrap();
            let thin = ranked.roc_curve(most).unwrap().unwrap();
            prop_assert!(thin.len() <= most);
            prop_assert!(thin.first() == full.first() && thin.last() == full.last());
            prop_assert!(thin.iter().all(|point| full.contains(point)));
            let position = |point: &RocPoint| f64::midpoint(point.false_positive_rate, point.true_positive_rate);
            for point in &full {
                let behind = thin.iter().rev().find(|kept| position(kept) <= position(point)).unwrap();
                prop_assert!(position(point) - position(behind) < 1.0 / (most - 1) as f64 + 1e-12);
            }
            prop_assert!(ranked.precision_recall_curve(most).unwrap().unwrap().len() <= most);
            prop_assert!(ranked.threshold_curve(most).unwrap().unwrap().len() <= most);
        }
    }

    const ROC_FPR: [f64; 8] = [
        0.0,
        0.16666666666666666,
        0.16666666666666666,
        0.3333333333333333,
        0.5,
        0.6666666666666666,
        0.8333333333333334,
        1.0,
    ];
    const ROC_TPR: [f64; 8] = [0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0];
    const THRESHOLDS: [f64; 7] = [0.9, 0.85, 0.75, 0.7, 0.5, 0.4, 0.2];
    const PRECISION: [f64; 7] = [0.0, 0.5, 0.3333333333333333, 0.4, 0.3333333333333333, 0.2857142857142857, 0.25];
    const RECALL: [f64; 7] = [0.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0];
}
