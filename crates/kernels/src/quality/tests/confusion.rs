use super::super::tests::testdata::{check, near, rows, wrong};
use super::super::*;
use proptest::prelude::*;

#[test]
fn golden_values_of_scikit_learn() {
    let rows = rows();
    // scikit-learn 1.9.1, golden/quality.py
    check(&Confusion::of(&rows.truth, &rows.prediction, None).unwrap().metrics(), &GOLDEN);
    check(&Confusion::of(&rows.truth, &rows.prediction, Some(&rows.weight)).unwrap().metrics(), &GOLDEN_WEIGHTED);
}

fn of(cells: [f64; 4]) -> Confusion {
    let [true_positive, false_positive, false_negative, true_negative] = cells;
    Confusion { true_positive, false_positive, false_negative, true_negative, left_out: 0 }
}

#[track_caller]
fn reasons(cells: [f64; 4], expected: &[(&str, Reason)]) {
    let metrics = of(cells).metrics();
    let found: Vec<(&str, Reason)> =
        metrics.into_iter().filter_map(|(id, value)| value.err().map(|reason| (id, reason))).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_number_that_is_not_there_has_a_reason() {
    let all = of([0.0; 4]).metrics();
    assert!(all.iter().all(|(_, value)| value.is_err()));
    assert_eq!(all[0].1, Err(Reason::Empty("the set of rows".to_owned())));
    let (positives, negatives) = (none("positives"), none("negatives"));
    let fired = none("predicted positives");
    let either = none("positives, true or predicted");
    // Only negatives, and predicted so: accuracy is all there is.
    reasons(
        [0.0, 0.0, 0.0, 5.0],
        &[
            ("balanced_accuracy", positives.clone()),
            ("precision", fired),
            ("recall", positives.clone()),
            ("f1", either.clone()),
            ("f0_5", either.clone()),
            ("f2", either.clone()),
            ("jaccard", either),
            ("matthews_corrcoef", constant("truth")),
            ("cohen_kappa", constant("truth and prediction")),
            ("positive_likelihood_ratio", positives.clone()),
            ("negative_likelihood_ratio", positives.clone()),
            ("true_positive_rate", positives.clone()),
            ("false_negative_rate", positives),
        ],
    );
    // A single hit.
    reasons(
        [1.0, 0.0, 0.0, 0.0],
        &[
            ("balanced_accuracy", negatives.clone()),
            ("specificity", negatives.clone()),
            ("matthews_corrcoef", constant("truth")),
            ("cohen_kappa", constant("truth and prediction")),
            ("positive_likelihood_ratio", negatives.clone()),
            ("negative_likelihood_ratio", negatives.clone()),
            ("true_negative_rate", negatives.clone()),
            ("false_positive_rate", negatives),
        ],
    );
    reasons(
        [3.0, 2.0, 0.0, 0.0],
        &[("matthews_corrcoef", constant("prediction")), ("negative_likelihood_ratio", none("true negatives"))],
    );
    reasons([3.0, 0.0, 1.0, 2.0], &[("positive_likelihood_ratio", none("false positives"))]);
}

#[test]
fn a_number_that_is_nothing_is_nothing() {
    let never_right = of([0.0, 2.0, 3.0, 0.0]);
    assert_eq!((never_right.precision(), never_right.f1(), never_right.accuracy()), (Ok(0.0), Ok(0.0), Ok(0.0)));
    assert!(near(never_right.matthews_corrcoef().unwrap(), -1.0));
    assert_eq!(of([3.0, 2.0, 0.0, 0.0]).cohen_kappa(), Ok(0.0));
}

#[test]
fn odd_arguments_are_refused_and_odd_weights_left_out() {
    wrong("prediction", Confusion::of(&[true], &[], None));
    wrong("weights", Confusion::of(&[true], &[true], Some(&[])));
    for beta in [-1.0, f64::NAN, f64::INFINITY] {
        wrong("beta", of([1.0; 4]).f_beta(beta));
    }
    assert_eq!(
        of([1.0; 4]).f_beta(-1.0).unwrap_err().to_string(),
        "`beta` is -1: expected a finite number, 0 or above"
    );
    assert_eq!(of([1.0; 4]).f_beta(1.0), Ok(of([1.0; 4]).f1()));
    let weights = [f64::NAN, -1.0, f64::INFINITY, 0.0, 2.5];
    let confusion = Confusion::of(&[true; 5], &[true; 5], Some(&weights)).unwrap();
    assert_eq!(confusion, Confusion { left_out: 3, ..of([2.5, 0.0, 0.0, 0.0]) });
}

#[test]
fn large_weights_stay_in_range() {
    let [large, small] = [1e90, 1.0].map(|factor| of([3.0, 1.0, 2.0, 4.0].map(|cell| cell * factor)));
    for ((id, a), (_, b)) in large.metrics().into_iter().zip(small.metrics()) {
        assert!(near(a.unwrap(), b.unwrap()), "{id}");
    }
}

proptest! {
    #[test]
    fn any_order_and_split_gives_equal_bits(rows in prop::collection::vec((any::<bool>(), any::<bool>()), 0..80), cut in 0usize..80) {
        let (truth, prediction): (Vec<bool>, Vec<bool>) = rows.iter().copied().unzip();
        let whole = Confusion::of(&truth, &prediction, None).unwrap();
        let cut = cut.min(rows.len());
        let mut merged = Confusion::of(&truth[cut..], &prediction[cut..], None).unwrap();
        merged.merge(&Confusion::of(&truth[..cut], &prediction[..cut], None).unwrap());
        prop_assert_eq!(merged, whole);
    }

    #[test]
    fn metrics_do_not_depend_on_the_unit_and_mirror_with_the_classes(cells in prop::array::uniform4(0.0f64..9.0)) {
        let [tp, fp, fneg, tn] = cells;
        let (whole, mirrored) = (of(cells), of([tn, fneg, fp, tp]));
        for ((id, a), (_, b)) in whole.metrics().into_iter().zip(of(cells.map(|cell| cell * 4.0)).metrics()) {
            prop_assert!(a == b || near(a.clone().unwrap(), b.unwrap()), "{} {:?}", id, a);
        }
        prop_assert_eq!(whole.recall(), mirrored.specificity());
        prop_assert_eq!(whole.false_positive_rate(), mirrored.false_negative_rate());
        for (a, b) in [
            (whole.accuracy(), mirrored.accuracy()),
            (whole.matthews_corrcoef(), mirrored.matthews_corrcoef()),
            (whole.cohen_kappa(), mirrored.cohen_kappa()),
        ] {
            prop_assert!(a == b || near(a.unwrap(), b.unwrap()));
        }
    }
}

const GOLDEN: [(&str, f64); 17] = [
    ("accuracy", 0.625),
    ("balanced_accuracy", 0.6287878787878788),
    ("precision", 0.5714285714285714),
    ("recall", 0.6666666666666666),
    ("specificity", 0.5909090909090909),
    ("f1", 0.6153846153846154),
    ("f0_5", 0.5882352941176471),
    ("f2", 0.6451612903225806),
    ("jaccard", 0.4444444444444444),
    ("matthews_corrcoef", 0.25660560061597815),
    ("cohen_kappa", 0.25373134328358216),
    ("positive_likelihood_ratio", 1.6296296296296295),
    ("negative_likelihood_ratio", 0.5641025641025641),
    ("true_positive_rate", 0.6666666666666666),
    ("true_negative_rate", 0.5909090909090909),
    ("false_positive_rate", 0.4090909090909091),
    ("false_negative_rate", 0.3333333333333333),
];
const GOLDEN_WEIGHTED: [(&str, f64); 17] = [
    ("accuracy", 0.5341614906832298),
    ("balanced_accuracy", 0.5325042881646656),
    ("precision", 0.3717948717948718),
    ("recall", 0.5272727272727272),
    ("specificity", 0.5377358490566038),
    ("f1", 0.43609022556390975),
    ("f0_5", 0.39509536784741145),
    ("f2", 0.4865771812080537),
    ("jaccard", 0.27884615384615385),
    ("matthews_corrcoef", 0.0616905418828768),
    ("cohen_kappa", 0.05906646925894188),
    ("positive_likelihood_ratio", 1.140630797773655),
    ("negative_likelihood_ratio", 0.8791068580542265),
    ("true_positive_rate", 0.5272727272727272),
    ("true_negative_rate", 0.5377358490566038),
    ("false_positive_rate", 0.46226415094339623),
    ("false_negative_rate", 0.4727272727272727),
];
