//! Attempts to see what is hidden, on each way a dataset can be stored.
mod changes;
mod greedy;
mod hidden;
mod mistakes;
mod orders;
mod pump;
mod random;
mod scan;
mod skipped;
mod split;
mod statements;
mod traps;

use std::fs::{File, create_dir_all};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use datafusion::arrow::array::{
    Array, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, ListBuilder, RecordBatch,
    StringArray, StringBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int32Type, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::DFSchema;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use tempfile::TempDir;

use super::*;

/// Rows in the fixture. Of each four neighbours, two are in the north, one nowhere and one in the south: hidden rows
/// share every page with visible ones.
const ROWS: i64 = 8_000;
const NORTH: &str = "region = 'north'";
/// Golden value from Python's `hmac`, key 32 times 7.
const PERSON_1: &str = "5b5d44b638774e13dd167a7b722aa304";
const NAME: &str = "lake.core.people";

/// How the fixture's rows are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Parquet,
    /// The same file, read as view arrays.
    Views,
    Csv,
    /// Parquet in a folder per region.
    Hive,
    /// CSV in a folder per region.
    HiveCsv,
}

const EVERY: [Stored; 5] = [Stored::Parquet, Stored::Views, Stored::Csv, Stored::Hive, Stored::HiveCsv];

struct Fixture {
    folder: TempDir,
    session: Session,
    stored: Stored,
}

impl Fixture {
    fn path(&self) -> PathBuf {
        self.folder.path().join("people.parquet")
    }

    /// The fixture's Parquet file as table `people`, seen through `row_filter`.
    async fn new(row_filter: Option<&str>) -> Self {
        Self::stored(Stored::Parquet, row_filter)
    }

    fn stored(stored: Stored, row_filter: Option<&str>) -> Self {
        Self::with(stored, row_filter, |_| {})
    }

    fn with(stored: Stored, row_filter: Option<&str>, change: impl Fn(&mut Policy)) -> Self {
        let folder = TempDir::new().unwrap();
        let pinned = store(folder.path(), stored, rows(0..ROWS));
        let mut fixture = Self { folder, session: Session::new(256 << 20, 4, None).unwrap(), stored };
        let mut policy = policy(&pinned, row_filter);
        change(&mut policy);
        fixture.session.add(&name("people"), pinned, policy).unwrap();
        fixture
    }

    /// Returns the rows of `sql`, cells joined by `|`, or the error's text.
    async fn rows(&self, sql: &str) -> Result<Vec<String>, String> {
        self.batches(sql).await.map(|batches| texts(&batches)).map_err(|error| error.to_string())
    }

    async fn batches(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        let sql = in_full(sql);
        let prepared = self.session.prepare(Statement::parse(&sql)?, 1_000_000).await?;
        self.session.run(prepared).await?.batches.try_collect().await
    }

    async fn check(&self, sql: &str, expected: &[&str]) {
        assert_eq!(self.rows(sql).await.unwrap(), expected, "{:?} {sql}", self.stored);
    }

    async fn check_fails(&self, sql: &str, expected: &str) {
        assert_eq!(self.rows(sql).await.unwrap_err(), expected, "{:?} {sql}", self.stored);
    }
}

fn name(table: &str) -> TableName {
    TableName { lake: "lake".into(), schema: "core".into(), table: table.into() }
}

/// Gives the table its full name, which the statements of these tests leave out.
fn in_full(sql: &str) -> String {
    ["FROM people", "JOIN people", "DESCRIBE people"]
        .iter()
        .fold(sql.to_owned(), |sql, short| sql.replace(short, &short.replace("people", NAME)))
}

fn condition(sql: &str, schema: &Schema) -> datafusion::logical_expr::Expr {
    let schema = DFSchema::try_from(schema.clone()).unwrap();
    SessionContext::new().state().create_logical_expr(sql, &schema).unwrap()
}

/// All columns of a table, those of the folders' names last.
fn columns(pinned: &Pinned) -> Schema {
    let mut fields: Vec<_> = pinned.schema.fields().iter().cloned().collect();
    let partitions = pinned.partitions.iter();
    fields.extend(partitions.map(|(name, of)| datafusion::arrow::datatypes::Field::new(name, of.clone(), true).into()));
    Schema::new(fields)
}

fn policy(pinned: &Pinned, row_filter: Option<&str>) -> Policy {
    let columns = columns(pinned);
    let terms = [
        ("id", Term::Clear),
        ("x", Term::Clear),
        ("region", Term::Clear),
        ("code", Term::Clear),
        ("label", Term::Clear),
        ("tags", Term::Clear),
        ("remark", Term::Clear),
        ("person", Term::Token),
        ("national_no", Term::Token),
        ("city", Term::Token),
        ("salary", Term::Null),
        ("team", Term::Null),
        ("sex", Term::Check),
    ];
    let terms = terms.into_iter().filter(|(name, _)| columns.index_of(name).is_ok());
    Policy {
        terms: terms.map(|(name, term)| (name.to_owned(), term)).collect(),
        row_filter: row_filter.map(|sql| condition(sql, &columns)),
        split: None,
        key: Key::new(&[7; 32]),
    }
}

