use super::super::loss_model::Limits;
use super::super::tests::testdata::{near, unit, wrong};
use super::super::*;
use crate::mix;
use proptest::prelude::*;

/// One tree, taken whole.
const TREE: Limits = Limits { trees: 1, rate: 1.0, depth: 6, rows: 50, bins: 64 };

fn leaves(model: &LossModel) -> usize {
    model.trees[0].nodes.iter().filter(|node| node.split.is_none()).count()
}

#[track_caller]
fn expects(model: &LossModel, feature: Feature<'_>, expected: &[f64]) {
    let found = model.expect(&[feature]).unwrap();
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(&a, &b)| near(a, b)), "{found:?} {expected:?}");
}

fn column(stream: u64, rows: u64) -> Vec<f64> {
    (0..rows).map(|row| (unit(stream, row) * 16.0).floor()).collect()
}

#[test]
fn golden_values_of_scikit_learn() {
    let (x, z) = (column(60, 500), column(61, 500));
    let loss: Vec<f64> =
        (0..500usize).map(|row| if x[row] > 9.0 { 3.0 } else { 1.0 } + 0.1 * z[row] + unit(62, row as u64)).collect();
    let limits = Limits { depth: 3, rows: 20, ..TREE };
    let tree =
        LossModel::fit_within(&[Feature::Number(&x), Feature::Number(&z)], &loss, limits, || true).unwrap().unwrap();
    let (x, z) = ([0.0, 15.0, 0.0, 15.0, 9.0, 10.0, 4.0, 12.0], [0.0, 0.0, 15.0, 15.0, 8.0, 8.0, 3.0, 11.0]);
    let found = tree.expect(&[Feature::Number(&x), Feature::Number(&z)]).unwrap();
    // scikit-learn 1.9.1, golden/quality.py
    assert!(found.iter().zip(EXPECTED).all(|(&a, b)| near(a, b)), "{found:?} {EXPECTED:?}");
    assert_eq!(leaves(&tree), 8);
}

fn fit(feature: Feature<'_>, losses: &[f64]) -> LossModel {
    LossModel::fit_within(&[feature], losses, Limits { rows: 5, ..TREE }, || true).unwrap().unwrap()
}

#[test]
fn missing_values_go_where_they_fit() {
    let nan = f64::NAN;
    let values: Vec<f64> = (0..30).map(|row| [1.0, 2.0, nan][row % 3]).collect();
    let losses: Vec<f64> = (0..30).map(|row| [1.0, 5.0, 5.0][row % 3]).collect();
    let tree = fit(Feature::Number(&values), &losses);
    expects(&tree, Feature::Number(&[1.0, 2.0, nan, -9.0, f64::INFINITY]), &[1.0, 5.0, 5.0, 1.0, 5.0]);
    // None seen: the mean of all, rather than a side chosen for nothing.
    let whole: Vec<f64> = (0..30).map(|row| [1.0, 2.0][row % 2]).collect();
    let losses: Vec<f64> = (0..30).map(|row| [1.0, 5.0][row % 2]).collect();
    expects(&fit(Feature::Number(&whole), &losses), Feature::Number(&[nan, 1.0]), &[3.0, 1.0]);
    // All null: no split, the mean.
    let tree = fit(Feature::Number(&[nan; 30]), &losses);
    expects(&tree, Feature::Number(&[nan, 7.0]), &[3.0, 3.0]);
    assert_eq!(leaves(&tree), 1);
}

#[test]
fn categories_are_ordered_by_loss_and_unseen_ones_are_missing() {
    let codes: Vec<u32> = (0..40).map(|row| [7, 3, 9, 1][row % 4]).collect();
    let losses: Vec<f64> = (0..40).map(|row| [1.0, 6.0, 1.0, 6.0][row % 4]).collect();
    let tree = fit(Feature::Category(&codes), &losses);
    assert_eq!(leaves(&tree), 2);
    expects(&tree, Feature::Category(&[1, 3, 7, 9, 8]), &[6.0, 6.0, 1.0, 1.0, 3.5]);
}

