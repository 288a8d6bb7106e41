//! Files of every format, damaged in every way that a seeded generator thinks of: the answer is a profile or an error of the file, in
//! bounded memory. They are read in a process of its own that gets no more memory than that, since one that asks for more is ended.
#![expect(clippy::disallowed_methods, reason = "a test that runs itself again says so by the environment")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in files of some KiB, and shares of them"
)]
use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int32Array,
    Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type};
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Damaged files of each kind, unless the environment asks for another number.
const CASES: u32 = 60;
/// Memory of the process that reads them, in KiB. One batch of the longest page that is read takes half a GiB.
const MEMORY: u64 = 3 << 20;
/// The environment of that process has this.
const INSIDE: &str = "LOCKGATE_HOSTILE_FILES";

/// What is done to the bytes of a file. Places are shares of it, so that a smaller file is damaged alike.
#[derive(Clone, Debug)]
enum Damage {
    Cut(f64),
    Flip(Place, u8),
    Byte(Place, u8),
    /// A number of seven bits a byte that is as large as so many bytes can say: counts and lengths in headers are such numbers.
    Huge(Place, usize),
    /// Four or eight bytes of an extreme number.
    Extreme(Place, i64, usize),
    Insert(Place, Vec<u8>),
    Remove(Place, usize),
    /// A stretch of the file, put over another one.
    Splice(Place, Place, usize),
}

/// Where: anywhere, near the end, where footers are, or at one of the places that the file is known to have a header at.
#[derive(Clone, Debug)]
enum Place {
    Any(f64),
    End(usize),
    Header(f64, usize),
}

struct Kind {
    name: String,
    bytes: Vec<u8>,
    headers: Vec<usize>,
}

impl Kind {
    fn at(&self, place: &Place, length: usize) -> usize {
        let at = match *place {
            Place::Any(share) => (share * length as f64) as usize,
            Place::End(before) => length.saturating_sub(before + 1),
            Place::Header(share, after) => {
                let which = (share * self.headers.len() as f64) as usize;
                self.headers.get(which).map_or(after, |header| header + after)
            }
        };
        at.min(length.saturating_sub(1))
    }

    fn damaged(&self, all: &[Damage]) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for damage in all.iter().filter(|_| !self.bytes.is_empty()) {
            let length = bytes.len();
            let at = |place: &Place| self.at(place, length);
            let put = |bytes: &mut Vec<u8>, at: usize, new: &[u8]| {
                bytes.iter_mut().skip(at).zip(new).for_each(|(byte, new)| *byte = *new);
            };
            match damage {
                Damage::Cut(share) => bytes.truncate((share * length as f64) as usize),
                Damage::Flip(place, bit) => {
                    let flipped = bytes.get(at(place)).map(|byte| byte ^ (1 << bit));
                    put(&mut bytes, at(place), flipped.as_slice());
                }
                Damage::Byte(place, byte) => put(&mut bytes, at(place), &[*byte]),
                Damage::Huge(place, count) => {
                    let mut number = vec![0xFF; count - 1];
                    number.push(0x0F);
                    put(&mut bytes, at(place), &number);
                }
                Damage::Extreme(place, number, count) => put(&mut bytes, at(place), &number.to_le_bytes()[..*count]),
                Damage::Insert(place, new) => {
                    let at = at(place);
                    bytes.splice(at..at, new.iter().copied());
                }
                Damage::Remove(place, count) => {
                    let at = at(place);
                    bytes.drain(at..(at + count).min(length));
                }
                Damage::Splice(from, to, count) => {
                    let stretch: Vec<u8> = bytes.iter().skip(at(from)).take(*count).copied().collect();
                    put(&mut bytes, at(to), &stretch);
                }
            }
            if bytes.is_empty() {
                break;
            }
        }
        bytes
    }
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        2 => (0.0..1.0).prop_map(Place::Any),
        2 => (0usize..700).prop_map(Place::End),
        3 => ((0.0..1.0), 0usize..40).prop_map(|(which, after)| Place::Header(which, after)),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let extremes = prop::sample::select(vec![-1, 0, 1, i64::MAX, i64::MIN, i64::from(i32::MAX), 1 << 31, 1 << 40]);
    prop_oneof![
        1 => (0.0..1.0).prop_map(Damage::Cut),
        3 => (place(), 0u8..8).prop_map(|(place, bit)| Damage::Flip(place, bit)),
        2 => (place(), any::<u8>()).prop_map(|(place, byte)| Damage::Byte(place, byte)),
        3 => (place(), 2usize..11).prop_map(|(place, count)| Damage::Huge(place, count)),
        2 => (place(), extremes, prop::sample::select(vec![4, 8]))
            .prop_map(|(place, number, count)| Damage::Extreme(place, number, count)),
        1 => (place(), prop::collection::vec(any::<u8>(), 1..9)).prop_map(|(place, new)| Damage::Insert(place, new)),
        1 => (place(), 1usize..20).prop_map(|(place, count)| Damage::Remove(place, count)),
        1 => (place(), place(), 1usize..60).prop_map(|(from, to, count)| Damage::Splice(from, to, count)),
    ]
}

