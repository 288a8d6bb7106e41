use super::estimate::answer;
use super::{argument, check_lengths, finite, none, sum};
use crate::{Computed, KernelError, Reason};
use std::ops::Range;

/// Returns discounted cumulative gain: what is relevant counts less the further down the ranking puts it,
/// `Σ relevanceᵢ / log₂(i + 1)` over places `i = 1, 2, …` by falling score.
///
/// - **Shapes**: `relevance` (the gain, as it is: no `2^r − 1`) and `score`: `[n]`, one query.
/// - **Units**: those of the relevance. `most`: how many places count; `None`, all.
/// - **Errors**: [`KernelError::Argument`] if lengths differ; a [`Reason`] for no items, a missing score, or a relevance
///   that is not finite.
/// - **Ties**: items of one score share their places: each counts with the mean of their discounts, so no order of rows
///   matters.
/// - **Source**: Järvelin & Kekäläinen (2002); ties by McSherry & Najork (2008); golden values from scikit-learn 1.9.1
///   `dcg_score`.
pub fn dcg(relevance: &[f64], score: &[f64], most: Option<usize>) -> Result<Computed, KernelError> {
    let ranking = answer!(Ranking::of(relevance, score)?);
    Ok(finite(ranking.dcg(most)))
}

/// Returns [`dcg`] over that of the best order there is, in `[0, 1]`.
///
/// - **Errors**: as [`dcg`]; also a negative relevance, and a query without anything relevant (scikit-learn: 0).
/// - **Feature attributions**: drift of their order is `ndcg(baseline, current, None)`: the baseline's attributions in
///   the order of the current ones. Below 0.90 the managed monitor alerts.
/// - **Source**: golden values from scikit-learn 1.9.1 `ndcg_score` (of one query).
/// ```
/// # use kernels::quality::ndcg;
/// assert_eq!(ndcg(&[3.0, 2.0, 0.0], &[0.9, 0.8, 0.1], None).unwrap(), Ok(1.0));
/// ```
pub fn ndcg(relevance: &[f64], score: &[f64], most: Option<usize>) -> Result<Computed, KernelError> {
    let ranking = answer!(Ranking::of(relevance, score)?);
    if relevance.iter().any(|&relevance| relevance < 0.0) {
        return Ok(Err(Reason::Undefined("a relevance is negative".to_owned())));
    }
    let mut ideal = relevance.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let ideal = Ranking { groups: ideal.iter().map(|&relevance| vec![relevance]).collect() }.dcg(most);
    Ok(if ideal > 0.0 { finite((ranking.dcg(most) / ideal).min(1.0)) } else { Err(none("relevant items")) })
}

/// Returns average precision in the first `most` places: the mean, over relevant items there, of the share of relevant
/// ones down to each, divided by `min(most, relevant items)` so that a perfect list has 1.
///
/// - **Shapes**: `relevant` and `score`: `[n]`, one query.
/// - **Errors**: [`KernelError::Argument`] if lengths differ or `most` is 0; a [`Reason`] for no items, a missing score,
///   or nothing relevant.
/// - **Ties**: the expectation over every order of items of one score.
/// - **Source**: McSherry & Najork (2008); golden values by enumeration of the orders, and from scikit-learn 1.9.1
///   `average_precision_score` without ties and limit.
pub fn average_precision_at(relevant: &[bool], score: &[f64], most: usize) -> Result<Computed, KernelError> {
    on_hits(relevant, score, most, |ranking, total| {
        let (mut above, mut hits, mut precisions) = (0.0, 0.0, 0.0);
        for (items, relevant) in ranking.sizes() {
            let others = (items - 1.0).max(1.0);
            for place in 0..items as usize {
                let rank = above + place as f64 + 1.0;
                if rank > most as f64 {
                    break;
                }
                let before = hits + place as f64 * ((relevant - 1.0) / others);
                precisions += relevant / items * ((before + 1.0) / rank);
            }
            above += items;
            hits += relevant;
        }
        precisions / total.min(most as f64)
    })
}

/// Returns the share of relevant items in the first `most` places.
///
/// - **Shapes, errors, ties**: as [`average_precision_at`].
pub fn precision_at(relevant: &[bool], score: &[f64], most: usize) -> Result<Computed, KernelError> {
    on_hits(relevant, score, most, |ranking, _| ranking.hits(most) / most as f64)
}

