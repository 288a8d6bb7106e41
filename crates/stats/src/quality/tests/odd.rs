use super::*;
use crate::{Data, Outcome, Report};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use std::sync::Arc;

/// Each task on these rows, with an interval and slices: everything has a number that is finite, or a reason.
#[track_caller]
fn whole(truth: &Column, other: &Column) -> Vec<Quality> {
    let tasks = [Task::Binary { positive: Some("1".to_owned()) }, Task::Multiclass, Task::Regression, Task::Ranking];
    let mut all = Vec::new();
    for task in tasks {
        let asked = Asked {
            interval: Some(Interval { replicates: 50, ..Interval::default() }),
            least_rows: 1,
            ..Asked::of(task)
        };
        let mut inputs = Inputs { slices: vec![other.clone()], ..Inputs::of(truth.clone()) };
        match asked.task {
            Task::Ranking => inputs.scores = vec![other.clone()],
            Task::Binary { .. } => (inputs.prediction, inputs.scores) = (Some(other.clone()), vec![other.clone()]),
            _ => inputs.prediction = Some(other.clone()),
        }
        let found = quality(&inputs, &asked).unwrap();
        let slices =
            found.slices.iter().flat_map(|column| &column.values).flat_map(|slice| slice.metrics.iter().flatten());
        for metric in found.metrics.iter().chain(slices) {
            assert!(metric.value.as_ref().map_or(true, |value| value.is_finite()), "{metric:?}");
        }
        assert!(!found.headline().is_empty() && found.to_json()["metrics"].is_object());
        for table in found.tables() {
            assert!(table.rows.iter().all(|row| row.len() == table.headings.len()), "{}", table.title);
        }
        all.push(found);
    }
    all
}

#[test]
fn odd_rows_have_an_answer() {
    let column = |values: &[f64]| numbers_column("x", values);
    for (truth, other) in [
        (column(&[]), column(&[])),
        (column(&[1.0]), column(&[1.0])),
        (column(&[1.0; 40]), column(&[1.0; 40])),
        (column(&[0.0; 40]), column(&[0.0; 40])),
        (column(&[f64::NAN; 3]), column(&[1.0, 0.0, 1.0])),
        (column(&[1.0, 0.0, 1.0]), column(&[f64::NAN; 3])),
        (column(&[1.0, 0.0, f64::INFINITY]), column(&[f64::NEG_INFINITY, 0.0, 1.0])),
        (column(&[1.0, 0.0, 1.0, 0.0]), column(&[1e308, -1e308, f64::NAN, 0.5])),
    ] {
        for found in whole(&truth, &other) {
            assert_eq!(found.rows.total, truth.rows());
            let left_out: u64 = found.rows.left_out.iter().map(|part| part.1).sum();
            assert_eq!(found.rows.used + left_out, found.rows.total);
        }
    }
    let nothing = Column { name: "x".to_owned(), cells: Cells::Nothing { rows: 3 } };
    for found in whole(&nothing, &nothing) {
        assert_eq!((found.rows.used, found.outcome()), (0, crate::Outcome::NotComputable));
        assert!(found.metrics.iter().all(|metric| metric.value.is_err()), "{:?}", found.metrics);
        assert!(found.notes().contains(&"Left out for want of a truth: 3 rows.".to_owned()), "{:?}", found.notes());
    }
}

