//! Appending: rows of the server's own making become more of a published dataset, in the name of an environment and under its `write`
//! grant. A version keeps the files of the one before; small ones at its end are written again with the new rows, so that their number
//! grows with the logarithm of the rows.
use std::sync::Arc;

use access::audit::{self, Entry};
use base::{DatasetId, EnvironmentId, Principal, Timestamp};
use catalog::datasets::{self, DatasetState, Origin, Table, TableFile};
use catalog::grants::{self, Grant};
use catalog::lakes::{self, LakeDir, LakeRef, Stamp};
use datafusion::arrow::array::{ArrayRef, RecordBatch, new_null_array};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use db::Tx;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::error::{Error, Result};
use super::files::{Upload, Written};
use super::model::Target;
use super::service::LARGEST_BYTES;
use super::{PublishDataset, Published};
use crate::Context;

/// A file that has as many bytes is never written again.
const LARGE_FILE: i64 = 64 << 20;

/// Rows to be appended.
#[derive(Clone, Debug)]
pub struct Append<'a> {
    /// Whose grant it is done under, and what its prod environment or the like reads.
    pub environment: &'a EnvironmentId,
    /// The table's name; it lies in the schema of the environment's oldest `write` grant that fits.
    pub table: &'a str,
    /// What the rows were made from.
    pub inputs: &'a [DatasetId],
    /// What makes them, for the dataset's lineage: `endpoint/prod.credit`.
    pub made_by: &'a str,
    /// The new rows. Columns that the dataset has and these have not are null, and the other way round.
    pub rows: &'a RecordBatch,
}

/// Rows that lie in the lake, and that no version names yet. Dropped before [`commit`], they go.
pub struct Staged {
    written: Written,
    place: Place,
    environment: EnvironmentId,
    /// The files of the version before that stay as they are.
    kept: Vec<TableFile>,
    schema: SchemaRef,
    made_by: String,
    /// How many rows came.
    rows: usize,
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Staged").field("dataset", &self.place.target.dataset()).finish_non_exhaustive()
    }
}

/// Where rows go, and under what.
struct Place {
    target: Target,
    lake: LakeRef,
    grant: Grant,
    /// Each with its version now.
    inputs: Vec<(DatasetId, i64)>,
    before: Option<Table>,
}

/// Writes the rows into the lake, where nobody sees them before [`commit`].
///
/// # Errors
/// No `write` grant whose purpose all inputs can be read for; a dataset of this name that was not published, or whose columns have
/// other types; a lake that cannot be written to.
pub async fn stage(cx: &Context, what: &Append<'_>) -> Result<Staged> {
    if crate::is_skewed(cx).await? {
        return Err(Error::Skew);
    }
    let place = cx.db.read(|tx| async move { find_place(cx, &tx, what).await }).await?;
    let (roots, rows, version) = (cx.catalog.roots.clone(), what.rows.clone(), cx.ids.next("v"));
    let (environment, made_by) = (what.environment.clone(), what.made_by.to_owned());
    let writing = tokio::task::spawn_blocking(move || {
        let folder = roots.open(&place.lake).map_err(|_| Error::Unwritable(place.target.lake.clone()))?;
        let new = rows.num_rows();
        let merged = merge(&folder, place.before.as_ref(), rows)?;
        let dir = folder.dir().try_clone().map_err(|_| Error::Unwritable(place.target.lake.clone()))?;
        let mut upload = Upload::begin(dir, &place.target, &version, LARGEST_BYTES)?;
        upload.write(&encode(&merged.rows)?)?;
        let written = upload.finish()?;
        Ok(Staged { written, place, environment, kept: merged.kept, schema: merged.schema, made_by, rows: new })
    });
    writing.await.map_err(|_| Error::Broken)?
}

