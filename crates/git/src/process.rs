//! `git` as a child process: its environment, its settings, its bounds.
use crate::names::shown;
use crate::{Context, Error, Result};
use base::{Bytes, ProjectId};
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a command on a repository may take that answers at once by its nature.
const PATIENCE: Duration = Duration::from_mins(1);
/// The most that such a command may print.
const MOST_OUTPUT: u64 = 64 << 20;
/// How much of an object is in memory at once where it is read in pieces.
const PIECE: u64 = 128 << 10;

/// Settings of every call. They stand on the command line, so they hold for old repositories too, and count as
/// protected: a file in a repository cannot undo them.
const SETTINGS: [&str; 10] = [
    "safe.directory=*", // all of them are ours; their owner may differ after a restore
    "gc.auto=0",
    "maintenance.auto=false",
    "core.fsmonitor=false",
    "core.fsync=committed,reference",
    "core.fsyncMethod=batch",
    "protocol.allow=never",
    "core.bigFileThreshold=16m", // larger files pass through git in pieces
    "pack.threads=1",
    "pack.windowMemory=64m",
];

/// Returns where programs lie on this machine.
#[expect(clippy::disallowed_methods, reason = "where programs lie is the machine's to say, not the configuration's")]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

/// Returns where `git` is; its name alone where it is not, so that starting it says so.
pub(crate) fn program(path: &OsStr) -> PathBuf {
    let runs = |place: &PathBuf| {
        place.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    let places = std::env::split_paths(path).map(|folder| folder.join("git"));
    places.filter(|place| place.is_absolute()).find(runs).unwrap_or_else(|| "git".into())
}

/// Kills a child and everything that it started.
pub(crate) fn kill_group(child: &Child) {
    let id = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(group) = id {
        // It may just have ended by itself.
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

impl Context {
    /// Returns the folder of a project's repository, whether it is there or not.
    pub(crate) fn repository(&self, project: &ProjectId) -> Result<PathBuf> {
        Ok(self.folder.join(format!("{}.git", base::plain_name(project.as_str())?)))
    }

    /// Returns a `git` that works on `repository`, in a process group of its own, and sees nothing of the server's
    /// environment.
    pub(crate) fn git(&self, repository: &Path) -> Command {
        let kept = self.live.program.as_path();
        let mut command = Command::new(if kept.is_file() { kept } else { Path::new("git") }); // it was moved since
        command
            .env_clear()
            .env("PATH", &self.live.path)
            .env("HOME", self.folder.join("home"))
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_DIR", repository)
            .current_dir(repository)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let mut hooks = OsString::from("core.hooksPath=");
        hooks.push(self.folder.join("hooks"));
        command.arg("-c").arg(hooks);
        command
    }

    /// Runs `git` to its end and returns what it printed.
    pub(crate) async fn run_git(&self, repository: &Path, arguments: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>> {
        let (success, output) = self.ask_git(repository, arguments, input, PATIENCE).await?;
        if success { Ok(output) } else { Err(Error::Git(format!("`git {}` failed", arguments.join(" ")))) }
    }

    /// Like [`Context::run_git`], for work that grows with the repository.
    pub(crate) async fn run_slow_git(&self, repository: &Path, arguments: &[&str]) -> Result<()> {
        let (success, _) = self.ask_git(repository, arguments, None, self.live.limits.time).await?;
        if success { Ok(()) } else { Err(Error::Git(format!("`git {}` failed", arguments.join(" ")))) }
    }

    /// Like [`Context::run_git`], for commands whose exit code is an answer: `false` for 1.
    async fn ask_git(
        &self,
        repository: &Path,
        arguments: &[&str],
        input: Option<&[u8]>,
        patience: Duration,
    ) -> Result<(bool, Vec<u8>)> {
        let mut output = Vec::new();
        let collect = |piece: &[u8]| -> Result<()> {
            output.extend_from_slice(piece);
            if output.len() as u64 > MOST_OUTPUT {
                return Err(Error::Git("it printed more than anyone can read".into()));
            }
            Ok(())
        };
        let success = self.hear_git(repository, arguments, input, patience, collect).await?;
        Ok((success, output))
    }

    /// Like [`Context::run_git`], for commands that may print without end: `take` gets that in pieces, as it comes.
    pub(crate) async fn stream_git(
        &self,
        repository: &Path,
        arguments: &[&str],
        input: &[u8],
        take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let success = self.hear_git(repository, arguments, Some(input), PATIENCE, take).await?;
        if success { Ok(()) } else { Err(Error::Git(format!("`git {}` failed", arguments.join(" ")))) }
    }

    async fn hear_git(
        &self,
        repository: &Path,
        arguments: &[&str],
        input: Option<&[u8]>,
        patience: Duration,
        take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<bool> {
        let mut command = self.git(repository);
        command.args(arguments);
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().map_err(Error::io("starting git"))?;
        let done = tokio::time::timeout(patience, to_its_end(&mut child, input, take)).await;
        let Ok(done) = done else {
            kill_group(&child);
            return Err(Error::Git(format!("`git {}` took too long", arguments.join(" "))));
        };
        let errors = done?;
        let status = child.wait().await.map_err(Error::io("waiting for git"))?;
        match status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(Error::Git(format!("`git {}`: {}", arguments.join(" "), shown(errors.trim())))),
        }
    }

    /// Returns a commit of more than `most` bytes among the objects in `folder` alone: those of a push, which git keeps apart until the
    /// push may go on.
    pub(crate) async fn large_commit(&self, repository: &Path, folder: &Path, most: u64) -> Result<Option<String>> {
        let mut command = self.git(repository);
        command.env("GIT_OBJECT_DIRECTORY", folder).stderr(Stdio::null());
        command.args(["cat-file", "--batch-all-objects", "--unordered", "--batch-check"]);
        let mut child = command.spawn().map_err(Error::io("starting git"))?;
        let Some(stdout) = child.stdout.take() else { return Err(Error::Git("it has no pipes".into())) };
        let look = async {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await? {
                let found = header(&line).ok_or_else(|| std::io::Error::other("it says what no object is"))?;
                if found.kind == "commit" && found.size > most {
                    return Ok::<_, std::io::Error>(Some(found.id));
                }
            }
            let ended = child.wait().await?;
            if ended.success() { Ok(None) } else { Err(std::io::Error::other("it failed")) }
        };
        timely(look).await
    }

    /// Returns whether `ancestor` is `commit` or lies behind it.
    pub(crate) async fn builds_on(&self, repository: &Path, commit: &str, ancestor: &str) -> Result<bool> {
        Ok(self.ask_git(repository, &["merge-base", "--is-ancestor", ancestor, commit], None, PATIENCE).await?.0)
    }
}

/// Feeds a child, hands on what it prints, and returns what it complains of.
async fn to_its_end(
    child: &mut Child,
    input: Option<&[u8]>,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<String> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let (Some(mut stdin), Some(input)) = (stdin, input) {
            // Whoever stops reading has a reason, which its exit code and its errors say.
            let _broken = stdin.write_all(input).await;
        }
    };
    let read = async {
        let Some(mut stdout) = stdout else { return Ok::<(), Error>(()) };
        let mut piece = vec![0; 64 << 10];
        loop {
            let size = stdout.read(&mut piece).await.map_err(Error::io("reading from git"))?;
            if size == 0 {
                return Ok(());
            }
            take(&piece[..size])?;
        }
    };
    let errors = async {
        let mut text = Vec::new();
        if let Some(mut stderr) = stderr {
            let _broken = (&mut stderr).take(8 << 10).read_to_end(&mut text).await;
            let _rest = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&text).into_owned()
    };
    let ((), read, errors) = tokio::join!(write, read, errors);
    read.map(|()| errors)
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) size: u64,
}

/// Objects of one repository, read one after the other from one child. Ask, then take or drop the content.
pub(crate) struct Objects {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Killed when dropped.
    _child: Child,
}

impl Objects {
    /// Starts to read.
    pub(crate) fn open(cx: &Context, repository: &Path) -> Result<Self> {
        let mut command = cx.git(repository);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(Error::io("starting git"))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::Git("it has no pipes".into()));
        };
        Ok(Self { stdin, stdout: BufReader::new(stdout), _child: child })
    }

    /// Returns what `name` is; `None` if there is no such object, or more than one. Its content comes next.
    pub(crate) async fn ask(&mut self, name: &str) -> Result<Option<Header>> {
        if name.contains(['\n', '\0']) {
            return Ok(None); // would be two questions
        }
        let asked = async {
            self.stdin.write_all(name.as_bytes()).await?;
            self.stdin.write_all(b"\n").await?;
            self.stdin.flush().await?;
            let mut line = String::new();
            (&mut self.stdout).take(16 << 10).read_line(&mut line).await?;
            Ok::<_, std::io::Error>(line)
        };
        let line = timely(asked).await?;
        if line.is_empty() {
            return Err(Error::Git("`git cat-file` broke off".into()));
        }
        Ok(header(line.trim_end()))
    }

    /// Returns the content of what was asked for.
    pub(crate) async fn content(&mut self, header: &Header) -> Result<Vec<u8>> {
        let read = async {
            let mut content = Vec::new();
            // One byte more: the line end behind each object.
            (&mut self.stdout).take(header.size + 1).read_to_end(&mut content).await?;
            Ok::<_, std::io::Error>(content)
        };
        let mut content = timely(read).await?;
        if content.pop() != Some(b'\n') || content.len() as u64 != header.size {
            return Err(Error::Git("`git cat-file` broke off".into()));
        }
        Ok(content)
    }

    /// Returns the next piece of the content of what was asked for, of which `left` bytes were not read yet; `None` behind
    /// the last one.
    pub(crate) async fn piece(&mut self, left: &mut u64) -> Result<Option<Vec<u8>>> {
        let is_last = *left == 0;
        let size = if is_last { 1 } else { (*left).min(PIECE) }; // behind the last one comes a line end
        let read = async {
            let mut piece = Vec::new();
            (&mut self.stdout).take(size).read_to_end(&mut piece).await?;
            Ok::<_, std::io::Error>(piece)
        };
        let piece = timely(read).await?;
        if piece.len() as u64 != size || (is_last && piece != b"\n") {
            return Err(Error::Git("`git cat-file` broke off".into()));
        }
        if is_last {
            return Ok(None);
        }
        *left -= size;
        Ok(Some(piece))
    }

    /// Returns the content of `name` if it is a `kind` of up to `limit` bytes; `None` if it is not there or another kind.
    pub(crate) async fn get(&mut self, name: &str, kind: &str, limit: u64) -> Result<Option<(Header, Vec<u8>)>> {
        let Some(found) = self.ask(name).await? else { return Ok(None) };
        if found.size > limit {
            let path = shown(name.split_once(':').map_or(name, |(_, path)| path));
            return Err(Error::TooLarge { path, limit: Bytes(limit) });
        }
        let content = self.content(&found).await?;
        Ok((found.kind == kind).then_some((found, content)))
    }
}

