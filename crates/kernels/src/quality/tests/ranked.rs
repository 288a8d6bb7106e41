use super::super::ranked::{key, score_of};
use super::super::tests::testdata::{check, near, rows, wrong};
use super::super::*;
use crate::mix;
use proptest::prelude::*;

#[test]
fn golden_values_of_scikit_learn_and_scipy() {
    let rows = rows();
    let plain = Ranked::of(&rows.truth, &rows.score, None).unwrap();
    // scikit-learn 1.9.1, golden/quality.py
    check(&plain.metrics(), &GOLDEN);
    check(&Ranked::of(&rows.truth, &rows.score, Some(&rows.weight)).unwrap().metrics(), &GOLDEN_WEIGHTED);
    // scipy 1.17.1
    assert!(near(plain.ks().unwrap(), KS));
}

#[track_caller]
fn every_metric(ranked: &Ranked, reason: &Reason) {
    assert!(ranked.metrics().iter().all(|(_, value)| value.as_ref() == Err(reason)));
}

#[test]
fn odd_rows_have_an_answer() {
    let of = |truth: &[bool], score: &[f64]| Ranked::of(truth, score, None).unwrap();
    every_metric(&of(&[], &[]), &empty());
    every_metric(&of(&[true], &[0.5]), &constant("truth"));
    every_metric(&of(&[false; 3], &[0.1, 0.2, 0.3]), &constant("truth"));
    every_metric(&of(&[true, false], &[f64::NAN; 2]), &empty());
    let constant_score = of(&[true, false, false, false], &[0.3; 4]);
    assert_eq!(
        constant_score.metrics().into_iter().map(|(_, value)| value.unwrap()).collect::<Vec<_>>(),
        [0.5, 0.0, 0.25, 0.0]
    );
    let missing = of(&[true, true, false, false], &[0.9, f64::NAN, 0.1, f64::NAN]);
    assert_eq!((missing.roc_auc(), missing.left_out()), (Ok(1.0), 2));
    let infinite = of(&[true, false, true, false], &[f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0]);
    assert_eq!((infinite.roc_auc(), infinite.blocks().len()), (Ok(0.875), 3));
    wrong("score", Ranked::of(&[true], &[], None));
    wrong("probability", Ranked::expected(&[0.1], &[]));
    let absent = Ranked::of(&[true, false], &[f64::NAN, 0.2], Some(&[0.0, 1.0])).unwrap();
    assert_eq!(absent.left_out(), 0);
    let weightless = Ranked::of(&[true, false], &[0.1, 0.2], Some(&[0.0, 1.0])).unwrap();
    every_metric(&weightless, &constant("truth"));
    let odd = Ranked::of(&[true; 3], &[0.1; 3], Some(&[f64::NAN, -1.0, f64::INFINITY])).unwrap();
    assert_eq!(odd.left_out(), 3);
}

#[test]
fn small_and_large_weights_stay_in_range() {
    let of = |weights: &[f64], score: &[f64]| Ranked::of(&[false, true], score, Some(weights)).unwrap();
    for weights in [[0.2, 0.1], [1e-170, 1e-170], [1e170, 1e-170], [5e307, 5e307]] {
        assert_eq!((of(&weights, &[0.1, 0.9]).roc_auc(), of(&weights, &[0.1, 0.9]).gini()), (Ok(1.0), Ok(1.0)));
        assert_eq!(of(&weights, &[0.9, 0.1]).roc_auc(), Ok(0.0));
        assert_eq!(of(&weights, &[0.1, 0.9]).average_precision(), Ok(1.0));
        let isotonic = Isotonic::fit(&of(&weights, &[0.1, 0.9])).unwrap();
        assert_eq!((isotonic.at(0.1), isotonic.at(0.9)), (Some(0.0), Some(1.0)));
    }
    every_metric(
        &of(&[f64::MAX; 2], &[0.1, 0.9]),
        &Reason::Undefined("the number is too large for a float".to_owned()),
    );
}

