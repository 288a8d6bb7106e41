use super::view::{ClockView, DeploymentClock};
use super::{ReadClock, service};
use crate::Context;
use access::Permit;
use base::ProjectId;
use web::{Json, Paging, Path, Problem, Query, Routes, State};

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadClock>, get_project_clock)).with(web::route!(Permit<ReadClock>, get_clock))
}

/// Show how long each stage of a project's way to live took, and who waited for whom.
#[utoipa::path(get, path = "/projects/{project}/clock", tag = "evidence", params(("project" = String, Path)),
    responses((status = 200, body = ClockView), (status = "default", body = Problem)))]
pub(super) async fn get_project_clock(
    permit: Permit<ReadClock>,
    State(cx): State<Context>,
    Path(project): Path<ProjectId>,
) -> Result<Json<ClockView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &project).await?))
}

/// Show how long the way to live takes, project by project and over all that you may see, beside the baseline.
#[utoipa::path(get, path = "/clock", tag = "evidence", params(Paging),
    responses((status = 200, body = DeploymentClock), (status = "default", body = Problem)))]
pub(super) async fn get_clock(
    permit: Permit<ReadClock>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<DeploymentClock>, Problem> {
    Ok(Json(service::list(&cx, &permit, (paging.after()?, paging.limit())).await?))
}
