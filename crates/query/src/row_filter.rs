//! A grant's row filter as a condition on the rows of a table. Values are compared as they are written: one that a column
//! cannot hold lies between two that it can, and is never rounded to either.
use catalog::grants::{Literal, RowOp, RowRule};
use datafusion::arrow::datatypes::{DataType, TimeUnit, i256};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::{Expr, cast, lit};

/// Where a literal lies among the values that a column can hold.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// It is one of them.
    At(ScalarValue),
    /// It lies between this one and the next.
    Above(ScalarValue),
    BelowAll,
    AboveAll,
}

/// Returns one rule as a condition on a column of type `of`. What cannot be compared keeps no row: a column that is gone,
/// a value that is none of the column's type, a time with a zone beside times without one.
pub(crate) fn condition(rule: &RowRule, of: Option<DataType>) -> Expr {
    let Some(of) = of else { return lit(false) };
    let of = match of {
        DataType::Dictionary(_, values) => *values,
        other => other,
    };
    let column = Expr::Column(Column::from_name(&rule.column));
    if rule.op == RowOp::IsEmpty {
        return column.is_null();
    }
    // Every number of the narrower sorts is one of the wider sort.
    let (column, of) = match of {
        DataType::Float16 | DataType::Float32 => (cast(column, DataType::Float64), DataType::Float64),
        of => (column, of),
    };
    let places: Vec<Place> = rule.value.literals().iter().filter_map(|literal| place(literal, &of)).collect();
    if rule.op != RowOp::In {
        return places.first().map_or_else(|| lit(false), |place| compared(&column, rule.op, place));
    }
    let held: Vec<ScalarValue> =
        places.into_iter().filter_map(|place| if let Place::At(value) = place { Some(value) } else { None }).collect();
    match held.is_empty() {
        true => lit(false),
        false if of == DataType::Float64 => {
            let each = held.into_iter().map(|value| compared(&column, RowOp::Is, &Place::At(value)));
            each.reduce(Expr::or).unwrap_or_else(|| lit(false))
        }
        false => column.in_list(held.into_iter().map(lit).collect(), false),
    }
}

fn compared(column: &Expr, op: RowOp, place: &Place) -> Expr {
    let column = column.clone();
    match (op, place) {
        (RowOp::Is | RowOp::In | RowOp::IsEmpty, Place::At(value)) => {
            let (low, high) = signs_of_zero(value);
            if low == high { column.eq(lit(low)) } else { column.clone().gt_eq(lit(low)).and(column.lt_eq(lit(high))) }
        }
        (RowOp::IsNot, Place::At(value)) => {
            let (low, high) = signs_of_zero(value);
            if low == high { column.not_eq(lit(low)) } else { column.clone().lt(lit(low)).or(column.gt(lit(high))) }
        }
        (RowOp::Less, Place::At(value)) => column.lt(lit(signs_of_zero(value).0)),
        (RowOp::AtLeast, Place::At(value)) => column.gt_eq(lit(signs_of_zero(value).0)),
        (RowOp::AtMost, Place::At(value)) => column.lt_eq(lit(signs_of_zero(value).1)),
        (RowOp::More, Place::At(value)) => column.gt(lit(signs_of_zero(value).1)),
        (RowOp::Less | RowOp::AtMost, Place::Above(value)) => column.lt_eq(lit(value.clone())),
        (RowOp::More | RowOp::AtLeast, Place::Above(value)) => column.gt(lit(value.clone())),
        // Every value there is keeps these; a row without one keeps nothing.
        (RowOp::IsNot, _)
        | (RowOp::Less | RowOp::AtMost, Place::AboveAll)
        | (RowOp::More | RowOp::AtLeast, Place::BelowAll) => column.is_not_null(),
        (RowOp::Is | RowOp::In | RowOp::IsEmpty, _)
        | (RowOp::Less | RowOp::AtMost, Place::BelowAll)
        | (RowOp::More | RowOp::AtLeast, Place::AboveAll) => lit(false),
    }
}

