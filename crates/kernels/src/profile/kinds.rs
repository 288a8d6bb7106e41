use super::time::TimeKind;
use super::value::{POWERS, SHORT, Value, decimal_to_f64};
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
const MOST_EXACT_WHOLE: u64 = 1 << 53;

/// A date's microseconds are those of so many midnights.
const DAY: i64 = 86_400_000_000;

/// What is known of each number of a chunk.
#[derive(Default)]
pub(super) struct Read {
    /// The nearest floats.
    pub(super) numbers: Vec<f64>,
    pub(super) hashes: Vec<u64>,
    /// How many are whole.
    pub(super) whole: u64,
}

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
    /// Whether two numbers are one. Hashes alone do not say it: those of wide numbers are of another seed, or of more bits.
    #[inline]
    fn is_same(self, a: Self::Raw, b: Self::Raw) -> bool {
        !self.is_less(a, b) && !self.is_less(b, a)
    }
    /// Whether it is a whole number; `number` is the nearest float.
    fn is_whole(self, raw: Self::Raw, number: f64) -> bool;
    /// Reads a chunk.
    fn read(self, chunk: &[Self::Raw], into: &mut Read) {
        self.read_each(chunk, into);
    }
    /// Reads a chunk, number by number.
    fn read_each(self, chunk: &[Self::Raw], into: &mut Read) {
        into.numbers.clear();
        into.numbers.extend(chunk.iter().map(|&raw| self.number(raw)));
        let both = || chunk.iter().copied().zip(into.numbers.iter().copied());
        into.hashes.clear();
        into.hashes.extend(both().map(|(raw, number)| self.hash(raw, number)));
        into.whole = both().map(|(raw, number)| u64::from(self.is_whole(raw, number))).sum();
    }
    /// A whole number for it and for no other, such that neighbours have neighbouring ones; `None` if it has none.
    fn cell(self, raw: Self::Raw) -> Option<i64>;
    /// The number of this cell.
    fn raw(self, cell: i64) -> Self::Raw;
    /// Which times these are, if they are times.
    fn time(self) -> Option<TimeKind> {
        None
    }
}

/// Finite floats; −0 is 0.
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
    if whole.unsigned_abs() <= MOST_EXACT_WHOLE { hash_real(whole as f64) } else { mix(SEED_OF_WIDE, whole as u64) }
}

impl Number for Reals {
    type Raw = f64;

    fn number(self, raw: f64) -> f64 {
        // −0 becomes 0.
        raw + 0.0
    }

    fn hash(self, _: f64, number: f64) -> u64 {
        if number.abs() > MOST_EXACT { hash_large(number) } else { hash_real(number) }
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

    fn cell(self, raw: f64) -> Option<i64> {
        let whole = raw as i64;
        (whole as f64 == raw).then_some(whole)
    }

    fn raw(self, cell: i64) -> f64 {
        cell as f64
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

    fn hash(self, raw: i64, number: f64) -> u64 {
        if raw.unsigned_abs() <= MOST_EXACT_WHOLE { hash_real(number) } else { hash_whole(raw) }
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

    fn cell(self, raw: i64) -> Option<i64> {
        Some(raw)
    }

    fn raw(self, cell: i64) -> i64 {
        cell
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

    fn cell(self, raw: i64) -> Option<i64> {
        (self.kind == TimeKind::Date && raw % DAY == 0).then_some(raw / DAY)
    }

    fn raw(self, cell: i64) -> i64 {
        cell.wrapping_mul(DAY)
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
        if self.is_short(raw) { hash_real(number) } else { self.hash_long(raw) }
    }

    fn value(self, raw: i128) -> Value {
        Value::decimal(raw, self.scale)
    }

    fn is_less(self, a: i128, b: i128) -> bool {
        a < b
    }

    fn is_whole(self, raw: i128, number: f64) -> bool {
        if self.is_short(raw) { is_whole(number) } else { self.is_long_whole(raw) }
    }

    fn read(self, chunk: &[i128], into: &mut Read) {
        if !chunk.iter().fold(true, |all, &raw| all & self.is_short(raw)) {
            return self.read_each(chunk, into);
        }
        // As it nearly always is: then they are floats, and none has to be asked what it is.
        let power = POWERS[usize::from(self.scale)];
        into.numbers.clear();
        into.numbers.extend(chunk.iter().map(|&raw| raw as i64 as f64 / power));
        into.hashes.clear();
        into.hashes.extend(into.numbers.iter().map(|&number| hash_real(number)));
        into.whole = into.numbers.iter().map(|&number| u64::from(is_whole(number))).sum();
    }

    fn cell(self, raw: i128) -> Option<i64> {
        i64::try_from(raw).ok()
    }

    fn raw(self, cell: i64) -> i128 {
        i128::from(cell)
    }
}

impl Decimals {
    /// Whether the nearest float says everything.
    fn is_short(self, raw: i128) -> bool {
        // From −SHORT to SHORT, both left out.
        let above_least = (raw as u128).wrapping_add(u128::from(SHORT - 1));
        above_least < u128::from(2 * SHORT - 1) && self.scale <= 22
    }

    #[cold]
    fn is_long_whole(self, raw: i128) -> bool {
        10i128.checked_pow(u32::from(self.scale)).is_some_and(|one| raw % one == 0)
    }

    #[cold]
    fn hash_long(self, raw: i128) -> u64 {
        match self.value(raw) {
            Value::Integer(whole) => hash_whole(whole),
            Value::Real(number) => hash_real(number),
            Value::Decimal { unscaled, scale } => hash_bytes(SEED_OF_WIDE ^ u64::from(scale), &unscaled.to_le_bytes()),
            _ => 0,
        }
    }
}
