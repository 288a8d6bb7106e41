use crate::cache::Key;
use crate::protocol::Output;
use base::{DatasetId, Digest, GrantId, PurposeId, RunId, Timestamp};
use catalog::grants::Use;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

base::states! {
    /// Where a step of a run stands. The verbs are the scheduler's own; nobody calls them.
    StepState {
        Waiting "waiting" => Idle "circle-dashed" "Waits for other steps" [release skip cancel],
        Ready "ready" => Idle "circle-dot" "Ready" [dispatch reuse fail skip cancel],
        Running "running" => Working "loader-2" "Running" [succeed retry fail cancel],
        Succeeded "succeeded" => Good "circle-check" "Succeeded" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        Skipped "skipped" => Idle "player-skip-forward" "Skipped" [],
        Cancelled "cancelled" => Idle "ban" "Cancelled" [],
    }
}

/// How a step came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// One of its own attempts did the work.
    Executed,
    /// An equal step had done it before.
    CachedFrom,
    Skipped,
}

/// What a step wrote, by name.
pub type Outputs = BTreeMap<String, Output>;

/// A dataset behind a step's outputs, its own or that of a step before it, and the terms it was read under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Governed {
    pub dataset: DatasetId,
    pub version: i64,
    pub for_use: Use,
    pub purpose: PurposeId,
    pub grant: GrantId,
    /// The digest of columns, row filter, purpose and use.
    pub policy: Digest,
}

/// A node of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub run: RunId,
    pub name: String,
    /// Its place in the pipeline, from 0.
    pub position: i64,
    pub state: StepState,
    /// How many of the steps that it waits for have not succeeded yet.
    pub waiting_for: i64,
    /// How many attempts were made.
    pub tries: i64,
    pub kind: Option<StepKind>,
    /// Why it waits, failed or was skipped.
    pub why: Option<String>,
    /// The run whose result it took.
    pub cached_from: Option<RunId>,
    /// Worked out when it was ready.
    pub key: Option<Key>,
    /// What its outputs rest on.
    pub governed: Vec<Governed>,
    pub outputs: Outputs,
    /// Not before.
    pub run_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub revision: i64,
}

/// A verb that does not fit the state found. It never reaches a caller: the scheduler asks only for what fits.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` of run `{run}` is `{found}`: `{verb}` is not possible")]
pub struct Misfit {
    run: RunId,
    step: String,
    found: StepState,
    verb: &'static str,
}

impl Step {
    fn misfit<T>(&self, verb: &'static str) -> Result<T, Misfit> {
        Err(Misfit { run: self.run.clone(), step: self.name.clone(), found: self.state, verb })
    }

    fn end(&self, state: StepState, why: Option<String>, now: Timestamp) -> Self {
        Self { state, why, ended_at: Some(now), ..self.clone() }
    }

    /// Returns whether nothing happens to it any more.
    pub fn has_ended(&self) -> bool {
        self.state.possible().is_empty()
    }

    /// One of the steps that it waits for succeeded.
    pub fn release(&self) -> Result<Self, Misfit> {
        if self.state != StepState::Waiting {
            return self.misfit("release");
        }
        let waiting_for = self.waiting_for - 1;
        let state = if waiting_for == 0 { StepState::Ready } else { StepState::Waiting };
        Ok(Self { state, waiting_for, ..self.clone() })
    }

    /// An attempt is to be started.
    pub fn dispatch(&self, key: Key, governed: Vec<Governed>, now: Timestamp) -> Result<Self, Misfit> {
        if self.state != StepState::Ready {
            return self.misfit("dispatch");
        }
        let started_at = self.started_at.or(Some(now));
        let (state, key, why, tries) = (StepState::Running, Some(key), None, self.tries + 1);
        Ok(Self { state, tries, why, key, governed, started_at, ..self.clone() })
    }

    /// Takes the result of an equal step.
    pub fn reuse(
        &self,
        key: Key,
        governed: Vec<Governed>,
        from: RunId,
        outputs: Outputs,
        now: Timestamp,
    ) -> Result<Self, Misfit> {
        if self.state != StepState::Ready {
            return self.misfit("reuse");
        }
        let ended = self.end(StepState::Succeeded, None, now);
        let started_at = self.started_at.or(Some(now));
        let (kind, cached_from, key) = (Some(StepKind::CachedFrom), Some(from), Some(key));
        Ok(Self { kind, cached_from, key, governed, outputs, started_at, ..ended })
    }

    /// Its attempt succeeded.
    pub fn succeed(&self, outputs: Outputs, now: Timestamp) -> Result<Self, Misfit> {
        if self.state != StepState::Running {
            return self.misfit("succeed");
        }
        Ok(Self { kind: Some(StepKind::Executed), outputs, ..self.end(StepState::Succeeded, None, now) })
    }

    /// Its attempt did not succeed; another one may, from `at` on.
    pub fn retry(&self, why: String, at: Timestamp) -> Result<Self, Misfit> {
        if self.state != StepState::Running {
            return self.misfit("retry");
        }
        Ok(Self { state: StepState::Ready, why: Some(why), run_at: at, ..self.clone() })
    }

    /// It cannot succeed.
    pub fn fail(&self, why: String, now: Timestamp) -> Result<Self, Misfit> {
        match self.state {
            StepState::Running => {
                Ok(Self { kind: Some(StepKind::Executed), ..self.end(StepState::Failed, Some(why), now) })
            }
            StepState::Ready => Ok(self.end(StepState::Failed, Some(why), now)),
            _ => self.misfit("fail"),
        }
    }

    /// It never gets its turn.
    pub fn skip(&self, why: String, now: Timestamp) -> Result<Self, Misfit> {
        match self.state {
            StepState::Waiting | StepState::Ready => {
                Ok(Self { kind: Some(StepKind::Skipped), ..self.end(StepState::Skipped, Some(why), now) })
            }
            _ => self.misfit("skip"),
        }
    }

    /// Its run was cancelled.
    pub fn cancel(&self, now: Timestamp) -> Result<Self, Misfit> {
        if self.has_ended() {
            return self.misfit("cancel");
        }
        Ok(self.end(StepState::Cancelled, None, now))
    }
}
