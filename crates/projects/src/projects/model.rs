use super::Error;
use super::error::Result;
use base::{Next, PersonId, ProjectId, Resource, Securable, TeamId, Timestamp, plain_name};
use environments::{Environment, InstanceState};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest title.
const TITLE: usize = 120;
/// The longest text of a use.
const USE: usize = 4_000;

/// A project to be made from a template.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Unique; `a–z`, digits and `-`.
    pub name: String,
    pub title: String,
    /// The team that owns it.
    pub team: String,
    /// The person who answers for its models.
    pub owner: String,
    /// 1 is the highest, 3 the lowest.
    pub tier: i64,
    /// What its models are for.
    pub intended_use: String,
    /// What they must not be used for.
    pub prohibited_use: String,
    pub template: String,
    /// What the template takes; see `GET /templates/{name}`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Project {
    pub id: ProjectId,
    pub title: String,
    pub team: TeamId,
    /// Who answers for its models.
    pub owner: PersonId,
    pub created_by: PersonId,
    /// 1 is the highest, 3 the lowest.
    pub tier: i64,
    pub intended_use: String,
    pub prohibited_use: String,
    pub template: String,
    pub template_version: String,
    /// What the template was told.
    pub parameters: BTreeMap<String, Value>,
    pub state: InstanceState,
    /// Why it could not be set up.
    pub reason: Option<String>,
    /// The repository's first commit.
    pub commit: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// When it was available first.
    pub available_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Project {
    fn resource(&self) -> Resource {
        let (id, scope, team) = (self.id.0.clone(), format!("project/{}", self.id), Some(self.team.clone()));
        Resource { kind: "project", id, scope, team, asker: None, listed: false }
    }
}

fn text(what: &'static str, text: &str, most: usize, lines: bool) -> Result<String> {
    let text = text.trim();
    let control = |c: char| c.is_control() && !(lines && c == '\n');
    if text.is_empty() || text.chars().count() > most || text.chars().any(control) {
        return Err(Error::Text { what, most });
    }
    Ok(text.to_owned())
}

impl Project {
    /// Returns the project that `new` describes, `provisioning`.
    ///
    /// # Errors
    /// A name that is none, a tier that is none, an empty or endless text.
    pub(crate) fn begin(
        new: &NewProject,
        version: &str,
        parameters: BTreeMap<String, Value>,
        by: &PersonId,
        now: Timestamp,
    ) -> Result<Self> {
        if !(1..=3).contains(&new.tier) {
            return Err(Error::Tier(new.tier));
        }
        Ok(Self {
            id: ProjectId(plain_name(&new.name)?.to_owned()),
            title: text("title", &new.title, TITLE, false)?,
            team: TeamId(plain_name(&new.team)?.to_owned()),
            owner: PersonId(plain_name(&new.owner)?.to_owned()),
            created_by: by.clone(),
            tier: new.tier,
            intended_use: text("intended_use", &new.intended_use, USE, true)?,
            prohibited_use: text("prohibited_use", &new.prohibited_use, USE, true)?,
            template: new.template.clone(),
            template_version: version.to_owned(),
            parameters,
            state: InstanceState::Provisioning,
            reason: None,
            commit: None,
            created_at: now,
            changed_at: now,
            available_at: None,
            revision: 0,
        })
    }

    /// Notes the repository's first commit.
    pub(crate) fn committed(&self, commit: &str) -> Self {
        Self { commit: Some(commit.to_owned()), ..self.clone() }
    }

    /// Says that it is set up: repository and every environment.
    ///
    /// # Errors
    /// [`Error::NotPossible`], also while something is missing.
    pub fn set_available(&self, environments: &[Environment], now: Timestamp) -> Result<Self> {
        let whole = !environments.is_empty() && environments.iter().all(|env| env.state == InstanceState::Available);
        let (InstanceState::Provisioning, Some(_), true) = (self.state, &self.commit, whole) else {
            return Err(self.not_possible("set_available"));
        };
        let available_at = self.available_at.or(Some(now));
        Ok(Self { state: InstanceState::Available, changed_at: now, available_at, ..self.clone() })
    }

    /// Says why it could not be set up.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn set_error(&self, reason: &str, now: Timestamp) -> Result<Self> {
        let InstanceState::Provisioning = self.state else { return Err(self.not_possible("set_error")) };
        Ok(Self { state: InstanceState::Error, reason: Some(reason.to_owned()), changed_at: now, ..self.clone() })
    }

    /// Begins anew after a failure; what was made stays.
    ///
    /// # Errors
    /// [`Error::NotPossible`].
    pub fn retry(&self, now: Timestamp) -> Result<Self> {
        let InstanceState::Error = self.state else { return Err(self.not_possible("retry")) };
        Ok(Self { state: InstanceState::Provisioning, reason: None, changed_at: now, ..self.clone() })
    }

    fn not_possible(&self, verb: &'static str) -> Error {
        Error::NotPossible { id: self.id.clone(), found: self.state, verb }
    }

    /// Returns what its viewer should know and do next.
    pub fn next(&self, environments: &[Environment], may_retry: bool, may_run: bool) -> Next {
        let (tone, _, word) = self.state.look();
        let ready = environments.iter().filter(|env| env.state == InstanceState::Available).count();
        let (text, reason, action) = match self.state {
            InstanceState::Provisioning => {
                let done = if self.commit.is_some() { "The repository is made, " } else { "" };
                let reason = format!("{done}{ready} of {} environments are available.", environments.len());
                ("It is being set up.".to_owned(), reason, None)
            }
            InstanceState::Available => {
                let reason = "Push a branch, then start a run in dev.".to_owned();
                ("It is set up.".to_owned(), reason, may_run.then_some("start_run"))
            }
            InstanceState::Error => {
                let reason = self.reason.clone().unwrap_or_default();
                ("It could not be set up.".to_owned(), reason, may_retry.then_some("retry_project"))
            }
            InstanceState::UnderChange
            | InstanceState::Tainted
            | InstanceState::Terminating
            | InstanceState::Terminated => (format!("{word}."), self.reason.clone().unwrap_or_default(), None),
        };
        Next { tone, text, reason, action }
    }
}
