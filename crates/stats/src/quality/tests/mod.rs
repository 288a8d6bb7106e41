//! Quality over columns, against numbers that scikit-learn and NannyML printed, and with odd data.
#![expect(clippy::cast_sign_loss, reason = "classes are made from numbers of 0 or above")]
mod binary;
mod classes;
mod estimate;
mod intervals;
mod named;
mod odd;
mod page;
mod quantity;
mod ranking;

use super::*;
use crate::{Cells, Column, Exact, Report};
use kernels::bias::MISSING;
use kernels::profile::Value;

/// A number in `[0, 1)` from a stream and a row, as in crates/kernels/golden/quality.py.
fn unit(stream: u64, row: u64) -> f64 {
    (kernels::mix(stream, row) >> 11) as f64 / (1u64 << 53) as f64
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + b.abs())
}

fn numbers_column(name: &str, values: &[f64]) -> Column {
    let nulls = values.iter().filter(|value| value.is_nan()).count() as u64;
    Column {
        name: name.to_owned(),
        cells: Cells::Numbers { values: values.to_vec(), nulls, integers: false, exact: Exact::default() },
    }
}

fn categories(name: &str, values: &[Option<Value>]) -> Column {
    let mut names: Vec<Value> = values.iter().flatten().cloned().collect();
    names.sort();
    names.dedup();
    let code =
        |value: &Option<Value>| value.as_ref().map_or(MISSING, |value| names.binary_search(value).unwrap() as u32);
    let codes = values.iter().map(code).collect();
    let nulls = values.iter().filter(|value| value.is_none()).count() as u64;
    Column { name: name.to_owned(), cells: Cells::Categories { codes, names, nulls } }
}

fn texts(name: &str, values: &[&str]) -> Column {
    let value = |text: &&str| (!text.is_empty()).then(|| Value::Text(text.as_bytes().into()));
    categories(name, &values.iter().map(value).collect::<Vec<_>>())
}

fn flags(name: &str, values: &[bool]) -> Column {
    categories(name, &values.iter().map(|&flag| Some(Value::Flag(flag))).collect::<Vec<_>>())
}

fn weights(rows: u64) -> Column {
    numbers_column("w", &(0..rows).map(|row| (unit(3, row) * 9.0).floor() / 4.0).collect::<Vec<f64>>())
}

fn binary() -> Asked {
    Asked::of(Task::Binary { positive: None })
}

/// Expects these numbers, among others.
#[track_caller]
fn check(quality: &Quality, golden: &[(&str, f64)]) {
    for &(id, expected) in golden {
        let found = quality.metric(id).unwrap_or_else(|| panic!("there is no {id}"));
        assert!(found.value.as_ref().is_ok_and(|&value| near(value, expected)), "{id}: {found:?} {expected}");
    }
}

/// Expects the refusal of an argument, in these words.
#[track_caller]
fn refused<T: std::fmt::Debug>(found: Result<T, StatsError>, expected: &str) {
    assert_eq!(found.unwrap_err().to_string(), expected);
}
