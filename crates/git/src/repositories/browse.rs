//! What people look at: branches, commits, files.
use super::model::not_found;
use super::service::{commit_at, resolve};
use super::{Commit, ReadRepository, Repository};
use crate::names::{HEADS, is_id, shown, tree_path};
use crate::process::Objects;
use crate::pushes::Tip;
use crate::pushes::store::PushStore;
use crate::{Context, Error, Result};
use access::Permit;
use base::ProjectId;
use std::path::Path;

/// The largest file whose text is shown.
const LARGEST_TEXT: u64 = 1 << 20;
/// The most entries of a folder that are shown.
const MOST_ENTRIES: usize = 5_000;

/// A branch and the commit it is at.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) tip: Tip,
    pub(crate) commit: Commit,
}

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `100644`, `100755`, `120000`, `160000` or `040000`.
    pub(crate) mode: String,
    pub(crate) id: String,
    pub(crate) size: Option<u64>,
    /// As git says it: the whole path below the tree that was asked for.
    pub(crate) path: Vec<u8>,
}

/// What lies at a path.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// Its entries, and whether there are more.
    Folder(Vec<Entry>, bool),
    /// Its size, and its text unless it is too large or none.
    File(u64, Option<String>),
}

/// Where a page of commits goes on: the commit that the list began at, and how many were seen.
pub(crate) type After = (String, u32);

/// Returns a page of branches behind the name `after`, and how many there are.
pub(super) async fn branches(
    cx: &Context,
    permit: &Permit<ReadRepository>,
    project: &ProjectId,
    after: Option<&str>,
    limit: u32,
) -> Result<(Vec<Branch>, u64)> {
    let tips = cx.db.read(|tx| async move {
        Repository::seen(&tx, permit, project).await?;
        Ok::<_, Error>(tx.list_tips(project).await?)
    });
    let named = |tip: Tip| tip.reference.strip_prefix(HEADS).map(str::to_owned).map(|name| (name, tip));
    let tips: Vec<(String, Tip)> = tips.await?.into_iter().filter_map(named).collect();
    let _place = cx.live.place_to_browse().await?;
    let total = tips.len() as u64;
    let behind = tips.into_iter().filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
    let mut objects = Objects::open(cx, &cx.repository(project)?)?;
    let mut found = Vec::new();
    for (name, tip) in behind.take(limit as usize) {
        let commit = commit_at(&mut objects, &tip.commit).await?;
        let commit = commit.ok_or_else(|| Error::Git(format!("branch `{}` names no commit", shown(&name))))?;
        found.push(Branch { name, tip, commit });
    }
    Ok((found, total))
}

/// Returns a page of the commits of `rev`, the newest first, and where it began.
pub(super) async fn commits(
    cx: &Context,
    permit: &Permit<ReadRepository>,
    project: &ProjectId,
    rev: &str,
    after: Option<&After>,
    limit: u32,
) -> Result<(Vec<Commit>, String)> {
    Repository::readable(cx, permit, project).await?;
    let _place = cx.live.place_to_browse().await?;
    // From the second page on, from the same commit as the first, whatever was pushed since.
    let (first, seen) = match after {
        Some((first, seen)) if is_id(first) => (first.clone(), *seen),
        Some((first, _)) => return Err(Error::UnknownRevision(shown(first))),
        None => (rev.to_owned(), 0),
    };
    let first = resolve(cx, project, &first).await?.id;
    let repository = cx.repository(project)?;
    let (count, skip) = (format!("--max-count={limit}"), format!("--skip={seen}"));
    let output = cx.run_git(&repository, &["rev-list", &count, &skip, &first, "--"], None).await?;
    let mut objects = Objects::open(cx, &repository)?;
    let mut found = Vec::new();
    for id in String::from_utf8_lossy(&output).lines() {
        found.extend(commit_at(&mut objects, id).await?);
    }
    Ok((found, first))
}

/// Returns what lies at `path` in the commit that `rev` names, and that commit.
pub(super) async fn files(
    cx: &Context,
    permit: &Permit<ReadRepository>,
    project: &ProjectId,
    rev: &str,
    path: &str,
) -> Result<(Commit, Found)> {
    Repository::readable(cx, permit, project).await?;
    let _place = cx.live.place_to_browse().await?;
    let path = tree_path(path)?;
    let commit = resolve(cx, project, rev).await?;
    let repository = cx.repository(project).map_err(|_| not_found(project))?;
    let mut objects = Objects::open(cx, &repository)?;
    let at = format!("{}:{path}", commit.id);
    let missing = || Error::NoSuchPath { commit: commit.id.chars().take(10).collect(), path: shown(path) };
    let header = objects.ask(&at).await?.ok_or_else(missing)?;
    let found = match header.kind.as_str() {
        "tree" => {
            let mut entries = list(cx, &repository, &header.id, Depth::One).await?;
            let more = entries.len() > MOST_ENTRIES;
            entries.truncate(MOST_ENTRIES);
            Found::Folder(entries, more)
        }
        "blob" if header.size <= LARGEST_TEXT => {
            let text = String::from_utf8(objects.content(&header).await?).ok();
            Found::File(header.size, text.filter(|text| !text.contains('\0')))
        }
        "blob" => Found::File(header.size, None),
        _ => return Err(missing()),
    };
    Ok((commit, found))
}

/// How deep a tree is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    One,
    All,
}

/// Returns the entries of a tree, in git's order.
pub(super) async fn list(cx: &Context, repository: &Path, tree: &str, depth: Depth) -> Result<Vec<Entry>> {
    let mut arguments = vec!["ls-tree", "-z", "--long"];
    if depth == Depth::All {
        arguments.push("-r");
    }
    arguments.push(tree);
    let output = cx.run_git(repository, &arguments, None).await?;
    let lines = output.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines.map(|line| entry(line).ok_or_else(|| Error::Git("`git ls-tree` cannot be read".into()))).collect()
}

fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let head = std::str::from_utf8(&line[..tab]).ok()?;
    let mut parts = head.split_whitespace();
    let (mode, _kind, id, size) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let path = line[tab + 1..].to_vec();
    Some(Entry { mode: mode.to_owned(), id: id.to_owned(), size: size.parse().ok(), path })
}
