//! Reads one file: its schema, its rows and a sketch per column, or why it is broken. Blocking.
//!
//! Memory is one batch of rows, which takes up to 32 MiB as decoded; up to 128 MiB of sketches for the 256 columns that are read at once;
//! the bytes of the sketches that are done, up to 96 KiB for a column; and the pages that Parquet's reader holds, the dictionary and one
//! more for each of the 256: up to 64 MiB each of texts and nested values, and of numbers as large as the file makes them. A column that
//! its file declares as a dictionary keeps the last one, with 8 bytes for each of its texts, until the next one comes.
use super::{Broken, FileKind, csv, pages};
use crate::lakes::{LakeDir, Stamp};
use crate::profile::{FileScan, FileSketches, abreast};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use base::Digest;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most columns of a file, and of a table: as many as a contract may name. What is known of a column takes up to 96 KiB, so that of
/// a file up to 188 MiB, which is read and written in one piece.
pub(super) const MOST_COLUMNS: usize = 2_000;
/// Rows per batch.
pub(super) const BATCH: usize = 4_096;
/// Rows up to this size are read in batches of the usual length.
const SMALL_ROW: u64 = 4_096;
/// Where a file's schema says how large its rows are.
const ROW_BYTES: &str = "lockgate.row_bytes";
/// Parquet files up to this size are digested too; CSV is read whole anyway.
const DIGESTED: i64 = 64 << 20;

/// What a readable file holds.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub schema: SchemaRef,
    pub rows: u64,
    pub digest: Option<Digest>,
    /// The delimiter of a CSV file.
    pub delimiter: Option<u8>,
    pub sketches: FileSketches,
}

/// Raised when the crawl is dropped: readers stop at the next batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.0.load(Ordering::Relaxed) { Err("the crawl was stopped".to_owned()) } else { Ok(()) }
    }
}

/// Stops the readers of a crawl when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct StopOnDrop(pub Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Reads the file at `path`.
pub(crate) fn read(dir: &LakeDir, path: &str, stamp: Stamp, kind: FileKind, stop: &Stop) -> Result<Facts, Broken> {
    let broken = |reason: String| Broken { path: path.to_owned(), reason, line: None };
    let file =
        dir.open_file(path, stamp).map_err(|_| broken("it changed or cannot be opened while it is read".into()))?;
    if stamp.size_bytes == 0 {
        return Err(broken("it is empty".into()));
    }
    let facts = match kind {
        FileKind::Parquet => parquet(file, path, stamp, stop).map_err(broken)?,
        FileKind::Csv => csv::read(file, path, stop).map_err(|(reason, line)| Broken { line, ..broken(reason) })?,
    };
    dir.check(path, stamp).map_err(|_| broken("it changed while it was read".into()))?;
    Ok(facts)
}

fn parquet(mut file: File, path: &str, stamp: Stamp, stop: &Stop) -> Result<Facts, String> {
    let digest = if stamp.size_bytes <= DIGESTED { Some(digest_of(&mut file, stop)?) } else { None };
    let corrupt = |error: &dyn std::fmt::Display| format!("it is not readable as Parquet: {}", first_line(error));
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|e| corrupt(&e))?;
    let schema = normalised(metadata.schema())?;
    let row_bytes = pages::row_bytes(&file)?;
    let expected = u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    let (mut rows, mut sketches) = (0, FileSketches::default());
    for columns in abreast(schema.fields().len()) {
        let again = file.try_clone().map_err(|e| corrupt(&e))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(again, metadata.clone());
        let mask = ProjectionMask::roots(builder.parquet_schema(), columns.clone());
        let builder = builder.with_projection(mask).with_batch_size(pages::batch_rows(row_bytes, BATCH));
        let own = schema.project(&columns.collect::<Vec<_>>()).map_err(|e| corrupt(&e))?;
        let mut scan = FileScan::start(path, &own, expected).map_err(|e| corrupt(&e))?;
        for batch in builder.build().map_err(|e| corrupt(&e))? {
            stop.check()?;
            scan.take(&batch.map_err(|e| corrupt(&e))?).map_err(|e| corrupt(&e))?;
        }
        let (counted, found) = scan.finish().map_err(|e| corrupt(&e))?;
        rows = counted;
        sketches.push(&found).map_err(|e| corrupt(&e))?;
    }
    Ok(Facts { schema: with_row_bytes(&schema, row_bytes), rows, digest, delimiter: None, sketches })
}

/// Says in a file's schema how large its rows are, where that matters to whoever reads them.
pub(super) fn with_row_bytes(schema: &SchemaRef, row_bytes: u64) -> SchemaRef {
    if row_bytes <= SMALL_ROW {
        return schema.clone();
    }
    let note = [(ROW_BYTES.to_owned(), row_bytes.to_string())].into();
    Arc::new(schema.as_ref().clone().with_metadata(note))
}

/// Returns what [`with_row_bytes`] said.
pub(super) fn row_bytes_of(schema: &Schema) -> Option<u64> {
    schema.metadata().get(ROW_BYTES)?.parse().ok()
}

