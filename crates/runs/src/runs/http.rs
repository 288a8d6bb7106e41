use super::service::Asked;
use super::store::{After, Filter};
use super::{CancelRun, KeyView, ReadRun, ReadRunOutput, RunState, RunView, StartRun, outputs, service};
use crate::Context;
use crate::protocol::OutputKind;
use access::{Once, Permit};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{EnvironmentId, RunId};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_util::io::ReaderStream;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A run to start.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunBody {
    pub project: String,
    /// `dev`, the only one that persons start runs in.
    #[serde(default = "dev")]
    pub environment: String,
    /// A branch or a commit; `main` unless said.
    #[serde(default = "main")]
    pub revision: String,
    /// The name of a pipeline: `pipelines/<name>.json` at that revision.
    pub pipeline: String,
    /// What it is told; its defaults fill in the rest.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: BTreeMap<String, Value>,
}

fn dev() -> String {
    "dev".to_owned()
}

fn main() -> String {
    "main".to_owned()
}

/// Which runs a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct RunParams {
    /// Only those of a project.
    project: Option<String>,
    /// Only those in an environment: `dev` with a project, or `credit-risk/dev`.
    environment: Option<String>,
    /// Only those of a pipeline.
    pipeline: Option<String>,
    /// Only those in this state.
    #[param(value_type = Option<String>)]
    state: Option<RunState>,
    /// What the page before called `next_cursor`.
    cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    limit: Option<u32>,
}

impl RunParams {
    fn filter(&self) -> Filter {
        let environment = self.environment.clone().map(|name| match (&self.project, name.contains('/')) {
            (Some(project), false) => format!("{project}/{name}"),
            _ => name,
        });
        Filter { project: self.project.clone(), environment, pipeline: self.pipeline.clone(), state: self.state }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<StartRun>, start_run))
        .with(web::route!(Permit<ReadRun>, list_runs))
        .with(web::route!(Permit<ReadRun>, get_run))
        .with(web::route!(Permit<CancelRun>, cancel_run))
        .with(web::route!(Permit<ReadRun>, get_step_key))
        .with(web::route!(Permit<ReadRunOutput>, get_step_output))
}

/// Start a run of a pipeline at a branch or commit, in `dev`.
#[utoipa::path(post, path = "/runs", tag = "runs", request_body = RunBody,
    responses((status = 201, body = RunView), (status = "default", body = Problem)))]
pub(super) async fn start_run(
    permit: Permit<StartRun>,
    State(cx): State<Context>,
    once: Once,
    Json(body): Json<RunBody>,
) -> Result<(StatusCode, Json<RunView>), Problem> {
    let RunBody { project, environment, revision, pipeline, parameters } = body;
    let environment = EnvironmentId(format!("{project}/{environment}"));
    let asked = Asked { environment, revision, pipeline, parameters };
    let shown = service::start_asked(&cx, &permit, &once, &asked).await?;
    Ok((StatusCode::CREATED, Json(RunView::of(shown, cx.engine.capabilities()))))
}

/// List the runs that you may see, newest first.
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunParams),
    responses((status = 200, body = Page<RunView>), (status = "default", body = Problem)))]
pub(super) async fn list_runs(
    permit: Permit<ReadRun>,
    State(cx): State<Context>,
    Query(params): Query<RunParams>,
) -> Result<Json<Page<RunView>>, Problem> {
    let paging = Paging { cursor: params.cursor.clone(), limit: params.limit };
    let after: Option<After> = paging.after()?;
    let page = service::list(&cx, &permit, &params.filter(), after.as_ref(), paging.limit()).await?;
    let engine = cx.engine.capabilities();
    Ok(Json(page.map(|(run, may_cancel)| RunView::brief(run, engine.clone(), may_cancel))))
}

/// Show a run with its steps.
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunView), (status = "default", body = Problem)))]
pub(super) async fn get_run(
    permit: Permit<ReadRun>,
    State(cx): State<Context>,
    Path(id): Path<RunId>,
) -> Result<Json<RunView>, Problem> {
    let shown = service::get(&cx, &permit, &id).await?;
    Ok(Json(RunView::of(shown, cx.engine.capabilities())))
}

/// Stop a run: steps that have not begun never will, those that run are told to end.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = RunView), (status = "default", body = Problem)))]
pub(super) async fn cancel_run(
    permit: Permit<CancelRun>,
    State(cx): State<Context>,
    Path(id): Path<RunId>,
) -> Result<Json<RunView>, Problem> {
    let shown = service::cancel(&cx, &permit, &id).await?;
    Ok(Json(RunView::of(shown, cx.engine.capabilities())))
}

/// Show why a step ran, or did not have to: what its result depends on, beside the last run of the same step.
#[utoipa::path(get, path = "/runs/{id}/steps/{step}/key", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path)),
    responses((status = 200, body = KeyView), (status = "default", body = Problem)))]
pub(super) async fn get_step_key(
    permit: Permit<ReadRun>,
    State(cx): State<Context>,
    Path((id, step)): Path<(RunId, String)>,
) -> Result<Json<KeyView>, Problem> {
    Ok(Json(KeyView::of(service::why(&cx, &permit, &id, &step).await?)))
}

/// Download what a step wrote; a folder as a tar archive.
#[utoipa::path(get, path = "/runs/{id}/steps/{step}/outputs/{name}", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path), ("name" = String, Path)),
    responses((status = 200, description = "the bytes", content(
        (Vec<u8> = "application/octet-stream"), (Vec<u8> = "application/x-tar"))), (status = "default", body = Problem)))]
pub(super) async fn get_step_output(
    permit: Permit<ReadRunOutput>,
    State(cx): State<Context>,
    Path((id, step, name)): Path<(RunId, String, String)>,
) -> Result<Response, Problem> {
    let (output, bytes) = outputs::output(&cx, &permit, (&id, &step, &name)).await?;
    let (kind, end) = match output.kind {
        OutputKind::File => ("application/octet-stream", ""),
        OutputKind::Folder => ("application/x-tar", ".tar"),
    };
    let mut response = Body::from_stream(ReaderStream::new(bytes)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(output.size_bytes));
    // Names of outputs are plain, so the header needs no escaping; never shown inline, since user code wrote it.
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{name}{end}\""));
    headers.insert(header::CONTENT_DISPOSITION, named.unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}
