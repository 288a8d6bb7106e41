use super::error::{Error, Result};
use super::jobs::{BuildJob, JOB};
use super::lock;
use super::model::{BuildState, Built, Made, PythonEnv};
use super::store::PythonStore;
use super::{Interpreter, ReadPythonEnvironment};
use crate::Context;
use access::Permit;
use base::Digest;
use jobs::NewJob;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Returns the interpreter that steps run on.
///
/// # Errors
/// [`Error::NoInterpreter`].
pub fn interpreter(cx: &Context) -> Result<&Interpreter> {
    cx.python.interpreter()
}

/// Returns the key of the environment that `lock` leads to on this interpreter and platform: the same for every spelling of the
/// same lock.
///
/// # Errors
/// A lock that is not one, or no interpreter.
pub fn lock_key(cx: &Context, lock: &[u8]) -> Result<String> {
    Ok(key_of(cx.python.interpreter()?, &lock::read(lock)?.text))
}

fn key_of(interpreter: &Interpreter, lock: &str) -> String {
    let Interpreter { version, platform, .. } = interpreter;
    Digest::of(format!("lockgate python environment 1\n{version}\n{platform}\n{lock}")).hex()
}

/// Returns where the environment of `key` lies, or will.
pub(super) fn folder_of(cx: &Context, key: &str) -> PathBuf {
    cx.folder.join(key)
}

/// Asks for the Python environment that `lock` leads to: it is built by a job unless it is there, once for all who ask. A failure
/// answers for a minute; who asks later has it built anew.
///
/// # Errors
/// A lock that is not one, or no interpreter.
pub async fn python_env(cx: &Context, lock: &[u8]) -> Result<PythonEnv> {
    let (interpreter, lock) = (cx.python.interpreter()?, lock::read(lock)?);
    let key = key_of(interpreter, &lock.text);
    let folder = folder_of(cx, &key);
    let on_disk = tokio::fs::try_exists(&folder).await.map_err(|error| Error::Folder(error.kind()))?;
    let (key, now) = (&key, cx.clock.now());
    let known = cx
        .db
        .read(|tx| async move { Ok::<_, db::Error>((tx.find_built(key).await?, jobs::is_open(&tx, JOB, key).await?)) });
    let built = match known.await? {
        (Some(built), has_job) if !built.must_be_built(on_disk, has_job, now) => built,
        _ => ask(cx, interpreter, key, &lock.text, on_disk).await?,
    };
    Ok(PythonEnv { key: built.key, state: built.state, folder, reason: built.reason })
}

async fn ask(cx: &Context, interpreter: &Interpreter, key: &str, lock: &str, on_disk: bool) -> Result<Built> {
    cx.db
        .write(|tx| async move {
            let now = cx.clock.now();
            let known = tx.lock_built(key).await?;
            let has_job = jobs::is_open(&tx, JOB, key).await?;
            let built = match known {
                Some(built) if !built.must_be_built(on_disk, has_job, now) => return Ok(built),
                Some(built) => tx.save_built(built.begin(now)).await?,
                None => {
                    let built = new(interpreter, key, lock).begin(now);
                    tx.insert_built(&built).await?;
                    built
                }
            };
            let job = NewJob::new(&cx.ids, now, JOB, "deployment").key(key);
            jobs::enqueue(&tx, job.payload(&BuildJob { key: key.to_owned() })).await?;
            Ok(built)
        })
        .await
}

fn new(interpreter: &Interpreter, key: &str, lock: &str) -> Built {
    Built {
        key: key.to_owned(),
        state: BuildState::Building,
        lock: lock.to_owned(),
        interpreter: interpreter.version.clone(),
        platform: interpreter.platform.clone(),
        reason: None,
        packages: BTreeMap::new(),
        size_bytes: 0,
        log: String::new(),
        asked_at: base::Timestamp(0),
        ended_at: None,
        revision: 0,
    }
}

/// Returns what is known of environment `key`, whoever asks.
pub(super) async fn find(cx: &Context, key: &str) -> db::Result<Option<Built>> {
    cx.db.read(|tx| async move { tx.find_built(key).await }).await
}

/// Says how a build ended; one that is not open any more stays as it is.
pub(super) async fn end(
    cx: &Context,
    key: &str,
    outcome: &std::result::Result<Made, (String, String)>,
) -> db::Result<()> {
    cx.db
        .write(|tx| async move {
            let Some(built) = tx.lock_built(key).await? else { return Ok(()) };
            let now = cx.clock.now();
            let ended = match outcome {
                Ok(made) => built.finish(made, now),
                Err((reason, log)) => built.fail(reason, log, now),
            };
            if let Some(ended) = ended {
                tx.save_built(ended).await?;
            }
            Ok(())
        })
        .await
}

/// Returns environment `key`.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn get(cx: &Context, permit: &Permit<ReadPythonEnvironment>, key: &str) -> Result<Built> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_built(key).await?;
            let seen = permit.on(&tx, found).await?;
            let shown: String = key.chars().take(64).flat_map(char::escape_debug).collect();
            seen.map(|(built, _)| built).ok_or(Error::NotFound(shown))
        })
        .await
}
