//! The installer, `uv`, as a process: cleared environment, bounded time and log, and its words turned into a reason.
use super::{Interpreter, Python};
use rustix::process::Pid;
use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// How long one call may take.
const TIME: Duration = Duration::from_mins(10);
/// How much of its end is kept of a log, in bytes.
const LOG: usize = 64 << 10;
/// The longest reason, in characters.
const REASON: usize = 400;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Well(String),
    Badly {
        said: String,
        reason: String,
        /// Whether trying again may help.
        passes: bool,
    },
}

impl Ended {
    /// Returns the end of what it said.
    pub fn said(&self) -> &str {
        let (Self::Well(said) | Self::Badly { said, .. }) = self;
        said
    }
}

/// Runs the installer to its end; dropped, it is killed.
pub(super) async fn run(python: &Python, arguments: &[OsString]) -> Ended {
    let mut command = Command::new(python.uv());
    command.env_clear().envs(python.variables()).args(arguments);
    // From the root: configuration of a project that the data folder happens to lie in is not ours.
    command.env("UV_NO_PROGRESS", "1").env("NO_COLOR", "1").current_dir("/").kill_on_drop(true);
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            let reason = format!(
                "the installer `{}` cannot be started ({}): `python3 -m pip install uv` on the server's machine mends it, or \
                 `[environments] uv` in its configuration names another place",
                python.uv(),
                error.kind()
            );
            return Ended::Badly { said: String::new(), reason, passes: false };
        }
    };
    let ended = tokio::time::timeout(TIME, wait(&mut child)).await;
    let Ok((status, said)) = ended else {
        let _already_gone = child.kill().await;
        let reason = format!("the installer was stopped after {} minutes", TIME.as_secs() / 60);
        return Ended::Badly { said: String::new(), reason, passes: true };
    };
    let said = without_passwords(&said);
    match status {
        Ok(status) if status.success() => Ended::Well(said),
        Ok(status) => {
            let (reason, passes) =
                reason(&said).unwrap_or_else(|| (format!("the installer ended with {status}"), true));
            Ended::Badly { said, reason, passes }
        }
        Err(error) => {
            let reason = format!("the installer could not be waited for: {}", error.kind());
            Ended::Badly { said, reason, passes: true }
        }
    }
}

/// The tests that packages bring, a third of all files, but for what makes packages of their folders: no step imports them.
const TESTS: &str = r"site-packages/.*/tests?/(?!.*__init__[.]py$)";

/// Compiles the sources below `folder` with the interpreter of the machine, which reads them and runs none. What does not
/// compile is left to whoever imports it. Dropped, it is killed.
pub(super) async fn compile(interpreter: &Interpreter, folder: &Path) {
    let mut command = Command::new(&interpreter.program);
    command.env_clear().args(["-I", "-S", "-m", "compileall", "-q", "-j", "0", "-x", TESTS]);
    command.arg(folder).current_dir("/").process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let failed = |error: std::io::Error| {
        tracing::warn!(%error, "a Python environment is not compiled; its steps start slower");
    };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return failed(error),
    };
    let mut workers = Workers(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    match tokio::time::timeout(TIME, child.wait()).await {
        Ok(Ok(_)) => workers.0 = None,
        Ok(Err(error)) => failed(error),
        Err(_) => tracing::warn!("compiling a Python environment took too long; its steps start slower"),
    }
}

/// The processes that compile, which the first of them starts; dropped before they are done, they are killed.
struct Workers(Option<Pid>);

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

async fn wait(child: &mut Child) -> (std::io::Result<ExitStatus>, String) {
    let said = match child.stderr.take() {
        Some(stderr) => read_last(stderr).await,
        None => String::new(),
    };
    (child.wait().await, said)
}

/// Reads to the end and keeps the last part.
async fn read_last(mut from: impl AsyncRead + Unpin) -> String {
    let (mut kept, mut piece) = (Vec::new(), vec![0; 8 << 10]);
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        kept.extend_from_slice(&piece[..read]);
        if kept.len() > 2 * LOG {
            kept.drain(..kept.len() - LOG);
        }
    }
    last(&String::from_utf8_lossy(&kept))
}