/// Makes staged rows the dataset's next version. Joins the caller's transaction; call [`Staged::keep`] once that is committed.
///
/// # Errors
/// [`Error::Moved`] if the dataset, or what it is appended under, changed since the rows were staged.
pub async fn commit(cx: &Context, tx: &Tx, staged: &Staged) -> Result<Published> {
    let (place, now) = (&staged.place, cx.clock.now());
    let target = &place.target;
    if let Some(found) = grants::no_longer(tx, std::slice::from_ref(&place.grant.id), now).await? {
        return Err(Error::Moved(format!("grant `{found}` allows nothing any more")));
    }
    let found = datasets::table_of(tx, &target.dataset(), None).await?;
    if found.as_ref().map(|table| table.version) != place.before.as_ref().map(|table| table.version) {
        return Err(Error::Moved(format!("`{}` has another version now", target.dataset())));
    }
    let by = Principal::Environment(staged.environment.clone());
    let (mut files, digest) = (staged.kept.clone(), staged.written.digest);
    files.push(staged.written.file.clone());
    let rows = files.iter().map(|file| file.rows).sum();
    let new = datasets::Published {
        dataset: target.dataset(),
        schema: staged.schema.clone(),
        files,
        rows,
        inputs: place.inputs.clone(),
        by: by.clone(),
        made_by: Some(staged.made_by.clone()),
    };
    let version = datasets::publish(&cx.catalog, tx, &new).await?;
    let published = Published {
        dataset: target.dataset(),
        version,
        rows: rows.unsigned_abs(),
        bytes: staged.written.file.size_bytes.unsigned_abs(),
        digest: digest.to_string(),
        grant: place.grant.id.clone(),
        inputs: place.inputs.iter().map(|(input, _)| input.clone()).collect(),
        published_at: now,
    };
    let action = <PublishDataset as access::Action>::NAME;
    let mut entry = Entry::new(now, by.to_string(), action, format!("dataset/{}", target.dataset()));
    entry.grant = Some(place.grant.id.clone());
    entry.purpose = Some(place.grant.purpose.clone());
    entry.after = Some(serde_json::to_value(&published).map_err(db::sql::unknown)?);
    audit::insert(tx, &entry).await?;
    Ok(published)
}

impl Staged {
    /// Lets the rows stay: a committed version names them.
    pub fn keep(self) {
        self.written.keep();
    }

    /// Returns how many rows came.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Finds the grant to append under: the oldest whose purpose everything that the rows were made from can be read for.
async fn find_place(cx: &Context, tx: &Tx, what: &Append<'_>) -> Result<Place> {
    let (by, now) = (Principal::Environment(what.environment.clone()), cx.clock.now());
    let mut why = Error::NoGrant(format!("any schema, as {by}"));
    for grant in grants::writable_for(tx, &by, now).await? {
        let readable = grants::readable_for(tx, std::slice::from_ref(&by), &grant.purpose, now).await?;
        if let Some(input) = what.inputs.iter().find(|input| !readable.contains(input.as_str())) {
            why = Error::Input(input.clone(), grant.purpose.clone());
            continue;
        }
        let target = Target::parse(&DatasetId(format!("{}.{}", grant.object, what.table)))?;
        let Some(lake) = lakes::place_of(tx, &target.lake).await? else { continue };
        let mut inputs = Vec::new();
        for input in what.inputs {
            let table = datasets::table_of(tx, input, None).await?;
            inputs.push((input.clone(), table.map_or(0, |table| table.version)));
        }
        let before = datasets::table_of(tx, &target.dataset(), None).await?;
        if let Some(other) = before.as_ref().filter(|table| table.origin == Origin::Crawled) {
            return Err(datasets::Error::Crawled(other.dataset.clone()).into());
        }
        let before = before.filter(|table| table.state == DatasetState::Active);
        return Ok(Place { target, lake, grant, inputs, before });
    }
    Err(why)
}

/// What becomes of a dataset's files.
struct Merged {
    kept: Vec<TableFile>,
    /// The new rows behind those of the files that are written again.
    rows: RecordBatch,
    schema: SchemaRef,
}

/// Puts new rows behind those of the dataset's last files, as long as these are no larger than what is put behind them.
fn merge(folder: &LakeDir, before: Option<&Table>, rows: RecordBatch) -> Result<Merged> {
    let Some(before) = before else { return Ok(Merged { kept: Vec::new(), schema: rows.schema(), rows }) };
    let rows = renamed(rows, &before.schema)?;
    let schema = joined(&before.schema, &rows.schema())?;
    let mut kept = before.files.clone();
    let mut batches = vec![in_schema(&rows, &schema)?];
    let mut taken = rows.num_rows();
    while let Some(last) = kept.last() {
        let count = usize::try_from(last.rows).unwrap_or(usize::MAX);
        if count > taken || last.size_bytes >= LARGE_FILE {
            break;
        }
        let mut read = read(folder, before, last, &schema)?;
        read.append(&mut batches);
        batches = read;
        taken += count;
        kept.pop();
    }
    let rows = concat_batches(&schema, &batches).map_err(|_| Error::Broken)?;
    Ok(Merged { kept, rows, schema })
}

/// Gives new rows' columns that have another type in the dataset a name of their own: `amount_text` beside `amount`.
fn renamed(rows: RecordBatch, dataset: &Schema) -> Result<RecordBatch> {
    let name = |field: &Field| {
        let known = dataset.field_with_name(field.name()).is_ok_and(|known| known.data_type() != field.data_type());
        if known { format!("{}_{}", field.name(), word(field.data_type())) } else { field.name().clone() }
    };
    let fields: Vec<Field> =
        rows.schema().fields().iter().map(|field| field.as_ref().clone().with_name(name(field))).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), rows.columns().to_vec()).map_err(|_| Error::Broken)
}

