use super::{CreatePurpose, NewPurpose, Purpose, ReadPurpose, service};
use crate::Context;
use crate::grants::Use;
use access::Once;
use access::http::Permit;
use base::{PurposeId, Timestamp};
use std::collections::BTreeSet;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A purpose on record.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct PurposeView {
    pub id: String,
    pub name: String,
    pub text: String,
    pub lawful_basis: String,
    pub controller: String,
    pub impact_assessment: Option<String>,
    pub allowed_uses: BTreeSet<Use>,
    pub retention_days: i64,
    pub owner: String,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Purpose> for PurposeView {
    fn from(purpose: Purpose) -> Self {
        Self {
            id: purpose.id.0,
            name: purpose.name,
            text: purpose.text,
            lawful_basis: purpose.lawful_basis,
            controller: purpose.controller,
            impact_assessment: purpose.impact_assessment,
            allowed_uses: purpose.allowed_uses,
            retention_days: purpose.retention_days,
            owner: purpose.owner.0,
            created_by: purpose.created_by.0,
            created_at: purpose.created_at,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadPurpose>, list_purposes))
        .with(web::route!(Permit<CreatePurpose>, create_purpose))
        .with(web::route!(Permit<ReadPurpose>, get_purpose))
}

/// List the purposes on record.
#[utoipa::path(get, path = "/purposes", tag = "catalog", params(Paging),
    responses((status = 200, body = Page<PurposeView>), (status = "default", body = Problem)))]
pub(super) async fn list_purposes(
    permit: Permit<ReadPurpose>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PurposeView>>, Problem> {
    let after: Option<String> = paging.after()?;
    let rows = service::list(&cx, &permit, after.as_deref(), paging.limit() + 1).await?;
    Ok(Json(Page::of(rows, paging.limit(), |row| row.id.0.clone()).map(PurposeView::from)))
}

/// Put a purpose on record.
#[utoipa::path(post, path = "/purposes", tag = "catalog", request_body = NewPurpose,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = PurposeView), (status = "default", body = Problem)))]
pub(super) async fn create_purpose(
    permit: Permit<CreatePurpose>,
    State(cx): State<Context>,
    once: Once,
    Json(new): Json<NewPurpose>,
) -> Result<Json<PurposeView>, Problem> {
    Ok(Json(service::create(&cx, &permit, &once, &new).await?.into()))
}

/// Show a purpose.
#[utoipa::path(get, path = "/purposes/{id}", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = PurposeView), (status = "default", body = Problem)))]
pub(super) async fn get_purpose(
    permit: Permit<ReadPurpose>,
    State(cx): State<Context>,
    Path(id): Path<PurposeId>,
) -> Result<Json<PurposeView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &id).await?.into()))
}
