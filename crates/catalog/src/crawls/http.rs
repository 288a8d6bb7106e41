use super::{Broken, Crawl, CrawlLake, CrawlState, ReadCrawl, service};
use crate::Context;
use access::{Once, Permit};
use base::{CrawlId, LakeId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A file or folder that a crawl could not take.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BrokenView {
    /// Below the lake's folder.
    pub path: String,
    pub reason: String,
    /// The line of a CSV file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// A crawl as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CrawlView {
    pub id: String,
    pub lake: String,
    pub state: CrawlState,
    pub job: Option<String>,
    pub asked_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub reason: Option<String>,
    /// Tables done so far.
    pub done: u64,
    /// Tables found.
    pub total: u64,
    pub tables_found: u64,
    pub tables_changed: u64,
    pub files_read: u64,
    /// Files that were known and unchanged, and so not read again.
    pub files_skipped: u64,
    pub files_broken: u64,
    /// What it could not take, up to 1,000; left empty in lists.
    pub broken: Vec<BrokenView>,
}

impl CrawlView {
    /// Returns the view of a crawl with what it could not take.
    pub(crate) fn of(crawl: &Crawl, broken: Vec<Broken>) -> Self {
        let view = |Broken { path, reason, line }| BrokenView { path, reason, line };
        Self {
            id: crawl.id.0.clone(),
            lake: crawl.lake.0.clone(),
            state: crawl.state,
            job: crawl.job.as_ref().map(|job| job.0.clone()),
            asked_by: crawl.asked_by.clone(),
            asked_at: crawl.asked_at,
            started_at: crawl.started_at,
            ended_at: crawl.ended_at,
            reason: crawl.reason.clone(),
            done: crawl.tables_done,
            total: crawl.tables_total,
            tables_found: crawl.tables_total,
            tables_changed: crawl.tables_changed,
            files_read: crawl.files_read,
            files_skipped: crawl.files_skipped,
            files_broken: crawl.files_broken,
            broken: broken.into_iter().map(view).collect(),
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<CrawlLake>, crawl_lake))
        .with(web::route!(Permit<ReadCrawl>, list_crawls))
        .with(web::route!(Permit<ReadCrawl>, get_crawl))
}

/// Crawl a lake now; an open crawl of it is answered instead of a second one.
#[utoipa::path(post, path = "/lakes/{id}/crawl", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = CrawlView), (status = "default", body = Problem)))]
pub(super) async fn crawl_lake(
    permit: Permit<CrawlLake>,
    State(cx): State<Context>,
    Path(id): Path<LakeId>,
    once: Once,
) -> Result<Json<CrawlView>, Problem> {
    Ok(Json(CrawlView::of(&service::request(&cx, &permit, &once, &id).await?, Vec::new())))
}

/// List the crawls of a lake, the newest first.
#[utoipa::path(get, path = "/lakes/{id}/crawls", tag = "catalog", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<CrawlView>), (status = "default", body = Problem)))]
pub(super) async fn list_crawls(
    permit: Permit<ReadCrawl>,
    State(cx): State<Context>,
    Path(id): Path<LakeId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<CrawlView>>, Problem> {
    let before: Option<(i64, String)> = paging.after()?;
    let crawls = service::list(&cx, &permit, &id, before.as_ref(), paging.limit() + 1).await?;
    let page = Page::of(crawls, paging.limit(), |crawl| (crawl.asked_at.0, crawl.id.0.clone()));
    Ok(Json(page.map(|crawl| CrawlView::of(&crawl, Vec::new()))))
}

/// Show a crawl and what it could not read.
#[utoipa::path(get, path = "/crawls/{id}", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = CrawlView), (status = "default", body = Problem)))]
pub(super) async fn get_crawl(
    permit: Permit<ReadCrawl>,
    State(cx): State<Context>,
    Path(id): Path<CrawlId>,
) -> Result<Json<CrawlView>, Problem> {
    let (crawl, broken) = service::get(&cx, &permit, &id).await?;
    Ok(Json(CrawlView::of(&crawl, broken)))
}
