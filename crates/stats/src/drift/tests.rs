use super::*;
use crate::{Data, Outcome, Report, page};
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int64Array, NullArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampSecondArray,
};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::sync::Arc;

fn data(arrays: Vec<(&str, ArrayRef)>) -> Data {
    let batch =
        RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    Data::of_batches(batch.schema(), vec![batch]).unwrap()
}

/// A number from 0 to 1 of this row.
fn chance(seed: u64, row: u64) -> f64 {
    (kernels::mix(seed, row) >> 11) as f64 / (1u64 << 53) as f64
}

fn numbers(seed: u64, rows: u64, shift: f64) -> ArrayRef {
    Arc::new((0..rows).map(|row| Some(chance(seed, row) + shift)).collect::<Float64Array>())
}

fn texts(seed: u64, rows: u64, of: u64) -> ArrayRef {
    Arc::new((0..rows).map(|row| Some(format!("v{}", kernels::mix(seed, row) % of))).collect::<StringArray>())
}

fn column(name: &str, array: ArrayRef) -> Data {
    data(vec![(name, array)])
}

fn ask(reference: &Data, current: &Data) -> Drift {
    drift(Side::Data(reference), Side::Data(current), &Asked::default(), &Run::quiet()).unwrap()
}

fn profiled(reference: &Data, current: &Data, asked: &Asked) -> Drift {
    let run = Run::quiet();
    let [reference, current] = [reference, current].map(|data| profile(data, 0, None, &run).unwrap());
    drift(Side::Profile(&reference), Side::Profile(&current), asked, &run).unwrap()
}

/// What is said of the column `c`, by rows and by profiles: compared, verdict, the default test's reason or the column's, note.
#[track_caller]
fn check(reference: ArrayRef, current: ArrayRef, compared: &str, verdict: &str, reason: &str, note: &str) -> Value {
    let (reference, current) = (column("c", reference), column("c", current));
    for found in [ask(&reference, &current), profiled(&reference, &current, &Asked::default())] {
        let found = &found.to_json()["columns"]["c"];
        let word = |key: &str| found[key].as_str().unwrap_or("").to_owned();
        let said = (word("compared"), word("verdict"), word("reason"), word("note"));
        assert_eq!(said, (compared.into(), verdict.into(), reason.into(), note.into()), "{found}");
    }
    ask(&reference, &current).to_json()["columns"]["c"].clone()
}

fn ints(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

#[test]
fn each_pair_of_types_has_its_comparison_and_nothing_is_skipped() {
    let flags = |share: f64| -> ArrayRef {
        Arc::new((0..200).map(|row| Some(chance(1, row) < share)).collect::<BooleanArray>())
    };
    let zeros = |share: f64| -> ArrayRef {
        Arc::new((0..200).map(|row| Some(i64::from(chance(1, row) < share))).collect::<Int64Array>())
    };
    let dates = |from: i32| -> ArrayRef { Arc::new((0..200).map(|day| Some(from + day)).collect::<Date32Array>()) };
    let local: ArrayRef =
        Arc::new((0..200).map(|day| Some(day * 86_400_000_000)).collect::<TimestampMicrosecondArray>());
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"x"; 200]));
    let nothing: ArrayRef = Arc::new(NullArray::new(200));
    let empty: ArrayRef = ints(&[]);
    check(numbers(1, 200, 0.0), numbers(2, 200, 0.0), "numbers", "within", "", "");
    check(numbers(1, 200, 0.0), numbers(2, 200, 0.5), "numbers", "drifted", "", "");
    check(texts(1, 200, 3), texts(2, 200, 3), "categories", "within", "", "");
    check(texts(1, 200, 3), texts(2, 200, 30), "categories", "drifted", "", "");
    check(flags(0.5), flags(0.1), "categories", "drifted", "", "");
    check(flags(0.5), zeros(0.5), "numbers", "within", "", "flags on one side are compared as the numbers 0 and 1");
    check(dates(0), dates(0), "times", "within", "", "");
    check(dates(0), dates(100), "times", "drifted", "", "");
    let mixed = "dates beside times without a zone: compared by what their clocks say, as if all were in UTC";
    check(dates(0), local, "times", "within", "", mixed);
    check(
        numbers(1, 200, 0.0),
        texts(2, 200, 3),
        "types",
        "drifted",
        "",
        "numbers in the reference, texts in what is current",
    );
    check(bytes.clone(), texts(2, 200, 3), "types", "drifted", "", "other in the reference, texts in what is current");
    check(
        bytes.clone(),
        bytes.clone(),
        "missing",
        "not_computable",
        "lists, structures, bytes and times beyond 64 bits are not looked into",
        "",
    );
    check(bytes, nothing.clone(), "missing", "drifted", "", "");
    check(numbers(1, 200, 0.0), nothing.clone(), "numbers", "drifted", "", "");
    check(texts(1, 200, 3), nothing.clone(), "categories", "drifted", "", "");
    check(nothing.clone(), numbers(1, 200, 0.0), "numbers", "drifted", "", "");
    check(nothing.clone(), nothing, "missing", "within", "", "");
    check(numbers(1, 200, 0.0), empty.clone(), "numbers", "not_computable", "the current side has no values", "");
    check(empty.clone(), empty, "missing", "not_computable", "the reference has no values", "");
}

