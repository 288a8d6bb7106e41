//! Arrow IPC, as a stream or as a file. A batch, and all dictionaries, are held at a time.
mod file;
mod stream;

use super::folder::cannot;
use super::memory::STEP;
use crate::StatsError;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::ipc::Message;
use file::Blocks;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use stream::Messages;

/// What a file begins and ends with; at the beginning two bytes follow.
const MARK: &[u8; 6] = b"ARROW1";

enum Source {
    Stream(Box<Messages>),
    File(Blocks),
}

impl Source {
    fn open(path: &Path, shown: &str) -> Result<Self, StatsError> {
        let failed = |error: std::io::Error| cannot(shown, error);
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut start = Vec::new();
        (&file).take(MARK.len() as u64).read_to_end(&mut start).map_err(failed)?;
        if start.starts_with(b"FEA1") {
            return Err(cannot(shown, "it is Feather of version 1: write version 2"));
        }
        if start == MARK {
            return Blocks::open(file, size, shown).map(Self::File);
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Self::Stream(Box::new(Messages::of(file, size))))
    }
}

/// Returns the columns, of which only the first bytes are read, or the footer.
pub(super) fn schema(path: &Path, shown: &str) -> Result<SchemaRef, StatsError> {
    match Source::open(path, shown)? {
        Source::File(blocks) => Ok(blocks.schema),
        Source::Stream(mut messages) => {
            while messages.decoder.schema().is_none() && messages.feed(shown)? {}
            messages.decoder.schema().ok_or_else(|| cannot(shown, "it has no schema: it is no Arrow IPC"))
        }
    }
}

/// Gives these columns on, piece by piece.
pub(super) fn read(
    path: &Path,
    shown: &str,
    schema: &Schema,
    columns: &[(usize, DataType)],
    emit: &mut dyn FnMut(usize, Vec<ArrayRef>) -> Result<(), StatsError>,
) -> Result<(), StatsError> {
    let mut give = |batch: &RecordBatch| {
        if batch.num_columns() != schema.fields().len() {
            return Err(cannot(shown, "it was changed while it was read"));
        }
        for from in (0..batch.num_rows()).step_by(STEP) {
            let piece = batch.slice(from, STEP.min(batch.num_rows() - from));
            emit(piece.num_rows(), columns.iter().map(|(column, _)| piece.column(*column).clone()).collect())?;
        }
        Ok(())
    };
    match Source::open(path, shown)? {
        Source::File(blocks) => blocks.read(shown, &mut give),
        Source::Stream(mut messages) => {
            while messages.feed(shown)? || !messages.batches.is_empty() {
                messages.batches.drain(..).try_for_each(|batch| give(&batch))?;
            }
            Ok(())
        }
    }
}

/// A batch of more rows is none, which a column of nulls costs nothing.
const MOST_ROWS: u64 = 1 << 32;
/// A compressed batch takes no more bytes than this once it is not: what its buffers announce is asked for at once.
const MOST_BYTES: u64 = 1 << 30;

/// Says what is wrong with a message, if it is something that a decoder must not see: numbers of the other byte order, which it would
/// take for ours, and a few bytes that announce very many rows, or very long buffers.
fn check(message: Message<'_>, body: &[u8]) -> Result<(), &'static str> {
    if message.header_as_schema().is_some_and(|schema| !schema.endianness().equals_to_target_endianness()) {
        return Err(OTHER_ORDER);
    }
    let batch = message.header_as_record_batch();
    let batch = batch.or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some(batch) = batch else { return Ok(()) };
    if !u64::try_from(batch.length()).is_ok_and(|rows| rows <= MOST_ROWS) {
        return Err("its bytes are damaged: they announce more rows than a batch has");
    }
    if batch.compression().is_none() {
        return Ok(());
    }
    let announced = |buffer: &arrow::ipc::Buffer| {
        let start = usize::try_from(buffer.offset()).ok();
        let announced = start.and_then(|start| body.get(start..)?.first_chunk::<8>());
        // −1 says that it is not compressed.
        announced.map(|length| u64::from_le_bytes(*length)).filter(|length| *length != u64::MAX).unwrap_or(0)
    };
    let all = batch.buffers().iter().flatten().map(announced).fold(0, u64::saturating_add);
    if all <= MOST_BYTES {
        Ok(())
    } else {
        Err(
            "it announces a batch of more than 1 GiB, compressed: smaller batches are read, or larger ones that are not compressed",
        )
    }
}

/// What is said of numbers that begin with their largest byte.
const OTHER_ORDER: &str = "its numbers are of the other byte order";

/// The reader's own words, without the name of its kind of errors.
fn plain(error: arrow::error::ArrowError) -> String {
    match error {
        arrow::error::ArrowError::IpcError(why) | arrow::error::ArrowError::ParseError(why) => why,
        other => other.to_string(),
    }
}
