//! What a step wrote: looked at, sent to the server, and named in the report.
use super::limits::OUTPUT;
use super::link::{Body, Failed, Link, Pause};
use crate::archive::{self, Refused, Taken};
use crate::protocol::{Output, OutputKind};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use rustix::fs::{Mode, OFlags};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};

/// How much is read, hashed and sent at a time.
const CHUNK: usize = 128 * 1024;

/// Why the outputs of a step were not taken.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// The step's own doing: why, in words that everybody may read who sees the run, and what only the log says.
    Step(String, Option<String>),
    /// The server's or the machine's.
    Ours(String),
    Stale,
}

/// Sends what the step wrote below `folder` under the declared names.
pub(super) async fn send(
    link: &mut Link,
    fence: i64,
    folder: &Path,
    names: &[String],
) -> Result<BTreeMap<String, Output>, NotTaken> {
    // Not through a link: the step could write the folder in which this one lies.
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let opened = rustix::fs::open(folder, flags, Mode::empty());
    let opened = opened.map_err(|error| NotTaken::Ours(format!("the outputs' folder: {error}")))?;
    let mut sent = BTreeMap::new();
    for name in names {
        if !crate::pipelines::is_name(name) {
            return Err(NotTaken::Step("an output has no plain name".to_owned(), None));
        }
        let mut pause = Pause::default();
        let output = loop {
            match once(link, fence, &opened, name).await? {
                Ok(output) => break output,
                Err(Failed::Away(_)) => pause.wait().await,
                Err(Failed::Stale) => return Err(NotTaken::Stale),
                Err(failed) => return Err(NotTaken::Ours(format!("output `{name}`: {failed}"))),
            }
        };
        sent.insert(name.clone(), output);
    }
    Ok(sent)
}

/// Sends one output from its start. The server must have read the very bytes that we did.
async fn once(link: &mut Link, fence: i64, folder: &OwnedFd, name: &str) -> Result<Result<Output, Failed>, NotTaken> {
    let refused = |refused: Refused| {
        let why = format!("output `{name}` {}", refused.without_names());
        NotTaken::Step(why, Some(format!("output `{name}`: {refused}")))
    };
    let taken = archive::open(folder, name, OUTPUT).map_err(refused)?;
    let missing = || NotTaken::Step(format!("the step ended without writing output `{name}`"), None);
    let taken = taken.ok_or_else(missing)?;
    let kind = if matches!(taken, Taken::Folder(_)) { OutputKind::Folder } else { OutputKind::File };
    let (chunks, body) = mpsc::channel(4);
    let (done, hashed) = oneshot::channel();
    let reading = tokio::task::spawn_blocking(move || {
        let mut out = Hashing { chunks, hasher: Sha256::new(), part: Vec::with_capacity(CHUNK) };
        let read = read(taken, &mut out);
        if let Err(refused) = &read {
            // The request must not look whole: its body ends with an error.
            let _ = out.chunks.blocking_send(Err(io::Error::other(refused.to_string())));
        } else {
            let _ = done.send(out.hasher.finalize_reset());
        }
        read
    });
    let stored = link.output(name, fence, streamed(body)).await;
    match reading.await {
        Ok(Ok(())) => {}
        // A writer that fails is a connection that broke, which the answer says better.
        Ok(Err(Refused::Write(_))) if stored.is_err() => {}
        Ok(Err(reason)) => return Err(refused(reason)),
        Err(broken) => return Err(NotTaken::Ours(format!("output `{name}`: {broken}"))),
    }
    let stored = match stored {
        Ok(stored) => stored,
        Err(failed) => return Ok(Err(failed)),
    };
    match hashed.await {
        Ok(hash) if <[u8; 32]>::from(hash) == *stored.digest.bytes() => {
            Ok(Ok(Output { digest: stored.digest, size_bytes: stored.size_bytes, kind }))
        }
        Ok(_) => Err(NotTaken::Ours(format!("output `{name}`: the server has other bytes than were sent"))),
        Err(_) => Ok(Err(Failed::Away("an output was cut off".into()))),
    }
}

fn read(taken: Taken, out: &mut Hashing) -> Result<(), Refused> {
    match taken {
        Taken::Folder(folder) => archive::pack(&folder, OUTPUT, &mut *out).map(|_| ())?,
        Taken::File { file, size } => {
            let copied = io::copy(&mut file.take(size), out).map_err(Refused::Write)?;
            if copied != size {
                return Err(Refused::Changed("the file".into()));
            }
        }
    }
    out.flush().map_err(Refused::Write)
}

/// Hashes what passes, and hands it on in chunks.
struct Hashing {
    chunks: mpsc::Sender<io::Result<Bytes>>,
    hasher: Sha256,
    part: Vec<u8>,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(CHUNK));
        self.hasher.update(&part);
        self.chunks.blocking_send(Ok(part.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

fn streamed(chunks: mpsc::Receiver<io::Result<Bytes>>) -> Body {
    let frames = futures::stream::unfold(chunks, |mut chunks| async {
        let chunk = chunks.recv().await?;
        Some((chunk.map(Frame::data), chunks))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Returns whether the folders hold less than a step may write; counts what lies on the disk, not what files pretend to hold.
pub(super) fn fits_disk(folders: &[std::path::PathBuf]) -> Result<(), String> {
    use super::limits::{DISK_BYTES, DISK_ENTRIES};
    use std::os::unix::fs::MetadataExt;
    let (mut entries, mut bytes) = (0, 0);
    let mut todo = folders.to_vec();
    while let Some(folder) = todo.pop() {
        let Ok(listed) = std::fs::read_dir(&folder) else { continue };
        for entry in listed.flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            (entries, bytes) = (entries + 1, bytes + metadata.blocks() * 512);
            if entries > DISK_ENTRIES {
                return Err(format!("the step wrote more than {DISK_ENTRIES} files"));
            }
            if bytes > DISK_BYTES {
                return Err(format!("the step wrote more than {} GiB", DISK_BYTES >> 30));
            }
            if metadata.is_dir() {
                todo.push(entry.path());
            }
        }
    }
    Ok(())
}
