use super::*;
use crate::{Report, page};
use arrow::array::types::{Int8Type, Int16Type};
use arrow::array::{
    BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray, Float64Array, Int64Array, NullArray,
    RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::i256;
use expect_test::expect;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use std::num::NonZeroUsize;
use std::sync::Arc;

fn batch(rows: i64) -> RecordBatch {
    let random = |salt: u64, row: i64| kernels::mix(salt, row.cast_unsigned());
    let texts = |salt: u64, of: u64| -> StringArray {
        (0..rows).map(|row| (row % 11 != 3).then(|| format!("t{}", random(salt, row) % of))).collect()
    };
    let numbers: Float64Array = (0..rows).map(|row| (row % 5 != 1).then(|| random(1, row) as f64 / 1e18)).collect();
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from_iter_values(0..rows)) as ArrayRef),
        ("number", Arc::new(numbers)),
        ("city", Arc::new(texts(2, 40))),
        ("key", Arc::new(texts(3, 1 << 40))),
        ("flag", Arc::new((0..rows).map(|row| Some(random(4, row) % 3 == 0)).collect::<BooleanArray>())),
    ])
    .unwrap()
}

fn write(batch: &RecordBatch, group: usize, has_dictionaries: bool) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".parquet").tempfile().unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .set_dictionary_enabled(has_dictionaries)
        .build();
    let mut writer = ArrowWriter::try_new(file.reopen().unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}

fn all(data: &Data) -> Profile {
    profile(data, 0, None, &Run::quiet()).unwrap()
}

#[test]
fn threads_and_halves_give_equal_bytes() {
    let file = write(&batch(50_000), 9_000, true);
    let data = Data::open(file.path()).unwrap();
    let on = |threads: usize, partitions: Option<Range<u64>>| {
        let run = Run { threads: NonZeroUsize::new(threads).unwrap(), ..Run::quiet() };
        profile(&data, 3, partitions, &run).unwrap()
    };
    let once = on(1, None);
    assert_eq!((once.kernel().rows(), data.partitions()), (50_000, 6));
    for threads in [2, 7] {
        assert_eq!(on(threads, None).to_bytes(), once.to_bytes());
    }
    let (mut first, second) = (on(2, Some(0..3)), Profile::from_bytes(&on(7, Some(3..6)).to_bytes()).unwrap());
    first.merge(second).unwrap();
    assert_eq!(first.to_bytes(), once.to_bytes());
    let again = on(1, Some(0..1));
    expect!["`other` is not what fits: partition 0 is in both profiles: expected other partitions of the same table"]
        .assert_eq(&first.merge(again).unwrap_err().to_string());
    let run = Run::quiet();
    let wrong = profile(&data, 0, Some(4..7), &run).unwrap_err();
    expect!["`partitions` is 4 to 7: expected a part of 0 to 6"].assert_eq(&wrong.to_string());
    expect!["`data` is no profile (the bytes end too early): expected what `to_bytes` returned"]
        .assert_eq(&Profile::from_bytes(b"abc").unwrap_err().to_string());
}

#[test]
fn batches_in_memory_make_no_difference() {
    let whole = batch(5_000);
    let of = |batches: Vec<RecordBatch>| all(&Data::of_batches(whole.schema(), batches).unwrap()).to_bytes();
    let once = of(vec![whole.clone()]);
    let cut: Vec<RecordBatch> = (0..5_000).step_by(777).map(|at| whole.slice(at, 777.min(5_000 - at))).collect();
    assert_eq!(of(cut), once);
}

#[test]
fn dictionaries_in_memory_are_what_they_hold() {
    let texts: Vec<String> = (0..9_000u64).map(|row| format!("t{}", kernels::mix(5, row) % 3_000)).collect();
    let coded = |rows: Range<usize>| -> ArrayRef {
        Arc::new(texts[rows].iter().map(|text| Some(text.as_str())).collect::<DictionaryArray<Int16Type>>())
    };
    let of = |parts: Vec<ArrayRef>| {
        let batches: Vec<RecordBatch> =
            parts.into_iter().map(|part| RecordBatch::try_from_iter([("c", part)]).unwrap()).collect();
        all(&Data::of_batches(batches[0].schema(), batches).unwrap())
    };
    let (once, twice) = (of(vec![coded(0..9_000)]), of(vec![coded(0..1_234), coded(1_234..9_000)]));
    assert_eq!(once.to_bytes(), twice.to_bytes());
    assert_eq!(once.kernel().rows(), 9_000);
}

