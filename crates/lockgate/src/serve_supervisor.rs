//! Keeps the serving process: starts it, starts it again when it ends, takes up one that an earlier server left, stops it on the way out.
//!
//! The server opens the listener and hands it over in place of standard input, so that callers who come between two processes wait
//! instead of being refused.
use crate::failure::{Exit, Failure, Result};
use crate::serve_process::{Process, signal};
use rustix::fs::OFlags;
use rustix::process::Signal;
use serving::process::{LAST_REPORT, REPORT};
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// Which process serves, in the folder.
pub const PROCESS: &str = "process.json";
/// An empty folder, in the folder: where the process stands.
const NOTHING: &str = "nothing";
/// How long a process that is told to stop has.
const GRACE: Duration = Duration::from_secs(5);
/// How long to wait before it is started again, and how long at most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// A process that lived this long did not end because it cannot begin.
const LIVED: Duration = Duration::from_secs(30);
/// A longer log is begun anew.
const LOG: u64 = 16 * 1024 * 1024;

/// What the process is started with.
#[derive(Clone, Debug)]
pub struct Told {
    /// The folder that it shares with the server.
    pub folder: PathBuf,
    /// The public key of who signs manifests.
    pub key: String,
    pub onnxruntime: Option<PathBuf>,
}

/// The serving process's keeper.
#[derive(Debug)]
pub struct Supervisor {
    /// Where callers come in.
    pub address: SocketAddr,
    /// The listener, where no earlier process has it.
    listener: Option<TcpListener>,
    adopted: Option<Process>,
}

impl Supervisor {
    /// Takes up the process that an earlier server left, if it listens where `asked` says; else ends it, and listens there.
    pub async fn open(folder: &std::path::Path, asked: &str) -> Result<Self> {
        let named = |error: &std::io::Error| Failure::listen("server.serving_listen", asked, error);
        if let Some(found) = Process::find(&folder.join(PROCESS)) {
            let wanted = tokio::net::lookup_host(asked).await.map_err(|error| named(&error))?;
            let mut wanted = wanted.into_iter();
            let there = wanted
                .any(|wanted| wanted.ip() == found.address.ip() && [0, found.address.port()].contains(&wanted.port()));
            if there && found.is_of_this_program() {
                return Ok(Self { address: found.address, listener: None, adopted: Some(found) });
            }
            found.end(GRACE).await;
        }
        put_report_aside(folder);
        let listener = bind(asked).await.map_err(|error| named(&error))?;
        let address = listener.local_addr().map_err(|error| named(&error))?;
        Ok(Self { address, listener: Some(listener), adopted: None })
    }

    /// Keeps the process until `ended`, then stops it.
    pub async fn keep(self, told: Told, ended: CancellationToken) {
        let Self { address, mut listener, adopted } = self;
        if let Some(adopted) = adopted {
            tracing::info!(pid = adopted.pid, "the serving process of an earlier server is taken up");
            tokio::select! {
                () = adopted.gone() => tracing::warn!("the serving process has ended"),
                () = ended.cancelled() => return adopted.end(GRACE).await,
            }
            put_report_aside(&told.folder);
        }
        let mut wait = BACKOFF.0;
        loop {
            let started = Instant::now();
            match begin(&told, address, &mut listener).await {
                Ok(mut child) => {
                    tokio::select! {
                        status = child.wait() => match status {
                            Ok(status) => tracing::warn!(%status, "the serving process has ended"),
                            Err(error) => tracing::error!(%error, "the serving process cannot be waited for"),
                        },
                        () = ended.cancelled() => return stop(child).await,
                    }
                }
                Err(error) => tracing::error!(error = error.detail, "the serving process cannot be started"),
            }
            put_report_aside(&told.folder);
            wait = if started.elapsed() >= LIVED { BACKOFF.0 } else { (wait * 2).min(BACKOFF.1) };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = ended.cancelled() => return,
            }
        }
    }
}

async fn bind(address: &str) -> std::io::Result<TcpListener> {
    // By tokio: an address that a process left a moment ago is free at once.
    tokio::net::TcpListener::bind(address).await?.into_std()
}

/// Starts the process on the listener, which is opened first where an earlier process had it.
async fn begin(told: &Told, address: SocketAddr, listener: &mut Option<TcpListener>) -> Result<Child> {
    let named = |error: &std::io::Error| Failure::io("the serving process", error);
    let held = match listener {
        Some(held) => held,
        None => listener.insert(bind(&address.to_string()).await.map_err(|error| named(&error))?),
    };
    let socket = OwnedFd::from(held.try_clone().map_err(|error| named(&error))?);
    let mut command = Command::new("/proc/self/exe");
    command.args(["serve", "--key", &told.key, "--folder"]).arg(&told.folder);
    if let Some(library) = &told.onnxruntime {
        command.arg("--onnxruntime").arg(library);
    }
    let log = log(&told.folder).map_err(|error| named(&error))?;
    let nothing = told.folder.join(NOTHING);
    std::fs::DirBuilder::new().recursive(true).mode(0o500).create(&nothing).map_err(|error| named(&error))?;
    // There is nothing: what a model names by a path that begins nowhere is not found.
    command.current_dir(&nothing).env_clear().process_group(0);
    // Before the runtime is loaded: afterwards it has written an id of the machine for its makers already.
    command.env("ORT_DISABLE_TELEMETRY", "1");
    command.stdin(Stdio::from(socket)).stdout(Stdio::null()).stderr(log);
    let child = command.spawn().map_err(|error| named(&error))?;
    // At once: a server that is killed from now on leaves a process that the next one knows.
    if let Some(process) = child.id().and_then(|pid| Process::of(pid, address))
        && let Err(error) = process.write(&told.folder.join(PROCESS))
    {
        tracing::error!(error = error.detail, "the next server will not know the serving process");
    }
    Ok(child)
}

