//! What attempts start from, laid out below `cx.folder`: exported code, the outputs of other steps, the SDK. Each lies under the
//! digest of its content, appears whole by one rename, and is never written to again.
use crate::Context;
use crate::archive::{self, Limits, Refused};
use crate::pipelines::{Graph, Input, Step};
use crate::protocol::{Output, OutputKind};
use crate::runs::{Code, Run};
use base::{Digest, ProjectId};
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name of the file that says which packages a repository's steps need.
const LOCK: &str = "requirements.lock";
/// The packages that platform steps run on.
const PLATFORM_LOCK: &[u8] = include_bytes!("../platform/requirements.lock");

/// How much a folder that a step wrote may hold.
const LIMITS: Limits = Limits { entries: 1_000_000, bytes: 64 << 30 };

/// Why something could not be laid out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Trying again does not help; the text is for people.
    #[error("{0}")]
    Unfit(String),
    /// It may pass.
    #[error("the file system failed at {what}")]
    Io { what: &'static str, source: std::io::Error },
    #[error(transparent)]
    Objects(#[from] objects::Error),
}

/// A run's code, laid out, and what cache keys need of it.
#[derive(Debug)]
pub(crate) struct Laid {
    /// None for a pipeline without code.
    pub(crate) code: Option<PathBuf>,
    pub(crate) tree: String,
    /// The packages that the steps need; empty = the bare interpreter.
    pub(crate) lock: Vec<u8>,
    /// Names lock, interpreter and platform.
    pub(crate) python: String,
    /// The same for platform steps, and the content of the SDK that holds them; empty for a pipeline without one.
    pub(crate) platform: String,
    /// The digest of each file or folder that is an input, by its path.
    pub(crate) files: BTreeMap<String, Digest>,
}

fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { what, source }
}

/// Runs `work`, which blocks, on a thread of its own.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|broke| Err(Error::Io { what: "a thread", source: std::io::Error::other(broke) }))
}

/// Lays out a run's code and works out the digests of its inputs.
pub(crate) async fn lay_out(cx: &Context, run: &Run, graph: &Graph) -> Result<Laid, Error> {
    let (code, tree) = match &run.code {
        Some(code) => (Some(export(cx, &run.project, code).await?), code.tree.clone()),
        None => (None, "none".to_owned()),
    };
    let folder = code.clone();
    let mut paths = Vec::new();
    for step in &graph.pipeline.steps {
        for input in step.inputs.values() {
            let path = match input {
                Input::File(path) => Some(path.as_str()),
                Input::Dataset(input) => input.stand_in(&run.environment),
                Input::Step { .. } | Input::Value(_) => None,
            };
            paths.extend(path.map(str::to_owned));
        }
    }
    let (lock, files) = on_a_thread(move || {
        let mut files = BTreeMap::new();
        let Some(folder) = folder else {
            return match paths.first() {
                Some(path) => Err(Error::Unfit(format!("there is no code, so no file `{path}`"))),
                None => Ok((Vec::new(), files)),
            };
        };
        for path in paths {
            // What a link leads to has to be there, too.
            let place = folder.join(&path);
            let found = std::fs::metadata(&place).and_then(|_| digest_of(&place));
            let digest = found.map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound
                | std::io::ErrorKind::NotADirectory
                | std::io::ErrorKind::InvalidFilename => {
                    Error::Unfit(format!("input `{path}` does not exist in the repository at this commit"))
                }
                _ => Error::Io { what: "an input", source: error },
            })?;
            files.insert(path, digest);
        }
        let lock = folder.join(LOCK);
        if std::fs::symlink_metadata(&lock).is_ok_and(|found| !found.is_file()) {
            return Err(Error::Unfit(format!("`{LOCK}` is not a file in the repository at this commit")));
        }
        let lock = match std::fs::read(lock) {
            Ok(lock) => lock,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::Io { what: "the lock", source: error }),
        };
        Ok((lock, files))
    })
    .await?;
    let python = environments::lock_key(&cx.environments, &lock).map_err(|error| Error::Unfit(error.to_string()))?;
    let platform = if graph.pipeline.steps.iter().any(Step::is_platform) {
        let key = environments::lock_key(&cx.environments, PLATFORM_LOCK);
        let sdk = cx.sdk.file_name().unwrap_or_default().to_string_lossy();
        format!("{} with the checks {sdk}", key.map_err(|error| Error::Unfit(error.to_string()))?)
    } else {
        String::new()
    };
    Ok(Laid { code, tree, lock, python, platform, files })
}

impl Laid {
    /// Returns the packages that a step runs on; empty = the bare interpreter.
    pub(crate) fn lock_of(&self, step: &Step) -> &[u8] {
        if step.is_platform() { PLATFORM_LOCK } else { &self.lock }
    }
}

