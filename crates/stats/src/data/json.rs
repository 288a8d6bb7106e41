//! JSON Lines: an object a line.
use super::file::guarded;
use super::folder::cannot;
use super::memory::STEP;
use crate::StatsError;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

fn open(path: &Path, shown: &str) -> Result<BufReader<File>, StatsError> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(|error| cannot(shown, error))?);
    let start = file.fill_buf().map_err(|error| cannot(shown, error))?;
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(cannot(shown, "it is one array: an object a line is expected"));
    }
    Ok(file)
}

/// Returns the columns, from the whole file: a value of two types is a text.
pub(super) fn infer(path: &Path, shown: &str) -> Result<SchemaRef, StatsError> {
    let file = open(path, shown)?;
    let (schema, _) = guarded(shown, || infer_json_schema(file, None).map_err(plain))?;
    Ok(Arc::new(schema))
}

/// Gives these columns on as these types, piece by piece.
pub(super) fn read(
    path: &Path,
    shown: &str,
    schema: &Schema,
    columns: &[(usize, DataType)],
    emit: &mut dyn FnMut(usize, Vec<ArrayRef>) -> Result<(), StatsError>,
) -> Result<(), StatsError> {
    let mut places: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
    places.sort_unstable();
    places.dedup();
    let as_type =
        |place: usize| columns.iter().find(|(column, _)| *column == place).map(|(_, as_type)| as_type.clone());
    let fields = places.iter().filter_map(|&place| {
        let field = schema.fields().get(place)?;
        Some(Field::new(field.name(), as_type(place)?, true))
    });
    let fields = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let file = open(path, shown)?;
    let builder = ReaderBuilder::new(fields).with_batch_size(STEP).with_coerce_primitive(true);
    let mut reader = guarded(shown, || builder.build(file).map_err(plain))?;
    while let Some(batch) = guarded(shown, || reader.next().transpose().map_err(plain))? {
        let array = |(column, _): &(usize, DataType)| batch.column(places.binary_search(column).unwrap_or(0)).clone();
        emit(batch.num_rows(), columns.iter().map(array).collect())?;
    }
    Ok(())
}

/// The reader's own words, without the name of its kind of errors.
fn plain(error: arrow::error::ArrowError) -> String {
    match error {
        arrow::error::ArrowError::JsonError(why) => why,
        other => other.to_string(),
    }
}
