use super::super::tests::testdata::{near, unit, wrong};
use super::super::*;

struct Columns {
    truth: Vec<u32>,
    prediction: Vec<u32>,
    scores: [Vec<f64>; 3],
}

/// The rows of golden/quality.py: truth is drawn by the squares of the scores, which so need calibration.
fn columns(first: u64, count: u64) -> Columns {
    let mut columns = Columns { truth: vec![], prediction: vec![], scores: [vec![], vec![], vec![]] };
    for row in first..first + count {
        let raw = [70, 71, 72].map(|stream| unit(stream, row) + 0.05);
        let score = raw.map(|value| value / ((raw[0] + raw[1]) + raw[2]));
        let squares = score.map(|score| score * score);
        let draw = unit(73, row) * ((squares[0] + squares[1]) + squares[2]);
        columns.truth.push(if draw < squares[0] {
            0
        } else if draw < squares[0] + squares[1] {
            1
        } else {
            2
        });
        columns.prediction.push((0..3).rev().max_by(|&a, &b| score[a as usize].total_cmp(&score[b as usize])).unwrap());
        for (column, score) in columns.scores.iter_mut().zip(score) {
            column.push(score);
        }
    }
    columns
}

fn fit(columns: &Columns) -> Result<Computed<ClassCbpe>, KernelError> {
    ClassCbpe::fit(&columns.truth, &columns.prediction, &columns.scores.each_ref().map(Vec::as_slice), 1)
}

fn estimate(cbpe: &ClassCbpe, columns: &Columns) -> Estimates {
    cbpe.estimate(&columns.prediction, &columns.scores.each_ref().map(Vec::as_slice), Gaps::Zero).unwrap().unwrap()
}

#[test]
fn golden_values_of_nannyml() {
    let cbpe = fit(&columns(0, 3_000)).unwrap().unwrap();
    assert!(cbpe.calibrations().all(|calibration| matches!(calibration, CbpeCalibration::Isotonic(_))));
    let found = estimate(&cbpe, &columns(5_000, 1_000));
    // nannyml 0.13.1, golden/quality.py; as for two classes, less the error of F1.
    for ((id, estimate), ((_, value), (_, error))) in found.metrics.iter().zip(VALUE.into_iter().zip(ERROR)) {
        let estimate = estimate.clone().unwrap();
        assert!((estimate.value - value).abs() < 2e-6 * (1.0 + value), "{id}: {estimate:?} {value}");
        match *id {
            // With the factor that NannyML has for two classes.
            "f1_macro" => assert!((estimate.sampling_error / F1_ERROR - 1.0).abs() < 1e-9, "{estimate:?}"),
            "average_precision_macro" => {
                assert!((estimate.sampling_error / error - 1.0).abs() < 0.5, "{estimate:?} {error}");
            }
            _ => assert!((estimate.sampling_error / error - 1.0).abs() < 2e-3, "{id}: {estimate:?} {error}"),
        }
    }
    assert_eq!(found.metrics.iter().map(|metric| metric.0).collect::<Vec<_>>(), VALUE.map(|metric| metric.0));
}

#[test]
fn without_drift_the_band_holds_what_comes_true() {
    let current = columns(5_000, 1_000);
    let found = estimate(&fit(&columns(0, 3_000)).unwrap().unwrap(), &current);
    let scores = current.scores.each_ref().map(Vec::as_slice);
    let confusion = ClassConfusion::of(&current.truth, &current.prediction, None).unwrap().metrics(Gaps::Zero);
    let of_scores = ClassScores::of(&current.truth, &scores, None).unwrap();
    let realised: Metrics = confusion.into_iter().chain(of_scores.metrics(of_scores.weights()).unwrap()).collect();
    for (id, estimate) in found.metrics {
        // Every estimate has a realised number of its id.
        let realised = realised.iter().find(|known| known.0 == id).unwrap().1.clone().unwrap();
        let estimate = estimate.unwrap();
        assert!(estimate.low <= realised && realised <= estimate.high, "{id}: {estimate:?} {realised}");
    }
}

#[test]
fn cells_and_costs_are_estimated() {
    let cbpe = fit(&columns(0, 3_000)).unwrap().unwrap();
    let current = columns(5_000, 1_000);
    let scores = current.scores.each_ref().map(Vec::as_slice);
    let cells = cbpe.estimate_cells(&current.prediction, &scores).unwrap().unwrap();
    // nannyml 0.13.1, golden/quality.py
    assert_eq!(cells.len(), CELLS.len());
    for (place, (truth, prediction, found)) in cells.into_iter().enumerate() {
        assert_eq!((truth as usize, prediction as usize), (place / 3, place % 3));
        assert!((found.value - CELLS[place]).abs() < 1e-6, "{place}: {found:?}");
        assert!((found.sampling_error / CELLS_ERROR[place] - 1.0).abs() < 1e-9, "{place}: {found:?}");
    }
    let costs = [[-1.0, 2.0, 3.0], [4.0, -5.0, 6.0], [7.0, 8.0, -9.0]];
    let cost = |truth: u32, prediction: u32| costs[truth as usize][prediction as usize];
    let found = cbpe.estimate_cost(cost, &current.prediction, &scores).unwrap().unwrap();
    assert!((found.value * -1_000.0 - BUSINESS).abs() < 1e-6, "{found:?}");
    // It divides by one row less.
    assert!((found.sampling_error * 1_000.0 / BUSINESS_ERROR - 1.0).abs() < 2e-4, "{found:?}");
    wrong("cost", cbpe.estimate_cost(|_, _| f64::NAN, &current.prediction, &scores));
    assert!(near(cbpe.estimate_cost(|_, _| 2.0, &current.prediction, &scores).unwrap().unwrap().value, 2.0));
}