/// Returns the last part of a log, from the beginning of a line.
pub(super) fn last(log: &str) -> String {
    if log.len() <= LOG {
        return log.to_owned();
    }
    let mut from = log.len() - LOG;
    while !log.is_char_boundary(from) {
        from += 1;
    }
    let from = log[from..].find('\n').map_or(from, |line| from + line + 1);
    format!("…\n{}", &log[from..])
}

/// Takes out what stands between `//` and `@` of an address, which may be a password.
fn without_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        clean.push_str(head);
        let end = tail.find(|c: char| c.is_whitespace() || "/`'\"<>)".contains(c)).unwrap_or(tail.len());
        rest = match tail[..end].rfind('@') {
            Some(user) => {
                clean.push_str("***");
                &tail[user..]
            }
            None => tail,
        };
    }
    clean.push_str(rest);
    clean
}

/// Turns what the installer said into a reason, and says whether it may pass by itself.
fn reason(said: &str) -> Option<(String, bool)> {
    let start = said.rfind("error: ")?;
    let words = said[start + "error: ".len()..].split_whitespace().collect::<Vec<_>>().join(" ");
    let package = |after: &str| {
        let rest = &words[words.find(after)? + after.len()..];
        let end = rest.find(|c: char| c == '`' || c == ',' || c.is_whitespace()).unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches('.').to_owned())
    };
    if let Some(package) = package("Hash mismatch for `") {
        return Some((format!("package `{package}` is not what the lock names: its hash is another"), false));
    }
    if let Some(at) = words.find(" was not found in the package registry") {
        let package = words[..at].rsplit(' ').next().unwrap_or_default();
        return Some((format!("package `{package}` is not in the package index"), false));
    }
    if let Some(package) = package("there is no version of ") {
        return Some((format!("package `{package}` is not in the package index"), false));
    }
    let network = ["error sending request", "Failed to fetch", "dns error", "timed out", "onnection", "Request failed"];
    let passes = network.iter().any(|word| words.contains(word));
    Some((words.chars().take(REASON).collect(), passes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(said: &str, expected: Expect) {
        let (reason, passes) = reason(said).unwrap_or_default();
        expected.assert_eq(&format!("{reason}{}", if passes { " (may pass)" } else { "" }));
    }

    #[test]
    fn a_reason_names_the_package() {
        check(
            "Resolved 1 package in 98ms\nerror: Failed to download `iniconfig==2.0.0`\n  cause: Hash mismatch for `iniconfig==2.0.0`\n\n  Expected:\n    sha256:3d\n",
            expect!["package `iniconfig==2.0.0` is not what the lock names: its hash is another"],
        );
        check(
            "error: No solution found when resolving dependencies\n  cause: Because nope was not found in the package registry and you require nope==1.0, we can conclude that your requirements are unsatisfiable.",
            expect!["package `nope` is not in the package index"],
        );
        check(
            "error: No solution found\n  cause: Because there is no version of iniconfig==99.0 and you require iniconfig==99.0, we can conclude …",
            expect!["package `iniconfig==99.0` is not in the package index"],
        );
        check(
            "error: Failed to fetch: `http://index/`\n  cause: error sending request for url",
            expect!["Failed to fetch: `http://index/` cause: error sending request for url (may pass)"],
        );
        assert_eq!(reason("nothing"), None);
    }

    #[test]
    fn passwords_in_addresses_are_not_kept() {
        let clean = without_passwords("at https://me:p@ss@index.example/simple and http://x/a@b `https://t@i`");
        assert_eq!(clean, "at https://***@index.example/simple and http://x/a@b `https://***@i`");
    }

    #[test]
    fn a_log_keeps_its_end() {
        let long = "a line that is long enough\n".repeat(10_000);
        let kept = last(&long);
        assert!(kept.len() <= LOG + 8 && kept.starts_with("…\na line") && kept.ends_with("enough\n"));
        assert_eq!(last("short"), "short");
    }
}
