//! Builds a Python environment beside its place, then moves it there: what is in its place is whole.
use super::installer::{self, Ended};
use super::model::{Built, Made};
use super::{Interpreter, lock, service};
use crate::Context;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::Path;

/// Where a build that came to its end keeps what it made, inside the environment.
const SEAL: &str = "lockgate.json";

/// Why a build failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    /// For people: which package, and why.
    pub reason: String,
    pub log: String,
    /// Whether trying again may help.
    pub passes: bool,
}

impl Failed {
    fn disk(error: &io::Error) -> Self {
        let reason = format!("the folder of Python environments cannot be used: {}", error.kind());
        Self { reason, log: String::new(), passes: true }
    }
}

/// What is kept in [`SEAL`].
#[derive(serde::Serialize, serde::Deserialize)]
struct Seal {
    packages: BTreeMap<String, String>,
    size_bytes: u64,
    log: String,
}

/// Builds it, or finds it built. `fence` tells this build from one of the same environment that was killed.
pub(super) async fn build(cx: &Context, built: &Built, fence: i64) -> Result<Made, Failed> {
    let place = service::folder_of(cx, &built.key);
    if let Some(made) = found(&place).await? {
        return Ok(made);
    }
    let interpreter = match cx.python.interpreter() {
        Ok(interpreter) if interpreter.version == built.interpreter && interpreter.platform == built.platform => {
            interpreter
        }
        Ok(other) => {
            let (wanted, have) = (&built.interpreter, &other.version);
            let reason = format!("it is for Python {wanted}, and this server has Python {have}: start the run again");
            return Err(Failed { reason, log: String::new(), passes: false });
        }
        Err(error) => return Err(Failed { reason: error.to_string(), log: String::new(), passes: false }),
    };
    tokio::fs::create_dir_all(&cx.folder).await.map_err(|error| Failed::disk(&error))?;
    if let Err(error) = sweep(&cx.folder, &built.key).await {
        // An installer that outlived its server still writes there. This build has a folder of its own.
        tracing::debug!(%error, "what a killed build left is not removed; the next build does");
    }
    let aside = cx.folder.join(format!(".{}-{fence}", built.key));
    let made = make(cx, interpreter, built, &aside, &place).await;
    if made.is_err()
        && let Err(error) = tokio::fs::remove_dir_all(&aside).await
    {
        tracing::debug!(%error, "what a failed build left is not removed; the next build does");
    }
    made
}

async fn make(
    cx: &Context,
    interpreter: &Interpreter,
    built: &Built,
    aside: &Path,
    place: &Path,
) -> Result<Made, Failed> {
    let log = install(cx, interpreter, built, aside).await?;
    let seal_in = aside.to_owned();
    let seal = tokio::task::spawn_blocking(move || sealed(&seal_in, log)).await;
    let made =
        seal.unwrap_or_else(|_| Err(io::Error::other("the look at it ended early"))).map_err(|e| Failed::disk(&e))?;
    match tokio::fs::rename(aside, place).await {
        Ok(()) => Ok(made),
        // Another builder was faster: theirs is as good.
        Err(error) => found(place).await?.ok_or_else(|| Failed::disk(&error)),
    }
}

/// Returns what lies in an environment's place, if that is whole.
async fn found(place: &Path) -> Result<Option<Made>, Failed> {
    let seal = match tokio::fs::read(place.join(SEAL)).await {
        Ok(seal) => seal,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failed::disk(&error)),
    };
    let seal: Result<Seal, _> = serde_json::from_slice(&seal);
    let Seal { packages, size_bytes, log } = seal.map_err(|error| Failed::disk(&io::Error::from(error)))?;
    Ok(Some(Made { packages, size_bytes, log }))
}

/// Removes what killed builds of this environment left.
async fn sweep(folder: &Path, key: &str) -> io::Result<()> {
    let mut entries = tokio::fs::read_dir(folder).await?;
    let left_over = format!(".{key}-");
    while let Some(entry) = entries.next_entry().await? {
        if entry.file_name().to_string_lossy().starts_with(&left_over) {
            tokio::fs::remove_dir_all(entry.path()).await?;
        }
    }
    Ok(())
}

async fn install(cx: &Context, interpreter: &Interpreter, built: &Built, folder: &Path) -> Result<String, Failed> {
    let program = interpreter.program.as_os_str();
    let arguments: [OsString; 6] = [
        "venv".into(),
        "--no-project".into(),
        "--relocatable".into(),
        "--python".into(),
        program.to_owned(),
        folder.as_os_str().to_owned(),
    ];
    let mut log = run(cx, &arguments, String::new()).await?;
    if built.lock.is_empty() {
        return Ok(log);
    }
    let requirements = folder.join("requirements.lock");
    tokio::fs::write(&requirements, &built.lock).await.map_err(|error| Failed::disk(&error))?;
    let arguments: [OsString; 10] = [
        "pip".into(),
        "install".into(),
        "--python".into(),
        folder.join("bin/python").into(),
        "--require-hashes".into(),
        "--only-binary".into(),
        ":all:".into(),
        "--no-deps".into(),
        "--requirements".into(),
        requirements.into(),
    ];
    log = run(cx, &arguments, log).await?;
    // Steps see it read-only: without this, each would compile what it imports again. Nothing of the environment is ever
    // started outside a sandbox, its interpreter included: that one runs what packages leave for it (`.pth`).
    installer::compile(interpreter, &folder.join("lib")).await;
    Ok(log)
}

async fn run(cx: &Context, arguments: &[OsString], mut log: String) -> Result<String, Failed> {
    let ended = installer::run(&cx.python, arguments).await;
    // Where the server keeps its data is nobody's business: log and reason are shown to people.
    let place = cx.folder.display().to_string();
    let shown = |text: &str| text.replace(&place, "…");
    log.push_str(&shown(ended.said()));
    let log = installer::last(&log);
    match ended {
        Ended::Well(_) => Ok(log),
        Ended::Badly { reason, passes, .. } => Err(Failed { reason: shown(&reason), log, passes }),
    }
}

/// Writes down, inside the environment, what it holds: the last thing before it is moved to its place.
fn sealed(folder: &Path, log: String) -> io::Result<Made> {
    let (mut packages, mut size_bytes) = (BTreeMap::new(), 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let entry = entry?;
            let kind = entry.metadata()?; // of the link itself, where it is one
            if kind.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if let Some((name, version)) = name.strip_suffix(".dist-info").and_then(|name| name.rsplit_once('-')) {
                    packages.insert(lock::plain(name), version.to_owned());
                }
                folders.push(entry.path());
            } else if kind.is_file() {
                size_bytes += kind.len();
            }
        }
    }
    let seal = Seal { packages, size_bytes, log };
    std::fs::write(folder.join(SEAL), serde_json::to_vec(&seal)?)?;
    let Seal { packages, size_bytes, log } = seal;
    Ok(Made { packages, size_bytes, log })
}