/// Returns a value twice; of zero, which is below itself in the order of floats, the lower sign and the upper.
fn signs_of_zero(value: &ScalarValue) -> (ScalarValue, ScalarValue) {
    match value {
        ScalarValue::Float64(Some(0.0)) => (ScalarValue::from(-0.0_f64), ScalarValue::from(0.0_f64)),
        other => (other.clone(), other.clone()),
    }
}

fn place(literal: &Literal, of: &DataType) -> Option<Place> {
    let text = match literal {
        Literal::Bool(value) => return (*of == DataType::Boolean).then(|| Place::At(ScalarValue::from(*value))),
        Literal::Number(number) => number.to_string(),
        Literal::Text(text) => text.clone(),
    };
    let is_number = matches!(literal, Literal::Number(_));
    match of {
        DataType::Boolean => None,
        of if of.is_string() => ScalarValue::try_from_string(text, of).ok().map(Place::At),
        of if of.is_integer() => Some(among(Decimal::read(&text)?.floor(0), |whole| whole_number(whole, of))),
        DataType::Decimal128(precision, scale) => Some(among(Decimal::read(&text)?.floor(*scale), |units| {
            let value = ScalarValue::Decimal128(Some(units.to_i128()?), *precision, *scale);
            fits(units, *precision).then_some(value)
        })),
        DataType::Decimal256(precision, scale) => Some(among(Decimal::read(&text)?.floor(*scale), |units| {
            fits(units, *precision).then_some(ScalarValue::Decimal256(Some(units), *precision, *scale))
        })),
        DataType::Float64 => float(&text),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => {
            if is_number {
                None
            } else {
                time(&text, of)
            }
        }
        // Of anything else, what reads back as it was written.
        other => {
            let value = ScalarValue::try_from_string(text.clone(), other).ok().filter(|value| !value.is_null())?;
            let back = value.cast_to(&DataType::Utf8).ok()?;
            (back == ScalarValue::from(text)).then_some(Place::At(value))
        }
    }
}

/// A floor: the whole number of units at or below a value, and whether it is the value itself. `Err` is one beyond any
/// that there are, below zero or above.
type Floor = Result<(i256, bool), bool>;

/// Puts a floor among the values that `value` can make of whole numbers of units.
fn among(floor: Floor, value: impl Fn(i256) -> Option<ScalarValue>) -> Place {
    let beyond = |negative| if negative { Place::BelowAll } else { Place::AboveAll };
    match floor {
        Err(negative) => beyond(negative),
        Ok((units, exact)) => match value(units) {
            Some(value) if exact => Place::At(value),
            Some(value) => Place::Above(value),
            None => beyond(units.is_negative()),
        },
    }
}

fn whole_number(whole: i256, of: &DataType) -> Option<ScalarValue> {
    let whole = whole.to_i128()?;
    Some(match of {
        DataType::Int8 => ScalarValue::from(i8::try_from(whole).ok()?),
        DataType::Int16 => ScalarValue::from(i16::try_from(whole).ok()?),
        DataType::Int32 => ScalarValue::from(i32::try_from(whole).ok()?),
        DataType::Int64 => ScalarValue::from(i64::try_from(whole).ok()?),
        DataType::UInt8 => ScalarValue::from(u8::try_from(whole).ok()?),
        DataType::UInt16 => ScalarValue::from(u16::try_from(whole).ok()?),
        DataType::UInt32 => ScalarValue::from(u32::try_from(whole).ok()?),
        _ => ScalarValue::from(u64::try_from(whole).ok()?),
    })
}

fn fits(units: i256, precision: u8) -> bool {
    let digits = units.to_string();
    digits.trim_start_matches('-').len() <= usize::from(precision)
}

