//! Pages of Parquet, looked over once they are decompressed and before they are decoded.
//!
//! Decoders of differences (`DELTA_…`) ask for memory by how many numbers a page says that it has, which a few bytes may say at will, and
//! those of shared beginnings make long texts of short ones; the library decompresses gzip and brotli to whatever length. A process that
//! cannot get the memory dies.
use super::thrift::{PAGE, check_pages, signed, take, varint};
use flate2::read::MultiGzDecoder;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;

/// A page of lists has no more values than this, nor a page of differences more lengths: each takes 4 bytes or more once it is decoded,
/// and next to nothing in the file. Writers keep to some ten thousand rows a page.
const MOST_VALUES: u64 = 1 << 26;

/// A row group of a file.
pub(super) struct Pages {
    pub(super) file: Arc<File>,
    pub(super) metadata: Arc<ParquetMetaData>,
    pub(super) group: usize,
}

impl Pages {
    fn rows(&self) -> usize {
        usize::try_from(self.metadata.row_group(self.group).num_rows()).unwrap_or(0)
    }
}

impl RowGroups for Pages {
    fn num_rows(&self) -> usize {
        self.rows()
    }

    fn column_chunks(&self, leaf: usize) -> Result<Box<dyn PageIterator>> {
        let mut chunk = self.metadata.row_group(self.group).column(leaf).clone();
        let column = chunk.column_descr();
        let levels = [column.max_rep_level(), column.max_def_level()];
        let codec = match chunk.compression() {
            Compression::GZIP(_) => Some(Codec::Gzip),
            Compression::BROTLI(_) => Some(Codec::Brotli),
            _ => None,
        };
        let mut lengths = Vec::new();
        if codec.is_some() {
            lengths = check_headers(&self.file, &chunk).map_err(ParquetError::General)?;
            chunk = chunk.into_builder().set_compression(Compression::UNCOMPRESSED).build()?;
        }
        let pages = SerializedPageReader::new(self.file.clone(), &chunk, self.rows(), None)?;
        Ok(Box::new(Chunk(Some(Checked { pages, levels, codec, lengths: lengths.into_iter() }))))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(std::iter::once(self.metadata.row_group(self.group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// Returns how long each page of a chunk is once it is not compressed, or says what is wrong with its headers.
pub(super) fn check_headers(file: &File, chunk: &ColumnChunkMetaData) -> std::result::Result<Vec<u64>, String> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let (Ok(start), Ok(length)) = (u64::try_from(start), u64::try_from(chunk.compressed_size())) else {
        return Err("its footer has a column that is nowhere".to_owned());
    };
    check_pages(file, start, length)
}

/// The only chunk of a column, until it is taken.
struct Chunk(Option<Checked>);

impl Iterator for Chunk {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take().map(|pages| Ok(Box::new(pages) as Box<dyn PageReader>))
    }
}

impl PageIterator for Chunk {}

/// The pages of a chunk, none of which a decoder must not see.
struct Checked {
    pages: SerializedPageReader<File>,
    /// The highest level of repetition and that of definition.
    levels: [i16; 2],
    /// How pages are compressed that the library does not decompress to a length.
    codec: Option<Codec>,
    /// That length, of each page to come.
    lengths: std::vec::IntoIter<u64>,
}

#[derive(Clone, Copy)]
enum Codec {
    Gzip,
    Brotli,
}

impl Codec {
    /// Decompresses what must be so long.
    fn decompress(self, bytes: &[u8], length: u64) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        if length > 0 {
            match self {
                Self::Gzip => MultiGzDecoder::new(bytes).take(length + 1).read_to_end(&mut whole)?,
                Self::Brotli => brotli::Decompressor::new(bytes, 1 << 16).take(length + 1).read_to_end(&mut whole)?,
            };
        }
        if whole.len() as u64 == length {
            Ok(whole)
        } else {
            Err(ParquetError::General("a page is not as long as its header says".to_owned()))
        }
    }
}

impl Checked {
    /// The page, decompressed.
    fn whole(&mut self, mut page: Page) -> Result<Page> {
        let Some(codec) = self.codec else { return Ok(page) };
        let damaged = || ParquetError::General("the header of a page is damaged".to_owned());
        let length = self.lengths.next().ok_or_else(damaged)?;
        match &mut page {
            Page::DataPage { buf, .. } | Page::DictionaryPage { buf, .. } => {
                *buf = codec.decompress(buf, length)?.into();
            }
            Page::DataPageV2 { is_compressed: false, .. } => {}
            Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
                // The levels are not compressed.
                let levels = u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len);
                let split = usize::try_from(levels).ok().and_then(|levels| buf.split_at_checked(levels));
                let (levels, values) = split.ok_or_else(damaged)?;
                let length = length.checked_sub(levels.len() as u64).ok_or_else(damaged)?;
                *buf = [levels, &codec.decompress(values, length)?].concat().into();
            }
        }
        Ok(page)
    }
}

