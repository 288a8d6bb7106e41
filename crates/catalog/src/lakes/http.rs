use super::service::{self, Shown};
use super::{ConnectLake, Lake, ReadLake};
use crate::Context;
use crate::crawls::CrawlView;
use access::{Once, Permit};
use base::{LakeId, Next, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A folder to connect as a lake.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLake {
    /// Unique; `a–z`, digits and `-`.
    pub name: String,
    /// The name of a configured root.
    pub root: String,
    /// Below the root; empty for the root itself.
    #[serde(default)]
    pub folder: String,
    /// The team that owns it.
    pub team: String,
    #[serde(default)]
    pub description: String,
}

/// A lake as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LakeView {
    pub id: String,
    pub name: String,
    pub root: String,
    pub folder: String,
    pub team: String,
    pub description: String,
    pub connected_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub connected_at: Timestamp,
    /// How many listed datasets it has.
    pub datasets: u64,
    pub last_crawl: Option<CrawlView>,
    pub next: Next,
}

/// The roots that a lake may lie below.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RootsView {
    pub roots: Vec<String>,
}

impl LakeView {
    fn of(shown: Shown) -> Self {
        let Shown { lake, datasets, last_crawl, was_crawled, may_crawl } = shown;
        let next = lake.next(datasets, was_crawled, may_crawl);
        Self {
            last_crawl: last_crawl.map(|crawl| CrawlView::of(&crawl, Vec::new())),
            ..Self::plain(lake, datasets, next)
        }
    }

    fn plain(lake: Lake, datasets: u64, next: Next) -> Self {
        Self {
            id: lake.id.0.clone(),
            name: lake.id.0,
            root: lake.root,
            folder: lake.folder,
            team: lake.team.0,
            description: lake.description,
            connected_by: lake.connected_by.0,
            connected_at: lake.connected_at,
            datasets,
            last_crawl: None,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ConnectLake>, connect_lake))
        .with(web::route!(Permit<ReadLake>, list_lakes))
        .with(web::route!(Permit<ReadLake>, list_roots))
        .with(web::route!(Permit<ReadLake>, get_lake))
}

/// Connect a folder below a configured root as a lake.
#[utoipa::path(post, path = "/lakes", tag = "catalog", request_body = NewLake,
    responses((status = 200, body = LakeView), (status = "default", body = Problem)))]
pub(super) async fn connect_lake(
    permit: Permit<ConnectLake>,
    State(cx): State<Context>,
    once: Once,
    Json(what): Json<NewLake>,
) -> Result<Json<LakeView>, Problem> {
    let lake = service::connect(&cx, &permit, &once, &what).await?;
    let next = lake.next(0, false, true);
    Ok(Json(LakeView::plain(lake, 0, next)))
}

/// List the lakes.
#[utoipa::path(get, path = "/lakes", tag = "catalog", params(Paging),
    responses((status = 200, body = Page<LakeView>), (status = "default", body = Problem)))]
pub(super) async fn list_lakes(
    permit: Permit<ReadLake>,
    State(cx): State<Context>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<LakeView>>, Problem> {
    let after: Option<String> = paging.after()?;
    let (page, total) = service::list(&cx, &permit, after.as_deref(), paging.limit()).await?;
    Ok(Json(Page { total: Some(total), ..page.map(LakeView::of) }))
}

/// List the names of the roots that lakes may lie below.
#[utoipa::path(get, path = "/roots", tag = "catalog",
    responses((status = 200, body = RootsView), (status = "default", body = Problem)))]
pub(super) async fn list_roots(
    _permit: Permit<ReadLake>,
    State(cx): State<Context>,
) -> Result<Json<RootsView>, Problem> {
    Ok(Json(RootsView { roots: cx.roots.names() }))
}

/// Show a lake.
#[utoipa::path(get, path = "/lakes/{id}", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = LakeView), (status = "default", body = Problem)))]
pub(super) async fn get_lake(
    permit: Permit<ReadLake>,
    State(cx): State<Context>,
    Path(id): Path<LakeId>,
) -> Result<Json<LakeView>, Problem> {
    Ok(Json(LakeView::of(service::get(&cx, &permit, &id).await?)))
}