/// A number as it is written: the digits, without zeros at either end, times a power of ten.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    /// The most digits that any type holds.
    const MOST: usize = 76;

    fn read(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_end_matches('0');
        let power =
            i64::from(exponent) - i64::try_from(fraction.len()).ok()? + i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_start_matches('0').to_owned();
        let power = if digits.is_empty() { 0 } else { power };
        Some(Self { negative: negative && !digits.is_empty(), digits, power })
    }

    /// Returns the whole number of units of 10^-`scale` at or below it.
    fn floor(&self, scale: i8) -> Floor {
        let shift = self.power + i64::from(scale);
        let (whole, exact) = match usize::try_from(shift) {
            Ok(zeros) if self.digits.len() + zeros > Self::MOST && !self.digits.is_empty() => {
                return Err(self.negative);
            }
            Ok(zeros) => {
                (format!("{}{}", self.digits, "0".repeat(if self.digits.is_empty() { 0 } else { zeros })), true)
            }
            Err(_) => {
                let cut = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
                (self.digits[..self.digits.len().saturating_sub(cut)].to_owned(), false) // the last digit is not zero
            }
        };
        if whole.len() > Self::MOST {
            return Err(self.negative);
        }
        let whole = if whole.is_empty() { i256::ZERO } else { i256::from_string(&whole).ok_or(self.negative)? };
        let signed = if self.negative { i256::ZERO.wrapping_sub(whole) } else { whole };
        Ok((if self.negative && !exact { signed.wrapping_sub(i256::ONE) } else { signed }, exact))
    }
}

/// What a float is written as means that float; another whole number means itself.
fn float(text: &str) -> Option<Place> {
    let written = Decimal::read(text)?;
    let nearest: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    if Decimal::read(&nearest.to_string())? == written {
        return Some(Place::At(ScalarValue::from(nearest + 0.0)));
    }
    // Printed with all their digits, floats are whole numbers or fractions of at most 1,074 places.
    let exact = Decimal::read(&format!("{nearest:.1074}"))?;
    if exact == written {
        return Some(Place::At(ScalarValue::from(nearest + 0.0)));
    }
    if written.power < 0 {
        return None; // more digits than a float has: nobody can mean one of them
    }
    let (Ok((exact, _)), Ok((whole, _))) = (exact.floor(0), written.floor(0)) else { return None };
    let below = if exact > whole { nearest.next_down() } else { nearest };
    Some(Place::Above(ScalarValue::from(below)))
}

fn time(text: &str, of: &DataType) -> Option<Place> {
    const SECOND: i128 = 1_000_000_000;
    let nanoseconds = match of {
        DataType::Time32(_) | DataType::Time64(_) => {
            text.parse::<jiff::civil::Time>().ok()?.duration_since(jiff::civil::Time::midnight()).as_nanos()
        }
        DataType::Timestamp(_, zone) => instant(text, zone.as_deref())?,
        _ => instant(text, None)?,
    };
    let unit = match of {
        DataType::Date32 => 86_400 * SECOND,
        DataType::Timestamp(TimeUnit::Second, _) | DataType::Time32(TimeUnit::Second) => SECOND,
        DataType::Date64 | DataType::Timestamp(TimeUnit::Millisecond, _) | DataType::Time32(_) => SECOND / 1_000,
        DataType::Timestamp(TimeUnit::Microsecond, _) | DataType::Time64(TimeUnit::Microsecond) => SECOND / 1_000_000,
        _ => 1,
    };
    let (units, exact) = (nanoseconds.div_euclid(unit), nanoseconds.rem_euclid(unit) == 0);
    Some(among(Ok((i256::from_i128(units), exact)), |units| {
        let units = i64::try_from(units.to_i128()?).ok()?;
        Some(match of {
            DataType::Date32 => ScalarValue::Date32(Some(i32::try_from(units).ok()?)),
            DataType::Date64 => ScalarValue::Date64(Some(units)),
            DataType::Time32(TimeUnit::Second) => ScalarValue::Time32Second(Some(i32::try_from(units).ok()?)),
            DataType::Time32(_) => ScalarValue::Time32Millisecond(Some(i32::try_from(units).ok()?)),
            DataType::Time64(TimeUnit::Microsecond) => ScalarValue::Time64Microsecond(Some(units)),
            DataType::Time64(_) => ScalarValue::Time64Nanosecond(Some(units)),
            DataType::Timestamp(unit, zone) => match unit {
                TimeUnit::Second => ScalarValue::TimestampSecond(Some(units), zone.clone()),
                TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(units), zone.clone()),
                TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(units), zone.clone()),
                TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(units), zone.clone()),
            },
            _ => return None,
        })
    }))
}

