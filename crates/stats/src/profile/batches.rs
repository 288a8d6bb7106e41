//! What is known of rows that somebody else reads.
use super::feed::Feed;
use crate::StatsError;
use crate::data::values_of;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use kernels::profile::{ColumnBuilder, ColumnProfile, Settings};

/// Takes the rows of one partition, batch by batch, and returns what is known of its columns: for whoever reads files by other means
/// than [`crate::Data`].
///
/// - **Numerics**: where batches begin and end makes no difference, but for dictionaries of more than
///   [`kernels::profile::TOP`] values that change from batch to batch.
/// - **Memory**: as [`ColumnBuilder`], 512 KiB for each column, however many rows. A column of dictionaries of texts holds the last of
///   them too, and a count for each of its texts (8 bytes), until another one comes: as much as the batches make it.
/// ```
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// # use kernels::profile::Settings;
/// # use std::sync::Arc;
/// let ages: ArrayRef = Arc::new(Int64Array::from(vec![Some(31), None, Some(45)]));
/// let batch = RecordBatch::try_from_iter([("age", ages)]).unwrap();
/// let mut profiler = stats::profile::PartitionProfiler::new(&batch.schema(), 0, Settings::default()).unwrap();
/// profiler.take(&batch).unwrap();
/// let columns = profiler.finish().unwrap();
/// assert_eq!((columns[0].0.as_str(), columns[0].1.counts().nulls), ("age", 1));
/// ```
pub struct PartitionProfiler {
    columns: Vec<(String, Feed)>,
}

impl PartitionProfiler {
    /// Begins with the columns of `schema`. All have the same settings: `values` is then the number of rows, or 0 if nobody knows.
    ///
    /// - **Errors**: [`StatsError::Argument`] for settings that make no sketch.
    pub fn new(schema: &Schema, partition: u64, settings: Settings) -> Result<Self, StatsError> {
        let mut columns = Vec::with_capacity(schema.fields().len());
        for field in schema.fields() {
            let builder = ColumnBuilder::new(settings, field.name(), partition)?;
            columns.push((field.name().clone(), Feed::new(builder, false)));
        }
        Ok(Self { columns })
    }

    /// Takes the next rows.
    ///
    /// - **Errors**: [`StatsError::Argument`] for another number of columns, and for values that their type cannot hold; the
    ///   partition is then to be given up.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), StatsError> {
        if batch.num_columns() != self.columns.len() {
            return Err(StatsError::Argument {
                name: "batch".to_owned(),
                found: format!("of {} columns", batch.num_columns()),
                expected: format!("the {} of the schema", self.columns.len()),
            });
        }
        for (array, (_, feed)) in batch.columns().iter().zip(&mut self.columns) {
            feed.take(values_of(array)?)?;
        }
        Ok(())
    }

    /// Returns the columns by name, in the order of the schema.
    pub fn finish(self) -> Result<Vec<(String, ColumnProfile)>, StatsError> {
        self.columns.into_iter().map(|(name, feed)| Ok((name, feed.finish()?))).collect()
    }
}
