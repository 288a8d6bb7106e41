use super::time::TimeKind;
use super::value::{SHORT, Value, decimal_to_f64};
use crate::{hash_bytes, mix};

/// Of what is counted as distinct, the hash is part of what a profile is: it never changes.
pub(super) const SEED: u64 = 0x10C6_A7E0;
/// Integers beyond 2^53 are hashed as what they are, and so are decimals of many digits.
const SEED_OF_WIDE: u64 = 0x10C6_A7E1;
const SEED_OF_FLAG: u64 = 0x10C6_A7E2;
/// Those of the kinds of times follow.
const SEED_OF_TIME: u64 = 0x10C6_A7E3;
/// Up to here every whole number is a float.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// How the numbers of one type are read. What is the same [`Value`] in two types has the same hash in both.
pub(super) trait Number: Copy {
    /// A number as its file has it.
    type Raw: Copy;
    /// The nearest float.
    fn number(self, raw: Self::Raw) -> f64;
    /// The hash by which it is counted; `number` is the nearest float.
    fn hash(self, raw: Self::Raw, number: f64) -> u64;
    /// What it is called among the most frequent values.
    fn value(self, raw: Self::Raw) -> Value;
    /// The order of the numbers.
    fn is_less(self, a: Self::Raw, b: Self::Raw) -> bool;
    /// Whether it is a whole number; `number` is the nearest float.
    fn is_whole(self, raw: Self::Raw, number: f64) -> bool;
    /// Which times these are, if they are times.
    fn time(self) -> Option<TimeKind> {
        None
    }
}

/// Finite floats, none of them −0.
#[derive(Clone, Copy)]
pub(super) struct Reals;

#[derive(Clone, Copy)]
pub(super) struct Integers;

#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) kind: TimeKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimals {
    pub(super) scale: u8,
}

pub(super) fn hash_real(number: f64) -> u64 {
    mix(SEED, number.to_bits())
}

pub(super) fn hash_flag(flag: bool) -> u64 {
    mix(SEED_OF_FLAG, u64::from(flag))
}

fn hash_whole(whole: i64) -> u64 {
    if whole.unsigned_abs() <= 1 << 53 { hash_real(whole as f64) } else { mix(SEED_OF_WIDE, whole as u64) }
}

impl Number for Reals {
    type Raw = f64;

    fn number(self, raw: f64) -> f64 {
        raw
    }

    fn hash(self, raw: f64, _: f64) -> u64 {
        if raw.abs() > MOST_EXACT { hash_large(raw) } else { hash_real(raw) }
    }

    fn value(self, raw: f64) -> Value {
        Value::real(raw)
    }

    fn is_less(self, a: f64, b: f64) -> bool {
        a < b
    }

    fn is_whole(self, _: f64, number: f64) -> bool {
        is_whole(number)
    }
}

/// Beside 2^52 a float has no room for a fraction: adding it rounds to a whole number. There is no instruction for that which
/// every machine has.
fn is_whole(number: f64) -> bool {
    const MOST: f64 = 4_503_599_627_370_496.0;
    let size = number.abs();
    size >= MOST || (size + MOST) - MOST == size
}

impl Number for Integers {
    type Raw = i64;

    fn number(self, raw: i64) -> f64 {
        raw as f64
    }

    fn hash(self, raw: i64, _: f64) -> u64 {
        hash_whole(raw)
    }

    fn value(self, raw: i64) -> Value {
        Value::Integer(raw)
    }

    fn is_less(self, a: i64, b: i64) -> bool {
        a < b
    }

    fn is_whole(self, _: i64, _: f64) -> bool {
        true
    }
}

impl Number for Times {
    type Raw = i64;

    fn number(self, raw: i64) -> f64 {
        raw as f64
    }

    fn hash(self, raw: i64, _: f64) -> u64 {
        mix(SEED_OF_TIME + self.kind as u64, raw as u64)
    }

    fn value(self, raw: i64) -> Value {
        Value::Time { micros: raw, kind: self.kind }
    }

    fn is_less(self, a: i64, b: i64) -> bool {
        a < b
    }

    fn is_whole(self, _: i64, _: f64) -> bool {
        true
    }

    fn time(self) -> Option<TimeKind> {
        Some(self.kind)
    }
}

/// Beyond 2^53 a float is hashed as the integer it is, if 64 bits hold that.
#[cold]
fn hash_large(number: f64) -> u64 {
    match Value::real(number) {
        Value::Integer(whole) => hash_whole(whole),
        _ => hash_real(number),
    }
}

impl Number for Decimals {
    type Raw = i128;

    fn number(self, raw: i128) -> f64 {
        decimal_to_f64(raw, self.scale)
    }

    fn hash(self, raw: i128, number: f64) -> u64 {
        if self.is_short(raw) {
            return hash_real(number);
        }
        match self.value(raw) {
            Value::Integer(whole) => hash_whole(whole),
            Value::Real(number) => hash_real(number),
            Value::Decimal { unscaled, scale } => hash_bytes(SEED_OF_WIDE ^ u64::from(scale), &unscaled.to_le_bytes()),
            _ => 0,
        }
    }

    fn value(self, raw: i128) -> Value {
        Value::decimal(raw, self.scale)
    }

    fn is_less(self, a: i128, b: i128) -> bool {
        a < b
    }

    fn is_whole(self, raw: i128, number: f64) -> bool {
        if self.is_short(raw) {
            return is_whole(number);
        }
        10i128.checked_pow(u32::from(self.scale)).is_some_and(|one| raw % one == 0)
    }
}

impl Decimals {
    /// Whether the nearest float says everything.
    fn is_short(self, raw: i128) -> bool {
        raw.unsigned_abs() < u128::from(SHORT) && self.scale <= 22
    }
}