#[test]
fn keys_keep_order_and_come_back() {
    let scores = [f64::NEG_INFINITY, -1e300, -1.0, -f64::MIN_POSITIVE, 0.0, 5e-324, 0.5, 1.0, f64::MAX, f64::INFINITY];
    assert!(scores.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
    assert!(scores.iter().all(|&score| score_of(key(score)) == score));
    assert_eq!(key(-0.0), key(0.0));
}

#[test]
fn sure_probabilities_are_truths() {
    let rows = rows();
    let sure: Vec<f64> = rows.truth.iter().map(|&truth| f64::from(u8::from(truth))).collect();
    let expected = Ranked::expected(&rows.score, &sure).unwrap();
    assert_eq!(expected, Ranked::of(&rows.truth, &rows.score, None).unwrap());
    assert_eq!(Ranked::expected(&[0.1, 0.2], &[1.5, f64::NAN]).unwrap().left_out(), 2);
    assert_eq!(Ranked::expected(&[0.1], &[-0.0]).unwrap().totals(), (0.0, 1.0));
}

/// The definition: every pair of a positive and a negative.
fn pairs(truth: &[bool], score: &[f64], weights: &[f64]) -> f64 {
    let (mut right, mut all) = (0.0, 0.0);
    for i in (0..truth.len()).filter(|&i| truth[i]) {
        for j in (0..truth.len()).filter(|&j| !truth[j]) {
            let weight = weights[i] * weights[j];
            all += weight;
            right += weight
                * if score[i] > score[j] {
                    1.0
                } else if score[i] == score[j] {
                    0.5
                } else {
                    0.0
                };
        }
    }
    right / all
}

proptest! {
    #[test]
    fn any_order_and_split_gives_equal_bits(seed in any::<u64>(), count in 2u64..60, cut in 0usize..60) {
        let score: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 12) as f64 / 3.0).collect();
        let truth: Vec<bool> = (0..count).map(|row| mix(seed ^ 1, row).is_multiple_of(3)).collect();
        let weights: Vec<f64> = (0..count).map(|row| (mix(seed ^ 2, row) % 7) as f64 / 10.0 + 0.1).collect();
        let weighted = Ranked::of(&truth, &score, Some(&weights)).unwrap();
        let backwards = |column: &[f64]| column.iter().rev().copied().collect::<Vec<f64>>();
        let reversed: Vec<bool> = truth.iter().rev().copied().collect();
        prop_assert_eq!(Ranked::of(&reversed, &backwards(&score), Some(&backwards(&weights))).unwrap(), weighted.clone());
        let whole = Ranked::of(&truth, &score, None).unwrap();
        let cut = cut.min(truth.len());
        let mut merged = Ranked::of(&truth[cut..], &score[cut..], None).unwrap();
        merged.merge(&Ranked::of(&truth[..cut], &score[..cut], None).unwrap());
        prop_assert_eq!(merged, whole);
        if let Ok(auc) = weighted.roc_auc() {
            prop_assert!(near(auc, pairs(&truth, &score, &weights)));
            let raised: Vec<f64> = score.iter().map(|score| score.exp() - 7.0).collect();
            prop_assert_eq!(Ranked::of(&truth, &raised, Some(&weights)).unwrap().metrics(), weighted.metrics());
            let turned: Vec<f64> = score.iter().map(|score| -score).collect();
            let turned = Ranked::of(&truth, &turned, Some(&weights)).unwrap();
            prop_assert!(near(turned.roc_auc().unwrap(), 1.0 - auc));
            prop_assert!(near(turned.ks().unwrap(), weighted.ks().unwrap()));
        }
    }

    #[test]
    fn whole_weights_are_repeats(seed in any::<u64>(), count in 2u64..40) {
        let score: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 9) as f64).collect();
        let truth: Vec<bool> = (0..count).map(|row| mix(seed ^ 1, row).is_multiple_of(2)).collect();
        let weights: Vec<f64> = (0..count).map(|row| (mix(seed ^ 2, row) % 4) as f64).collect();
        let repeat = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
        let rows: Vec<usize> = (0..truth.len()).flat_map(repeat).collect();
        let repeated = Ranked::of(
            &rows.iter().map(|&row| truth[row]).collect::<Vec<_>>(),
            &rows.iter().map(|&row| score[row]).collect::<Vec<_>>(),
            None,
        );
        prop_assert_eq!(Ranked::of(&truth, &score, Some(&weights)).unwrap(), repeated.unwrap());
    }
}

const GOLDEN: [(&str, f64); 4] = [
    ("roc_auc", 0.6565656565656566),
    ("gini", 0.31313131313131315),
    ("average_precision", 0.5554143772893773),
    ("ks", 0.292929292929293),
];
const GOLDEN_WEIGHTED: [(&str, f64); 4] = [
    ("roc_auc", 0.5843053173241852),
    ("gini", 0.16861063464837045),
    ("average_precision", 0.4539467724781667),
    ("ks", 0.20085763293310466),
];
const KS: f64 = 0.29292929292929293;