#[test]
fn odd_numbers_have_a_stated_answer() {
    let odd = |values: &[f64]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let few = "rows of both sides, evenly split: 2, and 8 are needed";
    check(odd(&[1.0]), odd(&[2.0]), "numbers", "not_computable", few, "");
    check(odd(&[7.0; 50]), odd(&[7.0; 60]), "numbers", "within", "", "");
    check(odd(&[7.0; 50]), odd(&[8.0; 60]), "numbers", "drifted", "", "");
    let found = check(odd(&[f64::NAN; 50]), odd(&[7.0; 60]), "numbers", "drifted", "", "");
    assert_eq!(found["reference"]["missing"], 50);
    let ends = [f64::INFINITY, f64::NEG_INFINITY, 1.0, 2.0].repeat(20);
    let found = check(odd(&ends), odd(&ends), "numbers", "within", "", "");
    assert_eq!(
        found["histogram"]["reference"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>(),
        40
    );
    check(odd(&[-1e308; 40]), odd(&[1e308; 40]), "numbers", "drifted", "", "");
}

#[test]
fn numbers_that_floats_do_not_tell_apart_are_noted() {
    let rounded = "values of more digits than 64-bit floats hold are compared as the nearest of those";
    let odd = |row: i64| Some((1 << 53) + 1 + row % 2);
    let column = |of: fn(i64) -> Option<i64>| ints(&(0..200).map(of).collect::<Vec<_>>());
    check(column(odd), column(odd), "numbers", "within", "", rounded);
    check(column(|row| Some(row % 2)), column(odd), "numbers", "drifted", "", rounded);
    check(column(Some), column(Some), "numbers", "within", "", "");
    let flags: ArrayRef = Arc::new((0..200).map(|row| Some(row % 2 == 0)).collect::<BooleanArray>());
    let both = format!("flags on one side are compared as the numbers 0 and 1; {rounded}");
    check(column(odd), flags, "numbers", "drifted", "", &both);
    let texts = texts(1, 200, 3);
    check(column(odd), texts, "types", "drifted", "", "numbers in the reference, texts in what is current");
}

#[test]
fn times_beyond_64_bits_are_not_looked_into() {
    let seconds = |second: i64| -> ArrayRef { Arc::new(TimestampSecondArray::from(vec![second; 300])) };
    let why = "lists, structures, bytes and times beyond 64 bits are not looked into";
    check(seconds(1 << 62), seconds(1 << 61), "missing", "not_computable", why, "");
    check(
        seconds(1 << 30),
        seconds(1 << 61),
        "types",
        "drifted",
        "",
        "times in the reference, other in what is current",
    );
}

#[test]
fn a_million_categories_and_too_many_for_a_profile() {
    let (reference, current) = (column("id", texts(1, 60_000, 1 << 40)), column("id", texts(2, 60_000, 1 << 40)));
    let found = ask(&reference, &current).to_json();
    assert_eq!(found["columns"]["id"]["top"]["values"].as_array().unwrap().len(), 10);
    assert!(found["columns"]["id"]["p_value"].is_number());
    let found = profiled(&reference, &current, &Asked::default());
    let reason = found.to_json()["columns"]["id"]["reason"].clone();
    assert_eq!(reason, "there are more than 1024 different values: too many for a profile, compare the rows");
    assert_eq!(found.outcome(), Outcome::NotComputable);
    assert_eq!(found.headline(), "Of 1 column none can be compared.");
}

#[test]
fn what_only_one_side_has_is_missing_on_the_other() {
    let reference = data(vec![("a", numbers(1, 300, 0.0)), ("gone", texts(1, 300, 3))]);
    let current = data(vec![("new", numbers(3, 300, 0.0)), ("a", numbers(2, 300, 0.0))]);
    for found in [ask(&reference, &current), profiled(&reference, &current, &Asked::default())] {
        let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["a", "gone", "new"]);
        let verdicts: Vec<Verdict> = found.columns.iter().map(|column| column.verdict).collect();
        assert_eq!(verdicts, [Verdict::Within, Verdict::Drifted, Verdict::Drifted]);
        let gone = &found.to_json()["columns"]["gone"];
        assert_eq!(gone["note"], "the current side does not have this column");
        assert_eq!(gone["tests"]["null_share"]["value"], 1.0);
        assert_eq!((&gone["current"]["type"], &gone["current"]["missing"]), (&"absent".into(), &300.into()));
        assert_eq!(found.outcome(), Outcome::Breached);
        assert!(found.headline().starts_with("2 of 3 columns drifted: `gone` and `new`."), "{}", found.headline());
        assert!(found.notes().iter().any(|note| note.starts_with("Only one side has `gone` and `new`")));
    }
    let asked = Asked { columns: Some(vec!["new".into()]), ..Asked::default() };
    let found = drift(Side::Data(&reference), Side::Data(&current), &asked, &Run::quiet()).unwrap();
    assert_eq!((found.columns.len(), found.columns[0].verdict), (1, Verdict::Drifted));
}

