//! What a report answers where data or arguments are odd.
use super::*;
use arrow::array::{BooleanArray, Decimal128Array, ListArray, TimestampMicrosecondArray, UInt64Array};
use arrow::datatypes::Int32Type;

fn plain(facet: ArrayRef, label: ArrayRef) -> Data {
    data(vec![("facet", facet), ("label", label)])
}

fn each() -> Asked {
    Asked::new(&["facet"], "label", values(&["1"]))
}

fn nothing_said(data: &Data, asked: &Asked, expected: &str) {
    let found = ask(data, asked);
    assert_eq!(found.outcome(), Outcome::NotComputable);
    assert_eq!(found.headline(), expected);
    // Whatever is not there, the report can be shown.
    assert!(found.to_json().is_object() && found.tables().len() < 9 && !found.notes().is_empty());
}

#[test]
fn no_rows_one_row_and_missing_columns_have_a_reason() {
    nothing_said(
        &plain(texts([]), integers([])),
        &each(),
        "Nothing can be said of `facet`: the protected column has no values.",
    );
    nothing_said(
        &plain(texts([Some("a")]), integers([Some(1)])),
        &each(),
        "Nothing can be said of `facet`: no value of the protected column has 30 rows.",
    );
    let missing = plain(texts([None; 50]), integers([Some(1); 50]));
    nothing_said(&missing, &each(), "Nothing can be said of `facet`: the protected column has no values.");
    let constant = plain(texts([Some("a"); 50]), integers([Some(1); 50]));
    nothing_said(
        &constant,
        &each(),
        "Nothing can be said of `facet`: the advantaged group with a label has no values.",
    );
    let unlabelled = plain(texts((0..80).map(|row| Some(if row % 2 == 0 { "a" } else { "b" }))), integers([None; 80]));
    nothing_said(
        &unlabelled,
        &each(),
        "Nothing can be said of `facet`: the advantaged group with a label has no values.",
    );
}

#[test]
fn values_that_no_row_has_are_said_with_what_may_be_meant() {
    let unseen = Asked { disadvantaged: Some(values(&["femal"])), ..asked() };
    let found = ask(&loans(), &unseen);
    assert_eq!(found.outcome(), Outcome::NotComputable);
    assert_eq!(
        found.headline(),
        "Nothing can be said of `sex`: the disadvantaged group with a prediction has no values."
    );
    assert_eq!(found.notes()[0], "No row has the facet value `femal`: did you mean `female`?");
    let half = Asked { disadvantaged: Some(values(&["female", "femal"])), ..asked() };
    let found = ask(&loans(), &half);
    assert!(found.headline().ends_with(" No row has `femal`."), "{}", found.headline());
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let two = Asked { positive: values(&["yes", "yess"]), ..asked() };
    let found = ask(&loans(), &two);
    assert!(found.headline().ends_with(" No row has `yess`."), "{}", found.headline());
    assert_eq!(found.outcome(), Outcome::NotComputable);
    let number = Asked { disadvantaged: Some(values(&["3000"])), ..asked() };
    assert!(ask(&loans(), &number).notes()[0].ends_with("`--disadvantaged-above`, in Python a number."));
    let nobody = Asked { positive: values(&["Yes"]), ..asked() };
    let found = ask(&loans(), &nobody);
    assert_eq!(found.headline(), "Nothing can be said of `sex`: no label and no prediction is positive as asked.");
    assert_eq!(
        found.notes()[..2],
        ["No label is `Yes`: did you mean `yes`?", "No prediction is `Yes`: did you mean `yes`?"]
    );
    let limit: crate::Limit = "abs(DPL)<=1".parse().unwrap();
    assert_eq!(crate::Limited::new(&found, &[limit]).outcome(), Outcome::NotComputable);
}

