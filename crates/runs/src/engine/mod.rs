//! Where attempts run. An engine only starts and stops our runner and gives hints: logs, outputs, heartbeats and the result
//! travel from the runner to the server, with the attempt's fence.
mod check;
mod local;
pub mod sdk;

pub(crate) use local::RUNNER;
pub use local::{LocalEngine, Settings};

use crate::protocol::AttemptSpec;
use access::Secret;
use base::AttemptId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What an engine calls an attempt that it has; chosen by the engine, kept with the attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EngineRef(pub String);

/// Everything a runner needs to start; it fetches what it has to do by claiming.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Launch {
    pub attempt: AttemptId,
    /// Allows claiming and reporting, nothing else.
    pub runner_token: Secret,
    /// Where the API is: `http://127.0.0.1:8080`, or `unix:/…/runner.sock`.
    pub server: String,
    /// The attempt's own folder; it is made, and empty at the first submit.
    pub folder: PathBuf,
    /// The exported tree, shared and read-only. None: an empty folder.
    pub code: Option<PathBuf>,
    /// The Python environment's folder, shared and read-only. None: the bare interpreter.
    pub python: Option<PathBuf>,
    /// The interpreter that steps run on.
    pub interpreter: Interpreter,
    /// The folder that holds the package `lockgate/`.
    pub sdk: PathBuf,
    /// Where each [`InputSpec::Path`](crate::protocol::InputSpec::Path) lies, shared and read-only.
    pub inputs: BTreeMap<String, PathBuf>,
    /// What the attempt has to do, as the claim says it again.
    pub spec: AttemptSpec,
    /// What the step itself comes in with.
    pub step_token: Secret,
}

/// An interpreter, as a sandbox needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    pub program: PathBuf,
    pub version: String,
    /// What must be visible, read-only, for it to run.
    pub roots: Vec<PathBuf>,
}

/// How steps are kept apart from the machine, the server and each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Namespaces made by bubblewrap, and Landlock inside.
    Bubblewrap,
    /// Not at all: a step can do whatever the server's user can.
    None,
}

impl Isolation {
    /// Returns the word that configuration and views use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::None => "none",
        }
    }
}

/// A launch as the local engine hands it to its runner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LocalLaunch {
    pub launch: Launch,
    pub isolation: Isolation,
    /// Where `bwrap` is.
    pub bwrap: PathBuf,
    /// What sandboxes share: their `/etc`, their `/dev`.
    pub shared: PathBuf,
}

/// What an engine can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Capabilities {
    /// `local`.
    pub engine: String,
    /// How steps are kept apart: `bubblewrap`, or `none`.
    pub isolation: String,
    /// How many CPUs attempts may take together.
    pub cpus: u32,
    /// How much memory. For the scheduler alone: views do not show it.
    #[serde(skip)]
    pub memory_mib: u64,
}

/// An attempt that an engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub attempt: AttemptId,
    pub engine_ref: EngineRef,
    /// Whether its runner runs; one that does not, and did not report, is lost.
    pub alive: bool,
}

/// Why an engine did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    /// It does not answer now: the same call may succeed later.
    #[error("the engine does not answer: {0}")]
    Unavailable(String),
    /// It will not run this attempt.
    #[error("{0}")]
    Refused(String),
}

/// A place where attempts run.
#[async_trait::async_trait]
pub trait Engine: std::fmt::Debug + Send + Sync {
    /// Starts the runner of an attempt. Idempotent by the attempt's id: one that was submitted before is not started again.
    /// It does not wait for room.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] if it cannot now, as where all of its room is taken: the attempt stays planned.
    /// [`EngineError::Refused`] ends the attempt with that reason; it is not tried again.
    async fn submit(&self, launch: Launch) -> Result<EngineRef, EngineError>;

    /// Returns the attempts that the engine knows of and that have not been forgotten.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    async fn list(&self) -> Result<Vec<Seen>, EngineError>;

    /// Ends an attempt's runner and all it started, if it still runs; again changes nothing.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    async fn stop(&self, attempt: &AttemptId) -> Result<(), EngineError>;

    /// Removes what the engine keeps of an attempt that has ended.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`].
    async fn forget(&self, attempt: &AttemptId) -> Result<(), EngineError>;

    /// Waits until there may be more room than before. One that cannot tell waits for ever: it is asked again all the same.
    async fn room(&self) {
        std::future::pending::<()>().await;
    }

    /// Returns what it can do.
    fn capabilities(&self) -> Capabilities;
}
