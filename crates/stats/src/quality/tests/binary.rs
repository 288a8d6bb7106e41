use super::*;
use kernels::quality::CostMatrix;

/// The forty rows of golden/quality.py.
pub(super) struct Rows {
    pub truth: Vec<bool>,
    pub prediction: Vec<bool>,
    pub score: Vec<f64>,
}

pub(super) fn rows() -> Rows {
    let score: Vec<f64> = (0..40).map(|row| (unit(1, row) * 20.0).floor() / 20.0).collect();
    Rows {
        truth: (0..40).map(|row| unit(2, row) < 0.2 + 0.6 * score[row as usize]).collect(),
        prediction: score.iter().map(|&score| score >= 0.5).collect(),
        score,
    }
}

pub(super) fn inputs() -> Inputs {
    let rows = rows();
    Inputs {
        prediction: Some(flags("p", &rows.prediction)),
        scores: vec![numbers_column("s", &rows.score)],
        ..Inputs::of(flags("y", &rows.truth))
    }
}

#[test]
fn golden_values_of_scikit_learn() {
    let found = quality(&inputs(), &binary()).unwrap();
    check(&found, &GOLDEN);
    let weighted = quality(&Inputs { weights: Some(weights(40)), ..inputs() }, &binary()).unwrap();
    check(&weighted, &GOLDEN_WEIGHTED);
    let Detail::Binary(detail) = &found.detail else { panic!("{:?}", found.detail) };
    assert_eq!(detail.confusion.unwrap().total(), 40.0);
    assert!(detail.roc.as_ref().unwrap().as_ref().unwrap().len() > 5);
    let metrics: Vec<&str> = found.metrics.iter().map(|metric| metric.id).collect();
    assert!(
        metrics.contains(&"f1_best_constant_classifier")
            && metrics.contains(&"expected_calibration_error_by_frequency")
    );
}

#[test]
fn flags_numbers_and_texts_are_one_task() {
    let rows = rows();
    let expected = quality(&inputs(), &binary()).unwrap().metrics;
    let as_numbers = |name: &str, column: &[bool]| {
        numbers_column(name, &column.iter().map(|&flag| f64::from(u8::from(flag))).collect::<Vec<_>>())
    };
    let as_texts = |name: &str, column: &[bool]| {
        texts(name, &column.iter().map(|&flag| if flag { "yes" } else { "no" }).collect::<Vec<_>>())
    };
    let with = |truth: Column, prediction: Column| Inputs { truth, prediction: Some(prediction), ..inputs() };
    let numbers = with(as_numbers("y", &rows.truth), as_numbers("p", &rows.prediction));
    assert_eq!(quality(&numbers, &binary()).unwrap().metrics, expected);
    let mixed = with(flags("y", &rows.truth), as_numbers("p", &rows.prediction));
    assert_eq!(quality(&mixed, &binary()).unwrap().metrics, expected);
    let words = with(as_texts("y", &rows.truth), as_texts("p", &rows.prediction));
    let yes = Asked::of(Task::Binary { positive: Some("yes".to_owned()) });
    assert_eq!(quality(&words, &yes).unwrap().metrics, expected);
    refused(quality(&words, &binary()), "`positive` is missing: expected one of the truth's values: `no`, `yes`");
    let misspelt = Asked::of(Task::Binary { positive: Some("ye".to_owned()) });
    refused(quality(&words, &misspelt), "`positive` is `ye`: expected a value of the truth: `no`, `yes`");
    // Two columns of scores: that of the positive class counts.
    let other = numbers_column("no", &rows.score.iter().map(|score| 1.0 - score).collect::<Vec<_>>());
    let both = Inputs { scores: vec![other, numbers_column("yes", &rows.score)], ..words };
    assert_eq!(quality(&both, &yes).unwrap().metrics, expected);
}

#[test]
fn a_positive_may_be_said_in_other_words() {
    for positive in ["true", "True", "1", "1.0"] {
        let asked = Asked::of(Task::Binary { positive: Some(positive.to_owned()) });
        assert_eq!(quality(&inputs(), &asked).unwrap().metrics, quality(&inputs(), &binary()).unwrap().metrics);
    }
    let turned = quality(&inputs(), &Asked::of(Task::Binary { positive: Some("false".to_owned()) })).unwrap();
    check(&turned, &[("recall", 0.5909090909090909), ("accuracy", 0.625)]);
}

