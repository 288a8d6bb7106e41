//! Types that texts of a file have, and their values.
use arrow::array::{Array, StringArray};
use arrow::datatypes::{DataType, TimeUnit};
use kernels::profile::TimeKind;

/// The type that fits the values of a column so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// There are none.
    #[default]
    Nothing,
    Integer,
    Real,
    Flag,
    Day,
    Local,
    Instant,
    Text,
}

impl Kind {
    /// Returns the narrowest type of a text.
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        let Some(first) = text.bytes().next() else { return Self::Nothing };
        match first {
            b'0'..=b'9' | b'+' | b'-' | b'.' | b'i' | b'I' | b'n' | b'N' => {
                if is_integer(text) {
                    return Self::Integer;
                }
                if is_real(text) {
                    return Self::Real;
                }
                match time(text) {
                    Some((_, TimeKind::Date)) => Self::Day,
                    Some((_, TimeKind::Local)) => Self::Local,
                    Some((_, TimeKind::Instant)) => Self::Instant,
                    None => Self::Text,
                }
            }
            _ if flag(text).is_some() => Self::Flag,
            _ => Self::Text,
        }
    }

    /// Returns the type that fits the values of two.
    pub(super) fn with(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Nothing, kind) | (kind, Self::Nothing) => kind,
            (Self::Integer | Self::Real, Self::Integer | Self::Real) => Self::Real,
            (Self::Day | Self::Local, Self::Day | Self::Local) => Self::Local,
            _ => Self::Text,
        }
    }

    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Nothing => DataType::Null,
            Self::Integer => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Day => DataType::Date32,
            Self::Local => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Text => DataType::Utf8,
        }
    }
}

/// What was seen of a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    kind: Kind,
    pub(super) rows: u64,
    nulls: u64,
    /// Words that say "missing" in a column that is not text.
    missing: u64,
}

impl Seen {
    pub(super) fn look_at(&mut self, texts: &StringArray) {
        self.rows += texts.len() as u64;
        self.nulls += texts.null_count() as u64;
        if self.kind == Kind::Text {
            return;
        }
        for text in texts.iter().flatten() {
            self.widen(text);
        }
    }

    pub(super) fn look(&mut self, text: &str) {
        self.rows += 1;
        if text.is_empty() {
            self.nulls += 1;
        } else {
            self.widen(text);
        }
    }

    fn widen(&mut self, text: &str) {
        if self.kind == Kind::Integer && is_integer(text) {
            return;
        }
        let kind = Kind::of(text);
        if kind == Kind::Text && is_missing(text.trim()) {
            self.missing += 1;
        } else {
            self.missing += u64::from(kind == Kind::Nothing);
            self.kind = self.kind.with(kind);
        }
    }

    pub(super) fn kind(&self) -> Kind {
        if self.kind == Kind::Nothing && self.missing > 0 { Kind::Text } else { self.kind }
    }

    pub(super) fn values(&self) -> u64 {
        self.rows - self.nulls - if self.kind() == Kind::Text { 0 } else { self.missing }
    }
}

pub(super) fn is_missing(text: &str) -> bool {
    matches!(text, "" | "NA" | "N/A" | "n/a" | "#N/A" | "<NA>" | "NULL" | "null" | "None" | "\\N")
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn has_leading_zero(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

fn is_integer(text: &str) -> bool {
    let digits = unsigned(text);
    let is_short = !digits.is_empty() && digits.len() <= 18;
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && !has_leading_zero(digits)
        && (is_short || integer(text).is_some())
}

/// Returns a whole number of 64 bits.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn is_real(text: &str) -> bool {
    let number = unsigned(text);
    if matches!(number.as_bytes().first(), Some(b'i' | b'I' | b'n' | b'N')) {
        return real(text).is_some();
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = unsigned(exponent);
    are_digits(whole)
        && are_digits(rest)
        && !(whole.is_empty() && rest.is_empty())
        && !has_leading_zero(whole)
        && !exponent.is_empty()
        && are_digits(exponent)
}

/// Returns a number, which may be infinite or none.
pub(super) fn real(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Returns `true` or `false`, in any case.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.len() {
        4 if text.eq_ignore_ascii_case("true") => Some(true),
        5 if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Returns the day of a text like `2026-01-31`, counted from 1970-01-01.
pub(in crate::data) fn day(text: &str) -> Option<i32> {
    let (days, rest) = leading_day(text.as_bytes())?;
    rest.is_empty().then_some(days)
}

/// Returns microseconds since 1970-01-01 of a day, or of a day and a time of ISO 8601; what is beyond microseconds is cut off.
pub(super) fn time(text: &str) -> Option<(i64, TimeKind)> {
    let (days, rest) = leading_day(text.as_bytes())?;
    let midnight = i64::from(days) * 86_400_000_000;
    let Some((b'T' | b't' | b' ', rest)) = rest.split_first() else {
        return rest.is_empty().then_some((midnight, TimeKind::Date));
    };
    let (hour, rest) = number(rest, 2, 23)?;
    let (minute, mut rest) = number(rest.strip_prefix(b":")?, 2, 59)?;
    let mut micros = (hour * 60 + minute) * 60_000_000;
    if let Some(after) = rest.strip_prefix(b":") {
        // A leap second is the first one of the next minute.
        let (second, after) = number(after, 2, 60)?;
        let (fraction, after) = fraction(after)?;
        micros += second * 1_000_000 + fraction;
        rest = after;
    }
    if rest.is_empty() {
        return Some((midnight + micros, TimeKind::Local));
    }
    Some((midnight + micros - offset(rest)?, TimeKind::Instant))
}

/// The part of a second, if there is one, and what comes after it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".").or_else(|| text.strip_prefix(b",")) else { return Some((0, text)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return None;
    }
    let (digits, rest) = digits.split_at(count);
    let micros =
        (0..6).fold(0, |micros, place| micros * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0')));
    Some((micros, rest))
}

/// The microseconds of `Z`, `+01:00`, `+0100` or `+01`.
fn offset(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    if matches!(text, b"Z" | b"z") {
        return Some(0);
    }
    let (sign, rest) = text.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = number(rest, 2, 18)?;
    let minutes = match rest.strip_prefix(b":").unwrap_or(rest) {
        [] if rest.is_empty() => 0,
        rest => number(rest, 2, 59).filter(|(_, rest)| rest.is_empty())?.0,
    };
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

fn leading_day(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = number(text, 4, 9_999)?;
    let (month, rest) = number(rest.strip_prefix(b"-")?, 2, 12)?;
    let (day, rest) = number(rest.strip_prefix(b"-")?, 2, 31)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (month >= 1 && (1..=last).contains(&day)).then(|| (days_until(year, month, day) as i32, rest))
}

/// Days from 1970-01-01 to this one, in the proleptic Gregorian calendar.
fn days_until(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that a leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// So many digits as a number that is not larger than `most`, and what comes after them.
fn number(text: &[u8], digits: usize, most: i64) -> Option<(i64, &[u8])> {
    let (digits, rest) = text.split_at_checked(digits)?;
    let mut number = 0;
    for digit in digits {
        number = number * 10 + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    (number <= most).then_some((number, rest))
}