fn word(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "flag",
        DataType::Int64 => "whole",
        DataType::Float64 => "fraction",
        DataType::Utf8 => "text",
        _ => "other",
    }
}

/// Returns the columns of both, those of the dataset first; all may be null, since neither needs to have those of the other.
fn joined(dataset: &Schema, rows: &Schema) -> Result<SchemaRef> {
    let mut fields: Vec<_> = dataset.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    for field in rows.fields() {
        match fields.iter().find(|known| known.name() == field.name()) {
            Some(known) if known.data_type() == field.data_type() => {}
            Some(_) => return Err(Error::Column(field.name().clone(), "has another type in the dataset")),
            None => fields.push(field.as_ref().clone().with_nullable(true)),
        }
    }
    Ok(Arc::new(Schema::new(fields)))
}

/// Returns the rows with the columns of `schema`, those that they have not as nulls.
fn in_schema(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let column = |name: &String, data_type| -> Result<ArrayRef> {
        match rows.column_by_name(name) {
            None => Ok(new_null_array(data_type, rows.num_rows())),
            Some(column) => datafusion::arrow::compute::cast(column, data_type).map_err(|_| Error::Broken),
        }
    };
    let columns = schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect::<Result<_>>()?;
    RecordBatch::try_new(schema.clone(), columns).map_err(|_| Error::Broken)
}

fn read(folder: &LakeDir, table: &Table, file: &TableFile, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let unreadable = || Error::Moved(format!("a file of `{}` cannot be read", table.dataset));
    let stamp = Stamp { size_bytes: file.size_bytes, modified_at: Timestamp(file.modified_us) };
    let opened = folder.open_file(&file.path, stamp).map_err(|_| unreadable())?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(opened).and_then(ParquetRecordBatchReaderBuilder::build);
    let mut batches = Vec::new();
    for batch in reader.map_err(|_| unreadable())? {
        batches.push(in_schema(&batch.map_err(|_| unreadable())?, schema)?);
    }
    Ok(batches)
}

fn encode(rows: &RecordBatch) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, rows.schema(), Some(properties)).map_err(|_| Error::Broken)?;
    writer.write(rows).and_then(|()| writer.close()).map_err(|_| Error::Broken)?;
    Ok(file)
}
