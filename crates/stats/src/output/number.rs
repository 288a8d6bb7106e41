//! Numbers as people read them. What is exact stands in the dictionary.

/// Stands where there is no number.
pub const NO_NUMBER: &str = "–";

/// Returns a number with four significant digits: `0.1235`, `12,346`, `1.235e-7`. Whole numbers up to 10¹⁵ lose no digit.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return NO_NUMBER.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let size = value.abs();
    if size < 1e15 && value.fract() == 0.0 {
        return grouped(&format!("{:.0}", value + 0.0));
    }
    if !(1e-4..1e15).contains(&size) {
        let shown = format!("{value:.3e}");
        let (digits, power) = shown.split_once('e').unwrap_or((&shown, "0"));
        return format!("{}e{power}", without_zeros(digits));
    }
    // How many digits stand before the point, after rounding to four: 999.96 is 1,000.
    let before = format!("{size:.3e}").split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0_i32);
    let decimals = usize::try_from(3 - before).unwrap_or(0);
    grouped(without_zeros(&format!("{value:.decimals$}")))
}

/// Returns the number, or the dash that stands where there is none.
pub fn number_or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| NO_NUMBER.to_owned(), number)
}

/// Returns a count: `1,234,567`.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Returns a count of something: `1 row`, `1,234 rows`.
pub(crate) fn counted(value: u64, what: &str) -> String {
    format!("{} {what}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Returns a fraction in percent: `12.3 %`. What is not nothing, or not everything, does not look so.
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    if !percent.is_finite() {
        return number(percent);
    }
    let shown = match percent.abs() {
        0.0 => "0".to_owned(),
        small if small < 0.01 => return format!("{}0.01 %", if percent > 0.0 { "<" } else { ">-" }),
        near if near > 99.99 && near < 100.0 => return format!("{}99.99 %", if percent > 0.0 { ">" } else { "<-" }),
        ends if ends < 1.0 || (99.9..100.0).contains(&ends) => format!("{percent:.2}"),
        _ => format!("{percent:.1}"),
    };
    format!("{} %", grouped(without_zeros(&shown)))
}

/// Returns a p-value: `0.0312`, and `<0.0001` for all that is below.
pub fn p_value(value: f64) -> String {
    if value.is_nan() {
        NO_NUMBER.to_owned()
    } else if value < 0.0001 {
        "<0.0001".to_owned()
    } else {
        without_zeros(&format!("{value:.4}")).to_owned()
    }
}

/// Returns the ends of an interval: `0.712 to 0.798`.
pub fn interval(low: f64, high: f64) -> String {
    format!("{} to {}", number(low), number(high))
}

fn without_zeros(digits: &str) -> &str {
    let trimmed = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    if trimmed == "-0" { "0" } else { trimmed }
}

/// Puts a comma after every third digit before the point.
fn grouped(digits: &str) -> String {
    let (sign, size) = digits.strip_prefix('-').map_or(("", digits), |size| ("-", size));
    let (whole, rest) = size.find('.').map_or((size, ""), |point| size.split_at(point));
    let mut shown = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown + rest
}