/// Reads a date, or a date with a time, in nanoseconds since 1970. A zone is compared with zones only: what a clock on
/// the wall shows has none, and a guess would be off by hours.
fn instant(text: &str, zone: Option<&str>) -> Option<i128> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return zone.map(|_| instant.as_nanosecond());
    }
    let wall: jiff::civil::DateTime = text.parse().ok()?;
    let zone = match zone {
        None | Some("UTC" | "Z" | "+00:00") => jiff::tz::TimeZone::UTC,
        Some(name) => jiff::tz::TimeZone::get(name).ok()?,
    };
    Some(zone.to_ambiguous_timestamp(wall).unambiguous().ok()?.as_nanosecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(op: RowOp, value: Value, of: &DataType, expected: &str) {
        let rule = json!({"column": "c", "op": op, "value": value});
        let rule: RowRule = serde_json::from_value(rule).unwrap();
        assert_eq!(condition(&rule, Some(of.clone())).to_string(), expected);
    }

    #[test]
    fn a_rule_becomes_a_condition_of_the_columns_type() {
        check(RowOp::Is, json!("north"), &DataType::Utf8, "c = Utf8(\"north\")");
        check(RowOp::AtLeast, json!(18), &DataType::Int64, "c >= Int64(18)");
        check(RowOp::Less, json!("2026-01-31"), &DataType::Date32, "c < Date32(\"2026-01-31\")");
        check(RowOp::Is, json!(true), &DataType::Boolean, "c = Boolean(true)");
        check(RowOp::In, json!([1, "two", 3]), &DataType::Int64, "c IN ([Int64(1), Int64(3)])");
        check(RowOp::AtMost, json!(0.5), &DataType::Float64, "c <= Float64(0.5)");
        check(RowOp::Is, json!(5), &DataType::Utf8, "c = Utf8(\"5\")");
    }

    #[test]
    fn what_cannot_be_compared_keeps_no_row() {
        for (op, value, of) in [
            (RowOp::Is, json!("seven"), DataType::Int64),
            (RowOp::IsNot, json!("seven"), DataType::Int64),
            (RowOp::In, json!(["x"]), DataType::Date32),
            (RowOp::Is, json!(true), DataType::Int64),
            (RowOp::AtMost, json!("NaN"), DataType::Float64),
            (RowOp::AtLeast, json!("1970-01-11T23:00:00-05:00"), DataType::Date32),
            (RowOp::Less, json!("1970-01-01T02:00:01+02:00"), DataType::Timestamp(TimeUnit::Second, None)),
            (RowOp::Less, json!(7), DataType::Timestamp(TimeUnit::Second, None)),
        ] {
            check(op, value, &of, "Boolean(false)");
        }
        let rule: RowRule = serde_json::from_value(json!({"column": "gone", "op": "is_empty"})).unwrap();
        assert_eq!(condition(&rule, None).to_string(), "Boolean(false)");
    }

    #[test]
    fn a_value_between_two_is_not_rounded_to_either() {
        let cents = DataType::Decimal128(10, 2);
        check(RowOp::AtMost, json!(0.125), &cents, "c <= Decimal128(Some(12),10,2)");
        check(RowOp::AtMost, json!("0.125"), &cents, "c <= Decimal128(Some(12),10,2)");
        check(RowOp::Less, json!(0.125), &cents, "c <= Decimal128(Some(12),10,2)");
        check(RowOp::AtLeast, json!(0.135), &cents, "c > Decimal128(Some(13),10,2)");
        check(RowOp::More, json!(-0.125), &cents, "c > Decimal128(Some(-13),10,2)");
        check(RowOp::Is, json!(0.1249), &cents, "Boolean(false)");
        check(RowOp::IsNot, json!(0.1249), &cents, "c IS NOT NULL");
        check(RowOp::In, json!([0.1301, 5]), &cents, "c IN ([Decimal128(Some(500),10,2)])");
        check(RowOp::AtMost, json!("1e9"), &cents, "c IS NOT NULL");
        check(RowOp::AtMost, json!("-1e9"), &cents, "Boolean(false)");
        check(RowOp::AtLeast, json!(18.5), &DataType::Int32, "c > Int32(18)");
        check(RowOp::Less, json!(-18.5), &DataType::Int32, "c <= Int32(-19)");
        check(RowOp::Less, json!(1e300), &DataType::Int32, "c IS NOT NULL");
        check(RowOp::More, json!(-1), &DataType::UInt8, "c IS NOT NULL");
        check(RowOp::Is, json!(256), &DataType::UInt8, "Boolean(false)");
        check(RowOp::Is, json!(9_007_199_254_740_993_i64), &DataType::Int64, "c = Int64(9007199254740993)");
    }

    #[test]
    fn a_float_is_the_one_that_is_written() {
        let float = DataType::Float64;
        check(RowOp::Is, json!(0.1), &float, "c = Float64(0.1)");
        check(RowOp::Is, json!("0.10"), &float, "c = Float64(0.1)");
        check(RowOp::Is, json!("0.10000000000000000001"), &float, "Boolean(false)");
        check(RowOp::AtMost, json!(9_007_199_254_740_993_i64), &float, "c <= Float64(9007199254740992)");
        check(RowOp::AtLeast, json!(9_007_199_254_740_993_i64), &float, "c > Float64(9007199254740992)");
        check(RowOp::Is, json!(1e20), &float, "c = Float64(100000000000000000000)");
        check(RowOp::AtMost, json!(0.1), &DataType::Float32, "CAST(c AS Float64) <= Float64(0.1)");
        // Zero has two signs, and is one number.
        check(RowOp::Less, json!(0), &float, "c < Float64(-0)");
        check(RowOp::AtMost, json!(-0.0), &float, "c <= Float64(0)");
        check(RowOp::Is, json!(0), &float, "c >= Float64(-0) AND c <= Float64(0)");
        check(RowOp::In, json!([1, 0]), &float, "c = Float64(1) OR c >= Float64(-0) AND c <= Float64(0)");
    }

    #[test]
    fn a_time_of_day_is_not_dropped() {
        let noon = json!("1970-01-11T12:00:00");
        check(RowOp::AtLeast, noon.clone(), &DataType::Date32, "c > Date32(\"1970-01-11\")");
        check(RowOp::Less, noon.clone(), &DataType::Date32, "c <= Date32(\"1970-01-11\")");
        check(RowOp::Is, noon, &DataType::Date32, "Boolean(false)");
        check(RowOp::Is, json!("1970-01-11T00:00:00"), &DataType::Date32, "c = Date32(\"1970-01-11\")");
        let seconds = DataType::Timestamp(TimeUnit::Second, None);
        check(RowOp::AtLeast, json!("1970-01-01T00:00:00.5"), &seconds, "c > TimestampSecond(0, None)");
        check(RowOp::AtMost, json!("1969-12-31T23:59:59.5"), &seconds, "c <= TimestampSecond(-1, None)");
        check(RowOp::AtLeast, json!("1970-01-02"), &seconds, "c >= TimestampSecond(86400, None)");
        let zoned = DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()));
        let expected = "c < TimestampMillisecond(1000, Some(\"UTC\"))";
        check(RowOp::Less, json!("1970-01-01T02:00:01+02:00"), &zoned, expected);
        check(RowOp::Less, json!("1970-01-01 00:00:01"), &zoned, expected);
        let time = DataType::Time32(TimeUnit::Second);
        check(RowOp::Less, json!("00:00:01.5"), &time, "c <= Time32Second(\"1\")");
    }
}
