use super::service;
use super::store::After;
use super::{EvaluateMonitor, EvaluatedMetric, Evaluation, EvaluationState, ReadEvaluation};
use crate::Context;
use access::{Once, Permit};
use base::{Next, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// An evaluation as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvaluationView {
    pub id: String,
    pub monitor: String,
    pub project: String,
    /// `prod.credit`.
    pub endpoint: String,
    pub state: EvaluationState,
    /// Why it could not be computed, or what failed; of a breach, what is beyond its limit.
    pub reason: Option<String>,
    /// Who asked for it; null where the schedule did.
    pub asked_by: Option<String>,
    /// The run that measures; null where nothing could be measured.
    pub run: Option<String>,
    /// The candidate that was live when it began.
    pub candidate: i64,
    pub model: String,
    pub version: i64,
    /// The version of the gate policy that it was judged by.
    pub policy: i64,
    /// The dataset of captured calls.
    pub capture: Option<String>,
    /// The first moment that it looks at.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The last one.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub metrics: Vec<EvaluatedMetric>,
    /// What was read, and what was left out.
    pub note: String,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

impl From<Evaluation> for EvaluationView {
    fn from(evaluation: Evaluation) -> Self {
        let next = evaluation.next();
        let looked = evaluation.looked;
        Self {
            id: evaluation.id,
            monitor: evaluation.monitor,
            project: evaluation.project.0,
            endpoint: evaluation.endpoint,
            state: evaluation.state,
            reason: evaluation.reason,
            asked_by: evaluation.asked_by.map(|by| by.0),
            run: evaluation.run.map(|run| run.0),
            candidate: looked.candidate,
            model: looked.model,
            version: looked.version,
            policy: looked.policy,
            capture: looked.capture.map(|dataset| dataset.0),
            since: looked.from,
            until: looked.until,
            metrics: looked.metrics,
            note: looked.note,
            started_at: evaluation.started_at,
            ended_at: evaluation.ended_at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<EvaluateMonitor>, evaluate_monitor));
    let routes = routes.with(web::route!(Permit<ReadEvaluation>, list_evaluations));
    routes.with(web::route!(Permit<ReadEvaluation>, get_evaluation))
}

/// Have a monitor look now. While an evaluation of it runs, it is that one.
#[utoipa::path(post, path = "/monitors/{id}/evaluate", tag = "monitoring", params(("id" = String, Path)),
    responses((status = 200, body = EvaluationView), (status = "default", body = Problem)))]
pub(super) async fn evaluate_monitor(
    permit: Permit<EvaluateMonitor>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    once: Once,
) -> Result<Json<EvaluationView>, Problem> {
    Ok(Json(service::evaluate(&cx, &permit, &once, &id).await?.into()))
}

/// List the evaluations of a monitor, the newest first.
#[utoipa::path(get, path = "/monitors/{id}/evaluations", tag = "monitoring", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<EvaluationView>), (status = "default", body = Problem)))]
pub(super) async fn list_evaluations(
    permit: Permit<ReadEvaluation>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<EvaluationView>>, Problem> {
    let after: Option<After> = paging.after()?;
    let page = service::list(&cx, &permit, &id, (after.as_ref(), paging.limit())).await?;
    Ok(Json(page.map(EvaluationView::from)))
}

/// Show an evaluation: each metric beside its limits.
#[utoipa::path(get, path = "/evaluations/{id}", tag = "monitoring", params(("id" = String, Path)),
    responses((status = 200, body = EvaluationView), (status = "default", body = Problem)))]
pub(super) async fn get_evaluation(
    permit: Permit<ReadEvaluation>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<EvaluationView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &id).await?.into()))
}
