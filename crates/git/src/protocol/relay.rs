//! Goes beside one `git`: feeds it, hands on what it says, and kills it where nobody waits for it any more.
use super::input::{Broken, Input};
use crate::hooks::Operation;
use crate::names::shown;
use crate::process::kill_group;
use crate::{Context, Error, Result};
use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

/// How many pieces wait for a slow client.
const WAITING: usize = 8;
/// How long git may take to move refs once it may.
const MOVING: Duration = Duration::from_mins(2);
/// How long a client may go on sending what git did not want to read.
const LAST_BYTES: Duration = Duration::from_mins(1);
/// How long git may take to end after its last word.
const LAST_WORD: Duration = Duration::from_mins(2);
/// How much of what git complains of is kept for the log.
const COMPLAINTS: u64 = 4 << 10;

/// A push under way, with its secret.
pub(super) struct Pushing {
    pub(super) operation: Arc<Operation>,
    pub(super) secret: access::Secret,
}

/// One call of `git` on behalf of a client.
pub(super) struct Call {
    pub(super) command: Command,
    /// What the client sends; nothing for an advertisement.
    pub(super) input: Option<Input>,
    /// What the answer begins with.
    pub(super) prefix: Bytes,
    pub(super) pushing: Option<Pushing>,
    /// Held until `git` has ended.
    pub(super) place: OwnedSemaphorePermit,
}

/// Why a call of `git` was broken off.
#[derive(Debug)]
enum Off {
    /// Nobody reads the answer any more.
    NobodyReads,
    Input(Broken),
    TooLong,
    Stopping,
    Io(io::Error),
}

type Sender = mpsc::Sender<io::Result<Bytes>>;

/// Starts `git` and returns its answer, once it has begun.
///
/// # Errors
/// What keeps it from saying anything at all: a client that goes away or sends too much, a `git` that fails.
pub(super) async fn run(cx: &Context, call: Call) -> Result<Body> {
    let Call { mut command, input, prefix, pushing, place } = call;
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(Error::io("starting git"))?;
    if let Some(pushing) = &pushing {
        cx.live.begin(pushing.secret.reveal(), pushing.operation.clone());
    }
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (send, receive) = mpsc::channel(WAITING);
    let (started, starts) = oneshot::channel();
    let relay = Relay { cx: cx.clone(), child, send, started: Some(started), pushing };
    // On its own, so that it sees the end of `git` even where the client has gone.
    cx.live.tasks.spawn(async move {
        let _place = place;
        relay.go(pipes, input).await;
    });
    match starts.await {
        Ok(Ok(())) => {
            let first = futures::stream::iter((!prefix.is_empty()).then_some(Ok(prefix)));
            let rest = futures::stream::unfold(receive, |mut receive| async move {
                receive.recv().await.map(|piece| (piece, receive))
            });
            Ok(Body::from_stream(first.chain(rest)))
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Git("it was not waited for".into())),
    }
}

struct Relay {
    cx: Context,
    child: Child,
    send: Sender,
    /// Tells whoever waits for the answer that it begins, or why it never will.
    started: Option<oneshot::Sender<Result<()>>>,
    pushing: Option<Pushing>,
}

impl Relay {
    async fn go(mut self, pipes: (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>), input: Option<Input>) {
        let (stdin, stdout, stderr) = pipes;
        let complaints = tokio::spawn(read_complaints(stderr));
        let ended = self.relay(stdin, stdout, input).await;
        if ended.is_err() {
            kill_group(&self.child);
        }
        let ending = tokio::time::timeout(LAST_WORD, self.child.wait()).await;
        if ending.is_err() {
            kill_group(&self.child);
        }
        let status = self.child.wait().await;
        let complaints = complaints.await.unwrap_or_default();
        if let Some(pushing) = self.pushing.take() {
            self.cx.live.end(pushing.secret.reveal());
            pushing.operation.end(&self.cx).await;
        }
        let success = status.as_ref().is_ok_and(std::process::ExitStatus::success);
        match (&ended, success) {
            (Ok(()), true) => {}
            (Ok(()), false) => tracing::info!(?status, complaints, "git ended with a failure"),
            (Err(off), _) => tracing::info!(?off, complaints, "a call of git was broken off"),
        }
        let answer = match ended {
            Ok(()) if success => Ok(()),
            Ok(()) => Err(Error::Git(format!("it failed: {complaints}"))),
            Err(Off::Input(Broken::TooLarge)) => {
                Err(Error::TooLarge { path: "the request".into(), limit: base::Bytes(self.cx.live.limits.push_bytes) })
            }
            Err(Off::Input(Broken::Gone) | Off::NobodyReads) => Err(Error::Protocol("the request broke off")),
            Err(Off::TooLong | Off::Stopping) => Err(Error::Busy),
            Err(Off::Io(source)) => Err(Error::Io { what: "talking to git", source }),
        };
        match self.started.take() {
            Some(started) => {
                let _nobody_waits = started.send(answer);
            }
            // The status cannot change any more: an answer that breaks off is all that is left to say.
            None if answer.is_err() => {
                let _nobody_reads = self.send.try_send(Err(io::Error::other("git broke off")));
            }
            None => {}
        }
    }

