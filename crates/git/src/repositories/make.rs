//! How a repository comes to be: whole, in a folder beside, then renamed to its place, then recorded.
use super::{Commit, NewFile, Signature};
use crate::live::Held;
use crate::names::{HEADS, MAIN, tree_path};
use crate::pushes::store::PushStore;
use crate::pushes::{self, Line, Push};
use crate::{Context, Error, Result};
use base::{PersonId, ProjectId, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Under whose name the first commit is pushed.
pub const MAKER: &str = "lockgate";

/// The settings that stand in the repository itself: what protects it from a `git` that was not started by the server.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\thooksPath = ../hooks\n\
                      [receive]\n\tfsckObjects = true\n[gc]\n\tauto = 0\n";

/// Makes the repository of `project` with these files as the first commit of `main`, or finds it made; either way its
/// record as a push by `lockgate` is there. Returns the commit that `main` is at.
///
/// # Errors
/// A name or a path that cannot be; a disk that fails.
pub async fn create(
    cx: &Context,
    project: &ProjectId,
    files: &[NewFile],
    author: &Signature,
    message: &str,
) -> Result<Commit> {
    let place = cx.repository(project)?;
    let stream = stream(files, author, message, cx.clock.now())?;
    let held = cx.live.hold(project).await?;
    if !exists(&place).await? {
        let beside = cx.folder.join("tmp").join(cx.ids.next(project.as_str()));
        let made = make(cx, &beside, &stream).await;
        let moved = match made {
            Ok(()) => tokio::fs::rename(&beside, &place).await.map_err(Error::io("moving a repository to its place")),
            Err(error) => Err(error),
        };
        if moved.is_err() {
            let _swept_later = tokio::fs::remove_dir_all(&beside).await;
        }
        moved?;
    }
    let first = read_main(cx, project).await?;
    enter(cx, &held, &first).await?;
    Ok(first)
}

async fn exists(place: &Path) -> Result<bool> {
    tokio::fs::try_exists(place).await.map_err(Error::io("looking for a repository"))
}

async fn make(cx: &Context, beside: &PathBuf, stream: &[u8]) -> Result<()> {
    for folder in [beside, &cx.folder.join("home")] {
        tokio::fs::create_dir_all(folder).await.map_err(Error::io("making a folder"))?;
    }
    cx.run_git(beside, &["init", "--quiet", "--bare", "--initial-branch", MAIN, "--template="], None).await?;
    tokio::fs::write(beside.join("config"), CONFIG).await.map_err(Error::io("writing a repository's settings"))?;
    cx.run_git(beside, &["fast-import", "--quiet", "--done"], Some(stream)).await?;
    Ok(())
}

async fn read_main(cx: &Context, project: &ProjectId) -> Result<Commit> {
    super::service::read_commit(cx, project, &format!("{HEADS}{MAIN}"))
        .await?
        .ok_or_else(|| Error::Git("a repository without a main branch".into()))
}

/// Records the repository, and its first commit as a push, once.
async fn enter(cx: &Context, held: &Held, first: &Commit) -> Result<()> {
    let project = held.project();
    let now = cx.clock.now();
    let line = Line { old: None, new: Some(first.id.clone()), reference: format!("{HEADS}{MAIN}") };
    let (maker, id) = (&PersonId(MAKER.to_owned()), &cx.ids.next("push"));
    let line = &line;
    cx.db
        .write(|tx| async move {
            if tx.has_repository(project).await? {
                return Ok(());
            }
            tx.insert_repository(project, now).await?;
            let recorded = Push::record(id.clone(), project, line, maker, now);
            let Some(push) = recorded.apply(false, now) else { return Ok(()) };
            tx.insert_push(&push).await?;
            pushes::move_tip(&tx, &push, now).await?;
            pushes::publish(&tx, &push, now).await?;
            Ok(())
        })
        .await
}

/// Returns what `git fast-import` makes one commit of.
fn stream(files: &[NewFile], author: &Signature, message: &str, now: Timestamp) -> Result<Vec<u8>> {
    let mut seen = BTreeSet::new();
    let who = format!("{} <{}> {} +0000", plain(&author.name), plain(&author.email), now.0 / Timestamp::SECOND);
    let mut stream =
        format!("commit {HEADS}{MAIN}\nauthor {who}\ncommitter {who}\ndata {}\n{message}\n", message.len());
    stream.reserve(files.iter().map(|file| file.bytes.len() + 256).sum());
    let mut stream = stream.into_bytes();
    for file in files {
        let path = tree_path(&file.path)?;
        if path.is_empty() || !seen.insert(path) {
            let (path, why) = (crate::names::shown(path), "it is empty, or there twice");
            return Err(Error::BadPath { path, why });
        }
        let mode = if file.executable { "100755" } else { "100644" };
        let quoted = path.replace('\\', "\\\\").replace('"', "\\\"");
        stream.extend(format!("M {mode} inline \"{quoted}\"\ndata {}\n", file.bytes.len()).into_bytes());
        stream.extend(&file.bytes);
        stream.push(b'\n');
    }
    stream.extend(b"done\n");
    Ok(stream)
}

/// Leaves out of a name what would end it.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).take(200).collect();
    kept.trim().to_owned()
}
