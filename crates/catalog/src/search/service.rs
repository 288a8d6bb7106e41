use super::Error;
use super::store::{Asked, Facet, Narrowed, SearchStore};
use super::words::{Word, matches, words};
use crate::Context;
use crate::datasets::{Dataset, ListDatasets};
use access::Columns;
use access::Permit;
use base::DatasetId;
use sea_orm::sea_query::{Expr, ExprTrait};
use std::collections::{BTreeMap, BTreeSet};

/// The longest query.
const QUERY: usize = 200;

/// A search as it is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub q: String,
    pub lake: Option<String>,
    pub team: Option<String>,
    pub level: Option<String>,
    pub access: Option<String>,
    pub after: Option<After>,
    pub limit: u32,
}

/// The last dataset seen, with its place among a query's matches.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct After {
    pub score: f32,
    pub id: String,
}

/// A dataset that was found, with what of it matched.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub dataset: Dataset,
    pub score: f32,
    pub readable: bool,
    pub columns: Vec<(String, Vec<Word>)>,
    pub name: Vec<Word>,
    pub description: Vec<Word>,
}

/// What a search found.
#[derive(Clone, Debug)]
pub(super) struct Hits {
    pub hits: Vec<Hit>,
    pub more: bool,
    pub total: u64,
    pub facets: Vec<(Facet, Vec<(String, u64)>)>,
}

fn narrowed(search: &Search) -> Result<Narrowed, Error> {
    let readable = match search.access.as_deref() {
        None | Some("") => None,
        Some("readable") => Some(true),
        Some("askable") => Some(false),
        Some(other) => return Err(Error::Access(crate::lakes::shown(other))),
    };
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let level = given(&search.level).map(|word| word.parse()).transpose()?;
    Ok(Narrowed { lake: given(&search.lake), team: given(&search.team), level, readable })
}

/// Searches, or browses where nothing is asked.
pub(super) async fn search(cx: &Context, permit: &Permit<ListDatasets>, search: &Search) -> Result<Hits, Error> {
    if search.q.chars().count() > QUERY {
        return Err(Error::TooLong(QUERY));
    }
    let narrowed = &narrowed(search)?;
    let asked_words = &words(&search.q);
    let scores = &candidates(cx, &search.q).await?;
    cx.db
        .read(|tx| async move {
            let listed = Expr::col("visibility").eq("listed");
            let columns = Columns::scope(Expr::col("scope")).team(Expr::col("team")).listed(listed);
            let visible = permit.visible(&tx).await?.condition(&columns);
            let readable = readable(cx, &tx, permit).await?;
            let asked = Asked {
                visible,
                narrowed: narrowed.clone(),
                readable: readable.iter().cloned().collect(),
                found: scores.as_ref().map(|scores| scores.keys().cloned().collect()),
            };
            let (datasets, more) = page(&tx, &asked, search, scores.as_ref()).await?;
            let ids: Vec<DatasetId> = datasets.iter().map(|(dataset, _)| dataset.id.clone()).collect();
            let columns = tx.columns_of(&ids).await?;
            let hit = |(dataset, score): (Dataset, f32)| hit(dataset, score, &readable, &columns, asked_words);
            let mut facets = Vec::new();
            for facet in [Facet::Lake, Facet::Team, Facet::Level, Facet::Access] {
                facets.push((facet, tx.count_by(&asked, facet).await?));
            }
            let total = tx.count_asked(&asked, None).await?;
            Ok(Hits { hits: datasets.into_iter().map(hit).collect(), more, total, facets })
        })
        .await
}

/// Returns the ids that the index finds with their scores; `None` where nothing is asked.
async fn candidates(cx: &Context, q: &str) -> Result<Option<BTreeMap<String, f32>>, Error> {
    if q.trim().is_empty() {
        return Ok(None);
    }
    let (index, q) = (cx.index.clone(), q.to_owned());
    let found = tokio::task::spawn_blocking(move || index.find(&q)).await.map_err(|_| Error::Ended)??;
    Ok(Some(found.into_iter().collect()))
}

/// Returns the datasets that the caller may read now.
async fn readable(cx: &Context, tx: &db::Tx, permit: &Permit<ListDatasets>) -> db::Result<BTreeSet<String>> {
    crate::datasets::readable(cx, tx, permit.caller()).await
}

async fn page(
    tx: &db::Tx,
    asked: &Asked,
    search: &Search,
    scores: Option<&BTreeMap<String, f32>>,
) -> db::Result<(Vec<(Dataset, f32)>, bool)> {
    let limit = search.limit as usize;
    let mut rows: Vec<(Dataset, f32)> = match scores {
        None => {
            let after = search.after.as_ref().map(|after| after.id.as_str());
            tx.browse(asked, after, search.limit + 1).await?.into_iter().map(|dataset| (dataset, 0.0)).collect()
        }
        Some(scores) => {
            let scored = |dataset: Dataset| {
                let score = scores.get(&dataset.id.0).copied().unwrap_or_default();
                (dataset, score)
            };
            let mut all: Vec<_> = tx.list_found(asked).await?.into_iter().map(scored).collect();
            let order = |score: f32, id: &str, other: f32, other_id: &str| {
                other.total_cmp(&score).then_with(|| id.cmp(other_id))
            };
            all.sort_by(|a, b| order(a.1, &a.0.id.0, b.1, &b.0.id.0));
            if let Some(after) = &search.after {
                all.retain(|(dataset, score)| order(*score, &dataset.id.0, after.score, &after.id).is_gt());
            }
            all
        }
    };
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

fn hit(
    dataset: Dataset,
    score: f32,
    readable: &BTreeSet<String>,
    columns: &BTreeMap<String, Vec<String>>,
    asked: &[String],
) -> Hit {
    let named = columns.get(&dataset.id.0).map(Vec::as_slice).unwrap_or_default();
    let matched = named.iter().map(|name| (name.clone(), matches(asked, name))).filter(|(_, found)| !found.is_empty());
    Hit {
        columns: matched.collect(),
        name: matches(asked, &dataset.id.0),
        description: matches(asked, &dataset.description),
        readable: readable.contains(&dataset.id.0),
        dataset,
        score,
    }
}
