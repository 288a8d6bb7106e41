//! What a table holds, column by column, in one pass and bounded memory: counts, types, distinct and frequent values, quantiles,
//! moments, ends, lengths, shapes.
//!
//! Invariants: any order, and any split, of the same partitions gives equal bytes; a number that the data does not have is a
//! [`crate::Reason`]. It deliberately does not read files or know of threads: blocks come in, partitions are numbered by the caller.
mod block;
mod column;
mod dense;
mod filter;
mod gathered;
mod kinds;
mod numbers;
mod partitions;
mod settings;
mod shape;
mod summary;
mod table;
mod texts;
mod time;
mod value;
mod wide;
mod wire;

use crate::Kll;
pub use block::{Block, count_codes};
pub use column::{ColumnBuilder, ColumnProfile};
pub use gathered::{Counts, Lengths};
use partitions::{MOST_PARTITIONS, Partitions};
pub use settings::Settings;
pub use shape::Shape;
use std::collections::BTreeMap;
pub use summary::{Inferred, Summary};
pub use time::TimeKind;
pub use value::Value;

/// Up to so many different values are counted exactly, as [`crate::Distinct`] does.
pub const TOP: usize = crate::Distinct::BOUND;
/// Numbers are looked at in chunks of so many, which stay in the first cache.
const CHUNK: usize = 4_096;

/// Why parts do not make a profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Both sides have what this partition holds: it would count twice.
    #[error("partition {0} is in both profiles")]
    Overlap(u64),
    /// An index that is not below `2^48`.
    #[error("partition {0} is beyond the last that is counted")]
    Partition(u64),
    /// Two columns have one name.
    #[error("column `{0}` is there twice")]
    Twice(String),
    /// A column of another partition, or of another number of rows.
    #[error("column `{0}` is not one of these rows")]
    Rows(String),
    /// More than 2⁵³ rows.
    #[error("there are more rows than are counted")]
    TooMany,
}

/// What is known of a table: of one partition (a file, a row group), or of many merged. Mergeable.
///
/// - **Numerics**: equal partitions, indices and settings give equal bytes, whatever the order and the split in which they were
///   merged.
/// - **Memory**: that of its columns, see [`ColumnProfile`]: two neighbours become one as soon as both are there, so what is kept
///   grows with the gaps between partitions, not with their number. Threads therefore take the next partition each, and give
///   it to *one* profile when it is done, in any order; processes take *ranges* of partitions. (Of every second partition,
///   nothing ever becomes one.)
/// - **Halves**: who profiles parts of a table apart, for one profile in the end, numbers the partitions of the whole, and gives
///   each column the [`Settings`] of the whole.
/// ```
/// # use kernels::profile::{Block, ColumnBuilder, Profile, Settings};
/// let part = |partition: u64, ages: &[i64]| {
///     let mut age = ColumnBuilder::new(Settings::default(), "age", partition).unwrap();
///     age.add(Block::Integer(ages)).unwrap();
///     Profile::of(partition, ages.len() as u64, vec![("age".to_owned(), age.finish())]).unwrap()
/// };
/// let (mut ours, mut theirs) = (part(0, &[31, 45]), part(1, &[27]));
/// theirs.merge(part(0, &[31, 45])).unwrap();
/// ours.merge(part(1, &[27])).unwrap();
/// assert_eq!((ours.rows(), ours.to_bytes()), (3, theirs.to_bytes()));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The rows of each part.
    partitions: Partitions<u64>,
    columns: BTreeMap<String, Column>,
}

/// A column and where it first appeared: partition and place there.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    place: (u64, u64),
    profile: ColumnProfile,
}

impl Default for Profile {
    fn default() -> Self {
        Self { partitions: Partitions::none(), columns: BTreeMap::new() }
    }
}

