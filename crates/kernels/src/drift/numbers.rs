use super::cumulative::{Blocks, Distances, Sweep, Widest, squared, wasserstein, widest};
use super::interval;
use super::judge::{Case, judge, too_few};
use super::ks::{law_of_ks, law_of_large};
use super::model::{Column, Settings, Test, TestId, Verdict};
use super::nulls::{Nulls, Rows};
use super::permutation::{Asked, permute};
use super::recut::Recut;
use super::side::{Side, for_each_pooled};
use super::table::{Table, View};
use crate::{Computed, KernelError, Ranks, Reason};
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of pooled values on which distances are permuted.
const BLOCKS: u64 = 128;

/// The numbers of one side of a column.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Each of them, ascending; infinite ones may be among them, NaN may not.
    Sorted(&'a [f64]),
    /// As a profile keeps them.
    Ranked {
        /// The finite ones.
        ranks: &'a Ranks,
        /// How many are −∞, and how many ∞.
        infinite: [u64; 2],
        /// By how much a cumulative share may be off: 0 for exact ranks, else the sketch's rank error.
        rank_error: f64,
        /// Their standard deviation, denominator `n`, if it is known better than from the ranks.
        deviation: Option<f64>,
    },
}

/// One side of a numeric column.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    /// The values.
    pub values: Values<'a>,
    /// Rows without a value.
    pub nulls: u64,
}

/// Returns the drift between two sides of a column of numbers, each kept as rows or as ranks: equal values give equal results.
///
/// - **Shapes**: any numbers of values, possibly none. `ids`: what is wanted beside `ks` and `null_share`.
/// - **Units**: see [`TestId`]. Binned measures use the deciles of the reference: edges are its values of rank `⌈i n/10⌉`, bins
///   `(edge, edge]`, equal edges taken once, and what lies below the least value by itself where that is an edge.
/// - **Errors**: [`KernelError::Argument`] for values that do not ascend, a NaN, another `alpha` or `rank_error`, or more than 2⁵³
///   rows in all.
/// - **Law**: `ks` is exact, ties included, where that costs little: up to some 1,000 rows a side, or more while they differ little.
///   Beyond, it is Kolmogorov's; with a value that has more than 1 ‰ of the rows, ties included, that of 600 rows that stand for all,
///   permuted labels of up to 64 different values, or, of two values, the hypergeometric one. Other distances permute labels on up to 256
///   blocks of the pooled values. Binned measures follow their χ² laws or permute labels; below 1,000 rows of the reference each replicate
///   is cut at its own deciles.
/// - **Sketches**: whatever lies within the rank errors is taken for equal: `ks` and binned measures are judged by what exceeds them,
///   so they alarm at less than α; distances get a value and no verdict.
/// - **Odd data**: infinite values have no `wasserstein` or `energy`; a side without values has only `null_share`.
/// - **Numerics**: one sweep in ascending order, `O(n + m)`; equal inputs and seed give equal bits.
/// - **Source**: golden values from scipy 1.17.1 `ks_2samp`, `wasserstein_distance`, `energy_distance`.
pub fn of_numbers(
    reference: Numbers<'_>,
    current: Numbers<'_>,
    ids: &[TestId],
    settings: &Settings,
) -> Result<Column, KernelError> {
    settings.check()?;
    let (left, right) = (Side::of("reference", reference)?, Side::of("current", current)?);
    let rows = |side: &Side<'_>, nulls| Rows { values: side.rows(), nulls };
    let nulls = Nulls::of(rows(&left, reference.nulls), rows(&right, current.nulls))?;
    let wanted: BTreeSet<TestId> = ids.iter().copied().chain([TestId::Ks]).collect();
    let mut tests = BTreeMap::new();
    let (mut distances, mut binned) = (vec![], vec![]);
    let nothing = nulls.nothing_to_compare();
    for id in wanted.into_iter().filter(|&id| id != TestId::NullShare) {
        let none = match id {
            TestId::NewShare | TestId::VanishedShare => nothing.clone().or(Some(no_categories())),
            _ => nothing.clone(),
        };
        match (none, id) {
            (Some(reason), _) => {
                tests.insert(id, Test::not_computable(reason));
            }
            (None, TestId::Ks | TestId::Wasserstein | TestId::WassersteinNormed | TestId::Energy) => distances.push(id),
            (None, _) => binned.push(id),
        }
    }
    if !distances.is_empty() {
        tests.extend(of_distances(&left, &right, &distances, settings));
    }
    if !binned.is_empty() {
        tests.extend(of_bins(&left, &right, &binned, settings));
    }
    Ok(nulls.judge(tests, TestId::Ks, settings))
}

