//! An order of the items of a query.
use super::inputs::{kind, numbers};
use super::measure::{Common, Ready, Table};
use super::report::Detail;
use super::rows::Kept;
use super::wanted::Wanted;
use super::{Asked, Inputs};
use crate::error::wrong;
use crate::{Cells, StatsError};
use kernels::bias::MISSING;
use kernels::quality::{
    Metrics, Resampling, average_precision_at, coverage_error, dcg, label_ranking_average_precision,
    label_ranking_loss, ndcg, per_query, precision_at, recall_at, reciprocal_rank,
};
use kernels::{Computed, KernelError, Reason};
use std::ops::Range;

/// The items that count, and the query of each.
#[derive(Debug)]
pub(super) struct RankingTable {
    relevance: Vec<f64>,
    score: Vec<f64>,
    query: Vec<u32>,
    common: Common,
    k: usize,
}

impl RankingTable {
    /// Returns the queries ready for all metrics of rankings; an error names the argument that does not fit.
    pub fn of(inputs: &Inputs, asked: &Asked, wanted: Wanted) -> Result<Self, StatsError> {
        let relevance = numbers("truth", &inputs.truth)?;
        let score = inputs.scores.first().map(|column| numbers("score", column)).transpose()?.unwrap_or_default();
        let mut notes = Vec::new();
        let query = match &inputs.query {
            None => {
                notes.push("There is no column of queries: all rows are items of one.".to_owned());
                vec![0; relevance.len()]
            }
            Some(column) => match (&column.cells, column.to_categories()) {
                (Cells::Nothing { .. }, _) => vec![MISSING; relevance.len()],
                (_, Some((codes, _))) => codes,
                (cells, None) => {
                    let what = format!("`{}`, a column of {}", column.name, kind(cells));
                    return Err(wrong("query", what, "a column of numbers, flags or texts"));
                }
            },
        };
        let mut kept = Kept::of(
            inputs.truth.rows(),
            inputs.weights.as_ref(),
            &[("truth", &|row| relevance[row].is_nan()), ("query", &|row| query[row] == MISSING)],
        )?;
        let (relevance, score, query) = (kept.take(&relevance), kept.take(&score), kept.take(&query));
        kept.counts.without_score = score.iter().filter(|score| score.is_nan()).count() as u64;
        let common = Common { kept, wanted, notes };
        let mut table = Self { relevance, score, query, k: asked.k, common };
        let (queries, silent) = if table.common.wanted.has("ndcg") { table.queries()? } else { (0, 0) };
        if silent > 0 {
            let text = format!(
                "{silent} of {queries} queries have no NDCG: nothing relevant, an item without a score, or a relevance below 0. \
                 Means are over the queries that have a number."
            );
            table.common.notes.push(text);
        }
        Ok(table)
    }

    /// How many queries there are, and how many of them have no NDCG.
    fn queries(&self) -> Result<(usize, usize), StatsError> {
        let ready = self.group(&(0..self.query.len()).collect::<Vec<usize>>(), &|id| id == "ndcg")?;
        let ndcg = ready.values.iter().find(|known| known.0 == "ndcg");
        let silent = ndcg.map_or(0, |(_, values)| values.iter().filter(|value| value.is_err()).count());
        Ok((ready.ids.len(), silent))
    }

    /// Puts the rows of a query together, and computes each query's metrics of these ids. A query weighs the mean of its rows' weights,
    /// which are alike where weights are of queries.
    fn group(&self, rows: &[usize], is_wanted: &dyn Fn(&str) -> bool) -> Result<RankingReady, StatsError> {
        let mut order = rows.to_vec();
        order.sort_by_key(|&row| self.query[row]); // stable: the rows of a query stay in theirs
        let mut starts = vec![0];
        let (mut ids, mut weights) = (Vec::new(), Vec::new());
        for query in order.chunk_by(|&a, &b| self.query[a] == self.query[b]) {
            starts.push(starts.last().unwrap_or(&0) + query.len());
            ids.extend(query.first().map(|&row| self.common.kept.places[row]));
            let weight = |of: &Vec<f64>| query.iter().fold(0.0, |sum, &row| sum + of[row]) / query.len() as f64;
            weights.push(self.common.kept.weights.as_ref().map_or(1.0, weight));
        }
        let items = Items {
            relevance: order.iter().map(|&row| self.relevance[row]).collect(),
            relevant: order.iter().map(|&row| self.relevance[row] > 0.0).collect(),
            score: order.iter().map(|&row| self.score[row]).collect(),
        };
        let mut values = Vec::with_capacity(METRICS.len());
        for &(id, metric) in METRICS.iter().filter(|(id, _)| is_wanted(id)) {
            values.push((id, per_query(order.len(), &starts, |rows| metric(&items, rows, self.k))?));
        }
        Ok(RankingReady { values, ids, weights })
    }
}