/// Exports a tree once for all who need it.
async fn export(cx: &Context, project: &ProjectId, code: &Code) -> Result<PathBuf, Error> {
    let name = format!("{project}-{}", code.tree);
    let target = cx.folder.join("code").join(&name);
    if tokio::fs::try_exists(&target).await.map_err(io("the exported code"))? {
        return Ok(target);
    }
    let parent = cx.folder.join("code");
    let fresh = on_a_thread(move || fresh_folder(&parent)).await?;
    git::export(&cx.git, project, &code.tree, fresh.path()).await.map_err(|error| {
        use base::{Fault, Kind};
        match error.fault().0 {
            Kind::Internal | Kind::Unavailable | Kind::Full | Kind::TooMany => {
                Error::Io { what: "the export", source: std::io::Error::other(error) }
            }
            _ => Error::Unfit(error.to_string()),
        }
    })?;
    on_a_thread(move || keep(fresh, &target)).await
}

/// A folder of its own until it is kept; removed with all in it when dropped.
struct Fresh(Option<PathBuf>);

impl Fresh {
    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let _ = std::fs::remove_dir_all(path); // what stays is swept at the next start
        }
    }
}

fn fresh_folder(parent: &Path) -> Result<Fresh, Error> {
    let path = parent.join(format!(".new-{}", base::Ids::Random.next("x")));
    std::fs::create_dir_all(&path).map_err(io("a folder"))?;
    Ok(Fresh(Some(path)))
}

/// Moves a folder to its place; if another was faster, that one stays.
fn keep(mut fresh: Fresh, target: &Path) -> Result<PathBuf, Error> {
    match std::fs::rename(fresh.path(), target) {
        Ok(()) => {
            fresh.0 = None;
            Ok(target.to_owned())
        }
        Err(_) if target.exists() => Ok(target.to_owned()),
        Err(error) => Err(Error::Io { what: "a folder", source: error }),
    }
}

/// Returns the digest of a file's bytes, or of the names and digests in a folder.
fn digest_of(path: &Path) -> std::io::Result<Digest> {
    let found = std::fs::symlink_metadata(path)?;
    if found.is_symlink() {
        return Ok(Digest::of(format!("link {}", std::fs::read_link(path)?.display())));
    }
    if found.is_dir() {
        let mut entries = BTreeMap::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            entries.insert(entry.file_name().to_string_lossy().into_owned(), digest_of(&entry.path())?.to_string());
        }
        return base::digest_of(&entries).map_err(std::io::Error::other);
    }
    let (mut file, mut hasher, mut chunk) = (std::fs::File::open(path)?, sha2::Sha256::new(), vec![0; 128 * 1024]);
    loop {
        let length = file.read(&mut chunk)?;
        if length == 0 {
            return Ok(Digest::from_hasher(hasher));
        }
        hasher.update(&chunk[..length]);
    }
}

/// Lays out an output of another step, once for all who need it.
pub(crate) async fn lay_out_output(cx: &Context, output: &Output) -> Result<PathBuf, Error> {
    let kind = match output.kind {
        OutputKind::File => "file",
        OutputKind::Folder => "folder",
    };
    let parent = cx.folder.join("inputs");
    let place = parent.join(format!("{}.{kind}", output.digest.hex()));
    let inside = place.join("it");
    if tokio::fs::try_exists(&inside).await.map_err(io("an input"))? {
        return Ok(inside);
    }
    let fresh = on_a_thread(move || fresh_folder(&parent)).await?;
    let mut bytes = cx.blobs.get(&output.digest).await?;
    let target = fresh.path().join("it");
    match output.kind {
        OutputKind::File => {
            let mut file = tokio::fs::File::create(&target).await.map_err(io("an input"))?;
            tokio::io::copy(&mut bytes, &mut file).await.map_err(io("an input"))?;
            tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(io("an input"))?;
        }
        OutputKind::Folder => {
            let size = output.size_bytes;
            let file = bytes.into_inner().into_std().await;
            on_a_thread(move || {
                std::fs::create_dir_all(&target).map_err(io("an input"))?;
                archive::unpack(file.take(size), &target, LIMITS).map_err(|refused| match refused {
                    Refused::Read(..) | Refused::Write(_) => {
                        Error::Io { what: "an input", source: std::io::Error::other(refused) }
                    }
                    other => Error::Unfit(format!("the output of a step {}", other.without_names())),
                })
            })
            .await?;
        }
    }
    on_a_thread(move || keep(fresh, &place)).await?;
    Ok(inside)
}

/// Makes the folders that everything lies in, and removes what a killed server left half done. Blocks: call it at start.
///
/// # Errors
/// The file system's.
pub(crate) fn prepare(folder: &Path) -> std::io::Result<()> {
    for name in ["code", "inputs", "logs", "work"] {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)?;
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(".new-") {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_digest_of_its_content() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("x")).unwrap();
        std::fs::write(folder.path().join("x/a"), "1").unwrap();
        let before = digest_of(&folder.path().join("x")).unwrap();
        std::fs::write(folder.path().join("x/a"), "2").unwrap();
        assert_ne!(digest_of(&folder.path().join("x")).unwrap(), before);
        std::fs::rename(folder.path().join("x/a"), folder.path().join("x/b")).unwrap();
        std::fs::write(folder.path().join("x/b"), "1").unwrap();
        assert_ne!(digest_of(&folder.path().join("x")).unwrap(), before);
        assert_eq!(digest_of(&folder.path().join("x/b")).unwrap(), Digest::of(b"1"));
    }
}