#[test]
fn a_class_that_is_never_predicted_is_a_gap() {
    let cbpe = fit(&columns(0, 3_000)).unwrap().unwrap();
    let mut current = columns(5_000, 200);
    current.prediction.iter_mut().for_each(|class| *class = (*class).min(1));
    let scores = current.scores.each_ref().map(Vec::as_slice);
    let get = |gaps| {
        let found = cbpe.estimate(&current.prediction, &scores, gaps).unwrap().unwrap();
        found.metrics.into_iter().find(|known| known.0 == "precision_macro").unwrap().1.unwrap()
    };
    // As NannyML, 0 for that class; left out, the mean is of two classes instead of three.
    let (zero, left_out) = (get(Gaps::Zero), get(Gaps::LeaveOut));
    assert!(near(zero.value * 3.0, left_out.value * 2.0), "{zero:?} {left_out:?}");
    assert!(zero.sampling_error > 0.0 && left_out.sampling_error > 0.0);
}

#[test]
fn odd_rows_have_an_answer() {
    let mut odd = columns(0, 300);
    odd.scores[1][0] = f64::NAN;
    odd.scores[2][1] = f64::INFINITY;
    let cbpe = fit(&odd).unwrap().unwrap();
    assert_eq!(cbpe.left_out(), 2);
    let none: [&[f64]; 3] = [&[], &[], &[]];
    assert_eq!(cbpe.estimate(&[], &none, Gaps::Zero), Ok(Err(empty())));
    wrong("scores", cbpe.estimate(&[], &none[..2], Gaps::Zero));
    wrong("scores", cbpe.estimate(&[0], &none, Gaps::Zero));
    assert_eq!(cbpe.estimate_cells(&[], &none), Ok(Err(empty())));
    odd.truth[5] = 9;
    assert_eq!(
        fit(&odd),
        Ok(Err(Reason::Undefined("truths or predictions of a class that has no score: 1".to_owned())))
    );
    wrong("scores", ClassCbpe::fit(&[], &[], &none[..1], 1));
    wrong("truth", ClassCbpe::fit(&[0], &[], &none, 1));
    assert_eq!(ClassCbpe::fit(&[], &[], &none, 1), Ok(Err(empty())));
    // A class that the reference never had or predicted shows no spread: means have no number, accuracy has.
    let mut rare = columns(0, 300);
    for class in rare.truth.iter_mut().chain(&mut rare.prediction) {
        *class = (*class).min(1);
    }
    let found = estimate(&fit(&rare).unwrap().unwrap(), &columns(5_000, 200));
    assert!(found.metrics[0].1.is_ok());
    for (id, value) in &found.metrics {
        if ["roc_auc_ovr", "precision_macro"].contains(id) {
            assert!(matches!(value, Err(Reason::Undefined(why)) if why.starts_with("class 2: ")), "{id}: {value:?}");
        }
    }
}

const VALUE: [(&str, f64); 7] = [
    ("accuracy", 0.5944185726077449),
    ("roc_auc_ovr", 0.7967775116861936),
    ("average_precision_macro", 0.651280141821062),
    ("precision_macro", 0.5937355943182611),
    ("recall_macro", 0.5931728829267783),
    ("specificity_macro", 0.7967303622327909),
    ("f1_macro", 0.5932805618671121),
];
const ERROR: [(&str, f64); 7] = [
    ("accuracy", 0.01542400726140908),
    ("roc_auc_ovr", 0.007325838479412699),
    ("average_precision_macro", 0.026197530640881532),
    ("precision_macro", 0.015459661806572109),
    ("recall_macro", 0.015407616671946062),
    ("specificity_macro", 0.008861133652207188),
    ("f1_macro", 0.013303740595910227),
];
const F1_ERROR: f64 = 0.018509031853677593;
const CELLS: [f64; 9] = [
    199.46263261466456,
    70.09321794052934,
    59.38784959124585,
    75.19547264171894,
    220.89264607318174,
    63.54885648885553,
    66.3418947436165,
    71.01413598628892,
    174.06329391989863,
];
const CELLS_ERROR: [f64; 9] = [
    13.198164855598506,
    7.509993342207434,
    7.548921924501684,
    8.295052072705083,
    12.405643876881202,
    7.851369307324679,
    7.777203153376468,
    7.758515035466229,
    12.537073909897089,
];
const BUSINESS: f64 = 837.5641430092287;
const BUSINESS_ERROR: f64 = 177.49253843584563;
