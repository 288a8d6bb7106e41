//! The outer stage's hold on the inner one: starts it, tells it what to do, hears how it ended, ends it.
use super::plan::{Ask, Ended, Plan};
use super::sandbox::{Own, Places};
use super::{process, sandbox, seccomp};
use crate::engine::{Isolation, LocalLaunch};
use rustix::fs::MemfdFlags;
use rustix::io::FdFlags;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// The program itself, whatever became of its file since it was started.
const OURSELVES: &str = "/proc/self/exe";
/// How long a sandbox may take to come up.
const UP: Duration = Duration::from_secs(30);
/// How long a killed tree may take to be gone.
const GONE: Duration = Duration::from_secs(10);
/// How far the inner stage stands before the step it watches, where the system allows it (root): many processes must not keep it waiting.
const WATCH_NICE: i32 = -20;

/// A step that runs.
pub(super) struct Running {
    child: Child,
    sandboxed: bool,
    asks: OwnedWriteHalf,
    ended: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
}

/// Why there is no step that runs.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoStart {
    #[error("the sandbox cannot be started: {0}")]
    Io(#[from] io::Error),
    #[error("the sandbox did not come up: {0}")]
    NotUp(String),
}

impl Running {
    /// Starts the inner stage, in a sandbox unless there is to be none, and hands it the plan.
    pub(super) async fn start(
        local: &LocalLaunch,
        own: &Own,
        places: &Places,
        plan: &Plan,
        listener: &UnixListener,
    ) -> Result<Self, NoStart> {
        let (mut command, filter) = command(local, own, places)?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // What is started inherits it; of what follows here only the inner stage is to have it.
        let before = rustix::process::getpriority_process(None).map_err(io::Error::from)?;
        let _ = rustix::process::setpriority_process(None, WATCH_NICE);
        let started = command.spawn();
        let _ = rustix::process::setpriority_process(None, before);
        let mut child = started?;
        drop(filter);
        let connected = tokio::time::timeout(UP, async {
            tokio::select! {
                connection = listener.accept() => Ok(connection?.0),
                ended = child.wait() => Err(NoStart::NotUp(words_of(&mut child, ended?).await)),
            }
        });
        let control: UnixStream = match connected.await {
            Ok(connected) => connected?,
            Err(_) => return Err(NoStart::NotUp(format!("nothing for {} s", UP.as_secs()))),
        };
        let (read, mut asks) = control.into_split();
        let text = serde_json::to_string(plan).map_err(io::Error::from)?;
        asks.write_all(format!("{text}\n").as_bytes()).await?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let sandboxed = local.isolation == Isolation::Bubblewrap;
        Ok(Self { child, sandboxed, asks, ended: BufReader::new(read), line: Vec::new(), stdout, stderr })
    }

    /// Waits until the step and all it started are gone, and returns how it ended. May be dropped and called again.
    pub(super) async fn ended(&mut self) -> io::Result<Result<Ended, ExitStatus>> {
        // What was read before this was dropped stays in `line`.
        self.ended.read_until(b'\n', &mut self.line).await?;
        let status = self.child.wait().await?;
        Ok(serde_json::from_slice(&self.line).map_err(|_| status))
    }

    /// Asks the command to end.
    pub(super) async fn terminate(&mut self) {
        self.ask(Ask::Terminate).await;
    }

    /// Ends the step and all it started, now, and returns when they are gone.
    pub(super) async fn kill(&mut self) {
        if self.sandboxed {
            // The child of bubblewrap is the first process of the namespace, with which the kernel ends all others.
            self.child.id().into_iter().flat_map(process::children).for_each(process::kill);
        } else {
            self.ask(Ask::Kill).await;
        }
        if tokio::time::timeout(GONE, self.child.wait()).await.is_err() {
            let _ = self.child.start_kill();
            let _ = self.child.wait().await;
        }
    }

    async fn ask(&mut self, ask: Ask) {
        if let Ok(text) = serde_json::to_string(&ask) {
            let _ = self.asks.write_all(format!("{text}\n").as_bytes()).await;
        }
    }
}

/// Returns what to start: the inner stage of this very program, which bubblewrap is handed as standard input. It is opened here,
/// since inside the sandbox its path does not exist. The file is the filter, open until the command was started.
fn command(local: &LocalLaunch, own: &Own, places: &Places) -> io::Result<(Command, Option<OwnedFd>)> {
    let inner = ["runner", "inner", "--socket"];
    if local.isolation == Isolation::None {
        let mut command = Command::new(OURSELVES);
        command.args(inner).arg(&places.socket).env_clear().stdin(Stdio::null());
        return Ok((command, None));
    }
    let mut filter = File::from(rustix::fs::memfd_create("filter", MemfdFlags::empty())?);
    filter.write_all(&seccomp::filter())?;
    filter.seek(SeekFrom::Start(0))?;
    rustix::io::fcntl_setfd(&filter, FdFlags::empty())?;
    let mut command = Command::new(&local.bwrap);
    command.args(sandbox::arguments(local, own, filter.as_raw_fd().unsigned_abs()));
    command.arg("/proc/self/fd/0").args(inner).arg(&places.socket).env_clear().stdin(File::open(OURSELVES)?);
    Ok((command, Some(filter.into())))
}

/// Returns what a sandbox that did not come up said last.
async fn words_of(child: &mut Child, status: ExitStatus) -> String {
    let mut said = Vec::new();
    if let Some(stderr) = &mut child.stderr {
        let mut limited = tokio::io::AsyncReadExt::take(stderr, 4_096);
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut limited, &mut said).await;
    }
    let said = String::from_utf8_lossy(&said);
    match said.trim() {
        "" => status.to_string(),
        said => said.to_owned(),
    }
}
