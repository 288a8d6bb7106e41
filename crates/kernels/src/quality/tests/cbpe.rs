use super::super::calibrator::tested_rows;
use super::super::cbpe::COUNTS;
use super::super::tests::testdata::{near, unit, wrong};
use super::super::*;

/// The chance of a positive at a score: `bent` scores need calibration, `sharp` ones separate the classes.
type Chance = fn(f64) -> f64;

fn bent(score: f64) -> f64 {
    score * score
}

fn sharp(score: f64) -> f64 {
    ((score - 0.5) * 50.0 + 0.5).clamp(0.0, 1.0)
}

fn straight(score: f64) -> f64 {
    score
}

fn table(first: u64, count: u64, chance: Chance) -> (Vec<bool>, Vec<bool>, Vec<f64>) {
    let score: Vec<f64> = (first..first + count).map(|row| unit(40, row)).collect();
    let truth = (first..first + count).map(|row| unit(41, row) < chance(unit(40, row))).collect();
    (truth, score.iter().map(|&score| score >= 0.5).collect(), score)
}

fn estimates(chance: Chance) -> (Cbpe, Estimates) {
    let (truth, prediction, score) = table(0, 2_000, chance);
    let cbpe = Cbpe::fit(&truth, Some(&prediction), &score, 1).unwrap().unwrap();
    let (_, prediction, score) = table(5_000, 1_000, chance);
    let estimates = cbpe.estimate(Some(&prediction), &score).unwrap().unwrap();
    (cbpe, estimates)
}

fn get(estimates: &Estimates, id: &str) -> Computed<Estimate> {
    estimates.metrics.iter().find(|known| known.0 == id).unwrap().1.clone()
}

#[track_caller]
fn check(estimates: &Estimates, values: &[(&str, f64)], errors: &[(&str, f64)]) {
    for (&(id, value), &(_, error)) in values.iter().zip(errors) {
        let found = get(estimates, id).unwrap();
        // NannyML rounds cumulative sums to five digits for the two metrics of ranks.
        assert!((found.value - value).abs() < 2e-6 * (1.0 + value), "{id}: {found:?} {value}");
        // Its error of average precision comes from 50 resamples of another random source.
        let slack = if id == "average_precision" { 0.5 } else { 2e-3 };
        assert!((found.sampling_error / error - 1.0).abs() < slack, "{id}: {found:?} {error}");
    }
    assert_eq!(values.len(), estimates.metrics.len());
}

/// Ten scores, each as often true as it says, to the row.
fn level() -> (Vec<bool>, Vec<bool>, Vec<f64>) {
    let score: Vec<f64> = (0..2_000).map(|row| f64::from(row / 200 * 10 + 5) / 100.0).collect();
    let truth = score.iter().enumerate().map(|(row, score)| ((row % 200) as f64 / 200.0) < *score).collect();
    (truth, score.iter().map(|&score| score >= 0.5).collect(), score)
}

#[test]
fn what_is_calibrated_stays_as_it_is() {
    let (truth, prediction, score) = level();
    // nannyml 0.13.1 says so too, golden/quality.py: what a split tests, its calibration learnt the contrary of.
    for seed in 0..5 {
        let cbpe = Cbpe::fit(&truth, Some(&prediction), &score, seed).unwrap().unwrap();
        assert_eq!(why(&cbpe), "calibration does not lower the calibration error");
    }
}

#[test]
fn costs_are_estimated() {
    let costs = CostMatrix { true_positive: -7.0, false_positive: 3.0, false_negative: 1.0, true_negative: -0.5 };
    let (_, prediction, score) = table(5_000, 1_000, bent);
    let found = estimates(bent).0.estimate_cost(&costs, &prediction, &score).unwrap().unwrap();
    // nannyml 0.13.1, golden/quality.py: business value is −cost · rows
    assert!((found.value * -1_000.0 - BUSINESS).abs() < 1e-6, "{found:?}");
    assert!((found.sampling_error * 1_000.0 / BUSINESS_ERROR - 1.0).abs() < 1e-9, "{found:?}");
    let odd = CostMatrix { true_positive: f64::NAN, ..costs };
    wrong("cost", estimates(bent).0.estimate_cost(&odd, &prediction, &score));
    let (truth, _, score) = table(0, 100, bent);
    let without = Cbpe::fit(&truth, None, &score, 1).unwrap().unwrap();
    assert_eq!(without.estimate_cost(&costs, &[true], &[0.5]), Ok(Err(none("predictions in the reference"))));
    assert_eq!(estimates(bent).0.estimate_cost(&costs, &[], &[]), Ok(Err(empty())));
    // The band ends at the dearest outcome: all are predicted positive, and few rows say little.
    let wide = estimates(bent).0.estimate_cost(&costs, &[true; 2], &[0.9; 2]).unwrap().unwrap();
    assert_eq!(wide.low, -7.0);
}

