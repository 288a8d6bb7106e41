//! One value of a column, as a profile keeps it.
mod order;

use super::time::TimeKind;
use std::cmp::Ordering;
use std::fmt;

/// One value of a column as a profile keeps it: exactly, and the same whatever type its file stores it in.
///
/// - **Numbers** are compared as numbers, whole or not: a float as the shortest decimal that says it. A float and a decimal
///   of more than 15 digits, or beyond 64 bits, are two values even where they are written alike.
/// - **Times** are compared by what their clock says, as if all were in UTC; of the same reading, dates come before local times,
///   and those before instants.
/// - **Texts** are bytes, which need not be UTF-8, and compared as such; those that agree in the first [`Value::TEXT`] bytes and
///   are longer are in an order that says nothing, and are one value if their hash is the same. That hash is public, so who makes
///   long texts can make such.
///
/// Between flags, numbers, times and texts, the order is that of these words.
#[derive(Clone, Debug)]
pub enum Value {
    /// True or false.
    Flag(bool),
    /// A whole number that 64 bits hold, also where it came as a float or as a decimal.
    Integer(i64),
    /// Any other number of 64 bits, infinite ones included. Never NaN.
    Real(f64),
    /// A decimal of more than 15 digits, `unscaled / 10^scale` without trailing zeros. With fewer, no two have the same nearest
    /// float, and that is the value.
    Decimal { unscaled: i128, scale: u8 },
    /// Microseconds since 1970-01-01, in UTC or on the clock on the wall; a date's are those of its midnight.
    Time { micros: i64, kind: TimeKind },
    /// A text of at most [`Value::TEXT`] bytes.
    Text(Box<[u8]>),
    /// A longer text: its first [`Value::TEXT`] bytes, and the hash of all of it.
    Long { start: Box<[u8]>, hash: u64 },
}

/// The largest scale of a decimal of 128 bits.
pub(super) const MOST_SCALE: u8 = 38;

/// Decimals of 15 digits, with up to 22 places, are told apart by the float nearest to them, which one division gives.
pub(super) const SHORT: u64 = 1_000_000_000_000_000;

pub(super) const POWERS: [f64; MOST_SCALE as usize + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38,
];

/// Returns `unscaled / 10^scale`, rounded once where both fit in 53 bits, and up to three times beyond.
pub(super) fn decimal_to_f64(unscaled: i128, scale: u8) -> f64 {
    // Numbers of 64 bits convert in one instruction, others in a call.
    let number = i64::try_from(unscaled).map_or_else(|_| wide_to_f64(unscaled), |small| small as f64);
    number / POWERS[usize::from(scale.min(MOST_SCALE))]
}

#[cold]
#[inline(never)]
fn wide_to_f64(unscaled: i128) -> f64 {
    unscaled as f64
}

impl Value {
    /// Of a longer text so many bytes are kept.
    pub const TEXT: usize = 64;

    /// Returns a float, which is not NaN, as the value it is: whole numbers are the same value as integers.
    pub fn real(number: f64) -> Self {
        let whole = number as i64;
        // 2^63 is the float that `i64::MAX` rounds to, and no integer of 64 bits.
        if whole as f64 == number && whole != i64::MAX { Self::Integer(whole) } else { Self::Real(number) }
    }

    /// Returns `unscaled / 10^scale` as the value it is; a scale above 38 is 38.
    pub fn decimal(mut unscaled: i128, scale: u8) -> Self {
        let mut scale = scale.min(MOST_SCALE);
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        match i64::try_from(unscaled) {
            Ok(whole) if scale == 0 => Self::Integer(whole),
            Ok(short) if scale <= 22 && short.unsigned_abs() < SHORT => Self::Real(decimal_to_f64(unscaled, scale)),
            _ => Self::Decimal { unscaled, scale },
        }
    }

    /// Returns a text; `hash` is that of all of its bytes.
    pub(super) fn text(text: &[u8], hash: u64) -> Self {
        match text.get(..Self::TEXT) {
            Some(start) if text.len() > Self::TEXT => Self::Long { start: start.into(), hash },
            _ => Self::Text(text.into()),
        }
    }

    /// Returns the number nearest to this one (a time's microseconds, 0 or 1 for a flag), or `None` for a text.
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Flag(flag) => Some(f64::from(u8::from(flag))),
            Self::Integer(whole) | Self::Time { micros: whole, .. } => Some(whole as f64),
            Self::Real(number) => Some(number),
            Self::Decimal { unscaled, scale } => Some(decimal_to_f64(unscaled, scale)),
            Self::Text(_) | Self::Long { .. } => None,
        }
    }

    /// How a text compares with this value, as if it had been made a value first.
    pub(super) fn cmp_text(&self, text: &[u8], hash: u64) -> Ordering {
        let (start, is_long) = start_of(text);
        match self {
            Self::Text(mine) => mine[..].cmp(start).then(false.cmp(&is_long)),
            Self::Long { start: mine, hash: own } => mine[..].cmp(start).then(true.cmp(&is_long)).then(own.cmp(&hash)),
            _ => Ordering::Less,
        }
    }
}

/// What is kept of a text, and whether that is not all of it.
fn start_of(text: &[u8]) -> (&[u8], bool) {
    match text.get(..Value::TEXT) {
        Some(start) => (start, start.len() < text.len()),
        None => (text, false),
    }
}

/// How two texts with their hashes compare, as if they had been made values first.
pub(super) fn cmp_texts(a: (&[u8], u64), b: (&[u8], u64)) -> Ordering {
    let (mine, theirs) = (start_of(a.0), start_of(b.0));
    let order = mine.cmp(&theirs);
    if mine.1 && theirs.1 { order.then(a.1.cmp(&b.1)) } else { order }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Integer(whole) => write!(f, "{whole}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Decimal { unscaled, scale } => {
                let (sign, digits) = (if *unscaled < 0 { "-" } else { "" }, unscaled.unsigned_abs().to_string());
                let scale = usize::from(*scale);
                let padded = format!("{digits:0>width$}", width = scale + 1);
                let (whole, rest) = padded.split_at(padded.len() - scale);
                write!(f, "{sign}{whole}{}{rest}", if scale == 0 { "" } else { "." })
            }
            Self::Time { micros, kind } => kind.write(f, *micros),
            Self::Text(text) => write!(f, "{}", String::from_utf8_lossy(text)),
            Self::Long { start, .. } => write!(f, "{}…", String::from_utf8_lossy(without_half(start))),
        }
    }
}

/// Without the first bytes of a character whose others were cut off.
fn without_half(start: &[u8]) -> &[u8] {
    match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => start.get(..error.valid_up_to()).unwrap_or(start),
        _ => start,
    }
}

#[cfg(test)]
mod tests;
