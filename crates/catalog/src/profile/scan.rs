use super::sketch::ColumnSketch;
use crate::sensitivity::Hits;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use kernels::profile::Settings;
use stats::profile::PartitionProfiler;

/// Reads a file's batches into a sketch per column. What fails is said in words.
pub(crate) struct FileScan {
    profiler: PartitionProfiler,
    hits: Vec<Hits>,
    rows: u64,
}

impl FileScan {
    /// Starts on columns of a file of about so many rows. Its path is where chance comes from, so that a crawl repeated finds the
    /// same, and the errors of two files have nothing to do with each other.
    pub(crate) fn start(path: &str, columns: &Schema, rows: u64) -> Result<Self, String> {
        let settings = Settings { seed: kernels::hash_bytes(0, path.as_bytes()), values: rows, ..Settings::default() };
        let profiler = PartitionProfiler::new(columns, 0, settings).map_err(in_words)?;
        Ok(Self { profiler, hits: vec![Hits::default(); columns.fields().len()], rows: 0 })
    }

    /// Takes the next batch.
    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.profiler.take(batch).map_err(in_words)?;
        for (array, hits) in batch.columns().iter().zip(&mut self.hits) {
            hits.look_into(array).map_err(in_words)?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Returns the number of rows and a sketch per column.
    pub(crate) fn finish(self) -> Result<(u64, Vec<ColumnSketch>), String> {
        let columns = self.profiler.finish().map_err(in_words)?.into_iter().zip(self.hits);
        let sketches = columns.map(|((_, column), hits)| ColumnSketch::of(self.rows, column, hits).map_err(in_words));
        Ok((self.rows, sketches.collect::<Result<_, _>>()?))
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
