//! One pass over the bytes of a text says which characters it has, and only what may be something is looked at again.
use super::{Shape, TextType};

const DIGIT: u16 = 1;
const LETTER: u16 = 2;
const SPACE: u16 = 4;
const SIGN: u16 = 8; // + -
const POINT: u16 = 16;
const COLON: u16 = 32;
const AT: u16 = 64;
const SLASH: u16 = 128;
const MARK: u16 = 256; // ' ,
const BRACKET: u16 = 512;
const ELSE: u16 = 1_024;
/// The continuation of a character.
const INSIDE: u16 = 2_048;
/// What else the name of a mailbox may have.
const SYMBOL: u16 = 4_096;

const CLASSES: [u16; 256] = {
    let mut classes = [ELSE; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b' ' | b'\t'..=b'\r' => SPACE,
            b'+' | b'-' => SIGN,
            b'.' => POINT,
            b':' => COLON,
            b'@' => AT,
            b'/' => SLASH,
            b'\'' | b',' => MARK,
            b'(' | b')' => BRACKET,
            b'!' | b'#'..=b'&' | b'*' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~' => SYMBOL,
            0x80..=0xBF => LETTER | INSIDE,
            0xC0..=0xFF => LETTER,
            _ => ELSE,
        };
        byte += 1;
    }
    classes
};

/// What one pass over a text found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::profile) struct Look {
    pub(in crate::profile) kind: TextType,
    pub(in crate::profile) shape: Shape,
    /// Characters, if it is UTF-8; else bytes that begin none are left out as well.
    pub(in crate::profile) characters: u64,
}

const SHORTEST_IBAN: usize = 15;

/// Looks at a text.
pub(in crate::profile) fn look(text: &[u8]) -> Look {
    // Four at a time, so that no byte waits for the one before.
    let mut lanes = [0; 4];
    let (fours, rest) = text.as_chunks::<4>();
    for four in fours {
        for (lane, &byte) in lanes.iter_mut().zip(four) {
            *lane |= CLASSES[usize::from(byte)];
        }
    }
    let seen =
        rest.iter().fold(lanes[0] | lanes[1] | lanes[2] | lanes[3], |seen, &byte| seen | CLASSES[usize::from(byte)]);
    let (kind, shape) = judge(text, seen & !INSIDE);
    let inside = if seen & INSIDE == 0 { 0 } else { text.iter().filter(|byte| **byte & 0xC0 == 0x80).count() };
    Look { kind, shape, characters: (text.len() - inside) as u64 }
}

/// Looks at a text, given another and how that looks: those of one pattern are mostly alike but for their digits.
pub(in crate::profile) fn look_after(other: &[u8], found: Look, text: &[u8]) -> Look {
    if found.is_of_any_digits(text.len()) && differ_in_digits(other, text) { found } else { look(text) }
}

impl Look {
    /// Whether a text of this length would look the same with any other digits in the same places: no date, no check digits.
    fn is_of_any_digits(self, length: usize) -> bool {
        match self.shape {
            Shape::Digits | Shape::Number | Shape::Email | Shape::Url => true,
            Shape::Code => length < SHORTEST_IBAN,
            _ => false,
        }
    }
}

