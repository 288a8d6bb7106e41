//! CSV: what parts the fields, whether there is a header, and which type every value of a column fits.
//!
//! Types are known from the whole file, not from its start: so no value ever turns out not to fit, and parts that are read apart agree.
mod kind;
mod quotes;
mod sniff;

use super::file::{Looked, guarded};
use super::folder::cannot;
use super::memory::STEP;
use crate::StatsError;
use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, NullArray, RecordBatch};
use arrow::array::{StringArray, TimestampMicrosecondArray, cast::AsArray};
use arrow::csv::ReaderBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
pub(super) use kind::day;
use kind::{Kind, Seen};
pub use quotes::Quotes;
pub(super) use sniff::BOM;
use sniff::{first_record, sniff_delimiter};
use std::cell::Cell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// How a file is laid out.
#[derive(Debug)]
pub(super) struct Layout {
    delimiter: u8,
    has_header: bool,
    width: usize,
    /// So many rows are read at once.
    step: usize,
    rows: u64,
    /// Of each column, how many are not missing.
    values: Vec<u64>,
}

/// So much of the file is looked at for what parts the fields; the first line is in it as a whole.
const START: usize = 1 << 20;
/// The widest table: each column asks for memory of its own.
pub(super) const WIDEST: usize = 1 << 16;
/// So many fields, and about so many bytes, are read at once: the reader asks for memory for all fields beforehand.
pub(super) const FIELDS: usize = 1 << 20;
const BYTES: usize = 1 << 26;
/// No more bytes than this are read at once, however long the lines turn out to be: a quote that is never closed makes all that
/// follows one field.
const MOST_BYTES: u64 = 1 << 28;

impl Layout {
    /// Reads the whole file once, in bounded memory.
    ///
    /// - **Limits**: a first line of 1 MiB, 65,536 columns, and lines that together are no longer than 256 MiB where they are read
    ///   at once (8,192, fewer of many columns or where the first lines are long).
    /// - **Delimiter**: the tab of `.tsv`; else tab, `;`, `|` or `,`, the first one that is on each line of the start as often as on
    ///   the first; else `,`.
    /// - **Header**: the first line, unless each of its fields is a number, a flag, a day or a time, as the column has below, and they are
    ///   neither different whole numbers nor different days, as years that columns are called by.
    /// - **Types**: whole numbers, numbers, `true` and `false`, days and times of ISO 8601 with or without an offset; a column of
    ///   anything else is text. Numbers with leading zeros are codes, so text.
    /// - **Nulls**: fields without anything; in columns that are not text also `NA`, `N/A`, `n/a`, `#N/A`, `<NA>`, `NULL`, `null`,
    ///   `None` and `\N`. `NaN` is a number that is none.
    pub(super) fn infer(path: &Path, shown: &str, looked: &Looked<'_>) -> Result<(SchemaRef, Self), StatsError> {
        let mut start = Vec::with_capacity(START);
        let file = File::open(path).map_err(|error| cannot(shown, error))?;
        file.take(START as u64).read_to_end(&mut start).map_err(|error| cannot(shown, error))?;
        let text = start.strip_prefix(BOM).unwrap_or(&start);
        if text.starts_with(&[0xFF, 0xFE]) || text.starts_with(&[0xFE, 0xFF]) {
            return Err(cannot(shown, "it is UTF-16: save it as UTF-8"));
        }
        let is_tab = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv"));
        let delimiter = if is_tab { b'\t' } else { sniff_delimiter(text, start.len() == START) };
        if start.len() == START && !start.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Err(cannot(shown, "its first line is longer than 1 MiB"));
        }
        let Some(first) = first_record(text, delimiter).map_err(|why| cannot(shown, why))? else {
            let nothing = Self { delimiter, has_header: false, width: 0, step: 1, rows: 0, values: Vec::new() };
            return Ok((Arc::new(Schema::empty()), nothing));
        };
        let width = first.len();
        if width > WIDEST {
            return Err(cannot(shown, format!("it has {width} columns: {WIDEST} at most are read")));
        }
        let step = step(width, &start);
        let mut layout = Self { delimiter, has_header: true, width, step, rows: 0, values: Vec::new() };
        let mut seen = vec![Seen::default(); width];
        let quotes = Cell::new(Quotes::new(delimiter));
        layout.each_batch(path, shown, None, Some(&quotes), &mut |batch| {
            layout_rows(&mut seen, batch);
            looked.add(batch.num_rows() as u64)
        })?;
        if let Some(line) = quotes.get().open() {
            return Err(cannot(shown, format!("the quote that is opened in line {line} is not closed")));
        }
        layout.has_header = !is_data(&first, &seen);
        if !layout.has_header {
            seen.iter_mut().zip(&first).for_each(|(seen, field)| seen.look(field));
        }
        layout.rows = seen.first().map_or(0, |seen| seen.rows);
        layout.values = seen.iter().map(Seen::values).collect();
        let names = first.iter().map(|name| if layout.has_header { name.trim() } else { "" });
        let fields: Vec<Field> =
            names.zip(&seen).map(|(name, seen)| Field::new(name, seen.kind().data_type(), true)).collect();
        Ok((Arc::new(Schema::new(fields)), layout))
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn values(&self, column: usize) -> u64 {
        self.values.get(column).copied().unwrap_or(0)
    }

