use super::{ReadLive, service};
use crate::Context;
use access::{Permit, Role};
use base::Timestamp;
use delivery::promotions::PromotionKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Problem, Query, Routes, State};

/// Who approved what was live.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LiveApprover)]
pub struct Approver {
    pub person: String,
    /// The roles they held for the environment when they approved.
    pub roles: Vec<Role>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub comment: Option<String>,
    /// The promotion that they approved: of a rollback, the one that brought the candidate there first.
    pub promotion: String,
}

/// A stop that was in effect.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LiveStopped)]
pub struct StoppedThen {
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    pub reason: Option<String>,
}

/// What was live on an endpoint at the moment that was asked about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LiveThen)]
pub struct LiveView {
    pub project: String,
    pub environment: String,
    pub endpoint: String,
    pub candidate: i64,
    pub digest: String,
    pub model: String,
    pub version: i64,
    pub promotion: String,
    pub kind: PromotionKind,
    /// Whether it answered while it was still being verified: it was not live, but callers got its answers.
    pub verifying: bool,
    pub asked_by: String,
    pub approved_by: Vec<Approver>,
    /// Why there is nobody.
    pub no_approval: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub live_from: Timestamp,
    /// Null: it is live still.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub live_until: Option<Timestamp>,
    /// The stop that was in effect; null: it answered.
    pub suspended: Option<StoppedThen>,
}

/// What to look for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveAsked {
    /// The moment, as RFC 3339 with its zone; of a date such as `2026-03-31` the end of that day in UTC, or now where it is
    /// today; now where none is given.
    pub at: Option<String>,
    /// One project alone.
    pub project: Option<String>,
    /// `preprod` or `prod`.
    pub environment: Option<String>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadLive>, list_live))
}

/// List what was live at a moment, by endpoint, with who approved it.
#[utoipa::path(get, path = "/live", tag = "evidence", params(LiveAsked, Paging),
    responses((status = 200, body = Page<LiveView>), (status = "default", body = Problem)))]
pub(super) async fn list_live(
    permit: Permit<ReadLive>,
    State(cx): State<Context>,
    Query(asked): Query<LiveAsked>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<LiveView>>, Problem> {
    Ok(Json(service::list(&cx, &permit, &asked, (paging.after()?, paging.limit())).await?))
}