async fn timely<T>(work: impl Future<Output = std::io::Result<T>>) -> Result<T> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done.map_err(Error::io("talking to git")),
        Err(_) => Err(Error::Git("`git cat-file` took too long".into())),
    }
}

fn header(line: &str) -> Option<Header> {
    let mut parts = line.split(' ');
    let (id, kind, size) = (parts.next()?, parts.next()?, parts.next()?);
    let known = crate::names::is_id(id) && matches!(kind, "commit" | "tree" | "blob" | "tag");
    let size = size.parse().ok().filter(|_| known && parts.next().is_none())?;
    Some(Header { id: id.to_owned(), kind: kind.to_owned(), size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_header_counts() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let found = header(&format!("{id} blob 12")).unwrap();
        assert_eq!((found.kind.as_str(), found.size), ("blob", 12));
        for bad in ["x missing", "x ambiguous", &format!("{id} missing"), &format!("{id} blob 12 missing"), "x blob 1"]
        {
            assert_eq!(header(bad), None, "{bad}");
        }
    }

    #[test]
    fn git_is_the_first_of_the_search_path_that_can_be_started() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let start = |name: &str, mode: u32| {
            std::fs::create_dir(place(name)).unwrap();
            std::fs::write(place(name).join("git"), "").unwrap();
            std::fs::set_permissions(place(name).join("git"), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        std::fs::create_dir_all(place("folder/git")).unwrap();
        start("text", 0o644);
        start("first", 0o755);
        start("second", 0o755);
        let path = |names: &[&str]| {
            let places = names.iter().map(|name| if name.is_empty() { PathBuf::new() } else { place(name) });
            super::program(&std::env::join_paths(places).unwrap())
        };
        assert_eq!(path(&["", "absent", "folder", "text", "first", "second"]), place("first/git"));
        assert_eq!(path(&["text"]), PathBuf::from("git"), "so that starting it says that there is none");
        assert_eq!(super::program("bin:.".as_ref()), PathBuf::from("git"));
    }
}
