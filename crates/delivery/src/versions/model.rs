use base::{PersonId, ProjectId, Timestamp};
use serde::Serialize;

base::states! {
    /// Where a released version of a model stands.
    ReleasedState {
        Registered "registered" => Idle "tag" "Registered" [approve suspend],
        Approved "approved" => Good "circle-check" "Approved" [suspend withdraw],
        Suspended "suspended" => Bad "hand-stop" "Suspended" [resume withdraw],
        Withdrawn "withdrawn" => Idle "archive" "Withdrawn" [],
    }
}

/// A version of a model that a release run made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReleasedVersion {
    pub project: ProjectId,
    pub model: String,
    pub version: i64,
    pub state: ReleasedState,
    /// Why it is suspended or withdrawn.
    pub reason: Option<String>,
    pub changed_by: PersonId,
    pub changed_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

/// A verb that does not fit the state found. It never reaches a caller: promotions ask only for what fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {version} of model `{model}` is `{found}`: `{verb}` is not possible")]
pub struct NotPossible {
    pub model: String,
    pub version: i64,
    pub found: ReleasedState,
    pub verb: &'static str,
}

impl ReleasedVersion {
    /// Returns a version that was registered just now.
    pub fn register(project: &ProjectId, model: &str, version: i64, by: &PersonId, now: Timestamp) -> Self {
        Self {
            project: project.clone(),
            model: model.to_owned(),
            version,
            state: ReleasedState::Registered,
            reason: None,
            changed_by: by.clone(),
            changed_at: now,
            revision: 1,
        }
    }

    fn to(
        &self,
        verb: &'static str,
        state: ReleasedState,
        reason: Option<&str>,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<Self, NotPossible> {
        if !self.state.possible().contains(&verb) {
            let (model, version, found) = (self.model.clone(), self.version, self.state);
            return Err(NotPossible { model, version, found, verb });
        }
        let reason = reason.map(str::to_owned);
        Ok(Self { state, reason, changed_by: by.clone(), changed_at: now, ..self.clone() })
    }

    /// It went live in *prod*.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn approve(&self, by: &PersonId, now: Timestamp) -> Result<Self, NotPossible> {
        self.to("approve", ReleasedState::Approved, None, by, now)
    }

    /// Somebody pressed the stop button.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn suspend(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, NotPossible> {
        self.to("suspend", ReleasedState::Suspended, Some(reason), by, now)
    }

    /// A promotion of kind `resume` went through.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn resume(&self, by: &PersonId, now: Timestamp) -> Result<Self, NotPossible> {
        self.to("resume", ReleasedState::Approved, None, by, now)
    }

    /// It is not to be used again.
    ///
    /// # Errors
    /// [`NotPossible`].
    pub fn withdraw(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, NotPossible> {
        self.to("withdraw", ReleasedState::Withdrawn, Some(reason), by, now)
    }
}