#[test]
fn wrong_arguments_are_named() {
    let (reference, current) = (column("income", numbers(1, 9, 0.0)), column("income", numbers(1, 9, 0.0)));
    let refused = |asked: &Asked| {
        drift(Side::Data(&reference), Side::Data(&current), asked, &Run::quiet()).unwrap_err().to_string()
    };
    let asked = Asked { columns: Some(vec!["incme".into()]), ..Asked::default() };
    assert_eq!(refused(&asked), "`columns`: there is no column `incme` in either side: did you mean `income`?");
    let asked = Asked { alpha: 5.0, ..Asked::default() };
    assert!(refused(&asked).starts_with("`alpha` is 5"), "{}", refused(&asked));
    let named = |ids: &[&str]| Asked::default().with_tests(ids.iter().copied());
    assert_eq!(named(&["psi", "ks"]).unwrap().tests, Some(vec![TestId::Psi, TestId::Ks]));
    let wrong = |ids: &[&str]| named(ids).unwrap_err().to_string();
    assert_eq!(wrong(&["hellinge"]), "`tests` is `hellinge`: expected a measure of drift: did you mean `hellinger`?");
    let all = wrong(&["mmd"]);
    assert!(all.starts_with("`tests` is `mmd`: expected a measure of drift: there are `psi`, `ks`, `wasserstein`, "));
    assert!(all.ends_with("`null_share`, `domain_classifier`"), "{all}");
    let declined = Asked { domain_classifier: Some(false), ..Asked::default() };
    let wrong = declined.with_tests([DOMAIN_CLASSIFIER]).unwrap_err().to_string();
    assert_eq!(wrong, "`domain_classifier` is false: expected true or none, for `tests` names it");
    let stop = |_| std::ops::ControlFlow::Break(());
    let run = Run { threads: NonZeroUsize::MIN, progress: &stop };
    let stopped = drift(Side::Data(&reference), Side::Data(&current), &Asked::default(), &run).unwrap_err();
    assert_eq!(stopped.to_string(), "stopped before the end");
}

