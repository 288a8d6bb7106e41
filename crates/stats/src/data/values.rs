//! What values of a file are to statistics: each type of Arrow as one of a few.
//!
//! - **Numbers**: integers, floats and decimals of every width. Times of day and durations are seconds, with a fraction.
//! - **Times**: dates and timestamps, in whole microseconds, rounded down; it is told where something was rounded. What is beyond 64
//!   bits of them, some 290,000 years from 1970, is [`BEYOND`].
//! - **Texts**: those of every width; dictionaries of them stay dictionaries. Dictionaries and runs of anything else are what they hold.
//! - **Others**, which are not looked into: bytes, lists, structures, maps, unions, intervals.
use crate::StatsError;
use arrow::array::cast::AsArray;
use arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Decimal256Array, Float64Array, Int32Array, Int64Array, UInt64Array,
};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, TimeUnit};
use kernels::profile::TimeKind;
use std::sync::Arc;

/// Values with their nulls, as one of the types that statistics know.
#[derive(Debug)]
pub(crate) enum Values {
    Reals(Float64Array),
    Integers(Int64Array),
    /// Integers that may be beyond those of 64 bits with a sign.
    Unsigned(UInt64Array),
    Flags(BooleanArray),
    /// Microseconds, or one of [`BEYOND`]; and whether any of them was rounded.
    Times(Int64Array, TimeKind, bool),
    /// Of a scale from 0 to 38.
    Decimals(Decimal128Array, u8),
    /// Of 256 bits, or of a scale that is not from 0 to 38.
    Wide(Decimal256Array, i8),
    /// `Utf8`, `LargeUtf8` or `Utf8View`.
    Texts(ArrayRef),
    /// Places in such texts, which may be null as well.
    Coded {
        codes: Int32Array,
        texts: ArrayRef,
    },
    Others(ArrayRef),
    Nulls(usize),
}

/// Stands for every time before the first, and after the last, that 64 bits of microseconds hold.
pub(crate) const BEYOND: [i64; 2] = [i64::MIN, i64::MAX];

/// Returns what these are to statistics; without a copy where they are that already.
pub(crate) fn values_of(array: &ArrayRef) -> Result<Values, StatsError> {
    use DataType as T;
    let as_type = |data_type: T| cast(array, &data_type).map_err(|error| odd(array, error));
    Ok(match array.data_type() {
        T::Null => Values::Nulls(array.len()),
        T::Boolean => Values::Flags(array.as_boolean().clone()),
        T::Int64 => Values::Integers(array.as_primitive::<Int64Type>().clone()),
        T::Int8 => Values::Integers(whole::<Int8Type>(array)),
        T::Int16 => Values::Integers(whole::<Int16Type>(array)),
        T::Int32 => Values::Integers(whole::<Int32Type>(array)),
        T::UInt8 => Values::Integers(whole::<UInt8Type>(array)),
        T::UInt16 => Values::Integers(whole::<UInt16Type>(array)),
        T::UInt32 => Values::Integers(whole::<UInt32Type>(array)),
        T::UInt64 => Values::Unsigned(array.as_primitive::<UInt64Type>().clone()),
        T::Float64 => Values::Reals(array.as_primitive::<Float64Type>().clone()),
        T::Float32 => Values::Reals(array.as_primitive::<Float32Type>().unary(f64::from)),
        T::Float16 => Values::Reals(as_type(T::Float64)?.as_primitive::<Float64Type>().clone()),
        T::Decimal128(_, scale) if is_plain(*scale) => {
            Values::Decimals(array.as_primitive::<Decimal128Type>().clone(), scale.unsigned_abs())
        }
        T::Decimal32(_, scale) | T::Decimal64(_, scale) if is_plain(*scale) => {
            let decimals = as_type(T::Decimal128(38, *scale))?;
            Values::Decimals(decimals.as_primitive::<Decimal128Type>().clone(), scale.unsigned_abs())
        }
        T::Decimal256(_, scale) => Values::Wide(array.as_primitive::<Decimal256Type>().clone(), *scale),
        T::Decimal32(_, scale) | T::Decimal64(_, scale) | T::Decimal128(_, scale) => {
            Values::Wide(as_type(T::Decimal256(76, *scale))?.as_primitive::<Decimal256Type>().clone(), *scale)
        }
        T::Date32 => Values::Times(days(array.as_primitive::<Date32Type>()), TimeKind::Date, false),
        T::Date64 => {
            let times = as_type(T::Int64)?;
            let times = times.as_primitive::<Int64Type>();
            Values::Times(days_of_millis(times), TimeKind::Date, has_rest(times, 86_400_000))
        }
        T::Timestamp(unit, zone) => {
            let kind = if zone.is_some() { TimeKind::Instant } else { TimeKind::Local };
            let times = as_type(T::Int64)?;
            let times = times.as_primitive::<Int64Type>();
            let is_rounded = *unit == TimeUnit::Nanosecond && has_rest(times, 1_000);
            Values::Times(micros(times, *unit), kind, is_rounded)
        }
        T::Time32(unit) | T::Time64(unit) | T::Duration(unit) => Values::Reals(seconds(array, *unit)?),
        T::Utf8 | T::LargeUtf8 | T::Utf8View => Values::Texts(array.clone()),
        T::Dictionary(_, held) if matches!(**held, T::Utf8 | T::LargeUtf8 | T::Utf8View) => coded(array)?,
        T::Dictionary(_, held) => return values_of(&as_type((**held).clone())?),
        T::RunEndEncoded(_, held) => match cast(array, held.data_type()) {
            Ok(whole) => return values_of(&whole),
            Err(_) => Values::Others(array.clone()),
        },
        _ => Values::Others(array.clone()),
    })
}

