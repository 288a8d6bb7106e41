use super::{Level, Proposal};
use crate::profile::ColumnSketch;
use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::error::ArrowError;
use kernels::profile::{Summary, TimeKind, Value};
use serde::{Deserialize, Serialize};

/// So many values per file are looked at.
const LOOKED_AT: u32 = 1_000;
/// So many must have been, and this share of them must fit, before a rule says anything.
const ENOUGH: u32 = 5;
/// Whole numbers of so many digits may be cards; shorter ones are numbers and nothing else.
const LONG_NUMBER: usize = 13;
const SHARE: f64 = 0.8;

/// What a value may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Email,
    Iban,
    Card,
    Phone,
    NationalId,
}

impl Content {
    const ALL: [Self; 5] = [Self::Iban, Self::Card, Self::NationalId, Self::Email, Self::Phone];

    fn fits(self, value: &str) -> bool {
        match self {
            Self::Email => is_email(value),
            Self::Iban => is_iban(value),
            Self::Card => is_card(value),
            Self::Phone => is_phone(value),
            Self::NationalId => is_national_id(value),
        }
    }

    fn proposal(self) -> (&'static str, Level, f64) {
        match self {
            Self::Email => ("e-mail", Level::Confidential, 0.95),
            Self::Iban => ("IBAN", Level::Restricted, 0.98),
            Self::Card => ("card number", Level::Restricted, 0.95),
            Self::Phone => ("phone", Level::Confidential, 0.85),
            Self::NationalId => ("national id", Level::Restricted, 0.9),
        }
    }
}

/// How many of the values looked at had which content. Mergeable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hits {
    looked_at: u32,
    fits: [u32; 5],
}

impl Hits {
    /// Looks at the texts and numbers of an array, as long as not enough were seen.
    ///
    /// # Errors
    /// Arrow's, for values that their type cannot hold.
    pub(crate) fn look_into(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        let held = match array.data_type() {
            DataType::Dictionary(_, values) => values,
            other => other,
        };
        match held {
            _ if self.looked_at >= LOOKED_AT => {}
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let texts = cast(array, &DataType::Utf8)?;
                texts.as_string::<i32>().iter().flatten().for_each(|text| self.look(text));
            }
            held if held.is_integer() => {
                let numbers = cast(array, &DataType::Int64)?;
                numbers.as_primitive::<Int64Type>().iter().flatten().for_each(|number| self.look_at_whole(number));
            }
            held if held.is_numeric() => {
                let numbers = cast(array, &DataType::Float64)?;
                let numbers = numbers.as_primitive::<Float64Type>().iter().flatten();
                numbers.filter(|number| !number.is_nan()).for_each(|number| self.look_at_real(number));
            }
            _ => {}
        }
        Ok(())
    }

    fn look_at_whole(&mut self, number: i64) {
        let text = number.to_string();
        self.look(if text.len() >= LONG_NUMBER { &text } else { "0" });
    }

    /// The same number is the same value, whether its file stores integers or floats.
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and far below 2^63")]
    fn look_at_real(&mut self, number: f64) {
        if number.fract() == 0.0 && number.abs() < 9e15 {
            self.look_at_whole(number as i64);
        } else {
            self.look("0");
        }
    }

    fn look(&mut self, value: &str) {
        let value = value.trim();
        if self.looked_at >= LOOKED_AT || value.is_empty() {
            return;
        }
        self.looked_at += 1;
        for (content, count) in Content::ALL.into_iter().zip(&mut self.fits) {
            *count += u32::from(content.fits(value));
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.looked_at = self.looked_at.saturating_add(other.looked_at);
        for (mine, theirs) in self.fits.iter_mut().zip(other.fits) {
            *mine = mine.saturating_add(theirs);
        }
    }
}

/// Returns what the column's values propose: the first content that most of them have.
pub(super) fn propose(sketch: &ColumnSketch) -> Option<Proposal> {
    let hits = sketch.hits();
    if hits.looked_at >= ENOUGH {
        for (content, count) in Content::ALL.into_iter().zip(hits.fits) {
            let share = f64::from(count) / f64::from(hits.looked_at);
            if share >= SHARE {
                let (what, level, confidence) = content.proposal();
                return Some(Proposal { level, rule: format!("content {what}"), confidence: share * confidence });
            }
        }
    }
    sketch.summary().is_some_and(|column| is_born(&column)).then(|| Proposal {
        level: Level::Confidential,
        rule: "content date of birth".into(),
        confidence: 0.5,
    })
}