#[test]
fn golden_values_of_nannyml() {
    // nannyml 0.13.1, golden/quality.py
    let (cbpe, of_bent) = estimates(bent);
    assert_eq!(why(&cbpe), "isotonic");
    check(&of_bent, &BENT, &BENT_ERROR);
    let (cbpe, of_sharp) = estimates(sharp);
    assert_eq!(why(&cbpe), "the scores separate the classes of the reference");
    check(&of_sharp, &SHARP, &SHARP_ERROR);
    for ((id, low), (_, high)) in BENT_LOW.into_iter().zip(BENT_HIGH) {
        let found = get(&of_bent, id).unwrap();
        assert!((found.low - low).abs() < 1e-9 && (found.high - high).abs() < 1e-9, "{id}: {found:?} {low} {high}");
    }
}

#[test]
fn without_drift_the_band_holds_what_comes_true() {
    for chance in [bent as Chance, straight] {
        let (truth, prediction, score) = table(5_000, 1_000, chance);
        let (_, estimates) = estimates(chance);
        let confusion = Confusion::of(&truth, &prediction, None).unwrap();
        let ranked = Ranked::of(&truth, &score, None).unwrap();
        let realised = confusion.metrics().into_iter().chain(ranked.metrics()).collect::<Vec<_>>();
        for (id, estimate) in &estimates.metrics {
            let Some((_, realised)) = realised.iter().find(|known| known.0 == *id) else { continue };
            let (estimate, realised) = (estimate.clone().unwrap(), realised.clone().unwrap());
            assert!(estimate.low <= realised && realised <= estimate.high, "{id}: {estimate:?} {realised}");
        }
    }
}

#[test]
fn bands_end_where_metrics_do() {
    let (cbpe, _) = estimates(bent);
    let found = cbpe.estimate(Some(&[true, true, false, false]), &[0.95, 0.9, 0.2, 0.02]).unwrap().unwrap();
    let (mut low_cut, mut high_cut) = (0, 0);
    for (id, estimate) in found.metrics {
        let (estimate, most) = (estimate.unwrap(), if COUNTS.iter().any(|cell| cell.0 == id) { 4.0 } else { 1.0 });
        let (low, high) =
            (estimate.value - 3.0 * estimate.sampling_error, estimate.value + 3.0 * estimate.sampling_error);
        assert!(near(estimate.low, low.max(0.0)) && near(estimate.high, high.min(most)), "{id}: {estimate:?}");
        low_cut += u32::from(low < 0.0);
        high_cut += u32::from(high > most);
    }
    assert!(low_cut > 2 && high_cut > 2, "{low_cut} {high_cut}");
}

fn why(cbpe: &Cbpe) -> &str {
    match cbpe.calibration() {
        CbpeCalibration::AsGiven(why) => why,
        CbpeCalibration::Isotonic(_) => "isotonic",
    }
}

#[test]
fn odd_references_have_an_answer() {
    let fit =
        |truth: &[bool], prediction: &[bool], score: &[f64]| Cbpe::fit(truth, Some(prediction), score, 1).unwrap();
    assert_eq!(fit(&[], &[], &[]), Err(empty()));
    assert_eq!(fit(&[true], &[true], &[f64::INFINITY]), Err(empty()));
    let one_class = fit(&[true; 3], &[true, true, false], &[0.9, 0.8, 0.2]).unwrap();
    assert_eq!(why(&one_class), "the reference has one class only");
    let found = one_class.estimate(Some(&[true, false]), &[0.9, 0.1]).unwrap().unwrap();
    assert_eq!(get(&found, "roc_auc"), Err(none("rows of both classes in the reference")));
    assert_eq!(get(&found, "specificity"), Err(none("negatives in the reference")));
    assert_eq!(get(&found, "accuracy").unwrap().value, 0.9);
    let split: Vec<bool> = (0..50).map(|row| row >= 25).collect();
    let score: Vec<f64> = (0..50).map(|row| f64::from(row) / 50.0).collect();
    assert_eq!(why(&fit(&split, &split, &score).unwrap()), "the scores separate the classes of the reference");
    let rare: Vec<bool> = (0..50).map(|row| row == 25).collect();
    assert_eq!(why(&fit(&rare, &split, &score).unwrap()), "the reference has fewer than two rows of a class");
    let large: Vec<f64> = score.iter().map(|score| score * 9.0).collect();
    assert!(matches!(fit(&split, &split, &large), Err(Reason::Undefined(_))));
    wrong("truth", Cbpe::fit(&[true], None, &[], 1));
    wrong("prediction", Cbpe::fit(&[], Some(&[true]), &[], 1));
}

#[test]
fn scores_need_not_be_probabilities() {
    let (truth, _, score) = table(0, 2_000, straight);
    let logits = |score: &[f64]| score.iter().map(|score| 100.0 * score - 40.0).collect::<Vec<f64>>();
    let cbpe = Cbpe::fit(&truth, None, &logits(&score), 1).unwrap().unwrap();
    assert_eq!(why(&cbpe), "isotonic");
    let (truth, _, score) = table(5_000, 1_000, straight);
    let found = cbpe.estimate(None, &logits(&score)).unwrap().unwrap();
    let auc = Ranked::of(&truth, &score, None).unwrap().roc_auc().unwrap();
    assert!((get(&found, "roc_auc").unwrap().value - auc).abs() < 0.05);
    assert_eq!(found.metrics.len(), 2);
}

