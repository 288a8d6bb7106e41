use super::model::{Answered, Muted};
use super::service::{self, Shown};
use super::store::{After, Filter};
use super::{AcknowledgeBreach, BreachState, MuteBreach, ReadBreach, ResolveBreach, Severity};
use crate::Context;
use crate::error::Error;
use access::Permit;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// Why a person acknowledges or resolves a breach.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachReason {
    pub reason: String,
}

/// Until when the alerts of a breach are hidden, and why.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMute {
    /// 90 days ahead at most.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub reason: String,
}

/// Who acknowledged or resolved a breach, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BreachAnswered)]
pub struct AnsweredView {
    pub reason: String,
    /// A person, or `monitoring` where a later evaluation found it within.
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Who hides the alerts of a breach until when, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BreachMuted)]
pub struct MutedView {
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    pub reason: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A breach as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BreachView {
    pub id: String,
    pub monitor: String,
    pub project: String,
    /// `prod.credit`.
    pub endpoint: String,
    /// `psi`.
    pub metric: String,
    /// The column that it is of; null where it is of all rows.
    pub column: Option<String>,
    /// Both in words: `psi of duration_months`.
    pub what: String,
    pub state: BreachState,
    pub severity: Severity,
    /// As it was seen last.
    pub value: f64,
    /// The limit that it is beyond.
    pub limit: f64,
    /// The candidate that was live then.
    pub candidate: i64,
    /// How many evaluations found it.
    pub count: i64,
    /// The evaluation that found it last.
    pub evaluation: String,
    #[schema(value_type = String, format = DateTime)]
    pub first_seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub last_seen_at: Timestamp,
    pub acknowledged: Option<AnsweredView>,
    pub resolved: Option<AnsweredView>,
    /// Null where its alerts are not hidden now.
    pub muted: Option<MutedView>,
    pub next: Next,
}

impl BreachView {
    fn of(shown: Shown) -> Self {
        let Shown { breach, may, now } = shown;
        let (next, muted) = (breach.next(&may, now), breach.is_muted(now));
        let content = breach.content;
        let answered = |Answered { reason, by, at }| AnsweredView { reason, by, at };
        let view = |Muted { until, reason, by, at }| MutedView { until, reason, by: by.0, at };
        Self {
            id: breach.id,
            monitor: breach.monitor,
            project: breach.project.0,
            endpoint: breach.endpoint,
            metric: breach.metric,
            column: breach.column,
            what: content.what,
            state: breach.state,
            severity: breach.severity,
            value: content.value,
            limit: content.limit,
            candidate: content.candidate,
            count: content.count,
            evaluation: content.evaluation,
            first_seen_at: breach.first_seen_at,
            last_seen_at: breach.last_seen_at,
            acknowledged: content.acknowledged.map(answered),
            resolved: content.resolved.map(answered),
            muted: content.muted.filter(|_| muted).map(view),
            next,
        }
    }
}

/// Which breaches are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BreachesOf {
    /// Those of this project alone.
    pub project: Option<String>,
    /// Those of this monitor alone.
    pub monitor: Option<String>,
    /// `open`, `acknowledged` or `resolved`.
    pub state: Option<String>,
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    pub limit: Option<u32>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadBreach>, list_breaches));
    let routes = routes.with(web::route!(Permit<ReadBreach>, get_breach));
    let routes = routes.with(web::route!(Permit<AcknowledgeBreach>, acknowledge_breach));
    let routes = routes.with(web::route!(Permit<ResolveBreach>, resolve_breach));
    routes.with(web::route!(Permit<MuteBreach>, mute_breach))
}

/// List the breaches that you may see, the newest first.
#[utoipa::path(get, path = "/breaches", tag = "monitoring", params(BreachesOf),
    responses((status = 200, body = Page<BreachView>), (status = "default", body = Problem)))]
pub(super) async fn list_breaches(
    permit: Permit<ReadBreach>,
    State(cx): State<Context>,
    Query(asked): Query<BreachesOf>,
) -> Result<Json<Page<BreachView>>, Problem> {
    let paging = Paging { cursor: asked.cursor, limit: asked.limit };
    let after: Option<After> = paging.after()?;
    let state = asked.state.map(|word| word.parse().map_err(|_| Error::State(crate::shown(&word, 30)))).transpose()?;
    let filter = Filter { project: asked.project.map(ProjectId), monitor: asked.monitor, state };
    let page = service::list(&cx, &permit, &filter, (after.as_ref(), paging.limit())).await?;
    Ok(Json(page.map(BreachView::of)))
}

/// Show a breach.
#[utoipa::path(get, path = "/breaches/{id}", tag = "monitoring", params(("id" = String, Path)),
    responses((status = 200, body = BreachView), (status = "default", body = Problem)))]
pub(super) async fn get_breach(
    permit: Permit<ReadBreach>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<BreachView>, Problem> {
    Ok(Json(BreachView::of(service::get(&cx, &permit, &id).await?)))
}

/// Say that you look after a breach.
#[utoipa::path(post, path = "/breaches/{id}/acknowledge", tag = "monitoring", params(("id" = String, Path)),
    request_body = BreachReason, responses((status = 200, body = BreachView), (status = "default", body = Problem)))]
pub(super) async fn acknowledge_breach(
    permit: Permit<AcknowledgeBreach>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<BreachReason>,
) -> Result<Json<BreachView>, Problem> {
    Ok(Json(BreachView::of(service::acknowledge(&cx, &permit, &id, &because.reason).await?)))
}

/// Say that a breach that was acknowledged is over.
#[utoipa::path(post, path = "/breaches/{id}/resolve", tag = "monitoring", params(("id" = String, Path)),
    request_body = BreachReason, responses((status = 200, body = BreachView), (status = "default", body = Problem)))]
pub(super) async fn resolve_breach(
    permit: Permit<ResolveBreach>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<BreachReason>,
) -> Result<Json<BreachView>, Problem> {
    Ok(Json(BreachView::of(service::resolve(&cx, &permit, &id, &because.reason).await?)))
}

/// Hide the alerts of a breach for a while; the breach stays on show.
#[utoipa::path(post, path = "/breaches/{id}/mute", tag = "monitoring", params(("id" = String, Path)),
    request_body = NewMute, responses((status = 200, body = BreachView), (status = "default", body = Problem)))]
pub(super) async fn mute_breach(
    permit: Permit<MuteBreach>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(new): Json<NewMute>,
) -> Result<Json<BreachView>, Problem> {
    Ok(Json(BreachView::of(service::mute(&cx, &permit, &id, (new.until, &new.reason)).await?)))
}
