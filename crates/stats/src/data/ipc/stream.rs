//! The stream format: messages one after another, the types first, dictionaries before what uses them.
use super::super::file::guarded;
use super::super::folder::cannot;
use super::{check, plain};
use crate::StatsError;
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::root_as_message;
use std::fs::File;
use std::io::{BufReader, Read};

/// The messages of a stream, none of which is longer than the file.
pub(super) struct Messages {
    file: BufReader<File>,
    /// Bytes that are left.
    left: u64,
    pub(super) decoder: StreamDecoder,
    /// Those that were decoded last: a message without a body is decoded with the next one.
    pub(super) batches: Vec<RecordBatch>,
}

impl Messages {
    pub(super) fn of(file: File, left: u64) -> Self {
        Self { file: BufReader::new(file), left, decoder: StreamDecoder::new(), batches: Vec::new() }
    }

    /// Reads the next message; false at the end.
    pub(super) fn feed(&mut self, shown: &str) -> Result<bool, StatsError> {
        if self.left == 0 {
            guarded(shown, || self.decoder.finish().map_err(plain))?;
            return Ok(false);
        }
        let mut head = self.take(4, shown)?;
        if head == [0xFF; 4] {
            head.extend(self.take(4, shown)?);
        }
        let length = head.last_chunk::<4>().map_or(0, |length| u32::from_le_bytes(*length));
        if length == 0 {
            self.decode(head, shown)?;
            self.left = 0;
            return Ok(false);
        }
        let message = self.take(u64::from(length), shown)?;
        let body = guarded(shown, || root_as_message(&message).map(|message| message.bodyLength()))?;
        let body = u64::try_from(body).map_err(|_| cannot(shown, "its bytes are damaged"))?;
        let body = self.take(body, shown)?;
        guarded(shown, || root_as_message(&message).map(|message| check(message, &body)))?
            .map_err(|why| cannot(shown, why))?;
        for bytes in [head, message, body] {
            self.decode(bytes, shown)?;
        }
        Ok(true)
    }

    fn decode(&mut self, bytes: Vec<u8>, shown: &str) -> Result<(), StatsError> {
        let mut buffer = Buffer::from_vec(bytes);
        while !buffer.is_empty() {
            self.batches.extend(guarded(shown, || self.decoder.decode(&mut buffer).map_err(plain))?);
        }
        Ok(())
    }

    fn take(&mut self, count: u64, shown: &str) -> Result<Vec<u8>, StatsError> {
        self.left = self.left.checked_sub(count).ok_or_else(|| cannot(shown, "it ends too early"))?;
        let mut bytes = vec![0; count as usize];
        self.file.read_exact(&mut bytes).map_err(|error| cannot(shown, error))?;
        Ok(bytes)
    }
}
