use super::*;
use kernels::quality::Gaps;

const NAMES: [&str; 5] = ["ant", "bee", "cat", "dog", "eel"];

/// The sixty rows of golden/quality.py: four classes, and a fifth that is predicted and never true.
fn rows() -> (Vec<u32>, Vec<u32>, Vec<Vec<f64>>) {
    let truth: Vec<u32> = (0..60).map(|row| (unit(5, row) * 4.0) as u32).collect();
    let raw =
        |class: u64, row: u64| unit(10 + class, row) + if truth[row as usize] == class as u32 { 0.5 } else { 0.0 };
    let sum = |row: u64| (0..4).fold(0.0, |sum, class| sum + raw(class, row));
    let guess = |row: u64| if unit(6, row) < 0.6 { truth[row as usize] } else { (unit(7, row) * 5.0) as u32 };
    let scores = (0..4).map(|class| (0..60).map(|row| raw(class, row) / sum(row)).collect()).collect();
    ((0..60).map(|row| truth[row as usize]).collect(), (0..60).map(guess).collect(), scores)
}

pub(super) fn inputs() -> Inputs {
    let (truth, prediction, scores) = rows();
    let column =
        |name: &str, codes: &[u32]| texts(name, &codes.iter().map(|&code| NAMES[code as usize]).collect::<Vec<_>>());
    let score = |(class, column): (usize, &Vec<f64>)| numbers_column(NAMES[class], column);
    Inputs {
        prediction: Some(column("p", &prediction)),
        scores: scores.iter().enumerate().rev().map(score).collect(), // columns in any order
        ..Inputs::of(column("y", &truth))
    }
}

pub(super) fn classes() -> Asked {
    Asked::of(Task::Multiclass)
}

#[test]
fn golden_values_of_scikit_learn() {
    let found = quality(&inputs(), &classes()).unwrap();
    check(&found, &GOLDEN);
    check(&quality(&Inputs { weights: Some(weights(60)), ..inputs() }, &classes()).unwrap(), &GOLDEN_WEIGHTED);
    let without = quality(&inputs(), &Asked { gaps: Gaps::LeaveOut, ..classes() }).unwrap();
    check(&without, &[("recall_macro", 0.6689560439560439)]);
    assert!(
        found.notes().contains(
            &"Classes that are predicted and never true: 1. Their recall counts as 0 in the mean.".to_owned()
        )
    );
}

#[test]
fn the_dictionary_names_classes() {
    let json = quality(&inputs(), &classes()).unwrap().to_json();
    assert_eq!(json["classes"].as_object().unwrap().len(), 5);
    assert_eq!(json["classes"]["eel"]["recall"], serde_json::Value::Null);
    let cells = json["confusion"]["cells"].as_array().unwrap();
    assert_eq!(cells.iter().map(|cell| cell["weight"].as_f64().unwrap()).sum::<f64>(), 60.0);
    assert_eq!(json["confusion"]["not_shown"], 0);
    assert!(json["calibration"]["equal_frequency"]["bins"].as_array().is_some_and(|bins| !bins.is_empty()));
}

#[test]
fn the_highest_score_stands_for_a_prediction() {
    let found = quality(&Inputs { prediction: None, ..inputs() }, &classes()).unwrap();
    let (truth, _, scores) = rows();
    let best =
        |row: usize| (0..4usize).rev().max_by(|&a, &b| scores[a][row].total_cmp(&scores[b][row])).unwrap() as u32;
    let right = (0..60).filter(|&row| best(row) == truth[row]).count();
    check(&found, &[("accuracy", right as f64 / 60.0), GOLDEN[5]]);
    assert!(found.notes().iter().any(|note| note.starts_with("There are no predictions")));
}

#[test]
fn numbers_are_classes_whatever_type_they_have() {
    let (truth, prediction, scores) = rows();
    let codes = |codes: &[u32]| codes.iter().map(|&code| f64::from(code)).collect::<Vec<f64>>();
    let numbered = Inputs {
        prediction: Some(numbers_column("p", &codes(&prediction))),
        scores: scores
            .iter()
            .enumerate()
            .map(|(class, column)| numbers_column(&format!("{class}.0"), column))
            .collect(),
        ..Inputs::of(numbers_column("y", &codes(&truth)))
    };
    check(&quality(&numbered, &classes()).unwrap(), &GOLDEN);
}

#[test]
fn costs_are_of_pairs() {
    let cost = |truth: &str, prediction: &str, cost| ClassCost {
        truth: truth.to_owned(),
        prediction: prediction.to_owned(),
        cost,
    };
    let inputs =
        Inputs { prediction: Some(texts("p", &["b", "b", "a", "a"])), ..Inputs::of(texts("y", &["a", "b", "b", "a"])) };
    let of =
        |costs: Vec<ClassCost>| quality(&inputs, &Asked { costs: Some(Costs::Classes(costs)), ..classes() }).unwrap();
    check(&of(vec![cost("a", "b", 3.0), cost("b", "a", 5.0), cost("c", "a", 9.0)]), &[("cost", 2.0)]);
    let lacking = of(vec![cost("a", "b", 3.0)]);
    assert!(lacking.metric("cost").unwrap().value.is_err());
}

#[test]
fn scores_are_named_by_classes() {
    let with = |scores: Vec<Column>| quality(&Inputs { scores, ..inputs() }, &classes());
    let column = |name: &str| numbers_column(name, &[0.5; 60]);
    refused(
        with(vec![column("p_0"), column("p_1")]),
        "`score` is `p_0`, `p_1`: expected columns named by the classes: `ant`, `bee`, `cat`, `dog`",
    );
    refused(
        with(vec![column("ant"), column("ant")]),
        "`score` is two columns of the class `ant`: expected a column for each class",
    );
    refused(with(vec![column("ant")]), "`score` is one column: expected a column for each class, named by it");
    // A class of the truth without a score leaves no number that is about scores.
    let some = with(vec![column("ant"), column("bee")]).unwrap();
    assert!(some.metric("log_loss").unwrap().value.is_err() && some.metric("accuracy").unwrap().value.is_ok());
}

#[test]
fn every_metric_has_a_meaning() {
    let found = quality(&inputs(), &Asked { costs: Some(Costs::Classes(vec![])), ..classes() }).unwrap();
    assert!(found.metrics.iter().all(|metric| !words::meaning(metric.id).is_empty()), "{:?}", found.metrics);
}

// scikit-learn 1.9.1, crates/kernels/golden/quality.py
const GOLDEN: [(&str, f64); 13] = [
    ("accuracy", 0.6833333333333333),
    ("balanced_accuracy", 0.6689560439560439),
    ("f1_macro", 0.5762237762237762),
    ("f1_weighted", 0.7337451437451438),
    ("jaccard_micro", 0.5189873417721519),
    ("roc_auc_ovr", 0.9018692672030149),
    ("roc_auc_ovo_weighted", 0.9024699837199838),
    ("average_precision_macro", 0.7964107023059502),
    ("log_loss", 0.9825983540000885),
    ("brier", 0.5436664210701215),
    ("d2_brier", 0.26143429590474077),
    ("top_k_accuracy", 0.9),
    ("recall_macro", 0.5351648351648352),
];
const GOLDEN_WEIGHTED: [(&str, f64); 4] = [
    ("f1_macro", 0.5900851457208194),
    ("cohen_kappa", 0.6016859852476291),
    ("log_loss", 0.9938045070488978),
    ("average_precision_weighted", 0.8113774397723198),
];