/// Integers in 64 bits. Nothing can fail, so it costs less than a cast, which asks for each.
fn whole<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Int64Array {
    array.as_primitive::<T>().unary(Into::into)
}

fn is_plain(scale: i8) -> bool {
    (0..=38).contains(&scale)
}

fn odd(array: &ArrayRef, error: impl ToString) -> StatsError {
    let found = format!("values of type {} that cannot be read: {}", array.data_type(), error.to_string());
    StatsError::Argument { name: "data".to_owned(), found, expected: "values of their type".to_owned() }
}

fn coded(array: &ArrayRef) -> Result<Values, StatsError> {
    let dictionary = array.as_any_dictionary();
    // Codes beyond 32 bits would be those of a dictionary beyond all memory.
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let codes = cast_with_options(dictionary.keys(), &DataType::Int32, &strict).map_err(|error| odd(array, error))?;
    Ok(Values::Coded { codes: codes.as_primitive::<Int32Type>().clone(), texts: dictionary.values().clone() })
}

fn days(days: &arrow::array::Date32Array) -> Int64Array {
    days.unary(|day| i64::from(day).saturating_mul(86_400_000_000))
}

fn days_of_millis(times: &Int64Array) -> Int64Array {
    times.unary(|time| time.div_euclid(86_400_000).saturating_mul(86_400_000_000))
}

fn micros(times: &Int64Array, unit: TimeUnit) -> Int64Array {
    match unit {
        TimeUnit::Second => times.unary(|time| time.saturating_mul(1_000_000)),
        TimeUnit::Millisecond => times.unary(|time| time.saturating_mul(1_000)),
        TimeUnit::Microsecond => times.clone(),
        TimeUnit::Nanosecond => times.unary(|time| time.div_euclid(1_000)),
    }
}

/// Whether any of these is no multiple of so many.
fn has_rest(times: &Int64Array, of: i64) -> bool {
    times.iter().flatten().any(|time| time % of != 0)
}

fn seconds(array: &ArrayRef, unit: TimeUnit) -> Result<Float64Array, StatsError> {
    let per_second = match unit {
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e3,
        TimeUnit::Microsecond => 1e6,
        TimeUnit::Nanosecond => 1e9,
    };
    let whole = match array.data_type() {
        DataType::Time32(_) => cast(array, &DataType::Int32).and_then(|whole| cast(&whole, &DataType::Int64)),
        _ => cast(array, &DataType::Int64),
    };
    let whole = whole.map_err(|error| odd(array, error))?;
    Ok(whole.as_primitive::<Int64Type>().unary(|time| time as f64 / per_second))
}

/// Returns `unscaled / 10^scale` as a decimal of 128 bits and a scale from 0 to 38, if it is one.
pub(crate) fn narrow(unscaled: <Decimal256Type as ArrowPrimitiveType>::Native, scale: i8) -> Option<(i128, u8)> {
    let unscaled = unscaled.to_i128()?;
    match scale {
        0..=38 => Some((unscaled, scale.unsigned_abs())),
        ..0 => {
            let power = 10i128.checked_pow(u32::from(scale.unsigned_abs()))?;
            Some((unscaled.checked_mul(power)?, 0))
        }
        _ => None,
    }
}

/// Returns the float nearest to `unscaled / 10^scale`.
pub(crate) fn widest(unscaled: <Decimal256Type as ArrowPrimitiveType>::Native, scale: i8) -> f64 {
    // Through its digits, which are rounded once.
    format!("{unscaled}e{}", -i32::from(scale)).parse().unwrap_or(f64::NAN)
}

/// Returns each text, `None` for a null, whichever width they have.
pub(crate) fn texts_of(array: &dyn Array) -> Box<dyn Iterator<Item = Option<&[u8]>> + '_> {
    match array.data_type() {
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter().map(|text| text.map(str::as_bytes))),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter().map(|text| text.map(str::as_bytes))),
        DataType::Utf8View => Box::new(array.as_string_view().iter().map(|text| text.map(str::as_bytes))),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether two dictionaries are one: pieces of one dictionary share its memory.
pub(crate) fn is_same(a: &ArrayRef, b: &ArrayRef) -> bool {
    Arc::ptr_eq(a, b) || a.to_data().ptr_eq(&b.to_data())
}
