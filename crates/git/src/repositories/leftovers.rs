//! What a killed `git` leaves behind: locks that would keep a ref from ever moving again, and files that nobody reads.
use crate::live::Held;
use crate::{Context, Error, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How old a lock is that belongs to nobody. Refs of a repository move one holder at a time and within milliseconds, so a
/// lock that the holder finds is that of a dead `git`, or of one that a killed server had started and that is about to end.
const DEAD: Duration = Duration::from_secs(10);
/// Beside those of single refs. The last is what git writes while it holds the one before.
const LOCKS: [&str; 3] = ["HEAD.lock", "packed-refs.lock", "packed-refs.new"];
/// How old a file of a push is that has ended: more than any push may take.
const OLD: Duration = Duration::from_hours(24);

/// Takes away locks on refs that nobody holds any more, so that refs can be moved.
///
/// # Errors
/// [`Error::Busy`] where one may be held yet; a folder that cannot be read.
pub(crate) async fn clear_locks(cx: &Context, held: &Held) -> Result<()> {
    let (project, folder) = (held.project().clone(), cx.repository(held.project())?);
    let are_gone = blocking(move || {
        let mut locks: Vec<_> = LOCKS.iter().map(|name| folder.join(name)).filter(|lock| lock.exists()).collect();
        find_locks(&folder.join("refs"), &mut locks)?;
        // All or none: one that is young may be that of a git which still goes from lock to lock.
        for lock in &locks {
            if !is_older(lock, DEAD)? {
                return Ok(false);
            }
        }
        for lock in locks {
            tracing::warn!(%project, lock = %lock.display(), "a lock that a killed git left behind is taken away");
            gone(std::fs::remove_file(&lock))?;
        }
        Ok(true)
    });
    if are_gone.await? { Ok(()) } else { Err(Error::Busy) }
}

/// Deletes what pushes and packings left that were cut off: objects that no ref ever named.
///
/// # Errors
/// A folder that cannot be read.
pub(super) async fn sweep(folder: PathBuf) -> Result<()> {
    blocking(move || {
        let objects = folder.join("objects");
        let packs = objects.join("pack");
        for (place, prefix) in [(&objects, "tmp_objdir-"), (&packs, "tmp_"), (&packs, ".tmp-")] {
            for path in entries(place)? {
                let is_left = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
                if is_left && is_older(&path, OLD)? {
                    gone(if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) })?;
                }
            }
        }
        Ok(())
    })
    .await
}

/// Git names no ref `….lock`, so each file of that name is one.
fn find_locks(folder: &Path, locks: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            find_locks(&path, locks)?;
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            locks.push(path);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// By the machine's time, as the time of a file is. What is not there is not older.
fn is_older(path: &Path, age: Duration) -> std::io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(found.modified()?.elapsed().is_ok_and(|since| since > age)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is gone already is as good as deleted.
fn gone(deleted: std::io::Result<()>) -> std::io::Result<()> {
    match deleted {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other);
    done.and_then(|done| done).map_err(Error::io("looking for what a killed git left behind"))
}
