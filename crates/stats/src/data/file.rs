//! One file of a table, whatever its format, and how the columns of all files become those of the table.
use super::folder::{Found, cannot};
use super::format::Format;
use super::memory::STEP;
use super::names::distinct_names;
use super::{csv, ipc, json, parquet};
use crate::run::in_parallel;
use crate::{Progress, Run, StatsError};
use arrow::array::{ArrayRef, Date32Array, Int64Array, NullArray, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A file that was opened.
#[derive(Debug)]
pub(super) struct TableFile {
    path: PathBuf,
    shown: String,
    content: Content,
    /// Where each column of the table is in this file.
    places: Vec<Place>,
}

#[derive(Debug)]
enum Content {
    Parquet(parquet::Footer),
    Csv(csv::Layout),
    JsonLines(json::Columns),
    Ipc(SchemaRef),
}

/// Where a column of the table is in a file.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In this column of it, to be read as this type where the format has no types of its own.
    Column(usize, DataType),
    /// In the name of a folder above it.
    Label(Label),
    /// It does not have it.
    Absent,
}

/// What a folder's name says of all rows below it.
#[derive(Clone, Debug)]
pub(super) enum Label {
    Null,
    Integer(i64),
    Day(i32),
    Text(String),
}

impl Label {
    fn of(text: Option<&str>, data_type: &DataType) -> Self {
        let Some(text) = text else { return Self::Null };
        let typed = match data_type {
            DataType::Int64 => text.parse().ok().map(Self::Integer),
            DataType::Date32 => csv::day(text).map(Self::Day),
            _ => None,
        };
        typed.unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    fn array(&self, rows: usize) -> ArrayRef {
        match self {
            Self::Null => Arc::new(NullArray::new(rows)),
            Self::Integer(whole) => Arc::new(Int64Array::from(vec![*whole; rows])),
            Self::Day(day) => Arc::new(Date32Array::from(vec![*day; rows])),
            Self::Text(text) => Arc::new(StringArray::from(vec![text.as_str(); rows])),
        }
    }
}

/// Reads bytes of a file with code that is not ours: whatever they are, they are an error of that file at worst.
pub(super) fn guarded<T, E: ToString>(shown: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, StatsError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(cannot(shown, error)),
        Err(_) => Err(cannot(shown, "its bytes are damaged")),
    }
}

/// Counts the rows that are looked at for the types of their columns.
pub(super) struct Looked<'a> {
    run: &'a Run<'a>,
    rows: AtomicU64,
}

impl Looked<'_> {
    pub(super) fn add(&self, rows: u64) -> Result<(), StatsError> {
        let done = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        self.run.tell(Progress { done, of: None, what: "rows looked at for their types" })
    }
}

/// Opens the files and says which columns the table has: those of the first file, then what others have besides, then the folders'.
pub(super) fn open_all(found: Vec<Found>, run: &Run<'_>) -> Result<(SchemaRef, Vec<TableFile>), StatsError> {
    let opened: Vec<Mutex<Option<(Vec<Field>, Content)>>> = found.iter().map(|_| Mutex::new(None)).collect();
    let looked = Looked { run, rows: AtomicU64::new(0) };
    in_parallel(run.threads, found.len(), |at| {
        if let (Some(file), Some(place)) = (found.get(at), opened.get(at)) {
            let file = open(file, &looked)?;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        }
        Ok(())
    })?;
    let opened = opened.into_iter().filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner));
    let opened: Vec<(Vec<Field>, Content)> = opened.collect();
    let labels = label_types(&found);
    let schema = unite(opened.iter().map(|(fields, _)| fields.as_slice()), &labels);
    let files = found.into_iter().zip(opened).map(|(found, (fields, content))| {
        let own: HashMap<&str, (usize, &DataType)> = fields
            .iter()
            .enumerate()
            .map(|(place, field)| (field.name().as_str(), (place, field.data_type())))
            .collect();
        let place = |field: &Arc<Field>| match (labels.contains_key(field.name()), own.get(field.name().as_str())) {
            (true, _) => match found.labels.get(field.name()) {
                Some(label) => Place::Label(Label::of(label.as_deref(), field.data_type())),
                None => Place::Absent,
            },
            (false, Some(&(place, own))) => Place::Column(place, read_as(own, field.data_type())),
            (false, None) => Place::Absent,
        };
        let places = schema.fields().iter().map(place).collect();
        TableFile { path: found.path, shown: found.shown, content, places }
    });
    let files = files.collect();
    Ok((Arc::new(schema), files))
}

/// The columns of a file, under names that are all different.
fn open(file: &Found, looked: &Looked<'_>) -> Result<(Vec<Field>, Content), StatsError> {
    let (schema, content) = match file.format {
        Format::Parquet => {
            let footer = parquet::Footer::open(&file.path, &file.shown)?;
            (footer.schema(), Content::Parquet(footer))
        }
        Format::Csv => {
            let (schema, layout) = csv::Layout::infer(&file.path, &file.shown, looked)?;
            (schema, Content::Csv(layout))
        }
        Format::JsonLines => {
            let columns = json::infer(&file.path, &file.shown, looked)?;
            (columns.schema.clone(), Content::JsonLines(columns))
        }
        Format::Ipc => {
            let schema = ipc::schema(&file.path, &file.shown)?;
            (schema.clone(), Content::Ipc(schema))
        }
    };
    let names = distinct_names(schema.fields().iter().map(|field| field.name().as_str()));
    let fields = schema.fields().iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name));
    Ok((fields.collect(), content))
}

