use super::service::{self, Shown};
use super::{ReadProduction, ResumeProduction, RollBack, SuspendProduction};
use crate::Context;
use crate::promotions::{PromotionView, environment_of};
use access::{Once, Permit};
use axum::http::StatusCode;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Path, Problem, Routes, State};

/// What is to be done to an environment, and why.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThereBecause {
    /// `preprod` or `prod`.
    pub environment: String,
    pub reason: String,
}

/// An environment, and which candidate in it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct There {
    /// `preprod` or `prod`.
    pub environment: String,
    /// Which candidate; without it, what is live.
    #[serde(default)]
    pub candidate: Option<i64>,
}

/// Who stopped what is live, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProductionSuspended)]
pub struct SuspendedView {
    pub reason: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What is live in an environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProductionView {
    /// `preprod` or `prod`.
    pub environment: String,
    /// What is called there: `prod.credit`.
    pub endpoint: String,
    /// The number of the candidate that is live.
    pub live: Option<i64>,
    /// The number of the candidate that callers are answered by: what bakes took over from what is live.
    pub answers: Option<i64>,
    /// The number of the candidate that a rollback would bring back.
    pub back_to: Option<i64>,
    /// The numbers of the candidates that were suspended here and may be asked to answer again, the newest first.
    pub resumable: Vec<i64>,
    pub suspended: Option<SuspendedView>,
    pub next: Next,
}

impl From<Shown> for ProductionView {
    fn from(shown: Shown) -> Self {
        let (next, answers) = (shown.next(), shown.answers());
        let stopped = shown.endpoint.and_then(|endpoint| endpoint.stopped);
        Self {
            environment: shown.environment.to_owned(),
            endpoint: shown.id,
            live: shown.live.map(|live| live.candidate),
            answers,
            back_to: shown.back_to,
            resumable: shown.resumable,
            suspended: stopped.map(|stopped| SuspendedView {
                reason: stopped.reason,
                by: stopped.by.0,
                at: stopped.at,
            }),
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadProduction>, list_production))
        .with(web::route!(Permit<RollBack>, roll_back))
        .with(web::route!(Permit<SuspendProduction>, suspend_production))
        .with(web::route!(Permit<ResumeProduction>, resume_production))
}

/// Show what is live in each environment of a project.
#[utoipa::path(get, path = "/projects/{id}/production", tag = "delivery", params(("id" = String, Path)),
    responses((status = 200, body = Vec<ProductionView>), (status = "default", body = Problem)))]
pub(super) async fn list_production(
    permit: Permit<ReadProduction>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
) -> Result<Json<Vec<ProductionView>>, Problem> {
    let found = service::list(&cx, &permit, &id).await?;
    Ok(Json(found.into_iter().map(ProductionView::from).collect()))
}

/// Bring back what was live before.
#[utoipa::path(post, path = "/projects/{id}/rollback", tag = "delivery", params(("id" = String, Path)),
    request_body = ThereBecause, responses((status = 201, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn roll_back(
    permit: Permit<RollBack>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    once: Once,
    Json(what): Json<ThereBecause>,
) -> Result<(StatusCode, Json<PromotionView>), Problem> {
    let environment = environment_of(&what.environment)?;
    let view = service::roll_back(&cx, &permit, &once, &id, (environment, &what.reason)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Stop what is live: callers get `model suspended` within a second.
#[utoipa::path(post, path = "/projects/{id}/suspend", tag = "delivery", params(("id" = String, Path)),
    request_body = ThereBecause, responses((status = 200, body = ProductionView), (status = "default", body = Problem)))]
pub(super) async fn suspend_production(
    permit: Permit<SuspendProduction>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Json(what): Json<ThereBecause>,
) -> Result<Json<ProductionView>, Problem> {
    let environment = environment_of(&what.environment)?;
    Ok(Json(service::suspend(&cx, &permit, &id, (environment, &what.reason)).await?.into()))
}

/// Ask that what was stopped answers again.
#[utoipa::path(post, path = "/projects/{id}/resume", tag = "delivery", params(("id" = String, Path)), request_body = There,
    responses((status = 201, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn resume_production(
    permit: Permit<ResumeProduction>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    once: Once,
    Json(there): Json<There>,
) -> Result<(StatusCode, Json<PromotionView>), Problem> {
    let environment = environment_of(&there.environment)?;
    let view = service::resume(&cx, &permit, &once, &id, (environment, there.candidate)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}
