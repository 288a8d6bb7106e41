//! The order of values. Numbers of all types are compared exactly, so it is total whatever is mixed.
use super::{MOST_SCALE, Value, decimal_to_f64};
use std::cmp::Ordering;

impl Value {
    fn kind(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Integer(_) | Self::Real(_) | Self::Decimal { .. } => 1,
            Self::Time { .. } => 2,
            Self::Text(_) | Self::Long { .. } => 3,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Time { micros: a, kind: c }, Self::Time { micros: b, kind: d }) => a.cmp(b).then(c.cmp(d)),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Integer(whole), Self::Real(real)) => cmp_whole(*whole, *real),
            (Self::Real(real), Self::Integer(whole)) => cmp_whole(*whole, *real).reverse(),
            (Self::Real(real), Self::Decimal { unscaled, scale }) => cmp_real(*real, *unscaled, *scale),
            (Self::Decimal { unscaled, scale }, Self::Real(real)) => cmp_real(*real, *unscaled, *scale).reverse(),
            (Self::Decimal { .. } | Self::Integer(_), Self::Decimal { .. } | Self::Integer(_)) => {
                digits(self).cmp(&digits(other))
            }
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Text(a), Self::Long { start, .. }) => a.cmp(start).then(Ordering::Less),
            (Self::Long { start, .. }, Self::Text(b)) => start.cmp(b).then(Ordering::Greater),
            (Self::Long { start: a, hash: c }, Self::Long { start: b, hash: d }) => a.cmp(b).then(c.cmp(d)),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

/// A real that is no integer is between two of them, or beyond all.
fn cmp_whole(whole: i64, real: f64) -> Ordering {
    const LEAST: f64 = -9_223_372_036_854_775_808.0;
    if real >= LEAST && whole <= real.floor() as i64 { Ordering::Less } else { Ordering::Greater }
}

/// Of a real and a decimal: a real stands for the shortest decimal that says it, so that the order of reals is kept; where both are
/// written alike the real comes first.
fn cmp_real(real: f64, unscaled: i128, scale: u8) -> Ordering {
    let near = decimal_to_f64(unscaled, scale);
    // Neither is off by more than three roundings.
    if !real.is_finite() || (real - near).abs() > real.abs() * 1e-15 {
        return real.total_cmp(&near);
    }
    let size = cmp_size(real.abs(), unscaled.unsigned_abs(), scale);
    (if unscaled < 0 { size.reverse() } else { size }).then(Ordering::Less)
}

/// Of a positive real and a decimal that are nearly equal.
fn cmp_size(real: f64, unscaled: u128, scale: u8) -> Ordering {
    let written = format!("{real:e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let number: u128 = format!("{whole}{rest}").parse().unwrap_or(0);
    // `number` is below 10^17 and of `10^-places`. Since the two are nearly equal, neither grows beyond the other.
    let places = rest.len() as i32 - exponent;
    let by = places - i32::from(scale);
    let power = |by: i32| 10u128.checked_pow(by.unsigned_abs());
    let scaled = |number: u128| power(by).and_then(|power| number.checked_mul(power)).unwrap_or(u128::MAX);
    if by >= 0 { number.cmp(&scaled(unscaled)) } else { scaled(number).cmp(&unscaled) }
}

/// The whole part and 38 digits of the rest: exact for every decimal.
fn digits(value: &Value) -> (i128, i128) {
    match *value {
        Value::Decimal { unscaled, scale } => {
            let scale = u32::from(scale.min(MOST_SCALE));
            let one = 10i128.pow(scale);
            (unscaled.div_euclid(one), unscaled.rem_euclid(one) * 10i128.pow(u32::from(MOST_SCALE) - scale))
        }
        Value::Integer(whole) => (i128::from(whole), 0),
        _ => (0, 0),
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}