/// The type of each column that folders are: whole numbers or days if all are, else text.
fn label_types(found: &[Found]) -> BTreeMap<String, DataType> {
    let mut types = BTreeMap::new();
    for (name, value) in found.iter().flat_map(|file| &file.labels) {
        let Some(value) = value.as_deref() else {
            types.entry(name.clone()).or_insert(DataType::Null);
            continue;
        };
        let own = if value.parse::<i64>().is_ok() {
            DataType::Int64
        } else if csv::day(value).is_some() {
            DataType::Date32
        } else {
            DataType::Utf8
        };
        types
            .entry(name.clone())
            .and_modify(|before| {
                *before = if *before == own || *before == DataType::Null { own.clone() } else { DataType::Utf8 }
            })
            .or_insert(own);
    }
    types
}

fn unite<'a>(files: impl Iterator<Item = &'a [Field]>, labels: &BTreeMap<String, DataType>) -> Schema {
    let mut fields: Vec<Field> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for field in files.flatten().filter(|field| !labels.contains_key(field.name())) {
        match places.get(field.name().as_str()).and_then(|&place| fields.get_mut(place)) {
            Some(before) => before.set_data_type(common_type(before.data_type(), field.data_type())),
            None => {
                places.insert(field.name(), fields.len());
                fields.push(field.clone().with_nullable(true));
            }
        }
    }
    fields.extend(labels.iter().map(|(name, data_type)| Field::new(name, data_type.clone(), true)));
    Schema::new(fields)
}

/// The type that fits the values of two.
fn common_type(a: &DataType, b: &DataType) -> DataType {
    const LOCAL: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
    match (a, b) {
        _ if a == b => a.clone(),
        (DataType::Null, other) | (other, DataType::Null) => other.clone(),
        _ if a.is_integer() && b.is_integer() => DataType::Int64,
        _ if a.is_numeric() && b.is_numeric() => DataType::Float64,
        (DataType::Date32, DataType::Timestamp(_, None)) | (DataType::Timestamp(_, None), DataType::Date32) => LOCAL,
        _ => DataType::Utf8,
    }
}

/// As what a file without types of its own is read, so that all files of a table agree.
fn read_as(own: &DataType, common: &DataType) -> DataType {
    if own.is_nested() { own.clone() } else { common.clone() }
}

impl TableFile {
    /// Returns how the caller called it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn place(&self, column: usize) -> &Place {
        self.places.get(column).unwrap_or(&Place::Absent)
    }

    /// Returns the rows of each row group, if the file has such.
    pub(super) fn groups(&self) -> Option<Vec<u64>> {
        match &self.content {
            Content::Parquet(footer) => Some(footer.groups()),
            _ => None,
        }
    }

    /// Returns how many rows there are, if that is known.
    pub(super) fn rows(&self) -> Option<u64> {
        match &self.content {
            Content::Parquet(footer) => Some(footer.groups().iter().sum()),
            Content::Csv(layout) => Some(layout.rows()),
            _ => None,
        }
    }

    /// Returns how many values a column has at most, if that is known.
    pub(super) fn values(&self, column: usize) -> Option<u64> {
        match (self.place(column), &self.content) {
            (Place::Absent | Place::Label(Label::Null), _) => Some(0),
            (Place::Label(_), _) => self.rows(),
            (Place::Column(column, _), Content::Parquet(footer)) => Some(footer.values(*column)),
            (Place::Column(column, _), Content::Csv(layout)) => Some(layout.values(*column)),
            _ => None,
        }
    }

    /// Gives a column of a row group on, piece by piece.
    pub(super) fn read_group(
        &self,
        group: usize,
        rows: u64,
        column: usize,
        emit: &mut dyn FnMut(&ArrayRef) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        match (self.place(column), &self.content) {
            (Place::Column(column, _), Content::Parquet(footer)) => {
                footer.read(&self.path, &self.shown, group, *column, emit)
            }
            (Place::Label(label), _) => {
                let whole = label.array(STEP.min(rows as usize));
                for from in (0..rows as usize).step_by(STEP) {
                    emit(&whole.slice(0, STEP.min(rows as usize - from)))?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Gives these columns on, piece by piece: how many rows, and the values of each column that there is.
    pub(super) fn read_all(
        &self,
        columns: &[usize],
        emit: &mut dyn FnMut(usize, &[Option<ArrayRef>]) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        let wanted: Vec<&Place> = columns.iter().map(|&column| self.place(column)).collect();
        let own: Vec<(usize, DataType)> = wanted
            .iter()
            .filter_map(
                |place| if let Place::Column(place, as_type) = place { Some((*place, as_type.clone())) } else { None },
            )
            .collect();
        let mut with_labels = |rows: usize, arrays: Vec<ArrayRef>| {
            let mut arrays = arrays.into_iter();
            let all = wanted.iter().map(|place| match place {
                Place::Column(..) => arrays.next(),
                Place::Label(label) => Some(label.array(rows)),
                Place::Absent => None,
            });
            emit(rows, &all.collect::<Vec<_>>())
        };
        match &self.content {
            Content::Parquet(_) => Ok(()),
            Content::Csv(layout) => layout.read(&self.path, &self.shown, &own, &mut with_labels),
            Content::JsonLines(columns) => json::read(&self.path, &self.shown, columns, &own, &mut with_labels),
            Content::Ipc(schema) => ipc::read(&self.path, &self.shown, schema, &own, &mut with_labels),
        }
    }
}
