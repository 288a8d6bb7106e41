//! The file format: a footer says where the messages are, and which of them are dictionaries, so these are read first wherever they
//! stand, and a file that was cut off is none.
use super::super::file::guarded;
use super::super::folder::cannot;
use super::{OTHER_ORDER, check, plain};
use crate::StatsError;
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::ipc::convert::fb_to_schema;
use arrow::ipc::reader::{FileDecoder, read_footer_length};
use arrow::ipc::{Block, Message, root_as_footer, root_as_message};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

/// The length of the footer, and the mark.
const TAIL: u64 = 10;
/// The first message begins here.
const FIRST: u64 = 8;

/// What the footer of a file says.
pub(super) struct Blocks {
    pub(super) schema: SchemaRef,
    file: File,
    decoder: FileDecoder,
    dictionaries: Vec<Block>,
    batches: Vec<Block>,
}

impl Blocks {
    pub(super) fn open(mut file: File, size: u64, shown: &str) -> Result<Self, StatsError> {
        let cut = || cannot(shown, "its end is missing: it was cut off, or is not written to its end yet");
        let mut tail = [0; TAIL as usize];
        let tail_at = size.checked_sub(TAIL).filter(|at| *at >= FIRST).ok_or_else(cut)?;
        read_at(&mut file, tail_at, &mut tail).map_err(|error| cannot(shown, error))?;
        let length = read_footer_length(tail).map_err(|_| cut())?;
        let end = tail_at.checked_sub(length as u64).filter(|at| *at >= FIRST);
        let end = end.ok_or_else(|| cannot(shown, "its footer is longer than the file"))?;
        let mut footer = vec![0; length];
        read_at(&mut file, end, &mut footer).map_err(|error| cannot(shown, error))?;
        guarded(shown, || Self::of_footer(file, &footer, end))
    }

    /// Reads a footer; what it points to ends before `end`.
    fn of_footer(file: File, footer: &[u8], end: u64) -> Result<Self, String> {
        let footer = root_as_footer(footer).map_err(|error| format!("its footer is damaged: {error}"))?;
        let schema = footer.schema().ok_or("its footer has no schema")?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(OTHER_ORDER.to_owned());
        }
        let schema = Arc::new(fb_to_schema(schema));
        let dictionaries: Vec<Block> = footer.dictionaries().into_iter().flatten().copied().collect();
        let batches: Vec<Block> = footer.recordBatches().into_iter().flatten().copied().collect();
        check_places(dictionaries.iter().chain(&batches), end)?;
        let decoder = FileDecoder::new(schema.clone(), footer.version());
        Ok(Self { schema, file, decoder, dictionaries, batches })
    }

    /// Gives the batches on, in the order of the footer.
    pub(super) fn read(
        mut self,
        shown: &str,
        give: &mut dyn FnMut(&RecordBatch) -> Result<(), StatsError>,
    ) -> Result<(), StatsError> {
        let mut known = HashSet::new();
        for block in std::mem::take(&mut self.dictionaries) {
            let bytes = self.bytes(&block, shown)?;
            let (id, is_more) = guarded(shown, || {
                let message = message(&bytes, &block).ok_or("its bytes are damaged")?;
                let dictionary =
                    message.header_as_dictionary_batch().ok_or("its footer takes another message for a dictionary")?;
                Ok::<_, &str>((dictionary.id(), dictionary.isDelta()))
            })?;
            if !known.insert(id) && !is_more {
                return Err(cannot(
                    shown,
                    "it has two dictionaries for one column, which a stream may have, but no file",
                ));
            }
            guarded(shown, || self.decoder.read_dictionary(&block, &bytes).map_err(plain))?;
        }
        for block in std::mem::take(&mut self.batches) {
            let bytes = self.bytes(&block, shown)?;
            if let Some(batch) = guarded(shown, || self.decoder.read_record_batch(&block, &bytes).map_err(plain))? {
                give(&batch)?;
            }
        }
        Ok(())
    }

    /// The bytes of a message and of its body.
    fn bytes(&mut self, block: &Block, shown: &str) -> Result<Buffer, StatsError> {
        let (start, header, body) = place(block).ok_or_else(|| cannot(shown, "its footer is damaged"))?;
        let mut bytes = vec![0; (header + body) as usize];
        read_at(&mut self.file, start, &mut bytes).map_err(|error| cannot(shown, error))?;
        guarded(shown, || {
            let message = message(&bytes, block).ok_or("its bytes are damaged")?;
            check(message, bytes.get(header as usize..).unwrap_or_default())
        })?;
        Ok(Buffer::from_vec(bytes))
    }
}

fn read_at(file: &mut File, start: u64, into: &mut [u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(into)
}

/// Where a message begins, and how long it and its body are.
fn place(block: &Block) -> Option<(u64, u64, u64)> {
    let header = u64::try_from(block.metaDataLength()).ok()?;
    Some((u64::try_from(block.offset()).ok()?, header, u64::try_from(block.bodyLength()).ok()?))
}

/// No message is in another, so what is read is no longer than the file.
fn check_places<'a>(blocks: impl Iterator<Item = &'a Block>, end: u64) -> Result<(), String> {
    let damaged = || "its footer is damaged: messages are not where it says".to_owned();
    let mut places = blocks.map(place).collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
    places.sort_unstable();
    let mut free = FIRST;
    for (start, header, body) in places {
        let after = start.checked_add(header).and_then(|after| after.checked_add(body));
        let after = after.filter(|after| start >= free && *after <= end).ok_or_else(damaged)?;
        free = after;
    }
    Ok(())
}

/// The message of these bytes, which begin with its length, or with four bytes before that.
fn message<'a>(bytes: &'a [u8], block: &Block) -> Option<Message<'a>> {
    let start = if bytes.starts_with(&[0xFF; 4]) { 8 } else { 4 };
    root_as_message(bytes.get(start..usize::try_from(block.metaDataLength()).ok()?)?).ok()
}