/// Whether two texts are of one length, of eight bytes at least, and have the same bytes but for digits in the same places.
fn differ_in_digits(a: &[u8], b: &[u8]) -> bool {
    let (Some(last_a), Some(last_b), true) = (a.last_chunk::<8>(), b.last_chunk::<8>(), a.len() == b.len()) else {
        return false;
    };
    let (eights_a, eights_b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    let pairs = eights_a.iter().zip(eights_b).chain([(last_a, last_b)]);
    pairs.fold(true, |all, (a, b)| all & are_like(u64::from_le_bytes(*a), u64::from_le_bytes(*b)))
}

/// Whether each of eight bytes is the same in both, or a digit in both.
fn are_like(a: u64, b: u64) -> bool {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    // The highest bit of each byte that is no digit: what is 10 or more beyond `0`, or below it.
    let no_digit = |eight: u64| {
        let beyond = eight ^ u64::from_le_bytes([b'0'; 8]);
        ((beyond & LOW) + u64::from_le_bytes([0x76; 8])) | beyond
    };
    let other = a ^ b;
    let differs = ((other & LOW) + LOW) | other;
    differs & (no_digit(a) | no_digit(b)) & !LOW == 0
}

fn judge(text: &[u8], seen: u16) -> (TextType, Shape) {
    let only = |allowed: u16| seen & !allowed == 0;
    let has = |wanted: u16| seen & wanted == wanted;
    if only(SPACE) {
        return (TextType::Text, Shape::Blank);
    }
    if seen == DIGIT {
        return (TextType::Integral, Shape::Digits);
    }
    if seen == LETTER {
        let is_flag = text.eq_ignore_ascii_case(b"true") || text.eq_ignore_ascii_case(b"false");
        return if is_flag { (TextType::Boolean, Shape::Boolean) } else { (TextType::Text, Shape::Letters) };
    }
    if has(DIGIT)
        && only(DIGIT | SIGN | POINT | LETTER | SPACE | COLON | SLASH | BRACKET)
        && let Some(found) = with_digits(text, seen)
    {
        return found;
    }
    let shape = if has(AT) && !has(SPACE) && is_email(text, seen) {
        Shape::Email
    } else if has(COLON | SLASH | LETTER) && !has(SPACE) && is_url(text) {
        Shape::Url
    } else if seen == LETTER | DIGIT {
        Shape::Code
    } else if has(LETTER) && only(LETTER | SPACE | SIGN | POINT | MARK) && !text.contains(&b'+') {
        Shape::Words
    } else {
        Shape::Other
    };
    (TextType::Text, shape)
}

/// Numbers, dates, times, and what else consists of digits.
fn with_digits(text: &[u8], seen: u16) -> Option<(TextType, Shape)> {
    let has = |wanted: u16| seen & wanted == wanted;
    let only = |allowed: u16| seen & !allowed == 0;
    // Exponents have one letter only, dates and times end in a digit or `Z`.
    if only(DIGIT | SIGN | POINT | LETTER)
        && let Some(kind) = number(text)
    {
        let is_phone = text[0] == b'+' && is_phone(text);
        return Some((kind, if is_phone { Shape::Phone } else { Shape::Number }));
    }
    if text.len() >= 8 && only(DIGIT | SIGN | POINT | SLASH) && is_date(text) {
        return Some((TextType::Datetime, Shape::Date));
    }
    if has(COLON) {
        if only(DIGIT | COLON | POINT) && time_of_day(text).is_some_and(|end| end == text.len()) {
            return Some((TextType::Text, Shape::Time));
        }
        if let Some(shape) = date_and_time(text) {
            return Some((TextType::Datetime, shape));
        }
    }
    let shape = if only(DIGIT | LETTER | SIGN) && is_uuid(text) {
        Shape::Uuid
    } else if has(DIGIT | LETTER) && only(DIGIT | LETTER | SPACE) && is_iban(text) {
        Shape::Iban
    } else if seen == DIGIT | POINT && is_ipv4(text) {
        Shape::Ipv4
    } else if !has(LETTER) && text[0] == b'+' && is_phone(text) {
        Shape::Phone
    } else {
        return None;
    };
    Some((TextType::Text, shape))
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// `[+-] digits [. digits] [e [+-] digits]`, with a digit before the exponent.
fn number(text: &[u8]) -> Option<TextType> {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if unsigned.first().is_some_and(u8::is_ascii_alphabetic) {
        return None; // as nearly all codes of letters and digits
    }
    let split = unsigned.iter().position(|byte| byte.eq_ignore_ascii_case(&b'e'));
    let (mantissa, exponent) = split.map_or((unsigned, None), |at| (&unsigned[..at], Some(&unsigned[at + 1..])));
    let mut points = 0;
    let mut digits = 0;
    for byte in mantissa {
        match byte {
            b'.' => points += 1,
            b'0'..=b'9' => digits += 1,
            _ => return None,
        }
    }
    let is_exponent = exponent.is_none_or(|exponent| {
        is_digits(exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent))
    });
    if points > 1 || digits == 0 || !is_exponent {
        return None;
    }
    Some(if points == 0 && exponent.is_none() { TextType::Integral } else { TextType::Fractional })
}

fn value_of(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
}

fn is_day(year: &[u8], month: &[u8], day: &[u8]) -> bool {
    if !(is_digits(year) && is_digits(month) && is_digits(day)) {
        return false;
    }
    let (year, month, day) = (value_of(year), value_of(month), value_of(day));
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap),
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn is_date(text: &[u8]) -> bool {
    if text.len() != 10 {
        return false;
    }
    let is = |year: usize, month: usize, day: usize| {
        is_day(&text[year..year + 4], &text[month..month + 2], &text[day..day + 2])
    };
    match [text[2], text[4], text[5], text[7]] {
        [_, b'-', _, b'-'] | [_, b'/', _, b'/'] => is(0, 5, 8),
        [b'.', _, b'.', _] => is(6, 3, 0),
        [b'/', _, b'/', _] => is(6, 3, 0) || is(6, 0, 3),
        _ => false,
    }
}

/// Returns where a time of day that begins here ends.
fn time_of_day(text: &[u8]) -> Option<usize> {
    let part = |at: usize, below: u32| {
        let digits = text.get(at..at + 2).filter(|digits| is_digits(digits))?;
        (value_of(digits) < below).then_some(at + 2)
    };
    let colon = |at: usize| (text.get(at) == Some(&b':')).then_some(at + 1);
    let end = part(colon(part(0, 24)?)?, 60)?;
    // 60 is a leap second.
    let Some(end) = colon(end).and_then(|at| part(at, 61)) else { return Some(end) };
    let fraction = text[end..].iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    Some(if text.get(end) == Some(&b'.') && (1..=9).contains(&fraction) { end + 1 + fraction } else { end })
}

fn date_and_time(text: &[u8]) -> Option<Shape> {
    let (date, rest) = text.split_at_checked(10)?;
    if date[4] != b'-' || !is_date(date) {
        return None;
    }
    let rest = rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b" "))?;
    let offset = &rest[time_of_day(rest)?..];
    let offset = offset.strip_prefix(b" ").unwrap_or(offset);
    match offset {
        [] => Some(Shape::DateTime),
        b"Z" | b"UTC" => Some(Shape::ZonedDateTime),
        [b'+' | b'-', hours @ ..] => {
            let is_offset = match *hours {
                [a, b] => is_digits(&[a, b]),
                [a, b, c, d] | [a, b, b':', c, d] => is_digits(&[a, b, c, d]),
                _ => false,
            };
            is_offset.then_some(Shape::ZonedDateTime)
        }
        _ => None,
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Moved to the end and with letters from 10 on, an IBAN is 1 modulo 97 (ISO 13616).
fn is_iban(text: &[u8]) -> bool {
    // Codes of letters and digits are the commonest texts there are: nearly all end here.
    let [a, b, c, d, rest @ ..] = text else { return false };
    let begins = a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_digit() && d.is_ascii_digit();
    if !begins || !(SHORTEST_IBAN..=42).contains(&text.len()) {
        return false;
    }
    let is_grouped = rest.first() == Some(&b' ');
    let is_placed = |(at, byte): (usize, &u8)| (*byte == b' ') == (is_grouped && at % 5 == 4);
    if !text.iter().enumerate().all(is_placed) {
        return false;
    }
    let (mut remainder, mut letters) = (0u32, 0);
    for byte in rest.iter().chain([a, b, c, d]).filter(|byte| **byte != b' ') {
        letters += 1;
        remainder = match byte {
            b'0'..=b'9' => remainder * 10 + u32::from(byte - b'0'),
            b'A'..=b'Z' | b'a'..=b'z' => remainder * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10,
            _ => return false,
        } % 97;
    }
    remainder == 1 && (15..=34).contains(&letters)
}

fn is_ipv4(text: &[u8]) -> bool {
    let mut parts = 0;
    for part in text.split(|byte| *byte == b'.') {
        parts += 1;
        if part.len() > 3 || !is_digits(part) || value_of(part) > 255 {
            return false;
        }
    }
    parts == 4
}

fn is_phone(text: &[u8]) -> bool {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_mark = |byte: &u8| matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')');
    (8..=15).contains(&digits)
        && text.len() <= 24
        && text[1..].iter().all(|byte| byte.is_ascii_digit() || is_mark(byte))
}