struct Items {
    relevance: Vec<f64>,
    relevant: Vec<bool>,
    score: Vec<f64>,
}

/// The ids of all metrics.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    METRICS.iter().map(|(id, _)| *id)
}

/// A metric of the items of one query, of so many first places.
type Metric = fn(&Items, Range<usize>, usize) -> Result<Computed, KernelError>;

/// What is relevant at all is a relevance above 0, for the metrics that know no degrees.
const METRICS: [(&str, Metric); 12] = [
    ("ndcg", |items, rows, _| ndcg(&items.relevance[rows.clone()], &items.score[rows], None)),
    ("ndcg_at_k", |items, rows, k| ndcg(&items.relevance[rows.clone()], &items.score[rows], Some(k))),
    ("dcg", |items, rows, _| dcg(&items.relevance[rows.clone()], &items.score[rows], None)),
    ("dcg_at_k", |items, rows, k| dcg(&items.relevance[rows.clone()], &items.score[rows], Some(k))),
    ("average_precision", |items, rows, _| {
        let most = rows.len().max(1);
        average_precision_at(&items.relevant[rows.clone()], &items.score[rows], most)
    }),
    ("average_precision_at_k", |items, rows, k| {
        average_precision_at(&items.relevant[rows.clone()], &items.score[rows], k)
    }),
    ("precision_at_k", |items, rows, k| precision_at(&items.relevant[rows.clone()], &items.score[rows], k)),
    ("recall_at_k", |items, rows, k| recall_at(&items.relevant[rows.clone()], &items.score[rows], k)),
    ("reciprocal_rank", |items, rows, _| reciprocal_rank(&items.relevant[rows.clone()], &items.score[rows])),
    ("label_ranking_average_precision", |items, rows, _| {
        label_ranking_average_precision(&items.relevant[rows.clone()], &items.score[rows])
    }),
    ("coverage_error", |items, rows, _| coverage_error(&items.relevant[rows.clone()], &items.score[rows])),
    ("label_ranking_loss", |items, rows, _| label_ranking_loss(&items.relevant[rows.clone()], &items.score[rows])),
];

impl Table for RankingTable {
    fn common(&self) -> &Common {
        &self.common
    }

    fn ready(&self, rows: Option<&[usize]>) -> Result<Box<dyn Ready>, StatsError> {
        let is_wanted = |id: &str| self.common.wanted.has(id);
        Ok(Box::new(match rows {
            Some(rows) => self.group(rows, &is_wanted)?,
            None => self.group(&(0..self.query.len()).collect::<Vec<usize>>(), &is_wanted)?,
        }))
    }

    fn detail(&self) -> Result<Detail, StatsError> {
        Ok(Detail::Ranking { queries: self.queries()?.0 as u64 })
    }
}

/// Queries, and the metrics of each.
struct RankingReady {
    values: Vec<(&'static str, Vec<Computed>)>,
    ids: Vec<u64>,
    weights: Vec<f64>,
}

impl Ready for RankingReady {
    fn weights(&self) -> &[f64] {
        &self.weights
    }

    fn resampling(&self, seed: u64) -> Resampling<'_> {
        Resampling { ids: &self.ids, weights: Some(&self.weights), seed }
    }

    fn metrics(&self, weights: &[f64]) -> Result<Metrics, KernelError> {
        Ok(self.values.iter().map(|(id, values)| (*id, mean(values, weights))).collect())
    }

    fn single(&self) -> Result<Metrics, KernelError> {
        Ok(Metrics::new())
    }
}

/// The mean over the queries that have a number: what has nothing relevant is neither well nor badly ordered.
fn mean(values: &[Computed], weights: &[f64]) -> Computed {
    let (mut sum, mut whole) = (0.0, 0.0);
    for (value, &weight) in values.iter().zip(weights) {
        if let Ok(value) = value {
            sum += weight * value;
            whole += weight;
        }
    }
    if whole > 0.0 {
        return Ok(sum / whole);
    }
    let first = values.iter().find_map(|value| value.as_ref().err());
    Err(first.cloned().unwrap_or_else(|| Reason::Empty("the set of queries".to_owned())))
}
