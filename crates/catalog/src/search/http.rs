use super::service::{self, After, Hit, Hits, Search};
use super::store::Facet;
use super::words::Word;
use crate::Context;
use crate::datasets::{DatasetState, ListDatasets, Visibility};
use crate::sensitivity::Level;
use access::Permit;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Cursor, Json, Paging, Problem, Query, Routes, State};

/// What to search for, and what to narrow it to.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Words of a name, a column, a description or a team; empty to browse.
    #[serde(default)]
    pub q: String,
    pub lake: Option<String>,
    pub team: Option<String>,
    /// The highest level among a dataset's columns.
    pub level: Option<String>,
    /// `readable`: what you may read now; `askable`: the rest.
    pub access: Option<String>,
}

/// A part of a text that matches, in characters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Range {
    pub from: usize,
    pub to: usize,
}

/// A column whose name matches.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatchedColumn {
    pub name: String,
    pub ranges: Vec<Range>,
}

/// Where name and description match.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Highlights {
    pub name: Vec<Range>,
    pub description: Vec<Range>,
}

/// What the viewer may do with a dataset.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HitAccess {
    /// `readable` or `askable`.
    pub state: &'static str,
}

/// A dataset that was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DatasetHit {
    pub id: String,
    pub lake: String,
    pub team: String,
    pub description: String,
    pub state: DatasetState,
    pub visibility: Visibility,
    /// The highest level among its columns.
    pub level: Level,
    pub columns: i64,
    pub rows: i64,
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub fresh_at: Timestamp,
    pub access: HitAccess,
    pub matched_columns: Vec<MatchedColumn>,
    pub highlights: Highlights,
}

/// How many of what was found have a value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FacetCount {
    pub value: String,
    pub count: u64,
}

/// Counts per value, each without its own filter; only what the viewer may know of is counted.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Facets {
    pub lake: Vec<FacetCount>,
    pub team: Vec<FacetCount>,
    pub level: Vec<FacetCount>,
    pub access: Vec<FacetCount>,
}

/// A page of what was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchPage {
    pub items: Vec<DatasetHit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub total: u64,
    pub facets: Facets,
}

fn ranges(words: Vec<Word>) -> Vec<Range> {
    words.into_iter().map(|word| Range { from: word.from, to: word.to }).collect()
}

impl DatasetHit {
    fn of(hit: Hit) -> Self {
        let column = |(name, words)| MatchedColumn { name, ranges: ranges(words) };
        Self {
            id: hit.dataset.id.0,
            lake: hit.dataset.lake.0,
            team: hit.dataset.team.0,
            description: hit.dataset.description,
            state: hit.dataset.state,
            visibility: hit.dataset.visibility,
            level: hit.dataset.level,
            columns: hit.dataset.columns,
            rows: hit.dataset.rows,
            version: hit.dataset.version,
            fresh_at: hit.dataset.changed_at,
            access: HitAccess { state: if hit.readable { "readable" } else { "askable" } },
            matched_columns: hit.columns.into_iter().map(column).collect(),
            highlights: Highlights { name: ranges(hit.name), description: ranges(hit.description) },
        }
    }
}

impl SearchPage {
    fn of(found: Hits) -> Self {
        let last = found.hits.last().map(|hit| After { score: hit.score, id: hit.dataset.id.0.clone() });
        let mut facets = Facets::default();
        for (facet, counts) in found.facets {
            let counts = counts.into_iter().map(|(value, count)| FacetCount { value, count }).collect();
            match facet {
                Facet::Lake => facets.lake = counts,
                Facet::Team => facets.team = counts,
                Facet::Level => facets.level = counts,
                Facet::Access => facets.access = counts,
            }
        }
        let next_cursor = last.filter(|_| found.more).map(|last| Cursor::encode(&last));
        Self { items: found.hits.into_iter().map(DatasetHit::of).collect(), next_cursor, total: found.total, facets }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ListDatasets>, list_datasets))
}

/// Search datasets by name, column, description or team, or browse them.
#[utoipa::path(get, path = "/datasets", tag = "catalog", params(Asked, Paging),
    responses((status = 200, body = SearchPage), (status = "default", body = Problem)))]
pub(super) async fn list_datasets(
    permit: Permit<ListDatasets>,
    State(cx): State<Context>,
    Query(asked): Query<Asked>,
    Query(paging): Query<Paging>,
) -> Result<Json<SearchPage>, Problem> {
    let (after, limit) = (paging.after()?, paging.limit());
    let Asked { q, lake, team, level, access } = asked;
    let is_search = !q.trim().is_empty();
    let found = service::search(&cx, &permit, &Search { q, lake, team, level, access, after, limit }).await?;
    if is_search {
        let ids: Vec<base::DatasetId> = found.hits.iter().map(|hit| hit.dataset.id.clone()).collect();
        crate::looks::note(&cx, permit.caller(), &ids).await;
    }
    Ok(Json(SearchPage::of(found)))
}
