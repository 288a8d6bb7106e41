//! How large the rows of a Parquet file are once decoded. A few kilobytes may say “the same two megabytes, four thousand
//! times”, so this is known before a batch is made.
use std::fs::File;
use std::os::unix::fs::FileExt;

use parquet::basic::Type;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, Length, SerializedFileReader};

/// The largest page, decompressed.
const LARGEST_PAGE: u64 = 64 << 20;
/// The most values of one page: each takes a few bytes of levels, whatever it takes on the disk.
const MOST_VALUES: u64 = 16 << 20;
/// The largest row.
const LARGEST_ROW: u64 = 16 << 20;
/// What a batch may take.
const BATCH_BYTES: u64 = 32 << 20;
/// Encodings of values by what one byte may become: `DELTA_BYTE_ARRAY` repeats the beginning of the value before.
const DICTIONARY: [i64; 2] = [2, 8];
const DELTA_BYTE_ARRAY: i64 = 7;

/// Returns how many rows of `row_bytes` are decoded at once, at most `most`.
pub fn batch_rows(row_bytes: u64, most: usize) -> usize {
    usize::try_from(BATCH_BYTES / row_bytes.max(1)).unwrap_or(most).clamp(1, most)
}

/// Returns a bound on the bytes of a row of `file`, on average over any run of them, or why it is not readable.
pub fn row_bytes(file: &File) -> Result<u64, String> {
    let again = file.try_clone().map_err(|_| "it cannot be read".to_owned())?;
    let reader = SerializedFileReader::new(again).map_err(|_| "its footer cannot be read".to_owned())?;
    let metadata: &ParquetMetaData = reader.metadata();
    let mut largest = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let mut row = 0_u64;
        for (place, chunk) in group.columns().iter().enumerate() {
            let name = || crate::lakes::shown(&chunk.column_path().string());
            let dictionary = || -> Result<u64, String> {
                let pages = reader.get_row_group(number).and_then(|group| group.get_column_page_reader(place));
                longest_in_dictionary(pages.map_err(|_| format!("column `{}` cannot be read", name()))?)
                    .ok_or_else(|| format!("the dictionary of column `{}` cannot be read", name()))
            };
            let bytes =
                value_bytes(file, group, chunk, dictionary).map_err(|why| format!("column `{}` {why}", name()))?;
            row = row.saturating_add(bytes);
        }
        largest = largest.max(row);
    }
    if largest > LARGEST_ROW {
        return Err(format!("its rows may take {} MiB each, more than 16", largest >> 20));
    }
    Ok(largest)
}

/// Returns a bound on what one row takes of a column.
fn value_bytes(
    file: &File,
    group: &RowGroupMetaData,
    chunk: &ColumnChunkMetaData,
    dictionary: impl FnOnce() -> Result<u64, String>,
) -> Result<u64, String> {
    let column = chunk.column_descr();
    let nested = column.max_rep_level() > 0;
    let texts = chunk.column_type() == Type::BYTE_ARRAY;
    let fixed = match chunk.column_type() {
        Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(column.type_length()).unwrap_or(0),
        _ => 16,
    };
    if !nested && !texts {
        return Ok(fixed);
    }
    let (mut value, mut values, mut in_dictionary) = (fixed, 0_u64, false);
    for header in headers(file, chunk)? {
        if header.uncompressed > LARGEST_PAGE || header.values > MOST_VALUES {
            return Err("has a page that is larger than 64 MiB".to_owned());
        }
        if header.is_dictionary {
            continue;
        }
        values += header.values;
        in_dictionary |= DICTIONARY.contains(&header.encoding);
        value = value.max(match header.encoding {
            encoding if DICTIONARY.contains(&encoding) || !texts => 0,
            DELTA_BYTE_ARRAY => header.uncompressed,
            _ => header.uncompressed / header.values.max(1) + 16,
        });
    }
    if texts && in_dictionary {
        value = value.max(dictionary()? + 16);
    }
    let per_row = if nested { values / u64::try_from(group.num_rows()).unwrap_or(0).max(1) + 1 } else { 1 };
    Ok(value.saturating_mul(per_row))
}

