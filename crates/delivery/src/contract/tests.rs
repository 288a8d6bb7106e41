use super::{ColumnFacts, Contract, DatasetFacts, Facts, judge};
use crate::checks::Verdict;
use catalog::profile::{ColumnProfile, Datum, TopValue};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;
use std::fmt::Write;

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n";

fn profile(rows: u64, change: impl FnOnce(&mut ColumnProfile)) -> ColumnProfile {
    let plain = json!({"name": "x", "data_type": "Int64", "rows": rows, "nulls": 0, "shown": true,
        "distinct": rows, "distinct_exact": true, "top_error": 0});
    let mut profile: ColumnProfile = serde_json::from_value(plain).unwrap();
    change(&mut profile);
    profile
}

fn facts() -> Facts {
    let of = |data_type: &str, profile: Option<ColumnProfile>| ColumnFacts { data_type: data_type.into(), profile };
    let top = |value: &str| TopValue { value: value.into(), count: 9 };
    let columns = [
        ("id", of("Utf8", Some(profile(100, |_| ())))),
        (
            "amount",
            of(
                "Int64",
                Some(profile(100, |p| {
                    (p.min, p.max, p.nulls) = (Some(Datum::Integer(5)), Some(Datum::Integer(900)), 3);
                })),
            ),
        ),
        (
            "housing",
            of(
                "Utf8",
                Some(profile(100, |p| {
                    (p.distinct, p.top) = (Some(2), vec![top("own"), top("rent")]);
                })),
            ),
        ),
        (
            "age",
            of(
                "Int64",
                Some(profile(100, |p| {
                    (p.shown, p.distinct, p.why_not) = (false, None, Some("the column is restricted".into()));
                })),
            ),
        ),
        ("fresh", of("Float64", None)),
    ];
    let columns = columns.into_iter().map(|(name, facts)| (name.to_owned(), facts)).collect();
    [("retail.core.loans".to_owned(), DatasetFacts { rows: 100, columns })].into()
}

#[track_caller]
fn judged(schema: &str, expected: Expect) {
    let contract = Contract::read(format!("{HEAD}{schema}").as_bytes());
    let page = match contract {
        Err(error) => format!("{:?}: {error}\n", error.line),
        Ok(contract) => {
            let mut page = String::new();
            for one in judge(&contract, &facts()) {
                let name = one.column.unwrap_or_else(|| format!("({})", one.table));
                let verdict = match one.verdict {
                    Verdict::Passed => "passed",
                    Verdict::Failed => "failed",
                    Verdict::NotComputable => "not computable",
                };
                writeln!(page, "{name}: {verdict} {}", one.reason).unwrap();
            }
            page
        }
    };
    expected.assert_eq(&page);
}

