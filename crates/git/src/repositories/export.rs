//! A tree as files, byte for byte as they were committed: no attribute of the repository changes or hides one.
//!
//! (`git archive` and `git checkout` both let `.gitattributes` do that, so neither is used.)
use super::browse::{Depth, Entry, list};
use super::service::folder_of;
use crate::names::{is_id, shown, tree_path};
use crate::process::Objects;
use crate::{Context, Error, Result};
use base::ProjectId;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use tokio::sync::mpsc;

/// The most files of a tree that is laid out.
const MOST_FILES: usize = 100_000;
/// The most bytes.
const MOST_BYTES: u64 = 2 << 30;
/// The longest target of a symbolic link.
const LONGEST_LINK: u64 = 4_096;
/// How many pieces of files wait to be written.
const WAITING: usize = 16;

/// One thing to write.
enum Item {
    /// What it holds follows in pieces.
    File {
        path: String,
        executable: bool,
    },
    /// The next piece of the last file.
    Piece(Vec<u8>),
    Link {
        path: String,
        target: String,
    },
}

/// Lays the tree `tree` (or that of a commit) out in the empty folder `into`. No symbolic link in it leads out of it.
/// Submodules are left out: their code is not in the repository. What fails leaves some of it behind.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::UnknownRevision`] if there is no such tree; [`Error::UnsafeTree`] for a path or a link
/// that could reach elsewhere, or a tree that is too large; [`Error::Busy`] if too many are laid out now.
pub async fn export(cx: &Context, project: &ProjectId, tree: &str, into: &Path) -> Result<()> {
    if !is_id(tree) {
        return Err(Error::UnknownRevision(shown(tree)));
    }
    let repository = folder_of(cx, project).await?;
    let _place = cx.live.place_to_export().await?;
    let mut objects = Objects::open(cx, &repository)?;
    let found = objects.ask(&format!("{tree}^{{tree}}")).await?;
    let id = found.ok_or_else(|| Error::UnknownRevision(tree.to_owned()))?.id;
    drop(objects); // its content was not taken
    let entries = list(cx, &repository, &id, Depth::All).await?;
    let items = plan(&entries)?;
    let place = into.to_owned();
    let (send, receive) = mpsc::channel(WAITING);
    let writer = tokio::task::spawn_blocking(move || write_all(&place, receive));
    let read = read_all(cx, &repository, items, &send).await;
    drop(send);
    let written = writer.await.unwrap_or_else(|_| Err(Error::Git("an export ended early".into())));
    written.and(read)
}

/// Checks the entries; files come before links, so that no file is ever written through a link.
fn plan(entries: &[Entry]) -> Result<Vec<(String, &Entry)>> {
    if entries.len() > MOST_FILES {
        return Err(Error::UnsafeTree { path: "/".into(), why: "has more than 100,000 files" });
    }
    if entries.iter().filter_map(|entry| entry.size).sum::<u64>() > MOST_BYTES {
        return Err(Error::UnsafeTree { path: "/".into(), why: "is larger than 2 GiB" });
    }
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries.iter().filter(|entry| entry.mode != "160000") {
        let path = String::from_utf8(entry.path.clone()).map_err(|error| Error::UnsafeTree {
            path: shown(&String::from_utf8_lossy(error.as_bytes())),
            why: "is not a name in UTF-8",
        })?;
        if tree_path(&path).is_err() {
            return Err(Error::UnsafeTree { path: shown(&path), why: "is not a plain path" });
        }
        items.push((path, entry));
    }
    items.sort_by_key(|(_, entry)| entry.mode == "120000");
    Ok(items)
}

async fn read_all(
    cx: &Context,
    repository: &Path,
    items: Vec<(String, &Entry)>,
    send: &mpsc::Sender<Item>,
) -> Result<()> {
    let mut objects = Objects::open(cx, repository)?;
    for (path, entry) in items {
        let sent = if entry.mode == "120000" {
            let found = objects.get(&entry.id, "blob", LONGEST_LINK).await?;
            let (_, bytes) = found.ok_or_else(missing)?;
            let Ok(target) = String::from_utf8(bytes) else {
                return Err(Error::UnsafeTree { path: shown(&path), why: "points to no name in UTF-8" });
            };
            send.send(Item::Link { path, target }).await.is_ok()
        } else {
            read_file(&mut objects, path, entry, send).await?
        };
        if !sent {
            return Ok(()); // the writer failed, and says why
        }
    }
    Ok(())
}

