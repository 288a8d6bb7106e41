use super::{Environment, InstanceState, ReadEnvironment, service};
use crate::Context;
use access::Permit;
use base::{EnvironmentId, Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// An environment as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EnvironmentView {
    /// `credit-risk/dev`.
    pub id: String,
    pub project: String,
    pub name: String,
    pub state: InstanceState,
    /// What its steps run on.
    pub engine: String,
    /// How steps are kept apart: `bubblewrap`, or `none`.
    pub isolation: String,
    /// The run that showed that it works.
    pub smoke_run: Option<String>,
    /// Why it could not be set up.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub next: Next,
}

impl EnvironmentView {
    /// Returns the view of an environment.
    pub fn of(environment: &Environment) -> Self {
        Self {
            id: environment.id.0.clone(),
            project: environment.project.0.clone(),
            name: environment.name.clone(),
            state: environment.state,
            engine: environment.engine.clone(),
            isolation: environment.isolation.clone(),
            smoke_run: environment.smoke_run.as_ref().map(|run| run.0.clone()),
            reason: environment.reason.clone(),
            created_at: environment.created_at,
            changed_at: environment.changed_at,
            next: environment.next(),
        }
    }
}

/// Which environments to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// Only those of a project.
    pub project: Option<String>,
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    pub limit: Option<u32>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadEnvironment>, list_environments))
        .with(web::route!(Permit<ReadEnvironment>, get_environment))
}

/// List the environments that you may see.
#[utoipa::path(get, path = "/environments", tag = "projects", params(Listed),
    responses((status = 200, body = Page<EnvironmentView>), (status = "default", body = Problem)))]
pub(super) async fn list_environments(
    permit: Permit<ReadEnvironment>,
    State(cx): State<Context>,
    Query(listed): Query<Listed>,
) -> Result<Json<Page<EnvironmentView>>, Problem> {
    let paging = Paging { cursor: listed.cursor, limit: listed.limit };
    let after: Option<String> = paging.after()?;
    let project = listed.project.map(ProjectId);
    let page = service::list(&cx, &permit, project.as_ref(), after.as_deref(), paging.limit()).await?;
    Ok(Json(page.map(|environment| EnvironmentView::of(&environment))))
}

/// Show an environment of a project.
#[utoipa::path(get, path = "/environments/{project}/{name}", tag = "projects",
    params(("project" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = EnvironmentView), (status = "default", body = Problem)))]
pub(super) async fn get_environment(
    permit: Permit<ReadEnvironment>,
    State(cx): State<Context>,
    Path((project, name)): Path<(String, String)>,
) -> Result<Json<EnvironmentView>, Problem> {
    let id = EnvironmentId(format!("{project}/{name}"));
    Ok(Json(EnvironmentView::of(&service::get(&cx, &permit, &id).await?)))
}
