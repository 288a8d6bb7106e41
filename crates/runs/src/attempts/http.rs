use super::{ClaimAttempt, ReportAttempt, service};
use crate::Context;
use crate::protocol::{
    Beat, Claim, Claimed, Heartbeat, Kept, LONGEST_LINE, Logs, MOST_LINES, Report, Reported, Stored,
};
use access::Permit;
use axum::body::Body;
use base::AttemptId;
use futures::TryStreamExt;
use serde::Deserialize;
use std::time::Duration;
use tokio_util::io::StreamReader;
use web::{Json, Path, Problem, Query, Routes, State};

/// The largest output, in bytes.
const OUTPUT_BYTES: usize = 16 << 30;
/// How long an output may take to arrive.
const OUTPUT_TIME: Duration = Duration::from_hours(2);

/// Which claim an output belongs to.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fenced {
    fence: i64,
}

/// The routes of the runner protocol. They stand in no document: `protocol.rs` is theirs.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    use std::marker::PhantomData;
    use web::Raw;
    let (claim, report) = (PhantomData::<Permit<ClaimAttempt>>, PhantomData::<Permit<ReportAttempt>>);
    routes
        .with(Raw("POST", "/attempts/{id}/claim").route(claim, claim_attempt))
        .with(Raw("POST", "/attempts/{id}/heartbeat").route(report, beat_attempt))
        .with(Raw("POST", "/attempts/{id}/logs").route(report, ship_log).body_limit(2 * MOST_LINES * LONGEST_LINE))
        .with(
            Raw("PUT", "/attempts/{id}/outputs/{name}")
                .route(report, put_output)
                .body_limit(OUTPUT_BYTES)
                .time_limit(OUTPUT_TIME),
        )
        .with(Raw("POST", "/attempts/{id}/report").route(report, report_attempt))
}

async fn claim_attempt(
    permit: Permit<ClaimAttempt>,
    State(cx): State<Context>,
    Path(id): Path<AttemptId>,
    Json(claim): Json<Claim>,
) -> Result<Json<Claimed>, Problem> {
    Ok(Json(service::claim(&cx, &permit, &id, &claim).await?))
}

async fn beat_attempt(
    permit: Permit<ReportAttempt>,
    State(cx): State<Context>,
    Path(id): Path<AttemptId>,
    Json(beat): Json<Heartbeat>,
) -> Result<Json<Beat>, Problem> {
    Ok(Json(service::beat(&cx, &permit, &id, beat.fence).await?))
}

async fn ship_log(
    permit: Permit<ReportAttempt>,
    State(cx): State<Context>,
    Path(id): Path<AttemptId>,
    Json(logs): Json<Logs>,
) -> Result<Json<Kept>, Problem> {
    Ok(Json(service::keep_lines(&cx, &permit, &id, logs).await?))
}

async fn put_output(
    permit: Permit<ReportAttempt>,
    State(cx): State<Context>,
    Path((id, name)): Path<(AttemptId, String)>,
    Query(fenced): Query<Fenced>,
    body: Body,
) -> Result<Json<Stored>, Problem> {
    let limited = http_body_util::Limited::new(body, OUTPUT_BYTES);
    let bytes = Body::new(limited).into_data_stream().map_err(std::io::Error::other);
    Ok(Json(service::keep_output(&cx, &permit, &id, (&name, fenced.fence), StreamReader::new(bytes)).await?))
}

async fn report_attempt(
    permit: Permit<ReportAttempt>,
    State(cx): State<Context>,
    Path(id): Path<AttemptId>,
    Json(report): Json<Report>,
) -> Result<Json<Reported>, Problem> {
    Ok(Json(service::report(&cx, &permit, &id, report).await?))
}
