//! The segments in the serving process's folder. That process runs other people's models: what lies there is bounded, read and never
//! followed.
use crate::keeper::read;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest segment that is read: a little more than the process writes.
const LARGEST: u64 = 32 * 1024 * 1024;
/// How many segments of an endpoint are taken at once.
const AT_ONCE: usize = 16;
/// How many bytes of them.
const BYTES_AT_ONCE: u64 = 32 * 1024 * 1024;

/// A segment that is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// `1790000000000000.jsonl`.
    pub name: String,
    path: PathBuf,
}

/// Returns the endpoints that have closed segments, by the names of their folders. Blocks on the disk.
pub(super) fn endpoints(capture: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(capture) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Some(name) = entry.file_name().to_str()
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Returns the first closed segments of an endpoint, the oldest first. Blocks on the disk.
pub(super) fn segments(capture: &Path, endpoint: &str) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(capture.join(endpoint))? {
        let entry = entry?;
        let closed = |name: &str| {
            let stem = name.strip_suffix(".jsonl").unwrap_or_default();
            !stem.is_empty() && stem.len() <= 20 && stem.bytes().all(|byte| byte.is_ascii_digit())
        };
        let name = entry.file_name();
        if entry.file_type()?.is_file()
            && let Some(name) = name.to_str().filter(|name| closed(name))
        {
            found.push((entry.metadata()?.len(), Segment { name: name.to_owned(), path: entry.path() }));
        }
    }
    found.sort_by(|(_, a), (_, b)| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
    let mut bytes = 0;
    let within = |(size, _): &(u64, Segment)| {
        bytes += size;
        bytes <= BYTES_AT_ONCE || bytes == *size
    };
    Ok(found.into_iter().take(AT_ONCE).take_while(within).map(|(_, segment)| segment).collect())
}

impl Segment {
    /// Returns its lines. Blocks on the disk.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        read(&self.path, LARGEST)
    }

    /// Puts it aside, where nothing looks for segments: it cannot be read. Blocks on the disk.
    pub fn put_aside(&self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension("unreadable"))
    }

    /// Deletes it. Blocks on the disk.
    pub fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}
