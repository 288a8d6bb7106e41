//! What the process tells the server: by a file, since it has no way in.
use base::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What became of a rollout here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in memory and ran once.
    Ready,
    /// It cannot be loaded.
    Failed,
}

/// What became of a rollout, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub outcome: Outcome,
    pub reason: Option<String>,
}

/// What was captured of an endpoint since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Calls that were written down.
    pub calls: u64,
    /// Calls that were not, since the disk was slower or the spool is full.
    pub dropped: u64,
    /// Calls that were answered with a prediction.
    pub answered: u64,
    /// Calls that were refused or failed.
    pub refused: u64,
    /// When somebody outside the project was answered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_at: Option<Timestamp>,
}

/// What the process says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The process that says it.
    pub pid: u32,
    /// The manifest that it serves.
    pub sequence: i64,
    /// What became of each rollout that the manifest names.
    pub rollouts: BTreeMap<String, Told>,
    /// The rollout that each endpoint answers with; one that is stopped, or whose model is not in memory, is not named.
    #[serde(default)]
    pub answers: BTreeMap<String, String>,
    /// By endpoint.
    pub captured: BTreeMap<String, Captured>,
}