/// Opens the log, which a process without walls could have made a link or a pipe of.
fn log(folder: &std::path::Path) -> std::io::Result<File> {
    let path = folder.join("serve.log");
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened =
        File::options().create(true).append(true).mode(0o600).custom_flags(flags.bits().cast_signed()).open(path)?;
    let found = opened.metadata()?;
    if !found.is_file() {
        return Err(std::io::Error::other("`serve.log` is no regular file"));
    }
    if found.len() > LOG {
        opened.set_len(0)?;
    }
    Ok(opened)
}

/// Puts aside what a process said that is gone: which endpoints answer, the next one says itself.
fn put_report_aside(folder: &std::path::Path) {
    let aside = std::fs::rename(folder.join(REPORT), folder.join(LAST_REPORT));
    if let Err(error) = aside.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }) {
        tracing::error!(%error, "what the last serving process said cannot be put aside");
    }
}

async fn stop(mut child: Child) {
    if let Some(pid) = child.id() {
        signal(pid, Signal::TERM);
    }
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        tracing::warn!("the serving process did not stop in time");
        let _ = child.kill().await;
    }
}

/// Returns where the ONNX runtime lies: where the configuration says, else beside this program, else where `scripts/need onnxruntime`
/// puts it: below `LOCKGATE_VENV`, or in the checkout that the server was started in.
pub fn onnxruntime(configured: Option<&PathBuf>) -> Result<Option<PathBuf>> {
    if let Some(path) = configured {
        if !path.is_file() {
            let detail = format!("`[serving] onnxruntime`: there is no file `{}`", path.display());
            let hint = "write the path of `libonnxruntime.so`, or run `scripts/need onnxruntime` and leave the key out";
            return Err(Failure::new(Exit::Usage, detail, hint));
        }
        let found = std::path::absolute(path);
        return found.map(Some).map_err(|error| Failure::io("`[serving] onnxruntime`", &error));
    }
    #[expect(clippy::disallowed_methods, reason = "where a checkout keeps its tools is read here, once")]
    let venv = std::env::var_os("LOCKGATE_VENV");
    Ok(places(venv).into_iter().find(|path| path.is_file()))
}

/// Returns where the ONNX runtime may lie, first what comes first.
fn places(venv: Option<OsString>) -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.and_then(|program| Some(program.parent()?.join("libonnxruntime.so")));
    let needed = |venv: PathBuf| std::path::absolute(venv.join("onnxruntime/libonnxruntime.so")).ok();
    let elsewhere = venv.filter(|venv| !venv.is_empty()).and_then(|venv| needed(venv.into()));
    [beside, elsewhere, needed(".venv".into())].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_process_said_that_is_gone_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join(REPORT);
        std::fs::create_dir_all(report.parent().unwrap()).unwrap();
        std::fs::write(&report, r#"{"answers": {"prod.a": "ro-1"}}"#).unwrap();
        Supervisor::open(folder.path(), "127.0.0.1:0").await.unwrap();
        assert!(!report.exists());
        assert!(folder.path().join(LAST_REPORT).is_file());
    }

    #[test]
    fn the_runtime_is_looked_for_below_the_named_folder_before_the_checkout() {
        let below = |venv: &str| PathBuf::from(venv).join("onnxruntime/libonnxruntime.so");
        let found = places(Some("/srv/venv".into()));
        assert!(found.ends_with(&[below("/srv/venv"), std::path::absolute(below(".venv")).unwrap()]), "{found:?}");
        assert_eq!(places(Some(OsString::new())), places(None), "an empty one says nothing");
    }

    #[test]
    fn the_log_is_a_file_of_its_own_and_begun_anew_when_it_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("serve.log"), folder.path().join("lockgate.db"));
        std::fs::write(&other, "everything").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(log(folder.path()).is_err());
        assert_eq!(std::fs::read(&other).unwrap(), b"everything");
        std::fs::remove_file(&path).unwrap();
        log(folder.path()).unwrap().set_len(LOG + 1).unwrap();
        assert_eq!(log(folder.path()).unwrap().metadata().unwrap().len(), 0);
        std::fs::remove_file(&path).unwrap();
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        assert!(log(folder.path()).is_err(), "a pipe");
    }
}