fn no_categories() -> Reason {
    Reason::Undefined("numbers have no categories".into())
}

/// The ranks of deciles among `rows` rows.
pub(super) fn tenths(rows: u64) -> impl Iterator<Item = u64> {
    (1..10).map(move |tenth| (tenth * rows).div_ceil(10))
}

/// The edges of the reference's deciles, each the greatest value of its bin; the last bin is open.
pub(super) fn deciles(reference: &Side<'_>) -> Vec<f64> {
    let mut edges: Vec<f64> = tenths(reference.rows()).filter_map(|rank| reference.nth(rank)).collect();
    if let (Some((least, _)), Some(&first)) = (reference.ends(), edges.first())
        && first == least
    {
        edges.insert(0, first.next_down()); // or smaller values would hide in the bin of the least
    }
    edges.dedup();
    edges
}

/// How many rows lie up to the first edge, between the edges, and above the last.
fn fill(side: &Side<'_>, edges: &[f64]) -> Vec<u64> {
    let mut before = 0;
    let ends = edges.iter().map(|&edge| side.at_most(edge)).chain([side.rows()]);
    ends.map(|up_to| up_to - std::mem::replace(&mut before, up_to)).collect()
}

fn of_bins(reference: &Side<'_>, current: &Side<'_>, ids: &[TestId], settings: &Settings) -> BTreeMap<TestId, Test> {
    let edges = deciles(reference);
    let table = Table::of(&fill(reference, &edges), &fill(current, &edges));
    let view = table.view();
    let uncertain = reference.rank_error + current.rank_error;
    let nearest = (uncertain > 0.0).then(|| nearest(&view, uncertain));
    let sure = nearest.as_deref().map(|current| View { current, ..view });
    let recut = if sure.is_none() { Recut::of(reference, current) } else { None };
    judge(&Case { view, sure, recut: recut.as_ref() }, ids, settings)
}

/// The current counts that are nearest to the reference's shares, each bin within the errors of its two edges.
fn nearest(view: &View<'_>, uncertain: f64) -> Vec<u64> {
    let of_bin = |(p, q): (f64, f64)| p.clamp((q - 2.0 * uncertain).max(0.0), q + 2.0 * uncertain);
    view.shares().map(|shares| (of_bin(shares) * view.m).round() as u64).collect()
}

fn of_distances(
    reference: &Side<'_>,
    current: &Side<'_>,
    ids: &[TestId],
    settings: &Settings,
) -> BTreeMap<TestId, Test> {
    let (n, m) = (reference.rows(), current.rows());
    let uncertain = reference.rank_error + current.rank_error;
    let mut tests = BTreeMap::new();
    let mut permuted = vec![];
    let mut blocks = Blocks::new(n + m, BLOCKS);
    let swept = ids.iter().any(|&id| id != TestId::Ks).then(|| {
        let mut sweep = Sweep::new(n, m);
        for_each_pooled(reference, current, |value, r, c| {
            sweep.take(value, r, c);
            blocks.take(value, r, c);
        });
        blocks.close();
        sweep
    });
    let found = swept.as_ref().map(Sweep::distances);
    for &id in ids {
        let test = match (id, found) {
            (TestId::Ks, _) => {
                let widest = swept.as_ref().map_or_else(|| widest(reference, current), Sweep::widest);
                let law = law_of_ks(widest, reference, current, settings);
                ks_judged(widest, law, (n, m), uncertain, settings)
            }
            (_, Some(found)) => match value_of(id, &found, reference, current) {
                Err(reason) => Test::not_computable(reason),
                Ok(value) if uncertain > 0.0 => {
                    Test::unjudged(value, Reason::Undefined("the values are those of a sketch".into()))
                }
                Ok(value) => {
                    permuted.extend((value > 0.0).then_some(id));
                    Test::judged(value, 1.0, settings.alpha) // or by permutation, below
                }
            },
            (_, None) => continue,
        };
        tests.insert(id, test);
    }
    for (id, p) in permute_blocks(&blocks, (n, m), &permuted, settings) {
        tests.entry(id).and_modify(|test| *test = Test::judged(test.value.unwrap_or(0.0), p, settings.alpha));
    }
    for (&id, test) in &mut tests {
        if let (Some(value), Some(found), false) = (test.value, found, id == TestId::Ks || uncertain > 0.0) {
            let rejects = test.verdict == Verdict::Drifted;
            test.interval = interval::of_distance(id, value, &found, settings.alpha, rejects);
        }
        let labellings = if id == TestId::Ks || n == m { 2.0 } else { 1.0 };
        test.withhold(too_few(n, m, settings.alpha, labellings).as_ref());
    }
    tests
}

