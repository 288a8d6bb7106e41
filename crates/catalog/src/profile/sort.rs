//! What a column's values are to somebody who wrote some down, as in a contract: compared by what they are, not by how they are spelled.
use jiff::Timestamp;
use jiff::civil::DateTime;
use kernels::profile::Value;

/// The sort of values that a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Text,
    Flag,
    /// Whole numbers.
    Whole,
    /// Of so many places.
    Decimal {
        places: i32,
    },
    /// Floats of so many bits.
    Real {
        bits: u8,
    },
    Day,
    /// A day and a time of day; `is_rounded` where the file may have nanoseconds, of which a profile knows the microseconds.
    Time {
        has_zone: bool,
        is_rounded: bool,
    },
    /// A time of day, which a profile spells in seconds.
    Clock,
    /// Whatever a profile does not look into, or not as a contract would: durations, bytes, lists, structures.
    Other,
}

/// Whether a value of a profile is one that somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    Yes,
    No,
    /// The profile does not say, and why.
    Unclear(&'static str),
}

/// Floats tell whole numbers apart below this.
const TOLD_APART: f64 = 9_007_199_254_740_992.0;

impl Sort {
    /// Returns that of a type, by Arrow's name of it.
    pub fn of(data_type: &str) -> Self {
        let starts = |words: &[&str]| words.iter().any(|word| data_type.starts_with(word));
        let bits = |name: &str| data_type.strip_prefix(name)?.parse().ok();
        if starts(&["Utf8", "LargeUtf8"]) {
            Self::Text
        } else if data_type == "Boolean" {
            Self::Flag
        } else if starts(&["Int8", "Int16", "Int32", "Int64", "UInt"]) {
            Self::Whole
        } else if starts(&["Decimal"]) {
            let places =
                data_type.trim_end_matches(')').rsplit(',').next().and_then(|places| places.trim().parse().ok());
            places.map_or(Self::Other, |places| Self::Decimal { places })
        } else if let Some(bits) = bits("Float") {
            Self::Real { bits }
        } else if starts(&["Date"]) {
            Self::Day
        } else if starts(&["Timestamp"]) {
            let is_rounded = starts(&["Timestamp(ns", "Timestamp(Nanosecond"]);
            Self::Time { has_zone: data_type.contains('"'), is_rounded }
        } else if starts(&["Time32", "Time64"]) {
            Self::Clock
        } else {
            Self::Other
        }
    }

    /// Returns that of a column of which the profile counted every different value, if it did: then nothing of it was rounded.
    #[must_use]
    pub fn counted(self, is_exact: bool) -> Self {
        match self {
            Self::Time { has_zone, .. } if is_exact => Self::Time { has_zone, is_rounded: false },
            other => other,
        }
    }

    /// Whether its values are numbers.
    pub fn is_of_numbers(self) -> bool {
        matches!(self, Self::Whole | Self::Decimal { .. } | Self::Real { .. })
    }

    /// Whether a profile may take two different values for one.
    pub fn is_rounded(self) -> bool {
        matches!(self, Self::Time { is_rounded: true, .. } | Self::Other)
    }

    /// Returns the number that a column holds where somebody wrote this one: 0.1 in 32 bits is another than in 64.
    #[expect(clippy::cast_possible_truncation, reason = "what 32 bits hold of it is asked for")]
    pub fn held(self, number: f64) -> f64 {
        match self {
            Self::Real { bits: 32 } => f64::from(number as f32),
            Self::Real { bits: 16 } => in_16_bits(number),
            _ => number,
        }
    }

    /// Whether no other number of the column has the same nearest float as this one.
    pub fn is_told_apart(self, number: f64) -> bool {
        match self {
            Self::Whole => number.abs() < TOLD_APART,
            Self::Decimal { places } => number.abs() * 10_f64.powi(places) < TOLD_APART,
            _ => true,
        }
    }

