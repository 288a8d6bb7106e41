//! How a column is compared, by the types of its values on both sides.
use super::{Compared, Kind};
use kernels::drift::{Column, Counts, Rows, Settings, TestId, of_categories, of_nulls};
use kernels::profile::{TimeKind, Value};
use kernels::{KernelError, Reason};

/// How many values are numbers, flags, times, texts, or not looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sorts {
    pub counts: [u64; 5],
    /// The kind of the times, if they are of one.
    pub times: Option<TimeKind>,
}

impl Sorts {
    /// Counts so many rows of one value.
    pub fn add(&mut self, value: &Value, rows: u64) {
        let place = match value {
            Value::Integer(_) | Value::Real(_) | Value::Decimal { .. } => 0,
            Value::Flag(_) => 1,
            Value::Time { kind, .. } => {
                let is_first = self.counts[2] == 0;
                self.times = if is_first { Some(*kind) } else { self.times.filter(|own| own == kind) };
                2
            }
            Value::Text(_) | Value::Long { .. } => 3,
        };
        self.counts[place] += rows;
    }

    /// Returns the type that a column of such values has.
    pub fn kind(&self) -> Kind {
        match self.counts.map(|count| count > 0) {
            [_, _, _, _, true] => Kind::Other,
            [false, false, false, false, _] => Kind::Nothing,
            [true, false, false, false, _] => Kind::Numbers,
            [false, true, false, false, _] => Kind::Flags,
            [false, false, true, false, _] => Kind::Times(self.times),
            [false, false, false, true, _] => Kind::Texts,
            _ => Kind::Mixed,
        }
    }

    /// Returns how many values there are.
    pub fn values(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Returns how two sides are compared, and what must be known of it.
pub(super) fn compared(reference: Kind, current: Kind) -> (Compared, Option<String>) {
    use Kind::{Absent, Flags, Mixed, Nothing, Numbers, Other, Texts, Times};
    let plain = |compared| (compared, None);
    match (reference, current) {
        (Absent, _) => (Compared::Missing, Some("the reference does not have this column".to_owned())),
        (_, Absent) => (Compared::Missing, Some("the current side does not have this column".to_owned())),
        (Nothing | Other, Nothing | Other) => plain(Compared::Missing),
        (Numbers, Numbers | Nothing) | (Nothing, Numbers) => plain(Compared::Numbers),
        (Flags, Numbers) | (Numbers, Flags) => {
            (Compared::Numbers, Some("flags on one side are compared as the numbers 0 and 1".to_owned()))
        }
        (Times(reference), Times(current)) => (Compared::Times, times(reference, current)),
        (Times(one), Nothing) | (Nothing, Times(one)) => (Compared::Times, times(one, one)),
        (Flags, Flags | Mixed | Nothing)
        | (Texts, Texts | Mixed | Nothing)
        | (Mixed, Flags | Texts | Mixed | Nothing)
        | (Nothing, Flags | Texts | Mixed) => plain(Compared::Categories),
        _ => (
            Compared::Types,
            Some(format!("{} in the reference, {} in what is current", reference.as_str(), current.as_str())),
        ),
    }
}

/// Returns the note of a column with the words that its numbers were rounded, where they were and count.
pub(super) fn with_rounding(note: Option<String>, how: Compared, is_rounded: bool) -> Option<String> {
    const ROUNDED: &str = "values of more digits than 64-bit floats hold are compared as the nearest of those";
    match (note, how) {
        (note, Compared::Numbers | Compared::Times) if is_rounded => {
            Some(note.map_or_else(|| ROUNDED.to_owned(), |note| format!("{note}; {ROUNDED}")))
        }
        (note, _) => note,
    }
}

fn times(reference: Option<TimeKind>, current: Option<TimeKind>) -> Option<String> {
    match (reference, current) {
        (Some(one), Some(other)) if one == other => None,
        (Some(one), Some(other)) => Some(format!(
            "{} beside {}: compared by what their clocks say, as if all were in UTC",
            words(one),
            words(other)
        )),
        _ => Some("times of several kinds: compared by what their clocks say, as if all were in UTC".to_owned()),
    }
}

fn words(kind: TimeKind) -> &'static str {
    match kind {
        TimeKind::Date => "dates",
        TimeKind::Local => "times without a zone",
        TimeKind::Instant => "instants",
    }
}

/// Returns the drift of the types of values.
pub(super) fn of_types(
    sides: [(&Sorts, u64); 2],
    tests: &[TestId],
    settings: &Settings,
) -> Result<Column, KernelError> {
    let [(reference, left), (current, right)] = sides;
    of_categories(
        Counts { counts: &reference.counts, nulls: left },
        Counts { counts: &current.counts, nulls: right },
        tests,
        settings,
    )
}

/// Returns the drift of the rows without a value; the default test that there is none of is that of the side with values.
pub(super) fn of_missing(
    [reference, current]: [(Kind, Rows); 2],
    tests: &[TestId],
    settings: &Settings,
) -> Result<Column, KernelError> {
    let reason = match (reference.0, current.0) {
        (Kind::Absent, _) => "the reference does not have this column",
        (_, Kind::Absent) => "the current side does not have this column",
        _ => "lists, structures, bytes and times beyond 64 bits are not looked into",
    };
    let is_ordered = |kind| matches!(kind, Kind::Numbers | Kind::Times(_));
    let default = if is_ordered(reference.0) || is_ordered(current.0) { TestId::Ks } else { TestId::ChiSquare };
    let why = Reason::Undefined(reason.to_owned());
    of_nulls(reference.1, current.1, default, &why, tests, settings)
}
