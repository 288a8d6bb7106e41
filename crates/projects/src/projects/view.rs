use super::service::Shown;
use base::{Next, Timestamp};
use environments::{EnvironmentView, InstanceState};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A project as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProjectView {
    pub id: String,
    pub name: String,
    pub title: String,
    /// The team that owns it.
    pub team: String,
    /// Who answers for its models.
    pub owner: String,
    pub created_by: String,
    /// 1 is the highest, 3 the lowest.
    pub tier: i64,
    pub intended_use: String,
    pub prohibited_use: String,
    pub template: String,
    pub template_version: String,
    /// What the template was told.
    #[schema(value_type = Object)]
    pub parameters: BTreeMap<String, Value>,
    pub state: InstanceState,
    /// Why it could not be set up.
    pub reason: Option<String>,
    /// For `git clone`; your token is the password.
    pub clone_url: String,
    /// The repository's first commit, once it is made.
    pub commit: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// When it was available first.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub available_at: Option<Timestamp>,
    /// In the order of the route to live.
    pub environments: Vec<EnvironmentView>,
    pub next: Next,
}

impl ProjectView {
    /// Returns the view; `base` is the address that the server is reached at.
    pub(super) fn of(shown: Shown, base: &str) -> Self {
        let Shown { project, environments, may_retry, may_run } = shown;
        let next = project.next(&environments, may_retry, may_run);
        Self {
            clone_url: format!("{}/git/{}.git", base.trim_end_matches('/'), project.id),
            id: project.id.0.clone(),
            name: project.id.0,
            title: project.title,
            team: project.team.0,
            owner: project.owner.0,
            created_by: project.created_by.0,
            tier: project.tier,
            intended_use: project.intended_use,
            prohibited_use: project.prohibited_use,
            template: project.template,
            template_version: project.template_version,
            parameters: project.parameters,
            state: project.state,
            reason: project.reason,
            commit: project.commit,
            created_at: project.created_at,
            changed_at: project.changed_at,
            available_at: project.available_at,
            environments: environments.iter().map(EnvironmentView::of).collect(),
            next,
        }
    }
}
