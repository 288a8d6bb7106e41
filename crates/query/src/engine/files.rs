use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, Metadata};
use std::io::{BufReader, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use datafusion::object_store::path::Path;
use datafusion::object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use futures::stream::{self, BoxStream, StreamExt};

/// One file of a dataset version, and how to know it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedFile {
    /// Below the lake's folder, parts joined by `/`.
    pub path: String,
    /// Its size when the version was cut.
    pub size_bytes: u64,
    /// When it was last written, in whole microseconds since the Unix epoch.
    pub modified_us: i64,
    /// The value of each partition column; `None` is null.
    pub partition: Vec<Option<String>>,
    /// The columns of a CSV file in the order of its header, where that is not the table's.
    pub header: Option<Vec<String>>,
}

/// How the header of a CSV file reads: in bytes, nothing else says which value belongs to which column.
pub(super) struct Headers {
    pub(super) delimiter: u8,
    /// The table's columns, which a file has in this order unless it names another.
    pub(super) usual: Vec<String>,
}

/// The pinned files of one dataset version: all that a plan can open, by number. A plan holds no path at all.
///
/// Each opening, and [`LakeFiles::have_changed`] at the end, compares size and time of writing with the version.
pub(super) struct LakeFiles {
    folder: Arc<Dir>,
    files: Vec<PinnedFile>,
    /// Of CSV files.
    headers: Option<Headers>,
    opened: Mutex<BTreeSet<usize>>,
    changed: AtomicBool,
}

/// Why a pinned file gave no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Trouble {
    #[error("dataset changed")]
    Changed,
    #[error("a file cannot be read")]
    Unreadable,
}

impl LakeFiles {
    pub(super) fn new(folder: Arc<Dir>, files: Vec<PinnedFile>, headers: Option<Headers>) -> Self {
        Self { folder, files, headers, opened: Mutex::default(), changed: AtomicBool::new(false) }
    }

    pub(super) fn files(&self) -> &[PinnedFile] {
        &self.files
    }

    /// Returns how a plan names file `number`.
    pub(super) fn name(number: usize) -> Path {
        Path::from(number.to_string())
    }

    /// Looks again at every file that was opened. Blocks on the disk.
    pub(super) fn have_changed(&self) -> bool {
        let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for number in opened {
            let pinned = &self.files[number];
            // Through an opened handle, since only that carries the times of the file behind a link.
            if self.open(pinned).is_err() {
                self.changed.store(true, Ordering::SeqCst);
            }
        }
        self.changed.load(Ordering::SeqCst)
    }

    /// Tells whether an opening or a look at the end found another file.
    pub(super) fn seen_changed(&self) -> bool {
        self.changed.load(Ordering::SeqCst)
    }

    fn open(&self, pinned: &PinnedFile) -> std::result::Result<File, Trouble> {
        let mut options = OpenOptions::new();
        // A pipe put in a file's place must not hold the thread.
        options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        let file = match self.folder.open_with(&pinned.path, &options) {
            Ok(file) => file.into_std(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Trouble::Changed),
            Err(error) => {
                tracing::warn!(%error, "a pinned file cannot be opened");
                return Err(Trouble::Unreadable);
            }
        };
        match file.metadata() {
            Ok(found)
                if found.is_file() && found.len() == pinned.size_bytes && modified_us(&found) == pinned.modified_us =>
            {
                Ok(file)
            }
            Ok(_) => Err(Trouble::Changed),
            Err(_) => Err(Trouble::Unreadable),
        }
    }

    /// Tells whether a CSV file's columns stand in the order that its version says: masks and row filters go by it.
    fn has_its_header(&self, file: &File, pinned: &PinnedFile) -> bool {
        let Some(Headers { delimiter, usual }) = &self.headers else { return true };
        let format = datafusion::arrow::csv::reader::Format::default().with_header(true).with_delimiter(*delimiter);
        let Ok((found, _)) = format.infer_schema(BufReader::new(file).take(LONGEST_HEADER), Some(0)) else {
            return false;
        };
        found.fields().iter().map(|field| field.name()).eq(pinned.header.as_ref().unwrap_or(usual))
    }

