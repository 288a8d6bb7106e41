//! JSON Lines: an object a line.
use super::csv::{BOM, FIELDS, WIDEST};
use super::file::{Looked, guarded};
use super::folder::cannot;
use super::memory::STEP;
use crate::StatsError;
use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::json::reader::infer_json_schema_from_iterator;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// No line is longer: it is held whole, and once it is read as JSON it takes a multiple of that where it is a list of numbers.
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
            return self.parsed().map(Some);
        }
        Ok(None)
    }

    fn parsed(&self) -> Result<Value, StatsError> {
        match serde_json::from_slice(&self.line) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(_) => Err(self.wrong("is no object")),
            Err(error) => Err(self.wrong(&invalid(&error))),
        }
    }

    /// Makes lists and objects in these fields of the line that was read the texts that stand there; all else stays as it is written.
    fn write_texts(&mut self, mixed: &HashSet<String>) -> Result<(), StatsError> {
        if mixed.is_empty() || self.line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_slice(&self.line).map_err(|error| self.wrong(&invalid(&error)))?;
        let mut line = Vec::with_capacity(self.line.len());
        for (name, value) in fields {
            line.extend(if line.is_empty() { b"{" } else { b"," });
            line.extend(quoted(&name).as_bytes());
            line.push(b':');
            match value.get() {
                nested if nested.starts_with(['[', '{']) && mixed.contains(&name) => {
                    line.extend(quoted(nested).bytes());
                }
                other => line.extend(other.bytes()),
            }
        }
        line.extend(if line.is_empty() { &b"{}\n"[..] } else { b"}\n" });
        self.line = line;
        Ok(())
    }

    fn wrong(&self, why: &str) -> StatsError {
        cannot(self.shown, format!("line {} {why}", self.number))
    }
}