    async fn relay(
        &mut self,
        stdin: Option<ChildStdin>,
        stdout: Option<ChildStdout>,
        input: Option<Input>,
    ) -> std::result::Result<(), Off> {
        let (live, pushing) = (self.cx.live.clone(), self.pushing.as_ref().map(|pushing| pushing.operation.clone()));
        let feeding = feed(stdin, input);
        let send = self.send.clone();
        let started = &mut self.started;
        let pumping = pump(stdout, &send, started, live.limits.silence);
        let both = async {
            tokio::pin!(feeding, pumping);
            let mut fed = false;
            loop {
                tokio::select! {
                    done = &mut feeding, if !fed => {
                        done.map_err(Off::Input)?;
                        fed = true;
                    }
                    done = &mut pumping => {
                        // A client that still sends does not hear the answer before it is through.
                        if done.is_ok() && !fed {
                            let _sent_enough = tokio::time::timeout(LAST_BYTES, feeding).await;
                        }
                        return done;
                    }
                }
            }
        };
        let deadline = Instant::now() + live.limits.time;
        tokio::select! {
            done = both => done,
            () = self.send.closed() => Err(Off::NobodyReads),
            () = tokio::time::sleep_until(deadline) => Err(Off::TooLong),
            () = live.stop.cancelled() => Err(Off::Stopping),
            () = moves_too_long(pushing) => Err(Off::TooLong),
        }
    }
}

/// Ends when a push was allowed to move refs long ago, and has not: until it has, no other push may.
async fn moves_too_long(pushing: Option<Arc<Operation>>) {
    let Some(operation) = pushing else { return std::future::pending().await };
    let mut looks = tokio::time::interval(Duration::from_secs(1));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if operation.moving_since().is_some_and(|since| since.elapsed() > MOVING) {
            return;
        }
    }
}

/// Hands the client's bytes to git. Once git no longer reads, the rest is read and thrown away, within the same bounds:
/// a client that is not listened to would not hear why.
async fn feed(stdin: Option<ChildStdin>, input: Option<Input>) -> std::result::Result<(), Broken> {
    let (mut stdin, Some(mut input)) = (stdin, input) else { return Ok(()) };
    loop {
        let bytes = input.next().await?;
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(open) = &mut stdin
            && open.write_all(&bytes).await.is_err()
        {
            stdin = None;
        }
    }
}

/// Hands git's bytes to the client, who must not let them wait for longer than `silence`.
async fn pump(
    stdout: Option<ChildStdout>,
    send: &Sender,
    started: &mut Option<oneshot::Sender<Result<()>>>,
    silence: Duration,
) -> std::result::Result<(), Off> {
    let Some(mut stdout) = stdout else { return Ok(()) };
    let mut buffer = vec![0; 32 << 10];
    loop {
        let read = stdout.read(&mut buffer).await.map_err(Off::Io)?;
        if read == 0 {
            return Ok(());
        }
        if let Some(started) = started.take() {
            started.send(Ok(())).map_err(|_| Off::NobodyReads)?;
        }
        let sent = tokio::time::timeout(silence, send.send(Ok(Bytes::copy_from_slice(&buffer[..read])))).await;
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(Off::NobodyReads),
        }
    }
}

async fn read_complaints(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut text = Vec::new();
    let _broken = (&mut stderr).take(COMPLAINTS).read_to_end(&mut text).await;
    let _rest = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    shown(String::from_utf8_lossy(&text).trim())
}
