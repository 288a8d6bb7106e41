use super::*;
use crate::profile::profile;
use crate::{Progress, Run, StatsError};
use ::parquet::arrow::ArrowWriter;
use ::parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::statistics::Statistics;
use arrow::array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, ListArray, NullArray, StringArray};
use arrow::datatypes::{Field, Int32Type, Int64Type, Schema};
use arrow::ipc::reader::read_footer_length;
use arrow::ipc::{Block, root_as_footer};
use expect_test::{Expect, expect};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

mod json;

fn batch(rows: i64) -> RecordBatch {
    let ages: Int64Array = (0..rows).map(|row| (row % 7 != 0).then_some(row * 37 % 91)).collect();
    let score: Float64Array = (0..rows).map(|row| Some(row as f64 / 3.0)).collect();
    let city: StringArray =
        (0..rows).map(|row| Some(["Bern", "Genf", "Basel"][usize::try_from(row).unwrap() % 3])).collect();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>((0..rows).map(|row| Some(vec![Some(row), None])));
    RecordBatch::try_from_iter([
        ("age", Arc::new(ages) as ArrayRef),
        ("score", Arc::new(score)),
        ("city", Arc::new(city)),
        ("lists", Arc::new(lists)),
    ])
    .unwrap()
}

fn parquet_bytes(batch: &RecordBatch, group: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ipc_bytes(batch: &RecordBatch, is_file: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if is_file {
        let mut writer = arrow::ipc::writer::FileWriter::try_new(&mut bytes, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.write(&batch.slice(0, 3)).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer = arrow::ipc::writer::StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
        writer.write(batch).unwrap();
        writer.finish().unwrap();
    }
    bytes
}

const JSON: &str =
    "{\"age\": 1, \"score\": 1.5, \"city\": \"Bern\", \"lists\": [1]}\n{\"age\": 2, \"score\": 3, \"city\": null}\n";
const CSV: &str = "age,score,city\n1,1.5,Bern\n2,,\"Gen\"\"f\"\n3,NA,Basel\n";

/// A folder that is gone after the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Without the machine's own paths.
    fn shown(&self, text: impl ToString) -> String {
        text.to_string().replace(&self.0.path().display().to_string(), "DIR")
    }
}

/// The columns with their types, rows and partitions.
fn described(data: &Data) -> String {
    let fields: Vec<String> =
        data.schema().fields().iter().map(|field| format!("{}: {}", field.name(), field.data_type())).collect();
    format!("{} | {:?} rows, {} partitions", fields.join(", "), data.rows(), data.partitions())
}

#[track_caller]
fn check_csv(name: &str, text: impl AsRef<[u8]>, expected: Expect) {
    let folder = Folder::new();
    let opened = Data::open(&folder.put(name, text));
    expected.assert_eq(&folder.shown(opened.map_or_else(|error| error.to_string(), |data| described(&data))));
}

#[test]
fn csv_is_read_as_people_mean_it() {
    check_csv("a.csv", CSV, expect!["age: Int64, score: Float64, city: Utf8 | Some(3) rows, 1 partitions"]);
    check_csv("a.csv", "\u{FEFF}x;y\n1,5;2\n2,5;3\n", expect!["x: Utf8, y: Int64 | Some(2) rows, 1 partitions"]);
    check_csv("a.tsv", "x\ty\n1\ta,b\n", expect!["x: Int64, y: Utf8 | Some(1) rows, 1 partitions"]);
    check_csv("a.csv", "1,2.5\n3,4\n", expect!["column_1: Int64, column_2: Float64 | Some(2) rows, 1 partitions"]);
    // What columns may be called is a header.
    check_csv(
        "a.csv",
        "region,2023,2024\nnorth,6,7\n",
        expect!["region: Utf8, 2023: Int64, 2024: Int64 | Some(1) rows, 1 partitions"],
    );
    check_csv("a.csv", "0,1\n0.5,5\n", expect!["0: Float64, 1: Int64 | Some(1) rows, 1 partitions"]);
    check_csv("a.csv", "1,1\n2,3\n", expect!["column_1: Int64, column_2: Int64 | Some(2) rows, 1 partitions"]);
    check_csv(
        "a.csv",
        "a,b\n1,x\n2,\"y\n3,z\n",
        expect!["`DIR/a.csv` cannot be read: the quote that is opened in line 3 is not closed"],
    );
    check_csv(
        "a.csv",
        ",2019,2019\nBern,1,2\n",
        expect!["column_1: Utf8, 2019: Int64, 2019_2: Int64 | Some(1) rows, 1 partitions"],
    );
    check_csv(
        "a.csv",
        "zip,ok,on,at,z\n01000,TRUE,2026-01-31,2026-01-31 10:00,2026-01-31T10:00:00+01:00\n",
        expect![[
            r#"zip: Utf8, ok: Boolean, on: Date32, at: Timestamp(µs), z: Timestamp(µs, "UTC") | Some(1) rows, 1 partitions"#
        ]],
    );
    check_csv("a.csv", "", expect![" | Some(0) rows, 1 partitions"]);
    check_csv("a.csv", "a,b\n", expect!["a: Null, b: Null | Some(0) rows, 1 partitions"]);
    check_csv("a.csv", "a,b\n,\n,\n", expect!["a: Null, b: Null | Some(2) rows, 1 partitions"]);
    check_csv(
        "a.csv",
        "a,b\n1\n",
        expect!["`DIR/a.csv` cannot be read: incorrect number of fields for line 2, expected 2 got 1"],
    );
    check_csv(
        "a.csv",
        b"a,b\n1,\xFF\xFE\n",
        expect!["`DIR/a.csv` cannot be read: it is not UTF-8 in line 2 and field 2: save it as UTF-8"],
    );
    check_csv(
        "a.csv",
        "a\n9223372036854775807\n9223372036854775808\n-1e400\nnan\n",
        expect!["a: Float64 | Some(4) rows, 1 partitions"],
    );
}

#[test]
fn folders_are_columns_and_files_have_one_format() {
    let folder = Folder::new();
    folder.put("year=2025/month=01/a.parquet", parquet_bytes(&batch(5), 2));
    folder.put("year=2025/month=__HIVE_DEFAULT_PARTITION__/a.parquet", parquet_bytes(&batch(1), 2));
    folder.put("year=2026/month=02/b.parquet", parquet_bytes(&batch(2).project(&[0, 2]).unwrap(), 2));
    folder.put("year=2026/_SUCCESS", "");
    folder.put(".hidden/c.csv", "");
    let data = Data::open(folder.0.path()).unwrap();
    expect!["age: Int64, score: Float64, city: Utf8, lists: List(Int64), month: Int64, year: Int64 | Some(8) rows, 5 partitions"].assert_eq(&described(&data));
    let found = profile(&data, 0, None, &Run::quiet()).unwrap();
    let column = |name: &str| found.kernel().column(name).unwrap().summary();
    assert_eq!(column("year").min().unwrap().to_string(), "2025");
    assert_eq!((column("month").counts().nulls, column("score").counts().absent, found.kernel().rows()), (1, 2, 8));

    folder.put("year=2026/month=02/c.csv", CSV);
    let error = Data::open(folder.0.path()).unwrap_err();
    expect!["`DIR/year=2026/month=02/c.csv` cannot be read: it has another format than `DIR/year=2025/month=01/a.parquet`, and a table has one"].assert_eq(&folder.shown(error));
    folder.put("year=2026/month=02/notes.txt", CSV);
    fs::remove_file(folder.0.path().join("year=2026/month=02/c.csv")).unwrap();
    expect!["`DIR/year=2026/month=02/notes.txt` cannot be read: its name does not end with `.parquet`, `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`, `.arrow`, `.feather` or `.ipc`"].assert_eq(&folder.shown(Data::open(folder.0.path()).unwrap_err()));
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_folder_are_refused() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.put("data/a.csv", CSV);
    let root = folder.0.path().join("data");
    std::os::unix::fs::symlink(root.join("a.csv"), root.join("b.csv")).unwrap();
    assert_eq!(Data::open(&root).unwrap().partitions(), 2);
    std::os::unix::fs::symlink(other.put("c.csv", CSV), root.join("c.csv")).unwrap();
    expect!["`DIR/data/c.csv` cannot be read: it is a symbolic link that leaves the folder"]
        .assert_eq(&folder.shown(Data::open(&root).unwrap_err()));
    fs::remove_file(root.join("c.csv")).unwrap();
    std::os::unix::fs::symlink(&root, root.join("again")).unwrap();
    expect!["`DIR/data/again` cannot be read: it is a symbolic link to a folder above it"]
        .assert_eq(&folder.shown(Data::open(&root).unwrap_err()));
}

#[test]
fn what_is_not_there_is_named() {
    let folder = Folder::new();
    for (name, expected) in [
        ("none.csv", expect!["`DIR/none.csv` cannot be read: No such file or directory (os error 2)"]),
        (
            "a.xlsx",
            expect![
                "`DIR/a.xlsx` cannot be read: its name does not end with `.parquet`, `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`, `.arrow`, `.feather` or `.ipc`"
            ],
        ),
        (
            ".",
            expect![
                "`DIR/.` cannot be read: the folder has no files that end with `.parquet`, `.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.json`, `.arrow`, `.feather` or `.ipc`"
            ],
        ),
    ] {
        if name == "a.xlsx" {
            folder.put(name, "");
        }
        let path = folder.0.path().join(name);
        if name == "." {
            fs::remove_file(folder.0.path().join("a.xlsx")).unwrap();
        }
        expected.assert_eq(&folder.shown(Data::open(&path).unwrap_err()));
    }
    let data = Data::open(&folder.put("a.csv", CSV)).unwrap();
    expect!["there is no column `Scor` in DIR/a.csv: did you mean `score`?"]
        .assert_eq(&folder.shown(data.column("Scor").unwrap_err()));
    expect!["there is no column `income` in DIR/a.csv: there are `age`, `score`, `city`"]
        .assert_eq(&folder.shown(data.column("income").unwrap_err()));
}

#[test]
fn json_lines_and_ipc_are_tables() {
    let folder = Folder::new();
    for (name, bytes, rows) in [
        ("a.jsonl", JSON.as_bytes().to_vec(), 2),
        ("a.arrow", ipc_bytes(&batch(20_000), true), 20_003),
        ("b.arrow", ipc_bytes(&batch(9), false), 9),
        ("a.parquet", parquet_bytes(&batch(9), 4), 9),
        ("none.parquet", parquet_bytes(&batch(0), 4), 0),
        ("none.arrow", ipc_bytes(&batch(0), false), 0),
    ] {
        let data = Data::open(&folder.put(name, bytes)).unwrap();
        let found = profile(&data, 0, None, &Run::quiet()).unwrap();
        let names: Vec<&str> = found.kernel().columns().into_iter().map(|(name, _)| name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!((found.kernel().rows(), sorted), (rows, vec!["age", "city", "lists", "score"]), "{name}");
    }
}

/// What is damaged less is in `tests/hostile_files.rs`.
#[test]
fn bytes_of_no_format_are_errors() {
    let folder = Folder::new();
    for name in ["x.parquet", "x.arrow", "x.jsonl"] {
        for bytes in [&b""[..], b"PAR1", b"ARROW1\0\0", b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", &[0x41; 300]] {
            let opened = Data::open(&folder.put(name, bytes)).and_then(|data| profile(&data, 0, None, &Run::quiet()));
            assert!(opened.is_err() || (name == "x.jsonl" && bytes.is_empty()), "{name} {bytes:?}");
        }
    }
}

#[test]
fn batches_of_other_columns_are_refused() {
    let other = Arc::new(Schema::new(vec![Field::new("age", arrow::datatypes::DataType::Utf8, true)]));
    let error = Data::of_batches(other, vec![batch(2)]).unwrap_err();
    expect!["`data` is a table whose batch 0 has other columns than its schema: expected batches of one schema"]
        .assert_eq(&error.to_string());
}

/// Two batches with a column of codes, as a file.
fn coded_file() -> Vec<u8> {
    let city: DictionaryArray<Int32Type> = ["Bern", "Genf", "Bern", "Basel"].into_iter().collect();
    let batch = RecordBatch::try_from_iter([("city", Arc::new(city) as ArrayRef)]).unwrap();
    ipc_bytes(&batch, true)
}

/// A place in a footer, as its bytes.
fn block_bytes(offset: i64, block: &Block) -> Vec<u8> {
    let header = i64::from(block.metaDataLength());
    [offset, header, block.bodyLength()].into_iter().flat_map(i64::to_le_bytes).collect()
}

/// The dictionaries and the batches that the footer knows, and where it begins.
fn blocks_of(file: &[u8]) -> (Vec<Block>, Vec<Block>, usize) {
    let length = read_footer_length(*file.last_chunk().unwrap()).unwrap();
    let start = file.len() - 10 - length;
    let footer = root_as_footer(&file[start..file.len() - 10]).unwrap();
    let all = |blocks: Vec<&Block>| blocks.into_iter().copied().collect();
    (all(footer.dictionaries().unwrap().iter().collect()), all(footer.recordBatches().unwrap().iter().collect()), start)
}

fn patch(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).rposition(|window| window == from).expect("is there");
    bytes[at..at + to.len()].copy_from_slice(to);
}

#[test]
fn files_of_ipc_are_read_by_their_footer() {
    let folder = Folder::new();
    let whole = coded_file();
    let (dictionaries, batches, footer) = blocks_of(&whole);
    let [(dictionary, from), (batch, middle)] =
        [dictionaries[0], batches[0]].map(|block| (block, usize::try_from(block.offset()).unwrap()));
    let to = middle + usize::try_from(i64::from(batch.metaDataLength()) + batch.bodyLength()).unwrap();
    let read = |bytes: &[u8]| {
        let data = Data::open(&folder.put("a.arrow", bytes))?;
        profile(&data, 0, None, &Run::quiet()).map(|found| found.to_bytes())
    };
    let said = |bytes: &[u8]| folder.shown(read(bytes).unwrap_err());

    // The dictionary behind the first batch that uses it: a stream may not have that, a file may.
    let mut moved = whole.clone();
    moved[from..to].rotate_left(middle - from);
    patch(&mut moved, &block_bytes(from as i64, &dictionary), &block_bytes((from + to - middle) as i64, &dictionary));
    patch(&mut moved, &block_bytes(middle as i64, &batch), &block_bytes(from as i64, &batch));
    assert_eq!(read(&moved).unwrap(), read(&whole).unwrap());

    expect!["`DIR/a.arrow` cannot be read: its end is missing: it was cut off, or is not written to its end yet"]
        .assert_eq(&said(&whole[..footer]));
    let mut twice = whole.clone();
    patch(&mut twice, &block_bytes(batches[1].offset(), &batches[1]), &block_bytes(middle as i64, &batch));
    expect!["`DIR/a.arrow` cannot be read: its footer is damaged: messages are not where it says"]
        .assert_eq(&said(&twice));
}

#[test]
fn batches_of_more_rows_than_there_are_in_the_world_are_refused() {
    let folder = Folder::new();
    let nulls = RecordBatch::try_from_iter([("a", Arc::new(NullArray::new(1 << 50)) as ArrayRef)]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = arrow::ipc::writer::StreamWriter::try_new(&mut bytes, &nulls.schema()).unwrap();
    writer.write(&nulls).unwrap();
    writer.finish().unwrap();
    let read = Data::open(&folder.put("a.arrow", bytes)).and_then(|data| profile(&data, 0, None, &Run::quiet()));
    expect!["`DIR/a.arrow` cannot be read: its bytes are damaged: they announce more rows than a batch has"]
        .assert_eq(&folder.shown(read.unwrap_err()));
}

/// It ended the process: a buffer that says that it is very long once it is not compressed.
#[test]
fn compressed_batches_that_announce_too_much_are_refused() {
    let folder = Folder::new();
    let options = arrow::ipc::writer::IpcWriteOptions::default();
    let options = options.try_with_compression(Some(arrow::ipc::CompressionType::ZSTD)).unwrap();
    let table = batch(40).project(&[1]).unwrap();
    let mut bytes = Vec::new();
    let mut writer =
        arrow::ipc::writer::StreamWriter::try_new_with_options(&mut bytes, &table.schema(), options).unwrap();
    writer.write(&table).unwrap();
    writer.finish().unwrap();
    patch(&mut bytes, &320u64.to_le_bytes(), &u64::from(u32::MAX).to_le_bytes());
    let read = Data::open(&folder.put("a.arrow", bytes)).and_then(|data| profile(&data, 0, None, &Run::quiet()));
    expect!["`DIR/a.arrow` cannot be read: it announces a batch of more than 1 GiB, compressed: smaller batches are read, or larger ones that are not compressed"]
        .assert_eq(&folder.shown(read.unwrap_err()));
}

/// A file of Parquet of a footer alone: what comes before the types, then these.
fn with_footer(footer: &[u8]) -> Vec<u8> {
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [b"PAR1", footer, &length, b"PAR1"].concat()
}

/// As many types as these, the first ones each with so many parts.
fn nested(levels: u32, parts: &[u8]) -> Vec<u8> {
    let mut footer = b"\x15\x02\x19\xFC".to_vec();
    let mut size = levels + 1;
    while size > 0x7F {
        footer.push((size & 0x7F) as u8 | 0x80);
        size >>= 7;
    }
    footer.push(size as u8);
    for _ in 0..levels {
        footer.extend([b"\x35\x00\x18\x01a\x15", parts, b"\x00"].concat());
    }
    footer.extend(b"\x15\x02\x25\x00\x18\x01a\x00\x16\x00\x19\x0C\x00");
    footer
}

/// Each of these ended the process: a stack, or memory, that there is not.
#[test]
fn footers_that_would_end_the_process_are_damaged() {
    let folder = Folder::new();
    let opened = |footer: &[u8]| Data::open(&folder.put("a.parquet", with_footer(footer)));
    assert_eq!(opened(&nested(40, b"\x02")).unwrap().schema().fields().len(), 1);
    let lists = [&b"\x19"[..], &vec![0x19; 1 << 20]].concat();
    for footer in [nested(200_000, b"\x02"), nested(1, b"\xFE\xFF\xFF\xFF\x0F"), nested(1, b"\x03"), lists] {
        expect!["`DIR/a.parquet` cannot be read: its footer is damaged"]
            .assert_eq(&folder.shown(opened(&footer).unwrap_err()));
    }
}

#[test]
fn pages_that_announce_too_much_are_refused() {
    let folder = Folder::new();
    let said = |bytes: &[u8]| {
        let file = fs::File::open(folder.put("pages", bytes)).unwrap();
        thrift::check_pages(&file, 0, bytes.len() as u64).err().unwrap_or_default()
    };
    // A page of 3 bytes, then a dictionary of 3 values in 6 bytes that are 2 in the file.
    let fine = b"\x15\x00\x15\x06\x15\x06\x00abc\x15\x04\x15\x0C\x15\x04\x4C\x15\x06\x15\x00\x00\x00ab";
    assert_eq!(said(fine), "");
    expect!["it announces a page of 2147483647 bytes: 536870912 at most are read"]
        .assert_eq(&said(b"\x15\x00\x15\xFE\xFF\xFF\xFF\x0F\x15\x06\x00abc"));
    expect!["it announces a dictionary of more values than bytes"]
        .assert_eq(&said(b"\x15\x04\x15\x0C\x15\x04\x4C\x15\xFE\xFF\xFF\xFF\x0F\x15\x00\x00\x00ab"));
    expect!["the header of a page is damaged"].assert_eq(&said(b"\x15\x00\x15\x06\x15\x05\x00abc"));
    expect!["the header of a page is damaged"].assert_eq(&said(b"abc"));
}

#[test]
fn wide_files_of_text_are_read_to_a_limit() {
    let header = |columns: usize| (0..columns).map(|column| format!("measure_{column}")).collect::<Vec<_>>().join(",");
    let folder = Folder::new();
    let wide = folder.put("a.csv", format!("{}\n{}1\n", header(12_000), "1,".repeat(11_999)));
    assert_eq!(Data::open(&wide).unwrap().schema().fields().len(), 12_000);
    let rows: String =
        (0..3).map(|row| (0..1_200).map(|column| format!("{},", column * row)).collect::<String>() + "x\n").collect();
    let data = Data::open(&folder.put("b.csv", format!("{}\n{rows}", header(1_201)))).unwrap();
    let found = [1, 3].map(|threads| {
        let run = Run { threads: threads.try_into().unwrap(), ..Run::quiet() };
        profile(&data, 0, None, &run).unwrap()
    });
    assert_eq!(found[0].to_bytes(), found[1].to_bytes());
    let max = |column: &str| found[0].kernel().column(column).unwrap().summary().max().unwrap().to_string();
    assert_eq!(["measure_511", "measure_512", "measure_1199", "measure_1200"].map(max), ["1022", "1024", "2398", "x"]);
    check_csv(
        "a.csv",
        ",".repeat(70_000) + "\n",
        expect!["`DIR/a.csv` cannot be read: it has 70001 columns: 65536 at most are read"],
    );
    check_csv("a.csv", "a".repeat(2 << 20), expect!["`DIR/a.csv` cannot be read: its first line is longer than 1 MiB"]);
}

#[test]
fn what_cannot_be_read_names_the_file() {
    let folder = Folder::new();
    let file = Data::open(&folder.put("a.csv", CSV)).unwrap();
    let memory = Data::of_batches(batch(1).schema(), vec![batch(1)]).unwrap();
    let error = |name: &str| StatsError::Argument { name: name.into(), found: "odd".into(), expected: "even".into() };
    expect!["`DIR/a.csv` cannot be read: odd"].assert_eq(&folder.shown(file.named(0, error("data"))));
    expect!["`seed` is odd: expected even"].assert_eq(&file.named(0, error("seed")).to_string());
    expect!["`data` is odd: expected even"].assert_eq(&memory.named(0, error("data")).to_string());
}

#[cfg(unix)]
#[test]
fn what_has_no_end_is_no_file() {
    let folder = Folder::new();
    let path = folder.0.path().join("a.csv");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    for opened in [path.as_path(), folder.0.path()] {
        expect!["`DIR/a.csv` cannot be read: it is neither a file nor a folder"]
            .assert_eq(&folder.shown(Data::open(opened).unwrap_err()));
    }
}

/// A file of Parquet whose footer claims so many nulls of its first column, of whole numbers, in each row group.
fn with_nulls(folder: &Folder, bytes: &[u8], nulls: u64) -> PathBuf {
    let path = folder.put("nulls.parquet", bytes);
    let found = ParquetMetaDataReader::new().parse_and_finish(&fs::File::open(&path).unwrap()).unwrap();
    let mut footer = found.into_builder();
    for group in footer.take_row_groups() {
        let mut group = group.into_builder();
        for (place, column) in group.take_columns().into_iter().enumerate() {
            let claim = Statistics::int64(None, None, None, Some(nulls), false);
            let column = column.into_builder();
            let column = if place == 0 { column.set_statistics(claim) } else { column };
            group = group.add_column_metadata(column.build().unwrap());
        }
        footer = footer.add_row_group(group.build().unwrap());
    }
    let length = u32::from_le_bytes(*bytes[..bytes.len() - 4].last_chunk().unwrap());
    let mut lying = bytes[..bytes.len() - 8 - length as usize].to_vec();
    ParquetMetaDataWriter::new(&mut lying, &footer.build()).finish().unwrap();
    folder.put("nulls.parquet", lying)
}

#[test]
fn a_footer_that_claims_more_nulls_than_64_bits_hold_is_not_believed() {
    let folder = Folder::new();
    let path = with_nulls(&folder, &parquet_bytes(&batch(30), 10), i64::MAX.unsigned_abs());
    let data = Data::open(&path).unwrap();
    assert_eq!((data.partitions(), data.values(0)), (3, Some(0)));
    let found = profile(&data, 0, None, &Run::quiet()).unwrap();
    let age = found.kernel().column("age").unwrap();
    assert_eq!((age.counts().rows, age.counts().nulls), (30, 5));
}

#[test]
fn looking_for_types_is_told_and_can_be_stopped() {
    let folder = Folder::new();
    let lines = |line: &str| line.repeat(20_000);
    for path in [folder.put("a.csv", "a\n".to_owned() + &lines("1\n")), folder.put("a.jsonl", lines("{\"a\": 1}\n"))] {
        let told = Mutex::new(Vec::new());
        let progress = |progress: Progress| {
            told.lock().unwrap().push((progress.done, progress.of));
            ControlFlow::Continue(())
        };
        Data::open_with(&path, &Run { progress: &progress, ..Run::quiet() }).unwrap();
        let told = told.into_inner().unwrap();
        assert_eq!(told[..2], [(8_192, None), (16_384, None)]);
        let stopped = Run { progress: &|_| ControlFlow::Break(()), ..Run::quiet() };
        assert!(matches!(Data::open_with(&path, &stopped), Err(StatsError::Stopped)));
    }
}