fn column<T: Into<ArrayRef>>(array: T) -> ArrayRef {
    array.into()
}

/// Numbers, texts that begin alike, codes, flags, lists, structures, decimals and bytes of one length, with nulls.
fn table(rows: i64) -> RecordBatch {
    let whole: Int64Array = (0..rows).map(|row| (row % 7 != 0).then_some(row * 37 % 91)).collect();
    let small: Int32Array = (0..rows as i32).map(|row| Some(row % 3)).collect();
    let real: Float64Array = (0..rows).map(|row| Some(row as f64 / 3.0)).collect();
    let flag: BooleanArray = (0..rows).map(|row| (row % 5 != 0).then_some(row % 2 == 0)).collect();
    let text: StringArray = (0..rows).map(|row| (row % 6 != 0).then(|| format!("customer-{:04}", row * 7))).collect();
    let code: DictionaryArray<Int32Type> = (0..rows).map(|row| Some(["Bern", "Genf"][row as usize % 2])).collect();
    let list = |row: i64| (row % 4 != 0).then(|| (0..row % 3).map(|item| (item != 1).then_some(item)));
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>((0..rows).map(list));
    let parts = StructArray::from(vec![
        (Arc::new(Field::new("a", DataType::Int64, true)), column(Arc::new(whole.clone()) as ArrayRef)),
        (Arc::new(Field::new("b", DataType::Utf8, true)), Arc::new(text.clone()) as ArrayRef),
    ]);
    let money = Decimal128Array::from_iter_values((0..rows).map(|row| i128::from(row) * 1_001));
    let money = money.with_precision_and_scale(25, 2).unwrap();
    let fixed = (0..rows).map(|row| (row % 3 != 0).then(|| row.to_le_bytes()));
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 8).unwrap();
    RecordBatch::try_from_iter_with_nullable([
        ("whole", Arc::new(whole) as ArrayRef, true),
        ("small", Arc::new(small), false),
        ("real", Arc::new(real), true),
        ("flag", Arc::new(flag), true),
        ("text", Arc::new(text), true),
        ("code", Arc::new(code), true),
        ("lists", Arc::new(lists), true),
        ("parts", Arc::new(parts), true),
        ("money", Arc::new(money), true),
        ("fixed", Arc::new(fixed), true),
    ])
    .unwrap()
}

/// With small pages, so that there are many headers.
fn parquet(name: &str, of: impl FnOnce(WriterPropertiesBuilder) -> WriterPropertiesBuilder) -> Kind {
    let properties = WriterProperties::builder().set_data_page_row_count_limit(20).set_write_batch_size(10);
    let properties = of(properties.set_max_row_group_row_count(Some(40))).build();
    let mut bytes = Vec::new();
    let table = table(70);
    let mut writer = ArrowWriter::try_new(&mut bytes, table.schema(), Some(properties)).unwrap();
    writer.write(&table).unwrap();
    let written = writer.close().unwrap();
    let mut headers = Vec::new();
    for chunk in written.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        headers.push(chunk.byte_range().0 as usize);
        headers.push(chunk.data_page_offset() as usize);
    }
    for page in written.offset_index().into_iter().flatten().flatten().flat_map(OffsetIndexMetaData::page_locations) {
        headers.push(page.offset as usize);
    }
    Kind { name: format!("{name}.parquet"), bytes, headers }
}