#[test]
fn columns_are_judged_one_by_one_against_what_is_known() {
    judged(
        "schema:
  - name: loans
    physicalName: retail.core.loans
    quality: [{metric: rowCount, mustBeGreaterOrEqualTo: 100}]
    properties:
      - {name: id, logicalType: string, required: true, unique: true, primaryKey: true}
      - {name: credit_amount, physicalName: amount, logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 900}}
      - {name: housing, logicalType: string, quality: [{metric: invalidValues, arguments: {validValues: [own, rent]}, mustBe: 0}]}
      - {name: age, logicalType: integer, required: true, logicalTypeOptions: {minimum: 18}}
      - {name: fresh, logicalType: number, required: true}
",
        expect![[r#"
            (loans): passed 
            id: passed 
            credit_amount: passed 
            housing: passed 
            age: not computable the column is restricted
            fresh: not computable no crawl has read its values yet
        "#]],
    );
    judged(
        "schema:
  - name: loans
    quality: [{metric: rowCount, mustBeBetween: [1, 50]}]
    properties:
      - {name: id, logicalType: integer, transformSourceObjects: [retail.core.loans]}
      - {name: amount, required: true, logicalTypeOptions: {minimum: 6, maximum: 899}, transformSourceObjects: [retail.core.loans]}
      - {name: housing, unique: true, transformSourceObjects: [retail.core.loans],
         quality: [{metric: invalidValues, arguments: {validValues: [own]}, mustBe: 0}, {metric: freshness}]}
      - {name: housin, transformSourceObjects: [retail.core.loans]}
      - {name: gone, transformSourceObjects: [retail.core.none]}
      - {name: derived}
",
        expect![[r#"
            (loans): not computable its columns come from several datasets, whose rows are joined in the pipeline
            id: failed it is `Utf8`; the contract says `integer`
            amount: failed 3 of 100 values are missing; its minimum is 5; the contract says 6; its maximum is 900; the contract says 899
            housing: failed 98 of 100 values are repeats; `rent` is not among the valid values
            housin: failed `retail.core.loans` has no column `housin`; did you mean `housing`?
            gone: failed the catalog shows this project no dataset `retail.core.none`
        "#]],
    );
}

/// Judges one column of a type by its rules, with its profile as the catalog keeps it.
#[track_caller]
fn check(data_type: &str, profile: serde_json::Value, rules: &str, expected: &str) {
    let plain = json!({"name": "x", "data_type": data_type, "rows": 100, "nulls": 0, "shown": true,
        "distinct_exact": true, "top_error": 0});
    let mut all = plain.as_object().unwrap().clone();
    all.extend(profile.as_object().unwrap().clone());
    let profile = Some(serde_json::from_value(all.into()).unwrap());
    let columns = [("x".to_owned(), ColumnFacts { data_type: data_type.into(), profile })].into();
    let facts: Facts = [("a.b.c".to_owned(), DatasetFacts { rows: 100, columns })].into();
    let schema = format!("schema: [{{name: t, physicalName: a.b.c, properties: [{{name: x, {rules}}}]}}]\n");
    let contract = Contract::read(format!("{HEAD}{schema}").as_bytes()).unwrap();
    let judged = judge(&contract, &facts).remove(0);
    let shown = match judged.verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed => format!("failed: {}", judged.reason),
        Verdict::NotComputable => format!("unknown: {}", judged.reason),
    };
    assert_eq!(shown, expected, "{data_type} {rules}");
}

/// A profile that has every value: each twice.
fn all_of(values: &[&str]) -> serde_json::Value {
    let top: Vec<_> = values.iter().map(|value| json!({"value": value, "count": 2})).collect();
    json!({"distinct": values.len(), "top": top})
}

#[test]
fn valid_values_are_compared_by_value() {
    let valid = |values: &str| {
        format!("quality: [{{metric: invalidValues, arguments: {{validValues: [{values}]}}, mustBe: 0}}]")
    };
    let long = "x".repeat(70);
    let cut = format!("{}…", "x".repeat(64));
    let passed = [
        ("Float32", all_of(&["0.10000000149011612", "2"]), "0.1, 2"),
        ("Float64", all_of(&["0.5", "inf"]), "0.5, .inf"),
        ("Int64", all_of(&["1", "2"]), "1.0, \"2\", 3"),
        ("Decimal128(9, 2)", all_of(&["1.5"]), "\"1.50\""),
        ("Date32", all_of(&["2024-01-02"]), "2024-01-02"),
        ("Timestamp(µs)", all_of(&["2024-01-02T03:04:05"]), "2024-01-02 03:04:05"),
        ("Timestamp(µs, \"UTC\")", all_of(&["2024-01-02T03:04:05Z"]), "\"2024-01-02T04:04:05+01:00\""),
        ("Utf8", all_of(&["own", "rent"]), "own, rent, free"),
        ("Boolean", all_of(&["false", "true"]), "true, False"),
    ];
    for (data_type, profile, values) in passed {
        check(data_type, profile, &valid(values), "passed");
    }
    check("Utf8", all_of(&[&cut]), &valid(&long), "unknown: of a text of more than 64 bytes, the first 64 are known");
    check("Utf8", all_of(&[&cut, "b"]), &valid(&long), "failed: `b` is not among the valid values");
    check(
        "Utf8",
        all_of(&[&cut]),
        &valid(&"y".repeat(70)),
        &format!("failed: `{}` is not among the valid values", "x".repeat(60)),
    );
    check("Float64", all_of(&["0.5", "inf"]), &valid("0.5"), "failed: `inf` is not among the valid values");
    let mut nan = all_of(&["0.5"]);
    nan["nans"] = 3.into();
    check("Float64", nan.clone(), &valid("0.5"), "failed: `NaN` is not among the valid values");
    check("Float64", nan, &valid("0.5, .nan"), "passed");
    check("Time64(µs)", all_of(&["28800"]), &valid("\"08:00:00\""), "unknown: values of its type are not compared");
    let (seconds, written) = (all_of(&["2024-01-02T03:04:05"]), valid("\"2024-01-02T03:04:05\""));
    let mut rounded = seconds.clone();
    rounded["distinct_exact"] = false.into();
    check("Timestamp(ns)", rounded, &written, "unknown: its nanoseconds are known to the microsecond only");
    check("Timestamp(ns)", seconds, &written, "passed");
    // What the profile does not have is neither valid nor wrong, unless there is more of it than is valid.
    let some = |distinct: u64, exact: bool| json!({"distinct": distinct, "distinct_exact": exact, "top": [{"value": "1", "count": 9}], "min": 0, "max": 2});
    check("Int64", some(3, true), &valid("0, 1, 2"), "unknown: it has more values than the profile keeps");
    check("Int64", some(3, true), &valid("0, 1"), "failed: `2` is not among the valid values");
    check("Int64", some(4, true), &valid("0, 1, 2"), "failed: it has 4 values, and 3 are valid");
    check("Int64", some(4, false), &valid("0, 1, 2"), "unknown: it has more values than the profile keeps");
}

#[test]
fn limits_know_of_infinite_ends_and_of_what_floats_do_not_tell_apart() {
    let least = |limit: &str| format!("logicalTypeOptions: {{minimum: {limit}}}");
    let most = |limit: &str| format!("logicalTypeOptions: {{maximum: {limit}}}");
    let with = |mut profile: serde_json::Value, key: &str, value: serde_json::Value| {
        profile[key] = value;
        profile
    };
    check(
        "Float64",
        with(all_of(&["0.5", "inf"]), "min", json!(0.5)),
        &most("9"),
        "failed: its maximum is inf; the contract says 9",
    );
    check("Float64", with(all_of(&["0.5", "inf"]), "min", json!(0.5)), &least("0.5"), "passed");
    check(
        "Float64",
        with(all_of(&["-inf", "0.5"]), "max", json!(0.5)),
        &least("0"),
        "failed: its minimum is -inf; the contract says 0",
    );
    check("Float64", all_of(&["-inf", "inf"]), &least("0"), "failed: its minimum is -inf; the contract says 0");
    check("Float64", all_of(&["inf"]), &least("0"), "passed");
    check(
        "Float64",
        with(all_of(&["-inf", "inf"]), "distinct", json!(20)),
        &least("0"),
        "unknown: its minimum is not known: it may be infinite",
    );
    check(
        "Float64",
        json!({"distinct": 0, "nulls": 100}),
        &least("0"),
        "unknown: it has no minimum: no number is in it",
    );
    check(
        "Float64",
        json!({"min": 1.0, "max": 2.0, "nans": 3}),
        &least("0"),
        "unknown: 3 of its values are not a number (NaN), which no limit bounds",
    );
    check(
        "Float64",
        json!({"min": 1.0, "max": 2.0, "nans": 3}),
        &most("1"),
        "failed: its maximum is 2; the contract says 1",
    );
    check("Float32", json!({"min": 0.699_999_988_079_071, "max": 0.100_000_001_490_116_12}), &least("0.7"), "passed");
    check("Float32", json!({"min": 0.0, "max": 0.100_000_001_490_116_12}), &most("0.1"), "passed");
    check(
        "Int64",
        json!({"min": 0, "max": 9_007_199_254_740_993_i64}),
        &most("9007199254740992"),
        "unknown: its maximum is about 9007199254740992, as the contract says; more than 15 digits are not compared",
    );
    check("Decimal128(18, 2)", json!({"min": 0.0, "max": 99.5}), &least("0"), "passed");
    check(
        "Decimal128(38, 20)",
        json!({"min": 0.1, "max": 0.5}),
        &least("0.1"),
        "unknown: its minimum is about 0.1, as the contract says; more than 15 digits are not compared",
    );
    check(
        "Time64(µs)",
        json!({"min": 28_800, "max": 28_801}),
        &least("5"),
        "unknown: `minimum` is judged for numbers only",
    );
    check(
        "Date32",
        json!({"min": "2024-01-01", "max": "2024-01-02"}),
        &least("5"),
        "unknown: `minimum` is judged for numbers only",
    );
}

#[test]
fn repeats_are_said_only_where_they_are_certain() {
    let unique = "unique: true";
    check("Int64", json!({"distinct": 100}), unique, "passed");
    check("Int64", json!({"distinct": 99, "nulls": 1}), unique, "passed");
    check("Float64", json!({"distinct": 99, "nans": 1}), unique, "passed");
    check("Float64", json!({"distinct": 98, "nans": 2}), unique, "unknown: 2 of its values are not a number (NaN)");
    check("Float64", json!({"distinct": 97, "nans": 2}), unique, "failed: 1 of 98 values are repeats");
    let estimated = |distinct: u64| json!({"rows": 100_000, "distinct": distinct, "distinct_exact": false});
    check("Int64", estimated(94_000), unique, "unknown: how many values differ is only estimated for so many");
    check("Int64", estimated(91_000), unique, "failed: about 91000 of 100000 values differ");
    let mut twice = estimated(100_500);
    twice["top"] = json!([{"value": "7", "count": 2}]);
    check("Int64", twice, unique, "failed: `7` is there 2 times at least");
    check(
        "Timestamp(ns)",
        json!({"distinct": 99, "distinct_exact": false}),
        unique,
        "unknown: values that differ by less than a profile keeps of them count as repeats",
    );
    check("Timestamp(ns)", json!({"distinct": 99}), unique, "failed: 1 of 100 values are repeats");
    check("Time64(µs)", json!({"distinct": 99}), unique, "failed: 1 of 100 values are repeats");
    check("Int64", json!({"nulls": 1}), "required: true", "failed: 1 of 100 values are missing");
}

#[test]
fn types_are_judged_by_what_they_are() {
    check("List(Utf8)", json!({}), "logicalType: string", "failed: it is `List(Utf8)`; the contract says `string`");
    check(
        "Interval(DayTime)",
        json!({}),
        "logicalType: integer",
        "failed: it is `Interval(DayTime)`; the contract says `integer`",
    );
    check("Decimal128(9, 2)", json!({}), "logicalType: number", "passed");
    check("Timestamp(µs, \"UTC\")", json!({}), "logicalType: timestamp", "passed");
}

#[test]
fn a_mistake_is_named_with_its_place() {
    judged(
        "schema: [\n",
        expect![[r#"
        Some(7): it is not YAML: while parsing a node, did not find expected node content
    "#]],
    );
    judged(
        "schema: {}\n",
        expect![[r#"
        None: `schema` of the contract is not a list
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, logicalType: integr}]}]\n",
        expect![[r#"
        None: `integr` is no logical type (column `a`); did you mean `integer`?
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, required: yes}]}]\n",
        expect![[r#"
        None: `required` of column `a` is neither `true` nor `false`
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a}, {name: a}]}]\n",
        expect![[r#"
        None: table `t` has two columns `a`
    "#]],
    );
    judged(
        "schema: [{name: t, properties: [{name: a, transformSourceObjects: [loans]}]}]\n",
        expect![[r#"
        None: `loans` is no dataset `lake.schema.table` (column `a`)
    "#]],
    );
    judged(
        "id: y\n",
        expect![[r#"
        Some(6): `id` stands there twice
    "#]],
    );
}

#[test]
fn bombs_are_refused_and_what_names_no_source_is_only_well_formed() {
    judged(
        "a: &a [x, x]\nb: *a\nschema: []\n",
        expect![[r#"
        Some(7): aliases (`*name`) are not read here: write the value out
    "#]],
    );
    judged(
        "a: !!binary aGk=\n",
        expect![[r#"
        Some(6): tags (`!name`) are not read here: leave it out
    "#]],
    );
    let deep = format!("a: {}", "[".repeat(5_000));
    let wide = format!("a: [{}]", "1,".repeat(60_000));
    for bomb in [deep, wide] {
        assert!(Contract::read(format!("{HEAD}{bomb}").as_bytes()).is_err());
    }
    let template = include_str!("../../../../templates/tabular-classification/contract.yaml");
    let contract = Contract::read(template.replace("{{ project }}", "p").as_bytes()).unwrap();
    assert!(contract.sources().is_empty() && contract.tables[0].columns.len() > 10);
    assert_eq!(judge(&contract, &facts()), []);
}

proptest! {
    /// Whatever stands in the file: an answer, never a panic, and never a long one.
    #[test]
    fn any_text_is_read_to_an_answer(text in "[ -~\n]{0,300}", tail in "(name|schema|properties|[:\\[{}\\]&*!\n -]|v3\\.1){0,60}") {
        for text in [text, format!("{HEAD}{tail}")] {
            if let Err(error) = Contract::read(text.as_bytes()) {
                prop_assert!(error.why.len() < 1_000);
            }
        }
    }
}