/// Returns the length of the longest text of a dictionary; nothing where the pages cannot be read.
fn longest_in_dictionary(mut pages: Box<dyn PageReader>) -> Option<u64> {
    let Page::DictionaryPage { buf, .. } = pages.get_next_page().ok()?? else { return None };
    let (mut longest, mut rest) = (0, buf.as_ref());
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        longest = longest.max(u64::from(length));
        rest = behind.get(usize::try_from(length).ok()?..)?;
    }
    Some(longest)
}

/// What a page says of itself in front of its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Header {
    is_dictionary: bool,
    uncompressed: u64,
    compressed: u64,
    values: u64,
    encoding: i64,
}

/// Reads the headers of a chunk's pages, one after the other.
fn headers(file: &File, chunk: &ColumnChunkMetaData) -> Result<Vec<Header>, String> {
    let broken = || "has a page that cannot be read".to_owned();
    let (mut at, length) = chunk.byte_range();
    let end = at.checked_add(length).filter(|end| *end <= file.len()).ok_or_else(broken)?;
    let mut headers = Vec::new();
    while at < end {
        let mut found = None;
        // A header holds statistics, whose values may be long.
        for window in [1_u64 << 10, 1 << 20] {
            let mut bytes = vec![0; usize::try_from(window.min(end - at)).map_err(|_| broken())?];
            file.read_exact_at(&mut bytes, at).map_err(|_| broken())?;
            found = Compact { bytes: &bytes, at: 0 }.header();
            if found.is_some() {
                break;
            }
        }
        let (header, length) = found.ok_or_else(broken)?;
        at = at.checked_add(length).and_then(|at| at.checked_add(header.compressed)).ok_or_else(broken)?;
        headers.push(header);
    }
    Ok(headers)
}