    /// Gives these columns on as these types, piece by piece.
    pub(super) fn read(
        &self,
        path: &Path,
        shown: &str,
        columns: &[(usize, DataType)],
        emit: &mut dyn FnMut(usize, Vec<ArrayRef>) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        if self.width == 0 {
            return Ok(());
        }
        let mut places: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
        places.sort_unstable();
        places.dedup();
        // Without columns rows are counted all the same.
        let projection = if places.is_empty() { vec![0] } else { places.clone() };
        self.each_batch(path, shown, Some(projection), None, &mut |batch| {
            let mut arrays = Vec::with_capacity(columns.len());
            for (column, as_type) in columns {
                let place = places.binary_search(column).unwrap_or(0);
                let read = typed(batch.column(place), as_type);
                arrays.push(read.ok_or_else(|| cannot(shown, "it was changed while it was read"))?);
            }
            emit(batch.num_rows(), arrays)
        })
    }

    /// Gives the rows on as texts.
    fn each_batch(
        &self,
        path: &Path,
        shown: &str,
        projection: Option<Vec<usize>>,
        quotes: Option<&Cell<Quotes>>,
        take: &mut dyn FnMut(&RecordBatch) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        let mut file = BufReader::with_capacity(1 << 18, File::open(path).map_err(|error| cannot(shown, error))?);
        if file.fill_buf().map_err(|error| cannot(shown, error))?.starts_with(BOM) {
            file.consume(BOM.len());
        }
        let texts: Vec<Field> =
            (0..self.width).map(|place| Field::new(place.to_string(), DataType::Utf8, true)).collect();
        let mut builder = ReaderBuilder::new(Arc::new(Schema::new(texts)))
            .with_header(self.has_header)
            .with_delimiter(self.delimiter)
            .with_batch_size(self.step);
        if let Some(projection) = projection {
            builder = builder.with_projection(projection);
        }
        let left = Cell::new(MOST_BYTES);
        let mut reader = guarded(shown, || builder.build_buffered(Bounded { file, left: &left, quotes }))?;
        while let Some(batch) = guarded(shown, || reader.next().transpose().map_err(plain))? {
            take(&batch)?;
            left.set(MOST_BYTES);
        }
        Ok(())
    }
}

/// How many rows are read at once, from how many columns there are and how long the first lines are.
fn step(width: usize, start: &[u8]) -> usize {
    let lines = start.iter().filter(|byte| **byte == b'\n').count().max(1);
    let of_bytes = BYTES / (start.len() / lines).max(1);
    STEP.min(FIELDS / width.max(1)).min(of_bytes).max(1)
}

/// A file of which so many bytes are read until somebody says how many more may be.
struct Bounded<'a, F> {
    file: F,
    left: &'a Cell<u64>,
    /// Whoever looks at the quotes of what is read.
    quotes: Option<&'a Cell<Quotes>>,
}