    /// Returns whether `found`, as a profile spells a value of the column, is the value that somebody wrote as `written`.
    pub fn same(self, found: &str, written: &str) -> Same {
        match self {
            Self::Text => text(found, written),
            Self::Flag => of(found.eq_ignore_ascii_case(written)),
            Self::Whole | Self::Decimal { .. } => decimal(found, written),
            Self::Real { .. } => match (real(found), real(written)) {
                (Some(found), Some(written)) => of(found == self.held(written) || found.is_nan() && written.is_nan()),
                _ => Same::No,
            },
            Self::Day => match (found.parse::<DateTime>(), written.parse::<DateTime>()) {
                (Ok(found), Ok(written)) => of(found == written),
                (Ok(_), Err(_)) => Same::No,
                (Err(_), _) => Same::Unclear("its days are not those of the years 1 to 9999"),
            },
            Self::Time { has_zone, is_rounded } => match time(found, written, has_zone) {
                Same::Yes if is_rounded => Same::Unclear("its nanoseconds are known to the microsecond only"),
                same => same,
            },
            Self::Clock | Self::Other => Same::Unclear("values of its type are not compared"),
        }
    }
}

fn of(is_same: bool) -> Same {
    if is_same { Same::Yes } else { Same::No }
}

fn text(found: &str, written: &str) -> Same {
    // A longer one ends in a sign for what was left out, which a text of its own may end in, too.
    let start = found.strip_suffix('…').filter(|_| found.len() >= Value::TEXT);
    match start {
        Some(start) if found == written || written.len() > Value::TEXT && written.starts_with(start) => {
            Same::Unclear("of a text of more than 64 bytes, the first 64 are known")
        }
        _ => of(found == written),
    }
}

/// Infinities are spelled as YAML does, too.
fn real(text: &str) -> Option<f64> {
    text.parse().ok().or_else(|| text.replacen('.', "", 1).parse().ok().filter(|number: &f64| !number.is_finite()))
}

fn decimal(found: &str, written: &str) -> Same {
    let (Some(mine), Some(theirs)) = (canonical(found), canonical(written)) else {
        return of(found == written);
    };
    // A contract's number that is not whole came as a float, which may have lost digits.
    let is_float = written.contains(['.', 'e', 'E']);
    match mine == theirs {
        true => Same::Yes,
        false if is_float && real(found) == real(written) => {
            Same::Unclear("a number of more than 15 digits is compared where it is written as a text")
        }
        false => Same::No,
    }
}

/// Returns a number's sign, its digits without zeros at either end, and the power of ten of the last.
fn canonical(text: &str) -> Option<(bool, String, i64)> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        // No wider: it is added to.
        Some((number, exponent)) => (number, i64::from(exponent.parse::<i32>().ok()?)),
        None => (text, 0),
    };
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, places) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{places}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = all.trim_end_matches('0');
    let power = exponent - i64::try_from(places.len()).ok()? + i64::try_from(all.len() - kept.len()).ok()?;
    match kept.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        digits => Some((number.starts_with('-'), digits.to_owned(), power)),
    }
}

/// Rounds to the nearest float of 16 bits.
fn in_16_bits(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let step = (number.abs().log2().floor().max(-14.0) - 10.0).exp2();
    let rounded = (number / step).round_ties_even() * step;
    if rounded.abs() > 65_504.0 { f64::INFINITY.copysign(number) } else { rounded }
}

fn time(found: &str, written: &str, has_zone: bool) -> Same {
    const ZONE: &str = "of a column's values and the contract's, one says a zone and the other none";
    let instants = (found.parse::<Timestamp>().ok(), written.parse::<Timestamp>().ok());
    let local = written.parse::<DateTime>().ok();
    match (has_zone, instants, local) {
        (true, (Some(found), Some(written)), _) => of(in_micros(found) == in_micros(written)),
        (true, (Some(_), None), Some(_)) | (false, (_, Some(_)), _) => Same::Unclear(ZONE),
        (true, (None, _), _) => Same::Unclear("its times are not those of the years 1 to 9999"),
        (true, (Some(_), None), None) => Same::No,
        (false, (_, None), written) => match (found.parse::<DateTime>(), written) {
            (Ok(found), Some(written)) => of(in_local_micros(found) == in_local_micros(written)),
            (Ok(_), None) => Same::No,
            (Err(_), _) => Same::Unclear("its times are not those of the years 1 to 9999"),
        },
    }
}

fn in_micros(time: Timestamp) -> i128 {
    time.as_nanosecond().div_euclid(1_000)
}

