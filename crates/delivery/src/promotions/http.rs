use super::model::Decision;
use super::store::After;
use super::{
    AbandonPromotion, CreatePromotion, DecidePromotion, PromotionView, ReadPromotion, environment_of, service,
};
use crate::Context;
use access::{Once, Permit};
use axum::http::StatusCode;
use base::ProjectId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A candidate that is to enter an environment.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPromotion {
    /// The candidate's number.
    pub candidate: i64,
    /// `preprod` or `prod`.
    pub environment: String,
}

/// An approval.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApproval {
    #[serde(default)]
    pub comment: Option<String>,
}

/// A reason, which stays on record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    pub reason: String,
}

/// Which promotions to list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// `preprod` or `prod`; both unless said.
    environment: Option<String>,
    /// What the page before called `next_cursor`.
    cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    limit: Option<u32>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<CreatePromotion>, create_promotion))
        .with(web::route!(Permit<ReadPromotion>, list_promotions))
        .with(web::route!(Permit<ReadPromotion>, get_promotion))
        .with(web::route!(Permit<DecidePromotion>, approve_promotion))
        .with(web::route!(Permit<DecidePromotion>, reject_promotion))
        .with(web::route!(Permit<AbandonPromotion>, abandon_promotion))
        .with(web::route!(Permit<DecidePromotion>, list_promotion_decisions))
}

/// Ask that a candidate enters an environment.
#[utoipa::path(post, path = "/projects/{id}/promotions", tag = "delivery", params(("id" = String, Path)),
    request_body = NewPromotion, responses((status = 201, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn create_promotion(
    permit: Permit<CreatePromotion>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    once: Once,
    Json(new): Json<NewPromotion>,
) -> Result<(StatusCode, Json<PromotionView>), Problem> {
    let environment = environment_of(&new.environment)?;
    let view = service::create(&cx, &permit, &once, &id, (new.candidate, environment)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// List the promotions of a project, the newest first.
#[utoipa::path(get, path = "/projects/{id}/promotions", tag = "delivery", params(("id" = String, Path), Listed),
    responses((status = 200, body = Page<PromotionView>), (status = "default", body = Problem)))]
pub(super) async fn list_promotions(
    permit: Permit<ReadPromotion>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(listed): Query<Listed>,
) -> Result<Json<Page<PromotionView>>, Problem> {
    let environment = listed.environment.as_deref().map(environment_of).transpose()?;
    let paging = Paging { cursor: listed.cursor, limit: listed.limit };
    let (after, limit): (Option<After>, u32) = (paging.after()?, paging.limit());
    let (found, total) = service::list(&cx, &permit, &id, environment, (after.as_ref(), limit + 1)).await?;
    let page = Page::of(found, limit, |view| (view.created_at.0, view.id.clone()));
    Ok(Json(Page { total: Some(total), ..page }))
}

/// Show a promotion: its gates, what was decided, and what follows.
#[utoipa::path(get, path = "/promotions/{id}", tag = "delivery", params(("id" = String, Path)),
    responses((status = 200, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn get_promotion(
    permit: Permit<ReadPromotion>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<PromotionView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &id).await?))
}

/// Approve a promotion.
#[utoipa::path(post, path = "/promotions/{id}/approve", tag = "delivery", params(("id" = String, Path)),
    request_body = NewApproval, responses((status = 200, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn approve_promotion(
    permit: Permit<DecidePromotion>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(new): Json<NewApproval>,
) -> Result<Json<PromotionView>, Problem> {
    let what = (Decision::Approved, new.comment.as_deref());
    Ok(Json(service::decide(&cx, &permit, &id, what).await?))
}

/// Reject a promotion, which ends it.
#[utoipa::path(post, path = "/promotions/{id}/reject", tag = "delivery", params(("id" = String, Path)),
    request_body = Because, responses((status = 200, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn reject_promotion(
    permit: Permit<DecidePromotion>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<Because>,
) -> Result<Json<PromotionView>, Problem> {
    let what = (Decision::Rejected, Some(because.reason.as_str()));
    Ok(Json(service::decide(&cx, &permit, &id, what).await?))
}

/// Give a promotion up: what was live before serves on, or again.
#[utoipa::path(post, path = "/promotions/{id}/abandon", tag = "delivery", params(("id" = String, Path)),
    request_body = Because, responses((status = 200, body = PromotionView), (status = "default", body = Problem)))]
pub(super) async fn abandon_promotion(
    permit: Permit<AbandonPromotion>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Json(because): Json<Because>,
) -> Result<Json<PromotionView>, Problem> {
    Ok(Json(service::abandon(&cx, &permit, &id, &because.reason).await?))
}

/// List the promotions that wait for your approval, the oldest first.
#[utoipa::path(get, path = "/decisions/promotions", tag = "delivery", params(Paging),
    responses((status = 200, body = Page<PromotionView>), (status = "default", body = Problem)))]
pub(super) async fn list_promotion_decisions(
    permit: Permit<DecidePromotion>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PromotionView>>, Problem> {
    let (after, limit): (Option<After>, u32) = (paging.after()?, paging.limit());
    let mut found = service::list_decisions(&cx, &permit).await?;
    let total = found.len() as u64;
    if let Some((at, id)) = after {
        found.retain(|view| (view.created_at.0, view.id.as_str()) > (at, id.as_str()));
    }
    let page = Page::of(found, limit, |view| (view.created_at.0, view.id.clone()));
    Ok(Json(Page { total: Some(total), ..page }))
}
