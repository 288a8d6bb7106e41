//! The built binary as a process: started, asked, killed, started again.
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a start, an end or a verb may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `lockgate server`; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The ready line.
    pub ready: Value,
    /// The address of the UI and the API: `http://127.0.0.1:…`.
    pub listen: String,
    /// The address of the Open Inference Protocol.
    pub serving: String,
    /// What it wrote to standard error.
    pub log: PathBuf,
}

/// Returns the path of the binary that was built with this test: it lies above the test's own folder.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its file");
    let folder = test.ancestors().nth(2).expect("lies in target/debug/deps");
    folder.join("lockgate")
}

/// Returns a command for the binary that sees no configuration of this machine's user.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().args(arguments).stdin(Stdio::null());
    command
}

/// Runs a verb to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary was built")
}

impl Server {
    /// Starts the binary on the data folder `dir` and free ports, and waits for its ready line.
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, |_| {})
    }

    /// Like [`Server::start`], after `prepare` has added arguments or environment.
    pub fn start_with(dir: &Path, prepare: impl FnOnce(&mut Command)) -> Self {
        let log = dir.with_extension("log");
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("the log opens");
        let mut command = command(&["server", "--listen", "127.0.0.1:0", "--serving-listen", "127.0.0.1:0", "--data"]);
        command.arg(dir).stdout(Stdio::piped()).stderr(errors);
        prepare(&mut command);
        let mut child = command.spawn().expect("the binary was built");
        let mut out = BufReader::new(child.stdout.take().expect("is piped"));
        let (tell, told) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = out.read_line(&mut line);
            let _ = tell.send(line);
        });
        let line = told.recv_timeout(PATIENCE).unwrap_or_default();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("no ready line, but `{line}`; its log: {}", std::fs::read_to_string(&log).unwrap_or_default());
        };
        let address = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        Self { listen: address("listen"), serving: address("serving"), ready, child, log }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Asks it to end with SIGTERM; the caller goes on while it drains.
    pub fn terminate(&self) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
    }

    /// Waits until it has ended by itself, and returns how, and how long that took.
    pub fn wait(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("can be waited for") {
                return (status, started.elapsed());
            }
            assert!(started.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns a token for `user`, a member of `groups`, made through the admin socket.
    pub fn token(&self, dir: &Path, user: &str, groups: &[&str]) -> String {
        let folder = dir.to_str().expect("test folders are plain text");
        let mut arguments = vec!["token", "create", "--data", folder, "--user", user, "--group"];
        arguments.extend(groups);
        let output = run(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
