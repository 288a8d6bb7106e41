use super::super::calibration::ece_by_rows;
use super::super::tests::testdata::{near, rows, unit, wrong};
use super::super::*;
use crate::mix;
use proptest::prelude::*;

fn of(truth: &[bool], probability: &[f64], weights: Option<&[f64]>, binning: Binning) -> Reliability {
    Reliability::of(truth, probability, weights, 10, binning).unwrap().unwrap()
}

#[test]
fn golden_values_of_scikit_learn() {
    let rows = rows();
    let plain = of(&rows.truth, &rows.score, None, Binning::EqualWidth);
    let there: Vec<&ReliabilityBin> = plain.bins().iter().filter(|bin| bin.rows > 0).collect();
    // scikit-learn 1.9.1, golden/quality.py; ECE is a sum over its curve.
    assert_eq!(there.len(), SHARE.len());
    for ((bin, share), mean) in there.iter().zip(SHARE).zip(MEAN) {
        assert!(near(bin.positive_share().unwrap(), share) && near(bin.mean_score().unwrap(), mean), "{bin:?}");
    }
    let weighted = of(&rows.truth, &rows.score, Some(&rows.weight), Binning::EqualWidth);
    assert!(near(plain.ece().unwrap(), 0.165), "{plain:?}");
    assert!(near(weighted.ece().unwrap(), 0.24409937888198757), "{weighted:?}");
    assert_eq!(plain.metrics()[0], ("expected_calibration_error", plain.ece()));
}

#[test]
fn golden_value_of_nannyml() {
    let score: Vec<f64> = (0..200).map(|row| unit(30, row)).collect();
    let truth: Vec<bool> = (0..200).map(|row| unit(31, row) < unit(30, row).powi(2)).collect();
    let found = of(&truth, &score, None, Binning::EqualFrequency);
    // nannyml 0.13.1, golden/quality.py
    assert!(near(found.ece().unwrap(), FREQUENCY), "{found:?}");
    assert!(found.bins().iter().all(|bin| bin.rows == 20));
}

#[test]
fn bins_of_rows_cut_through_ties_and_the_last_takes_what_is_left() {
    let score: Vec<f64> = (0..200).map(|row| unit(30, row)).collect();
    let truth = |row: usize| unit(31, row as u64) < unit(30, row as u64).powi(2);
    let rows: Vec<(f64, bool)> = score.iter().enumerate().map(|(row, &score)| (score, truth(row))).collect();
    assert!(near(ece_by_rows(rows, 10).unwrap(), FREQUENCY));
    // Bins of two rows, the last of three: (0.5 − 0.5), (1 − 0.5)·2 and 3 of 7 rows.
    let tied: Vec<(f64, bool)> = (0..7).map(|row| (0.5, row > 0)).collect();
    assert!(near(ece_by_rows(tied, 3).unwrap(), (0.5 * 2.0 + 0.5 * 3.0) / 7.0));
    assert_eq!(ece_by_rows(vec![], 10), Err(empty()));
}

#[test]
fn edges_belong_to_the_bin_below_and_zero_to_the_first() {
    let score = [0.0, 0.1, 0.2, 0.3, 0.7, 1.0];
    let found = of(&[true; 6], &score, None, Binning::EqualWidth);
    assert_eq!(found.bins().iter().map(|bin| bin.rows).collect::<Vec<_>>(), [2, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
}

#[test]
fn odd_rows_have_an_answer() {
    for binning in [Binning::EqualWidth, Binning::EqualFrequency] {
        let none = of(&[], &[], None, binning);
        assert_eq!(none.ece(), Err(empty()));
        let single = of(&[true], &[0.75], None, binning);
        assert_eq!(single.ece(), Ok(0.25));
        let constant = of(&[true, false, false, false], &[0.25; 4], None, binning);
        assert_eq!((constant.ece(), constant.bins().iter().filter(|bin| bin.rows > 0).count()), (Ok(0.0), 1));
        let missing = of(&[true; 2], &[f64::NAN, 1.0], Some(&[1.0, -2.0]), binning);
        assert_eq!((missing.ece(), missing.left_out()), (Err(empty()), 2));
        for outside in [-0.1, 1.1, f64::INFINITY] {
            let found = Reliability::of(&[true], &[outside], None, 10, binning);
            assert_eq!(found, Ok(Err(Reason::Undefined("probabilities outside 0 to 1: 1".to_owned()))));
        }
        // A row of weight 0 is not there, whatever it holds.
        let absent = of(&[true; 3], &[f64::NAN, 7.0, 1.0], Some(&[0.0, 0.0, 1.0]), binning);
        assert_eq!((absent.ece(), absent.left_out()), (Ok(0.0), 0));
        for bins in [0, 10_001, usize::MAX] {
            wrong("bins", Reliability::of(&[], &[], None, bins, binning));
        }
        wrong("probability", Reliability::of(&[true], &[], None, 1, binning));
    }
    let mut by_frequency = of(&[true], &[0.5], None, Binning::EqualFrequency);
    let same = by_frequency.clone();
    wrong("other", by_frequency.merge(&same));
}

proptest! {
    #[test]
    fn every_row_is_in_one_bin_and_any_order_says_the_same(seed in any::<u64>(), count in 1u64..80, cut in 0usize..80, bins in 1usize..12) {
        let score: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 33) as f64 / 32.0).collect();
        let truth: Vec<bool> = (0..count).map(|row| mix(seed ^ 1, row).is_multiple_of(2)).collect();
        let cut = cut.min(truth.len());
        let (back_truth, back): (Vec<bool>, Vec<f64>) = truth.iter().copied().zip(score.iter().copied()).rev().unzip();
        for binning in [Binning::EqualWidth, Binning::EqualFrequency] {
            let whole = Reliability::of(&truth, &score, None, bins, binning).unwrap().unwrap();
            prop_assert_eq!(whole.bins().iter().map(|bin| bin.rows).sum::<u64>(), count);
            prop_assert!(whole.bins().len() <= bins);
            prop_assert_eq!(&Reliability::of(&back_truth, &back, None, bins, binning).unwrap().unwrap(), &whole);
            for bin in whole.bins().iter().filter(|bin| bin.rows > 0) {
                let mean = bin.mean_score().unwrap();
                prop_assert!(bin.low - 1e-12 <= mean && mean <= bin.high + 1e-12);
            }
        }
        let part = |rows: std::ops::Range<usize>| {
            Reliability::of(&truth[rows.clone()], &score[rows], None, bins, Binning::EqualWidth).unwrap().unwrap()
        };
        let mut merged = part(cut..truth.len());
        merged.merge(&part(0..cut)).unwrap();
        // Thirty-seconds add up without rounding.
        prop_assert_eq!(merged, part(0..truth.len()));
    }
}

const SHARE: [f64; 9] = [0.125, 0.4, 0.6, 0.25, 0.6666666666666666, 0.6, 0.6666666666666666, 0.6666666666666666, 0.0];
const MEAN: [f64; 9] = [
    0.05,
    0.18000000000000002,
    0.38999999999999996,
    0.4875,
    0.5666666666666667,
    0.69,
    0.7666666666666666,
    0.8666666666666667,
    0.95,
];
const FREQUENCY: f64 = 0.19752352883207697;
