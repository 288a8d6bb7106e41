//! The profile of a table: see `kernels::profile`.
#![expect(clippy::cast_possible_truncation, reason = "microseconds that came as 64 bits")]
mod batches;
mod feed;
mod json;
mod report;
#[cfg(test)]
mod tests;

use crate::data::{Reading, scan, values_of};
use crate::{Data, Run, StatsError};
use arrow::array::ArrayRef;
pub use batches::PartitionProfiler;
use feed::Feed;
use kernels::WireError;
use kernels::profile::{ColumnBuilder, ColumnProfile, ProfileError, Settings};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// What is known of a table; merges with the profile of other partitions of it.
#[derive(Clone, Debug)]
pub struct Profile {
    kernel: kernels::profile::Profile,
    /// How reports call the table, if that is known: it is no part of the bytes.
    name: Option<String>,
}

/// Equal profiles have equal bytes, whatever their tables are called.
impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.kernel == other.kernel
    }
}

impl Profile {
    /// Returns the sketches.
    pub fn kernel(&self) -> &kernels::profile::Profile {
        &self.kernel
    }

    /// Returns how reports call the table; a profile that came as bytes does not know.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the same profile under this name.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Takes what is known of other partitions of the same table.
    ///
    /// - **Errors**: [`StatsError::Argument`] if both have what one partition holds; nothing is changed then.
    pub fn merge(&mut self, other: Self) -> Result<(), StatsError> {
        self.kernel.merge(other.kernel).map_err(|error| wrong("other", &error))?;
        if self.name != other.name {
            self.name = None;
        }
        Ok(())
    }

    /// Returns the profile as bytes; equal profiles have equal ones.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.kernel.to_bytes()
    }

    /// Reads [`Profile::to_bytes`].
    ///
    /// - **Errors**: [`StatsError::Argument`] for any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatsError> {
        let wrong = |error: WireError| StatsError::Argument {
            name: "data".to_owned(),
            found: format!("no profile ({error})"),
            expected: "what `to_bytes` returned".to_owned(),
        };
        let kernel = kernels::profile::Profile::from_bytes(bytes).map_err(wrong)?;
        Ok(Self { kernel, name: None })
    }
}

fn wrong(name: &str, error: &ProfileError) -> StatsError {
    StatsError::Argument {
        name: name.to_owned(),
        found: format!("not what fits: {error}"),
        expected: "other partitions of the same table".to_owned(),
    }
}

/// Profiles these partitions of a table, or all of them.
///
/// - **Numerics**: equal bytes whatever the number of threads, and whether the partitions are profiled at once or apart and merged.
/// - **Memory**: for each thread a column of one row group as it is decoded (a page, and a dictionary), or 8,192 rows of another
///   file; 512 KiB for a column that is being read, of other files than Parquet up to 512 at once; what a partition's columns are
///   known of until all are; the profile. Of IPC, a batch of the file and its dictionaries.
/// - **Errors**: [`StatsError::Argument`] for partitions that the data does not have; files that cannot be read.
pub fn profile(data: &Data, seed: u64, partitions: Option<Range<u64>>, run: &Run<'_>) -> Result<Profile, StatsError> {
    let partitions = partitions.unwrap_or(0..data.partitions());
    if partitions.start > partitions.end || partitions.end > data.partitions() {
        return Err(StatsError::Argument {
            name: "partitions".to_owned(),
            found: format!("{} to {}", partitions.start, partitions.end),
            expected: format!("a part of 0 to {}", data.partitions()),
        });
    }
    let columns: Vec<usize> = (0..data.schema().fields().len()).collect();
    let settings = |column: &usize| Settings { seed, values: data.values(*column).unwrap_or(0), ..Settings::default() };
    let profiling = Profiling {
        data,
        settings: columns.iter().map(settings).collect(),
        begun: Mutex::default(),
        all: Mutex::default(),
    };
    scan(data, &columns, partitions, run, &profiling)?;
    let kernel = profiling.all.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Profile { kernel, name: Some(data.name().to_owned()) })
}

/// The columns of a partition that are known so far, each at its place.
struct Begun {
    left: usize,
    columns: Vec<Option<ColumnProfile>>,
}

struct Profiling<'a> {
    data: &'a Data,
    settings: Vec<Settings>,
    /// By partition.
    begun: Mutex<HashMap<u64, Begun>>,
    all: Mutex<kernels::profile::Profile>,
}

impl Profiling<'_> {
    fn name(&self, slot: usize) -> &str {
        self.data.schema().fields().get(slot).map_or("", |field| field.name())
    }

    /// Puts a column at its place; returns those of the partition once all are there.
    fn put(&self, partition: u64, slot: usize, column: Option<ColumnProfile>) -> Option<Vec<Option<ColumnProfile>>> {
        let mut all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let slots = self.settings.len();
        let begun = all
            .entry(partition)
            .or_insert_with(|| Begun { left: slots, columns: std::iter::repeat_with(|| None).take(slots).collect() });
        if let Some(place) = begun.columns.get_mut(slot) {
            *place = column;
        }
        begun.left -= 1;
        if begun.left > 0 {
            return None;
        }
        all.remove(&partition).map(|begun| begun.columns)
    }
}

impl Reading for Profiling<'_> {
    type State = Feed;

    fn begin(&self, partition: u64, slot: usize) -> Result<Feed, StatsError> {
        let settings = self.settings.get(slot).copied().unwrap_or_default();
        Ok(Feed::new(ColumnBuilder::new(settings, self.name(slot), partition)?, self.data.is_in_memory()))
    }

    fn take(&self, feed: &mut Feed, values: &ArrayRef) -> Result<(), StatsError> {
        Ok(feed.take(values_of(values)?)?)
    }

    fn end(&self, partition: u64, slot: usize, feed: Option<Feed>, rows: u64) -> Result<(), StatsError> {
        let column = feed.map(Feed::finish).transpose()?;
        let Some(columns) = self.put(partition, slot, column) else { return Ok(()) };
        let named = columns.into_iter().enumerate();
        let named = named.filter_map(|(slot, column)| Some((self.name(slot).to_owned(), column?))).collect();
        let part = kernels::profile::Profile::of(partition, rows, named).map_err(|error| wrong("data", &error))?;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.merge(part).map_err(|error| wrong("data", &error))
    }
}
