//! The server's end of the socket, and the scripts in their folder.
use super::client::{POST_RECEIVE, PRE_RECEIVE};
use super::operation::No;
use super::{Answer, Kind, Question, VERSION};
use crate::{Context, Error, Result, pushes};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// How long a question and its answer may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most that a hook says.
const MOST_QUESTION: u64 = (2 << 20) + (16 << 10);
/// How many hooks are heard at once.
const AT_ONCE: usize = 64;
/// The longest path that a Unix socket can have, less the closing zero.
const LONGEST_PATH: usize = 107;

/// The socket that hooks call.
#[derive(Debug)]
pub struct Hooks {
    listener: UnixListener,
    path: PathBuf,
}

impl Hooks {
    /// Writes the scripts and binds the socket. The caller holds the data folder, so a socket that is there was left by a
    /// dead server.
    ///
    /// # Errors
    /// A folder that cannot be written to, or whose path is too long for a socket.
    pub fn bind(cx: &Context) -> Result<Self> {
        let folder = &cx.folder;
        for part in ["", "hooks", "home", "tmp"] {
            let part = folder.join(part);
            std::fs::create_dir_all(&part).map_err(Error::io("making a folder for repositories"))?;
            set_mode(&part, 0o700)?;
        }
        for (name, script) in [("pre-receive", PRE_RECEIVE), ("post-receive", POST_RECEIVE)] {
            write_script(&folder.join("hooks"), name, script)?;
        }
        sweep(&folder.join("tmp"))?;
        let path = socket_of(folder);
        if path.as_os_str().len() > LONGEST_PATH {
            let why = format!("`{}` is longer than the {LONGEST_PATH} bytes a socket's path may have", path.display());
            let source = std::io::Error::new(ErrorKind::InvalidFilename, why);
            return Err(Error::Io { what: "the hooks' socket: give the data folder a shorter path", source });
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Error::io("removing an old socket")(error));
            }
            _ => {}
        }
        // Nobody else can come between: the folder is closed to all but its owner.
        let listener = UnixListener::bind(&path).map_err(Error::io("making the hooks' socket"))?;
        set_mode(&path, 0o600)?;
        Ok(Self { listener, path })
    }
}

/// Returns where the socket stands.
pub(crate) fn socket_of(folder: &Path) -> PathBuf {
    folder.join("hooks.sock")
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    let mode = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, mode).map_err(Error::io("closing a folder to others"))
}

/// Replaces the script whole: a hook that runs meanwhile has the old one or the new.
fn write_script(folder: &Path, name: &str, script: &str) -> Result<()> {
    let new = folder.join(format!("{name}.new"));
    std::fs::write(&new, script).map_err(Error::io("writing a hook"))?;
    set_mode(&new, 0o700)?;
    std::fs::rename(&new, folder.join(name)).map_err(Error::io("writing a hook"))
}

/// Removes what a killed server began to make.
fn sweep(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(Error::io("sweeping"))? {
        let path = entry.map_err(Error::io("sweeping"))?.path();
        std::fs::remove_dir_all(&path).map_err(Error::io("sweeping"))?;
    }
    Ok(())
}

/// Answers hooks until the context's [`crate::drain`] is called, after a look at what a killed server left behind.
pub async fn serve(cx: Context, hooks: Hooks) {
    let stop = cx.live.stop.clone();
    let first_look = async {
        if let Err(error) = pushes::settle_all(&cx).await {
            tracing::error!(%error, "the records of pushes could not be compared with the repositories");
        }
    };
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let answers = async {
        loop {
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            match hooks.listener.accept().await {
                Ok((stream, _)) => {
                    let cx = cx.clone();
                    // Waited for at shutdown, like the `git` that waits for the answer.
                    cx.live.tasks.clone().spawn(async move {
                        let _slot = slot;
                        if tokio::time::timeout(PATIENCE, hear(&cx, stream)).await.is_err() {
                            tracing::warn!("a hook was not answered in time: its push is refused");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the hooks' socket could not accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    };
    tokio::select! {
        ((), ()) = async { tokio::join!(first_look, answers) } => {}
        () = stop.cancelled() => {}
    }
    // A socket that nobody listens at would only make hooks wait.
    if let Err(error) = std::fs::remove_file(&hooks.path) {
        tracing::warn!(%error, "the hooks' socket could not be removed");
    }
}

async fn hear(cx: &Context, mut stream: UnixStream) {
    let own = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == own => {}
        peer => {
            let uid = peer.ok().map(|peer| peer.uid());
            tracing::warn!(uid, "another user was turned away at the hooks' socket");
            return;
        }
    }
    let mut asked = Vec::new();
    let read = (&mut stream).take(MOST_QUESTION).read_to_end(&mut asked).await;
    let answer = match read {
        Ok(_) => answer(cx, &asked).await,
        Err(_) => return, // it went away
    };
    let (go, text) = match answer {
        Ok(()) => (true, String::new()),
        Err(No(text)) => (false, text),
    };
    let bytes = serde_json::to_vec(&Answer { go, text }).unwrap_or_default();
    let told = async {
        stream.write_all(&bytes).await?;
        stream.shutdown().await
    };
    if let Err(error) = told.await {
        tracing::debug!(%error, "a hook did not wait for its answer");
    }
}

async fn answer(cx: &Context, asked: &[u8]) -> std::result::Result<(), No> {
    let unreadable = || No("this hook is not understood here".into());
    let end = asked.iter().position(|byte| *byte == b'\n').ok_or_else(unreadable)?;
    let question: Question = serde_json::from_slice(&asked[..end]).map_err(|_| unreadable())?;
    if question.version != VERSION {
        return Err(No("the server was replaced by another version: push again".into()));
    }
    let operation = cx.live.operation(&question.operation).ok_or_else(|| No("no such push is under way".into()))?;
    match question.hook {
        Kind::PreReceive => operation.accept(cx, &asked[end + 1..], question.incoming.as_deref()).await,
        Kind::PostReceive => operation.moved(cx).await,
    }
}
