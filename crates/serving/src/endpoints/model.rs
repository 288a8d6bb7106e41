use super::error::Error;
use crate::rollouts::{Rollout, RolloutId};
use crate::signature::Signature;
use base::{
    BadName, DatasetId, Digest, EnvironmentId, Next, PersonId, Principal, ProjectId, Resource, Securable, TeamId,
    Timestamp, Tone,
};
use serde::Serialize;

base::states! {
    /// How an endpoint stands. Read from what it serves, whether it was stopped and what its process says, never stored.
    EndpointState {
        Empty "empty" => Idle "circle-dashed" "Serves nothing" [deploy],
        Waiting "waiting" => Working "loader-2" "First rollout" [cancel undeploy],
        Serving "serving" => Good "circle-check" "Serving" [deploy rollback stop undeploy],
        Failing "failing" => Bad "alert-triangle" "Cannot answer" [deploy rollback stop undeploy],
        Stopped "stopped" => Bad "hand-stop" "Suspended" [start deploy undeploy],
    }
}

/// What is to be served, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `credit-risk/prod`.
    pub environment: EnvironmentId,
    /// The endpoint's name within its sort of environment: `credit`.
    pub endpoint: String,
    pub candidate: Digest,
    pub project: ProjectId,
    /// The registered model's name.
    pub model: String,
    pub version: i64,
    /// The exported model's file, in `objects`.
    pub onnx: Digest,
    pub signature: Signature,
    /// What the model was trained on: what is captured of its calls keeps their levels.
    pub datasets: Vec<DatasetId>,
}

/// Returns the name that an endpoint is called by: `prod.credit`. It is unique in the deployment.
///
/// # Errors
/// A name that is none.
pub fn endpoint_id(environment: &EnvironmentId, name: &str) -> Result<String, BadName> {
    let sort = environment.as_str().rsplit('/').next().unwrap_or_default();
    Ok(format!("{}.{}", base::plain_name(sort)?, base::plain_name(name)?))
}

/// Who stopped an endpoint, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stopped {
    pub reason: String,
    pub by: PersonId,
    pub at: Timestamp,
}

/// How the last rollout ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastRollout {
    pub rollout: RolloutId,
    /// `serving` or `failed`.
    pub outcome: String,
    pub reason: Option<String>,
    pub at: Timestamp,
}

/// A name under which released models answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// `prod.credit`.
    pub id: String,
    pub name: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub team: Option<TeamId>,
    /// The rollout that was asked for last.
    pub requested: Option<RolloutId>,
    /// The one that answers.
    pub serving: Option<RolloutId>,
    pub last_rollout: Option<LastRollout>,
    pub stopped: Option<Stopped>,
    /// When somebody outside the project was answered first.
    pub first_outside_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub revision: i64,
}

impl Securable for Endpoint {
    fn resource(&self) -> Resource {
        let asker = Some(Principal::Environment(self.environment.clone()));
        let scope = format!("project/{}", self.environment);
        Resource { kind: "endpoint", id: self.id.clone(), scope, team: self.team.clone(), asker, listed: false }
    }
}

impl Endpoint {
    /// Returns an endpoint that serves nothing yet.
    ///
    /// # Errors
    /// A name that is none.
    pub fn new(deployment: &Deployment, team: Option<TeamId>, now: Timestamp) -> Result<Self, BadName> {
        Ok(Self {
            id: endpoint_id(&deployment.environment, &deployment.endpoint)?,
            name: deployment.endpoint.clone(),
            project: deployment.project.clone(),
            environment: deployment.environment.clone(),
            team,
            requested: None,
            serving: None,
            last_rollout: None,
            stopped: None,
            first_outside_at: None,
            created_at: now,
            changed_at: now,
            revision: 0,
        })
    }

    /// Returns how it stands.
    pub fn state(&self) -> EndpointState {
        match (&self.stopped, &self.serving, &self.requested) {
            (Some(_), _, _) => EndpointState::Stopped,
            (None, Some(_), _) => EndpointState::Serving,
            (None, None, Some(_)) => EndpointState::Waiting,
            (None, None, None) => EndpointState::Empty,
        }
    }

    /// Returns how it stands, where the process says that what serves is not in memory.
    pub fn state_with(&self, trouble: Option<&str>) -> EndpointState {
        match self.state() {
            EndpointState::Serving if trouble.is_some() => EndpointState::Failing,
            other => other,
        }
    }

