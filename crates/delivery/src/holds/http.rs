use super::{Hold, LiftHold, Lifted, PlaceHold, ReadHold, service};
use crate::Context;
use crate::promotions::{Because, environment_of};
use access::{Once, Permit};
use axum::http::StatusCode;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Path, Problem, Routes, State};

/// An environment to hold.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// `preprod` or `prod`.
    pub environment: String,
    pub reason: String,
}

/// Who lifted a hold, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HoldLifted)]
pub struct LiftedView {
    pub reason: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A hold as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HoldView {
    pub id: String,
    pub project: String,
    pub environment: String,
    pub state: super::HoldState,
    pub reason: String,
    /// A person, or `monitor:mo-1` where a monitor placed it.
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The breach that a monitor placed it for; null where a person did.
    pub breach: Option<String>,
    pub lifted: Option<LiftedView>,
    pub next: Next,
}

impl HoldView {
    fn of(hold: Hold, may_lift: bool) -> Self {
        let next = hold.next(may_lift);
        let lifted = |Lifted { reason, by, at }| LiftedView { reason, by: by.0, at };
        Self {
            id: hold.id,
            project: hold.project.0,
            environment: hold.environment,
            state: hold.state,
            reason: hold.reason,
            by: hold.by.0,
            at: hold.at,
            breach: hold.breach,
            lifted: hold.lifted.map(lifted),
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadHold>, list_holds));
    routes.with(web::route!(Permit<PlaceHold>, place_hold)).with(web::route!(Permit<LiftHold>, lift_hold))
}

/// List the holds of a project, the newest first.
#[utoipa::path(get, path = "/projects/{id}/holds", tag = "delivery", params(("id" = String, Path)),
    responses((status = 200, body = Vec<HoldView>), (status = "default", body = Problem)))]
pub(super) async fn list_holds(
    permit: Permit<ReadHold>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
) -> Result<Json<Vec<HoldView>>, Problem> {
    let found = service::list(&cx, &permit, &id).await?;
    Ok(Json(found.into_iter().map(|(hold, may_lift)| HoldView::of(hold, may_lift)).collect()))
}

/// Hold an environment: nothing is deployed there until somebody lifts it.
#[utoipa::path(post, path = "/projects/{id}/holds", tag = "delivery", params(("id" = String, Path)), request_body = NewHold,
    responses((status = 201, body = HoldView), (status = "default", body = Problem)))]
pub(super) async fn place_hold(
    permit: Permit<PlaceHold>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    once: Once,
    Json(new): Json<NewHold>,
) -> Result<(StatusCode, Json<HoldView>), Problem> {
    let environment = environment_of(&new.environment)?;
    let hold = service::place(&cx, &permit, &once, &id, (environment, &new.reason)).await?;
    Ok((StatusCode::CREATED, Json(HoldView::of(hold, true))))
}

/// Lift a hold.
#[utoipa::path(post, path = "/holds/{id}/lift", tag = "delivery", params(("id" = String, Path)), request_body = Because,
    responses((status = 200, body = HoldView), (status = "default", body = Problem)))]
pub(super) async fn lift_hold(
    permit: Permit<LiftHold>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<Because>,
) -> Result<Json<HoldView>, Problem> {
    Ok(Json(HoldView::of(service::lift(&cx, &permit, &id, &because.reason).await?, false)))
}
