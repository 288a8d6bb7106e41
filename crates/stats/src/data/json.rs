//! JSON Lines: an object a line.
use super::csv::{BOM, WIDEST};
use super::file::guarded;
use super::folder::cannot;
use super::memory::STEP;
use crate::StatsError;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema_from_iterator;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// No line is longer: it is held whole, and once it is read as JSON it takes some forty times as much where it is a list of short numbers.
const LONGEST: u64 = 1 << 23;
/// About so many bytes are decoded at once.
const BYTES: usize = 1 << 26;

/// The lines of a file.
struct Lines<'a> {
    file: BufReader<File>,
    shown: &'a str,
    /// The line that was read last, and its number.
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn open(path: &Path, shown: &'a str) -> Result<Self, StatsError> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(|error| cannot(shown, error))?);
        let start = file.fill_buf().map_err(|error| cannot(shown, error))?;
        if start.starts_with(BOM) {
            file.consume(BOM.len());
        }
        let start = file.fill_buf().map_err(|error| cannot(shown, error))?;
        if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            return Err(cannot(shown, "it is one array: an object a line is expected"));
        }
        Ok(Self { file, shown, line: Vec::new(), number: 0 })
    }

    /// Reads the next line; false at the end.
    fn read(&mut self) -> Result<bool, StatsError> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.file).take(LONGEST + 1).read_until(b'\n', &mut self.line);
        read.map_err(|error| cannot(self.shown, error))?;
        if self.line.len() as u64 > LONGEST {
            let most = LONGEST >> 20;
            let why = format!("is longer than {most} MiB: an object a line is expected, and Parquet holds longer ones");
            return Err(self.wrong(&why));
        }
        Ok(!self.line.is_empty())
    }

    /// Returns the next object; nothing at the end. An error has the place, and nothing of what stands there.
    fn object(&mut self) -> Result<Option<Value>, StatsError> {
        while self.read()? {
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return match serde_json::from_slice(&self.line) {
                Ok(object @ Value::Object(_)) => Ok(Some(object)),
                Ok(_) => Err(self.wrong("is no object")),
                Err(error) => Err(self.wrong(&format!("is not valid JSON at byte {}", error.column()))),
            };
        }
        Ok(None)
    }

    fn wrong(&self, why: &str) -> StatsError {
        cannot(self.shown, format!("line {} {why}", self.number))
    }
}

/// Returns the columns, from the whole file, in the order in which they come first: a value of two types is a text.
pub(super) fn infer(path: &Path, shown: &str) -> Result<SchemaRef, StatsError> {
    let mut lines = Lines::open(path, shown)?;
    let mut failed = None;
    let mut places: HashMap<String, usize> = HashMap::new();
    let objects = std::iter::from_fn(|| match lines.object() {
        Ok(object) => {
            for name in object.as_ref().and_then(Value::as_object).into_iter().flat_map(|object| object.keys()) {
                if !places.contains_key(name) {
                    places.insert(name.clone(), places.len());
                }
            }
            if places.len() > WIDEST {
                failed =
                    Some(cannot(shown, format!("it has more than {WIDEST} fields: one for each column is expected")));
                return None;
            }
            object.map(Ok)
        }
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let found = guarded(shown, || Ok::<_, String>(infer_json_schema_from_iterator(objects)))?;
    if let Some(error) = failed {
        return Err(error);
    }
    // The reader's own words quote what it found.
    let odd = |_| {
        let number = lines.number;
        cannot(shown, format!("a field holds an object or a list on line {number}, and something else on another line"))
    };
    let mut fields: Vec<FieldRef> = found.map_err(odd)?.fields().iter().map(ordered).collect();
    fields.sort_by_key(|field| places.get(field.name()).copied());
    Ok(Arc::new(Schema::new(fields)))
}

/// The field with its parts by their names: they are found in no order.
fn ordered(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(parts) => {
            let mut parts: Vec<FieldRef> = parts.iter().map(ordered).collect();
            parts.sort_by(|a, b| a.name().cmp(b.name()));
            DataType::Struct(parts.into())
        }
        DataType::List(of) => DataType::List(ordered(of)),
        other => other.clone(),
    };
    Arc::new(field.as_ref().clone().with_data_type(data_type))
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
    let mut lines = Lines::open(path, shown)?;
    // One more than are flushed at once: a decoder that is full leaves the end of a line.
    let builder = ReaderBuilder::new(fields).with_batch_size(STEP + 1).with_coerce_primitive(true);
    let mut decoder = guarded(shown, || builder.build_decoder().map_err(plain))?;
    let (mut is_more, mut bytes) = (true, 0);
    while is_more {
        is_more = lines.read()?;
        bytes += lines.line.len();
        let read = guarded(shown, || decoder.decode(&lines.line).map_err(plain))?;
        if read < lines.line.len() || decoder.has_partial_record() {
            return Err(lines.wrong("is no object"));
        }
        if is_more && decoder.len() < STEP && bytes < BYTES {
            continue;
        }
        bytes = 0;
        if let Some(batch) = guarded(shown, || decoder.flush().map_err(plain))? {
            let array =
                |(column, _): &(usize, DataType)| batch.column(places.binary_search(column).unwrap_or(0)).clone();
            emit(batch.num_rows(), columns.iter().map(array).collect())?;
        }
    }
    Ok(())
}

/// The reader's own words, without the name of its kind of errors.
fn plain(error: ArrowError) -> String {
    match error {
        ArrowError::JsonError(why) => why,
        other => other.to_string(),
    }
}