fn parquets() -> Vec<Kind> {
    let encoded = |name: &'static str, version: WriterVersion, columns: &'static [(&'static str, Encoding)]| {
        parquet(name, move |properties| {
            let properties = properties.set_writer_version(version).set_dictionary_enabled(false);
            columns.iter().fold(properties, |properties, (column, encoding)| {
                properties.set_column_encoding((*column).into(), *encoding)
            })
        })
    };
    const DELTA: &[(&str, Encoding)] = &[
        ("whole", Encoding::DELTA_BINARY_PACKED),
        ("small", Encoding::DELTA_BINARY_PACKED),
        ("text", Encoding::DELTA_LENGTH_BYTE_ARRAY),
        ("code", Encoding::DELTA_BYTE_ARRAY),
        ("fixed", Encoding::DELTA_BYTE_ARRAY),
        ("real", Encoding::BYTE_STREAM_SPLIT),
    ];
    const SHARED: &[(&str, Encoding)] =
        &[("text", Encoding::DELTA_BYTE_ARRAY), ("code", Encoding::DELTA_LENGTH_BYTE_ARRAY), ("flag", Encoding::RLE)];
    let mut all = vec![
        encoded("delta", WriterVersion::PARQUET_1_0, DELTA),
        encoded("delta-2", WriterVersion::PARQUET_2_0, DELTA),
        encoded("shared", WriterVersion::PARQUET_1_0, SHARED),
        encoded("shared-2", WriterVersion::PARQUET_2_0, SHARED),
        encoded("plain", WriterVersion::PARQUET_1_0, &[]),
    ];
    for (name, codec) in [
        ("none", Compression::UNCOMPRESSED),
        ("snappy", Compression::SNAPPY),
        ("gzip", Compression::GZIP(parquet::basic::GzipLevel::default())),
        ("brotli", Compression::BROTLI(parquet::basic::BrotliLevel::default())),
        ("lz4", Compression::LZ4_RAW),
        ("zstd", Compression::ZSTD(parquet::basic::ZstdLevel::default())),
    ] {
        all.push(parquet(name, |properties| properties.set_compression(codec)));
        let second = |properties: WriterPropertiesBuilder| properties.set_writer_version(WriterVersion::PARQUET_2_0);
        all.push(parquet(&format!("{name}-2"), |properties| second(properties).set_compression(codec)));
    }
    all
}

fn ipc(name: &str, codec: Option<CompressionType>, is_file: bool) -> Kind {
    let options = IpcWriteOptions::default().try_with_compression(codec).unwrap();
    let table = table(40);
    let mut bytes = Vec::new();
    if is_file {
        let mut writer = FileWriter::try_new_with_options(&mut bytes, &table.schema(), options).unwrap();
        writer.write(&table).unwrap();
        writer.write(&table.slice(0, 3)).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = StreamWriter::try_new_with_options(&mut bytes, &table.schema(), options).unwrap();
        writer.write(&table).unwrap();
        writer.write(&table.slice(0, 3)).unwrap();
        writer.finish().unwrap();
    }
    // Messages begin with four bytes of ones.
    let headers = bytes.windows(4).enumerate().filter(|(_, window)| *window == [0xFF; 4]).map(|(at, _)| at + 4);
    Kind { name: format!("{name}.arrow"), headers: headers.collect(), bytes }
}

fn kinds() -> Vec<Kind> {
    let text = |name: &str, text: String| Kind {
        name: name.to_owned(),
        headers: text.match_indices('\n').map(|(at, _)| at + 1).collect(),
        bytes: text.into_bytes(),
    };
    let row =
        |row: i64| format!("{row},{}.5,\"Gen\"\"f, {row}\",2026-01-{:02}T10:00:00Z,true,NA\n", row * 3, row % 28 + 1);
    let csv: String = (0..40).map(row).collect();
    let csv = format!("id,score,city,at,ok,nothing\n{csv}");
    let object = |row: i64| {
        format!(
            "{{\"a\": {row}, \"b\": [{row}, null], \"c\": {{\"d\": \"\\u00e9 {row}\", \"e\": [[1.5e3]]}}, \"f\": true}}\n"
        )
    };
    let mut all = parquets();
    all.extend([
        ipc("file", None, true),
        ipc("file-lz4", Some(CompressionType::LZ4_FRAME), true),
        ipc("stream", None, false),
        ipc("stream-zstd", Some(CompressionType::ZSTD), false),
        text("a.tsv", csv.replace(',', "\t")),
        text("a.csv", csv),
        text("a.jsonl", (0..40).map(object).collect()),
    ]);
    all
}

/// Opens and profiles a file; an error must be the file's own.
fn read(path: &Path) -> Result<bool, TestCaseError> {
    let run = stats::Run { threads: std::num::NonZeroUsize::MIN, ..stats::Run::quiet() };
    let found = stats::Data::open(path).and_then(|data| stats::profile::profile(&data, 0, None, &run));
    match found {
        Ok(_) => Ok(true),
        Err(stats::StatsError::File { file, why }) => {
            prop_assert_eq!(file, path.display().to_string());
            prop_assert!(!why.is_empty() && why.len() < 2_000, "{}", why);
            Ok(false)
        }
        Err(other) => Err(TestCaseError::fail(other.to_string())),
    }
}

/// Damages files in this folder and reads them, with the memory that this process has.
fn read_damaged_files(folder: &Path) -> Result<(), String> {
    std::panic::set_hook(Box::new(|_| {})); // panics of decoders are caught, and there are many
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u32>().ok());
    let (cases, seed) = (number("PROPTEST_CASES").unwrap_or(CASES), number("LOCKGATE_SEED").unwrap_or(7));
    let (all, refused) = (Cell::new(0u32), Cell::new(0u32));
    for kind in kinds() {
        let path = folder.join(&kind.name);
        fs::write(&path, &kind.bytes).map_err(|error| error.to_string())?;
        if !read(&path).is_ok_and(|is_read| is_read) {
            return Err(format!("{}: it is not read as it is", kind.name));
        }
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed as u8; 32]);
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let one = |damage: Vec<Damage>| {
            // Whoever finds the process dead knows what it read last.
            fs::write(folder.join(LAST), format!("{} {damage:?}", kind.name)).unwrap();
            fs::write(&path, kind.damaged(&damage)).unwrap();
            let is_read = read(&path)?;
            all.set(all.get() + 1);
            refused.set(refused.get() + u32::from(!is_read));
            Ok(())
        };
        let found = TestRunner::new_with_rng(config, rng).run(&prop::collection::vec(damage(), 1..4), one);
        found.map_err(|error| format!("{}: {error}", kind.name))?;
    }
    // Damage is neither found at the door each time, nor never.
    let share = f64::from(refused.get()) / f64::from(all.get());
    if (0.3..0.95).contains(&share) { Ok(()) } else { Err(format!("a share of {share} was refused")) }
}

/// Where it is written what is read.
const LAST: &str = "last";

#[test]
fn damaged_files_are_answers_or_errors_in_bounded_memory() {
    if let Some(folder) = std::env::var_os(INSIDE) {
        if let Err(why) = read_damaged_files(Path::new(&folder)) {
            eprintln!("{why}");
            std::process::exit(1);
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "damaged_files_are_answers_or_errors_in_bounded_memory";
    let limited = format!("ulimit -v {MEMORY} && exec \"$0\" --exact {name} --nocapture");
    let mut inside = Command::new("sh");
    inside.arg("-c").arg(limited).arg(std::env::current_exe().unwrap()).env(INSIDE, folder.path());
    let inside = inside.output().unwrap();
    let said = String::from_utf8_lossy(&inside.stderr);
    let last = fs::read_to_string(folder.path().join(LAST)).unwrap_or_default();
    assert!(inside.status.success(), "{}: {said} last read: {last}", inside.status);
}