#[test]
fn a_profile_beside_rows_is_compared_as_two_profiles() {
    let (reference, current) = (column("a", numbers(1, 5_000, 0.0)), column("a", numbers(2, 5_000, 0.2)));
    let asked = Asked { tests: Some(TestId::ALL.to_vec()), domain_classifier: Some(true), ..Asked::default() };
    let run = Run::quiet();
    let kept = profile(&reference, 0, None, &run).unwrap();
    let found = drift(Side::Profile(&kept), Side::Data(&current), &asked, &run).unwrap();
    assert_eq!(found.to_json()["columns"], profiled(&reference, &current, &asked).to_json()["columns"]);
    assert_eq!((found.reference.kind, found.current.kind), (SideKind::Profile, SideKind::Data));
    let why = "a profile has no rows: the model needs those of both sides";
    assert_eq!(found.to_json()["dataset"]["domain_classifier"]["reason"], why);
    assert_eq!(found.columns[0].verdict, Verdict::Drifted);
    assert_eq!(found.columns[0].found.tests.len(), 16);
}

#[test]
fn few_different_values_are_the_same_to_rows_and_profiles() {
    let whole = |seed: u64| -> ArrayRef {
        Arc::new((0..3_000).map(|row| Some((kernels::mix(seed, row) % 50) as i64)).collect::<Int64Array>())
    };
    let sides = [1, 2].map(|seed| data(vec![("n", whole(seed)), ("t", texts(seed, 3_000, 12))]));
    let asked = Asked { tests: Some(TestId::ALL.to_vec()), ..Asked::default() };
    let by_rows = drift(Side::Data(&sides[0]), Side::Data(&sides[1]), &asked, &Run::quiet()).unwrap();
    for (row, kept) in by_rows.columns.iter().zip(profiled(&sides[0], &sides[1], &asked).columns) {
        assert_eq!(row.found.tests, kept.found.tests);
        assert_eq!(row.look.clone(), kept.look, "{}", row.name);
    }
}

#[test]
fn equal_bits_whatever_the_threads() {
    let side = |seed| {
        data(vec![
            ("a", numbers(seed, 30_000, 0.0)),
            ("b", texts(seed, 30_000, 700)),
            ("c", numbers(seed + 9, 30_000, 0.0)),
            ("d", texts(seed, 30_000, 2)),
        ])
    };
    let (reference, current) = (side(1), side(2));
    let asked = Asked { tests: Some(vec![TestId::Psi, TestId::Energy]), ..Asked::default() };
    let found = [1, 2, 7].map(|threads| {
        let run = Run { threads: NonZeroUsize::new(threads).unwrap(), ..Run::quiet() };
        drift(Side::Data(&reference), Side::Data(&current), &asked, &run).unwrap().to_json()
    });
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
    assert_eq!(found[0]["dataset"]["verdict"], "within", "{}", found[0]["dataset"]);
}

