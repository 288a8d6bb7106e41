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

/// How often a version's folder is begun anew where another call removes what it made above it.
const MOST_TRIES: u32 = 100;

/// The version's folder. On drop it is removed unless kept, and with it what was made above it for nothing.
struct Folder {
    lake: LakeId,
    root: Dir,
    path: PathBuf,
    /// The folders that this call made, the outermost first.
    made: Vec<PathBuf>,
    kept: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        if let Err(error) = self.root.remove_dir_all(&self.path) {
            tracing::warn!(lake = %self.lake, %error, "an unfinished version could not be removed; nothing names it");
        }
        remove_empty(&self.root, &self.made);
    }
}

/// Removes those of these folders that are empty, the innermost first; where another call has begun something it stays.
fn remove_empty(root: &Dir, made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _stays = root.remove_dir(folder);
    }
}

/// Makes the folder `path` and what is missing above it, and notes in `made` what it made.
/// Name by name, and never through a link: it may lead to another table, or to where only the server may write.
fn make_folders(root: &Dir, path: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut folder = PathBuf::new();
    for name in path {
        folder.push(name);
        match root.create_dir(&folder) {
            Ok(()) => made.push(folder.clone()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder != path => {}
            Err(error) => return Err(error),
        }
        if !root.symlink_metadata(&folder)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
    }
    Ok(())
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
        let path: PathBuf =
            [target.schema.as_str(), target.table.as_str(), VERSIONS, &format!(".{version}")].iter().collect();
        let (mut made, mut tries) = (Vec::new(), 1);
        while let Err(error) = make_folders(&root, &path, &mut made) {
            if error.kind() != io::ErrorKind::NotFound || tries == MOST_TRIES {
                remove_empty(&root, &made);
                return Err(fault(lake, &error));
            }
            tries += 1;
        }
        let folder = Folder { lake: lake.clone(), root, path, made, kept: false };
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

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    fn parquet(columns: [&str; 2]) -> Vec<u8> {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let rows = RecordBatch::try_from_iter(columns.map(|name| (name, values.clone()))).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.into_inner().unwrap()
    }

    fn begin(lake: &Path, schema: &str, table: &str, version: &str) -> Result<Upload, Error> {
        let root = Dir::open_ambient_dir(lake, cap_std::ambient_authority()).unwrap();
        let target = Target { lake: "retail".into(), schema: schema.to_owned(), table: table.to_owned() };
        Upload::begin(root, &target, version, 1 << 20)
    }

    fn whole(mut upload: Upload, body: &[u8]) -> Result<Written, Error> {
        upload.write(body)?;
        upload.finish()
    }

    /// Returns what lies below a folder, by its path.
    fn below(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            found.push(name.clone());
            if entry.file_type().unwrap().is_dir() {
                found.extend(below(&entry.path()).iter().map(|inner| format!("{name}/{inner}")));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn what_is_refused_leaves_the_lake_as_it_was() {
        let lake = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(lake.path().join("core/cust")).unwrap();
        std::fs::create_dir_all(lake.path().join("core/empty")).unwrap();
        std::fs::write(lake.path().join("core/cust/part-0.parquet"), "of others").unwrap();
        std::os::unix::fs::symlink("cust", lake.path().join("core/link")).unwrap();
        let before = below(lake.path());
        for (schema, table) in [("core", "cust"), ("core", "empty"), ("core", "fresh"), ("fresh", "fresh")] {
            let given = |body: &[u8]| whole(begin(lake.path(), schema, table, "v-1").unwrap(), body);
            assert!(matches!(given(&parquet(["a", "A"])), Err(Error::Column(..))), "{schema}.{table}");
            assert!(matches!(given(b"a,b\n1,2\n"), Err(Error::NotParquet(_))), "{schema}.{table}");
            let fine = given(&parquet(["a", "b"]));
            assert!(fine.is_ok(), "{schema}.{table}");
            drop(fine); // as where the commit refuses it
            assert_eq!(below(lake.path()), before, "{schema}.{table}");
        }
        assert!(matches!(begin(lake.path(), "core", "link", "v-1"), Err(Error::Unwritable(_))));
        assert!(matches!(begin(lake.path(), "core", "CUST", "v-1"), Err(Error::Twin(..))));
        assert_eq!(below(lake.path()), before);
    }

    #[test]
    fn a_refusal_takes_nothing_of_another_call() {
        let lake = tempfile::tempdir().unwrap();
        let first = begin(lake.path(), "core", "scores", "v-1").unwrap();
        let second = begin(lake.path(), "core", "scores", "v-2").unwrap();
        drop(first); // it made the folders that the second lies in
        whole(second, &parquet(["a", "b"])).unwrap().keep();
        drop(begin(lake.path(), "core", "scores", "v-3").unwrap());
        assert_eq!(below(&lake.path().join("core/scores/_versions")), ["v-2", "v-2/part-0.parquet"]);
    }

    #[test]
    fn calls_that_are_refused_at_once_do_not_stand_in_each_others_way() {
        let lake = tempfile::tempdir().unwrap();
        std::thread::scope(|threads| {
            for number in 0..4 {
                let folder = lake.path();
                threads.spawn(move || {
                    for again in 0..50 {
                        drop(begin(folder, "core", "scores", &format!("v-{number}-{again}")).unwrap());
                    }
                });
            }
        });
        assert!(begin(lake.path(), "core", "scores", "v-last").is_ok());
    }
}