fn in_local_micros(time: DateTime) -> (jiff::civil::Date, i64) {
    let clock = time.time();
    let seconds = i64::from(clock.hour()) * 3_600 + i64::from(clock.minute()) * 60 + i64::from(clock.second());
    (time.date(), seconds * 1_000_000 + i64::from(clock.subsec_nanosecond()) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(data_type: &str, found: &str, written: &str, expected: &str) {
        let shown = match Sort::of(data_type).same(found, written) {
            Same::Yes => "yes",
            Same::No => "no",
            Same::Unclear(_) => "unclear",
        };
        assert_eq!(shown, expected, "{data_type} {found} {written}");
    }

    #[test]
    fn values_are_the_same_whatever_their_spelling() {
        for (data_type, found, written, expected) in [
            ("Int32", "1", "1.0", "yes"),
            ("Int32", "1", "01", "yes"),
            ("Int64", "-9007199254740993", "-9007199254740992", "no"),
            ("UInt64", "18446744073709551615", "1.8446744073709552e19", "unclear"),
            ("Int32", "1", "one", "no"),
            ("Int32", "1", "1.5e-9223372036854775808", "no"),
            ("Int32", "1", "1.5e-2147483648", "no"),
            ("Float64", "0.1", "1e-1", "yes"),
            ("Float64", "inf", ".inf", "yes"),
            ("Float64", "-inf", "-.inf", "yes"),
            ("Float64", "NaN", ".nan", "yes"),
            ("Float64", "NaN", "1", "no"),
            ("Float64", "0.30000000000000004", "0.3", "no"),
            ("Float32", "0.10000000149011612", "0.1", "yes"),
            ("Float32", "0.10000000149011612", "0.1001", "no"),
            ("Float16", "0.0999755859375", "0.1", "yes"),
            ("Decimal128(18, 2)", "0.1", "0.10", "yes"),
            ("Decimal128(38, 20)", "0.123456789012345678", "0.12345678901234568", "unclear"),
            ("Decimal128(38, 20)", "0", "-0.00", "yes"),
            ("Boolean", "true", "True", "yes"),
            ("Boolean", "true", "1", "no"),
            ("Utf8", "1", "1.0", "no"),
            ("Utf8", "own", "Own", "no"),
            ("Date32", "2024-01-02", "2024-01-02", "yes"),
            ("Date32", "2024-01-02", "2024-01-02T00:00:00", "yes"),
            ("Date32", "2024-01-02", "2024-01-02T10:00:00", "no"),
            ("Date32", "10000-01-02", "2024-01-02", "unclear"),
            ("Timestamp(µs)", "2024-01-02T03:04:05", "2024-01-02 03:04:05.000", "yes"),
            ("Timestamp(µs)", "2024-01-02T00:00:00", "2024-01-02", "yes"),
            ("Timestamp(µs)", "2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "unclear"),
            ("Timestamp(ms)", "2024-01-02T03:04:05", "soon", "no"),
            ("Timestamp(ns)", "2024-01-02T03:04:05", "2024-01-02T03:04:05.000000001", "unclear"),
            ("Timestamp(ns)", "2024-01-02T03:04:05", "2024-01-02T03:04:06", "no"),
            ("Timestamp(µs, \"UTC\")", "2024-01-02T03:04:05Z", "2024-01-02T05:04:05+02:00", "yes"),
            ("Timestamp(µs, \"UTC\")", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05", "unclear"),
            ("Time64(µs)", "28800", "08:00:00", "unclear"),
        ] {
            check(data_type, found, written, expected);
        }
    }

    #[test]
    fn a_text_that_was_cut_may_be_any_that_begins_like_it() {
        let (long, cut) = ("x".repeat(70), format!("{}…", "x".repeat(64)));
        check("Utf8", &cut, &long, "unclear");
        check("Utf8", &cut, &"x".repeat(64), "no");
        check("Utf8", &cut, &"y".repeat(70), "no");
        let full = format!("{}…", "x".repeat(61));
        check("Utf8", &full, &full, "unclear");
        check("Utf8", "short…", "short…", "yes");
    }

    #[test]
    fn types_are_told_by_name() {
        assert_eq!(Sort::of("Decimal128(18, 2)"), Sort::Decimal { places: 2 });
        assert_eq!(Sort::of("Timestamp(Nanosecond, Some(\"UTC\"))"), Sort::Time { has_zone: true, is_rounded: true });
        for name in ["Interval(DayTime)", "List(Utf8)", "Binary", "Struct(a Int64)"] {
            assert_eq!(Sort::of(name), Sort::Other, "{name}");
        }
        let decimal = Sort::of("Decimal128(18, 2)");
        assert!(decimal.is_told_apart(1e13) && !decimal.is_told_apart(1e14));
    }
}