#[test]
fn many_categories_are_not_learnt_by_heart() {
    let codes: Vec<u32> = (0..100_000).collect();
    let losses: Vec<f64> = (0..100_000).map(|row| unit(1, row)).collect();
    assert_eq!(leaves(&fit(Feature::Category(&codes), &losses)), 1);
    // More known categories than bins share bins.
    let codes: Vec<u32> = (0..1_000).map(|row| row % 100).collect();
    let losses: Vec<f64> = codes.iter().map(|&code| f64::from(code)).collect();
    let limits = Limits { depth: 10, rows: 10, bins: 10, ..TREE };
    let tree = LossModel::fit_within(&[Feature::Category(&codes)], &losses, limits, || true).unwrap().unwrap();
    assert_eq!(leaves(&tree), 10);
}

#[test]
fn odd_input_has_an_answer() {
    let of = |values: &[f64], losses: &[f64]| {
        LossModel::fit_within(&[Feature::Number(values)], losses, Limits { rows: 2, ..TREE }, || true)
    };
    assert_eq!(of(&[], &[]), Ok(Err(Reason::TooFew { what: "rows with a loss".to_owned(), have: 0, need: 2 })));
    assert!(matches!(of(&[1.0; 3], &[f64::NAN, f64::NAN, 1.0]), Ok(Err(Reason::TooFew { have: 1, .. }))));
    assert!(matches!(of(&[1.0; 2], &[f64::INFINITY, 1.0]), Ok(Err(Reason::Undefined(_)))));
    wrong("features", of(&[1.0], &[]));
    assert_eq!(leaves(&of(&[1.0; 4], &[1.0, 2.0, 3.0, 6.0]).unwrap().unwrap()), 1);
    assert_eq!(leaves(&of(&[1.0, 2.0, 3.0, 4.0], &[0.1; 4]).unwrap().unwrap()), 1);
    wrong("features", LossModel::fit(&[], &[1.0, 3.0], || true));
    assert!(matches!(
        LossModel::fit(&[Feature::Number(&[1.0; 19])], &[1.0; 19], || true),
        Ok(Err(Reason::TooFew { .. }))
    ));
    let tree = of(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 2.0]).unwrap().unwrap();
    wrong("features", tree.expect(&[]));
    wrong("features", tree.expect(&[Feature::Category(&[1])]));
}

#[test]
fn boosting_follows_what_one_tree_cannot_and_keeps_the_mean() {
    let (x, z): (Vec<f64>, Vec<f64>) = (0..2_000).map(|row| (unit(63, row), unit(64, row))).unzip();
    let loss: Vec<f64> = x.iter().zip(&z).map(|(x, z)| 3.0 * x + (8.0 * z).sin()).collect();
    let features = [Feature::Number(&x), Feature::Number(&z)];
    let error = |limits: Limits| {
        let found =
            LossModel::fit_within(&features, &loss, limits, || true).unwrap().unwrap().expect(&features).unwrap();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / 2_000.0;
        assert!((mean(&found) - mean(&loss)).abs() < 1e-9);
        found.iter().zip(&loss).map(|(a, b)| (a - b).powi(2)).sum::<f64>()
    };
    let boosted = error(Limits { trees: 60, rate: 0.1, depth: 5, rows: 20, bins: 255 });
    let alone = error(Limits { depth: 5, rows: 20, ..TREE });
    assert!(boosted < 0.25 * alone, "{boosted} {alone}");
}

proptest! {
    #[test]
    fn leaves_keep_the_mean_and_their_least_rows(seed in any::<u64>(), count in 5u64..200, depth in 0usize..6, rows in 1usize..6) {
        let values: Vec<f64> = (0..count).map(|row| (mix(seed, row) % 40) as f64).collect();
        let losses: Vec<f64> = (0..count).map(|row| unit(seed, row)).collect();
        let limits = Limits { depth, rows, bins: 16, ..TREE };
        let tree = LossModel::fit_within(&[Feature::Number(&values)], &losses, limits, || true).unwrap().unwrap();
        let expected = tree.expect(&[Feature::Number(&values)]).unwrap();
        prop_assert!((expected.iter().sum::<f64>() - losses.iter().sum::<f64>()).abs() < 1e-9);
        prop_assert!(leaves(&tree) <= 1 << depth);
        for value in &expected {
            prop_assert!(expected.iter().filter(|other| *other == value).count() >= rows);
        }
    }
}

const EXPECTED: [f64; 8] = [
    1.6067469408006223,
    3.5802919069426298,
    2.867674081931691,
    4.942210147138421,
    2.440537425998321,
    4.117912514149774,
    1.8952181903176613,
    4.59339320275589,
];
