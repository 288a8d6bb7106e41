//! What the server says of itself: whether it is ready, its metrics, its API document.
use access::http::{Anyone, Permit};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base::Resource;
use db::Db;
use metrics_exporter_prometheus::PrometheusHandle;
use std::marker::PhantomData;
use web::{Json, Problem, Raw, Routes, State};

access::actions! {
    /// Read the server's metrics.
    ReadMetrics,
}

/// What these routes use.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) db: Db,
    pub(crate) metrics: PrometheusHandle,
}

/// The routes at the root.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(Raw("GET", "/ready").route(PhantomData::<Permit<Anyone>>, get_ready))
        .with(Raw("GET", "/metrics").route(PhantomData::<Permit<ReadMetrics>>, get_metrics))
}

/// The routes below `/api/v1`.
pub(crate) fn api_routes(routes: Routes<()>) -> Routes<()> {
    routes.with(Raw("GET", "/openapi.json").route(PhantomData::<Permit<Anyone>>, get_openapi))
}

/// Answers 200 once the metadata database answers, 503 while it does not.
async fn get_ready(_permit: Permit<Anyone>, State(cx): State<Context>) -> Result<Json<serde_json::Value>, Problem> {
    cx.db.now_us().await?;
    Ok(Json(serde_json::json!({"ready": true, "version": env!("CARGO_PKG_VERSION")})))
}

async fn get_metrics(permit: Permit<ReadMetrics>, State(cx): State<Context>) -> Result<Response, Problem> {
    let resource = Resource {
        kind: "metrics",
        id: "server".into(),
        scope: access::DEPLOYMENT.into(),
        team: None,
        asker: None,
        listed: false,
    };
    let (permit, resource) = (&permit, &resource);
    cx.db.read(|tx| async move { permit.check(&tx, resource).await }).await?;
    let text = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((text, cx.metrics.render()).into_response())
}

async fn get_openapi(_permit: Permit<Anyone>) -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    match crate::openapi().to_json() {
        Ok(document) => (json, document).into_response(),
        Err(error) => {
            tracing::error!(%error, "the API document could not be written");
            web::internal().into_response()
        }
    }
}
