use super::path::{Owner, Place, clean, folder};
use super::store::{Entry, File, FileStore};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::ReadExperiment;
use crate::logged_models::find_model;
use crate::registry::find_version_by_id;
use crate::runs::{DeleteRun, LogRun, find_run};
use access::http::{Action, Permit};
use base::Bytes;
use db::Tx;
use std::io::ErrorKind;
use tokio::io::AsyncRead;
use web::Cursor;

/// The most lines of a folder's list in one answer.
const MOST_ENTRIES: u32 = 10_000;

/// Succeeds if the caller may do `A` to what the place belongs to, and a writer may write there.
async fn decide<A: Action>(tx: &Tx, permit: &Permit<A>, place: &Place, writes: bool) -> Result<()> {
    let absent = || Error::NoArtifact(crate::shown(&place.path));
    let experiment = match &place.owner {
        Owner::Run(run) => {
            let found = find_run(tx, permit, run).await.map_err(|error| hidden(error, absent()))?;
            if writes {
                found.active()?;
            }
            found.experiment
        }
        Owner::Model(model) => {
            let found = find_model(tx, permit, model).await.map_err(|error| hidden(error, absent()))?;
            found.experiment
        }
        Owner::Version(_) if writes => {
            return Err(Error::invalid("The files of a model version never change; register another version."));
        }
        Owner::Version(version) => {
            return find_version_by_id(tx, permit, version).await?.map(|_| ()).ok_or_else(absent);
        }
    };
    if experiment.client_id() == place.experiment { Ok(()) } else { Err(absent()) }
}

/// Whatever is not there, its file is not there.
fn hidden(error: Error, absent: Error) -> Error {
    if matches!(error, Error::NoRun(_) | Error::NoLoggedModel(_)) { absent } else { error }
}

/// Returns the place of a path for the proxy; a path that no thing's files can have is an absent one.
fn place(path: &str) -> Result<Place> {
    Place::parse(path)?.ok_or_else(|| Error::NoArtifact(crate::shown(path)))
}

/// Returns the file at a path of the proxy.
pub(super) async fn find(cx: &Context, permit: &Permit<ReadExperiment>, path: &str) -> Result<File> {
    let place = &place(path)?;
    let read = cx.db.read(|tx| async move {
        decide(&tx, permit, place, false).await?;
        let file = tx.find_file(place.owner.id(), &place.path).await?;
        file.ok_or_else(|| Error::NoArtifact(crate::shown(&place.path)))
    });
    read.await
}

/// Returns the file of a run.
pub(super) async fn find_of_run(cx: &Context, permit: &Permit<ReadExperiment>, run: &str, path: &str) -> Result<File> {
    let path = &clean(path)?;
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, run).await?;
        let file = tx.find_file(&found.run.id, path).await?;
        file.ok_or_else(|| Error::NoArtifact(crate::shown(path)))
    });
    read.await
}

/// Keeps what `input` yields as the file at a path of the proxy.
pub(super) async fn put(
    cx: &Context,
    permit: &Permit<LogRun>,
    path: &str,
    input: impl AsyncRead + Unpin,
) -> Result<()> {
    let place = &place(path)?;
    let path = &clean(&place.path)?;
    // Before a byte is read, and again when it is kept.
    let check = |tx: Tx| async move {
        decide(&tx, permit, place, true).await?;
        if tx.is_in_the_way(place.owner.id(), path).await? {
            return Err(Error::invalid("Invalid path: a file and a folder cannot have one name"));
        }
        Ok(tx)
    };
    cx.db.read(|tx| async move { check(tx).await.map(|_| ()) }).await?;
    let (digest, size_bytes) = cx.blobs.put(input).await.map_err(|error| match error {
        objects::Error::Input(inner) if inner.kind() == ErrorKind::FileTooLarge => {
            Error::TooLarge(Bytes(cx.limits.artifact_bytes))
        }
        other => other.into(),
    })?;
    let file = &File { path: path.clone(), digest, size_bytes };
    cx.db
        .write(|tx| async move {
            let tx = check(tx).await?;
            Ok(tx.put_file(place.owner.id(), file, cx.clock.now()).await?)
        })
        .await
}

