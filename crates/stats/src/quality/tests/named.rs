//! Metrics that are asked for by name.
use super::*;
use crate::Outcome;
use kernels::quality::CostMatrix;
use serde_json::Value as Json;

fn named(asked: Asked, metrics: &[&str]) -> Asked {
    Asked { metrics: Some(metrics.iter().map(|&id| id.to_owned()).collect()), ..asked }
}

/// Each metric by itself, with its interval and on its slices, is as it is among all.
#[track_caller]
fn check_each(inputs: &Inputs, asked: &Asked) {
    let all = quality(inputs, asked).unwrap();
    assert!(all.metrics.len() > 10, "{}", all.metrics.len());
    for metric in &all.metrics {
        let alone = quality(inputs, &named(asked.clone(), &[metric.id])).unwrap();
        assert_eq!(alone.metrics, std::slice::from_ref(metric));
        for (some, whole) in alone.slices.iter().zip(&all.slices) {
            for (some, whole) in some.values.iter().zip(&whole.values) {
                let found = whole.metrics.as_ref().unwrap().iter().find(|found| found.id == metric.id);
                assert_eq!(some.metrics.as_ref().unwrap()[..], [found.unwrap().clone()]);
            }
        }
        assert!(!alone.headline().contains("could not be computed") || metric.value.is_err(), "{}", alone.headline());
    }
}

#[test]
fn a_metric_by_itself_is_as_among_all() {
    let asked = |asked: Asked| Asked {
        interval: Some(Interval { replicates: 50, ..Interval::default() }),
        least_rows: 10,
        ..asked
    };
    let halves = |rows: usize| vec![texts("half", &(0..rows).map(|row| ["a", "b"][row % 2]).collect::<Vec<_>>())];
    let costs = CostMatrix { false_positive: 1.0, false_negative: 5.0, ..CostMatrix::default() };
    check_each(
        &Inputs { slices: halves(40), weights: Some(weights(40)), ..super::binary::inputs() },
        &asked(Asked { costs: Some(Costs::Binary(costs)), ..binary() }),
    );
    check_each(&super::classes::inputs(), &asked(super::classes::classes()));
    check_each(
        &Inputs { slices: halves(50), ..super::quantity::inputs() },
        &asked(Asked { quantile: Some(0.1), ..super::quantity::regression() }),
    );
    check_each(&super::ranking::inputs(), &asked(super::ranking::ranking()));
}

#[test]
fn what_stands_beside_is_what_the_metrics_rest_on() {
    let parts = |metrics: &[&str]| {
        let json = quality(&super::binary::inputs(), &named(binary(), metrics)).unwrap().to_json();
        ["confusion", "calibration", "curves"].map(|key| !json[key].is_null())
    };
    assert_eq!(parts(&["f1"]), [true, false, false]);
    assert_eq!(parts(&["roc_auc"]), [false, false, true]);
    assert_eq!(parts(&["brier"]), [false, true, false]);
    assert_eq!(parts(&["expected_calibration_error", "accuracy"]), [true, true, false]);
}

#[test]
fn what_is_named_is_there_with_a_number_or_a_reason() {
    let scores = Inputs { prediction: None, ..super::binary::inputs() };
    let found = quality(&scores, &named(binary(), &["roc_auc", "f1", "cost"])).unwrap();
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let json = found.to_json();
    assert_eq!(json["settings"]["metrics"], serde_json::json!(["roc_auc", "f1", "cost"]));
    assert_eq!(json["metrics"].as_object().unwrap().len(), 3);
    assert_eq!(
        json["metrics"]["f1"],
        serde_json::json!({
            "value": null, "interval": null, "standard_error": null, "reason": "there are no predictions",
        })
    );
    assert_eq!(json["metrics"]["cost"]["reason"], "there are no predictions, or no `costs`");
    assert_eq!(found.headline(), "On 40 rows, ROC-AUC is 0.6566. There is no number for F1: there are no predictions.");
    assert_eq!(quality(&scores, &named(binary(), &["roc_auc"])).unwrap().outcome(), Outcome::Within);
    let other = quality(&scores, &named(binary(), &["log_loss"])).unwrap().headline();
    assert!(other.starts_with("On 40 rows, `log_loss` is 1.5"), "{other}");
    let without = quality(&super::quantity::inputs(), &named(super::quantity::regression(), &["mean_pinball_loss"]));
    assert_eq!(without.unwrap().to_json()["metrics"]["mean_pinball_loss"]["reason"], "there is no `quantile`");
    let nothing: Json = quality(&super::binary::inputs(), &binary()).unwrap().to_json()["settings"]["metrics"].clone();
    assert_eq!(nothing, Json::Null);
}

#[test]
fn names_that_are_none_are_refused_with_the_nearest() {
    let refused_as = |task: Asked, metrics: &[&str], expected: &str| {
        refused(quality(&super::binary::inputs(), &named(task, metrics)), expected);
    };
    refused_as(
        binary(),
        &["roc_auc", "roc_acu"],
        "`metrics` is `roc_acu`: expected a metric of the task `binary`: did you mean `roc_auc`?",
    );
    refused_as(
        binary(),
        &["brier_score"],
        "`metrics` is `brier_score`: expected a metric of the task `binary`: did you mean `brier`?",
    );
    refused_as(
        Asked::of(Task::Multiclass),
        &["roc_auc"],
        "`metrics` is `roc_auc`: expected a metric of the task `multiclass`: did you mean `roc_auc_ovr`?",
    );
    refused_as(binary(), &[], "`metrics` is empty: expected one metric or more, or none at all for all of them");
}

#[test]
fn costs_are_read_by_name() {
    let of = |task: &Task, named: &[(&[&str], f64)]| {
        let named: Vec<(Vec<String>, f64)> =
            named.iter().map(|&(names, cost)| (names.iter().map(|&name| name.to_owned()).collect(), cost)).collect();
        Costs::of_names(task, &named)
    };
    let binary = Task::Binary { positive: None };
    let costs = CostMatrix { false_positive: 1.0, true_negative: -2.0, ..CostMatrix::default() };
    let named = of(&binary, &[(&["false_positive"], 1.0), (&["true_negative"], -2.0)]).unwrap();
    assert_eq!(named, Costs::Binary(costs));
    let pair = ClassCost { truth: "a".to_owned(), prediction: "b".to_owned(), cost: 2.0 };
    assert_eq!(of(&Task::Multiclass, &[(&["a", "b"], 2.0)]).unwrap(), Costs::Classes(vec![pair]));
    refused(
        of(&binary, &[(&["false_positiv"], 1.0)]),
        "`costs` is of `false_positiv`: expected an outcome: did you mean `false_positive`?",
    );
    refused(
        of(&binary, &[(&["a", "b"], 1.0)]),
        "`costs` is of `a`, `b`: expected an outcome: there are `true_positive`, `false_positive`, `false_negative`, `true_negative`",
    );
    refused(
        of(&binary, &[(&["true_positive"], 1.0), (&["true_positive"], 2.0)]),
        "`costs` is of `true_positive` twice: expected one cost of each",
    );
    refused(of(&Task::Multiclass, &[(&["a"], 1.0)]), "`costs` is of `a`: expected pairs of truth and prediction");
    refused(of(&Task::Ranking, &[]), "`costs` is given: expected none, for the task is `ranking`");
}
