use super::model::not_found;
use super::{Commit, leftovers};
use crate::live::Held;
use crate::names::{HEADS, TAGS, branch_name, is_id, is_short_id, shown, tree_path};
use crate::process::Objects;
use crate::pushes::store::PushStore;
use crate::pushes::{self, Line};
use crate::{Context, Error, Result};
use base::{PersonId, ProjectId};
use std::path::PathBuf;

/// The largest commit that is read.
const LARGEST_COMMIT: u64 = 1 << 20;
/// The largest listing of a folder that is read.
const LARGEST_TREE: u64 = 16 << 20;

/// Returns the folder of a repository that is on record.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn folder_of(cx: &Context, project: &ProjectId) -> Result<PathBuf> {
    let folder = cx.repository(project).map_err(|_| not_found(project))?;
    let known = cx.db.read(|tx| async move { tx.has_repository(project).await }).await?;
    if known { Ok(folder) } else { Err(not_found(project)) }
}

/// Returns the commit behind a name that git understands as it is; `None` if there is none.
pub(crate) async fn read_commit(cx: &Context, project: &ProjectId, name: &str) -> Result<Option<Commit>> {
    let mut objects = Objects::open(cx, &cx.repository(project)?)?;
    commit_at(&mut objects, name).await
}

pub(crate) async fn commit_at(objects: &mut Objects, name: &str) -> Result<Option<Commit>> {
    let found = objects.get(&format!("{name}^{{commit}}"), "commit", LARGEST_COMMIT).await?;
    Ok(found.and_then(|(header, bytes)| Commit::parse(&header.id, &bytes)))
}

/// Returns the commit that `rev` names: a branch, else a tag, else a commit by its id or the first seven digits of it or
/// more. No other way to name a commit is understood.
///
/// # Errors
/// [`Error::NotFound`], [`Error::UnknownRevision`].
pub async fn resolve(cx: &Context, project: &ProjectId, rev: &str) -> Result<Commit> {
    let folder = folder_of(cx, project).await?;
    let mut objects = Objects::open(cx, &folder)?;
    if branch_name(rev).is_ok() {
        for place in [HEADS, TAGS] {
            if let Some(commit) = commit_at(&mut objects, &format!("{place}{rev}")).await? {
                return Ok(commit);
            }
        }
    }
    let by_id = if is_id(rev) || is_short_id(rev) { commit_at(&mut objects, rev).await? } else { None };
    // By its id, and not by a ref somewhere else of that name.
    by_id.filter(|commit| commit.id.starts_with(rev)).ok_or_else(|| Error::UnknownRevision(shown(rev)))
}

/// Returns the file `path` of a commit, of up to `limit` bytes; `None` if there is no such file. Of a symbolic link, the
/// text is where it points.
///
/// # Errors
/// [`Error::NotFound`], [`Error::BadPath`], [`Error::TooLarge`]; [`Error::UnknownRevision`] if `commit` is no commit id.
pub async fn read_file(
    cx: &Context,
    project: &ProjectId,
    commit: &str,
    path: &str,
    limit: usize,
) -> Result<Option<Vec<u8>>> {
    if !is_id(commit) {
        return Err(Error::UnknownRevision(shown(commit)));
    }
    let path = tree_path(path)?;
    let folder = folder_of(cx, project).await?;
    let mut objects = Objects::open(cx, &folder)?;
    let found = objects.get(&format!("{commit}:{path}"), "blob", limit as u64).await?;
    Ok(found.map(|(_, bytes)| bytes))
}

/// Returns whether `path` of a commit is a folder.
///
/// # Errors
/// [`Error::NotFound`], [`Error::BadPath`]; [`Error::UnknownRevision`] if `commit` is no commit id.
pub async fn has_folder(cx: &Context, project: &ProjectId, commit: &str, path: &str) -> Result<bool> {
    if !is_id(commit) {
        return Err(Error::UnknownRevision(shown(commit)));
    }
    let path = tree_path(path)?;
    let folder = folder_of(cx, project).await?;
    let mut objects = Objects::open(cx, &folder)?;
    Ok(objects.get(&format!("{commit}:{path}"), "tree", LARGEST_TREE).await?.is_some())
}

/// Moves `branch` forward from commit `from` to commit `to`, as a push by `by`. A branch that is at `to` stays there.
///
/// # Errors
/// [`Error::Moved`] if it is not at `from`; [`Error::NotForward`] if `to` does not build on it.
pub async fn fast_forward(
    cx: &Context,
    project: &ProjectId,
    branch: &str,
    from: &str,
    to: &str,
    by: &PersonId,
) -> Result<()> {
    let branch = branch_name(branch)?;
    for id in [from, to] {
        if !is_id(id) {
            return Err(Error::UnknownRevision(shown(id)));
        }
    }
    let folder = folder_of(cx, project).await?;
    let held = cx.live.hold(project).await?;
    leftovers::clear_locks(cx, &held).await?;
    pushes::settle(cx, &held).await?; // so that what is found below is on record
    let reference = format!("{HEADS}{branch}");
    let mut objects = Objects::open(cx, &folder)?;
    let now_at = commit_at(&mut objects, &reference).await?.map(|commit| commit.id);
    if now_at.as_deref() == Some(to) {
        return Ok(());
    }
    if now_at.as_deref() != Some(from) {
        return Err(Error::Moved { branch: branch.to_owned(), expected: from.to_owned() });
    }
    if commit_at(&mut objects, to).await?.is_none() {
        return Err(Error::UnknownRevision(to.to_owned()));
    }
    if !cx.builds_on(&folder, to, from).await? {
        let (branch, from, to) = (branch.to_owned(), from.to_owned(), to.to_owned());
        return Err(Error::NotForward { branch, from, to });
    }
    let line = Line { old: Some(from.to_owned()), new: Some(to.to_owned()), reference };
    let (moving, by) = (cx.clone(), by.clone());
    // On its own, so that nobody who stops waiting kills git while it moves the ref.
    let moved = cx.live.tasks.spawn(async move { move_ref(&moving, &held, line, &by).await });
    moved.await.map_err(|_| Error::Git("nobody saw whether the branch was moved".into()))?
}

/// Records a move, makes it, and writes down that it was made.
async fn move_ref(cx: &Context, held: &Held, line: Line, by: &PersonId) -> Result<()> {
    let (project, lines) = (held.project(), std::slice::from_ref(&line));
    cx.db
        .write(|tx| async move {
            tx.lock_repository(project).await?;
            pushes::record(cx, &tx, project, lines, by).await.map(|_| ())
        })
        .await?;
    let (old, new) = (line.old.unwrap_or_default(), line.new.unwrap_or_default());
    let moved = cx.run_git(&cx.repository(project)?, &["update-ref", "--", &line.reference, &new, &old], None).await;
    pushes::settle(cx, held).await?;
    moved.map(|_| ())
}
