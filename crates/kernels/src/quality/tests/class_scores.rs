use super::super::tests::testdata::{check, class_rows, near, rows, wrong};
use super::super::*;
use proptest::prelude::*;

fn metrics(truth: &[u32], scores: &[&[f64]], weights: Option<&[f64]>) -> Metrics {
    whole(&ClassScores::of(truth, scores, weights).unwrap())
}

fn whole(scores: &ClassScores) -> Metrics {
    scores.metrics(scores.weights()).unwrap()
}

fn get(scores: &ClassScores, id: &str) -> Computed {
    whole(scores).into_iter().find(|known| known.0 == id).unwrap().1
}

#[test]
fn golden_values_of_scikit_learn() {
    let rows = class_rows();
    let scores: Vec<&[f64]> = rows.scores.iter().map(Vec::as_slice).collect();
    // scikit-learn 1.9.1, golden/quality.py
    check(&metrics(&rows.truth, &scores, None), &GOLDEN);
    let mut weighted = metrics(&rows.truth, &scores, Some(&rows.weight));
    // scikit-learn takes no weights for pairs: the next test compares those with rows that stand twice.
    weighted.retain(|(id, _)| !id.contains("ovo"));
    check(&weighted, &GOLDEN_WEIGHTED);
}

#[test]
fn whole_weights_are_repeats() {
    let rows = class_rows();
    let weights: Vec<f64> = rows.weight.iter().map(|weight| (weight * 4.0) % 3.0).collect();
    let repeat = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
    let order: Vec<usize> = (0..rows.truth.len()).flat_map(repeat).collect();
    let truth: Vec<u32> = order.iter().map(|&row| rows.truth[row]).collect();
    let columns: Vec<Vec<f64>> =
        rows.scores.iter().map(|column| order.iter().map(|&row| column[row]).collect()).collect();
    let repeated: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let scores: Vec<&[f64]> = rows.scores.iter().map(Vec::as_slice).collect();
    let pairs = metrics(&rows.truth, &scores, Some(&weights)).into_iter().zip(metrics(&truth, &repeated, None));
    for ((id, a), (_, b)) in pairs {
        assert!(near(a.unwrap(), b.unwrap()), "{id}");
    }
}

#[test]
fn odd_rows_have_an_answer() {
    let columns: [&[f64]; 3] = [&[0.7, 0.1, 0.2, 0.6], &[0.2, 0.6, 0.3, 0.3], &[0.1, 0.3, 0.5, 0.1]];
    // The last class never occurs: it has no AUC, and means are over the others.
    let two = ClassScores::of(&[0, 1, 1, 0], &columns, None).unwrap();
    let other = ClassScores::of(&[0, 1, 1, 0], &columns[..2], None).unwrap();
    for id in ["roc_auc_ovr", "roc_auc_ovo", "average_precision_weighted"] {
        assert_eq!(get(&two, id), get(&other, id), "{id}");
    }
    let one = ClassScores::of(&[1; 4], &columns, None).unwrap();
    for id in ["roc_auc_ovr", "roc_auc_ovo_weighted", "average_precision_macro", "d2_log_loss", "d2_brier"] {
        assert_eq!(get(&one, id), Err(constant("truth")), "{id}");
    }
    assert!(get(&one, "log_loss").is_ok() && get(&one, "top_k_accuracy").is_ok());
    let unknown = ClassScores::of(&[0, 1, 7, 0], &columns, None).unwrap();
    let reason = Reason::Undefined("rows of a class that has no score: 1".to_owned());
    assert!(whole(&unknown).iter().all(|(_, value)| value.as_ref() == Err(&reason)));
    assert_eq!(unknown.reliability(10, Binning::EqualWidth), Ok(Err(reason)));
    let none: [&[f64]; 2] = [&[], &[]];
    assert!(metrics(&[], &none, None).iter().all(|(_, value)| *value == Err(empty())));
    let missing: [&[f64]; 2] = [&[0.9, f64::NAN, 0.2], &[0.1, 0.5, 0.8]];
    let missing = ClassScores::of(&[0, 1, 1], &missing, None).unwrap();
    assert_eq!((missing.left_out(), get(&missing, "roc_auc_ovr")), (1, Ok(1.0)));
    // A row of weight 0 is not there, whatever it holds.
    let absent: [&[f64]; 2] = [&[0.9, 7.0, 0.2], &[0.1, f64::NAN, 0.8]];
    let absent = ClassScores::of(&[0, 9, 1], &absent, Some(&[1.0, 0.0, 1.0])).unwrap();
    assert_eq!((absent.left_out(), get(&absent, "roc_auc_ovr"), get(&absent, "log_loss").is_ok()), (0, Ok(1.0), true));
    let large: [&[f64]; 2] = [&[1.5, 0.0], &[0.1, 1.0]];
    let large = ClassScores::of(&[0, 1], &large, None).unwrap();
    for id in ["log_loss", "brier", "d2_log_loss", "d2_brier"] {
        assert!(matches!(get(&large, id), Err(Reason::Undefined(_))), "{id}");
    }
    assert!(get(&large, "roc_auc_ovr").is_ok());
    wrong("scores", ClassScores::of(&[0], &[&[1.0]], None));
    wrong("scores", ClassScores::of(&[0], &[&[1.0], &[]], None));
    wrong("weights", ClassScores::of(&[0], &[&[1.0], &[1.0]], Some(&[])));
    wrong("weights", one.metrics(&[1.0]));
}