#[test]
fn lists_are_not_looked_into() {
    let lists = Column { name: "tags".to_owned(), cells: Cells::Other { rows: 40, nulls: 0 } };
    let inputs = super::binary::inputs();
    let truth = Inputs { truth: lists.clone(), ..inputs.clone() };
    refused(
        quality(&truth, &binary()),
        "`truth` is `tags`, a column of lists, structures, bytes or times beyond 64 bits: expected a column of numbers, flags or texts",
    );
    let weighed = Inputs { weights: Some(lists.clone()), ..inputs.clone() };
    refused(
        quality(&weighed, &binary()),
        "`weights` is `tags`, a column of lists, structures, bytes or times beyond 64 bits: expected a column of numbers",
    );
    // As a slice it has no values, which is said.
    let found = quality(&Inputs { slices: vec![lists], ..inputs }, &binary()).unwrap();
    assert!(found.slices[0].values.is_empty());
    assert_eq!(found.to_json()["slices"]["tags"], serde_json::json!({}));
    assert!(
        found.notes().iter().any(|note| note.starts_with("The column `tags` has no slices")),
        "{:?}",
        found.notes()
    );
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let inputs = super::binary::inputs();
    let short = Inputs { prediction: Some(flags("p", &[true])), ..inputs.clone() };
    refused(quality(&short, &binary()), "`prediction` is 1 long: expected 40 rows, as the truth has");
    let nothing = Inputs::of(inputs.truth.clone());
    refused(quality(&nothing, &binary()), "`prediction` is missing: expected a column of predictions, or scores");
    let words = Inputs { scores: vec![texts("s", &["a"; 40])], ..inputs.clone() };
    refused(quality(&words, &binary()), "`score` is `s`, a column of texts or flags: expected a column of numbers");
    let slice = flags("part", &[true; 40]);
    let twice = Inputs { slices: vec![slice.clone(), slice], ..inputs.clone() };
    refused(quality(&twice, &binary()), "`slices` is `part` twice: expected each column once");
    refused(quality(&inputs, &Asked { points: 1, ..binary() }), "`points` is 1: expected a number from 2 to 1000000");
    refused(
        quality(&inputs, &Asked { costs: Some(Costs::Classes(vec![])), ..binary() }),
        "`costs` is of pairs of classes: expected those of the four outcomes of a binary task",
    );
    refused(
        Task::of_name("binar", None),
        "`task` is `binar`: expected `binary`, `multiclass`, `regression` or `ranking`",
    );
    refused(
        Task::of_name("ranking", Some("1".into())),
        "`positive` is `1`: expected none, unless the task is `binary`",
    );
}

#[test]
fn rows_are_counted_by_what_they_lack_first() {
    let truth = numbers_column("y", &[1.0, f64::NAN, 0.0, 1.0, 0.0, 1.0]);
    let prediction = numbers_column("p", &[1.0, f64::NAN, f64::NAN, 1.0, 1.0, 0.0]);
    let score = numbers_column("s", &[0.9, 0.1, 0.2, f64::NAN, 0.3, 0.4]);
    let weights = numbers_column("w", &[1.0, 1.0, 1.0, 2.0, f64::NAN, 0.0]);
    let inputs =
        Inputs { prediction: Some(prediction), scores: vec![score], weights: Some(weights), ..Inputs::of(truth) };
    let rows = quality(&inputs, &binary()).unwrap().rows;
    assert_eq!((rows.total, rows.used, rows.weight, rows.without_score), (6, 2, 3.0, 1));
    assert_eq!(rows.left_out, [("truth", 1), ("prediction", 1), ("score", 0), ("weights", 2)]);
}

#[test]
fn a_column_of_many_values_shows_its_largest() {
    let rows = 50_000;
    let truth: Vec<f64> = (0..rows).map(|row| f64::from(row % 2)).collect();
    let ids: Vec<f64> = (0..rows).map(|row| if row < 40 { -1.0 } else { f64::from(row) }).collect();
    let inputs = Inputs {
        prediction: Some(numbers_column("p", &truth)),
        slices: vec![numbers_column("id", &ids)],
        ..Inputs::of(numbers_column("y", &truth))
    };
    let found = quality(&inputs, &binary()).unwrap();
    let slices = &found.slices[0];
    assert_eq!((slices.values.len(), slices.not_shown), (1_000, (48_961, 48_961)));
    assert!(slices.values[0].value == "-1" && slices.values[0].metrics.is_ok() && slices.values[1].metrics.is_err());
    // A hundred thousand classes are no matter either.
    let many: Vec<f64> = (0..100_000).map(f64::from).collect();
    let classes = Inputs { prediction: Some(numbers_column("p", &many)), ..Inputs::of(numbers_column("y", &many)) };
    let json = quality(&classes, &Asked::of(Task::Multiclass)).unwrap().to_json();
    assert_eq!(
        (json["metrics"]["accuracy"]["value"].as_f64(), json["confusion"]["not_shown"].as_u64()),
        (Some(1.0), Some(90_000))
    );
}

