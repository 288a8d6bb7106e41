use super::{Asked, Look, Side};
use kernels::drift::{Column, Domain, Verdict};
use kernels::profile::TimeKind;

/// How two tables differ. [`crate::Report`] says what stands in its dictionary.
#[derive(Clone, Debug)]
pub struct Drift {
    /// Each column, those of the reference first.
    pub columns: Vec<ColumnDrift>,
    /// What columns and classifier say together, at the rate of false alarms that was asked for (Benjamini & Hochberg). Not computable
    /// if nothing is, or if nothing drifted and what was asked for by name is not.
    pub verdict: Verdict,
    /// Whether a model tells the rows of both sides apart.
    pub domain: DomainDrift,
    /// What was compared with.
    pub reference: TableSide,
    /// What was compared.
    pub current: TableSide,
    /// What was asked.
    pub asked: Asked,
}

/// The classifier, and the names of its columns.
#[derive(Clone, Debug)]
pub struct DomainDrift {
    /// Its test, and the columns' shares in the order of `columns`.
    pub found: Domain,
    /// The columns that it was given: those whose values are compared.
    pub columns: Vec<String>,
    /// Its p-value among all comparisons.
    pub adjusted: Option<f64>,
    /// What it says as one of all comparisons.
    pub verdict: Verdict,
}

/// One column of two tables.
#[derive(Clone, Debug)]
pub struct ColumnDrift {
    /// Its name on both sides.
    pub name: String,
    /// How it was compared.
    pub compared: Compared,
    /// What must be known of that, if it is not plain: types that changed, a side that does not have it.
    pub note: Option<String>,
    /// Tests, each by itself, and the column's p-value.
    pub found: Column,
    /// Its p-value among all comparisons; none if it has none.
    pub adjusted: Option<f64>,
    /// What it says as one of all comparisons.
    pub verdict: Verdict,
    /// What the reference has.
    pub reference: ColumnSide,
    /// What the current side has.
    pub current: ColumnSide,
    /// What the values look like on both sides.
    pub look: Look,
}

/// How a column was compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// By the order and the distances of its values.
    Numbers,
    /// As numbers, in microseconds.
    Times,
    /// By how many rows have each value.
    Categories,
    /// By how many values are of each type, because these are not comparable.
    Types,
    /// By how many rows have a value, because only one side has the column, or values are not looked into.
    Missing,
}

impl Compared {
    /// Returns the word of the dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Times => "times",
            Self::Categories => "categories",
            Self::Types => "types",
            Self::Missing => "missing",
        }
    }
}

/// What one side of a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnSide {
    /// The type of its values.
    pub kind: Kind,
    /// Rows.
    pub rows: u64,
    /// Rows without a value: null, NaN, or of a table that does not have the column.
    pub missing: u64,
}

/// The type of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This side does not have the column.
    Absent,
    /// No row has a value.
    Nothing,
    /// Numbers.
    Numbers,
    /// Dates and times of one kind, or of several.
    Times(Option<TimeKind>),
    /// True and false.
    Flags,
    /// Texts.
    Texts,
    /// Values of several types.
    Mixed,
    /// Lists, structures, bytes: not looked into.
    Other,
}

impl Kind {
    /// Returns the word of the dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Nothing => "nothing",
            Self::Numbers => "numbers",
            Self::Times(_) => "times",
            Self::Flags => "flags",
            Self::Texts => "texts",
            Self::Mixed => "mixed",
            Self::Other => "other",
        }
    }
}

/// A side as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSide {
    /// How it is called: the path as it was given, "the data", or "the profile" where it does not know of what.
    pub name: String,
    /// What was given.
    pub kind: SideKind,
    /// Rows.
    pub rows: u64,
}

/// What was given as a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideKind {
    /// A profile.
    Profile,
    /// Rows.
    Data,
}

impl SideKind {
    /// Returns the word of the dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Data => "data",
        }
    }
}

impl TableSide {
    pub(super) fn of(side: &Side<'_>, rows: u64) -> Self {
        match side {
            Side::Profile(profile) => {
                Self { name: profile.name().unwrap_or("the profile").to_owned(), kind: SideKind::Profile, rows }
            }
            Side::Data(data) => Self { name: data.name().to_owned(), kind: SideKind::Data, rows },
        }
    }
}