/// Returns the test of many rows without ties.
pub(super) fn ks_test(widest: Widest, n: u64, m: u64, settings: &Settings) -> Test {
    let law = law_of_large(widest.distance(n, m), 0.0, n, m, settings);
    ks_judged(widest, law, (n, m), 0.0, settings)
}

fn ks_judged(
    widest: Widest,
    (p, threshold): (f64, Option<f64>),
    (n, m): (u64, u64),
    uncertain: f64,
    settings: &Settings,
) -> Test {
    let value = widest.distance(n, m);
    let interval = interval::of_ks(value, (n as f64, m as f64), uncertain, settings.alpha);
    Test { interval: Some(interval), ..Test::judged(value, p, settings.alpha).with_threshold(threshold) }
}

/// The p-values of distances, each against permutations of the same distance between blocks of pooled values.
fn permute_blocks(blocks: &Blocks, (n, m): (u64, u64), ids: &[TestId], settings: &Settings) -> BTreeMap<TestId, f64> {
    if ids.is_empty() {
        return BTreeMap::new();
    }
    let Blocks { positions, reference, current, .. } = blocks;
    let view = View { reference, current, positions, n: n as f64, m: m as f64 };
    let asked = |&id: &TestId| {
        let measure = if id == TestId::Energy { squared } else { wasserstein };
        Asked { measure, observed: measure(&view), is_sum: true }
    };
    let asked: Vec<Asked> = ids.iter().map(asked).collect();
    let found = permute(&view, &asked, settings).into_iter().map(|found| found.p_value);
    ids.iter().copied().zip(found).collect()
}

fn value_of(id: TestId, found: &Distances, reference: &Side<'_>, current: &Side<'_>) -> Computed {
    let ends = reference.ends().into_iter().chain(current.ends());
    if ends.into_iter().any(|(least, most)| least.is_infinite() || most.is_infinite()) {
        return Err(Reason::Undefined("infinite values have no distance".into()));
    }
    let value = match id {
        TestId::Energy => (2.0 * found.squared.0).sqrt(),
        TestId::WassersteinNormed => found.wasserstein.0 / deviation(reference)?,
        _ => found.wasserstein.0,
    };
    if value.is_finite() { Ok(value) } else { Err(Reason::Undefined("the values are too far apart for `f64`".into())) }
}

/// The standard deviation, denominator `n`, worked out in units of the greatest value, whose squares `f64` holds.
fn deviation(side: &Side<'_>) -> Computed {
    if let Some(known) = side.deviation {
        return Ok(known);
    }
    let (least, most) = side.ends().unwrap_or_default();
    if least == most {
        return Err(Reason::Constant("the reference".into()));
    }
    let (rows, unit) = (side.rows() as f64, least.abs().max(most.abs()));
    let mean = side.steps().map(|(value, count)| value / unit * (count as f64 / rows)).sum::<f64>();
    let square = |(value, count): (f64, u64)| {
        let away = value / unit - mean;
        away * away * (count as f64 / rows)
    };
    let found = side.steps().map(square).sum::<f64>().sqrt() * unit;
    let is_number = found.is_finite() && found > 0.0;
    if is_number { Ok(found) } else { Err(Reason::Undefined("the reference varies too little for `f64`".into())) }
}