/// Days whose middle lies a working life before the newest: births rather than bookings.
fn is_born(column: &Summary<'_>) -> bool {
    let [(_, days), ..] = column.times();
    let ends = (column.min(), column.max(), column.quantile(0.5));
    let (
        Some(Value::Time { micros: oldest, kind: TimeKind::Date }),
        Some(Value::Time { micros: newest, kind: TimeKind::Date }),
        Ok(Ok(middle)),
    ) = ends
    else {
        return false;
    };
    let years = |micros: f64| micros / (365.25 * 86_400e6) + 1970.0;
    days >= u64::from(ENOUGH)
        && years(oldest as f64) > 1900.0
        && years(newest as f64) < 2015.0
        && years(newest as f64) - years(middle) > 12.0
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let plain = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    let end = domain.rsplit_once('.').map_or("", |(_, end)| end);
    !local.is_empty()
        && local.chars().all(plain)
        && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
        && !domain.contains("..")
        && !domain.starts_with('.')
        && end.len() >= 2
        && end.chars().all(char::is_alphabetic)
}

/// ISO 13616: country, two check digits, up to 30 letters and digits, 1 modulo 97 once the first four stand last.
fn is_iban(value: &str) -> bool {
    let packed: Vec<u8> = value.bytes().filter(|b| *b != b' ').collect();
    if !(15..=34).contains(&packed.len())
        || !packed[..2].iter().all(u8::is_ascii_uppercase)
        || !packed[2..4].iter().all(u8::is_ascii_digit)
        || !packed.iter().all(u8::is_ascii_alphanumeric)
    {
        return false;
    }
    let mut rest = 0_u32;
    for byte in packed[4..].iter().chain(&packed[..4]) {
        let digit = char::from(*byte).to_digit(36).unwrap_or(0);
        rest = (rest * if digit > 9 { 100 } else { 10 } + digit) % 97;
    }
    rest == 1
}

/// 13 to 19 digits, of a known scheme's first digit, that pass Luhn's check.
fn is_card(value: &str) -> bool {
    let plain = |c: char| c.is_ascii_digit() || c == ' ' || c == '-';
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    if !value.chars().all(plain) || !(13..=19).contains(&digits.len()) || !(2..=6).contains(&digits[0]) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 0 { *digit } else { digit * 2 / 10 + digit * 2 % 10 })
        .sum();
    sum.is_multiple_of(10)
}

/// `+` or `0` first, 7 to 15 digits, with the usual signs between; bare digits need the `+`.
fn is_phone(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let signs = value.bytes().filter(|b| b" ()/-.".contains(b)).count();
    let plus = value.starts_with('+');
    (7..=15).contains(&digits)
        && digits + signs + usize::from(plus) == value.len()
        && (plus || (signs > 0 && (value.starts_with('0') || value.starts_with('('))))
}

/// A US social security number, a British national insurance number, or a Spanish DNI or NIE with its check letter.
fn is_national_id(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = |from: usize, to: usize| bytes[from..to].iter().all(u8::is_ascii_digit);
    let us = bytes.len() == 11 && bytes[3] == b'-' && bytes[6] == b'-' && digits(0, 3) && digits(4, 6) && digits(7, 11);
    let packed: Vec<u8> = value.bytes().filter(|b| *b != b' ').collect();
    let british = packed.len() == 9
        && packed[..2].iter().all(u8::is_ascii_uppercase)
        && packed[2..8].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&packed[8]);
    us || british || is_spanish(&packed)
}

fn is_spanish(packed: &[u8]) -> bool {
    if packed.len() != 9 || !packed[1..8].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let first = match packed[0] {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        digit if digit.is_ascii_digit() => u32::from(digit - b'0'),
        _ => return false,
    };
    let number = packed[1..8].iter().fold(first, |number, digit| number * 10 + u32::from(digit - b'0'));
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize] == packed[8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_told_apart() {
        let check = |content: Content, good: &[&str], bad: &[&str]| {
            for value in good {
                assert!(content.fits(value), "{content:?} {value}");
            }
            for value in bad {
                assert!(!content.fits(value), "{content:?} {value}");
            }
        };
        check(Content::Email, &["a.b+c@d-e.co.uk"], &["@x.de", "a@b", "a@b..de", "a b@c.de", "a@.de", "@"]);
        let ibans = ["GB82WEST12345698765432", "FR1420041010050500013M02606", "NL91 ABNA 0417 1643 00"];
        check(Content::Iban, &ibans, &["GB82WEST12345698765433", "DE89", "de89370400440532013000", "1234567890123456"]);
        check(
            Content::Card,
            &["5500 0000 0000 0004", "340000000000009"],
            &["1234567890123", "4111-1111", "9999999999999995"],
        );
        check(
            Content::Phone,
            &["+34912345678", "(030) 90182-0", "0171/2345678"],
            &["20240101", "12", "2024-01-01", "+x1234567"],
        );
        check(Content::NationalId, &["12345678Z", "X1234567L", "AB123456C"], &["12345678A", "123456789", "AB123456E"]);
    }
}
