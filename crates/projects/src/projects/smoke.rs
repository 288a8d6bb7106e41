//! Smoke runs: one command in an environment, through everything that a run goes through.
use super::error::Result;
use crate::Context;
use base::{EnvironmentId, PersonId, RunId};
use db::Tx;
use runs::{NewRun, Pipeline, Reason, RunState};
use serde_json::json;

/// How long the command may take, in seconds.
const SECONDS: u64 = 60;

/// How a smoke run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Works,
    /// It does not, and why.
    Fails(String),
}

/// Starts one. It needs no code: what it shows is that the engine takes a step, isolates it, runs the interpreter and reports.
pub(super) async fn start(cx: &Context, tx: &Tx, environment: &EnvironmentId, by: &PersonId) -> Result<RunId> {
    let command = ["python", "-c", "import json, ssl, sys; print(sys.version)"];
    let step = json!({ "name": "smoke", "run": { "command": command }, "cache": false, "timeout_s": SECONDS });
    let pipeline = Pipeline::from_json(&json!({ "version": 1, "name": "smoke", "steps": [step] }));
    let new = NewRun {
        environment: environment.clone(),
        code: None,
        pipeline: pipeline.map_err(runs::Error::from)?,
        parameters: runs::pipelines::Parameters::new(),
        by: by.clone(),
        why: Reason::Smoke,
    };
    Ok(runs::start(&cx.runs, tx, new).await?.id)
}

/// Returns how a run stands.
pub(super) async fn outcome(tx: &Tx, run: &RunId) -> Result<Outcome> {
    let Some(found) = runs::find(tx, run).await? else { return Ok(Outcome::Fails(format!("run `{run}` is gone"))) };
    Ok(match found.state {
        RunState::Succeeded => Outcome::Works,
        RunState::Queued | RunState::Running | RunState::Cancelling => Outcome::Open,
        RunState::Failed | RunState::Cancelled => {
            let why = found.reason.clone().unwrap_or_else(|| format!("its smoke run `{run}` {}", found.state));
            Outcome::Fails(why)
        }
    })
}