#[test]
fn the_top_class_is_calibrated_or_not() {
    let columns: [&[f64]; 3] = [&[0.7, 0.1, 0.2, 0.6], &[0.2, 0.6, 0.3, 0.3], &[0.1, 0.3, 0.5, 0.1]];
    let scores = ClassScores::of(&[0, 1, 0, 1], &columns, None).unwrap();
    let found = scores.reliability(10, Binning::EqualWidth).unwrap().unwrap();
    // 0.7 and 0.6 came true, 0.5 and 0.6 did not.
    let direct = Reliability::of(&[true, true, false, false], &[0.7, 0.6, 0.5, 0.6], None, 10, Binning::EqualWidth);
    assert_eq!(Ok(Ok(found)), direct);
    assert_eq!(scores.top_k_accuracy(1, &[1.0; 4]), Ok(0.5));
    // Of equal scores the later class stands above: among 0.3 and 0.3 the first is third.
    let tied: [&[f64]; 3] = [&[0.3], &[0.3], &[0.4]];
    let tied = ClassScores::of(&[0], &tied, None).unwrap();
    assert_eq!((tied.top_k_accuracy(2, &[1.0]), tied.top_k_accuracy(3, &[1.0])), (Ok(0.0), Ok(1.0)));
}

#[test]
fn two_classes_cost_what_one_probability_costs() {
    let rows = rows();
    let other: Vec<f64> = rows.score.iter().map(|score| 1.0 - score).collect();
    let truth: Vec<u32> = rows.truth.iter().map(|&truth| u32::from(truth)).collect();
    let scores = ClassScores::of(&truth, &[&other, &rows.score], None).unwrap();
    for (id, value) in ProbabilitySums::of(&rows.truth, &rows.score, None).unwrap().metrics() {
        assert!(near(get(&scores, id).unwrap(), value.unwrap()), "{id}");
    }
}

proptest! {
    #[test]
    fn two_classes_are_one_curve(seed in 0u64..500) {
        let score: Vec<f64> = (0..30).map(|row| super::super::tests::testdata::unit(seed, row)).collect();
        let other: Vec<f64> = score.iter().map(|score| 1.0 - score).collect();
        let truth: Vec<u32> = (0..30).map(|row| u32::from(row % 3 == 0)).collect();
        let binary: Vec<bool> = truth.iter().map(|&class| class == 1).collect();
        let auc = Ranked::of(&binary, &score, None).unwrap().roc_auc().unwrap();
        let columns: [&[f64]; 2] = [&other, &score];
        let scores = ClassScores::of(&truth, &columns, None).unwrap();
        for (id, value) in whole(&scores).into_iter().take(4) {
            prop_assert!(near(value.unwrap(), auc), "{}", id);
        }
    }
}

const GOLDEN: [(&str, f64); 11] = [
    ("roc_auc_ovr", 0.9018692672030149),
    ("roc_auc_ovr_weighted", 0.902333601168592),
    ("roc_auc_ovo", 0.903021251235537),
    ("roc_auc_ovo_weighted", 0.9024699837199838),
    ("average_precision_macro", 0.7964107023059502),
    ("average_precision_weighted", 0.8061510139969907),
    ("log_loss", 0.9825983540000885),
    ("d2_log_loss", 0.2776400032873442),
    ("brier", 0.5436664210701215),
    ("d2_brier", 0.26143429590474077),
    ("top_k_accuracy", 0.9),
];
const GOLDEN_WEIGHTED: [(&str, f64); 9] = [
    ("roc_auc_ovr", 0.9059214543420735),
    ("roc_auc_ovr_weighted", 0.9054146192463497),
    ("average_precision_macro", 0.811902203946822),
    ("average_precision_weighted", 0.8113774397723198),
    ("log_loss", 0.9938045070488978),
    ("d2_log_loss", 0.2794134342725343),
    ("brier", 0.5479254096353868),
    ("d2_brier", 0.2659708831202582),
    ("top_k_accuracy", 0.9177489177489178),
];