#[test]
fn a_large_reference_is_resampled_in_part() {
    let (truth, _, score) = table(0, 60_000, bent);
    let cbpe = Cbpe::fit(&truth, None, &score, 1).unwrap().unwrap();
    let found = cbpe.estimate(None, &table(5_000, 1_000, bent).2).unwrap().unwrap();
    // As of 2,000 rows: errors are of the current rows' number.
    let error = get(&found, "average_precision").unwrap().sampling_error;
    assert!((error / BENT_ERROR[1].1 - 1.0).abs() < 0.5, "{error}");
}

#[test]
fn odd_current_rows_have_an_answer() {
    let (cbpe, _) = estimates(sharp);
    assert_eq!(cbpe.estimate(None, &[]), Ok(Err(empty())));
    wrong("prediction", cbpe.estimate(Some(&[]), &[0.5]));
    assert!(matches!(cbpe.estimate(None, &[1.5]), Ok(Err(Reason::Undefined(_)))));
    let found = cbpe.estimate(Some(&[false; 3]), &[0.25, f64::NAN, f64::INFINITY]).unwrap().unwrap();
    assert_eq!(found.left_out, 2);
    assert_eq!(get(&found, "accuracy").unwrap().value, 0.75);
    assert_eq!(get(&found, "precision"), Err(none("predicted positives")));
    assert_eq!(get(&found, "roc_auc").unwrap().value, 0.5);
    let without = cbpe.estimate(None, &[0.25, 0.5]).unwrap().unwrap();
    assert_eq!(get(&without, "f1"), Err(none("predictions")));
    assert!(get(&without, "average_precision").is_ok());
}

#[test]
fn a_tenth_of_each_class_is_tested() {
    let truth: Vec<bool> = (0..100).map(|row| row % 5 == 0).collect();
    let tested = tested_rows(&truth, 1);
    let of = |class| (0..100).filter(|&row| tested[row] && truth[row] == class).count();
    assert_eq!((of(true), of(false)), (2, 8));
    let tested = tested_rows(&[true, true, false, false], 1);
    assert_eq!(tested.iter().filter(|tested| **tested).count(), 2);
    assert_eq!(tested_rows(&[true, false], 1), [false; 2]);
}

const BENT: [(&str, f64); 11] = [
    ("roc_auc", 0.8832980728240678),
    ("average_precision", 0.7796281562313816),
    ("accuracy", 0.7483044438913082),
    ("precision", 0.5615950946694447),
    ("recall", 0.8890696049639926),
    ("specificity", 0.6842682379283787),
    ("f1", 0.6883701369360468),
    ("true_positive", 277.9895718613751),
    ("false_positive", 217.01042813862492),
    ("false_negative", 34.68512797006689),
    ("true_negative", 470.31487202993316),
];
const BENT_ERROR: [(&str, f64); 11] = [
    ("roc_auc", 0.00854638501548885),
    ("average_precision", 0.02312214647150315),
    ("accuracy", 0.013729384545565035),
    ("precision", 0.022178688135946333),
    ("recall", 0.01757630797708019),
    ("specificity", 0.01782525395853939),
    ("f1", 0.028251634617885383),
    ("true_positive", 14.23705552422972),
    ("false_positive", 13.034991369387248),
    ("false_negative", 5.811626278418117),
    ("true_negative", 15.773704384195872),
];
const BENT_LOW: [(&str, f64); 2] = [("recall", 0.836340681032752), ("f1", 0.6036152330823906)];
const BENT_HIGH: [(&str, f64); 2] = [("recall", 0.9417985288952331), ("f1", 0.7731250407897029)];
const SHARP: [(&str, f64); 11] = [
    ("roc_auc", 0.830798718136158),
    ("average_precision", 0.8271798298165413),
    ("accuracy", 0.7485159597005713),
    ("precision", 0.745705435745896),
    ("recall", 0.7461087539702517),
    ("specificity", 0.7508729736305773),
    ("f1", 0.7459070403386869),
    ("true_positive", 369.1241906942185),
    ("false_positive", 125.87580930578149),
    ("false_negative", 125.6082309936471),
    ("true_negative", 379.3917690063529),
];
const SHARP_ERROR: [(&str, f64); 11] = [
    ("roc_auc", 3.5591389040896813e-05),
    ("average_precision", 4.344932013156522e-05),
    ("accuracy", 0.0022304708023195468),
    ("precision", 0.003457140381202214),
    ("recall", 0.0028312412702863493),
    ("specificity", 0.0034433946680848897),
    ("f1", 0.004458703717515984),
    ("true_positive", 15.811000917083016),
    ("false_positive", 1.7294507798720382),
    ("false_negative", 1.4127986409959488),
    ("true_negative", 15.811317149434453),
];
const BUSINESS: f64 = 1495.3680266586507;
const BUSINESS_ERROR: f64 = 116.71990805985071;