/// Returns the share of the relevant items that is in the first `most` places.
///
/// - **Shapes, errors, ties**: as [`average_precision_at`].
pub fn recall_at(relevant: &[bool], score: &[f64], most: usize) -> Result<Computed, KernelError> {
    on_hits(relevant, score, most, |ranking, total| ranking.hits(most) / total)
}

/// Returns one over the place of the first relevant item; its mean over queries is the mean reciprocal rank.
///
/// - **Shapes, errors, ties**: as [`average_precision_at`].
/// - **Source**: Voorhees (1999); golden values by enumeration of the orders.
pub fn reciprocal_rank(relevant: &[bool], score: &[f64]) -> Result<Computed, KernelError> {
    on_hits(relevant, score, usize::MAX, |ranking, _| {
        let mut above = 0.0;
        for (items, relevant) in ranking.sizes() {
            if relevant > 0.0 {
                return expected_reciprocal(above, items, relevant);
            }
            above += items;
        }
        0.0
    })
}

/// The mean of one over the place of the first of `relevant` items, over every order of `items` below `above` others.
fn expected_reciprocal(above: f64, items: f64, relevant: f64) -> f64 {
    let (mut mean, mut not_yet) = (0.0, 1.0);
    for place in 0..=(items - relevant) as usize {
        let here = relevant / (items - place as f64);
        mean += not_yet * here / (above + place as f64 + 1.0);
        not_yet *= 1.0 - here;
    }
    mean
}

/// Returns the mean, over relevant items, of the share of relevant ones among those that score as high or higher.
///
/// - **Shapes**: `relevant` and `score`: `[n]`, one query (for scikit-learn, a row of labels).
/// - **Errors**: as [`average_precision_at`]. scikit-learn says 1 where nothing is relevant.
/// - **Ties**: all items of a score stand at the lowest of their places.
/// - **Source**: golden values from scikit-learn 1.9.1 `label_ranking_average_precision_score` (of one query).
pub fn label_ranking_average_precision(relevant: &[bool], score: &[f64]) -> Result<Computed, KernelError> {
    on_hits(relevant, score, usize::MAX, |ranking, total| {
        let (mut above, mut hits, mut precision) = (0.0, 0.0, 0.0);
        for (items, relevant) in ranking.sizes() {
            above += items;
            hits += relevant;
            precision += relevant * (hits / above);
        }
        precision / total
    })
}

/// Returns how many places down the ranking all relevant items are covered.
///
/// - **Shapes, errors, ties**: as [`label_ranking_average_precision`]. scikit-learn says 0 where nothing is relevant.
/// - **Units**: places, 1 or more.
/// - **Source**: golden values from scikit-learn 1.9.1 `coverage_error` (of one query).
pub fn coverage_error(relevant: &[bool], score: &[f64]) -> Result<Computed, KernelError> {
    on_hits(relevant, score, usize::MAX, |ranking, _| {
        let (mut above, mut covered) = (0.0, 0.0);
        for (items, relevant) in ranking.sizes() {
            above += items;
            covered = if relevant > 0.0 { above } else { covered };
        }
        covered
    })
}

/// Returns the share of pairs of a relevant and another item that are in the wrong order or tied.
///
/// - **Shapes, errors**: as [`label_ranking_average_precision`]; also where everything is relevant. scikit-learn says 0.
/// - **Source**: golden values from scikit-learn 1.9.1 `label_ranking_loss` (of one query).
pub fn label_ranking_loss(relevant: &[bool], score: &[f64]) -> Result<Computed, KernelError> {
    if !relevant.is_empty() && relevant.iter().all(|&relevant| relevant) && relevant.len() == score.len() {
        return Ok(Err(none("items that are not relevant")));
    }
    on_hits(relevant, score, usize::MAX, |ranking, total| {
        let others = ranking.sizes().map(|(items, relevant)| items - relevant);
        let (mut ahead, mut wrong) = (0.0, 0.0);
        for ((_, relevant), others) in ranking.sizes().zip(others) {
            ahead += others;
            wrong += relevant * ahead;
        }
        wrong / (total * ahead)
    })
}