impl Iterator for Checked {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let Some(page) = self.pages.get_next_page()? else { return Ok(None) };
        let page = self.whole(page)?;
        check(&page, self.levels).map_err(|why| ParquetError::General(why.to_owned()))?;
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.lengths.next();
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// Says what is wrong with a page, if it is something that a decoder must not see.
fn check(page: &Page, levels: [i16; 2]) -> std::result::Result<(), &'static str> {
    if !page.is_data_page() {
        return Ok(());
    }
    let values = u64::from(page.num_values());
    if levels[0] > 0 && values > MOST_VALUES {
        return Err("it announces a page of lists with more values than are read");
    }
    let Some(mut rest) = after_levels(page, levels) else { return Err("the levels of a page are damaged") };
    if rest.is_empty() {
        return Ok(());
    }
    let most = values.min(MOST_VALUES);
    let too_many = "it announces a page of more values than it has";
    match page.encoding() {
        // Numbers are decoded as they are asked for, lengths all at once.
        Encoding::DELTA_BINARY_PACKED => count(rest).filter(|count| *count <= values).map(|_| ()).ok_or(too_many),
        Encoding::DELTA_LENGTH_BYTE_ARRAY => count(rest).filter(|count| *count <= most).map(|_| ()).ok_or(too_many),
        Encoding::DELTA_BYTE_ARRAY => {
            let shared = sum(&mut rest, most).ok_or("the lengths of a page are damaged")?;
            if shared > PAGE as u64 {
                return Err("it announces texts that together are longer than a page may be");
            }
            count(rest).filter(|count| *count <= most).map(|_| ()).ok_or(too_many)
        }
        _ => Ok(()),
    }
}

/// The values of a page, which stand after their levels.
fn after_levels(page: &Page, levels: [i16; 2]) -> Option<&[u8]> {
    match page {
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            buf.get(usize::try_from(u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)).ok()?..)
        }
        Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
            let mut rest = &buf[..];
            for (level, encoding) in levels.into_iter().zip([rep_level_encoding, def_level_encoding]) {
                if level <= 0 {
                    continue;
                }
                let length = if *encoding == Encoding::RLE {
                    u64::from(u32::from_le_bytes(*take(&mut rest, 4)?.first_chunk()?))
                } else {
                    (u64::from(*num_values) * u64::from(i16::BITS - level.leading_zeros())).div_ceil(8)
                };
                take(&mut rest, usize::try_from(length).ok()?)?;
            }
            Some(rest)
        }
        Page::DictionaryPage { buf, .. } => Some(buf),
    }
}

/// How many numbers a page says that it has as differences.
fn count(mut rest: &[u8]) -> Option<u64> {
    let (_block, _parts) = (varint(&mut rest)?, varint(&mut rest)?);
    varint(&mut rest)
}

/// Returns the sum of numbers that are kept as differences (`DELTA_BINARY_PACKED`), none of which is below 0; nothing if they are not
/// that, or more than `most`. What comes after them is left.
fn sum(rest: &mut &[u8], most: u64) -> Option<u64> {
    let (block, parts, count) = (varint(rest)?, varint(rest)?, varint(rest)?);
    let mut number = i32::try_from(signed(rest)?).ok()?;
    if count == 0 {
        return Some(0);
    }
    let size = block.checked_div(parts).filter(|size| size % 32 == 0 && size * parts == block)?;
    let mut sum = u64::try_from(number).ok()?;
    let mut left = count.checked_sub(1).filter(|left| *left < most)?;
    while left > 0 {
        let least = i32::try_from(signed(rest)?).ok()?;
        for &width in take(rest, usize::try_from(parts).ok()?)? {
            if left == 0 {
                // What does not exist may have any width.
                break;
            }
            let width = Some(u64::from(width)).filter(|width| *width <= 32)?;
            let length = usize::try_from(size.checked_mul(width)? / 8).ok()?;
            let bits = take(rest, length.min(rest.len()))?;
            let here = left.min(size);
            (here.checked_mul(width)? <= bits.len() as u64 * 8).then_some(())?;
            for place in 0..here {
                number = number.wrapping_add(least).wrapping_add(bits_at(bits, place * width, width) as i32);
                sum = sum.checked_add(u64::try_from(number).ok()?)?;
            }
            left -= here;
        }
    }
    Some(sum)
}