    /// Reads `ranges` of file `number` in one opening. Blocks on the disk.
    fn read(&self, number: usize, ranges: &[Range<u64>]) -> std::result::Result<Vec<Bytes>, Trouble> {
        let pinned = self.files.get(number).ok_or(Trouble::Unreadable)?;
        let first = self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(number);
        let file = self.open(pinned)?;
        if first && !self.has_its_header(&file, pinned) {
            return Err(Trouble::Changed);
        }
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(|_| Trouble::Unreadable)?;
            let mut part = vec![0; length];
            // Its size was right a moment ago, so an early end means that it is being rewritten.
            file.read_exact_at(&mut part, range.start).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => Trouble::Changed,
                _ => Trouble::Unreadable,
            })?;
            parts.push(Bytes::from(part));
        }
        Ok(parts)
    }

    async fn read_elsewhere(self: Arc<Self>, number: usize, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>> {
        let files = Arc::clone(&self);
        let read = tokio::task::spawn_blocking(move || files.read(number, &ranges)).await;
        let trouble = match read {
            Ok(Ok(parts)) => return Ok(parts),
            Ok(Err(trouble)) => trouble,
            Err(_) => Trouble::Unreadable,
        };
        if trouble == Trouble::Changed {
            self.changed.store(true, Ordering::SeqCst);
        }
        Err(Error::Generic { store: "lake", source: Box::new(trouble) })
    }
}

/// Returns when a file was last written, in whole microseconds since the Unix epoch; before it counts as at it.
pub(crate) fn modified_us(metadata: &Metadata) -> i64 {
    metadata.mtime().saturating_mul(1_000_000).saturating_add(metadata.mtime_nsec().div_euclid(1_000)).max(0)
}

/// [`LakeFiles`] as DataFusion reads them.
#[derive(Clone)]
pub(super) struct LakeStore(pub(super) Arc<LakeFiles>);

impl fmt::Debug for LakeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LakeStore")
    }
}

impl fmt::Display for LakeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LakeStore")
    }
}

impl LakeStore {
    fn number(&self, location: &Path) -> Result<(usize, ObjectMeta)> {
        let number = location.as_ref().parse().ok().filter(|number| *number < self.0.files.len());
        let Some(number) = number else { return refuse() };
        Ok((number, self.meta(number)))
    }

    fn meta(&self, number: usize) -> ObjectMeta {
        let pinned = &self.0.files[number];
        ObjectMeta {
            location: LakeFiles::name(number),
            last_modified: Default::default(), // nothing reads it: the identity is checked where the file is opened
            size: pinned.size_bytes,
            e_tag: None,
            version: None,
        }
    }

    /// Returns file `number` for a plan.
    pub(super) fn object(&self, number: usize) -> ObjectMeta {
        self.meta(number)
    }
}

fn refuse<T>() -> Result<T> {
    Err(Error::NotSupported { source: "a lake is only read, by its pinned files".into() })
}

#[async_trait]
impl ObjectStore for LakeStore {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let (number, meta) = self.number(location)?;
        let range = match &options.range {
            Some(range) => range
                .as_range(meta.size)
                .map_err(|source| Error::Generic { store: "lake", source: Box::new(source) })?,
            None => 0..meta.size,
        };
        // A whole file goes piece by piece; a range is as long as its caller wants it in memory.
        let pieces = if options.head { vec![] } else { pieces(&range) };
        let files = Arc::clone(&self.0);
        let bytes = stream::iter(pieces).then(move |piece| {
            let files = Arc::clone(&files);
            async move { Ok(files.read_elsewhere(number, vec![piece]).await?.swap_remove(0)) }
        });
        Ok(GetResult { payload: GetResultPayload::Stream(bytes.boxed()), meta, range, attributes: Default::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (number, _) = self.number(location)?;
        Arc::clone(&self.0).read_elsewhere(number, ranges.to_vec()).await
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        stream::iter([refuse()]).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        refuse()
    }

    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        refuse()
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        refuse()
    }

    fn delete_stream(&self, _: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        stream::iter([refuse()]).boxed()
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        refuse()
    }
}

/// As a crawl reads it.
const LONGEST_HEADER: u64 = 16 << 20;
const PIECE_BYTES: u64 = 4 * 1024 * 1024;

fn pieces(range: &Range<u64>) -> Vec<Range<u64>> {
    let mut pieces = vec![];
    let mut start = range.start;
    while start < range.end {
        let end = range.end.min(start.saturating_add(PIECE_BYTES));
        pieces.push(start..end);
        start = end;
    }
    pieces
}