/// `name@label.label`, of labels that are not empty; the last has two characters at least, and no digits.
fn is_email(text: &[u8], seen: u16) -> bool {
    let (mut end, mut last) = (text.len(), None);
    // From the back, since names are longer.
    for (at, &byte) in text.iter().enumerate().rev() {
        if byte != b'.' && byte != b'@' {
            continue;
        }
        let label = &text[at + 1..end];
        if label.is_empty() {
            return false;
        }
        if byte == b'@' {
            let Some(last) = last else { return false };
            return at > 0 && !has_byte(&text[..at], b'@') && is_last_label(last) && are_of_email(text, at, seen);
        }
        last = last.or(Some(label));
        end = at;
    }
    false
}

fn is_last_label(label: &[u8]) -> bool {
    label.len() > 1 && !label.iter().any(u8::is_ascii_digit)
}

/// Whether the characters before and after this place are those of names and of domains.
fn are_of_email(text: &[u8], at: usize, seen: u16) -> bool {
    let is_of_domain = DIGIT | LETTER | POINT;
    // What the whole text does not have, its parts have not either: then there is no need to look.
    if seen & !(is_of_domain | AT) == 0 {
        return true;
    }
    let is_of_name = is_of_domain | SIGN | SLASH | SYMBOL;
    let is_in = |byte: u8, classes: u16, other: u8| CLASSES[usize::from(byte)] & classes != 0 || byte == other;
    text[..at].iter().all(|&byte| is_in(byte, is_of_name, b'\''))
        && text[at + 1..].iter().all(|&byte| is_in(byte, is_of_domain, b'-'))
}

/// Whether the byte is among these, eight at a time.
fn has_byte(bytes: &[u8], byte: u8) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let (eights, rest) = bytes.as_chunks::<8>();
    // 0 where it is the byte; and only from a 0 the 1 that is taken off borrows.
    let is_in = |eight: &[u8; 8]| {
        let other = u64::from_le_bytes(*eight) ^ u64::from_le_bytes([byte; 8]);
        other.wrapping_sub(ONES) & !other & (ONES << 7) != 0
    };
    eights.iter().any(is_in) || rest.contains(&byte)
}

fn is_url(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|byte| *byte == b':') else { return false };
    let (scheme, rest) = text.split_at(colon);
    scheme.len() >= 2
        && scheme[0].is_ascii_alphabetic()
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        && rest.starts_with(b"://")
        && rest.len() > 3
}
