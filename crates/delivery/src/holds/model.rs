use crate::promotions::{Error, reason_of};
use base::{Next, PersonId, ProjectId, Resource, Securable, TeamId, Timestamp};
use serde::Serialize;

base::states! {
    /// Where a hold stands.
    HoldState {
        Placed "placed" => Warn "hand-stop" "Held" [lift],
        Lifted "lifted" => Idle "archive" "Lifted" [],
    }
}

/// Who lifted a hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lifted {
    pub reason: String,
    pub by: PersonId,
    pub at: Timestamp,
}

/// A hold on an environment of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hold {
    pub id: String,
    pub project: ProjectId,
    /// `preprod` or `prod`.
    pub environment: String,
    pub team: Option<TeamId>,
    pub state: HoldState,
    pub reason: String,
    /// A person, or `monitor:mo-1`.
    pub by: PersonId,
    pub at: Timestamp,
    /// The breach that a monitor placed it for; none where a person did.
    pub breach: Option<String>,
    pub lifted: Option<Lifted>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Hold {
    fn resource(&self) -> Resource {
        let scope = format!("project/{}/{}", self.project, self.environment);
        Resource { kind: "hold", id: self.id.clone(), scope, team: self.team.clone(), asker: None, listed: false }
    }
}

impl Hold {
    /// Somebody holds an environment.
    ///
    /// # Errors
    /// A reason that is none.
    pub fn place(
        id: String,
        (project, environment): (&projects::Project, &str),
        reason: &str,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        Ok(Self {
            id,
            project: project.id.clone(),
            environment: environment.to_owned(),
            team: Some(project.team.clone()),
            state: HoldState::Placed,
            reason: reason_of(reason)?,
            by: by.clone(),
            at: now,
            breach: None,
            lifted: None,
            revision: 1,
        })
    }

    /// A monitor holds an environment, for a breach.
    ///
    /// # Errors
    /// A reason that is none.
    pub fn by_monitor(
        id: String,
        (project, environment): (&projects::Project, &str),
        (monitor, breach, reason): (&str, &str, &str),
        now: Timestamp,
    ) -> Result<Self, Error> {
        let by = PersonId(format!("monitor:{monitor}"));
        let hold = Self::place(id, (project, environment), reason, &by, now)?;
        Ok(Self { breach: Some(breach.to_owned()), ..hold })
    }

    /// Somebody lifts it.
    ///
    /// # Errors
    /// A reason that is none, or a hold that was lifted.
    pub fn lift(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        let reason = reason_of(reason)?;
        if self.state != HoldState::Placed {
            return Err(Error::HoldLifted(self.id.clone()));
        }
        let lifted = Some(Lifted { reason, by: by.clone(), at: now });
        Ok(Self { state: HoldState::Lifted, lifted, ..self.clone() })
    }

    /// Returns whether `by` has lifted it with this very reason.
    pub fn was_lifted(&self, reason: &str, by: &PersonId) -> bool {
        self.lifted.as_ref().is_some_and(|lifted| lifted.by == *by && lifted.reason == reason.trim())
    }

    /// Returns what its viewer should know.
    pub fn next(&self, may_lift: bool) -> Next {
        let (tone, _, label) = self.state.look();
        let reason = match &self.lifted {
            None => format!("{}: {}", self.by, self.reason),
            Some(lifted) => format!("{}: {}", lifted.by, lifted.reason),
        };
        let action = (may_lift && self.state == HoldState::Placed).then_some("lift_hold");
        Next { tone, text: format!("{label}."), reason, action }
    }
}
