//! What a text looks like: the shapes there are, and how each is known.
mod look;

pub(super) use look::{Look, look, look_after};

/// What type the values of a text column have, one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextType {
    Integral,
    Fractional,
    Boolean,
    Datetime,
    Text,
}

/// What a text looks like. Each text has one shape: the first that fits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// Nothing, or only white space.
    Blank,
    /// Digits only.
    Digits,
    /// A number with a sign, a point or an exponent.
    Number,
    /// `true` or `false` in any case.
    Boolean,
    /// A date that exists: `2026-01-31`, `2026/01/31`, `31.01.2026`, `31/01/2026` or `01/31/2026`.
    Date,
    /// A date and a time of ISO 8601 without an offset.
    DateTime,
    /// A date and a time of ISO 8601 with an offset or `Z`.
    ZonedDateTime,
    /// A time of day: `23:59`, `23:59:59`, `23:59:59.999`.
    Time,
    /// Letters only; every character outside ASCII counts as one.
    Letters,
    /// Letters and white space, and the marks within and between words (`-`, `'`, `.`, `,`).
    Words,
    /// Letters and digits, and nothing else.
    Code,
    /// `name@domain.tld`.
    Email,
    /// `scheme://…` without white space.
    Url,
    /// 32 hexadecimal digits with hyphens after 8, 12, 16 and 20.
    Uuid,
    /// An IBAN, in one piece or in groups of four, with the right check digits.
    Iban,
    /// Four numbers up to 255 with points between.
    Ipv4,
    /// `+` and 8 to 15 digits, with spaces, hyphens, points, slashes or brackets.
    Phone,
    /// Anything else.
    Other,
}

impl Shape {
    /// Every shape, in order.
    pub const ALL: [Self; 18] = [
        Self::Blank,
        Self::Digits,
        Self::Number,
        Self::Boolean,
        Self::Date,
        Self::DateTime,
        Self::ZonedDateTime,
        Self::Time,
        Self::Letters,
        Self::Words,
        Self::Code,
        Self::Email,
        Self::Url,
        Self::Uuid,
        Self::Iban,
        Self::Ipv4,
        Self::Phone,
        Self::Other,
    ];

    /// Returns the shape's name, as reports and dictionaries have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Digits => "digits",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::ZonedDateTime => "zoned_datetime",
            Self::Time => "time",
            Self::Letters => "letters",
            Self::Words => "words",
            Self::Code => "code",
            Self::Email => "email",
            Self::Url => "url",
            Self::Uuid => "uuid",
            Self::Iban => "iban",
            Self::Ipv4 => "ipv4",
            Self::Phone => "phone",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests;