impl<F: BufRead> Read for Bounded<'_, F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<F: BufRead> BufRead for Bounded<'_, F> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::other("its lines are too long to be rows: a quote may not be closed"));
        }
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left.set(self.left.get().saturating_sub(count as u64));
        if let (Some(quotes), Ok(bytes)) = (self.quotes, self.file.fill_buf()) {
            quotes.set(quotes.get().and(bytes.get(..count).unwrap_or(bytes)));
        }
        self.file.consume(count);
    }
}

/// The reader's own words, without the name of its kind of errors.
fn plain(error: arrow::error::ArrowError) -> String {
    match error {
        arrow::error::ArrowError::CsvError(why) => match why.strip_prefix("Encountered invalid UTF-8 data for ") {
            Some(place) => format!("it is not UTF-8 in {place}: save it as UTF-8"),
            None => why,
        },
        arrow::error::ArrowError::IoError(_, error) => error.to_string(),
        other => other.to_string(),
    }
}

fn layout_rows(seen: &mut [Seen], batch: &RecordBatch) {
    for (seen, texts) in seen.iter_mut().zip(batch.columns()) {
        seen.look_at(texts.as_string::<i32>());
    }
}

/// Whether the first line is a row and no header.
fn is_data(first: &[String], seen: &[Seen]) -> bool {
    let kinds: Vec<Kind> = first.iter().map(|field| Kind::of(field)).collect();
    // Numbers fit numbers, whole or not.
    let fits = |(own, seen): (&Kind, &Seen)| seen.rows == 0 || own.with(seen.kind()) != Kind::Text;
    let are_values = kinds.iter().all(|kind| !matches!(kind, Kind::Text | Kind::Nothing));
    // Years, days and places are what columns are called, too.
    let are_names = [Kind::Integer, Kind::Day].into_iter().any(|of| kinds.iter().all(|kind| *kind == of))
        && first.iter().collect::<HashSet<_>>().len() == first.len();
    are_values && !are_names && kinds.iter().zip(seen).all(fits)
}

/// Returns the texts as values of a type, or nothing if one does not fit.
fn typed(texts: &ArrayRef, as_type: &DataType) -> Option<ArrayRef> {
    let strings = texts.as_string::<i32>();
    Some(match as_type {
        DataType::Null => Arc::new(NullArray::new(strings.len())),
        DataType::Boolean => Arc::new(BooleanArray::from(parsed(strings, kind::flag)?)),
        DataType::Int64 => Arc::new(Int64Array::from(parsed(strings, kind::integer)?)),
        DataType::Float64 => Arc::new(Float64Array::from(parsed(strings, kind::real)?)),
        DataType::Date32 => Arc::new(Date32Array::from(parsed(strings, day)?)),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let micros = parsed(strings, |text| kind::time(text).map(|(micros, _)| micros))?;
            Arc::new(TimestampMicrosecondArray::from(micros).with_timezone_opt(zone.clone()))
        }
        _ => texts.clone(),
    })
}

fn parsed<T>(texts: &StringArray, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<Option<T>>> {
    let one = |text: Option<&str>| match text.map(str::trim) {
        None | Some("") => Some(None),
        Some(text) => match parse(text) {
            Some(value) => Some(Some(value)),
            None if kind::is_missing(text) => Some(None),
            None => None,
        },
    };
    texts.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_tables_and_long_lines_are_read_in_fewer_rows() {
        assert_eq!(step(20, b"a,b\n1,2\n"), STEP);
        assert_eq!(step(1 << 16, b","), 16);
        assert_eq!(step(2, &vec![b'x'; START]), 64);
        assert_eq!(step(0, b""), STEP);
    }

    #[test]
    fn no_more_is_read_than_was_granted() {
        let left = Cell::new(5);
        let mut file = Bounded { file: BufReader::with_capacity(4, &b"0123456789"[..]), left: &left, quotes: None };
        let mut bytes = Vec::new();
        let said = file.read_to_end(&mut bytes).unwrap_err().to_string();
        assert_eq!((bytes.len(), said.as_str()), (8, "its lines are too long to be rows: a quote may not be closed"));
        left.set(9);
        assert_eq!(file.read_to_end(&mut bytes).unwrap(), 2);
    }
}