/// Thrift's compact protocol, as far as a page header needs it.
struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Compact<'_> {
    /// Reads a page header; returns it and its length.
    fn header(mut self) -> Option<(Header, u64)> {
        let mut header = Header::default();
        let mut kind = None;
        let mut last = 0;
        while let Some((id, of)) = self.field(&mut last)? {
            match (id, of) {
                (1, 5) => kind = Some(self.number()?),
                (2, 5) => header.uncompressed = u64::try_from(self.number()?).ok()?,
                (3, 5) => header.compressed = u64::try_from(self.number()?).ok()?,
                // The headers of a data page, in its two versions: the number of values, and their encoding.
                (5, 12) => (header.values, header.encoding) = self.data(2)?,
                (8, 12) => (header.values, header.encoding) = self.data(4)?,
                (_, of) => self.skip(of, 0)?,
            }
        }
        header.is_dictionary = kind? == 2;
        Some((header, self.at as u64))
    }

    fn data(&mut self, encoding_id: i64) -> Option<(u64, i64)> {
        let (mut values, mut encoding, mut last) = (0, 0, 0);
        while let Some((id, of)) = self.field(&mut last)? {
            match (id, of) {
                (1, 5) => values = u64::try_from(self.number()?).ok()?,
                (id, 5) if id == encoding_id => encoding = self.number()?,
                (_, of) => self.skip(of, 0)?,
            }
        }
        Some((values, encoding))
    }

    /// Returns the next field's id and type; within, nothing at the end of a structure.
    #[expect(clippy::option_option, reason = "the outer one is for bytes that end too early")]
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let byte = self.byte()?;
        if byte == 0 {
            return Some(None);
        }
        *last = match byte >> 4 {
            0 => self.number()?,
            delta => *last + i64::from(delta),
        };
        Some(Some((*last, byte & 15)))
    }

    fn skip(&mut self, of: u8, depth: u8) -> Option<()> {
        match of {
            1 | 2 => {} // a flag is its type
            3 => self.at += 1,
            4..=6 => drop(self.number()?),
            7 => self.at += 8,
            8 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.at = self.at.checked_add(length)?;
            }
            9 | 10 if depth < 8 => {
                let byte = self.byte()?;
                let length = if byte >> 4 == 15 { self.varint()? } else { u64::from(byte >> 4) };
                for _ in 0..length {
                    if matches!(byte & 15, 1 | 2) {
                        self.at += 1;
                    } else {
                        self.skip(byte & 15, depth + 1)?;
                    }
                    self.bytes.get(self.at.checked_sub(1)?)?;
                }
            }
            12 if depth < 8 => {
                let mut last = 0;
                while let Some((_, of)) = self.field(&mut last)? {
                    self.skip(of, depth + 1)?;
                }
            }
            _ => return None,
        }
        (self.at <= self.bytes.len()).then_some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_statistics_is_read_to_its_end() {
        // The header of a data page as pyarrow writes it: statistics hold the smallest and the largest text.
        let bytes = hex("1500159204159c042c1580041510150615061c3600280743303030393232180743303030303032111100000089");
        let (header, length) = Compact { bytes: &bytes, at: 0 }.header().unwrap();
        assert_eq!((header.values, header.encoding, header.uncompressed, header.compressed), (256, 8, 265, 270));
        assert_eq!(length, 44);
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
    }

    use arrow::array::{
        ArrayRef, FixedSizeBinaryArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Encoding;
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use std::sync::Arc;

    fn of(column: ArrayRef, properties: WriterProperties) -> Result<u64, String> {
        let file = tempfile::tempfile().unwrap();
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(file.try_clone().unwrap(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        row_bytes(&file)
    }

    fn texts(length: usize, times: usize) -> ArrayRef {
        Arc::new(StringArray::from(vec!["x".repeat(length); times]))
    }

    fn plain() -> WriterProperties {
        WriterProperties::builder().set_dictionary_enabled(false).build()
    }

    #[test]
    fn rows_are_as_large_as_they_decode_to() {
        let default = WriterProperties::default;
        assert_eq!(of(Arc::new(Int64Array::from(vec![1; 9])), default()), Ok(16));
        assert_eq!(of(texts(10, 5_000), default()), Ok(26));
        assert_eq!(of(texts(200_000, 50), default()), Ok(200_016), "as in its dictionary, which is there once");
        let plain_rows = of(texts(100_000, 50), plain()).unwrap();
        assert!((100_000..120_000).contains(&plain_rows), "{plain_rows}");
        let prefixed = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_2_0)
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::DELTA_BYTE_ARRAY)
            .build();
        assert!(of(texts(100_000, 50), prefixed).unwrap() > 100_000, "each repeats the one before");
        let wide = FixedSizeBinaryArray::try_from_iter(vec![vec![0_u8; 70_000]; 3].into_iter()).unwrap();
        assert_eq!(of(Arc::new(wide), default()), Ok(70_000));
        let mut lists = ListBuilder::new(StringBuilder::new());
        for _ in 0..10 {
            lists.append_value(vec![Some("x".repeat(50_000)); 4]);
        }
        assert!(of(Arc::new(lists.finish()), default()).unwrap() > 200_000);
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        let large = of(texts(20 << 20, 3), WriterProperties::default()).unwrap_err();
        assert_eq!(large, "its rows may take 20 MiB each, more than 16");
        let page = of(texts(70 << 20, 1), plain()).unwrap_err();
        assert_eq!(page, "column `a` has a page that is larger than 64 MiB");
    }

    #[test]
    fn batches_are_as_long_as_rows_are_short() {
        assert_eq!((batch_rows(16, 4_096), batch_rows(1 << 20, 4_096), batch_rows(u64::MAX, 4_096)), (4_096, 32, 1));
    }
}
