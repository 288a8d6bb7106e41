//! Content-addressed blobs in a local folder: `<folder>/<2 digits>/<64 digits of the SHA-256>`.
//!
//! - A name holds all of its bytes or does not exist: they are written to `<folder>/tmp`, flushed, then renamed.
//! - What [`Blobs::put`] returned survives a power cut: file and folder are flushed before it returns.
//! - Paths are made from a [`Digest`] only, never from a caller's text.
//! - It counts no references: whoever calls [`Blobs::remove`] knows that nothing else needs the bytes.
mod error;

pub use error::{Error, Result};

use base::{Digest, Timestamp};
use sha2::Digest as _;
use std::fs::File;
use std::io::{ErrorKind, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Take};

/// How much is read, hashed and written at a time: under 500 µs of hashing.
const CHUNK: usize = 128 * 1024;

/// A folder of content-addressed blobs.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: Arc<Path>,
}

/// The bytes of a blob, or of a part of it.
pub type Reader = Take<tokio::fs::File>;

impl Blobs {
    /// Opens the folder, and makes it if absent. Blocks: call it at start.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let root = folder.as_ref();
        std::fs::create_dir_all(root.join("tmp"))?;
        for shard in 0..=u8::MAX {
            match std::fs::create_dir(root.join(format!("{shard:02x}"))) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
                _ => {}
            }
        }
        File::open(root)?.sync_all()?;
        Ok(Self { root: root.into() })
    }

    /// Stores what `input` yields and returns its digest and size in bytes. Storing the same bytes again is no error.
    pub async fn put(&self, input: impl AsyncRead + Unpin) -> Result<(Digest, u64)> {
        let folder = self.root.clone();
        let made = on_a_thread(move || tempfile::NamedTempFile::new_in(folder.join("tmp"))).await?;
        let (file, temporary) = made.into_parts(); // removed when dropped, so no way out of here leaves a part
        let (digest, size) = fill(file, input).await?;
        let target = self.path(&digest);
        on_a_thread(move || {
            temporary.persist(&target).map_err(|failed| failed.error)?;
            File::open(target.parent().expect("lies in a shard"))?.sync_all()
        })
        .await?;
        Ok((digest, size))
    }

    /// Opens a blob for reading, from its start to its end.
    pub async fn get(&self, digest: &Digest) -> Result<Reader> {
        let file = self.file(digest).await?;
        let size = file.metadata().await?.len();
        Ok(file.take(size))
    }

    /// Opens the bytes `range` of a blob.
    pub async fn range(&self, digest: &Digest, range: Range<u64>) -> Result<Reader> {
        let mut file = self.file(digest).await?;
        let size = file.metadata().await?.len();
        if range.start > range.end || range.end > size {
            return Err(Error::OutOfRange { digest: *digest, from: range.start, to: range.end, size });
        }
        file.seek(SeekFrom::Start(range.start)).await?;
        Ok(file.take(range.end - range.start))
    }

    /// Returns the size of a blob in bytes, or `None` if it is not there.
    pub async fn size(&self, digest: &Digest) -> Result<Option<u64>> {
        match tokio::fs::metadata(self.path(digest)).await {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether the blob is there.
    pub async fn contains(&self, digest: &Digest) -> Result<bool> {
        Ok(self.size(digest).await?.is_some())
    }

    /// Reads a blob to its end; [`Error::Damaged`] if its bytes are no longer those that were stored.
    pub async fn verify(&self, digest: &Digest) -> Result<()> {
        let mut reader = self.get(digest).await?;
        let (mut hasher, mut chunk) = (sha2::Sha256::new(), vec![0; CHUNK]);
        loop {
            let length = reader.read(&mut chunk).await?;
            if length == 0 {
                break;
            }
            hasher.update(&chunk[..length]);
        }
        let found = Digest::from_hasher(hasher);
        if found == *digest { Ok(()) } else { Err(Error::Damaged { wanted: *digest, found }) }
    }

    /// Removes a blob; readers that have it open read on. Removing what is not there is no error.
    pub async fn remove(&self, digest: &Digest) -> Result<()> {
        let target = self.path(digest);
        on_a_thread(move || {
            match std::fs::remove_file(&target) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                done => done?,
            }
            File::open(target.parent().expect("lies in a shard"))?.sync_all()
        })
        .await
    }

    /// Removes temporary files last written before `then`, which a killed process left, and returns how many.
    pub async fn sweep(&self, then: Timestamp) -> Result<u64> {
        let folder = self.root.join("tmp");
        on_a_thread(move || {
            let mut removed = 0;
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let written = entry.metadata()?;
                if written.mtime() * 1_000_000 + written.mtime_nsec() / 1_000 < then.0 {
                    std::fs::remove_file(entry.path())?;
                    removed += 1;
                }
            }
            Ok(removed)
        })
        .await
    }

    async fn file(&self, digest: &Digest) -> Result<tokio::fs::File> {
        match tokio::fs::File::open(self.path(digest)).await {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::NotFound(*digest)),
            Err(error) => Err(error.into()),
        }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let digits = digest.hex();
        self.root.join(&digits[..2]).join(digits)
    }
}

/// Writes what `input` yields to `file` and flushes it to the disk.
async fn fill(file: File, mut input: impl AsyncRead + Unpin) -> Result<(Digest, u64)> {
    let mut file = tokio::fs::File::from_std(file);
    let (mut hasher, mut size, mut chunk) = (sha2::Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let length = input.read(&mut chunk).await.map_err(Error::Input)?;
        if length == 0 {
            break;
        }
        hasher.update(&chunk[..length]);
        file.write_all(&chunk[..length]).await?;
        size += length as u64;
    }
    file.flush().await?; // tokio reports a failed write at the next call only
    file.sync_all().await?;
    Ok((Digest::from_hasher(hasher), size))
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??)
}

#[cfg(test)]
mod tests;
