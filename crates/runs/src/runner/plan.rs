//! What the two stages of a runner say to each other, a JSON object per line over a socket that only they hold.
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The port inside the sandbox at which the server is reached.
pub(super) const PORT: u16 = 7411;

/// What the inner stage has to do; the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub command: Vec<String>,
    /// The environment of the command.
    pub env: Vec<(String, String)>,
    /// What more of it names the server: each value is a path below the address at which it is reached.
    pub server_env: Vec<(String, String)>,
    pub cwd: PathBuf,
    pub memory_mib: u64,
    /// None: no sandbox.
    pub walls: Option<Walls>,
}

/// What holds inside a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walls {
    /// What the command may read and execute.
    pub read: Vec<PathBuf>,
    /// What it may write, too.
    pub write: Vec<PathBuf>,
}

/// What the outer stage may ask for meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ask {
    /// Ask the command to end.
    Terminate,
    /// End all of it now.
    Kill,
}

/// How it ended; the inner stage's one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// Why the command did not even start.
    pub not_started: Option<NotStarted>,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The limit that it went beyond, for which it was killed.
    pub beyond: Option<Beyond>,
    pub cpu_ms: u64,
    /// The most memory seen at once, all processes together.
    pub peak_bytes: u64,
    /// How many processes of it were still there when the command ended; they were killed.
    pub left: usize,
    /// Whether Landlock is in force, fully.
    pub landlock: bool,
}

/// Why a command did not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum NotStarted {
    /// Its own fault: no such program, or not one.
    Command(String),
    /// Ours, or the machine's.
    Stage(String),
}

/// The limits that the inner stage watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Beyond {
    Memory,
    Processes,
}
