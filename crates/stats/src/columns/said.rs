//! Numbers that texts say: of arguments, and of classes named by them.
use kernels::profile::Value;

/// Returns the number that a text says, if it says one: up to 38 digits as they are, else the nearest float. Never NaN.
pub(crate) fn number_said(text: &str) -> Option<Value> {
    let text = text.trim();
    let number = text.parse::<f64>().ok().filter(|number| !number.is_nan())?;
    Some(decimal_said(text).unwrap_or_else(|| Value::real(number)))
}

/// Returns digits with or without a point as the value they are.
fn decimal_said(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{rest}");
    if rest.len() > 38 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let unscaled: i128 = all.parse().ok()?;
    Some(Value::decimal(if text.starts_with('-') { -unscaled } else { unscaled }, u8::try_from(rest.len()).ok()?))
}

/// Whether a text says this number. One that came as a float is said by every text that this float is nearest to.
pub(crate) fn says_number(value: &Value, text: &str) -> bool {
    match (value, number_said(text)) {
        (Value::Real(real), Some(_)) => text.trim().parse() == Ok(*real),
        (_, Some(said)) => *value == said,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_all_of_its_digits() {
        let check = |value: Value, says: &[&str], not: &[&str]| {
            says.iter().for_each(|text| assert!(says_number(&value, text), "{value} {text}"));
            not.iter().for_each(|text| assert!(!says_number(&value, text), "{value} {text}"));
        };
        check(Value::Integer(3), &["3", " 3 ", "+3", "3.0", "3e0", "0.3e1"], &["", "3.1", "-3", "x", "nan", "."]);
        check(Value::Integer(0), &["0", "-0", "-0.0"], &["", "-"]);
        let odd = (1 << 53) + 1;
        check(
            Value::Integer(odd),
            &["9007199254740993", "9007199254740993.00"],
            &["9007199254740992", "9.007199254740993e15"],
        );
        check(Value::decimal(u64::MAX.into(), 0), &["18446744073709551615"], &["18446744073709551614", "2e19"]);
        check(Value::Real(0.1), &["0.1", "0.10", "1e-1", ".1", "0.1000000000000000055511151231257827"], &["0.11"]);
        check(
            Value::decimal(-1_234_567_890_123_456_789, 3),
            &["-1234567890123456.789"],
            &["-1234567890123456.788", "1234567890123456.789"],
        );
        check(Value::Real(f64::INFINITY), &["inf", "Infinity"], &["-inf", "1e308"]);
    }
}