/// Returns a metric of each query, whose rows stand together. Their mean is [`super::Average::of`], for which
/// [`super::Resampling`] may draw queries: its ids and weights are then of queries.
///
/// - **Shapes**: query `i` is rows `starts[i]..starts[i + 1]` of `rows`.
/// - **Errors**: [`KernelError::Argument`] unless `starts` ascends from 0 to `rows`; what `metric` returns.
/// ```
/// # use kernels::quality::{Average, Gaps, ndcg, per_query};
/// let (relevance, score) = ([1.0, 0.0, 0.0, 2.0], [0.9, 0.1, 0.8, 0.2]);
/// let each = per_query(4, &[0, 2, 4], |rows| ndcg(&relevance[rows.clone()], &score[rows], None)).unwrap();
/// let mean = Average::of(each.into_iter().map(|ndcg| (ndcg, 1.0)), Gaps::LeaveOut).unwrap();
/// assert!(0.5 < mean.value && mean.value < 1.0);
/// ```
pub fn per_query(
    rows: usize,
    starts: &[usize],
    metric: impl Fn(Range<usize>) -> Result<Computed, KernelError>,
) -> Result<Vec<Computed>, KernelError> {
    if starts.first() != Some(&0) || starts.last() != Some(&rows) || !starts.is_sorted() {
        return Err(argument("starts", format!("{} numbers", starts.len()), "an ascent from 0 to the number of rows"));
    }
    starts.iter().zip(starts.iter().skip(1)).map(|(&start, &end)| metric(start..end)).collect()
}

/// One query's relevance by falling score, items of one score together.
struct Ranking {
    groups: Vec<Vec<f64>>,
}

impl Ranking {
    fn of(relevance: &[f64], score: &[f64]) -> Result<Computed<Self>, KernelError> {
        check_lengths(relevance.len(), &[("score", score.len())])?;
        if relevance.is_empty() {
            return Ok(Err(Reason::Empty("the query".to_owned())));
        }
        if score.iter().any(|score| score.is_nan()) {
            return Ok(Err(Reason::Undefined("an item has no score".to_owned())));
        }
        if relevance.iter().any(|relevance| !relevance.is_finite()) {
            return Ok(Err(Reason::Undefined("a relevance is not finite".to_owned())));
        }
        // Adding 0 makes −0 and 0 one score. Relevance second: any order of rows gives equal bits.
        let mut items: Vec<(f64, f64)> =
            score.iter().zip(relevance).map(|(score, &relevance)| (score + 0.0, relevance)).collect();
        items.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
        let group = |group: &[(f64, f64)]| group.iter().map(|item| item.1).collect();
        Ok(Ok(Self { groups: items.chunk_by(|a, b| a.0 == b.0).map(group).collect() }))
    }

    fn dcg(&self, most: Option<usize>) -> f64 {
        let most = most.unwrap_or(usize::MAX);
        let (mut place, mut gains) = (0usize, 0.0);
        for group in &self.groups {
            let gain = sum(group.iter().copied()) / group.len() as f64;
            let places = (place..place + group.len()).take_while(|&place| place < most);
            gains += gain * sum(places.map(|place| 1.0 / libm::log2(place as f64 + 2.0)));
            place += group.len();
        }
        gains
    }

    /// Items and relevant items of each group.
    fn sizes(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.groups.iter().map(|group| (group.len() as f64, sum(group.iter().copied())))
    }

    /// Relevant items in the first `most` places.
    fn hits(&self, most: usize) -> f64 {
        let (mut left, mut hits) = (most as f64, 0.0);
        for (items, relevant) in self.sizes() {
            hits += relevant * (left / items).min(1.0);
            left = (left - items).max(0.0);
        }
        hits
    }
}

fn on_hits(
    relevant: &[bool],
    score: &[f64],
    most: usize,
    metric: impl Fn(&Ranking, f64) -> f64,
) -> Result<Computed, KernelError> {
    if most == 0 {
        return Err(argument("most", most, "1 place or more"));
    }
    let relevance: Vec<f64> = relevant.iter().map(|&relevant| f64::from(u8::from(relevant))).collect();
    Ok(Ranking::of(&relevance, score)?.and_then(|ranking| {
        let total = sum(relevance.iter().copied());
        if total > 0.0 { finite(metric(&ranking, total)) } else { Err(none("relevant items")) }
    }))
}