/// The fixture's rows. What a reader must never see holds `hidden-`, `secret-`, `person-` or `south`.
fn rows(rows: std::ops::Range<i64>) -> RecordBatch {
    let region = |i: i64| [Some("north"), Some("north"), None, Some("south")][usize::try_from(i % 4).unwrap()];
    let text = |make: fn(i64) -> String| Arc::new(rows.clone().map(|i| Some(make(i))).collect::<StringArray>());
    let dictionary = |make: fn(i64) -> String| {
        let texts: Vec<String> = rows.clone().map(make).collect();
        Arc::new(texts.iter().map(|text| Some(text.as_str())).collect::<DictionaryArray<Int32Type>>())
    };
    let code = |i: i64| if i % 4 < 2 { i.to_string() } else { format!("hidden-{i}") };
    // Long enough to live in a view's buffer, and mostly visible, so that no kernel compacts the buffer by itself.
    let remark =
        |i: i64| if i % 4 < 2 { format!("a remark of some length on {i}") } else { format!("hidden-remark-{i}") };
    let mut tags = ListBuilder::new(StringBuilder::new());
    for i in rows.clone() {
        tags.append_value([Some(if i % 4 < 2 { "a tag" } else { "hidden-tag" }), None]);
    }
    let numbers = Arc::new(rows.clone().collect::<Int64Array>());
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("id", numbers.clone() as Arc<dyn Array>, false),
        ("x", numbers, false),
        ("region", Arc::new(rows.clone().map(region).collect::<DictionaryArray<Int32Type>>()), true),
        ("code", text(code), false),
        ("label", dictionary(|i| if i % 4 < 2 { (i % 3).to_string() } else { "hidden-label".into() }), false),
        ("remark", text(remark), true),
        ("tags", Arc::new(tags.finish()), false),
        ("person", text(|i| format!("person-{i}")), false),
        ("national_no", Arc::new(rows.clone().map(|i| 1_000_000 + i).collect::<Int64Array>()), false),
        ("city", dictionary(|i| format!("secret-city-{}", i % 3)), false),
        ("salary", Arc::new(rows.clone().map(|i| 30_000 + i32::try_from(i).unwrap()).collect::<Int32Array>()), false),
        ("team", dictionary(|i| format!("secret-team-{}", i % 3)), false),
        ("sex", text(|i| format!("secret-sex-{}", i % 2)), false),
        ("notes", text(|i| format!("secret-note-{i}")), false),
        ("score", Arc::new(rows.clone().map(|i| i as f64).collect::<Float64Array>()), false),
        ("long", Arc::new(rows.clone().map(|i| Some(format!("long {i}"))).collect::<LargeStringArray>()), false),
    ])
    .unwrap();
    // What pandas does: the schema's metadata repeats every column's name.
    let schema = batch.schema().as_ref().clone().with_metadata([("pandas".into(), "columns: notes".into())].into());
    batch.with_schema(Arc::new(schema)).unwrap()
}

/// Stores `batch` in `folder` and returns the version that names it.
fn store(folder: &Path, stored: Stored, batch: RecordBatch) -> Pinned {
    let mut files = vec![];
    let mut partitions = vec![];
    let (format, batch) = match stored {
        Stored::Csv | Stored::HiveCsv => (Format::Csv { delimiter: b',' }, plain(&batch)),
        _ => (Format::Parquet, batch),
    };
    let mut schema = batch.schema();
    if matches!(stored, Stored::Hive | Stored::HiveCsv) {
        let region = batch.schema().index_of("region").unwrap();
        let all: Vec<usize> = (0..batch.num_columns()).filter(|index| *index != region).collect();
        let of = cast(batch.column(region), &DataType::Utf8).unwrap();
        let of = of.as_any().downcast_ref::<StringArray>().unwrap();
        for value in [Some("north"), None, Some("south")] {
            let part: datafusion::arrow::array::BooleanArray = of.iter().map(|found| Some(found == value)).collect();
            let part = datafusion::arrow::compute::filter_record_batch(&batch, &part).unwrap().project(&all).unwrap();
            let path = format!("region={}/part", value.unwrap_or("__HIVE_DEFAULT_PARTITION__"));
            schema = part.schema();
            write(&folder.join(&path), format, &part);
            files.push(pin(folder, &path, vec![value.map(str::to_owned)]));
        }
        partitions.push(("region".to_owned(), DataType::Utf8));
    } else {
        write(&folder.join("people.parquet"), format, &batch);
        files.push(pin(folder, "people.parquet", vec![]));
    }
    if stored == Stored::Views {
        let fields = schema.fields().iter().map(|field| match field.data_type() {
            DataType::Utf8 => field.as_ref().clone().with_data_type(DataType::Utf8View),
            _ => field.as_ref().clone(),
        });
        schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    }
    let folder = Arc::new(Dir::open_ambient_dir(folder, ambient_authority()).unwrap());
    Pinned { folder, files, format, row_bytes: 0, schema, partitions }
}

/// The columns that CSV can hold.
fn plain(batch: &RecordBatch) -> RecordBatch {
    let schema = batch.schema();
    let kept = schema.fields().iter().zip(batch.columns()).filter(|(field, _)| field.name() != "tags");
    let columns = kept.map(|(field, column)| match column.data_type() {
        DataType::Dictionary(..) | DataType::LargeUtf8 => (field.name(), cast(column, &DataType::Utf8).unwrap(), true),
        _ => (field.name(), column.clone(), true),
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn write(path: &Path, format: Format, batch: &RecordBatch) {
    create_dir_all(path.parent().unwrap()).unwrap();
    let file = File::create(path).unwrap();
    if format != Format::Parquet {
        datafusion::arrow::csv::Writer::new(file).write(batch).unwrap();
        return;
    }
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(1_000))
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(100)
        .build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn pin(folder: &Path, path: &str, partition: Vec<Option<String>>) -> PinnedFile {
    let metadata = std::fs::metadata(folder.join(path)).unwrap();
    PinnedFile {
        path: path.into(),
        size_bytes: metadata.len(),
        modified_us: files::modified_us(&metadata),
        partition,
        header: None,
    }
}

fn texts(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows = vec![];
    for batch in batches {
        let options = FormatOptions::default().with_null("null");
        let columns: Vec<_> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}
