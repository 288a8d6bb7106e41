use super::Error;
use crate::pipelines::{Parameters, Pipeline};
use base::{EnvironmentId, Next, PersonId, Principal, ProjectId, Resource, RunId, Securable, Timestamp};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where a run stands.
    RunState {
        Queued "queued" => Idle "circle-dashed" "Queued" [begin cancel],
        Running "running" => Working "loader-2" "Running" [cancel finish],
        Cancelling "cancelling" => Working "player-stop" "Cancelling" [finish],
        Succeeded "succeeded" => Good "circle-check" "Succeeded" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        Cancelled "cancelled" => Idle "ban" "Cancelled" [],
    }
}

/// Why a run was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RunReason)]
pub enum Reason {
    /// A person asked for it.
    Asked,
    /// To see that an environment works.
    Smoke,
    /// `main` was updated.
    Merge,
    /// To judge a commit before it may be merged.
    Checks,
    /// `main` was updated, and what it makes may be released.
    Release,
    /// To see that what an endpoint serves works: its steps may call it.
    Verify,
    /// To score a dataset: its steps may call the endpoint and publish what it says.
    Batch,
    /// To see whether what serves keeps its promises: its steps may read columns that are granted for checks.
    Monitor,
}

impl Reason {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Smoke => "smoke",
            Self::Merge => "merge",
            Self::Checks => "checks",
            Self::Release => "release",
            Self::Verify => "verify",
            Self::Batch => "batch",
            Self::Monitor => "monitor",
        }
    }
}

impl std::str::FromStr for Reason {
    type Err = base::UnknownState;
    fn from_str(word: &str) -> Result<Self, base::UnknownState> {
        let known = [
            Self::Asked,
            Self::Smoke,
            Self::Merge,
            Self::Checks,
            Self::Release,
            Self::Verify,
            Self::Batch,
            Self::Monitor,
        ];
        let found = known.into_iter().find(|why| why.as_str() == word);
        found.ok_or_else(|| base::UnknownState(word.to_owned(), "Reason"))
    }
}

/// The code that a run executes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What was asked for, a branch or a commit.
    pub revision: String,
    pub commit: String,
    /// The commit's tree, which is the content.
    pub tree: String,
}

/// A run to be started.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub environment: EnvironmentId,
    /// None for a pipeline that needs no code: its commands run in an empty folder.
    pub code: Option<Code>,
    pub pipeline: Pipeline,
    /// What the pipeline is told; its defaults fill in the rest.
    pub parameters: Parameters,
    pub by: PersonId,
    pub why: Reason,
}

/// One execution of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    pub id: RunId,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    /// The pipeline's name.
    pub pipeline: String,
    pub parameters: Parameters,
    pub code: Option<Code>,
    pub started_by: PersonId,
    pub why: Reason,
    pub state: RunState,
    /// Why it failed, where no step says so.
    pub reason: Option<String>,
    pub cancelled_by: Option<PersonId>,
    pub steps: i64,
    pub open_steps: i64,
    pub failed_steps: i64,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Run {
    fn resource(&self) -> Resource {
        Self::at("run", self.id.0.clone(), &self.environment)
    }
}

impl Run {
    /// Returns the place of a thing of kind `kind` in `environment`.
    pub(crate) fn at(kind: &'static str, id: String, environment: &EnvironmentId) -> Resource {
        let (scope, asker) = (format!("project/{environment}"), Some(Principal::Environment(environment.clone())));
        Resource { kind, id, scope, team: None, asker, listed: false }
    }

    fn not_possible<T>(&self, verb: &'static str) -> Result<T, Error> {
        Err(Error::NotPossible { id: self.id.clone(), found: self.state, verb })
    }

    /// Returns whether nothing happens to it any more.
    pub fn has_ended(&self) -> bool {
        self.state.possible().is_empty()
    }

    /// The scheduler takes it up.
    pub fn begin(&self, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            RunState::Queued => Ok(Self { state: RunState::Running, started_at: Some(now), ..self.clone() }),
            _ => self.not_possible("begin"),
        }
    }

    /// Somebody stops it.
    pub fn cancel(&self, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            RunState::Queued | RunState::Running => {
                let (cancelled_by, cancelled_at) = (Some(by.clone()), Some(now));
                Ok(Self { state: RunState::Cancelling, cancelled_by, cancelled_at, ..self.clone() })
            }
            _ => self.not_possible("cancel"),
        }
    }

    /// None of its steps is open any more.
    pub fn finish(&self, now: Timestamp) -> Result<Self, Error> {
        let state = match self.state {
            RunState::Running if self.failed_steps > 0 || self.reason.is_some() => RunState::Failed,
            RunState::Running => RunState::Succeeded,
            RunState::Cancelling => RunState::Cancelled,
            _ => return self.not_possible("finish"),
        };
        Ok(Self { state, ended_at: Some(now), ..self.clone() })
    }

    /// Returns what its viewer should know and can do.
    pub fn next(&self, may_cancel: bool) -> Next {
        let (tone, _, label) = self.state.look();
        let done = self.steps - self.open_steps;
        let reason = match self.state {
            RunState::Queued => "The scheduler takes it up at once".to_owned(),
            RunState::Running => format!("{done} of {} steps are done", self.steps),
            RunState::Cancelling => format!("{} steps have still to end", self.open_steps),
            RunState::Succeeded => format!("All {} steps are done", self.steps),
            RunState::Failed => {
                self.reason.clone().unwrap_or_else(|| format!("{} of {} steps failed", self.failed_steps, self.steps))
            }
            RunState::Cancelled => {
                let by = self.cancelled_by.as_ref().map_or("nobody", PersonId::as_str);
                format!("`{by}` stopped it")
            }
        };
        let cancel = may_cancel && self.state.possible().contains(&"cancel");
        Next { tone, text: format!("{label}."), reason, action: cancel.then_some("cancel_run") }
    }
}
