use super::{CreateProject, NewProject, ProjectView, ReadProject, RetryProject, service};
use crate::Context;
use access::{Once, Permit};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use base::ProjectId;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<CreateProject>, create_project))
        .with(web::route!(Permit<ReadProject>, list_projects))
        .with(web::route!(Permit<ReadProject>, get_project))
        .with(web::route!(Permit<RetryProject>, retry_project))
}

/// Returns the address that the server is reached at: the configured one, else the one that was asked.
fn base(cx: &Context, headers: &HeaderMap) -> String {
    let asked = || headers.get(HOST).and_then(|host| host.to_str().ok()).map(|host| format!("http://{host}"));
    cx.public_url.clone().or_else(asked).unwrap_or_default()
}

/// Make a project from a template: its repository and three environments are set up within seconds.
#[utoipa::path(post, path = "/projects", tag = "projects", request_body = NewProject,
    responses((status = 201, body = ProjectView), (status = "default", body = Problem)))]
pub(super) async fn create_project(
    permit: Permit<CreateProject>,
    State(cx): State<Context>,
    headers: HeaderMap,
    once: Once,
    Json(new): Json<NewProject>,
) -> Result<(StatusCode, Json<ProjectView>), Problem> {
    let shown = service::create(&cx, &permit, &once, &new).await?;
    Ok((StatusCode::CREATED, Json(ProjectView::of(shown, &base(&cx, &headers)))))
}

/// List the projects that you may see.
#[utoipa::path(get, path = "/projects", tag = "projects", params(Paging),
    responses((status = 200, body = Page<ProjectView>), (status = "default", body = Problem)))]
pub(super) async fn list_projects(
    permit: Permit<ReadProject>,
    State(cx): State<Context>,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ProjectView>>, Problem> {
    let after: Option<String> = paging.after()?;
    let page = service::list(&cx, &permit, after.as_deref(), paging.limit()).await?;
    let base = base(&cx, &headers);
    Ok(Json(page.map(|shown| ProjectView::of(shown, &base))))
}

/// Show a project with its environments.
#[utoipa::path(get, path = "/projects/{id}", tag = "projects", params(("id" = String, Path)),
    responses((status = 200, body = ProjectView), (status = "default", body = Problem)))]
pub(super) async fn get_project(
    permit: Permit<ReadProject>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
) -> Result<Json<ProjectView>, Problem> {
    Ok(Json(ProjectView::of(service::get(&cx, &permit, &id).await?, &base(&cx, &headers))))
}

/// Begin anew to set a project up that failed; what was made stays.
#[utoipa::path(post, path = "/projects/{id}/retry", tag = "projects", params(("id" = String, Path)),
    responses((status = 200, body = ProjectView), (status = "default", body = Problem)))]
pub(super) async fn retry_project(
    permit: Permit<RetryProject>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
) -> Result<Json<ProjectView>, Problem> {
    Ok(Json(ProjectView::of(service::retry(&cx, &permit, &id).await?, &base(&cx, &headers))))
}
