//! Arrow batches in memory.
use super::Partition;
use super::names::distinct_names;
use crate::StatsError;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

/// So many rows are a partition, whatever batches they come in.
const PARTITION: u64 = 1 << 20;
/// So many are given on at once: what is made of them stays in the cache.
pub(super) const STEP: usize = 8_192;

/// Batches of one schema.
#[derive(Debug)]
pub(super) struct Batches {
    batches: Vec<RecordBatch>,
    /// The first row of each batch.
    starts: Vec<u64>,
    rows: u64,
}

impl Batches {
    pub(super) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<(SchemaRef, Self), StatsError> {
        let (mut starts, mut rows) = (Vec::with_capacity(batches.len()), 0);
        for (place, batch) in batches.iter().enumerate() {
            let found = batch.schema();
            let is_other = found.fields().len() != schema.fields().len()
                || found.fields().iter().zip(schema.fields()).any(|(a, b)| a.data_type() != b.data_type());
            if is_other {
                return Err(StatsError::Argument {
                    name: "data".to_owned(),
                    found: format!("a table whose batch {place} has other columns than its schema"),
                    expected: "batches of one schema".to_owned(),
                });
            }
            starts.push(rows);
            rows += batch.num_rows() as u64;
        }
        let names = distinct_names(schema.fields().iter().map(|field| field.name().as_str()));
        let renamed = |(field, name): (&Arc<Field>, String)| field.as_ref().clone().with_name(name);
        let fields: Vec<Field> = schema.fields().iter().zip(names).map(renamed).collect();
        Ok((Arc::new(Schema::new(fields)), Self { batches, starts, rows }))
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn values(&self, column: usize) -> u64 {
        let nulls: u64 = self.batches.iter().map(|batch| batch.column(column).null_count() as u64).sum();
        self.rows - nulls
    }

    pub(super) fn partitions(&self) -> Vec<Partition> {
        let starts = (0..self.rows.div_ceil(PARTITION).max(1)).map(|partition| partition * PARTITION);
        starts.map(|start| Partition::Rows { start, count: PARTITION.min(self.rows - start) }).collect()
    }

    /// Gives these rows of a column on, piece by piece.
    pub(super) fn read(
        &self,
        column: usize,
        start: u64,
        count: u64,
        emit: &mut dyn FnMut(&ArrayRef) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        let end = start + count;
        let first = self.starts.partition_point(|&begin| begin <= start).saturating_sub(1);
        for (batch, &begin) in self.batches.iter().zip(&self.starts).skip(first).take_while(|(_, begin)| **begin < end)
        {
            let from = start.saturating_sub(begin) as usize;
            let to = batch.num_rows().min((end - begin) as usize);
            for from in (from..to).step_by(STEP) {
                emit(&batch.column(column).slice(from, STEP.min(to - from)))?;
            }
        }
        Ok(())
    }
}
