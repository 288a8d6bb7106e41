//! What a read opens: one version of a dataset, pinned.
use super::store::DatasetStore;
use super::{Column, DatasetState, Origin};
use crate::lakes::store::LakeStore;
use crate::lakes::{LakeDir, LakeRef, Stamp};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use base::{DatasetId, Digest, Timestamp};
use db::Tx;
use db::sql::unknown;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a table's files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Format {
    Parquet,
    /// With a header line; an empty field is null.
    Csv {
        delimiter: u8,
    },
}

/// A file of a version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TableFile {
    /// Below the lake's folder, with `/` between names as they are on disk.
    pub path: String,
    pub size_bytes: i64,
    pub modified_us: i64,
    pub rows: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// One per partition column; `None` is null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Option<String>>,
    /// The columns of a CSV file in the order of its header, where that is not the order of the table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Vec<String>>,
    /// A bound on the bytes of a row, on average over any run of them; nothing where that is a few thousand at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_bytes: Option<u64>,
}

impl TableFile {
    /// Returns what tells this state of the file from another.
    pub fn stamp(&self) -> Stamp {
        Stamp { size_bytes: self.size_bytes, modified_at: Timestamp(self.modified_us) }
    }

    /// Opens the file if it still is what the version holds. Blocks on the file system.
    ///
    /// # Errors
    /// [`crate::lakes::Error::Changed`].
    pub fn open(&self, dir: &LakeDir) -> Result<std::fs::File, crate::lakes::Error> {
        dir.open_file(&self.path, self.stamp())
    }

    /// Succeeds if the file still is what the version holds; asked again at the end of a read.
    ///
    /// # Errors
    /// [`crate::lakes::Error::Changed`].
    pub fn check(&self, dir: &LakeDir) -> Result<(), crate::lakes::Error> {
        dir.check(&self.path, self.stamp())
    }
}

/// A partition column: its values stand in the names of folders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    pub name: String,
    /// Whether every value is a whole number; else text.
    pub whole: bool,
}

impl Partition {
    pub(crate) fn data_type(&self) -> DataType {
        if self.whole { DataType::Int64 } else { DataType::Utf8 }
    }
}

/// What a version consists of, as it is stored and digested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub format: Format,
    /// Arrow's IPC form of the schema, in hex.
    pub schema: String,
    pub partitions: Vec<Partition>,
    pub files: Vec<TableFile>,
}

/// Returns the schema in Arrow's IPC form, in hex.
pub(crate) fn encode_schema(schema: &Schema) -> String {
    let encoded = arrow::ipc::convert::IpcSchemaEncoder::new().schema_to_fb(schema);
    hex::encode(encoded.finished_data())
}

/// Reads what [`encode_schema`] wrote.
pub(crate) fn decode_schema(text: &str) -> db::Result<SchemaRef> {
    let bytes = hex::decode(text).map_err(unknown)?;
    let encoded = arrow::ipc::root_as_schema(&bytes).map_err(unknown)?;
    Ok(Arc::new(arrow::ipc::convert::fb_to_schema(encoded)))
}

impl Content {
    /// Returns every column with Arrow's name of its type: those in the files, then the partitions.
    pub(crate) fn columns(&self) -> db::Result<Vec<(String, String)>> {
        let schema = decode_schema(&self.schema)?;
        let stored = schema.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string()));
        let partitions = self.partitions.iter().map(|key| (key.name.clone(), key.data_type().to_string()));
        Ok(stored.chain(partitions).collect())
    }

    /// Returns the digest of schema, format and files with size and time of change: the version's identity.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(crate::to_text(self))
    }
}

/// One version of a dataset, for a read: nothing else may be opened.
#[derive(Clone, Debug)]
pub struct Table {
    pub dataset: DatasetId,
    /// A read is refused unless this is active.
    pub state: DatasetState,
    pub origin: Origin,
    pub version: i64,
    /// Of schema and files: the version's identity.
    pub digest: String,
    pub lake: LakeRef,
    /// The columns stored in the files: a file may lack one (then it is null) or hold it in a narrower type.
    pub schema: SchemaRef,
    /// The columns that folders spell, `Int64` or `Utf8`; the table's columns are `schema`, then these.
    pub partitions: Vec<FieldRef>,
    pub format: Format,
    pub files: Vec<TableFile>,
    /// Every present column with its level; an unclassified one counts as restricted.
    pub columns: Vec<Column>,
    pub rows: i64,
}

/// Returns a version of a dataset, the current one unless named; `None` if there is none. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn table_of(tx: &Tx, dataset: &DatasetId, version: Option<i64>) -> db::Result<Option<Table>> {
    let Some(found) = tx.find_dataset(dataset).await? else { return Ok(None) };
    let Some(lake) = tx.find_lake(&found.lake).await? else { return Ok(None) };
    let number = version.unwrap_or(found.version);
    let Some((version, content)) = tx.find_content(dataset, number).await? else { return Ok(None) };
    let columns = tx.list_columns(dataset).await?;
    let field = |key: &super::table::Partition| Arc::new(Field::new(&key.name, key.data_type(), true));
    Ok(Some(Table {
        dataset: found.id,
        state: found.state,
        origin: found.origin,
        version: number,
        digest: version.digest,
        lake: lake.place(),
        schema: decode_schema(&content.schema)?,
        partitions: content.partitions.iter().map(field).collect(),
        format: content.format,
        files: content.files,
        columns: columns.into_iter().filter(|column| column.present).collect(),
        rows: version.rows,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::TimeUnit;

    #[test]
    fn a_schema_survives_storage() {
        let list = DataType::List(Arc::new(Field::new("item", DataType::Float32, true)));
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let fields = [("a", DataType::Int64), ("b", DataType::Decimal128(12, 2)), ("c", list), ("d", zoned)];
        let schema = Schema::new(fields.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec());
        assert_eq!(*decode_schema(&encode_schema(&schema)).unwrap(), schema);
        assert!(decode_schema("00").is_err() && decode_schema("x").is_err());
    }
}
