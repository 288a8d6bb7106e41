use super::model::Switched;
use super::service::{self, Shown};
use super::{MonitorState, PauseMonitor, ReadMonitor, ResumeMonitor, SetMonitor, Settings, Truth};
use crate::Context;
use crate::evaluations::EvaluationState;
use crate::tolerances::Tolerance;
use access::Permit;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// Why a person does something.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorReason {
    pub reason: String,
}

/// How a monitor is to look from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorSettings {
    /// Where outcomes stand that came later; left out for the target of the contract.
    #[serde(default)]
    pub truth: Option<Truth>,
    /// How often it looks, in seconds: 60 to 86400.
    pub every_s: i64,
    /// How far back it looks, in hours: 1 to 744.
    pub window_h: i64,
}

/// Who paused or resumed a monitor, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MonitorSwitched)]
pub struct SwitchedView {
    pub reason: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The newest evaluation of a monitor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LastEvaluation {
    pub id: String,
    pub state: EvaluationState,
    /// Why it could not be computed.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// A monitor as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MonitorView {
    pub id: String,
    pub project: String,
    /// `credit-risk/prod`.
    pub environment: String,
    /// `prod.credit`.
    pub endpoint: String,
    pub state: MonitorState,
    /// The number of the candidate that is live there.
    pub candidate: i64,
    /// Its digest.
    pub digest: String,
    pub model: String,
    pub version: i64,
    /// The limits of the gate policy in force.
    pub tolerances: Vec<Tolerance>,
    /// Metrics with a limit that may be not computable.
    pub may_be_not_computable: Vec<String>,
    /// The version of that gate policy.
    pub policy: i64,
    /// Where outcomes come from; null where no dataset is known to hold them.
    pub truth: Option<Truth>,
    /// Whether a person said so; else it is the target of the contract.
    pub truth_is_set: bool,
    /// How often it looks, in seconds.
    pub every_s: i64,
    /// How far back it looks, in hours.
    pub window_h: i64,
    /// The dataset of captured calls; null before one was written.
    pub capture: Option<String>,
    /// Who paused it, and why; null where it is not paused.
    pub paused: Option<SwitchedView>,
    /// When the schedule looks next; null where it is paused.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due_at: Option<Timestamp>,
    pub last: Option<LastEvaluation>,
    /// How many red breaches are not resolved.
    pub red: i64,
    /// How many amber ones.
    pub amber: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub next: Next,
}

impl MonitorView {
    fn of(shown: Shown) -> Self {
        let Shown { monitor, last, open, may } = shown;
        let next = monitor.next(last.as_ref(), open, &may);
        let truth = monitor.truth();
        let paused = monitor.state == MonitorState::Paused;
        let view = |Switched { reason, by, at }| SwitchedView { reason, by: by.0, at };
        Self {
            id: monitor.id,
            project: monitor.project.0,
            environment: monitor.environment.0,
            endpoint: monitor.endpoint,
            state: monitor.state,
            candidate: monitor.released.candidate,
            digest: monitor.released.digest,
            model: monitor.released.model,
            version: monitor.released.version,
            tolerances: monitor.released.tolerances,
            may_be_not_computable: monitor.released.excused,
            policy: monitor.released.policy,
            truth,
            truth_is_set: monitor.settings.truth.is_some(),
            every_s: monitor.settings.every_s,
            window_h: monitor.settings.window_h,
            capture: monitor.capture.map(|dataset| dataset.0),
            paused: monitor.switched.filter(|_| paused).map(view),
            due_at: (!paused).then_some(monitor.due_at),
            last: last.map(|last| LastEvaluation {
                id: last.id,
                state: last.state,
                reason: last.reason,
                started_at: last.started_at,
                ended_at: last.ended_at,
            }),
            red: open.red,
            amber: open.amber,
            created_at: monitor.created_at,
            changed_at: monitor.changed_at,
            next,
        }
    }
}

/// Which monitors are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MonitorsOf {
    /// Those of this project alone.
    pub project: Option<String>,
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    pub limit: Option<u32>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadMonitor>, list_monitors));
    let routes = routes.with(web::route!(Permit<ReadMonitor>, get_monitor));
    let routes = routes.with(web::route!(Permit<SetMonitor>, set_monitor));
    let routes = routes.with(web::route!(Permit<PauseMonitor>, pause_monitor));
    routes.with(web::route!(Permit<ResumeMonitor>, resume_monitor))
}

/// List the monitors that you may see.
#[utoipa::path(get, path = "/monitors", tag = "monitoring", params(MonitorsOf),
    responses((status = 200, body = Page<MonitorView>), (status = "default", body = Problem)))]
pub(super) async fn list_monitors(
    permit: Permit<ReadMonitor>,
    State(cx): State<Context>,
    Query(asked): Query<MonitorsOf>,
) -> Result<Json<Page<MonitorView>>, Problem> {
    let paging = Paging { cursor: asked.cursor, limit: asked.limit };
    let (after, project): (Option<String>, _) = (paging.after()?, asked.project.map(ProjectId));
    let page = service::list(&cx, &permit, project.as_ref(), (after.as_deref(), paging.limit())).await?;
    Ok(Json(page.map(MonitorView::of)))
}

/// Show a monitor: what it watches, by which limits, and what it found last.
#[utoipa::path(get, path = "/monitors/{id}", tag = "monitoring", params(("id" = String, Path)),
    responses((status = 200, body = MonitorView), (status = "default", body = Problem)))]
pub(super) async fn get_monitor(
    permit: Permit<ReadMonitor>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<MonitorView>, Problem> {
    Ok(Json(MonitorView::of(service::get(&cx, &permit, &id).await?)))
}

/// Change where a monitor's outcomes come from, how often it looks and how far back.
#[utoipa::path(put, path = "/monitors/{id}", tag = "monitoring", params(("id" = String, Path)),
    request_body = MonitorSettings, responses((status = 200, body = MonitorView), (status = "default", body = Problem)))]
pub(super) async fn set_monitor(
    permit: Permit<SetMonitor>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(new): Json<MonitorSettings>,
) -> Result<Json<MonitorView>, Problem> {
    let settings = Settings { truth: new.truth, every_s: new.every_s, window_h: new.window_h };
    Ok(Json(MonitorView::of(service::set(&cx, &permit, &id, &settings).await?)))
}

/// Let a monitor look no more until it is resumed.
#[utoipa::path(post, path = "/monitors/{id}/pause", tag = "monitoring", params(("id" = String, Path)),
    request_body = MonitorReason, responses((status = 200, body = MonitorView), (status = "default", body = Problem)))]
pub(super) async fn pause_monitor(
    permit: Permit<PauseMonitor>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<MonitorReason>,
) -> Result<Json<MonitorView>, Problem> {
    Ok(Json(MonitorView::of(service::pause(&cx, &permit, &id, &because.reason).await?)))
}

/// Let a paused monitor look again, at once.
#[utoipa::path(post, path = "/monitors/{id}/resume", tag = "monitoring", params(("id" = String, Path)),
    responses((status = 200, body = MonitorView), (status = "default", body = Problem)))]
pub(super) async fn resume_monitor(
    permit: Permit<ResumeMonitor>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<MonitorView>, Problem> {
    Ok(Json(MonitorView::of(service::resume(&cx, &permit, &id).await?)))
}
