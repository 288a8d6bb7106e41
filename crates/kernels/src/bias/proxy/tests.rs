use super::super::tests::{check_near, golden::NUMERIC_PROXY, number};
use super::super::{Conventions, MISSING};
use super::*;
use crate::classifier::Area;
use crate::special::normal_sf;

/// A coin of row `row`.
fn coin(seed: u64, row: u64) -> u32 {
    (mix(seed, row) % 2) as u32
}

fn numbers(rows: u64, seed: u64) -> Vec<f64> {
    (0..rows).map(|row| 4.0 * number(seed, row, 0) - 2.0).collect()
}

fn ask(features: &[Feature<'_>], facet: &[u32]) -> Proxy {
    proxy(features, facet, &Settings::default(), 1).unwrap().unwrap()
}

fn reason(features: &[Feature<'_>], facet: &[u32], settings: &Settings) -> String {
    proxy(features, facet, settings, 1).unwrap().unwrap_err().to_string()
}

#[test]
fn areas_are_those_of_scikit_learn_and_scipy() {
    for &(seed, values, [auc, p]) in NUMERIC_PROXY {
        let is_disadvantaged = |row: u64| mix(seed + 4000, row).is_multiple_of(3);
        let add = if values == 0 { 0.15 } else { 1.0 };
        let value = |row: u64| number(seed, row, values) + if is_disadvantaged(row) { add } else { 0.0 };
        let found = Area::of((0..300).map(|row| (value(row), is_disadvantaged(row))).collect()).unwrap();
        check_near("area", found.value, auc, 1e-14);
        let z = (found.value - 0.5) / found.chance.sqrt();
        check_near("Mann-Whitney", 2.0 * normal_sf(z.abs()) / p, 1.0, 1e-9);
        let interval = logit_interval(found, 1.96).unwrap();
        assert!(interval.low < auc && auc < interval.high && interval.high - interval.low < 0.15, "{interval:?}");
    }
}

#[test]
fn what_is_not_monotone_is_a_proxy() {
    // Disadvantaged are those near 0: in the order of the numbers that is nothing, an area of one half.
    let feature = numbers(1_000, 7);
    let facet: Vec<u32> = feature.iter().map(|value| u32::from(value.abs() < 1.0)).collect();
    let found = ask(&[Feature::Numbers(&feature)], &facet);
    assert!(found.auc.value.clone().unwrap() > 0.97, "{found:?}");
    assert_eq!((found.strength, found.rows), (ProxyStrength::Strong, 1_000));
}

#[test]
fn what_two_features_say_only_together_is_a_proxy() {
    // The facet is whether two coins differ: either coin alone tells nothing. Eight others tell nothing at all.
    let columns: Vec<Vec<u32>> = (0..10).map(|k| (0..1_000).map(|row| coin(k + 20, row)).collect()).collect();
    let facet: Vec<u32> = columns[3].iter().zip(&columns[8]).map(|(u, v)| u ^ v).collect();
    let features: Vec<Feature<'_>> = columns.iter().map(|codes| Feature::Categories { codes, values: 2 }).collect();
    assert_eq!(ask(&features[3..4], &facet).strength, ProxyStrength::None);
    let found = ask(&features, &facet);
    assert!(found.auc.value.clone().unwrap() > 0.95, "{found:?}");
    assert_eq!(found.strength, ProxyStrength::Strong);
}

#[test]
fn post_codes_are_a_proxy_and_many_values_by_themselves_are_none() {
    // 500 post codes of 8 rows: in each, nine or one of ten are disadvantaged; then, as many as anywhere.
    let codes: Vec<u32> = (0..4_000).map(|row| (mix(31, row) % 500) as u32).collect();
    let feature = [Feature::Categories { codes: &codes, values: 500 }];
    let share = |code: u32| if coin(32, u64::from(code)) == 1 { 0.9 } else { 0.1 };
    let facet: Vec<u32> = (0..).zip(&codes).map(|(row, &code)| u32::from(number(33, row, 0) < share(code))).collect();
    let found = ask(&feature, &facet);
    assert!(found.auc.value.clone().unwrap() > 0.8, "{found:?}");
    let facet: Vec<u32> = (0..4_000).map(|row| coin(34, row)).collect();
    let found = ask(&feature, &facet);
    assert_eq!(found.strength, ProxyStrength::None, "{found:?}");
    let every_row_its_own: Vec<u32> = (0..4_000).collect();
    let found = ask(&[Feature::Categories { codes: &every_row_its_own, values: 4_000 }], &facet);
    assert_eq!(found.strength, ProxyStrength::None, "{found:?}");
}

#[test]
fn a_missing_value_may_tell() {
    let facet: Vec<u32> = (0..400).map(|row| coin(5, row)).collect();
    let missing: Vec<f64> = facet.iter().map(|&code| if code == 1 { f64::NAN } else { 3.0 }).collect();
    let codes: Vec<u32> = facet.iter().map(|&code| if code == 1 { MISSING } else { 0 }).collect();
    for feature in [Feature::Numbers(&missing), Feature::Categories { codes: &codes, values: 1 }] {
        let found = ask(&[feature], &facet);
        assert_eq!((found.auc.value, found.strength), (Ok(1.0), ProxyStrength::Strong));
        assert_eq!(found.auc.interval.unwrap_err().to_string(), "the order of the two groups is the same everywhere");
    }
    let infinite: Vec<f64> = facet.iter().map(|&code| if code == 1 { f64::INFINITY } else { -0.0 }).collect();
    assert_eq!(ask(&[Feature::Numbers(&infinite)], &facet).auc.value, Ok(1.0));
}

#[test]
fn many_rows_are_sampled_and_groups_as_evenly_as_can_be() {
    let feature = numbers(120_000, 8);
    let facet: Vec<u32> = (0..120_000).map(|row| u32::from(mix(9, row).is_multiple_of(100))).collect();
    let few = facet.iter().filter(|&&code| code == 1).count() as u64;
    let found = ask(&[Feature::Numbers(&feature)], &facet);
    assert_eq!(found.rows, 25_000 + few);
    assert_eq!(found.strength, ProxyStrength::None);
}

#[test]
fn chance_is_called_a_proxy_as_often_as_it_should_and_intervals_hold() {
    let (mut alarms, mut held) = (0, 0);
    for seed in 0..400 {
        let facet: Vec<u32> = (0..300).map(|row| u32::from(mix(seed + 600, row).is_multiple_of(3))).collect();
        let columns = [1_000, 2_000, 3_000].map(|k| numbers(300, seed + k));
        let features = [Feature::Numbers(&columns[0]), Feature::Numbers(&columns[1]), Feature::Numbers(&columns[2])];
        let found = proxy(&features, &facet, &Settings::default(), seed).unwrap().unwrap();
        alarms += u64::from(found.auc.p_value.unwrap().value < 0.05);
        // Numbers 1.2 larger for the disadvantaged, of 4: above another with probability 1 − 0.7² / 2.
        let told = [0, 1].map(|code| columns[0].iter().zip(&facet).filter(move |row| *row.1 == code));
        let told = told.map(|rows| rows.map(|(value, &code)| (value + 1.2 * f64::from(code), code == 1)));
        let area = Area::of(told.into_iter().flatten().collect()).unwrap();
        let interval = logit_interval(area, Settings::default().z(1)).unwrap();
        held += u64::from(interval.low <= 0.755 && 0.755 <= interval.high);
    }
    // Nominal 20 and 380 of 400, with a standard error of 4.4.
    assert!((7..=33).contains(&alarms), "{alarms} of 400 alarms");
    assert!(held >= 367, "{held} of 400 intervals hold the number");
}

#[test]
fn odd_features_have_a_reason_and_wrong_ones_are_refused() {
    let settings = Settings::default();
    let facet: Vec<u32> = (0..100).map(|row| row % 2).collect();
    let same = [Feature::Numbers(&[3.0; 100]), Feature::Categories { codes: &[MISSING; 100], values: 40 }];
    assert_eq!(reason(&same, &facet, &settings), "every feature is the same everywhere");
    assert_eq!(reason(&[], &facet, &settings), "the list of features has no values");
    let feature = [Feature::Numbers(&[1.0; 100])];
    assert_eq!(reason(&feature, &[0; 100], &settings), "the disadvantaged group has no values");
    assert_eq!(reason(&feature, &[MISSING; 100], &settings), "the advantaged group has no values");
    let few: Vec<u32> = (0..100).map(|row| u32::from(row < 29)).collect();
    assert_eq!(reason(&feature, &few, &settings), "rows of the disadvantaged group: 29, and 30 are needed");
    let single = Settings::default().with_conventions(Conventions::Clarify);
    let two = [Feature::Numbers(&[1.0, 2.0])];
    assert_eq!(reason(&two, &[0, 1], &single), "rows of each group in a fold: 1, and 2 are needed");
    let refused = |feature: Feature<'_>, facet: &[u32]| proxy(&[feature], facet, &settings, 1).unwrap_err().to_string();
    assert!(refused(Feature::Numbers(&[1.0]), &facet).starts_with("`features` is 1 rows long, beside 100"));
    assert!(refused(Feature::Numbers(&[1.0]), &[2]).starts_with("`disadvantaged` is code 2 of 2 values"));
    let wrong = Feature::Categories { codes: &[4], values: 4 };
    assert!(refused(wrong, &[1]).starts_with("`features` is code 4 of 4 values"));
}

#[test]
fn a_strength_without_a_p_value_is_none() {
    // One feature that parts nothing once too few rows are left to split: every score is the same.
    let settings = Settings::default().with_min_group(1);
    let facet: Vec<u32> = (0..60).map(|row| row / 2 % 2).collect();
    let feature: Vec<f64> = (0..60).map(|row| f64::from(row == 7)).collect();
    let found = proxy(&[Feature::Numbers(&feature)], &facet, &settings, 1).unwrap();
    if let Ok(found) = found {
        assert_eq!((found.strength, found.auc.value), (ProxyStrength::None, Ok(0.5)));
        assert_eq!(found.auc.p_value.unwrap_err().to_string(), "the model's score is the same everywhere");
    } else {
        panic!("{found:?}");
    }
}
