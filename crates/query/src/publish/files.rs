//! Writing below a lake's folder, through its open handle. A version lies in a folder of its own whose name crawls leave
//! out, so that nothing but the database makes it visible.
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base::{Digest, LakeId};
use cap_std::fs::{Dir, OpenOptions};
use catalog::datasets::TableFile;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::model::Target;
use crate::engine::files::modified_us;

/// The folder of versions, inside the dataset's; names that begin with `_` are never part of a table.
const VERSIONS: &str = "_versions";
const FILE: &str = "part-0.parquet";

/// A file on its way into a lake. Until [`Upload::finish`] it lies under a name that begins with a dot; dropped before
/// [`Written::keep`], all of it goes.
pub(super) struct Upload {
    folder: Folder,
    file: File,
    hash: Sha256,
    target: Target,
    bytes: u64,
    most: u64,
}

/// A whole file in its place, which no row names yet.
pub(super) struct Written {
    folder: Folder,
    pub(super) file: TableFile,
    pub(super) schema: SchemaRef,
    pub(super) digest: Digest,
}

/// The version's folder, removed on drop unless kept.
struct Folder {
    lake: LakeId,
    root: Dir,
    path: PathBuf,
    kept: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.root.remove_dir_all(&self.path)
        {
            tracing::warn!(lake = %self.lake, %error, "an unfinished version could not be removed; nothing names it");
        }
    }
}

impl Folder {
    fn fault(&self, error: &io::Error) -> Error {
        fault(&self.lake, error)
    }
}

fn fault(lake: &LakeId, error: &io::Error) -> Error {
    tracing::warn!(%lake, %error, "a lake could not be written to");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Error::Full(lake.clone())
        }
        _ => Error::Unwritable(lake.clone()),
    }
}

impl Upload {
    /// Begins the file of version `version` below the lake's folder `root`.
    pub(super) fn begin(root: Dir, target: &Target, version: &str, most: u64) -> Result<Self, Error> {
        let lake = &target.lake;
        refuse_twin(&root, target)?;
        // Name by name, and never through a link: it may lead to another table, or to where only the server may write.
        let mut versions = PathBuf::new();
        for name in [target.schema.as_str(), target.table.as_str(), VERSIONS] {
            versions.push(name);
            match root.create_dir(&versions) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fault(lake, &error)),
                _ => {}
            }
            let found = root.symlink_metadata(&versions).map_err(|error| fault(lake, &error))?;
            if !found.is_dir() {
                return Err(Error::Unwritable(lake.clone()));
            }
        }
        let path = versions.join(format!(".{version}"));
        root.create_dir(&path).map_err(|error| fault(lake, &error))?;
        let folder = Folder { lake: lake.clone(), root, path, kept: false };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).read(true);
        let file = folder.root.open_with(folder.path.join(FILE), &options).map_err(|error| folder.fault(&error))?;
        Ok(Self { folder, file: file.into_std(), hash: Sha256::new(), target: target.clone(), bytes: 0, most })
    }

    /// Adds a piece of the body.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.most {
            return Err(Error::TooLarge(self.most));
        }
        self.hash.update(piece);
        self.file.write_all(piece).map_err(|error| self.folder.fault(&error))
    }

    /// Puts the file in its place on the disk for good, if it is Parquet from its first byte to its last.
    pub(super) fn finish(mut self) -> Result<Written, Error> {
        refuse_twin(&self.folder.root, &self.target)?; // somebody may have begun one meanwhile
        let Whole { rows, schema, row_bytes } = read_whole(&self.file)?;
        let durable = || -> io::Result<(PathBuf, std::fs::Metadata)> {
            self.file.sync_all()?;
            let name = self.folder.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let place = self.folder.path.with_file_name(name.trim_start_matches('.'));
            sync(&self.folder.root, &self.folder.path)?;
            self.folder.root.rename(&self.folder.path, &self.folder.root, &place)?;
            let mut parent = place.parent();
            while let Some(folder) = parent {
                sync(&self.folder.root, folder)?;
                parent = folder.parent();
            }
            Ok((place, self.file.metadata()?))
        };
        let (place, metadata) = durable().map_err(|error| self.folder.fault(&error))?;
        self.folder.path = place;
        let digest = Digest::from_hasher(self.hash);
        let file = TableFile {
            path: self.folder.path.join(FILE).to_str().unwrap_or_default().to_owned(),
            size_bytes: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
            modified_us: modified_us(&metadata),
            rows,
            digest: Some(digest),
            values: vec![],
            header: None,
            row_bytes: Some(row_bytes).filter(|bytes| *bytes > 4_096),
        };
        Ok(Written { folder: self.folder, file, schema, digest })
    }
}