#[test]
fn a_threshold_stands_for_predictions_and_costs_choose_one() {
    let costs = CostMatrix { false_positive: 1.0, false_negative: 5.0, ..CostMatrix::default() };
    let asked = Asked { threshold: Some(0.5), costs: Some(Costs::Binary(costs)), ..binary() };
    let found = quality(&Inputs { prediction: None, ..inputs() }, &asked).unwrap();
    check(&found, &GOLDEN[..6]);
    let json = found.to_json();
    let (cost, best) =
        (json["metrics"]["cost"]["value"].as_f64().unwrap(), json["best_threshold"]["cost"].as_f64().unwrap());
    assert!(near(cost, (9.0 + 5.0 * 6.0) / 40.0) && best <= cost, "{cost} {best}");
    refused(quality(&inputs(), &asked), "`threshold` is 0.5: expected none, for there is a column of predictions");
    // Without either, what scores say is all there is.
    let scores = quality(&Inputs { prediction: None, ..inputs() }, &binary()).unwrap();
    assert!(scores.metric("f1").is_none() && scores.metric("roc_auc").is_some());
    assert_eq!(scores.to_json()["confusion"], serde_json::Value::Null);
}

#[test]
fn the_dictionary_has_all_of_it() {
    let json = quality(&inputs(), &binary()).unwrap().to_json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    let mut expected = [
        "task",
        "positive",
        "rows",
        "settings",
        "metrics",
        "confusion",
        "classes",
        "calibration",
        "curves",
        "best_threshold",
        "slices",
        "notes",
    ];
    expected.sort_unstable();
    let mut found = keys;
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(json["positive"], "true");
    assert_eq!(json["confusion"]["true_positive"], 12.0);
    assert_eq!(json["metrics"]["f1"]["interval"], serde_json::Value::Null);
    assert_eq!(json["curves"]["roc"]["points"][0]["threshold"], serde_json::Value::Null);
    let bins = json["calibration"]["equal_width"]["bins"].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["rows"].as_u64().unwrap()).sum::<u64>(), 40);
}

#[test]
fn the_report_begins_with_words() {
    let found = quality(&inputs(), &binary()).unwrap();
    expect_test::expect!["On 40 rows, ROC-AUC is 0.6566 and F1 is 0.6154."].assert_eq(&found.headline());
    let titles: Vec<String> = found.tables().into_iter().map(|table| table.title).collect();
    assert_eq!(titles, ["Metrics", "Truth against prediction", "Calibration"]);
    for table in found.tables() {
        assert!(table.rows.iter().all(|row| row.len() == table.headings.len()), "{}", table.title);
    }
}

#[test]
fn every_metric_has_a_meaning() {
    let asked = Asked { costs: Some(Costs::Binary(CostMatrix::default())), ..binary() };
    let found = quality(&inputs(), &asked).unwrap();
    assert!(found.metrics.iter().all(|metric| !words::meaning(metric.id).is_empty()), "{:?}", found.metrics);
}

// scikit-learn 1.9.1, crates/kernels/golden/quality.py
const GOLDEN: [(&str, f64); 11] = [
    ("accuracy", 0.625),
    ("precision", 0.5714285714285714),
    ("recall", 0.6666666666666666),
    ("f1", 0.6153846153846154),
    ("matthews_corrcoef", 0.25660560061597815),
    ("cohen_kappa", 0.25373134328358216),
    ("log_loss", 1.558088620841366),
    ("brier", 0.25125000000000003),
    ("d2_brier", -0.01515151515151536),
    ("roc_auc", 0.6565656565656566),
    ("average_precision", 0.5554143772893773),
];
const GOLDEN_WEIGHTED: [(&str, f64); 6] = [
    ("accuracy", 0.5341614906832298),
    ("f1", 0.43609022556390975),
    ("log_loss", 1.592176001246771),
    ("brier", 0.2772981366459627),
    ("roc_auc", 0.5843053173241852),
    ("average_precision", 0.4539467724781667),
];