#[test]
fn pages_with_and_without_a_dictionary_say_the_same() {
    let few = batch(700);
    let coded = all(&Data::open(write(&few, 300, true).path()).unwrap());
    let plain = all(&Data::open(write(&few, 300, false).path()).unwrap());
    assert_eq!(coded.to_bytes(), plain.to_bytes());
}

#[test]
fn odd_columns_have_stated_answers() {
    let huge = i256::from_string("123456789012345678901234567890123456789012345").unwrap();
    let batch = RecordBatch::try_from_iter([
        ("nothing", Arc::new(NullArray::new(3)) as ArrayRef),
        ("odd", Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(f64::INFINITY), None]))),
        ("big", Arc::new(UInt64Array::from(vec![1, u64::MAX, 2]))),
        (
            "wide",
            Arc::new(
                Decimal256Array::from(vec![Some(huge), Some(i256::from(250)), None])
                    .with_precision_and_scale(76, 2)
                    .unwrap(),
            ),
        ),
        ("at", Arc::new(TimestampNanosecondArray::from(vec![Some(-1), None, Some(1_999)]).with_timezone("+02:00"))),
        ("of", Arc::new(DictionaryArray::<Int8Type>::from_iter([Some("a"), None, Some("a")]))),
    ])
    .unwrap();
    let found = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap());
    let json = found.to_json();
    let told: Vec<String> = found
        .kernel()
        .columns()
        .iter()
        .map(|(name, _)| {
            let column = &json["columns"][name];
            let keys = ["type", "inferred", "nulls", "distinct", "mean", "min", "max"];
            format!("{name}: {} {}", keys.map(|key| column[key].to_string()).join(" "), column["reasons"]["mean"])
        })
        .collect();
    expect![[r#"
        nothing: "unknown" "unknown" 3 0 null null null "there are no numbers in the column"
        odd: "number" "fractional" 1 1 null "Infinity" "Infinity" "there are no numbers in the column"
        big: "number" "integral" 0 3 6.148914691236517e+18 1 "18446744073709551615" null
        wide: "number" "fractional" 1 2 6.172839450617284e+41 2.5 1.2345678901234567e+42 null
        at: "time" "datetime" 1 2 "1970-01-01T00:00:00Z" "1969-12-31T23:59:59.999999Z" "1970-01-01T00:00:00.000001Z" null
        of: "text" "text" 1 1 null "a" "a" "there are no numbers in the column""#]].assert_eq(&told.join("\n"));
    expect![[r#"
        the data: 3 rows in 6 columns; values are missing in 5 of them.
        `nothing` has no values.
        `odd` has 1 infinite value: mean and spread are those of the others.
        `of` is the same everywhere."#]]
    .assert_eq(&format!("{}\n{}", found.headline(), found.notes().join("\n")));
}

#[test]
fn an_empty_table_has_its_columns() {
    let none = batch(0);
    let found = all(&Data::of_batches(none.schema(), vec![]).unwrap());
    assert_eq!((found.kernel().rows(), found.kernel().columns().len()), (0, 5));
    assert_eq!(found.to_json()["columns"]["number"]["reasons"]["mean"], "there are no numbers in the column");
    assert_eq!(found.tables().len(), 1);
    assert_eq!(found.headline(), "the data: no rows in 5 columns.");
}

#[test]
fn times_that_are_texts_have_ends_as_texts_and_say_so() {
    let told = |values: Vec<&str>| {
        let texts = Arc::new(StringArray::from(values)) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("at", texts)]).unwrap();
        let found = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap());
        let column = &found.to_json()["columns"]["at"];
        let keys = [&column["inferred"], &column["min"], &column["max"], &column["reasons"]["mean"]];
        format!("{}\n{}", keys.map(ToString::to_string).join(" "), found.notes().join("\n"))
    };
    expect![[r#"
        "datetime" "2024-01-01T01:00:00" "2024-01-01T10:00:00+01:00" "the times are texts: read them as times"
        `at` has times that are texts: min and max are the first and the last as texts. To have them compared as times, store them as such, or in CSV write all in ISO 8601, all with an offset or none."#]]
    .assert_eq(&told(vec!["2024-01-01T10:00:00+01:00", "2024-01-01T09:30:00Z", "2024-01-01T01:00:00"]));
    expect![[r#"
        "datetime" "01.04.2024" "31.03.2024" "the times are texts: read them as times"
        `at` has times that are texts: min and max are the first and the last as texts. To have them compared as times, store them as such, or in CSV write all in ISO 8601, all with an offset or none."#]]
    .assert_eq(&told(vec!["31.03.2024", "01.04.2024"]));
}

#[test]
fn digits_beyond_floats_are_kept_or_it_is_said_that_they_are_not() {
    let told = |values: ArrayRef| {
        let batch = RecordBatch::try_from_iter([("x", values)]).unwrap();
        let found = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap());
        let column = &found.to_json()["columns"]["x"];
        let keys = ["std", "std_population", "min", "max"].map(|key| column[key].to_string()).join(" ");
        let (median, why) = (&column["quantiles"]["0.5"], &column["reasons"]["std"]);
        format!("{keys} {median} {why} {}", found.notes().join(" "))
    };
    let two = 9_007_199_254_740_992;
    expect!["0.7071067811865476 0.5 9007199254740992 9007199254740993 9007199254740992 null "]
        .assert_eq(&told(Arc::new(Int64Array::from(vec![two, two + 1]))));
    let cents = [1_234_567_890_123_456_789_012, 1_234_567_890_123_456_789_013];
    let cents = Decimal128Array::from_iter_values(cents).with_precision_and_scale(38, 2).unwrap();
    expect![[r#"0.007071067811865475 0.005 "12345678901234567890.12" "12345678901234567890.13" "12345678901234567890.12" null "#]]
        .assert_eq(&told(Arc::new(cents)));
    let last = 9_223_372_036_854_775_807;
    expect![[r#"null null 9223372036854773807 9223372036854775806 9.223372036854775e+18 "the values differ only in digits beyond those of 64-bit floats" `x` has values of more digits than 64-bit floats hold: mean, standard deviation, quantiles and histogram are of the rounded ones."#]]
    .assert_eq(&told(Arc::new(Int64Array::from_iter_values((1..=2_000).map(|by| last - by)))));
}

#[test]
fn a_mean_of_dates_has_its_time_of_day_and_a_spread_its_unit() {
    let days = Arc::new(Date32Array::from(vec![0, 1])) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("day", days)]).unwrap();
    let json = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap()).to_json();
    let column = &json["columns"]["day"];
    let told = ["mean", "std_population", "std_unit", "min"].map(|key| column[key].to_string()).join(" ");
    expect![[r#""1970-01-01T12:00:00" 43200.0 "seconds" "1970-01-01""#]].assert_eq(&told);
}

#[test]
fn the_dictionary_of_a_column() {
    let ages = Int64Array::from(vec![Some(31), Some(45), None, Some(31)]);
    let batch = RecordBatch::try_from_iter([("age", Arc::new(ages) as ArrayRef)]).unwrap();
    let found = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap());
    let json = found.to_json();
    assert_eq!((&json["name"], &json["rows"]), (&"the data".into(), &4.into()));
    let keys: Vec<String> =
        json["columns"]["age"].as_object().unwrap().iter().map(|(key, value)| format!("{key}: {value}")).collect();
    expect![[r#"
        position: 0
        type: "number"
        inferred: "integral"
        counts: {"rows":4,"values":3,"nulls":1,"absent":0,"nan":0,"negative_infinite":0,"positive_infinite":0,"integral":3,"fractional":0,"boolean":0,"datetime":0,"text":0,"other":0,"times":{"date":0,"local_time":0,"instant":0}}
        nulls: 1
        completeness: 0.75
        types: {"integral":1.0,"fractional":0.0,"boolean":0.0,"datetime":0.0,"text":0.0,"other":0.0}
        distinct: 2
        distinct_exact: true
        distinctness: 0.6666666666666666
        uniqueness: 0.3333333333333333
        unique_value_ratio: 0.5
        entropy: 0.6365141682948128
        mean: 35.666666666666664
        std: 8.082903768654761
        std_population: 6.599663291074444
        min: 31
        max: 45
        quantiles: {"0.01":31.0,"0.05":31.0,"0.1":31.0,"0.25":31.0,"0.5":31.0,"0.75":45.0,"0.9":45.0,"0.95":45.0,"0.99":45.0}
        rank_error: 0.0
        histogram: {"edges":[31.0,31.7,32.4,33.1,33.8,34.5,35.2,35.9,36.6,37.3,38.0,38.7,39.4,40.1,40.8,41.5,42.2,42.9,43.6,44.3,45.0],"counts":[2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1],"share_error":0.0}
        top: [{"value":31,"count":2,"share":0.6666666666666666},{"value":45,"count":1,"share":0.3333333333333333}]
        top_error: 0
        shapes: null
        lengths: null
        reasons: {"shapes":"there are no texts in the column","lengths":"there are no texts in the column"}"#]].assert_eq(&keys.join("\n"));
    let text: Vec<String> =
        found.tables().into_iter().map(|table| format!("{}: {:?}", table.title, table.rows)).collect();
    expect![[r#"
        Columns: [["age", "whole number", "25 %", "2", "31", "45", "█··················▄"]]
        Numbers: [["age", "35.67", "8.083", "31", "31", "31", "45", "45"]]
        Most frequent values: [["age", "31 (66.7 %), 45 (33.3 %)"]]"#]]
    .assert_eq(&text.join("\n"));
}

#[test]
fn times_that_microseconds_do_not_hold_are_never_taken_for_each_other() {
    let days = vec![Some(i32::MAX), Some(i32::MAX - 1), Some(i32::MIN), Some(0), None];
    let nanos = |times: [i64; 3]| {
        Arc::new(TimestampNanosecondArray::from(times.map(Some).into_iter().chain([None, None]).collect::<Vec<_>>()))
    };
    let batch = RecordBatch::try_from_iter([
        ("day", Arc::new(Date32Array::from(days)) as ArrayRef),
        ("nanos", nanos([1_001, 1_002, 9_000])),
        ("micros", nanos([1_000, 2_000, 9_000])),
    ])
    .unwrap();
    let found = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap());
    let json = found.to_json();
    let told = |name: &str| {
        let column = &json["columns"][name];
        ["nulls", "distinct", "distinct_exact", "min", "max"].map(|key| column[key].to_string()).join(" ")
    };
    assert_eq!(told("day"), r#"1 null true "1970-01-01" "1970-01-01""#);
    let reason = "lists, structures, bytes and times beyond 64 bits are not looked into";
    assert_eq!(json["columns"]["day"]["reasons"]["distinct"], reason);
    assert_eq!(told("nanos"), r#"2 2 false "1970-01-01T00:00:00.000001" "1970-01-01T00:00:00.000009""#);
    assert_eq!(told("micros"), r#"2 3 true "1970-01-01T00:00:00.000001" "1970-01-01T00:00:00.000009""#);
    let note = "`day` holds lists, structures, bytes or times beyond 64 bits: they are counted, not looked into.";
    assert!(found.notes().contains(&note.to_owned()), "{:?}", found.notes());
}

#[test]
fn every_number_of_a_profile_stands_on_the_page() {
    let ages = Int64Array::from(vec![Some(31), Some(45), None, Some(31)]);
    let batch = RecordBatch::try_from_iter([("age", Arc::new(ages) as ArrayRef)]).unwrap();
    let json = all(&Data::of_batches(batch.schema(), vec![batch]).unwrap()).to_json();
    let parts = [&json, &json["columns"]["age"]].map(|part| part.as_object().unwrap());
    let numbers = parts.into_iter().flatten().filter(|(_, value)| value.is_number());
    assert_eq!(page::ids("## Profiles"), page::by_id(numbers.map(|(id, _)| id.clone())));
}
