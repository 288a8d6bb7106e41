use std::fmt;

/// What a time says of where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeKind {
    /// A day, without a time of day.
    Date,
    /// A day and a time of day, without a zone.
    Local,
    /// An instant: its file says which zone, or UTC.
    Instant,
}

impl TimeKind {
    /// Every kind, in order.
    pub const ALL: [Self; 3] = [Self::Date, Self::Local, Self::Instant];

    /// Returns the kind's name, as reports and dictionaries have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Local => "local_time",
            Self::Instant => "instant",
        }
    }

    /// Writes microseconds since 1970-01-01 as RFC 3339 has them, with as many places of the second as are not zero: a date alone,
    /// no offset for a local time, `Z` for an instant.
    pub(super) fn write(self, f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
        const DAY: i64 = 86_400_000_000;
        let (days, within) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        let (year, month, day) = date_of(days);
        write!(f, "{year:04}-{month:02}-{day:02}")?;
        if self == Self::Date {
            return Ok(());
        }
        let (seconds, micros) = (within / 1_000_000, within % 1_000_000);
        write!(f, "T{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)?;
        match micros {
            0 => {}
            _ if micros % 1_000 == 0 => write!(f, ".{:03}", micros / 1_000)?,
            _ => write!(f, ".{micros:06}")?,
        }
        if self == Self::Instant { write!(f, "Z") } else { Ok(()) }
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
fn date_of(days: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, a leap day is the last of its year, and of its 4, 100 and 400 years.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carried, month, day)
}