/// Refuses a table whose name differs from another's of its schema by case alone: a crawl would list one of the two as
/// broken, and some file systems keep them in one folder.
fn refuse_twin(root: &Dir, target: &Target) -> Result<(), Error> {
    let twin = |here: &str, name: &str| here != name && here.eq_ignore_ascii_case(name);
    let names = |folder: &str| -> Result<Vec<String>, Error> {
        match root.read_dir(folder) {
            Ok(entries) => Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
            Err(error) => Err(fault(&target.lake, &error)),
        }
    };
    let of_file = |name: &str| {
        let stem = name.strip_suffix(".parquet").or_else(|| name.strip_suffix(".csv"));
        stem.unwrap_or(name).to_owned()
    };
    let tables = names(&target.schema)?;
    match tables.iter().map(|name| of_file(name)).find(|name| twin(name, &target.table)) {
        Some(other) => {
            Err(Error::Twin(target.dataset(), other.chars().take(200).flat_map(char::escape_debug).collect()))
        }
        None => Ok(()),
    }
}

impl Written {
    /// Lets the file stay: a committed row names it.
    pub(super) fn keep(mut self) {
        self.folder.kept = true;
    }
}

fn sync(root: &Dir, folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    root.open(folder)?.sync_all()
}

/// A file that can be read.
struct Whole {
    rows: i64,
    schema: SchemaRef,
    row_bytes: u64,
}

/// Decodes every value, so that no reader meets a broken page later.
fn read_whole(file: &File) -> Result<Whole, Error> {
    let again = || file.try_clone().map_err(|_| Error::Broken);
    let reader = ParquetRecordBatchReaderBuilder::try_new(again()?)
        .map_err(|_| Error::NotParquet("its footer cannot be read"))?;
    let schema = check_columns(reader.schema())?;
    let expected = reader.metadata().file_metadata().num_rows();
    let row_bytes = catalog::crawls::row_bytes(file).map_err(Error::Rows)?;
    let reader = reader.with_batch_size(catalog::crawls::batch_rows(row_bytes, 1_024));
    let batches = reader.build().map_err(|_| Error::NotParquet("its columns cannot be read"))?;
    let mut rows = 0_i64;
    for batch in batches {
        let batch = batch.map_err(|_| Error::NotParquet("a page cannot be read"))?;
        rows += i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
    }
    if rows != expected {
        return Err(Error::NotParquet("it has not as many rows as its footer says"));
    }
    Ok(Whole { rows, schema, row_bytes })
}

/// Returns the columns as the catalog keeps them: plain types, without the writer's notes.
fn check_columns(schema: &SchemaRef) -> Result<SchemaRef, Error> {
    let mut names = BTreeSet::new();
    let mut fields = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let name = field.name();
        let shown = || name.chars().take(100).flat_map(char::escape_debug).collect::<String>();
        if catalog::crawls::check_name(name, fields.len() + 1).is_err() {
            return Err(Error::Column(shown(), "has a name that cannot be used"));
        }
        if !names.insert(name.to_lowercase()) {
            return Err(Error::Column(shown(), "is there twice"));
        }
        let data_type = match field.data_type() {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        let data_type = match data_type {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
            other => other,
        };
        fields.push(datafusion::arrow::datatypes::Field::new(name, data_type, field.is_nullable()));
    }
    if fields.is_empty() {
        return Err(Error::NotParquet("it has no columns"));
    }
    Ok(std::sync::Arc::new(datafusion::arrow::datatypes::Schema::new(fields)))
}
