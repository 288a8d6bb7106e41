//! The hook's end: what `lockgate git-hook` does. It has a few milliseconds and needs no runtime.
use super::{Answer, Kind, Question, VERSION};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Where a hook finds the secret of its push.
pub(crate) const OPERATION: &str = "LOCKGATE_OPERATION";
/// Where it finds the server's socket.
pub(crate) const SOCKET: &str = "LOCKGATE_HOOKS_SOCKET";
/// Where the script finds this program.
pub(crate) const PROGRAM: &str = "LOCKGATE_HOOK_PROGRAM";

/// Where git says which folder it keeps the objects of a push in until that may go on.
const INCOMING: &str = "GIT_QUARANTINE_PATH";

/// What the script waits for: nothing that another program would say by chance.
const YES: &str = "lockgate: go on";

/// How long the server may take: another push may be under way.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most that git writes to a hook.
const MOST_INPUT: u64 = 2 << 20;
/// The most that the server answers.
const MOST_ANSWER: u64 = 64 << 10;

/// Asks the server as git's hook `kind` does, with git's words on `input`; says what it answers on `out` and `errors`.
/// Returns whether git may go on.
pub fn run_hook(kind: &str, input: impl Read, mut out: impl Write, mut errors: impl Write) -> bool {
    match ask(kind, input) {
        Ok(answer) => {
            for line in answer.text.lines() {
                let _nobody_reads = writeln!(errors, "{line}");
            }
            answer.go && writeln!(out, "{YES}").and_then(|()| out.flush()).is_ok()
        }
        Err(error) => {
            let _nobody_reads = writeln!(errors, "lockgate did not say yes ({error}): try again in a minute");
            false
        }
    }
}

fn ask(kind: &str, input: impl Read) -> Result<Answer> {
    let hook = match kind {
        "pre-receive" => Kind::PreReceive,
        "post-receive" => Kind::PostReceive,
        _ => return Err(Error::new(ErrorKind::InvalidInput, "no such hook")),
    };
    let mut lines = Vec::new();
    input.take(MOST_INPUT + 1).read_to_end(&mut lines)?;
    if lines.len() as u64 > MOST_INPUT {
        return Err(Error::new(ErrorKind::InvalidInput, "too many branches and tags in one push"));
    }
    let mut stream = UnixStream::connect(told(SOCKET)?)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let question = Question { version: VERSION, hook, operation: told(OPERATION)?, incoming: told(INCOMING).ok() };
    serde_json::to_writer(&mut stream, &question)?;
    stream.write_all(b"\n")?;
    stream.write_all(&lines)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(MOST_ANSWER).read_to_end(&mut answer)?;
    if answer.is_empty() {
        return Err(Error::new(ErrorKind::UnexpectedEof, "no answer"));
    }
    Ok(serde_json::from_slice(&answer)?)
}

#[expect(clippy::disallowed_methods, reason = "git hands nothing to its hooks but the environment")]
fn told(name: &str) -> Result<String> {
    let missing = |_| Error::new(ErrorKind::InvalidInput, "this push did not come through the server");
    std::env::var(name).map_err(missing)
}

/// The script behind each hook: fixed, for every repository.
pub(super) const PRE_RECEIVE: &str = "\
#!/bin/sh
# Asks the server whether this push may go on. Anything but its clear yes is a no.
test -n \"$LOCKGATE_HOOK_PROGRAM\" || { echo 'push through the server: nothing may be pushed here directly' >&2; exit 1; }
answer=$(\"$LOCKGATE_HOOK_PROGRAM\" git-hook pre-receive) || exit 1
test \"$answer\" = 'lockgate: go on'
";

/// Likewise, after the refs have moved: there is nothing left to refuse.
pub(super) const POST_RECEIVE: &str = "\
#!/bin/sh
# Tells the server that refs have moved. Should it not be there, it finds out by itself.
test -n \"$LOCKGATE_HOOK_PROGRAM\" || exit 0
\"$LOCKGATE_HOOK_PROGRAM\" git-hook post-receive >/dev/null
exit 0
";
