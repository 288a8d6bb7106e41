use super::Error;
use base::{EnvironmentId, Next, Principal, ProjectId, Resource, RunId, Securable, TeamId, Timestamp, Tone};
use serde::Serialize;

base::states! {
    /// Where something that is provisioned stands: an environment, or a project.
    InstanceState {
        Provisioning "provisioning" => Working "loader-2" "Being set up" [set_available set_error],
        Available "available" => Good "circle-check" "Available" [],
        // From here on is what changing and ending an instance lead to; no verb does yet.
        UnderChange "under_change" => Working "refresh" "Under change" [],
        Tainted "tainted" => Warn "alert-triangle" "Tainted" [],
        Error "error" => Bad "circle-x" "Failed" [retry],
        Terminating "terminating" => Working "loader-2" "Being removed" [],
        Terminated "terminated" => Idle "circle-off" "Removed" [],
    }
}

/// The environments that every project has, in the order of the route to live.
pub const NAMES: [&str; 3] = ["dev", "preprod", "prod"];

/// An environment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// `credit-risk/dev`.
    pub id: EnvironmentId,
    pub project: ProjectId,
    /// `dev`.
    pub name: String,
    /// The team that owns the project.
    pub team: Option<TeamId>,
    pub state: InstanceState,
    /// What its steps run on: `local`.
    pub engine: String,
    /// How they are kept apart: `bubblewrap`, or `none`.
    pub isolation: String,
    /// The run that showed that it works.
    pub smoke_run: Option<RunId>,
    /// Why it failed.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub revision: i64,
}

impl Securable for Environment {
    fn resource(&self) -> Resource {
        let asker = Some(Principal::Environment(self.id.clone()));
        let (scope, team) = (format!("project/{}", self.id), self.team.clone());
        Resource { kind: "environment", id: self.id.0.clone(), scope, team, asker, listed: false }
    }
}

impl Environment {
    /// Says that a run showed that it works.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn set_available(&self, smoke_run: &RunId, now: Timestamp) -> Result<Self, Error> {
        let InstanceState::Provisioning = self.state else { return Err(self.not_possible("set_available")) };
        let smoke_run = Some(smoke_run.clone());
        Ok(Self { state: InstanceState::Available, smoke_run, changed_at: now, ..self.clone() })
    }

    /// Says why it could not be set up.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn set_error(&self, reason: &str, now: Timestamp) -> Result<Self, Error> {
        let InstanceState::Provisioning = self.state else { return Err(self.not_possible("set_error")) };
        Ok(Self { state: InstanceState::Error, reason: Some(reason.to_owned()), changed_at: now, ..self.clone() })
    }

    /// Begins anew after a failure.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn retry(&self, now: Timestamp) -> Result<Self, Error> {
        let InstanceState::Error = self.state else { return Err(self.not_possible("retry")) };
        Ok(Self { state: InstanceState::Provisioning, reason: None, smoke_run: None, changed_at: now, ..self.clone() })
    }

    fn not_possible(&self, verb: &'static str) -> Error {
        Error::NotPossible { id: self.id.clone(), found: self.state, verb }
    }

    /// Returns what its viewer should know.
    pub fn next(&self) -> Next {
        let (tone, _, word) = self.state.look();
        let (text, reason) = match self.state {
            InstanceState::Provisioning => {
                ("It is being set up.".to_owned(), "It is available after a smoke run in it.".to_owned())
            }
            InstanceState::Available if self.isolation == "none" => {
                let reason = "Steps are not kept apart: this server runs without isolation.".to_owned();
                return Next { tone: Tone::Warn, text: "Runs can start here.".to_owned(), reason, action: None };
            }
            InstanceState::Available => ("Runs can start here.".to_owned(), String::new()),
            InstanceState::Error => ("It could not be set up.".to_owned(), self.reason.clone().unwrap_or_default()),
            InstanceState::UnderChange
            | InstanceState::Tainted
            | InstanceState::Terminating
            | InstanceState::Terminated => (format!("{word}."), self.reason.clone().unwrap_or_default()),
        };
        Next { tone, text, reason, action: None }
    }
}