/// Reads a file in pieces: a push of a few megabytes may hold one of gigabytes. Returns whether the writer took all.
async fn read_file(objects: &mut Objects, path: String, entry: &Entry, send: &mpsc::Sender<Item>) -> Result<bool> {
    let found = objects.ask(&entry.id).await?.filter(|found| found.kind == "blob");
    let mut left = found.ok_or_else(missing)?.size;
    if left > MOST_BYTES {
        return Err(Error::TooLarge { path: shown(&path), limit: base::Bytes(MOST_BYTES) });
    }
    if send.send(Item::File { path, executable: entry.mode == "100755" }).await.is_err() {
        return Ok(false);
    }
    while let Some(piece) = objects.piece(&mut left).await? {
        if send.send(Item::Piece(piece)).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn missing() -> Error {
    Error::Git("a file of a tree is missing".into())
}

/// Writes what comes, through a folder that nothing leads out of. Blocks on the file system.
fn write_all(place: &Path, mut receive: mpsc::Receiver<Item>) -> Result<()> {
    let root =
        Dir::open_ambient_dir(place, cap_std::ambient_authority()).map_err(Error::io("opening an export's folder"))?;
    let mut inside = root.entries().map_err(Error::io("reading an export's folder"))?;
    if inside.next().is_some() {
        let why = std::io::Error::new(ErrorKind::AlreadyExists, "it is not empty");
        return Err(Error::Io { what: "an export's folder", source: why });
    }
    let mut made = PathBuf::new();
    let mut links = Vec::new();
    let mut open = None;
    while let Some(item) = receive.blocking_recv() {
        match item {
            Item::File { path, executable } => {
                make_parent(&root, &path, &mut made)?;
                let mut how = OpenOptions::new();
                how.write(true).create_new(true).mode(if executable { 0o755 } else { 0o644 });
                open = Some(root.open_with(&path, &how).map_err(|error| odd(&path, error))?);
            }
            Item::Piece(bytes) => {
                let file = open.as_mut().ok_or_else(|| Error::Git("a piece belongs to no file".into()))?;
                file.write_all(&bytes).map_err(Error::io("writing an export"))?;
            }
            Item::Link { path, target } => {
                let unsafe_link = |why| Error::UnsafeTree { path: shown(&path), why };
                let parts = Path::new(&target).components();
                if target.is_empty() || target.contains('\0') || parts.clone().any(|part| part == Component::RootDir) {
                    return Err(unsafe_link("points out of the repository"));
                }
                make_parent(&root, &path, &mut made)?;
                root.symlink(&target, &path).map_err(|error| odd(&path, error))?;
                links.push(path);
            }
        }
    }
    // Only now that all are there: one link may lead through another.
    for path in links {
        match root.metadata(&path) {
            Ok(_) => {}
            // Nothing is there, and nothing comes any more.
            Err(error) if error.kind() == ErrorKind::NotFound && !climbs(&root, &path) => {}
            Err(_) => {
                let why = "points out of the repository, or round in a circle";
                return Err(Error::UnsafeTree { path: shown(&path), why });
            }
        }
    }
    Ok(())
}

/// Returns whether a link that leads to nothing could lead out, were something there: it is not followed, just read.
fn climbs(root: &Dir, path: &str) -> bool {
    let Ok(target) = root.read_link_contents(path) else { return true };
    let mut depth = path.matches('/').count();
    for part in target.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

fn make_parent(root: &Dir, path: &str, made: &mut PathBuf) -> Result<()> {
    let parent = Path::new(path).parent().unwrap_or(Path::new(""));
    if parent.as_os_str().is_empty() || parent == made {
        return Ok(());
    }
    root.create_dir_all(parent).map_err(|error| odd(path, error))?;
    parent.clone_into(made);
    Ok(())
}

/// Says what it means that a path cannot be made: two entries of the tree want the same place, or the disk fails.
fn odd(path: &str, error: std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory => {
            Error::UnsafeTree { path: shown(path), why: "is there twice" }
        }
        ErrorKind::InvalidFilename => Error::UnsafeTree { path: shown(path), why: "is too long a name" },
        _ => Error::Io { what: "writing an export", source: error },
    }
}
