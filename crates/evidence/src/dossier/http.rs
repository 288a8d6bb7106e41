use super::sections::Sections;
use super::{Header, ReadDossier, ReadEvidenceKey, service};
use crate::Context;
use access::Permit;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base::ProjectId;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Path, Problem, Routes, State};

/// A dossier: its bytes are canonical JSON (RFC 8785), and they are what is signed. Keep them as they came.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Dossier {
    pub header: Header,
    pub sections: Sections,
    /// Ed25519 over `lockgate dossier`, a line feed and the header's canonical JSON, in hex.
    pub signature: String,
}

/// The public key that dossiers are checked with.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvidenceKey {
    /// `ed25519:` and 64 hex digits: pin it where this deployment cannot change it.
    pub key: String,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadDossier>, export_dossier));
    routes.with(web::route!(Permit<ReadEvidenceKey>, get_evidence_key))
}

/// Export the dossier of a candidate: all that is on record about it, signed. `lockgate evidence verify` checks it offline.
#[utoipa::path(get, path = "/projects/{project}/candidates/{number}/dossier", tag = "evidence",
    params(("project" = String, Path), ("number" = i64, Path)),
    responses((status = 200, body = Dossier), (status = "default", body = Problem)))]
pub(super) async fn export_dossier(
    permit: Permit<ReadDossier>,
    State(cx): State<Context>,
    Path((project, number)): Path<(ProjectId, i64)>,
) -> Result<Response, Problem> {
    let document = service::export(&cx, &permit, &project, number).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}

/// Show the public key that dossiers and the audit log are checked with.
#[utoipa::path(get, path = "/evidence/key", tag = "evidence",
    responses((status = 200, body = EvidenceKey), (status = "default", body = Problem)))]
pub(super) async fn get_evidence_key(
    permit: Permit<ReadEvidenceKey>,
    State(cx): State<Context>,
) -> Result<Json<EvidenceKey>, Problem> {
    Ok(Json(EvidenceKey { key: service::key(&cx, &permit).await? }))
}