fn digest_of(file: &mut File, stop: &Stop) -> Result<Digest, String> {
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    let failed = |_| "it cannot be read to its end".to_owned();
    loop {
        stop.check()?;
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            file.rewind().map_err(failed)?;
            return Ok(Digest::from_hasher(hasher));
        }
        hasher.update(&buffer[..count]);
    }
}

/// Returns the first line of an error, short.
pub(super) fn first_line(error: &dyn std::fmt::Display) -> String {
    crate::lakes::shown(error.to_string().lines().next().unwrap_or_default())
}

/// Returns the schema in the types that a dataset has: one sort of text, no dictionaries, no metadata.
fn normalised(schema: &Schema) -> Result<SchemaRef, String> {
    check_width(schema.fields().len())?;
    let mut fields: Vec<Field> = Vec::new();
    for field in schema.fields() {
        check_name(field.name(), fields.len() + 1)?;
        if fields.iter().any(|other| other.name() == field.name()) {
            return Err(format!("column `{}` stands there twice", field.name()));
        }
        fields.push(Field::new(field.name(), plain_type(field.data_type()), field.is_nullable()));
    }
    if fields.is_empty() {
        return Err("it has no columns".into());
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Checks that a file has no more columns than one may have.
///
/// # Errors
/// How many it has, and what can be done.
pub(super) fn check_width(columns: usize) -> Result<(), String> {
    if columns > MOST_COLUMNS {
        return Err(format!(
            "it has {columns} columns, more than {MOST_COLUMNS}: split them into several tables with a common key"
        ));
    }
    Ok(())
}

/// Checks the name of a file's column `number`.
///
/// # Errors
/// Why it cannot be one, in words.
pub fn check_name(name: &str, number: usize) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err(format!("column {number} has no name"));
    }
    if name.len() > 128 || name.contains(char::is_control) {
        return Err(format!("the name of column {number} is longer than 128 bytes or holds a control character"));
    }
    Ok(())
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain_type(values),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{ColumnSketch, append_file};
    use arrow::array::{ArrayRef, DictionaryArray, Int64Array, RecordBatch, types::Int32Type};
    use base::Timestamp;
    use kernels::profile::Value;
    use parquet::arrow::ArrowWriter;

    fn parquet_of(columns: Vec<(String, ArrayRef)>) -> Result<Facts, String> {
        let file = tempfile::tempfile().unwrap();
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(file.try_clone().unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let stamp = Stamp { size_bytes: DIGESTED + 1, modified_at: Timestamp(0) };
        parquet(file, "a", stamp, &Stop::default())
    }

    fn csv_of(columns: usize) -> Result<Facts, (String, Option<u64>)> {
        let line = |of: &dyn Fn(usize) -> String| (0..columns).map(of).collect::<Vec<_>>().join(",") + "\n";
        let text = line(&|n| format!("c{n}")) + &line(&|n| n.to_string()) + &line(&|_| "-1".to_owned());
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        csv::read(file, "a", &Stop::default())
    }

    fn sketches_of(facts: &Facts) -> Vec<ColumnSketch> {
        let mut sketches = vec![ColumnSketch::default(); facts.schema.fields().len()];
        let places: Vec<_> = (0..sketches.len()).map(Some).collect();
        let bytes = facts.sketches.clone().into_bytes().unwrap();
        assert!(append_file(&mut sketches, &bytes, &places, facts.rows));
        sketches
    }

    fn numbers(columns: i64) -> Vec<(String, ArrayRef)> {
        let column = |n| (format!("c{n}"), Arc::new(Int64Array::from(vec![n, -1])) as ArrayRef);
        (0..columns).map(column).collect()
    }

    #[test]
    fn more_columns_than_are_read_at_once_are_all_read() {
        for facts in [parquet_of(numbers(600)).unwrap(), csv_of(600).unwrap()] {
            let sketches = sketches_of(&facts);
            assert_eq!((facts.rows, sketches.len()), (2, 600));
            for (n, sketch) in (0..).zip(&sketches) {
                assert_eq!((sketch.rows(), sketch.summary().unwrap().max()), (2, Some(Value::Integer(n))));
            }
        }
    }

    #[test]
    fn a_file_of_too_many_columns_is_broken_and_says_what_to_do() {
        assert!(parquet_of(numbers(2_000)).is_ok() && csv_of(2_000).is_ok());
        let why = "it has 2001 columns, more than 2000: split them into several tables with a common key";
        assert_eq!(parquet_of(numbers(2_001)).unwrap_err(), why);
        assert_eq!(csv_of(2_001).unwrap_err(), (why.to_owned(), Some(1)));
    }

    #[test]
    fn a_dictionary_is_what_it_holds() {
        let texts: DictionaryArray<Int32Type> =
            (0..9_000).map(|n| (n % 4 > 0).then(|| ["a", "b", "c"][n % 3])).collect();
        let facts = parquet_of(vec![("t".to_owned(), Arc::new(texts))]).unwrap();
        assert_eq!(facts.schema.field(0).data_type(), &DataType::Utf8);
        let sketches = sketches_of(&facts);
        let summary = sketches[0].summary().unwrap();
        assert_eq!((summary.counts().nulls, summary.counts().text, summary.distinct()), (2_250, 6_750, Ok(3)));
        assert_eq!(summary.max(), Some(Value::Text(b"c"[..].into())));
    }
}
