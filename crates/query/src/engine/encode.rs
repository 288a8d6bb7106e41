use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json::writer::{LineDelimited, WriterBuilder};
use bytes::Bytes;

use super::Error;

/// How rows travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// An Arrow IPC stream.
    Arrow,
    /// One JSON object a line; null is there as `null`.
    JsonLines,
    /// Text with a header line; null is an empty field.
    Csv,
}

impl Encoding {
    /// Returns the media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::JsonLines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// Returns the word for it that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arrow => "arrow",
            Self::JsonLines => "json_lines",
            Self::Csv => "csv",
        }
    }
}

/// Turns batches into bytes; what is written so far is taken away piece by piece.
pub(crate) struct Encoder {
    writer: Writer,
    written: Written,
    schema: SchemaRef,
}

enum Writer {
    Arrow(StreamWriter<Written>),
    JsonLines(arrow::json::Writer<Written, LineDelimited>),
    Csv(Box<arrow::csv::Writer<Written>>),
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Encoder {
    /// Begins an answer with these columns; refuses what the encoding cannot hold.
    pub(crate) fn new(encoding: Encoding, schema: &SchemaRef) -> Result<Self, Error> {
        let written = Written::default();
        let writer = match encoding {
            Encoding::Arrow => Writer::Arrow(StreamWriter::try_new(written.clone(), schema).map_err(|e| failed(&e))?),
            Encoding::JsonLines => {
                check_names(schema)?;
                let writer = WriterBuilder::new().with_explicit_nulls(true);
                Writer::JsonLines(writer.build::<_, LineDelimited>(written.clone()))
            }
            Encoding::Csv => {
                check_flat(schema)?;
                Writer::Csv(Box::new(arrow::csv::WriterBuilder::new().with_header(true).build(written.clone())))
            }
        };
        Ok(Self { writer, written, schema: Arc::clone(schema) })
    }

    /// Writes a batch and returns the bytes since the last call.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<Bytes, Error> {
        match &mut self.writer {
            Writer::Arrow(writer) => writer.write(batch),
            Writer::JsonLines(writer) => writer.write(batch),
            Writer::Csv(writer) => writer.write(batch),
        }
        .map_err(|error| failed(&error))?;
        Ok(self.take())
    }

    /// Writes the end and returns the last bytes.
    pub(crate) fn finish(mut self) -> Result<Bytes, Error> {
        match &mut self.writer {
            Writer::Arrow(writer) => writer.finish(),
            Writer::JsonLines(writer) => writer.finish(),
            // The header stands there also when no row does.
            Writer::Csv(writer) => writer.write(&RecordBatch::new_empty(Arc::clone(&self.schema))),
        }
        .map_err(|error| failed(&error))?;
        Ok(self.take())
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn failed(_: &ArrowError) -> Error {
    Error::Failed("the rows could not be written in this format")
}

fn check_names(schema: &SchemaRef) -> Result<(), Error> {
    let mut names = BTreeSet::new();
    match schema.fields().iter().find(|field| !names.insert(field.name())) {
        Some(twice) => Err(Error::Mistake {
            detail: format!("two columns of the answer are called `{}`", twice.name()),
            hint: Some("give one of them another name with AS".into()),
        }),
        None => Ok(()),
    }
}

fn check_flat(schema: &SchemaRef) -> Result<(), Error> {
    let flat = |of: &DataType| !of.is_nested() || matches!(of, DataType::Dictionary(..));
    match schema.fields().iter().find(|field| !flat(field.data_type())) {
        Some(nested) => Err(Error::Mistake {
            detail: format!("column `{}` is a list or a structure, which CSV cannot hold", nested.name()),
            hint: Some("ask for Arrow or JSON Lines".into()),
        }),
        None => Ok(()),
    }
}
