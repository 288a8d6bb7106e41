//! Reads one file: its schema, its rows and a sketch per column, or why it is broken. Blocking; memory is one batch.
use super::{Broken, FileKind, csv, pages};
use crate::lakes::{LakeDir, Stamp};
use crate::profile::{ColumnSketch, FileScan};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use base::Digest;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    pub sketches: Vec<ColumnSketch>,
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
    let again = file.try_clone().map_err(|e| corrupt(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| corrupt(&e))?;
    let schema = normalised(builder.schema())?;
    let row_bytes = pages::row_bytes(&again)?;
    let reader = builder.with_batch_size(pages::batch_rows(row_bytes, BATCH)).build().map_err(|e| corrupt(&e))?;
    let mut scan = FileScan::start(path, &schema);
    for batch in reader {
        stop.check()?;
        scan.take(&batch.map_err(|e| corrupt(&e))?).map_err(|e| corrupt(&e))?;
    }
    let (rows, sketches) = scan.finish();
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
