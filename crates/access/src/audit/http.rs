use super::entry::Recorded;
use super::service::{self, EntryFilter, Place};
use super::{Checkpoint, ExportAudit, Outcome, ReadAuditEntry};
use crate::Context;
use crate::http::Permit;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use web::{Json, Page, Paging, Problem, Query, Routes, State};

/// An entry of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    pub id: i64,
    /// Its place in the chain; null until it is sealed.
    pub seq: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    pub on_behalf_of: Option<String>,
    pub action: String,
    pub resource: String,
    pub outcome: Outcome,
    pub policies: Vec<String>,
    pub grant: Option<String>,
    pub purpose: Option<String>,
    pub reason: Option<String>,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
    pub request_id: Option<String>,
    pub origin: Option<String>,
    pub hash: Option<String>,
}

impl From<Recorded> for EntryView {
    fn from(recorded: Recorded) -> Self {
        let (entry, sealed) = (recorded.entry, recorded.sealed);
        Self {
            id: recorded.id,
            seq: sealed.as_ref().map(|sealed| sealed.seq),
            at: entry.at,
            actor: entry.actor,
            on_behalf_of: entry.on_behalf_of,
            action: entry.action,
            resource: entry.resource,
            outcome: entry.outcome,
            policies: entry.policies,
            grant: entry.grant.map(|grant| grant.0),
            purpose: entry.purpose.map(|purpose| purpose.0),
            reason: entry.reason,
            before: entry.before,
            after: entry.after,
            request_id: entry.request_id,
            origin: entry.origin,
            hash: sealed.map(|sealed| sealed.hash.to_string()),
        }
    }
}

/// Whether the chain of the audit log holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditStatus {
    /// Whether the newest 1,000 sealed entries, recomputed now, still have their hashes. An export checks all.
    pub intact: bool,
    pub sealed: u64,
    pub unsealed: u64,
    /// The hash of the last sealed entry.
    pub head: Option<String>,
    pub checkpoint: Option<Checkpoint>,
}

/// Which entries to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    /// A person's name, or an actor such as `environment:credit-risk/preprod`.
    pub actor: Option<String>,
    pub action: Option<String>,
    /// A resource such as `request/r-1`, or a kind such as `request`.
    pub resource: Option<String>,
    pub outcome: Option<Outcome>,
    #[param(value_type = Option<String>)]
    pub from: Option<Timestamp>,
    #[param(value_type = Option<String>)]
    pub to: Option<Timestamp>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadAuditEntry>, list_audit_entries));
    let routes = routes.with(web::route!(Permit<ExportAudit>, get_audit_status));
    routes.with(web::route!(Permit<ExportAudit>, export_audit))
}

/// List what was done and refused, newest first: all of it for auditors, one's own for everyone.
#[utoipa::path(get, path = "/audit/entries", tag = "access", params(EntryQuery, Paging),
    responses((status = 200, body = Page<EntryView>), (status = "default", body = Problem)))]
pub(super) async fn list_audit_entries(
    permit: Permit<ReadAuditEntry>,
    State(cx): State<Context>,
    Query(query): Query<EntryQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<EntryView>>, Problem> {
    let EntryQuery { actor, action, resource, outcome, from, to } = query;
    let filter = EntryFilter { actor, action, resource, outcome, from, to };
    let limit = paging.limit();
    let (rows, total) = service::list(&cx, &permit, &filter, paging.after()?, u64::from(limit) + 1).await?;
    let page = Page::of(rows, limit, |recorded| recorded.id);
    Ok(Json(Page { total: Some(total), ..page.map(EntryView::from) }))
}

/// Show whether the audit log's chain holds, and how far it reaches.
#[utoipa::path(get, path = "/audit/status", tag = "access",
    responses((status = 200, body = AuditStatus), (status = "default", body = Problem)))]
pub(super) async fn get_audit_status(
    permit: Permit<ExportAudit>,
    State(cx): State<Context>,
) -> Result<Json<AuditStatus>, Problem> {
    let status = service::status(&cx, &permit).await?;
    let sealed = status.head.as_ref().map_or(0, |head| head.seq);
    let head = status.head.map(|head| head.hash.to_string());
    let (intact, unsealed, checkpoint) = (status.intact, status.unsealed, status.checkpoint);
    Ok(Json(AuditStatus { intact, sealed, unsealed, head, checkpoint }))
}

/// Export the audit log as JSON Lines, with its hashes and checkpoints, for `lockgate audit verify`.
#[utoipa::path(get, path = "/audit/export", tag = "access",
    responses((status = 200, content_type = "application/x-ndjson", body = String), (status = "default", body = Problem)))]
pub(super) async fn export_audit(permit: Permit<ExportAudit>, State(cx): State<Context>) -> Result<Response, Problem> {
    service::begin_export(&cx, &permit).await?;
    // One short read transaction a page: a slow reader must not hold one open.
    let pages = futures::stream::try_unfold(Some(Place::Sealed(0)), move |from| {
        let db = cx.db.clone();
        async move {
            let Some(from) = from else { return Ok::<_, super::Error>(None) };
            let (text, next) = db.read(|tx| async move { service::export_page(&tx, from).await }).await?;
            Ok(Some((Bytes::from(text), next)))
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(pages)).into_response())
}
