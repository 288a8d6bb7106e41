use super::*;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

fn asked(replicates: u64) -> Asked {
    Asked { interval: Some(Interval { confidence: 0.9, replicates, seed: 7 }), ..binary() }
}

#[test]
fn golden_values_of_scikit_learn_over_resamples() {
    let found = quality(&super::binary::inputs(), &asked(100)).unwrap();
    // golden/quality.py: quantiles of 100 Poisson resamples, and their standard deviation
    for (id, [low, high, deviation]) in [("roc_auc", AUC), ("accuracy", ACCURACY)] {
        let around = found.metric(id).unwrap().interval.clone().unwrap().unwrap();
        assert!(near(around.interval.low, low) && near(around.interval.high, high), "{id}: {around:?}");
        assert!(near(around.deviation, deviation), "{id}: {around:?}");
    }
    let json = found.to_json();
    assert!(
        json["metrics"]["roc_auc"]["interval"]["low"].is_number()
            && json["metrics"]["roc_auc"]["standard_error"].is_number()
    );
    assert_eq!(json["metrics"]["expected_calibration_error"]["interval"], serde_json::Value::Null);
    assert_eq!(json["settings"]["replicates"], 100);
    assert!(found.tables()[0].headings.iter().any(|heading| heading.0 == "90 % interval"));
}

#[test]
fn any_number_of_threads_gives_equal_bits() {
    let rows = 9_000;
    let score: Vec<f64> = (0..rows).map(|row| unit(1, row)).collect();
    let truth: Vec<bool> = (0..rows).map(|row| unit(2, row) < score[row as usize]).collect();
    let inputs = Inputs { scores: vec![numbers_column("s", &score)], ..Inputs::of(flags("y", &truth)) };
    let on = |threads: usize| {
        let run = Run { threads: NonZeroUsize::new(threads).unwrap(), progress: &|_| ControlFlow::Continue(()) };
        quality_on(&inputs, &asked(60), &run).unwrap().to_json().to_string()
    };
    assert_eq!(on(1), on(3));
    let stopped = Run { threads: NonZeroUsize::MIN, progress: &|_| ControlFlow::Break(()) };
    assert!(matches!(quality_on(&inputs, &asked(60), &stopped), Err(StatsError::Stopped)));
}

#[test]
fn what_has_no_interval_says_why() {
    let json = quality(&super::binary::inputs(), &asked(5)).unwrap().to_json();
    assert_eq!(json["metrics"]["roc_auc"]["interval"], serde_json::Value::Null);
    let reason = json["metrics"]["roc_auc"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("there is no interval: bootstrap replicates that have the number: 5"), "{reason}");
    let with =
        |confidence, replicates| Asked { interval: Some(Interval { confidence, replicates, seed: 0 }), ..binary() };
    let inputs = super::binary::inputs();
    refused(quality(&inputs, &with(95.0, 100)), "`confidence` is 95: expected a number between 0 and 1");
    refused(quality(&inputs, &with(0.95, 0)), "`replicates` is 0: expected a number from 1 to 100000");
}

#[test]
fn a_slice_is_as_if_it_were_alone() {
    let names: Vec<&str> = (0..40).map(|row| if row % 4 == 0 { "few" } else { "most" }).collect();
    let whole = Inputs { slices: vec![texts("part", &names)], ..super::binary::inputs() };
    let found = quality(&whole, &Asked { least_rows: 20, ..asked(50) }).unwrap();
    let slices = &found.slices[0].values;
    assert_eq!(
        (slices[0].value.as_str(), slices[0].rows, slices[1].value.as_str(), slices[1].rows),
        ("most", 30, "few", 10)
    );
    // The rows of others weigh nothing: the same draws, so the same intervals.
    let weigh = |name: &&str| f64::from(u8::from(*name == "most"));
    let column = numbers_column("w", &names.iter().map(weigh).collect::<Vec<_>>());
    let alone = quality(&Inputs { weights: Some(column), ..super::binary::inputs() }, &asked(50)).unwrap();
    assert_eq!(slices[0].metrics.as_ref().unwrap(), &alone.metrics);
    let json = found.to_json();
    assert_eq!(json["slices"]["part"]["few"]["reason"], "rows of the slice: 10, and 20 are needed");
    assert_eq!(json["slices"]["part"]["most"]["rows"], 30);
    assert!(found.notes().iter().any(|note| note.contains("too few rows")), "{:?}", found.notes());
}

// scikit-learn 1.9.1 and numpy, crates/kernels/golden/quality.py
const AUC: [f64; 3] = [0.5115914786967419, 0.8008024691358024, 0.09238447747647001];
const ACCURACY: [f64; 3] = [0.48755256518082424, 0.7309954751131221, 0.07765684556897143];
