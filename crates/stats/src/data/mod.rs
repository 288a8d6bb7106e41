//! What statistics are computed of: files and folders, or Arrow batches in memory, as numbered partitions.
//!
//! Owns formats and what a value of a file is. Invariants: the same files, or the same rows in memory in whatever batches, have the
//! same columns and partitions; bytes that are not what the name of their file says are a [`StatsError`] of that file.
#![expect(
    clippy::cast_possible_truncation,
    reason = "places and lengths of what is in memory or in a file of 64 bits; days that have four digits of years"
)]
mod csv;
mod file;
mod folder;
mod format;
mod ipc;
mod json;
mod memory;
mod names;
mod pages;
mod parquet;
mod scan;
#[cfg(test)]
mod tests;
mod thrift;
mod values;

use crate::{Run, StatsError};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
pub use csv::Quotes;
use file::TableFile;
use memory::Batches;
use std::path::Path;

pub(crate) use scan::{Reading, scan};
pub(crate) use values::{BEYOND, Values, is_same, narrow, texts_of, values_of, widest};

/// A table, opened but not read: its columns and how it is parted.
///
/// A partition is a row group of Parquet, a file of another format, or 2²⁰ rows in memory, whatever batches they come in; they are
/// numbered in the order of the rows, so that parts which were computed anywhere merge by their numbers.
#[derive(Debug)]
pub struct Data {
    name: String,
    schema: SchemaRef,
    source: Source,
    partitions: Vec<Partition>,
    rows: Option<u64>,
}

#[derive(Debug)]
enum Source {
    Memory(Batches),
    Files(Vec<TableFile>),
}

/// Where a partition's rows are.
#[derive(Clone, Copy, Debug)]
enum Partition {
    /// So many rows in memory from this one on.
    Rows { start: u64, count: u64 },
    /// A row group of a file of Parquet.
    Group { file: usize, group: usize, rows: u64 },
    /// All of another file.
    File { file: usize },
}

impl Data {
    /// Opens a file by the ending of its name (`.parquet`, `.csv`, `.tsv`, `.jsonl`/`.ndjson`/`.json`, `.arrow`/`.feather`/`.ipc`), or
    /// a folder of such files, whose `name=value` folders are columns.
    ///
    /// - **Parquet, Arrow IPC**: only what their footers say is read; of a stream of IPC, its first messages. Pages are read up to
    ///   512 MiB, columns up to 100 levels deep, compressed batches of IPC up to 1 GiB.
    /// - **CSV, JSON Lines**: read once as a whole, on all processors where there are several files, to know the types of the columns:
    ///   a column has the narrowest type that fits every value of every file, which is text if nothing else is. A line of JSON is read
    ///   up to 8 MiB.
    /// - **Folders**: files in the order of their names, all of one format; names that begin with `.` or `_` are skipped. Files need not
    ///   have the same columns: where one is missing, its rows are counted as such.
    /// - **Names**: a column of a name that was there before gets `_2` after it; one without a name is `column_1`, by its place.
    /// - **Errors**: [`StatsError::File`] for what cannot be read, another ending, a folder without files or with two formats, a
    ///   symbolic link that leaves the folder.
    pub fn open(path: &Path) -> Result<Self, StatsError> {
        Self::open_with(path, &Run::quiet())
    }

    /// As [`Data::open`], on the threads of a run, which is told of the rows that are looked at: CSV and JSON Lines are read for the types
    /// of their columns.
    ///
    /// - **Errors**: as [`Data::open`], and [`StatsError::Stopped`].
    pub fn open_with(path: &Path, run: &Run<'_>) -> Result<Self, StatsError> {
        let name = path.display().to_string();
        let files = folder::find_files(path)?;
        let (schema, files) = file::open_all(files, run)?;
        let mut partitions = Vec::new();
        let mut rows = Some(0u64);
        for (place, file) in files.iter().enumerate() {
            match file.groups() {
                Some(groups) => {
                    for (group, count) in groups.into_iter().enumerate() {
                        partitions.push(Partition::Group { file: place, group, rows: count });
                        rows = rows.map(|rows| rows.saturating_add(count));
                    }
                }
                None => {
                    partitions.push(Partition::File { file: place });
                    rows = rows.zip(file.rows()).map(|(rows, more)| rows.saturating_add(more));
                }
            }
        }
        if partitions.is_empty() {
            // Files without a row group have columns all the same.
            partitions.push(Partition::Group { file: 0, group: 0, rows: 0 });
        }
        Ok(Self { name, schema, source: Source::Files(files), partitions, rows })
    }

    /// Takes batches of one schema.
    ///
    /// - **Errors**: [`StatsError::Argument`] for a batch of other columns.
    pub fn of_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Self, StatsError> {
        let (schema, batches) = Batches::new(schema, batches)?;
        let partitions = batches.partitions();
        let rows = Some(batches.rows());
        Ok(Self { name: "the data".to_owned(), schema, source: Source::Memory(batches), partitions, rows })
    }

    /// Returns the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns how errors and reports call this table: the path as it was given, or "the data".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many partitions there are.
    pub fn partitions(&self) -> u64 {
        self.partitions.len() as u64
    }

    /// Returns how many rows there are, if that is known without reading them.
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    /// Returns whether the rows are in memory, where batches may be any that have them.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.source, Source::Memory(_))
    }

    /// Returns the place of the column of this name.
    ///
    /// - **Errors**: [`StatsError::NoColumn`] with the name that is nearest.
    pub(crate) fn column(&self, name: &str) -> Result<usize, StatsError> {
        let found = self.schema.fields().iter().position(|field| field.name() == name);
        found.ok_or_else(|| StatsError::NoColumn {
            argument: None,
            name: name.to_owned(),
            of: self.name.clone(),
            hint: crate::names::hint(name, self.schema.fields().iter().map(|field| field.name().as_str())),
        })
    }

    /// Refuses columns that are not there, each by the argument that names it.
    pub(crate) fn check_columns<'a>(
        &self,
        named: impl IntoIterator<Item = (&'static str, &'a str)>,
    ) -> Result<(), StatsError> {
        for (by, name) in named {
            self.column(name).map_err(|error| match error {
                StatsError::NoColumn { name, of, hint, .. } => {
                    StatsError::NoColumn { argument: Some(by), name, of, hint }
                }
                other => other,
            })?;
        }
        Ok(())
    }

    /// Returns how many values each column has in all partitions, nulls not counted, where that is known without reading them; it may
    /// be too many, never too few.
    pub(crate) fn values(&self, column: usize) -> Option<u64> {
        match &self.source {
            Source::Memory(batches) => Some(batches.values(column)),
            Source::Files(files) => files.iter().map(|file| file.values(column)).sum(),
        }
    }
}