fn invalid(error: &serde_json::Error) -> String {
    format!("is not valid JSON at byte {}", error.column())
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The columns of a file.
#[derive(Debug)]
pub(super) struct Columns {
    pub schema: SchemaRef,
    /// Those that hold lists or objects beside other values: each such value is the text that stands there.
    mixed: HashSet<String>,
}

impl Columns {
    /// The fields of `wanted` whose lists and objects are texts: mixed ones, and those that are texts in another file.
    fn texts(&self, wanted: &Schema) -> HashSet<String> {
        let is_text = |field: &&FieldRef| {
            let own = self.schema.field_with_name(field.name()).map(Field::data_type);
            *field.data_type() == DataType::Utf8
                && (self.mixed.contains(field.name()) || own.is_ok_and(DataType::is_nested))
        };
        wanted.fields().iter().filter(is_text).map(|field| field.name().clone()).collect()
    }
}

/// What stands where in the objects of a file.
#[derive(Default)]
struct Seen {
    /// The fields, each with its place and with what it holds.
    fields: HashMap<String, (usize, Held)>,
    /// How many fields there are, those inside of others counted in.
    all: usize,
}

/// What is held in one place: by a field, or by what it holds.
#[derive(Default)]
struct Held {
    /// Whether objects, lists or other values stand there.
    kinds: [bool; 3],
    fields: HashMap<String, Held>,
    items: Option<Box<Held>>,
}

impl Seen {
    fn take(&mut self, object: &Value) {
        for (name, value) in object.as_object().into_iter().flatten() {
            if !self.fields.contains_key(name) {
                self.all += 1;
                self.fields.insert(name.clone(), (self.fields.len(), Held::default()));
            }
            if let Some((_, held)) = self.fields.get_mut(name) {
                held.take(value, &mut self.all);
            }
        }
    }

    /// The fields in which different kinds stand in one place.
    fn mixed(&self) -> HashSet<String> {
        self.fields.iter().filter(|(_, (_, held))| held.is_mixed()).map(|(name, _)| name.clone()).collect()
    }
}

impl Held {
    fn take(&mut self, value: &Value, all: &mut usize) {
        match value {
            Value::Null => {}
            Value::Object(parts) => {
                self.kinds[0] = true;
                for (name, part) in parts {
                    if !self.fields.contains_key(name) {
                        *all += 1;
                        self.fields.insert(name.clone(), Self::default());
                    }
                    if let Some(held) = self.fields.get_mut(name) {
                        held.take(part, all);
                    }
                }
            }
            Value::Array(items) => {
                self.kinds[1] = true;
                let held = self.items.get_or_insert_default();
                items.iter().for_each(|item| held.take(item, all));
            }
            _ => self.kinds[2] = true,
        }
    }

    fn is_mixed(&self) -> bool {
        self.kinds.iter().filter(|is_there| **is_there).count() > 1
            || self.fields.values().chain(self.items.as_deref()).any(Self::is_mixed)
    }
}

/// Makes lists and objects in these fields the texts that stand there.
fn as_texts(object: &mut Value, mixed: &HashSet<String>) {
    for (_, value) in object.as_object_mut().into_iter().flatten().filter(|(name, _)| mixed.contains(*name)) {
        if value.is_array() || value.is_object() {
            *value = Value::String(value.to_string());
        }
    }
}

/// Returns the columns, from the whole file, in the order in which they come first: values of two types are texts.
pub(super) fn infer(path: &Path, shown: &str, looked: &Looked<'_>) -> Result<Columns, StatsError> {
    let mut seen = Seen::default();
    let mut found = schema_of(path, shown, &mut seen, &HashSet::new(), looked)?;
    let mixed = seen.mixed();
    if !mixed.is_empty() {
        found = schema_of(path, shown, &mut seen, &mixed, looked)?;
    }
    // The reader's own words quote what it found.
    let found = found.map_err(|_| cannot(shown, "its fields hold what cannot be one table"))?;
    let mut fields: Vec<FieldRef> = found.fields().iter().map(ordered).collect();
    fields.sort_by_key(|field| seen.fields.get(field.name()).map(|(place, _)| *place));
    Ok(Columns { schema: Arc::new(Schema::new(fields)), mixed })
}

fn schema_of(
    path: &Path,
    shown: &str,
    seen: &mut Seen,
    mixed: &HashSet<String>,
    looked: &Looked<'_>,
) -> Result<Result<Schema, ArrowError>, StatsError> {
    let mut lines = Lines::open(path, shown)?;
    let (mut failed, mut rows) = (None, 0_u64);
    let objects = std::iter::from_fn(|| match lines.object() {
        Ok(Some(mut object)) => {
            as_texts(&mut object, mixed);
            seen.take(&object);
            rows += 1;
            if rows.is_multiple_of(STEP as u64)
                && let Err(stopped) = looked.add(STEP as u64)
            {
                failed = Some(stopped);
                return None;
            }
            if seen.all > WIDEST {
                failed =
                    Some(cannot(shown, format!("it has more than {WIDEST} fields: one for each column is expected")));
                return None;
            }
            Some(Ok(object))
        }
        Ok(None) => None,
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let found = guarded(shown, || Ok::<_, String>(infer_json_schema_from_iterator(objects)))?;
    failed.map_or(Ok(found), Err)
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
    file: &Columns,
    columns: &[(usize, DataType)],
    emit: &mut dyn FnMut(usize, Vec<ArrayRef>) -> Result<(), StatsError>,
) -> Result<(), StatsError> {
    let mut places: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
    places.sort_unstable();
    places.dedup();
    let as_type =
        |place: usize| columns.iter().find(|(column, _)| *column == place).map(|(_, as_type)| as_type.clone());
    let fields = places.iter().filter_map(|&place| {
        let field = file.schema.fields().get(place)?;
        Some(Field::new(field.name(), as_type(place)?, true))
    });
    let fields = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mixed = file.texts(&fields);
    let mut lines = Lines::open(path, shown)?;
    // Each row takes memory for each field that there is, whatever the line says.
    let step = STEP.min(FIELDS / fields.flattened_fields().len().max(1)).max(1);
    // One more than are flushed at once: a decoder that is full leaves the end of a line.
    let builder = ReaderBuilder::new(fields).with_batch_size(step + 1).with_coerce_primitive(true);
    let mut decoder = guarded(shown, || builder.build_decoder().map_err(plain))?;
    let (mut is_more, mut bytes) = (true, 0);
    while is_more {
        is_more = lines.read()?;
        bytes += lines.line.len();
        lines.write_texts(&mixed)?;
        let read = guarded(shown, || decoder.decode(&lines.line).map_err(plain))?;
        if read < lines.line.len() || decoder.has_partial_record() {
            return Err(lines.wrong("is no object"));
        }
        if is_more && decoder.len() < step && bytes < BYTES {
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