#[test]
fn columns_that_go_together_otherwise_are_drift_of_the_data_set() {
    let coin = |seed: u64, from: u64| -> ArrayRef {
        Arc::new((from..from + 2_000).map(|row| Some((kernels::mix(seed, row) % 2) as i64)).collect::<Int64Array>())
    };
    let reference = data(vec![("a", coin(1, 0)), ("b", coin(1, 0)), ("c", numbers(1, 2_000, 0.0))]);
    let current = data(vec![("a", coin(1, 9_000)), ("b", coin(2, 9_000)), ("c", numbers(2, 2_000, 0.0))]);
    let found = ask(&reference, &current);
    assert!(found.columns.iter().all(|column| column.verdict == Verdict::Within));
    assert_eq!(
        (found.domain.verdict, found.verdict, found.outcome()),
        (Verdict::Drifted, Verdict::Drifted, Outcome::Breached)
    );
    let dictionary = found.to_json();
    let shares = &dictionary["dataset"]["domain_classifier"]["columns"];
    assert!(shares["a"].as_f64().unwrap() + shares["b"].as_f64().unwrap() > 0.8, "{shares}");
    assert!(found.headline().contains("Together they did"), "{}", found.headline());
    assert_eq!(found.tables().len(), 2);
    for table in found.tables() {
        assert!(table.rows.iter().all(|row| row.len() == table.headings.len()));
    }
}

#[test]
fn equal_tables_alarm_at_the_nominal_rate_as_a_whole() {
    let side = |seed: u64| {
        data(vec![("a", numbers(seed, 400, 0.0)), ("b", texts(seed + 1, 400, 60)), ("c", numbers(seed + 2, 400, 0.0))])
    };
    let alarms = (0..200).filter(|run| ask(&side(run * 10), &side(run * 10 + 5)).verdict == Verdict::Drifted).count();
    // Nominal 10 of 200 at most, with a standard error of 3.1.
    assert!(alarms <= 19, "{alarms} of 200");
}

#[test]
fn a_table_without_columns_cannot_be_compared() {
    let none = Data::of_batches(Arc::new(arrow::datatypes::Schema::empty()), vec![]).unwrap();
    let found = ask(&none, &none);
    assert_eq!(
        (found.outcome(), found.headline().as_str()),
        (Outcome::NotComputable, "There are no columns to compare.")
    );
    assert_eq!(found.tables()[0].rows.len(), 0);
}

#[test]
fn a_headline_claims_no_more_than_was_found() {
    let found = ask(&column("a", numbers(1, 20, 0.0)), &column("a", numbers(2, 20, 0.0)));
    assert_eq!(found.headline(), "No drift was found in the one column compared: chance may have done what differs.");
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"x"; 20]));
    let with_bytes =
        |seed| data(vec![("a", numbers(seed, 20, 0.0)), ("b", bytes.clone()), ("c", numbers(seed + 7, 20, 0.0))]);
    assert_eq!(
        ask(&with_bytes(1), &with_bytes(2)).headline(),
        "No drift was found in the 2 columns compared: chance may have done what differs. Of `b` nothing can be said."
    );
}

#[test]
fn the_model_is_asked_unless_tests_are_named_without_it() {
    let side = |seed| data(vec![("a", numbers(seed, 200, 0.0)), ("b", numbers(seed + 7, 200, 0.0))]);
    let (reference, current) = (side(1), side(2));
    let of = |asked: &Asked| {
        let found = drift(Side::Data(&reference), Side::Data(&current), asked, &Run::quiet()).unwrap();
        found.to_json()["dataset"]["domain_classifier"].clone()
    };
    let tests = |ids: &[&str], model| {
        of(&Asked { domain_classifier: model, ..Asked::default() }.with_tests(ids.iter().copied()).unwrap())
    };
    for asked in [of(&Asked::default()), tests(&["psi", "domain_classifier"], None), tests(&["psi"], Some(true))] {
        assert!(asked["value"].is_f64(), "{asked}");
    }
    let declined = of(&Asked { domain_classifier: Some(false), ..Asked::default() });
    for left_out in [declined, tests(&["psi"], None), tests(&[], None)] {
        let told = (&left_out["value"], left_out["reason"].as_str(), &left_out["columns"]);
        assert_eq!(told, (&Value::Null, Some("it was not asked for"), &serde_json::json!({})));
    }
}