#[test]
fn nulls_and_names_that_are_alike_are_slices_of_their_own() {
    let names = ["(missing)", "", "a", "a"];
    let inputs = Inputs {
        prediction: Some(flags("p", &[true, false, true, false])),
        slices: vec![texts("part", &names)],
        ..Inputs::of(flags("y", &[true, false, true, true]))
    };
    let found = quality(&inputs, &Asked { least_rows: 1, ..binary() }).unwrap();
    let values: Vec<&str> = found.slices[0].values.iter().map(|slice| slice.value.as_str()).collect();
    assert_eq!(values, ["a", "(missing)", "(missing) (2)"]);
}

#[test]
fn a_score_that_is_taken_for_a_prediction_is_noticed() {
    let inputs = Inputs {
        prediction: Some(numbers_column("p", &[0.7, 0.2, 1.0])),
        ..Inputs::of(numbers_column("y", &[1.0, 0.0, 1.0]))
    };
    let asked = Asked::of(Task::Binary { positive: Some("1".to_owned()) });
    let notes = quality(&inputs, &asked).unwrap().notes();
    assert!(
        notes.contains(&"Predictions that are no value of the truth, and so not positive: 2.".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn predictions_that_are_coded_otherwise_are_not_judged() {
    let inputs = Inputs {
        prediction: Some(numbers_column("p", &[1.0, 0.0, 1.0])),
        ..Inputs::of(texts("y", &["good", "bad", "good"]))
    };
    let found = quality(&inputs, &Asked::of(Task::Binary { positive: Some("good".to_owned()) })).unwrap();
    assert_eq!(found.outcome(), Outcome::NotComputable);
    assert_eq!(
        found.headline(),
        "Quality could not be computed on 3 rows: no prediction is a value of the truth, so they are coded otherwise."
    );
}

#[test]
fn a_headline_hides_neither_what_is_missing_nor_what_was_left_out() {
    let (truth, score) = ([1.0, 1.0, 1.0, f64::NAN, f64::NAN], [0.9, 0.8, 0.7, 0.6, 0.5]);
    let inputs = Inputs {
        prediction: Some(numbers_column("p", &[1.0; 5])),
        scores: vec![numbers_column("s", &score)],
        ..Inputs::of(numbers_column("y", &truth))
    };
    let said = quality(&inputs, &binary()).unwrap().headline();
    assert!(said.starts_with("On 3 of 5 rows, F1 is 1 and "), "{said}");
    assert!(said.contains(" There is no number for ROC-AUC: "), "{said}");
}

#[test]
fn right_answers_alone_are_not_to_be_sure_of() {
    let column = |name: &str| numbers_column(name, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    let inputs = Inputs { prediction: Some(column("p")), ..Inputs::of(column("y")) };
    let found = quality(&inputs, &Asked { interval: Some(Interval::default()), ..binary() }).unwrap();
    let json = found.to_json();
    let accuracy = &json["metrics"]["accuracy"];
    assert_eq!((accuracy["value"].as_f64(), accuracy["interval"].is_null()), (Some(1.0), true));
    let why =
        "there is no interval: every bootstrap replicate has the same number, which says nothing of how sure it is";
    assert_eq!(accuracy["reason"], why);
    assert!(found.notes().iter().any(|note| note.starts_with("Fewer than 30 rows")), "{:?}", found.notes());
}

#[test]
fn decimals_times_and_flags_are_read_as_what_they_say() {
    use crate::Data;
    use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, RecordBatch, TimestampMicrosecondArray};
    use std::sync::Arc;
    let decimals: Decimal128Array = (0..60i128).map(|row| Some(row % 2 * 100)).collect();
    let amounts: Decimal128Array = (0..60i128).map(|row| Some(row * 125)).collect();
    let times: TimestampMicrosecondArray = (0..60).map(|row| Some(row % 2 * 3_600_000_000)).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("y", Arc::new(decimals.with_precision_and_scale(10, 2).unwrap())),
        ("p", Arc::new((0..60).map(|row| Some(row % 2 == 1)).collect::<BooleanArray>())),
        ("amount", Arc::new(amounts.with_precision_and_scale(12, 2).unwrap())),
        ("at", Arc::new(times.with_timezone("+02:00"))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let data = Data::of_batches(batch.schema(), vec![batch]).unwrap();
    let read = |truth: &str, prediction: &str| {
        let names = Names {
            truth: truth.to_owned(),
            prediction: Some(prediction.to_owned()),
            slices: vec!["at".to_owned()],
            ..Names::default()
        };
        read_inputs(&data, &names, &Run::quiet()).unwrap()
    };
    let found = quality(&read("y", "p"), &binary()).unwrap();
    assert_eq!(found.metric("accuracy").unwrap().value, Ok(1.0));
    assert_eq!(found.slices[0].values.len(), 2);
    let amounts = quality(&read("amount", "amount"), &Asked::of(Task::Regression)).unwrap();
    assert_eq!(amounts.metric("mean_absolute_error").unwrap().value, Ok(0.0));
    // Times are classes as well.
    let times = quality(&read("at", "at"), &Asked::of(Task::Multiclass)).unwrap();
    assert_eq!(times.metric("accuracy").unwrap().value, Ok(1.0));
}

#[test]
fn a_column_of_numbers_is_cut_into_slices() {
    let rows = 400;
    let truth: Vec<f64> = (0..rows).map(|row| f64::from(row % 2)).collect();
    let ages: Vec<f64> = (0..rows).map(|row| if row < 40 { f64::NAN } else { f64::from(row) / 4.0 }).collect();
    let inputs = Inputs {
        prediction: Some(numbers_column("p", &truth)),
        slices: vec![numbers_column("age", &ages), texts("word", &["a"; 400])],
        ..Inputs::of(numbers_column("y", &truth))
    };
    let cut = |thresholds: &[f64]| Asked { slice_bins: vec![("age".to_owned(), thresholds.to_vec())], ..binary() };
    let found = quality(&inputs, &cut(&[25.0, 90.0, 1000.0])).unwrap();
    let shown: Vec<(&str, u64)> =
        found.slices[0].values.iter().map(|slice| (slice.value.as_str(), slice.rows)).collect();
    // A threshold belongs to the bin below; bins ascend, whatever they hold; one without rows is none.
    assert_eq!(shown, [("≤ 25", 61), ("> 25 ≤ 90", 260), ("> 90 ≤ 1000", 39), ("(missing)", 40)]);
    assert_eq!(found.slices[0].cut.as_deref(), Some(&[25.0, 90.0, 1000.0][..]));
    let json = found.to_json();
    assert_eq!(json["settings"]["slice_bins"], serde_json::json!({"age": [25.0, 90.0, 1000.0]}));
    assert_eq!(json["slices"]["age"]["> 25 ≤ 90"]["metrics"]["accuracy"]["value"], 1.0);
    let said = "The column `age` was cut at 25, 90, 1000: a threshold belongs to the bin below it.";
    assert!(found.notes().contains(&said.to_owned()), "{:?}", found.notes());
    // Without bins each value is a slice, and a note says how it need not be.
    let notes = quality(&inputs, &binary()).unwrap().notes();
    let said = "Of the column `age` 360 values have too few rows for metrics of their own: cut it at thresholds, with `slice_bins`.";
    assert!(notes.contains(&said.to_owned()), "{notes:?}");

    refused(
        quality(&inputs, &cut(&[2.0, 1.0])),
        "`slice_bins` is [2.0, 1.0] of `age`: expected finite thresholds that ascend",
    );
    let of = |name: &str| Asked { slice_bins: vec![(name.to_owned(), vec![1.0])], ..binary() };
    refused(quality(&inputs, &of("income")), "`slice_bins` is of `income`: expected bins of columns in `slices`");
    refused(
        quality(&inputs, &of("word")),
        "`slices` is `word`, a column without numbers: expected a column of numbers or times: a threshold was given",
    );
}

/// Columns of whole numbers, as they are read.
fn wholes(columns: &[(&str, &dyn Fn(u64) -> i64)]) -> Data {
    let column =
        |of: &dyn Fn(u64) -> i64| Arc::new((0..200).map(|row| Some(of(row))).collect::<Int64Array>()) as ArrayRef;
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, of)| (*name, column(of)))).unwrap();
    Data::of_batches(batch.schema(), vec![batch]).unwrap()
}

#[test]
fn integers_beyond_those_of_floats_are_classes_queries_and_slices_of_their_own() {
    let even = 1i64 << 53;
    let truth = |row: u64| if row.is_multiple_of(2) { even } else { 5 };
    let prediction = |row: u64| truth(row) + i64::from(row.is_multiple_of(2));
    let data = wholes(&[("y", &truth), ("p", &prediction), ("s", &|row| even + (row % 4) as i64)]);
    let names = Names {
        truth: "y".to_owned(),
        prediction: Some("p".to_owned()),
        slices: vec!["s".to_owned()],
        ..Names::default()
    };
    let inputs = read_inputs(&data, &names, &Run::quiet()).unwrap();
    let found = quality(&inputs, &Asked { least_rows: 1, ..Asked::of(Task::Multiclass) }).unwrap();
    check(&found, &[("accuracy", 0.5)]);
    let slices: Vec<&str> = found.slices[0].values.iter().map(|slice| slice.value.as_str()).collect();
    assert_eq!(slices, ["9007199254740992", "9007199254740993", "9007199254740994", "9007199254740995"]);
    assert!(!found.notes().iter().any(|note| note.contains("rounded")), "{:?}", found.notes());
    // Of two classes, the positive one is the one that is named, to the last digit.
    let data = wholes(&[("y", &|row| even + i64::from(row.is_multiple_of(4))), ("p", &|_| even + 1)]);
    let inputs = read_inputs(&data, &Names { slices: vec![], ..names.clone() }, &Run::quiet()).unwrap();
    let odd = Asked::of(Task::Binary { positive: Some("9007199254740993".to_owned()) });
    check(&quality(&inputs, &odd).unwrap(), &[("precision", 0.25), ("recall", 1.0)]);
    let found = quality(&inputs, &Asked::of(Task::Regression)).unwrap();
    let note = |name: &str| format!("`{name}` has values of more digits than 64-bit floats hold: they were rounded.");
    assert_eq!(found.notes()[..2], [note("p"), note("y")]);
    let data = wholes(&[
        ("y", &|row| (row % 3) as i64),
        ("score", &|row| (row % 7) as i64),
        ("q", &|row| (1 << 60) + (row % 2) as i64),
    ]);
    let names = Names {
        truth: "y".to_owned(),
        scores: vec![ScoreName { column: "score".to_owned(), class: None }],
        query: Some("q".to_owned()),
        ..Names::default()
    };
    let found = quality(&read_inputs(&data, &names, &Run::quiet()).unwrap(), &Asked::of(Task::Ranking)).unwrap();
    assert_eq!(found.detail, Detail::Ranking { queries: 2 });
}

#[test]
fn a_misspelt_positive_of_a_truth_of_one_class_is_refused_and_another_one_noted() {
    let good = texts("y", &["good"; 50]);
    let inputs = Inputs { prediction: Some(texts("p", &["good"; 50])), ..Inputs::of(good.clone()) };
    let asked = |positive: &str| Asked::of(Task::Binary { positive: Some(positive.to_owned()) });
    refused(
        quality(&inputs, &asked("god")),
        "`positive` is `god`: expected a value of truth or prediction: did you mean `good`?",
    );
    refused(
        quality(&inputs, &asked("Good")),
        "`positive` is `Good`: expected a value of truth or prediction: did you mean `good`?",
    );
    let found = quality(&inputs, &asked("bad")).unwrap();
    check(&found, &[("accuracy", 1.0)]);
    let note = "No value of the truth is `bad`, the positive one.";
    assert!(found.notes().iter().any(|said| said == note), "{:?}", found.notes());
    let limits: [crate::Limit; 2] = ["accuracy>=0.9".parse().unwrap(), "recall>=0.5".parse().unwrap()];
    assert_eq!(crate::Limited::new(&found, &limits[..1]).outcome(), crate::Outcome::Within);
    assert_eq!(crate::Limited::new(&found, &limits).outcome(), crate::Outcome::NotComputable);
    // What predictions say is no slip; a third value is one.
    let some = Inputs { prediction: Some(texts("p", &["good", "god"].repeat(25))), ..Inputs::of(good) };
    check(&quality(&some, &asked("god")).unwrap(), &[("accuracy", 0.5)]);
    refused(
        quality(&some, &asked("bad")),
        "`positive` is `bad`: expected a value of truth or prediction: `god`, `good`",
    );
    let zeros = Inputs { prediction: Some(flags("p", &[false; 50])), ..Inputs::of(numbers_column("y", &[0.0; 50])) };
    check(&quality(&zeros, &asked("1")).unwrap(), &[("accuracy", 1.0)]);
}