#[test]
fn nan_and_infinity_are_missing_and_large() {
    let facet = numbers((0..120).map(|row| [Some(f64::NAN), None, Some(f64::INFINITY), Some(-1.0)][row % 4]));
    let label = integers((0..120).map(|row| Some(i64::from(row % 8 < 4))));
    let asked = Asked { disadvantaged: Some(Chosen::Above(0.0)), ..each() };
    let json = ask(&plain(facet, label), &asked).to_json();
    assert_eq!(
        (json["facets"]["> 0"]["rows"].as_u64(), json["facets"]["> 0"]["rest_rows"].as_u64()),
        (Some(30), Some(30))
    );
    assert_eq!(json["left_out"]["facet_missing"], 60);
}

#[test]
fn a_million_values_are_pooled_and_the_largest_are_reported() {
    let rows = 200_000i64;
    let facet = integers((0..rows).map(|row| Some(if row % 2 == 0 { row } else { row % 1_500 })));
    let label = integers((0..rows).map(|row| Some(row % 3 % 2)));
    let found = ask(&plain(facet, label), &each());
    assert_eq!(found.facets.len(), 500);
    let named: u64 = found.facets.iter().map(|facet| facet.rows).sum();
    assert_eq!(named + found.left_out.pooled_rows, 200_000);
    assert!(found.notes().iter().any(|note| note.contains("are not reported by themselves")));
    // Rare values that are asked for are a group all the same.
    let rare: Vec<String> = (0..100).map(|row| (row * 2 + 2_000).to_string()).collect();
    let asked = Asked { disadvantaged: Some(Chosen::Values(rare)), ..each() };
    let facet = integers((0..rows).map(|row| Some(if row % 2 == 0 { row } else { 1 })));
    let label = integers((0..rows).map(|row| Some(row % 3 % 2)));
    assert_eq!(ask(&plain(facet, label), &asked).facets[0].rows, 100);
}

#[test]
fn a_million_values_of_one_row_each_are_none_to_report() {
    let found =
        ask(&plain(integers((0..1_000_000).map(Some)), integers((0..1_000_000).map(|row| Some(row % 2)))), &each());
    assert_eq!(found.headline(), "Nothing can be said of `facet`: no value of the protected column has 30 rows.");
    assert_eq!((found.left_out.pooled_values, found.left_out.pooled_rows), (1_000_000, 1_000_000));
}

#[test]
fn decimals_are_numbers_and_times_are_instants_in_whatever_zone() {
    let rows = || 0..200i64;
    let decimals = |of: fn(i64) -> i128| -> ArrayRef {
        let array: Decimal128Array = rows().map(|row| Some(of(row))).collect();
        Arc::new(array.with_precision_and_scale(10, 2).unwrap())
    };
    let table = plain(
        decimals(|row| 150 + 100 * i128::from(row % 2)),
        decimals(|row| 100 * i128::from(row % 4 / 2 * (row % 2))),
    );
    let json = ask(&table, &Asked { disadvantaged: Some(values(&["1.50"])), ..each() }).to_json();
    near(&value_of(&json, "1.50", "DPL"), 0.5);
    let json = ask(&table, &Asked { disadvantaged: Some(Chosen::Above(1.5)), ..each() }).to_json();
    near(&value_of(&json, "> 1.5", "DPL"), -0.5);
    // Two columns of the same instants, in two zones, are the same groups.
    let times = |zone: &str| -> ArrayRef {
        let array: TimestampMicrosecondArray = rows().map(|row| Some(row % 2 * 3_600_000_000)).collect();
        Arc::new(array.with_timezone(zone))
    };
    let label = || integers(rows().map(|row| Some(i64::from(row % 4 == 1))));
    let [utc, ahead] = ["UTC", "+02:00"].map(|zone| ask(&plain(times(zone), label()), &each()).to_json());
    assert_eq!(utc["facets"].as_object().unwrap().len(), 2);
    assert_eq!(utc["facets"], ahead["facets"]);
}