/// Deletes the file or folder at a path of the proxy.
pub(super) async fn delete(cx: &Context, permit: &Permit<DeleteRun>, path: &str) -> Result<()> {
    let place = &place(path)?;
    let write = cx.db.write(|tx| async move {
        decide(&tx, permit, place, true).await?;
        match tx.delete_files(place.owner.id(), &place.path).await? {
            0 => Err(Error::NoArtifact(crate::shown(&place.path))),
            _ => Ok(()),
        }
    });
    write.await
}

/// Returns what lies in a folder at a path of the proxy; nothing for a file or a missing folder.
pub(super) async fn list(cx: &Context, permit: &Permit<ReadExperiment>, path: &str) -> Result<Vec<Entry>> {
    let Some(place) = &Place::parse(path)? else { return Ok(Vec::new()) };
    let read = cx.db.read(|tx| async move {
        decide(&tx, permit, place, false).await?;
        entries(&tx, place.owner.id(), &place.path).await
    });
    read.await
}

/// Returns a run's root, as clients name it, and what lies in one of its folders, each with its path from the root.
pub(crate) async fn list_of_run(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    run: &str,
    path: &str,
) -> Result<(String, Vec<Entry>)> {
    let path = &folder(path)?;
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, run).await?;
        Ok((found.artifact_uri(), from_the_root(entries(&tx, &found.run.id, path).await?, path)))
    });
    read.await
}

/// Like [`list_of_run`], a page of it: what lies behind `token`, and the token of the next.
pub(super) async fn page_of_run(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    run: &str,
    path: &str,
    token: Option<&str>,
) -> Result<(String, Vec<Entry>, Option<String>)> {
    let path = &folder(path)?;
    let after: Option<String> =
        token.map(Cursor::decode).transpose().map_err(|_| Error::invalid("Invalid page token"))?;
    let after = after.as_deref().unwrap_or_default();
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, run).await?;
        let mut entries = tx.list_folder(&found.run.id, path, after, MOST_ENTRIES + 1).await?;
        let has_more = entries.len() > MOST_ENTRIES as usize;
        entries.truncate(MOST_ENTRIES as usize);
        let next = entries.last().filter(|_| has_more).map(|last| Cursor::encode(&last.name));
        Ok((found.artifact_uri(), from_the_root(entries, path), next))
    });
    read.await
}

/// Returns a logged model's root, and what lies in one of its folders, each with its path from the root.
pub(crate) async fn list_of_model(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    model: &str,
    path: &str,
) -> Result<(String, Vec<Entry>)> {
    let path = &folder(path)?;
    let read = cx.db.read(|tx| async move {
        let found = find_model(&tx, permit, model).await?;
        Ok((found.artifact_uri(), from_the_root(entries(&tx, &found.model.id, path).await?, path)))
    });
    read.await
}

fn from_the_root(entries: Vec<Entry>, folder: &str) -> Vec<Entry> {
    if folder.is_empty() {
        return entries;
    }
    entries.into_iter().map(|entry| Entry { name: format!("{folder}/{}", entry.name), ..entry }).collect()
}

/// Returns all lines of a folder's list, for clients that know no pages: none rather than some, which would look like all.
async fn entries(tx: &Tx, owner: &str, folder: &str) -> Result<Vec<Entry>> {
    let entries = tx.list_folder(owner, folder, "", MOST_ENTRIES + 1).await?;
    if entries.len() > MOST_ENTRIES as usize {
        let shown = if folder.is_empty() { "of all artifacts" } else { folder };
        return Err(Error::invalid(format!(
            "Folder `{shown}` holds more than {MOST_ENTRIES} files and folders: list one below it, or let a client that reads pages do it"
        )));
    }
    Ok(entries)
}
