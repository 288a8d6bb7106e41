use super::model::{LastRollout, Stopped};
use super::service::{self, Shown};
use super::{EndpointState, ReadEndpoint};
use crate::Context;
use crate::predictions::store::Capture;
use crate::process::Captured;
use crate::rollouts::{Rollout, RolloutState};
use crate::signature::{Signature, Tensor};
use access::Permit;
use base::{Next, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A rollout as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RolloutView {
    pub id: String,
    pub state: RolloutState,
    /// The digest of the candidate that it is part of.
    pub candidate: String,
    pub model: String,
    pub version: i64,
    /// The digest of the exported model's file.
    pub onnx: String,
    /// Why it failed, or why it brings back what served before.
    pub reason: Option<String>,
    /// The rollout whose content it brings back.
    pub back_to: Option<String>,
    pub started_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// When it began to answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub served_at: Option<Timestamp>,
}

impl RolloutView {
    /// Returns the view of a rollout.
    pub fn of(rollout: &Rollout) -> Self {
        Self {
            id: rollout.id.0.clone(),
            state: rollout.state,
            candidate: rollout.candidate.to_string(),
            model: rollout.model.clone(),
            version: rollout.version,
            onnx: rollout.onnx.to_string(),
            reason: rollout.reason.clone(),
            back_to: rollout.back_to.as_ref().map(|id| id.0.clone()),
            started_by: rollout.started_by.0.clone(),
            created_at: rollout.created_at,
            changed_at: rollout.changed_at,
            served_at: rollout.served_at,
        }
    }
}

/// How the last rollout ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LastRolloutView {
    pub rollout: String,
    /// `serving` or `failed`.
    pub outcome: String,
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Who stopped an endpoint, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoppedView {
    pub reason: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// How often an endpoint was called since its serving process started.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct CallsView {
    /// With predictions.
    pub answered: u64,
    /// Calls that were refused or failed.
    pub refused: u64,
    /// Answered calls that were written down.
    pub captured: u64,
    /// Answered calls that were not, since the disk was slower or the spool is full.
    pub dropped: u64,
}

/// What became of captured calls: rows of a dataset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaptureView {
    /// Where they are; null before the first were published.
    pub dataset: Option<String>,
    pub version: Option<i64>,
    /// How many rows were published in all.
    pub rows: i64,
    /// Why those that wait could not be published the last time.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
}

impl From<Capture> for CaptureView {
    fn from(capture: Capture) -> Self {
        let Capture { dataset, version, rows, reason, changed_at, .. } = capture;
        Self { dataset: dataset.map(|dataset| dataset.0), version, rows, reason, changed_at }
    }
}

/// An endpoint as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndpointView {
    /// What it is called by: `prod.credit`.
    pub id: String,
    pub name: String,
    /// `dev`, `preprod` or `prod`.
    pub environment: String,
    pub project: String,
    pub state: EndpointState,
    /// Where it answers, for clients of the Open Inference Protocol; empty while nothing listens.
    pub url: String,
    /// The rollout that was asked for last.
    pub requested: Option<RolloutView>,
    /// The one that answers.
    pub serving: Option<RolloutView>,
    pub last_rollout: Option<LastRolloutView>,
    pub stopped: Option<StoppedView>,
    /// What it takes, `record_id` included.
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    /// The features in their order, where the model takes them all in one tensor; a request may send a tensor for each instead.
    pub columns: Vec<String>,
    pub calls: Option<CallsView>,
    /// What became of captured calls; null before there were any.
    pub capture: Option<CaptureView>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub next: Next,
}

impl EndpointView {
    fn of(shown: Shown, cx: &Context) -> Self {
        let Shown { endpoint, serving, requested, capture } = shown;
        let trouble = serving.as_ref().and_then(|rollout| cx.live.trouble(&rollout.id));
        let next = endpoint.next(serving.as_ref(), requested.as_ref(), trouble.as_deref());
        let signature = serving.as_ref().or(requested.as_ref()).map(|rollout| rollout.signature.clone());
        let (inputs, outputs, columns) = match signature {
            Some(signature) => {
                let inputs = signature.shown_inputs();
                let Signature { outputs, columns, .. } = signature;
                (inputs, outputs, columns)
            }
            None => Default::default(),
        };
        let last = |last: LastRollout| LastRolloutView {
            rollout: last.rollout.0,
            outcome: last.outcome,
            reason: last.reason,
            at: last.at,
        };
        let stopped = |stopped: Stopped| StoppedView { reason: stopped.reason, by: stopped.by.0, at: stopped.at };
        let calls = |found: Captured| CallsView {
            answered: found.answered,
            refused: found.refused,
            captured: found.calls,
            dropped: found.dropped,
        };
        let base = cx.live.address();
        Self {
            url: if base.is_empty() { base } else { format!("{base}/v2/models/{}", endpoint.id) },
            state: endpoint.state_with(trouble.as_deref()),
            environment: endpoint.id.split('.').next().unwrap_or_default().to_owned(),
            calls: cx.live.captured(&endpoint.id).map(calls),
            capture: capture.map(CaptureView::from),
            requested: requested.as_ref().map(RolloutView::of),
            serving: serving.as_ref().map(RolloutView::of),
            last_rollout: endpoint.last_rollout.map(last),
            stopped: endpoint.stopped.map(stopped),
            inputs,
            outputs,
            columns,
            id: endpoint.id,
            name: endpoint.name,
            project: endpoint.project.0,
            created_at: endpoint.created_at,
            changed_at: endpoint.changed_at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadEndpoint>, list_endpoints)).with(web::route!(Permit<ReadEndpoint>, get_endpoint))
}

/// List the endpoints that you may see.
#[utoipa::path(get, path = "/endpoints", tag = "serving", params(Paging),
    responses((status = 200, body = Page<EndpointView>), (status = "default", body = Problem)))]
pub(super) async fn list_endpoints(
    permit: Permit<ReadEndpoint>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<EndpointView>>, Problem> {
    let after: Option<String> = paging.after()?;
    let page = service::list(&cx, &permit, after.as_deref(), paging.limit()).await?;
    Ok(Json(page.map(|shown| EndpointView::of(shown, &cx))))
}

/// Show an endpoint: what was asked for, what serves, and how the last rollout ended.
#[utoipa::path(get, path = "/endpoints/{environment}/{name}", tag = "serving",
    params(("environment" = String, Path), ("name" = String, Path)),
    responses((status = 200, body = EndpointView), (status = "default", body = Problem)))]
pub(super) async fn get_endpoint(
    permit: Permit<ReadEndpoint>,
    State(cx): State<Context>,
    Path((environment, name)): Path<(String, String)>,
) -> Result<Json<EndpointView>, Problem> {
    let shown = service::get(&cx, &permit, &format!("{environment}.{name}")).await?;
    Ok(Json(EndpointView::of(shown, &cx)))
}
