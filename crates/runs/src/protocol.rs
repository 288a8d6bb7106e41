//! What a runner and the server say to each other, below `/api/v1/attempts/{id}`.
//!
//! `POST …/claim` [`Claim`] → [`Claimed`] · `POST …/heartbeat` [`Heartbeat`] → [`Beat`] · `POST …/logs` [`Logs`] → [`Kept`] ·
//! `PUT …/outputs/{name}?fence=` (bytes; a folder as tar) → [`Stored`] · `POST …/report` [`Report`] → [`Reported`].
//!
//! Every call after the claim carries the fence that the claim gave. `409 runs.stale_fence` says that the attempt belongs to
//! another runner, was given up or has ended: the runner kills what it started, then itself, and reports nothing more.
use base::{AttemptId, DatasetId, Digest, EnvironmentId, ProjectId, PurposeId, RunId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How often a runner says that it is there, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 3;
/// How long a runner may be silent before its attempt counts as lost, in seconds.
pub const SILENCE_SECONDS: i64 = 30;
/// How many lines one call ships at most.
pub const MOST_LINES: usize = 1_000;
/// How long a line is at most, in bytes; a runner cuts longer ones into several.
pub const LONGEST_LINE: usize = 16 * 1024;

/// Which process a runner is: enough to know it again after the server or the machine started anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    pub host: String,
    pub pid: u32,
    /// When it started, in clock ticks since the machine's start (`/proc/<pid>/stat`, field 22).
    pub started_at: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
}

/// A runner takes an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub runner: Runner,
}

/// The attempt is the runner's. The same runner's repeat gets the same fence; another's a higher one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Claimed {
    pub fence: i64,
    pub spec: AttemptSpec,
}

/// What an attempt has to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptSpec {
    #[schema(value_type = String)]
    pub run: RunId,
    /// The step's name.
    pub step: String,
    #[schema(value_type = String)]
    pub attempt: AttemptId,
    #[schema(value_type = String)]
    pub project: ProjectId,
    #[schema(value_type = String)]
    pub environment: EnvironmentId,
    /// What to start.
    pub action: Action,
    /// The step's parameters, by name.
    pub parameters: BTreeMap<String, Value>,
    /// The step's inputs, by name.
    pub inputs: BTreeMap<String, InputSpec>,
    /// The names of what the step writes below `/work/out/`.
    pub outputs: Vec<String>,
    /// Declared environment variables.
    pub env: BTreeMap<String, String>,
    pub timeout_s: u64,
    pub cpus: u32,
    pub memory_mib: u64,
}

/// What a step runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// `module:function`, by `python -m lockgate.step`.
    Python(String),
    /// A program and its arguments.
    Command(Vec<String>),
    /// A check of ours, by its name: `lockgate.checks.<name>` of the SDK, in the platform's own Python environment. The
    /// repository's code lies before it as data, and nothing of it is imported.
    Platform(String),
}

/// Where a step finds an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "from", rename_all = "lowercase")]
pub enum InputSpec {
    /// A file or folder: the launch says where it lies; inside the sandbox it is `/work/in/<name>`.
    Path,
    /// A dataset that the step reads through the server, under its environment's grant.
    Dataset {
        #[schema(value_type = String)]
        dataset: DatasetId,
        #[serde(rename = "use")]
        for_use: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        purpose: Option<PurposeId>,
        /// The columns that it takes; empty = all that the grant shows.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        columns: Vec<String>,
        /// A file stands in for it: the launch says where it lies, as for a path, and the server is not asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fixture: bool,
        /// Why it may not be read, for a check of ours, which says so; another step does not even start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refused: Option<String>,
    },
    /// A value that stands in the pipeline.
    Value { value: Value },
}

/// A runner says that it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    pub fence: i64,
}

/// What a runner hears back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Beat {
    /// End the step now, and report `cancelled`.
    pub cancel: bool,
}

/// Lines of an attempt's log, from number `from` on; lines that the server has are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    pub fence: i64,
    /// The number of the first line here; an attempt's first line is 0.
    pub from: u64,
    pub lines: Vec<Line>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub at_us: i64,
    pub source: Source,
    pub text: String,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LogSource)]
pub enum Source {
    Stdout,
    Stderr,
    /// The runner itself.
    Runner,
}

/// What the server has of a log now. A `from` beyond `next` is `409 runs.log_gap`: ship again from `next`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// The number of the next line that the server expects.
    pub next: u64,
}

/// An output that arrived. It becomes visible only by the report that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stored {
    #[schema(value_type = String)]
    pub digest: Digest,
    pub size_bytes: u64,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub fence: i64,
    pub outcome: Outcome,
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// Why, in a sentence for people.
    #[serde(default)]
    pub detail: Option<String>,
    /// What the step wrote, by name; each was sent by `PUT` before.
    #[serde(default)]
    pub outputs: BTreeMap<String, Output>,
    #[serde(default)]
    pub usage: Usage,
}

/// The ways an attempt ends, as its runner saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AttemptOutcome)]
pub enum Outcome {
    Succeeded,
    /// The step's own code failed.
    User,
    /// What the step ran on failed.
    Infrastructure,
    Timeout,
    Memory,
    Cancelled,
}

/// A file, or a folder packed as a tar archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Output {
    #[schema(value_type = String)]
    pub digest: Digest,
    pub size_bytes: u64,
    pub kind: OutputKind,
}

/// How an output is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    File,
    /// A tar archive: entries sorted by name, no owners, times at zero, so that equal folders have equal digests.
    Folder,
}

/// What an attempt used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    #[serde(default)]
    pub wall_ms: u64,
    #[serde(default)]
    pub cpu_ms: u64,
    #[serde(default)]
    pub max_rss_bytes: u64,
}

/// The report was taken. The attempt's tokens are dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reported {
    /// Whether it decided the attempt; `false` where it came too late and changed nothing.
    pub taken: bool,
}