#[test]
fn what_is_asked_for_by_name_must_be_there() {
    let bytes: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"x"; 200]));
    let side = |seed, shift| data(vec![("a", numbers(seed, 200, shift)), ("b", bytes.clone())]);
    let found = |shift, columns: &[&str]| {
        let columns = (!columns.is_empty()).then(|| columns.iter().map(|name| (*name).to_owned()).collect());
        let asked = Asked { columns, domain_classifier: Some(false), ..Asked::default() };
        drift(Side::Data(&side(1, 0.0)), Side::Data(&side(2, shift)), &asked, &Run::quiet()).unwrap()
    };
    assert_eq!(found(0.0, &[]).outcome(), Outcome::Within);
    assert_eq!(found(0.0, &["a"]).outcome(), Outcome::Within);
    let named = found(0.0, &["a", "b"]);
    assert_eq!(
        (named.outcome(), &named.to_json()["dataset"]["verdict"]),
        (Outcome::NotComputable, &"not_computable".into())
    );
    assert!(named.headline().ends_with("Of `b` nothing can be said."), "{}", named.headline());
    assert_eq!(found(1.0, &["a", "b"]).outcome(), Outcome::Breached);
    let asked = Asked { domain_classifier: Some(true), ..Asked::default() };
    let found = profiled(&side(1, 0.0), &side(2, 0.0), &asked);
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let said = "A model was asked for and has no answer: a profile has no rows: the model needs those of both sides.";
    assert!(found.headline().contains(said), "{}", found.headline());
    assert_eq!(profiled(&side(1, 0.0), &side(2, 0.0), &Asked::default()).outcome(), Outcome::Within);
}

#[test]
fn times_that_went_on_are_drift_and_said_to_be_that() {
    let times = |from: i64, zone: &str| -> ArrayRef {
        let array: TimestampMicrosecondArray = (from..from + 200).map(|hour| Some(hour * 3_600_000_000)).collect();
        Arc::new(array.with_timezone(zone))
    };
    // The same instants in two zones are the same.
    check(times(0, "UTC"), times(0, "+02:00"), "times", "within", "", "");
    check(times(0, "UTC"), times(200, "+02:00"), "times", "drifted", "", "");
    let found = ask(&column("at", times(0, "UTC")), &column("at", times(200, "UTC")));
    let notes = found.notes();
    assert!(notes.iter().any(|note| note.starts_with("Times go on by themselves, and `at` may")), "{notes:?}");
    assert!(notes.iter().any(|note| note.starts_with("Drifted means more than chance would do")), "{notes:?}");
}

#[test]
fn decimals_beside_floats_are_numbers() {
    use arrow::array::Decimal128Array;
    let decimals: Decimal128Array = (0..200).map(|row| Some(row * 25)).collect();
    let decimals: ArrayRef = Arc::new(decimals.with_precision_and_scale(10, 2).unwrap());
    let floats: ArrayRef = Arc::new((0..200).map(|row| Some(f64::from(row) / 4.0)).collect::<Float64Array>());
    let found = check(decimals.clone(), floats, "numbers", "within", "", "");
    assert_eq!(found["tests"]["ks"]["value"], 0.0);
    check(decimals.clone(), decimals, "numbers", "within", "", "");
}

#[test]
fn one_row_on_either_side_is_not_computable_and_nothing_raises() {
    let one =
        |seed| data(vec![("n", numbers(seed, 1, 0.0)), ("t", texts(seed, 1, 9)), ("x", Arc::new(NullArray::new(1)))]);
    let many = |seed| {
        data(vec![("n", numbers(seed, 500, 0.0)), ("t", texts(seed, 500, 9)), ("x", Arc::new(NullArray::new(500)))])
    };
    let asked = Asked { tests: Some(TestId::ALL.to_vec()), ..Asked::default() };
    for (reference, current) in [(one(1), one(2)), (one(1), many(2)), (many(1), one(2))] {
        for found in [
            drift(Side::Data(&reference), Side::Data(&current), &asked, &Run::quiet()).unwrap(),
            profiled(&reference, &current, &asked),
        ] {
            assert!(found.columns.iter().all(|column| column.verdict != Verdict::Drifted), "{}", found.headline());
            for column in found.to_json()["columns"].as_object().unwrap().values() {
                for test in column["tests"].as_object().unwrap().values() {
                    let mut keys: Vec<&String> = test.as_object().unwrap().keys().collect();
                    keys.sort();
                    assert_eq!(keys, ["interval", "p_value", "reason", "threshold", "value", "verdict"]);
                    assert!(test["verdict"] != "not_computable" || test["reason"].is_string(), "{test}");
                }
            }
        }
    }
}