/// The number of so many bits, 32 at most, at a place; the lowest bit comes first.
fn bits_at(bytes: &[u8], place: u64, width: u64) -> u64 {
    let mut word = [0; 8];
    word.iter_mut().zip(bytes.iter().skip((place / 8) as usize)).for_each(|(to, from)| *to = *from);
    (u64::from_le_bytes(word) >> (place % 8)) & ((1 << width) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(encoding: Encoding, values: u32, bytes: &[u8]) -> Page {
        Page::DataPage {
            buf: bytes.to_vec().into(),
            num_values: values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }
    }

    /// So many numbers, the first of which is this, with the same step between all.
    fn steps(count: u32, first: i32, step: i32) -> Vec<u8> {
        let varint = |mut number: u64| {
            let mut bytes = Vec::new();
            while number > 0x7F {
                bytes.push((number & 0x7F) as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
            bytes
        };
        let zigzag = |number: i32| varint(((i64::from(number) << 1) ^ (i64::from(number) >> 63)).cast_unsigned());
        let mut bytes = [varint(128), varint(4), varint(u64::from(count)), zigzag(first)].concat();
        (1..count).step_by(128).for_each(|_| bytes.extend([zigzag(step), vec![0; 4]].concat()));
        bytes
    }

    #[test]
    fn numbers_that_are_kept_as_differences_are_summed() {
        let summed = |bytes: &[u8], most: u64| {
            let mut rest = bytes;
            (sum(&mut rest, most), rest.len())
        };
        assert_eq!(summed(&[steps(5, 3, 2), vec![9; 7]].concat(), 5), (Some(3 + 5 + 7 + 9 + 11), 7));
        assert_eq!(summed(&steps(1_000, 7, 0), 1_000), (Some(7_000), 0));
        assert_eq!(summed(&steps(0, 0, 0), 0), (Some(0), 0));
        // Widths of 3, 0, 0 and 0 bits; differences of 5 and 2 above a least one of −1.
        let packed = [&b"\x80\x01\x04\x03\x08\x01\x03\x00\x00\x00"[..], &[0b010_101], &[0; 11]].concat();
        assert_eq!(summed(&packed, 3), (Some(4 + 8 + 9), 0));
        for (bytes, most) in [(steps(5, 3, 2), 4), (steps(5, 3, -1), 5), (b"\x80\x01\x04\x05".to_vec(), 9), (vec![], 9)]
        {
            assert_eq!(summed(&bytes, most).0, None, "{bytes:?}");
        }
    }

    #[test]
    fn no_page_is_longer_than_it_says() {
        use std::io::Write;
        let zeros = vec![0; 1 << 20];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&zeros).unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 22);
        brotli.write_all(&zeros).unwrap();
        for (codec, bytes) in [(Codec::Gzip, gzip.finish().unwrap()), (Codec::Brotli, brotli.into_inner())] {
            assert!(bytes.len() < 5_000);
            assert_eq!(codec.decompress(&bytes, 1 << 20).unwrap(), zeros);
            for length in [9, (1 << 20) - 1, (1 << 20) + 1] {
                assert!(codec.decompress(&bytes, length).is_err(), "{length}");
            }
            assert!(codec.decompress(&bytes[..bytes.len() / 2], 1 << 20).is_err());
        }
    }

    /// Each of these asked for more memory than there is.
    #[test]
    fn pages_of_differences_that_announce_too_much_are_refused() {
        let said = |encoding, values, bytes: &[u8], levels| check(&page(encoding, values, bytes), levels).err();
        let too_many = Some("it announces a page of more values than it has");
        let huge = b"\x80\x01\x04\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x0F\x00";
        for encoding in [Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
            assert_eq!(said(encoding, 3, huge, [0, 0]), too_many);
            assert_eq!(said(encoding, 3, &steps(3, 0, 0), [0, 0]), None);
            // After the levels, which say how long they are.
            assert_eq!(said(encoding, 3, &[b"\x02\0\0\0\x06\x01", &huge[..]].concat(), [0, 1]), too_many);
            assert_eq!(said(encoding, 3, &[b"\x02\0\0\0\x06\x01", &steps(2, 1, 0)[..]].concat(), [0, 1]), None);
            assert_eq!(said(encoding, 3, b"\xFF\0\0\0\x06", [0, 1]), Some("the levels of a page are damaged"));
        }
        let shared =
            |first: &[u8], second: &[u8]| said(Encoding::DELTA_BYTE_ARRAY, 20_000, &[first, second].concat(), [0, 0]);
        assert_eq!(shared(&steps(20_000, 0, 0), &steps(20_000, 9, 0)), None);
        assert_eq!(shared(&steps(20_000, 0, 0), huge), too_many);
        assert_eq!(shared(huge, huge), Some("the lengths of a page are damaged"));
        let long = Some("it announces texts that together are longer than a page may be");
        assert_eq!(shared(&steps(20_000, 1 << 20, 0), &steps(20_000, 0, 0)), long);
        assert_eq!(
            said(Encoding::PLAIN, u32::MAX, &[], [1, 1]),
            Some("it announces a page of lists with more values than are read")
        );
    }
}
