//! From batches to what a viewer sees.
use super::*;
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Float64Array, Int32Array, NullArray, RecordBatch, StringArray,
    TimestampSecondArray, UInt64Array,
};
use expect_test::expect;
use std::sync::Arc;

fn batch(from: i32, to: i32) -> RecordBatch {
    let numbers: Vec<i32> = (from..to).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(Int32Array::from(numbers.clone()))),
        ("x", Arc::new(numbers.iter().map(|n| (n % 7 != 0).then_some(f64::from(*n) / 2.0)).collect::<Float64Array>())),
        ("t", Arc::new(StringArray::from_iter_values(numbers.iter().map(|n| if n % 3 == 0 { "car" } else { "tv" })))),
        ("d", Arc::new(Date32Array::from_iter_values(numbers.iter().copied()))),
        ("b", Arc::new(numbers.iter().map(|n| Some(n % 2 == 0)).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn scan(path: &str, batches: &[RecordBatch]) -> Vec<ColumnSketch> {
    let mut scan = FileScan::start(path, &batches[0].schema(), 0).unwrap();
    for batch in batches {
        scan.take(batch).unwrap();
    }
    scan.finish().unwrap().1
}

fn kept(sketches: &[ColumnSketch]) -> Vec<u8> {
    let mut kept = FileSketches::default();
    for one in sketches {
        kept.push(std::slice::from_ref(one)).unwrap();
    }
    kept.into_bytes().unwrap()
}

/// The profile of one column, without bins, and of quantiles the first.
fn json_of(column: ArrayRef) -> String {
    let sketches = scan("a", &[RecordBatch::try_from_iter([("c", column)]).unwrap()]);
    let mut profile = ColumnProfile::of("c", "", &sketches[0]);
    profile.histogram.clear();
    profile.quantiles.truncate(1);
    serde_json::to_string(&profile).unwrap()
}

#[test]
fn a_profile_says_what_the_file_holds() {
    let sketches = scan("a", &[batch(0, 100)]);
    let mut lines = String::new();
    for (name, sketch) in ["n", "x", "t", "d", "b"].iter().zip(&sketches) {
        let profile = ColumnProfile::of(name, "", sketch);
        let middle = profile.quantiles.get(3).map(|median| serde_json::to_string(&median.value).unwrap());
        let ends = serde_json::to_string(&(&profile.min, &profile.max, &profile.mean)).unwrap();
        let top = profile.top.first().map(|top| format!("{}×{}", top.value, top.count));
        let bins = profile.histogram.iter().map(|bin| bin.count).sum::<u64>();
        lines += &format!(
            "{name} {}/{} distinct {:?} {ends} median {middle:?} top {top:?} bins {bins}\n",
            profile.nulls, profile.rows, profile.distinct
        );
    }
    // A median is a value of the column; numpy's, between two of them, would be 49.5 for `n`.
    expect![[r#"
        n 0/100 distinct Some(100) [0,99,49.5] median Some("49") top None bins 100
        x 15/100 distinct Some(85) [0.5,49.5,24.794117647058822] median Some("25.0") top None bins 85
        t 0/100 distinct Some(2) ["car","tv",null] median None top Some("tv×66") bins 0
        d 0/100 distinct Some(100) ["1970-01-01","1970-04-10","1970-02-20"] median Some("\"1970-02-19\"") top None bins 100
        b 0/100 distinct Some(2) ["false","true",null] median None top Some("false×50") bins 0
    "#]]
    .assert_eq(&lines);
}

#[test]
fn every_sort_of_column_says_what_it_knows() {
    let texts = StringArray::from(vec![Some("ab@c.de"), Some("x"), None, Some("x"), Some("12")]);
    expect![[r#"{"name":"c","data_type":"","rows":5,"nulls":1,"shown":true,"completeness":0.8,"distinct":3,"distinct_exact":true,"uniqueness":0.5,"entropy":1.0397207708399179,"min":"12","max":"x","top":[{"value":"x","count":2},{"value":"12","count":1},{"value":"ab@c.de","count":1}],"top_error":0,"lengths":{"min":1,"max":7,"mean":2.75},"shapes":[{"shape":"letters","share":0.5},{"shape":"digits","share":0.25},{"shape":"email","share":0.25}]}"#]].assert_eq(&json_of(Arc::new(texts)));
    let reals = Float64Array::from(vec![Some(0.5), Some(f64::NAN), Some(f64::INFINITY), None]);
    expect![[r#"{"name":"c","data_type":"","rows":4,"nulls":1,"shown":true,"nans":1,"completeness":0.5,"distinct":2,"distinct_exact":true,"uniqueness":1.0,"entropy":0.6931471805599453,"min":0.5,"mean":0.5,"quantiles":[{"q":0.01,"value":0.5}],"quantiles_exact":true,"rank_error":0.0,"top":[{"value":"0.5","count":1},{"value":"inf","count":1}],"top_error":0}"#]].assert_eq(&json_of(Arc::new(reals)));
    expect![[r#"{"name":"c","data_type":"","rows":1,"nulls":0,"shown":true,"nans":1,"completeness":0.0,"distinct":0,"distinct_exact":true,"top_error":0}"#]].assert_eq(&json_of(Arc::new(Float64Array::from(vec![f64::NAN]))));
    let large = UInt64Array::from(vec![u64::MAX, 7]);
    expect![[r#"{"name":"c","data_type":"","rows":2,"nulls":0,"shown":true,"nans":0,"completeness":1.0,"distinct":2,"distinct_exact":true,"uniqueness":1.0,"entropy":0.6931471805599453,"min":7,"max":1.8446744073709552e+19,"mean":9.223372036854776e+18,"standard_deviation":1.3043817825332783e+19,"quantiles":[{"q":0.01,"value":7}],"quantiles_exact":true,"rank_error":0.0,"top":[{"value":"7","count":1},{"value":"18446744073709551615","count":1}],"top_error":0}"#]].assert_eq(&json_of(Arc::new(large)));
    let local = TimestampSecondArray::from(vec![0, 3_600]);
    expect![[r#"{"name":"c","data_type":"","rows":2,"nulls":0,"shown":true,"completeness":1.0,"distinct":2,"distinct_exact":true,"uniqueness":1.0,"entropy":0.6931471805599453,"min":"1970-01-01T00:00:00","max":"1970-01-01T01:00:00","mean":"1970-01-01T00:30:00","quantiles":[{"q":0.01,"value":"1970-01-01T00:00:00"}],"quantiles_exact":true,"rank_error":0.0,"top":[{"value":"1970-01-01T00:00:00","count":1},{"value":"1970-01-01T01:00:00","count":1}],"top_error":0}"#]].assert_eq(&json_of(Arc::new(local)));
    let bytes = BinaryArray::from_opt_vec(vec![Some(b"a"), None]);
    expect![[r#"{"name":"c","data_type":"","rows":2,"nulls":1,"shown":true,"completeness":0.5}"#]]
        .assert_eq(&json_of(Arc::new(bytes)));
    expect![[r#"{"name":"c","data_type":"","rows":2,"nulls":2,"shown":true,"completeness":0.0,"distinct":0,"distinct_exact":true,"top_error":0}"#]].assert_eq(&json_of(Arc::new(NullArray::new(2))));
}

#[test]
fn batches_do_not_matter_and_files_merge_to_the_whole() {
    let whole = scan("a", &[batch(0, 5_000)]);
    assert_eq!(whole, scan("a", &[batch(0, 17), batch(17, 3_000), batch(3_000, 5_000)]));
    let mut merged = vec![ColumnSketch::default(); 5];
    let places: Vec<Option<usize>> = (0..5).map(Some).collect();
    for (path, from, to) in [("a", 0, 300), ("b", 300, 301), ("c", 301, 900)] {
        let kept = kept(&scan(path, &[batch(from, to)]));
        assert!(append_file(&mut merged, &kept, &places, 0));
    }
    // Up to 1,024 different values everything is exact, but that a mean is summed in another order.
    let of = |sketch: &ColumnSketch| ColumnProfile {
        mean: None,
        standard_deviation: None,
        ..ColumnProfile::of("c", "", sketch)
    };
    assert_eq!(
        merged.iter().map(of).collect::<Vec<_>>(),
        scan("d", &[batch(0, 900)]).iter().map(of).collect::<Vec<_>>()
    );
    // Beyond, estimates say so, and the ends stay what they are.
    merged[0].append(scan("e", &[batch(900, 6_000)]).remove(0)).unwrap();
    merged[0].append(ColumnSketch::absent(10).unwrap()).unwrap();
    let profile = ColumnProfile::of("n", "Int32", &merged[0]);
    assert_eq!((profile.rows, profile.nulls), (6_010, 10));
    assert_eq!((profile.min, profile.max), (Some(Datum::Integer(0)), Some(Datum::Integer(5_999))));
    assert_eq!((profile.quantiles_exact, profile.distinct_exact), (Some(false), Some(false)));
    let error = profile.rank_error.unwrap();
    assert!(error > 0.0 && error < 0.01, "{error}");
    let Datum::Integer(median) = profile.quantiles[3].value else { panic!("{:?}", profile.quantiles) };
    assert!((median as f64 / 6_000.0 - 0.5).abs() <= error, "{median}");
    assert_eq!(profile.histogram.iter().map(|bin| bin.count).sum::<u64>(), 6_000);
    assert_eq!((profile.uniqueness, profile.entropy), (None, None));
}

#[test]
fn what_another_release_kept_is_not_read() {
    let kept = kept(&scan("a", &[batch(0, 10)]));
    let mut columns = vec![ColumnSketch::default(); 2];
    let mut is_read = |bytes: &[u8], place: usize| append_file(&mut columns, bytes, &[None, Some(place)], 10);
    assert!(is_read(&kept, 4));
    assert!(!is_read(&kept, 5), "it has five columns");
    assert!(!is_read(b"", 0));
    // How the release before began a column of numbers: its sort, rows, nulls.
    assert!(!is_read(&[1, 0, 10, 0, 0, 10, 0, 0, 0, 0], 0));
    let later: Vec<u8> = kept
        .iter()
        .enumerate()
        .map(|(at, byte)| if kept[..at].ends_with(b"LGPF") { byte + 1 } else { *byte })
        .collect();
    assert!(!is_read(&later, 0), "a later form of profiles");
}

/// What `crawls` counts with where it bounds the columns of a file.
#[test]
fn what_is_kept_of_a_column_takes_up_to_96_kib() {
    let texts = |length: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..200_000).map(|n| format!("{:0>length$}", n % 1_024))))
    };
    let reals = Float64Array::from_iter_values((0..200_000).map(|n| f64::from(n).sqrt()));
    for column in [texts(64), texts(200), Arc::new(reals) as ArrayRef] {
        let bytes = kept(&scan("a", &[RecordBatch::try_from_iter([("c", column)]).unwrap()])).len();
        println!("{bytes}");
        assert!(bytes < 96 << 10, "{bytes}");
    }
}

#[test]
fn what_is_withheld_shows_counts_and_nothing_else() {
    for sketch in scan("a", &[batch(0, 100)]) {
        let profile = ColumnProfile::of("c", "Int32", &sketch);
        let (rows, nulls) = (profile.rows, profile.nulls);
        let hidden = serde_json::to_string(&profile.withheld("no".into())).unwrap();
        let expected =
            format!(r#"{{"name":"c","data_type":"Int32","rows":{rows},"nulls":{nulls},"shown":false,"why_not":"no"}}"#);
        assert_eq!(hidden, expected);
    }
}