impl Profile {
    /// Returns the profile of one partition: of so many rows, with these columns in this order.
    ///
    /// - **Errors**: [`ProfileError`] for a partition or rows beyond what is counted, a name that is there twice, and a column of
    ///   another partition or number of rows.
    pub fn of(partition: u64, rows: u64, columns: Vec<(String, ColumnProfile)>) -> Result<Self, ProfileError> {
        if partition >= MOST_PARTITIONS {
            return Err(ProfileError::Partition(partition));
        }
        if rows > Kll::MOST {
            return Err(ProfileError::TooMany);
        }
        let partitions = Partitions::of(partition, rows);
        let mut named = BTreeMap::new();
        for (place, (name, profile)) in columns.into_iter().enumerate() {
            if profile.counts().rows != rows || !profile.pieces.are_those_of(&partitions) {
                return Err(ProfileError::Rows(name));
            }
            let column = Column { place: (partition, place as u64), profile };
            if named.insert(name.clone(), column).is_some() {
                return Err(ProfileError::Twice(name));
            }
        }
        Ok(Self { partitions, columns: named })
    }

    /// Takes what is known of other partitions of the same table. Rows of partitions without a column count as
    /// [`Counts::absent`] there.
    ///
    /// - **Errors**: [`ProfileError::Overlap`] if both have one of a partition, [`ProfileError::TooMany`] for more rows than are
    ///   counted; nothing is changed then. Two tables whose partitions were numbered apart are for [`Profile::append`].
    pub fn merge(&mut self, other: Self) -> Result<(), ProfileError> {
        self.partitions.check_apart(&other.partitions)?;
        if self.rows().saturating_add(other.rows()) > Kll::MOST {
            return Err(ProfileError::TooMany);
        }
        for (_, mine) in self.columns.iter_mut().filter(|(name, _)| !other.columns.contains_key(*name)) {
            mine.profile.merge(ColumnProfile::absent(&other.partitions))?;
        }
        for (name, theirs) in other.columns {
            let absent = || Column { place: theirs.place, profile: ColumnProfile::absent(&self.partitions) };
            let mine = self.columns.entry(name).or_insert_with(absent);
            mine.place = mine.place.min(theirs.place);
            mine.profile.merge(theirs.profile)?;
        }
        self.partitions.merge(other.partitions)
    }

    /// Takes another table's rows as if they came after these: its partitions are numbered on from the last one here.
    ///
    /// - **Errors**: [`ProfileError::Partition`] if there are too many partitions to number on; as [`Profile::merge`].
    /// - **Numerics**: unlike [`Profile::merge`], it matters what is appended to what.
    pub fn append(&mut self, other: Self) -> Result<(), ProfileError> {
        // A multiple of the largest part, so that parts stay what they are.
        let by = self.partitions.end().next_multiple_of(1 << other.partitions.top_level());
        if by + other.partitions.end() > MOST_PARTITIONS {
            return Err(ProfileError::Partition(by + other.partitions.end()));
        }
        let mut moved = other;
        moved.partitions.shift(by);
        for column in moved.columns.values_mut() {
            column.place.0 += by;
            column.profile.pieces.shift(by);
        }
        self.merge(moved)
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        self.partitions.iter().map(|(_, _, rows)| rows).sum()
    }

    /// Returns whether what this partition holds is in.
    pub fn has_partition(&self, partition: u64) -> bool {
        self.partitions.iter().any(|(start, level, _)| (start..start + (1 << level)).contains(&partition))
    }

    /// Returns the column of this name.
    pub fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.columns.get(name).map(|column| &column.profile)
    }

    /// Returns names and columns in the order in which they stand in the table.
    pub fn columns(&self) -> Vec<(&str, &ColumnProfile)> {
        self.in_order().into_iter().map(|(name, column)| (name, &column.profile)).collect()
    }

    fn in_order(&self) -> Vec<(&str, &Column)> {
        let mut columns: Vec<(&str, &Column)> =
            self.columns.iter().map(|(name, column)| (name.as_str(), column)).collect();
        columns.sort_by_key(|(_, column)| column.place);
        columns
    }
}

#[cfg(test)]
mod tests;
