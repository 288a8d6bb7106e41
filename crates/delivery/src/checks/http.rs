use super::{ChecksView, ReadCheck, service};
use crate::Context;
use access::http::Permit;
use base::ProjectId;
use serde::Deserialize;
use utoipa::IntoParams;
use web::{Json, Path, Problem, Query, Routes, State};

/// Whose checks to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A branch: the checks of the commit that it is at; `main` unless said.
    branch: Option<String>,
    /// A commit, in its place.
    commit: Option<String>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadCheck>, list_checks))
}

/// Show the checks of a commit: lint, unit tests and the data contract.
#[utoipa::path(get, path = "/projects/{id}/checks", tag = "delivery", params(("id" = String, Path), Asked),
    responses((status = 200, body = ChecksView), (status = "default", body = Problem)))]
pub(super) async fn list_checks(
    permit: Permit<ReadCheck>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(asked): Query<Asked>,
) -> Result<Json<ChecksView>, Problem> {
    Ok(Json(ChecksView::of(service::get(&cx, &permit, &id, asked.branch, asked.commit).await?)))
}