    fn not_possible(&self, verb: &'static str) -> Error {
        Error::State { id: self.id.clone(), found: self.state(), verb }
    }

    /// A rollout is asked for.
    #[must_use]
    pub fn request(&self, rollout: &RolloutId, now: Timestamp) -> Self {
        Self { requested: Some(rollout.clone()), changed_at: now, ..self.clone() }
    }

    /// A rollout took over.
    #[must_use]
    pub fn served(&self, rollout: &RolloutId, now: Timestamp) -> Self {
        let last = LastRollout { rollout: rollout.clone(), outcome: "serving".into(), reason: None, at: now };
        Self { serving: Some(rollout.clone()), last_rollout: Some(last), changed_at: now, ..self.clone() }
    }

    /// A rollout failed: what served before serves on, and what was asked for stays on show.
    #[must_use]
    pub fn failed(&self, rollout: &RolloutId, reason: &str, now: Timestamp) -> Self {
        let reason = Some(reason.to_owned());
        let last = LastRollout { rollout: rollout.clone(), outcome: "failed".into(), reason, at: now };
        Self { last_rollout: Some(last), changed_at: now, ..self.clone() }
    }

    /// Callers get the declared refusal from now on. Stopping it again changes nothing.
    ///
    /// # Errors
    /// [`Error::NoReason`]; [`Error::State`] where nothing serves.
    pub fn stop(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        if reason.trim().is_empty() {
            return Err(Error::NoReason);
        }
        if self.serving.is_none() && self.requested.is_none() {
            return Err(self.not_possible("stop"));
        }
        if self.stopped.is_some() {
            return Ok(self.clone());
        }
        let stopped = Some(Stopped { reason: reason.chars().take(1_000).collect(), by: by.clone(), at: now });
        Ok(Self { stopped, changed_at: now, ..self.clone() })
    }

    /// Callers are answered again. Starting it again changes nothing.
    #[must_use]
    pub fn start(&self, now: Timestamp) -> Self {
        match self.stopped {
            Some(_) => Self { stopped: None, changed_at: now, ..self.clone() },
            None => self.clone(),
        }
    }

    /// It serves nothing from now on.
    #[must_use]
    pub fn clear(&self, now: Timestamp) -> Self {
        Self { requested: None, serving: None, stopped: None, changed_at: now, ..self.clone() }
    }

    /// Returns what its viewer should know; `trouble` is why what serves is not in memory, if it is not.
    pub fn next(&self, serving: Option<&Rollout>, requested: Option<&Rollout>, trouble: Option<&str>) -> Next {
        let says = |tone, text: String, reason: String| Next { tone, text, reason, action: None };
        if let Some(Stopped { reason, by, .. }) = &self.stopped {
            let text = "Suspended: callers get `model suspended`.".to_owned();
            return says(Tone::Bad, text, format!("{by}: {reason}"));
        }
        let what = |rollout: &Rollout| format!("`{}` version {}", rollout.model, rollout.version);
        if let (Some(serving), Some(why)) = (serving, trouble) {
            let text = format!("Cannot answer: {} is not in memory.", what(serving));
            return says(Tone::Bad, text, format!("{why}. It is tried again."));
        }
        let failed = self.last_rollout.as_ref().filter(|last| last.outcome == "failed");
        match (serving, requested, failed) {
            (Some(serving), _, Some(last)) => says(
                Tone::Warn,
                format!("Still serves {}: the last rollout failed.", what(serving)),
                last.reason.clone().unwrap_or_default(),
            ),
            (Some(serving), Some(requested), _) if requested.state.is_moving() => says(
                Tone::Working,
                format!("Serves {}; {} is on its way.", what(serving), what(requested)),
                "It takes over once it is in memory and ran once.".into(),
            ),
            (Some(serving), _, _) => says(Tone::Good, format!("Serves {}.", what(serving)), String::new()),
            (None, _, Some(last)) => {
                let text = "Serves nothing: its first rollout failed.".to_owned();
                says(Tone::Bad, text, last.reason.clone().unwrap_or_default())
            }
            (None, Some(requested), _) => {
                let reason = "It answers once the model is in memory and ran once.".to_owned();
                says(Tone::Working, format!("{} is on its way.", what(requested)), reason)
            }
            (None, None, None) => says(Tone::Idle, "Serves nothing.".into(), String::new()),
        }
    }
}
