//! Reports of tables in memory: against smclarify, in words, and of odd data.
mod golden;
mod odd;
mod told;

use super::*;
use crate::{Outcome, Report, Table};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use expect_test::{Expect, expect};
use kernels::mix;
use serde_json::Value;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;

fn data(columns: Vec<(&str, ArrayRef)>) -> Data {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    Data::of_batches(batch.schema(), vec![batch]).unwrap()
}

fn texts(values: impl IntoIterator<Item = Option<&'static str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn numbers(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

fn integers(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn values(chosen: &[&str]) -> Chosen {
    Chosen::Values(chosen.iter().map(|&value| value.to_owned()).collect())
}

fn ask(data: &Data, asked: &Asked) -> Bias {
    bias(data, asked, &Run::quiet()).unwrap()
}

fn refused(data: &Data, asked: &Asked) -> String {
    bias(data, asked, &Run::quiet()).unwrap_err().to_string()
}

/// The number of a facet's metric in the dictionary.
fn value_of(json: &Value, facet: &str, id: &str) -> Value {
    json["facets"][facet]["metrics"][id]["value"].clone()
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= 1e-12, "{found}, and {expected} is expected");
}

/// Loans: of 400 women 100 are accepted, of 600 men 300; the model accepts 60 women and 330 men. Women earn less.
fn loans() -> Data {
    let is_woman = |row: usize| row < 400;
    let label = |row: usize| if is_woman(row) { row.is_multiple_of(4) } else { row.is_multiple_of(2) };
    let accepted = |row: usize| if is_woman(row) { row % 20 < 3 } else { row % 20 < 11 };
    let yes = |is: bool| Some(if is { "yes" } else { "no" });
    let town = |row: u64| match mix(7, row) % 3 {
        0 => "north",
        1 => "south",
        _ => "west",
    };
    let random = |row: usize, of: u64| (mix(9, row as u64) % of) as f64;
    data(vec![
        ("sex", texts((0..1000).map(|row| Some(if is_woman(row) { "female" } else { "male" })))),
        ("age", numbers((0..1000).map(|row| Some(18.0 + random(row, 50))))),
        ("income", numbers((0..1000).map(|row| Some(random(row, 40) + if is_woman(row) { 10.0 } else { 30.0 })))),
        ("town", texts((0..1000).map(|row| Some(town(row))))),
        ("paid", texts((0..1000).map(|row| yes(label(row))))),
        ("accepted", texts((0..1000).map(|row| yes(accepted(row))))),
    ])
}

fn asked() -> Asked {
    Asked {
        prediction: Some("accepted".into()),
        disadvantaged: Some(values(&["female"])),
        ..Asked::new(&["sex"], "paid", values(&["yes"]))
    }
}

#[track_caller]
fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

fn shown(table: &Table) -> String {
    let mut lines = vec![table.title.clone()];
    lines.extend(table.rows.iter().map(|row| row.join(" | ")));
    lines.join("\n")
}

#[test]
fn the_dictionary_has_the_numbers() {
    let found = ask(&loans(), &asked());
    let json = found.to_json();
    near(&value_of(&json, "female", "CI"), 0.2);
    near(&value_of(&json, "female", "DPL"), 0.25);
    near(&value_of(&json, "female", "DPPL"), 0.55 - 0.15);
    near(&value_of(&json, "female", "DI"), 0.15 / 0.55);
    near(&value_of(&json, "female", "statistical_parity_difference"), -0.4);
    near(&value_of(&json, "female", "demographic_parity_difference"), 0.4);
    near(&json["groups"]["demographic_parity_ratio"]["value"], 0.15 / 0.55);
    let facet = &json["facets"]["female"];
    assert_eq!((facet["rows"].as_u64(), facet["rest_rows"].as_u64()), (Some(400), Some(600)));
    assert_eq!(facet["four_fifths"]["verdict"], "failed");
    let dppl = &facet["metrics"]["DPPL"];
    assert!(dppl["interval"]["low"].as_f64() < Some(0.4) && dppl["interval"]["high"].as_f64() > Some(0.4), "{dppl}");
    assert!(
        dppl["p_value"].as_f64() < Some(1e-9) && dppl["test"] == "two_proportion_z" && dppl["reason"].is_null(),
        "{dppl}"
    );
    assert_eq!(facet["metrics"]["FT"]["reason"], "no features were given");
    assert_eq!(facet["metrics"]["CDDL"]["reason"], "no group was given, whose values are the strata");
    assert_eq!(facet["metrics"].as_object().unwrap().len(), 8 + 13 + 5 + 6);
    assert!(json["proxy"].is_null());
    assert_eq!(found.outcome(), Outcome::Breached);
}

#[test]
fn the_report_begins_with_plain_words() {
    let found = ask(&loans(), &asked());
    check(
        &found.headline(),
        expect![
            "`female` of `sex` is predicted positive less often than the rest, 15 % against 55 %: more than chance would do (DPPL 0.4, p <0.0001). The four-fifths rule fails."
        ],
    );
    check(
        &shown(&found.tables()[0]),
        expect![[r#"
        Groups: how often they are predicted positive
        female | 400 | 15 % | 55 % | 0.4 | 0.3446 to 0.4505 | <0.0001 | failed"#]],
    );
    let labels_alone = ask(&loans(), &Asked { prediction: None, ..asked() });
    check(
        &labels_alone.headline(),
        expect![
            "`female` of `sex` is labelled positive less often than the rest, 25 % against 50 %: more than chance would do (DPL 0.25, p <0.0001)."
        ],
    );
    assert_eq!(labels_alone.outcome(), Outcome::Within);
    let towns = ask(&loans(), &Asked { facet: vec!["town".into()], disadvantaged: None, ..asked() });
    check(
        &towns.headline(),
        expect![
            "`north` of `town` is predicted positive more often than the rest, 40.4 % against 38.2 %: which chance may have done (DPPL -0.0216, p = 0.503). The four-fifths rule passes."
        ],
    );
    assert_eq!(towns.outcome(), Outcome::Within);
    check(
        &found.notes().join("\n"),
        expect![
            "Intervals hold the number of the population in 95 % of cases; p-values are of each metric by itself. Which difference is just, no number says."
        ],
    );
}

#[test]
fn every_metric_is_explained() {
    let found = ask(&loans(), &asked());
    for measured in &found.facets[0].metrics {
        assert!(!words::meaning(measured.id).is_empty(), "{}", measured.id);
    }
}

#[test]
fn each_value_is_compared_with_the_rest() {
    let json = ask(&loans(), &Asked { disadvantaged: None, ..asked() }).to_json();
    near(&value_of(&json, "female", "DPPL"), 0.4);
    near(&value_of(&json, "male", "DPPL"), -0.4);
}

#[test]
fn thresholds_and_bins_part_numbers() {
    let old = Asked { facet: vec!["age".into()], disadvantaged: Some(Chosen::Above(40.0)), ..asked() };
    let json = ask(&loans(), &old).to_json();
    let rows = json["facets"]["> 40"]["rows"].as_u64().unwrap();
    let binned = Asked { bins: vec![("age".into(), vec![25.0, 40.0])], disadvantaged: None, ..old.clone() };
    let json = ask(&loans(), &binned).to_json();
    assert_eq!(json["facets"]["> 40"]["rows"].as_u64(), Some(rows));
    let names: Vec<&String> = json["facets"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(json["facets"]["≤ 25"].is_object() && json["facets"]["> 25 ≤ 40"].is_object(), "{names:?}");
}

#[test]
fn several_facets_are_their_intersections() {
    let both = Asked {
        facet: vec!["sex".into(), "age".into()],
        bins: vec![("age".into(), vec![40.0])],
        disadvantaged: None,
        ..asked()
    };
    let json = ask(&loans(), &both).to_json();
    let rows: u64 = json["facets"].as_object().unwrap().values().map(|facet| facet["rows"].as_u64().unwrap()).sum();
    assert_eq!((json["facets"].as_object().unwrap().len(), rows), (4, 1000));
    let old_women = json["facets"]["female & > 40"].clone();
    let asked_for = Asked { disadvantaged: Some(values(&["female & > 40"])), ..both };
    assert_eq!(
        ask(&loans(), &asked_for).to_json()["facets"]["female & > 40"]["metrics"]["DPPL"],
        old_women["metrics"]["DPPL"]
    );
}

#[test]
fn scores_and_labels_may_have_a_threshold() {
    let table = data(vec![
        ("sex", texts((0..200).map(|row| Some(if row % 2 == 0 { "f" } else { "m" })))),
        ("paid", integers((0..200).map(|row| Some(i64::from(row % 3 == 0))))),
        ("score", numbers((0..200).map(|row| Some(if row % 4 == 0 { 0.9 } else { 0.5 })))),
    ]);
    let asked = Asked { prediction: Some("score".into()), ..Asked::new(&["sex"], "paid", Chosen::Above(0.5)) };
    let json = ask(&table, &asked).to_json();
    near(&value_of(&json, "f", "DPPL"), -0.5);
    near(&value_of(&json, "f", "DPL"), 33.0 / 100.0 - 34.0 / 100.0);
}

#[test]
fn features_tell_and_flip() {
    let features = Asked { features: vec!["income".into(), "town".into()], ..asked() };
    let found = ask(&loans(), &features);
    let json = found.to_json();
    let proxy = &json["proxy"]["female"];
    assert_eq!(
        (proxy["features"]["income"]["strength"].as_str(), proxy["features"]["town"]["strength"].as_str()),
        (Some("strong"), Some("none"))
    );
    assert_eq!(proxy["together"]["strength"], "strong");
    let ft = &json["facets"]["female"]["metrics"]["FT"];
    assert!(ft["value"].as_f64() < Some(-0.1) && ft["p_value"].as_f64() < Some(0.01), "{ft}");
    assert_eq!(json["facets"]["female"]["flips"]["rows"], 400);
    assert_eq!(found.tables()[2].rows.len(), 3);
}

#[test]
fn features_are_asked_in_steps_that_can_be_stopped() {
    let features = Asked { features: vec!["income".into(), "town".into()], ..asked() };
    let told = std::sync::atomic::AtomicU64::new(0);
    let count = |_| {
        told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        ControlFlow::Continue(())
    };
    let run = Run { threads: NonZeroUsize::MIN, progress: &count };
    let words = |asked: &Asked| {
        let before = told.load(std::sync::atomic::Ordering::Relaxed);
        bias(&loans(), asked, &run).unwrap();
        told.load(std::sync::atomic::Ordering::Relaxed) - before
    };
    let (without, with) = (words(&asked()), words(&features));
    assert_eq!(with - without, 1 + 64 + 3 + 2, "the flip test and its pieces, proxies, and two columns more to read");
    // A stop that is asked for once everything was read is heard.
    let late = std::sync::atomic::AtomicU64::new(0);
    let stop = |_| match late.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        before if before < without + 10 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    };
    let stopped = bias(&loans(), &features, &Run { threads: NonZeroUsize::MIN, progress: &stop });
    assert_eq!(stopped.unwrap_err().to_string(), "stopped before the end");
}

#[test]
fn metrics_that_are_named_are_those_there_and_the_one_that_leads() {
    let named = |ids: &[&str]| Asked { metrics: Some(ids.iter().map(|&id| id.to_owned()).collect()), ..asked() };
    let all = ask(&loans(), &asked()).to_json();
    let found = ask(&loans(), &named(&["TE", "demographic_parity_ratio"]));
    let json = found.to_json();
    let facet = json["facets"]["female"]["metrics"].as_object().unwrap();
    assert_eq!(facet.len(), 3);
    for (id, metric) in facet {
        assert_eq!(*metric, all["facets"]["female"]["metrics"][id], "{id}");
    }
    assert!(facet.contains_key("DPPL"));
    assert_eq!(json["groups"].as_object().unwrap().len(), 1);
    assert_eq!(json["settings"]["metrics"], serde_json::json!(["TE", "demographic_parity_ratio"]));
    assert_eq!(found.headline(), ask(&loans(), &asked()).headline());
    // FT takes by far the longest, and is not asked unless it is named.
    let features = |ids: &[&str]| ask(&loans(), &Asked { features: vec!["income".into()], ..named(ids) }).to_json();
    assert!(features(&["DI"])["facets"]["female"]["flips"].is_null());
    assert!(features(&["DI"])["proxy"]["female"]["together"]["value"].is_f64());
    assert_eq!(features(&["FT"])["facets"]["female"]["flips"]["rows"], 400);
}

#[test]
fn a_metric_that_is_named_must_have_a_number() {
    let named = |id: &str| Asked { metrics: Some(vec![id.to_owned()]), disadvantaged: None, ..asked() };
    let towns = |id: &str| ask(&loans(), &Asked { facet: vec!["town".into()], ..named(id) });
    assert_eq!(towns("DI").outcome(), Outcome::Within);
    let found = towns("CDDL");
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let ending = " There is no number for `CDDL`: no group was given, whose values are the strata.";
    assert!(found.headline().ends_with(ending), "{}", found.headline());
    assert_eq!(ask(&loans(), &named("CDDL")).outcome(), Outcome::Breached, "the four-fifths rule fails");
}

#[test]
fn any_number_of_threads_gives_equal_reports() {
    let asked =
        Asked { features: vec!["income".into(), "age".into(), "town".into()], group: Some("town".into()), ..asked() };
    let asked = Asked { disadvantaged: None, ..asked };
    let on = |threads: usize| {
        let run = Run { threads: NonZeroUsize::new(threads).unwrap(), progress: &|_| ControlFlow::Continue(()) };
        bias(&loans(), &asked, &run).unwrap().to_json()
    };
    assert_eq!(on(1), on(3));
}

/// The rows of a case of `kernels`' golden/bias.py, as a table.
fn rows_of(seed: u64, modulus: u64, missing: bool, drop: u32) -> Data {
    let mut columns = [const { Vec::new() }; 4];
    for cell in 0..108u64 {
        let [f, g, y, p] = [cell / 36, cell / 9 % 4, cell / 3 % 3, cell % 3];
        let is_missing = f == 2 || g == 3 || y == 2 || p == 2;
        let is_dropped = p == 1 && ((drop == 1 && f == 1) || (drop == 2 && f == 0));
        if (is_missing && !missing) || is_dropped {
            continue;
        }
        for _ in 0..mix(seed, cell) % modulus {
            for (column, (value, size)) in columns.iter_mut().zip([(f, 2), (g, 3), (y, 2), (p, 2)]) {
                column.push((value < size).then_some(value as i64));
            }
        }
    }
    data(["f", "g", "y", "p"].into_iter().zip(columns.map(integers)).collect())
}

#[test]
fn compat_has_the_numbers_of_smclarify() {
    let ids = kernels::bias::PRE_TRAINING
        .iter()
        .map(|metric| metric.0)
        .chain(kernels::bias::POST_TRAINING.iter().map(|metric| metric.0));
    let ids: Vec<&str> = ids.collect();
    for &(seed, modulus, missing, drop, values_there) in golden::CLARIFY {
        let asked = Asked {
            prediction: Some("p".into()),
            group: Some("g".into()),
            disadvantaged: Some(values(&["1"])),
            compat: Some(Compat::Clarify),
            ..Asked::new(&["f"], "y", values(&["1"]))
        };
        let json = ask(&rows_of(seed, modulus, missing, drop), &asked).to_json();
        for (id, expected) in ids.iter().zip(values_there) {
            let found = value_of(&json, "1", id);
            match expected {
                None => assert!(found.is_null(), "{seed} {id}: {found}"),
                Some(f64::INFINITY) => assert_eq!(found, "Infinity", "{seed} {id}"),
                Some(f64::NEG_INFINITY) => assert_eq!(found, "-Infinity", "{seed} {id}"),
                Some(expected) => {
                    let found = found.as_f64().unwrap_or(f64::NAN);
                    assert!((found - expected).abs() <= 1e-12, "{seed} {id}: {found}, and {expected} is expected");
                }
            }
        }
    }
}
