use std::time::Duration;

use access::http::Permit;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{GrantId, Next, PurposeId, QueryId, Timestamp};
use catalog::grants::Use;
use futures::stream;
use serde::{Deserialize, Serialize};
use web::{Json, Page, Paging, Path, Problem, Query as Params, Routes, State};

use super::store::After;
use super::{Asked, CancelQuery, Error, Query, QueryState, Read, ReadQuery, RunQuery, Why, service};
use crate::Context;
use crate::engine::{Encoding, Limits};

/// The header that carries a query's id.
pub const QUERY_HEADER: &str = "lockgate-query";

/// What a query's first rows may take beside waiting for a place and running.
const MORE: Duration = Duration::from_secs(5);

/// A query to run.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryBody {
    /// One statement that reads; datasets are named `lake.schema.table`.
    pub sql: String,
    /// The purpose that it serves; may be left out where your grants leave one only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub purpose: Option<PurposeId>,
    /// What is done with the rows: `explore` unless said.
    #[serde(default)]
    pub r#use: Option<Use>,
    /// The grants to read under, where several fit.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub grants: Vec<GrantId>,
    /// How many rows at most.
    #[serde(default)]
    pub limit: Option<u64>,
}

/// A query as its viewer sees it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QueryView {
    pub id: String,
    pub state: QueryState,
    /// `person:ana`, `environment:credit-risk/preprod`.
    pub asker: String,
    /// The statement; its asker alone sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    pub r#use: Use,
    /// `arrow`, `json_lines` or `csv`.
    pub format: String,
    /// What it reads, in which version and under which grant.
    pub reads: Vec<Read>,
    pub rows: u64,
    pub bytes: u64,
    /// Whether there were more rows than asked for.
    pub truncated: bool,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Why it did not succeed.
    pub error: Option<Why>,
    pub next: Next,
}

impl QueryView {
    fn of(query: Query, viewer: &access::http::Caller) -> Self {
        let own = viewer.principal().as_ref() == Some(&query.asker);
        let next = query.next(own);
        Self {
            id: query.id.0,
            state: query.state,
            asker: query.asker.to_string(),
            sql: own.then_some(query.sql),
            purpose: query.purpose.map(|purpose| purpose.0),
            r#use: query.stated_use,
            format: query.encoding,
            reads: query.reads,
            rows: query.rows,
            bytes: query.bytes,
            truncated: query.truncated,
            started_at: query.started_at,
            ended_at: query.ended_at,
            error: query.why,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let limits = Limits::default();
    routes
        .with(web::route!(Permit<RunQuery>, run_query).time_limit(limits.time + limits.wait + MORE))
        .with(web::route!(Permit<ReadQuery>, list_queries))
        .with(web::route!(Permit<ReadQuery>, get_query))
        .with(web::route!(Permit<CancelQuery>, cancel_query))
}

/// Run a query over the datasets that you may read, and get its rows as a stream.
///
/// The answer is Arrow, JSON Lines or CSV, by `Accept`. Its header `lockgate-query` names the query. A stream that breaks
/// off without its end is not the whole answer: `GET /queries/{id}` says why.
#[utoipa::path(post, path = "/query", tag = "query", request_body = QueryBody, responses(
    (status = 200, description = "the rows", content(
        (Vec<u8> = "application/vnd.apache.arrow.stream"), (String = "application/x-ndjson"), (String = "text/csv"))),
    (status = "default", body = Problem)))]
pub(super) async fn run_query(
    permit: Permit<RunQuery>,
    State(cx): State<Context>,
    headers: HeaderMap,
    Json(body): Json<QueryBody>,
) -> Result<Response, Problem> {
    let encoding = encoding(&headers)?;
    let QueryBody { sql, purpose, r#use, grants, limit } = body;
    let stated_use = r#use.unwrap_or(Use::Explore);
    let asked = Asked { sql, purpose, stated_use, grants, limit, encoding };
    let answer = service::run(&cx, permit, asked).await?;
    let broken = answer.broken;
    let bytes = stream::unfold((answer.bytes, false), move |(mut bytes, over)| {
        let broken = broken.clone();
        async move {
            if over {
                return None;
            }
            let piece = tokio::select! {
                biased;
                // What is queued is not sent any more: a grant may have ended.
                () = broken.cancelled() => Some(Err(std::io::Error::other("the query did not succeed"))),
                piece = bytes.recv() => piece.map(Ok),
            };
            let failed = matches!(piece, Some(Err(_)));
            piece.map(|piece| (piece, (bytes, failed)))
        }
    });
    let mut response = Body::from_stream(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(encoding.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(answer.query.as_str()) {
        headers.insert(QUERY_HEADER, id);
    }
    Ok(response)
}

/// Returns the first format of `Accept` that we have; JSON Lines where anything goes.
fn encoding(headers: &HeaderMap) -> Result<Encoding, Error> {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()) else {
        return Ok(Encoding::JsonLines);
    };
    for range in accept.split(',') {
        match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/vnd.apache.arrow.stream" => return Ok(Encoding::Arrow),
            "application/x-ndjson" | "application/jsonl" | "application/json" | "application/*" | "*/*" => {
                return Ok(Encoding::JsonLines);
            }
            "text/csv" | "text/*" => return Ok(Encoding::Csv),
            _ => {}
        }
    }
    Err(Error::Format(accept.chars().take(100).flat_map(char::escape_debug).collect()))
}

/// List the queries that you ran, newest first.
#[utoipa::path(get, path = "/queries", tag = "query", params(Paging),
    responses((status = 200, body = Page<QueryView>), (status = "default", body = Problem)))]
pub(super) async fn list_queries(
    permit: Permit<ReadQuery>,
    State(cx): State<Context>,
    Params(paging): Params<Paging>,
) -> Result<Json<Page<QueryView>>, Problem> {
    let after: Option<After> = paging.after()?;
    let page = service::list(&cx, &permit, &paging, after.as_ref()).await?;
    Ok(Json(page.map(|query| QueryView::of(query, permit.caller()))))
}

/// Show a query: how far it came, and why it ended.
#[utoipa::path(get, path = "/queries/{id}", tag = "query", params(("id" = String, Path)),
    responses((status = 200, body = QueryView), (status = "default", body = Problem)))]
pub(super) async fn get_query(
    permit: Permit<ReadQuery>,
    State(cx): State<Context>,
    Path(id): Path<QueryId>,
) -> Result<Json<QueryView>, Problem> {
    let query = service::get(&cx, &permit, &id).await?;
    Ok(Json(QueryView::of(query, permit.caller())))
}

/// Stop a running query; within a second its stream breaks off.
#[utoipa::path(post, path = "/queries/{id}/cancel", tag = "query", params(("id" = String, Path)),
    responses((status = 200, body = QueryView), (status = "default", body = Problem)))]
pub(super) async fn cancel_query(
    permit: Permit<CancelQuery>,
    State(cx): State<Context>,
    Path(id): Path<QueryId>,
) -> Result<Json<QueryView>, Problem> {
    let query = service::cancel(&cx, &permit, &id).await?;
    Ok(Json(QueryView::of(query, permit.caller())))
}
