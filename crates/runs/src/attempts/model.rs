use super::Error;
use crate::engine::EngineRef;
use crate::protocol::{Outcome, Report, Runner, Usage};
use crate::steps::Outputs;
use base::{AttemptId, EnvironmentId, Resource, RunId, Securable, Timestamp};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where an attempt stands. The verbs are the scheduler's and the runner's; nobody else calls them.
    AttemptState {
        Planned "planned" => Idle "circle-dashed" "Planned" [submit claim fail lose cancel],
        Submitted "submitted" => Idle "send" "Submitted" [claim fail lose cancel],
        Claimed "claimed" => Working "plug-connected" "Starting" [claim beat report lose cancel],
        Running "running" => Working "loader-2" "Running" [claim beat report lose cancel],
        Succeeded "succeeded" => Good "circle-check" "Succeeded" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        Lost "lost" => Bad "plug-x" "Lost" [supersede],
        Cancelled "cancelled" => Idle "ban" "Cancelled" [],
        Superseded "superseded" => Idle "archive" "Superseded" [],
    }
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The step's own code.
    User,
    /// What it ran on.
    Infrastructure,
    Timeout,
    Memory,
}

/// One try of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub id: AttemptId,
    pub run: RunId,
    pub step: String,
    pub environment: EnvironmentId,
    /// From 1 within the step.
    pub number: i64,
    pub state: AttemptState,
    pub failure: Option<FailureKind>,
    /// Grows with each claim.
    pub fence: i64,
    pub engine: String,
    pub engine_ref: Option<EngineRef>,
    pub runner: Option<Runner>,
    pub cpus: i64,
    pub exit_code: Option<i32>,
    /// Why it ended so, in a sentence.
    pub detail: Option<String>,
    pub outputs: Outputs,
    pub usage: Option<Usage>,
    pub created_at: Timestamp,
    pub claimed_at: Option<Timestamp>,
    /// The runner's last sign of life; until it claims, that of the scheduler.
    pub seen_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub revision: i64,
}

impl Securable for Attempt {
    fn resource(&self) -> Resource {
        Resource {
            kind: "attempt",
            id: self.id.0.clone(),
            scope: format!("project/{}", self.environment),
            team: None,
            asker: Some(base::Principal::Environment(self.environment.clone())),
            listed: false,
        }
    }
}

impl FailureKind {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Infrastructure => "infrastructure",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
        }
    }
}

impl std::str::FromStr for FailureKind {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let all = [Self::User, Self::Infrastructure, Self::Timeout, Self::Memory];
        let found = all.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| base::UnknownState(word.to_owned(), "FailureKind"))
    }
}

impl Attempt {
    fn not_possible<T>(&self, verb: &'static str) -> Result<T, Error> {
        Err(Error::NotPossible { id: self.id.clone(), found: self.state, verb })
    }

    /// Returns whether a runner may still work on it.
    pub fn is_open(&self) -> bool {
        use AttemptState::{Claimed, Planned, Running, Submitted};
        matches!(self.state, Planned | Submitted | Claimed | Running)
    }

    /// Returns whether a runner has it.
    pub fn is_claimed(&self) -> bool {
        matches!(self.state, AttemptState::Claimed | AttemptState::Running)
    }

    /// The engine has it.
    pub fn submit(&self, engine_ref: EngineRef) -> Result<Self, Error> {
        match self.state {
            AttemptState::Planned => {
                Ok(Self { state: AttemptState::Submitted, engine_ref: Some(engine_ref), ..self.clone() })
            }
            _ => self.not_possible("submit"),
        }
    }

    /// A runner takes it. The same runner's repeat changes nothing; another one's raises the fence, so that the first is
    /// heard no more.
    pub fn claim(&self, runner: &Runner, now: Timestamp) -> Result<Self, Error> {
        if !self.is_open() {
            return self.not_possible("claim");
        }
        if self.is_claimed() && self.runner.as_ref() == Some(runner) {
            return Ok(self.clone());
        }
        let (runner, claimed_at) = (Some(runner.clone()), Some(now));
        let (state, fence) = (AttemptState::Claimed, self.fence + 1);
        Ok(Self { state, fence, runner, claimed_at, seen_at: now, ..self.clone() })
    }

    /// Checks that `fence` is the present one and a runner works.
    pub fn check_fence(&self, fence: i64) -> Result<(), Error> {
        if self.is_claimed() && fence == self.fence { Ok(()) } else { Err(Error::StaleFence(self.id.clone())) }
    }

    /// The runner is there.
    pub fn beat(&self, fence: i64, now: Timestamp) -> Result<Self, Error> {
        self.check_fence(fence)?;
        Ok(Self { state: AttemptState::Running, seen_at: now, ..self.clone() })
    }

    /// The runner says how it ended. After it was lost, a success is marked as superseded and decides nothing.
    pub fn report(&self, report: &Report, now: Timestamp) -> Result<Self, Error> {
        if self.state == AttemptState::Lost && report.fence == self.fence && report.outcome == Outcome::Succeeded {
            return Ok(Self { state: AttemptState::Superseded, ..self.clone() });
        }
        self.check_fence(report.fence)?;
        let failed = |kind| (AttemptState::Failed, Some(kind));
        let (state, failure) = match report.outcome {
            Outcome::Succeeded => (AttemptState::Succeeded, None),
            Outcome::User => failed(FailureKind::User),
            Outcome::Infrastructure => failed(FailureKind::Infrastructure),
            Outcome::Timeout => failed(FailureKind::Timeout),
            Outcome::Memory => failed(FailureKind::Memory),
            Outcome::Cancelled => (AttemptState::Cancelled, None),
        };
        Ok(Self {
            state,
            failure,
            exit_code: report.exit_code,
            detail: report.detail.clone(),
            outputs: if state == AttemptState::Succeeded { report.outputs.clone() } else { Outputs::new() },
            usage: Some(report.usage),
            seen_at: now,
            ended_at: Some(now),
            ..self.clone()
        })
    }

    /// It could not be started.
    pub fn fail(&self, kind: FailureKind, detail: String, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            AttemptState::Planned | AttemptState::Submitted => {
                let (state, failure, detail) = (AttemptState::Failed, Some(kind), Some(detail));
                Ok(Self { state, failure, detail, ended_at: Some(now), ..self.clone() })
            }
            _ => self.not_possible("fail"),
        }
    }

    /// Its runner is silent or gone.
    pub fn lose(&self, detail: String, now: Timestamp) -> Result<Self, Error> {
        if !self.is_open() {
            return self.not_possible("lose");
        }
        Ok(Self { state: AttemptState::Lost, detail: Some(detail), ended_at: Some(now), ..self.clone() })
    }

    /// Its run was cancelled.
    pub fn cancel(&self, now: Timestamp) -> Result<Self, Error> {
        if !self.is_open() {
            return self.not_possible("cancel");
        }
        Ok(Self { state: AttemptState::Cancelled, ended_at: Some(now), ..self.clone() })
    }
}