#[test]
fn flags_and_numbers_say_one_another() {
    let flags = Arc::new((0..100).map(|row| Some(row % 4 == 0)).collect::<BooleanArray>());
    let facet = || numbers((0..100).map(|row| Some(f64::from(row % 2))));
    let table = data(vec![("facet", facet()), ("label", flags)]);
    for positive in ["1", "true", "True", "1.0"] {
        let asked = Asked { positive: values(&[positive]), disadvantaged: Some(values(&["1.0"])), ..each() };
        near(&value_of(&ask(&table, &asked).to_json(), "1.0", "DPL"), 0.5);
    }
}

#[test]
fn labels_of_many_values_are_positive_or_not() {
    let facet = || texts((0..400).map(|row| Some(if row % 2 == 0 { "a" } else { "b" })));
    let few = integers((0..400).map(|row| Some(row % 3)));
    let many = integers((0..400).map(|row| Some(if row % 3 == 1 { 1 } else { row + 1_000 })));
    let dpl = |label: ArrayRef| value_of(&ask(&plain(facet(), label), &each()).to_json(), "a", "DPL");
    assert_eq!(dpl(few), dpl(many));
}

#[test]
fn nested_columns_are_refused_and_as_features_left_out() {
    let lists = || {
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>((0..60).map(|row| Some(vec![Some(row)]))))
            as ArrayRef
    };
    let table = data(vec![
        ("facet", texts((0..60).map(|row| Some(if row % 2 == 0 { "a" } else { "b" })))),
        ("label", integers((0..60).map(|row| Some(row % 3 % 2)))),
        ("list", lists()),
    ]);
    let nested = Asked { facet: vec!["list".into()], ..each() };
    assert!(
        refused(&table, &nested).starts_with("`facet` is `list`, a column of lists"),
        "{}",
        refused(&table, &nested)
    );
    let features = Asked { features: vec!["list".into()], prediction: None, ..each() };
    let json = ask(&table, &features).to_json();
    assert_eq!(json["left_out"]["features"]["list"], "it has lists, structures, bytes or times beyond 64 bits");
}

#[test]
fn wrong_arguments_are_named() {
    let table = loans();
    let error = |asked: Asked| refused(&table, &asked);
    check(
        &error(Asked { facet: vec![], ..asked() }),
        expect!["`facet` is empty: expected one protected column or more"],
    );
    check(
        &error(Asked { facet: vec!["sexx".into()], ..asked() }),
        expect!["`facet`: there is no column `sexx` in the data: did you mean `sex`?"],
    );
    check(
        &error(Asked { label: "sex".into(), ..asked() }),
        expect!["`label` is a facet: expected another column than the protected ones"],
    );
    check(
        &error(Asked { positive: values(&[]), ..asked() }),
        expect!["`positive` is empty: expected one value or more, or a threshold"],
    );
    check(
        &error(Asked { positive: Chosen::Above(1.0), ..asked() }),
        expect![
            "`label` is `paid`, a column without numbers: expected a column of numbers or times: a threshold was given"
        ],
    );
    check(
        &error(Asked { disadvantaged: Some(Chosen::Above(f64::NAN)), ..asked() }),
        expect!["`disadvantaged` is NaN: expected a finite threshold"],
    );
    check(
        &error(Asked { disadvantaged: Some(Chosen::Above(3.0)), ..asked() }),
        expect![
            "`facet` is `sex`, a column without numbers: expected a column of numbers or times: a threshold was given"
        ],
    );
    check(
        &error(Asked { bins: vec![("age".into(), vec![1.0])], ..asked() }),
        expect!["`bins` is of `age`: expected bins of columns in `facet`"],
    );
    check(
        &error(Asked { bins: vec![("sex".into(), vec![2.0, 1.0])], ..asked() }),
        expect!["`bins` is [2.0, 1.0] of `sex`: expected finite thresholds that ascend"],
    );
    check(
        &error(Asked { metrics: Some(vec!["DPLL".into()]), ..asked() }),
        expect!["`metrics` is `DPLL`: expected a metric of bias: did you mean `DPL`?"],
    );
    check(
        &error(Asked { metrics: Some(vec![]), ..asked() }),
        expect!["`metrics` is empty: expected one metric or more, or none at all for all of them"],
    );
    check(
        &error(Asked { features: vec!["paid".into()], ..asked() }),
        expect!["`features` is `paid`, the label: expected columns that are none of those, each once"],
    );
    check(
        &error(Asked { features: vec!["age".into(), "age".into()], ..asked() }),
        expect!["`features` is `age`, named twice: expected columns that are none of those, each once"],
    );
    check(
        &error(Asked { confidence: 95.0, ..asked() }),
        expect!["`confidence` is 95: expected a fraction above 0 and below 1"],
    );
}

