use super::{Baseline, ImportBaseline, Line, ReadBaseline, Unit, service};
use crate::Context;
use crate::clock::Stage;
use access::Permit;
use axum::http::StatusCode;
use base::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Problem, Query, Routes, State, Text};

/// How large a baseline may be, in bytes.
const LARGEST: usize = 256 * 1024;

/// A line of a baseline.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BaselineLine)]
pub struct BaselineLineView {
    pub stage: Stage,
    pub value: f64,
    pub unit: Unit,
    pub seconds: f64,
    /// How many cases it is from.
    pub n: u64,
    pub definition_from: String,
    pub definition_to: String,
    /// Whether it measured what we measure.
    pub same_definition: bool,
    pub source: String,
}

/// A baseline.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Baseline)]
pub struct BaselineView {
    pub id: String,
    pub digest: String,
    pub imported_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub imported_at: Timestamp,
    pub lines: Vec<BaselineLineView>,
}

impl From<Baseline> for BaselineView {
    fn from(baseline: Baseline) -> Self {
        let line = |line: Line| BaselineLineView {
            seconds: line.seconds(),
            same_definition: line.measures(line.stage),
            stage: line.stage,
            value: line.value,
            unit: line.unit,
            n: line.n,
            definition_from: line.definition_from,
            definition_to: line.definition_to,
            source: line.source,
        };
        Self {
            id: baseline.id,
            digest: baseline.digest.to_string(),
            imported_by: baseline.imported_by.0,
            imported_at: baseline.imported_at,
            lines: baseline.lines.into_iter().map(line).collect(),
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadBaseline>, list_baselines));
    routes.with(web::route!(Permit<ImportBaseline>, import_baseline).body_limit(LARGEST))
}

/// List the baselines that were imported, the newest first: it is the one that the clock is compared with.
#[utoipa::path(get, path = "/baselines", tag = "evidence", params(Paging),
    responses((status = 200, body = Page<BaselineView>), (status = "default", body = Problem)))]
pub(super) async fn list_baselines(
    permit: Permit<ReadBaseline>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<BaselineView>>, Problem> {
    let (after, limit): (Option<(i64, String)>, u32) = (paging.after()?, paging.limit());
    let found = service::list(&cx, &permit, after.as_ref(), limit + 1).await?;
    let page = Page::of(found, limit, |baseline| (baseline.imported_at.0, baseline.id.clone()));
    Ok(Json(page.map(BaselineView::from)))
}

/// Import a baseline as CSV: stage, value, unit, n, definition_from, definition_to, source. The one that counts already changes nothing.
#[utoipa::path(post, path = "/baselines", tag = "evidence", request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = BaselineView), (status = 201, body = BaselineView), (status = "default", body = Problem)))]
pub(super) async fn import_baseline(
    permit: Permit<ImportBaseline>,
    State(cx): State<Context>,
    Text(csv): Text,
) -> Result<(StatusCode, Json<BaselineView>), Problem> {
    let (baseline, is_new) = service::import(&cx, &permit, &csv).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(baseline.into())))
}