#[test]
fn every_number_of_drift_stands_on_the_page() {
    let sides = [numbers(1, 200, 0.0), numbers(2, 200, 0.0)].map(|array| column("c", array));
    let found = ask(&sides[0], &sides[1]).to_json();
    let is_number = |(_, value): &(&String, &Value)| value.is_number() || value.get("value").is_some();
    let of = |value: &Value| -> Vec<String> {
        value.as_object().unwrap().iter().filter(is_number).map(|(id, _)| id.clone()).collect()
    };
    let mut ids: Vec<String> = TestId::ALL.map(|id| id.to_string()).into();
    ids.extend(of(&found["columns"]["c"]));
    ids.extend(of(&found["dataset"]));
    assert_eq!(page::ids("## Drift"), page::by_id(ids));
}

#[test]
fn a_column_whose_values_were_not_compared_is_within_for_nobody() {
    // 10 nulls of 10 where half was null: by itself 0.002, beside 100 columns of equal distributions 0.2.
    let table = |rows: u64, nulls: &dyn Fn(u64) -> bool, seed: u64| {
        let odd: Float64Array = (0..rows).map(|row| (!nulls(row)).then(|| chance(1, row))).collect();
        let names: Vec<String> = (0..100).map(|at| format!("n{at}")).collect();
        let even = names.iter().zip(seed..).map(|(name, seed)| (name.as_str(), numbers(seed, rows, 0.0)));
        data([("odd", Arc::new(odd) as ArrayRef)].into_iter().chain(even).collect())
    };
    let (reference, current) = (table(2_000, &|row| row % 2 == 0, 10), table(10, &|_| true, 1_000));
    for found in [ask(&reference, &current), profiled(&reference, &current, &Asked::default())] {
        let odd = &found.to_json()["columns"]["odd"];
        assert!(odd["p_value"].as_f64().unwrap() < 0.05 && odd["adjusted_p_value"].as_f64().unwrap() > 0.05, "{odd}");
        assert_eq!(
            (odd["verdict"].as_str(), odd["reason"].as_str()),
            (Some("not_computable"), Some("the current side has no values"))
        );
    }
    let alone = check(
        Arc::new((0..2_000).map(|row| (row % 2 == 0).then(|| chance(1, row))).collect::<Float64Array>()),
        Arc::new(Float64Array::from(vec![None; 10])),
        "numbers",
        "drifted",
        "",
        "",
    );
    assert!(alone["reason"].is_null());
}

#[test]
fn l_infinity_has_a_threshold_where_labels_are_permuted() {
    let asked = Asked { tests: Some(vec![TestId::LInfinity]), ..Asked::default() };
    let threshold = |reference: ArrayRef, current: ArrayRef| {
        let (reference, current) = (column("c", reference), column("c", current));
        let found = drift(Side::Data(&reference), Side::Data(&current), &asked, &Run::quiet()).unwrap();
        found.to_json()["columns"]["c"]["tests"]["l_infinity"]["threshold"].is_number()
    };
    assert!(threshold(numbers(1, 900, 0.0), numbers(2, 900, 0.5)));
    assert!(!threshold(numbers(1, 1_000, 0.0), numbers(2, 900, 0.5)));
    assert!(!threshold(texts(1, 900, 3), texts(2, 900, 4)));
}
