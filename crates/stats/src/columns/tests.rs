use super::*;
use arrow::array::types::Int8Type;
use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Int32Array, Int64Array,
    NullArray, RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray,
    UInt64Array,
};
use arrow::buffer::NullBuffer;
use expect_test::{Expect, expect};
use std::sync::Arc;

fn data(arrays: Vec<(&str, ArrayRef)>) -> Data {
    let batch =
        RecordBatch::try_from_iter_with_nullable(arrays.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    Data::of_batches(batch.schema(), vec![batch.slice(0, 1), batch.slice(1, batch.num_rows() - 1)]).unwrap()
}

fn shown(column: &Column) -> String {
    let cells = match &column.cells {
        Cells::Categories { codes, names, nulls } => {
            let codes: Vec<i64> =
                codes.iter().map(|&code| if code == MISSING { -1 } else { i64::from(code) }).collect();
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            format!("{codes:?} of {names:?}, {nulls} null")
        }
        Cells::Numbers { values, nulls, integers, exact } => {
            let rounded = if exact.is_rounded() { ", rounded" } else { "" };
            format!("Numbers {{ values: {values:?}, nulls: {nulls}, integers: {integers} }}{rounded}")
        }
        Cells::Times { micros, nulls, kind, exact } => {
            let rounded = if exact.is_rounded() { ", rounded" } else { "" };
            format!("Times {{ micros: {micros:?}, nulls: {nulls}, kind: {kind:?} }}{rounded}")
        }
        cells => format!("{cells:?}"),
    };
    format!("{} rows, {} null: {cells}", column.rows(), column.nulls())
}

#[track_caller]
fn check(array: impl arrow::array::Array + 'static, expected: Expect) -> Column {
    let columns = read_columns(&data(vec![("c", Arc::new(array))]), &["c"], &Run::quiet()).unwrap();
    expected.assert_eq(&shown(&columns[0]));
    columns.into_iter().next().unwrap()
}

#[test]
fn each_type_is_what_it_is_to_statistics() {
    check(
        Int32Array::from(vec![Some(3), None, Some(-1)]),
        expect!["3 rows, 1 null: Numbers { values: [3.0, NaN, -1.0], nulls: 1, integers: true }"],
    );
    check(
        Float32Array::from(vec![Some(0.5), Some(f32::NAN), None]),
        expect!["3 rows, 1 null: Numbers { values: [0.5, NaN, NaN], nulls: 1, integers: false }"],
    );
    check(
        UInt64Array::from(vec![1, u64::MAX]),
        expect!["2 rows, 0 null: Numbers { values: [1.0, 1.8446744073709552e19], nulls: 0, integers: true }, rounded"],
    );
    check(
        Decimal128Array::from(vec![Some(125), None]).with_precision_and_scale(10, 2).unwrap(),
        expect!["2 rows, 1 null: Numbers { values: [1.25, NaN], nulls: 1, integers: false }"],
    );
    check(
        Date32Array::from(vec![Some(1), None]),
        expect!["2 rows, 1 null: Times { micros: [86400000000.0, NaN], nulls: 1, kind: Date }"],
    );
    check(
        TimestampMillisecondArray::from(vec![-1, 1]).with_timezone("Europe/Zurich"),
        expect!["2 rows, 0 null: Times { micros: [-1000.0, 1000.0], nulls: 0, kind: Instant }"],
    );
    let flags = check(
        BooleanArray::from(vec![Some(true), None, Some(false)]),
        expect![[r#"3 rows, 1 null: [1, -1, 0] of ["false", "true"], 1 null"#]],
    );
    assert_eq!(format!("{:?}", flags.to_numbers().unwrap()), "[1.0, NaN, 0.0]");
    let texts = check(
        StringArray::from(vec![Some("b"), None, Some("a"), Some("b")]),
        expect![[r#"4 rows, 1 null: [1, -1, 0, 1] of ["a", "b"], 1 null"#]],
    );
    assert!(texts.to_numbers().is_none());
    check(
        DictionaryArray::<Int8Type>::from_iter([Some("x"), None, Some("a"), Some("x")]),
        expect![[r#"4 rows, 1 null: [1, -1, 0, 1] of ["a", "x"], 1 null"#]],
    );
    check(BinaryArray::from_vec(vec![b"a", b"b"]), expect!["2 rows, 0 null: Other { rows: 2, nulls: 0 }"]);
    let nothing = check(NullArray::new(3), expect!["3 rows, 3 null: Nothing { rows: 3 }"]);
    assert_eq!(nothing.to_categories().unwrap().0, [MISSING; 3]);
    check(StringArray::from(vec![None::<&str>, None]), expect!["2 rows, 2 null: Nothing { rows: 2 }"]);
}

#[test]
fn numbers_are_categories_by_their_value() {
    let cells = Cells::Numbers {
        values: vec![2.0, -0.0, f64::NAN, 0.0, 1.5],
        nulls: 0,
        integers: false,
        exact: Exact::default(),
    };
    let (codes, names) = Column { name: "n".into(), cells }.to_categories().unwrap();
    assert_eq!(
        (codes, format!("{names:?}")),
        (vec![2, 0, MISSING, 0, 1], "[Integer(0), Real(1.5), Integer(2)]".into())
    );
}

#[test]
fn files_that_disagree_are_categories() {
    let odd = (1i64 << 53) + 1;
    let folder = tempfile::tempdir().unwrap();
    for (name, column) in [
        ("a", Arc::new(Int64Array::from(vec![odd, odd - 1])) as ArrayRef),
        ("b", Arc::new(StringArray::from(vec!["x"]))),
    ] {
        let batch = RecordBatch::try_from_iter([("c", column)]).unwrap();
        let file = std::fs::File::create(folder.path().join(format!("{name}.arrow"))).unwrap();
        let mut writer = arrow::ipc::writer::FileWriter::try_new(file, &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
    }
    let columns = read_columns(&Data::open(folder.path()).unwrap(), &["c", "c"], &Run::quiet()).unwrap();
    expect![[r#"3 rows, 0 null: [1, 0, 2] of ["9007199254740992", "9007199254740993", "x"], 0 null"#]]
        .assert_eq(&shown(&columns[0]));
    assert_eq!(shown(&columns[0]), shown(&columns[1]));
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let error = read_columns(&data(vec![("age", Arc::new(NullArray::new(2)))]), &["agee"], &Run::quiet()).unwrap_err();
    expect!["there is no column `agee` in the data: did you mean `age`?"].assert_eq(&error.to_string());
}

#[test]
fn whoever_is_told_can_stop() {
    let data = data(vec![("age", Arc::new(NullArray::new(2)))]);
    let run = Run { progress: &|_| std::ops::ControlFlow::Break(()), ..Run::quiet() };
    assert!(matches!(read_columns(&data, &["age"], &run), Err(StatsError::Stopped)));
}

#[test]
fn categories_have_all_digits_and_numbers_are_rounded() {
    let odd = (1i64 << 53) + 1;
    let names = |column: &Column| {
        let (codes, names) = column.to_categories().unwrap();
        (codes, names.iter().map(ToString::to_string).collect::<Vec<String>>())
    };
    let text = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<String>>();
    // The first row is a piece of its own, and has nothing that floats do not hold.
    let integers = check(
        Int64Array::from(vec![Some(odd - 1), Some(odd), None, Some(-5), Some(odd - 1), Some(i64::MAX)]),
        expect![
            "6 rows, 1 null: Numbers { values: [9007199254740992.0, 9007199254740992.0, NaN, -5.0, 9007199254740992.0, 9.223372036854776e18], nulls: 1, integers: true }, rounded"
        ],
    );
    assert_eq!(
        names(&integers),
        (vec![1, 2, MISSING, 0, 1, 3], text(&["-5", "9007199254740992", "9007199254740993", "9223372036854775807"]))
    );
    let unsigned = check(
        UInt64Array::from(vec![7, u64::MAX, u64::MAX - 1, 7]),
        expect![
            "4 rows, 0 null: Numbers { values: [7.0, 1.8446744073709552e19, 1.8446744073709552e19, 7.0], nulls: 0, integers: true }, rounded"
        ],
    );
    assert_eq!(names(&unsigned), (vec![0, 2, 1, 0], text(&["7", "18446744073709551614", "18446744073709551615"])));
    let decimals =
        |values: Vec<i128>, scale| Decimal128Array::from(values).with_precision_and_scale(38, scale).unwrap();
    let long = check(
        decimals(vec![1_500, 12_345_678_901_234_567_890, 12_345_678_901_234_567_891, 1_500], 3),
        expect![
            "4 rows, 0 null: Numbers { values: [1.5, 1.2345678901234568e16, 1.2345678901234568e16, 1.5], nulls: 0, integers: false }, rounded"
        ],
    );
    assert_eq!(names(&long), (vec![0, 1, 2, 0], text(&["1.5", "12345678901234567.89", "12345678901234567.891"])));
    // Zeros at the end are no digits: nothing is rounded.
    let padded = check(
        decimals(vec![3 * 10i128.pow(18), 15 * 10i128.pow(17), 3 * 10i128.pow(18)], 18),
        expect!["3 rows, 0 null: Numbers { values: [3.0, 1.5, 3.0], nulls: 0, integers: false }"],
    );
    assert_eq!(names(&padded), (vec![1, 0, 1], text(&["1.5", "3"])));
    let last = 253_402_300_799_999_999i64; // 9999-12-31, the last microsecond
    let times = check(
        TimestampMicrosecondArray::from(vec![last, last - 1, 0]),
        expect![
            "3 rows, 0 null: Times { micros: [2.534023008e17, 2.534023008e17, 0.0], nulls: 0, kind: Local }, rounded"
        ],
    );
    assert_eq!(names(&times).0, [2, 1, 0]);
    assert_eq!(names(&times).1[2], "9999-12-31T23:59:59.999999");
}

#[test]
fn times_beyond_64_bits_are_not_looked_into() {
    let column = check(
        TimestampSecondArray::from(vec![Some(1), None, Some(1 << 62), Some(1 << 61)]),
        expect!["4 rows, 1 null: Other { rows: 4, nulls: 1 }"],
    );
    assert!(column.to_categories().is_none() && column.to_numbers().is_none());
    // What a null stands on is none.
    let nulls = NullBuffer::from(vec![true, false]);
    check(
        TimestampSecondArray::new(vec![1, i64::MAX].into(), Some(nulls)),
        expect!["2 rows, 1 null: Times { micros: [1000000.0, NaN], nulls: 1, kind: Local }"],
    );
}