#[test]
fn integers_beyond_those_of_floats_are_groups_of_their_own() {
    let even = 1i64 << 53;
    let rows = || 0..200i64;
    let facet = |of: i64| integers(rows().map(move |row| Some(of + row % 2)));
    let label = || integers(rows().map(|row| Some(i64::from(row % 4 == 1))));
    let odd = Asked { disadvantaged: Some(values(&["9007199254740993"])), ..each() };
    let found = ask(&plain(facet(even), label()), &odd);
    assert_eq!((found.facets.len(), found.facets[0].rows, found.facets[0].rest_rows), (1, 100, 100));
    near(&value_of(&found.to_json(), "9007199254740993", "DPL"), -0.5);
    assert_eq!(ask(&plain(facet(even), label()), &each()).facets.len(), 2);
    let unsigned = Arc::new((0..200).map(|row| Some(u64::MAX - row % 2)).collect::<UInt64Array>());
    let last = Asked { disadvantaged: Some(values(&["18446744073709551615"])), ..each() };
    assert_eq!(ask(&plain(unsigned, label()), &last).facets[0].rows, 100);
    let positive = Asked { positive: values(&["9007199254740993"]), ..each() };
    let found = ask(&plain(integers(rows().map(|row| Some(row % 2))), facet(even)), &positive);
    assert_eq!(found.facets.iter().map(|facet| facet.labels[1]).collect::<Vec<_>>(), [(0, 100), (100, 100)]);
    // As numbers they are rounded, and that is said.
    let above = Asked { disadvantaged: Some(Chosen::Above(0.0)), ..each() };
    let said = "`facet` has values of more digits than 64-bit floats hold: they were rounded.";
    let notes = |asked: &Asked| ask(&plain(facet(even), label()), asked).notes();
    assert!(notes(&above).iter().any(|note| note == said), "{:?}", notes(&above));
    assert!(!notes(&each()).iter().any(|note| note == said));
}

#[test]
fn intersections_of_values_with_an_ampersand_can_be_named() {
    let table = |teams: [&'static str; 2], sexes: [&'static str; 2]| {
        data(vec![
            ("team", texts((0..400).map(|row| Some(teams[row % 2])))),
            ("sex", texts((0..400).map(|row| Some(sexes[row / 2 % 2])))),
            ("label", integers((0..400).map(|row| Some(i64::from(row % 4 == 0))))),
        ])
    };
    let named =
        |name: &str| Asked { disadvantaged: Some(values(&[name])), facet: vec!["team".into(), "sex".into()], ..each() };
    let found = ask(&table(["R & D", "sales"], ["f", "m"]), &named("R & D & f"));
    assert_eq!((found.facets[0].rows, found.facets[0].labels[1], found.unseen.len()), (100, (100, 100), 0));
    assert_eq!(ask(&table(["R & D", "sales"], ["f", "m"]), &named("R & f")).unseen, ["R & f"]);
    // Two that are called alike are named as the report calls them.
    let alike = table(["a", "a & b"], ["b & c", "c"]);
    let each = ask(&alike, &Asked { disadvantaged: None, ..named("") });
    let labels = |name: &str| ask(&alike, &named(name)).facets[0].labels[1];
    for facet in each.facets.iter().filter(|facet| facet.name.starts_with("a & b & c")) {
        assert_eq!(labels(&facet.name), facet.labels[1], "{}", facet.name);
    }
    assert_eq!([labels("a & b & c"), labels("a & b & c (2)")], [(100, 100), (0, 100)]);
}
