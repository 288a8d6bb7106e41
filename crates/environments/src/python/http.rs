use super::model::Built;
use super::{BuildState, ReadPythonEnvironment, service};
use crate::Context;
use access::Permit;
use base::{Next, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Path, Problem, Routes, State};

/// A package that is installed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PackageView {
    pub name: String,
    pub version: String,
}

/// A Python environment as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PythonEnvironmentView {
    /// Names lock, interpreter and platform.
    pub key: String,
    pub state: BuildState,
    /// The interpreter's version.
    pub interpreter: String,
    pub platform: String,
    /// Why it could not be built.
    pub reason: Option<String>,
    /// What is installed, by name; empty until it is ready.
    pub packages: Vec<PackageView>,
    pub size_bytes: u64,
    /// The end of what the installer said.
    pub log: String,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

impl PythonEnvironmentView {
    fn of(built: Built) -> Self {
        let next = built.next();
        let packages = built.packages.into_iter().map(|(name, version)| PackageView { name, version }).collect();
        Self {
            key: built.key,
            state: built.state,
            interpreter: built.interpreter,
            platform: built.platform,
            reason: built.reason,
            packages,
            size_bytes: built.size_bytes,
            log: built.log,
            asked_at: built.asked_at,
            ended_at: built.ended_at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadPythonEnvironment>, get_python_environment))
}

/// Show a Python environment: what is installed in it, or why it could not be built.
#[utoipa::path(get, path = "/python-environments/{key}", tag = "projects", params(("key" = String, Path)),
    responses((status = 200, body = PythonEnvironmentView), (status = "default", body = Problem)))]
pub(super) async fn get_python_environment(
    permit: Permit<ReadPythonEnvironment>,
    State(cx): State<Context>,
    Path(key): Path<String>,
) -> Result<Json<PythonEnvironmentView>, Problem> {
    Ok(Json(PythonEnvironmentView::of(service::get(&cx, &permit, &key).await?)))
}
