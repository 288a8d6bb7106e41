//! Measures of the two-way table that are no sums of one divergence.
use super::table::View;
use crate::{Computed, Reason};

/// Returns the robust L∞ distance, `max(0, value − c √((n + m)/(n m)))`.
///
/// - **Input**: `value`, the simple distance, [`super::TestId::LInfinity`]; `n`, `m` rows of the two sides, at least 1; `c`, 1.8 in
///   the managed monitor.
/// - **Source**: Deequ's `Distance`. Its `c` is that of a gap of *cumulative* shares, of which 1.8 has α ≈ 0.003; a single share
///   varies less, so the distance is more cautious than that.
pub fn l_infinity_robust(value: f64, n: u64, m: u64, c: f64) -> f64 {
    (value - c * (1.0 / n as f64 + 1.0 / m as f64).sqrt()).max(0.0)
}

pub(super) fn l_infinity(view: &View<'_>) -> f64 {
    view.shares().map(|(p, q)| (p - q).abs()).fold(0.0, f64::max)
}

pub(super) fn total_variation(view: &View<'_>) -> f64 {
    (0.5 * view.shares().map(|(p, q)| (p - q).abs()).sum::<f64>()).min(1.0)
}

pub(super) fn chi_square(view: &View<'_>) -> f64 {
    let (n, m) = (view.n, view.m);
    let part = |(r, c): (f64, f64)| {
        let gap = r * m - c * n;
        gap * gap / ((r + c) * n * m)
    };
    view.counts().map(part).sum()
}

pub(super) fn g_test(view: &View<'_>) -> f64 {
    let (n, m) = (view.n, view.m);
    let part =
        |own: f64, rows: f64, both: f64| if own > 0.0 { own * libm::log(own * (n + m) / (rows * both)) } else { 0.0 };
    (2.0 * view.counts().map(|(r, c)| part(r, n, r + c) + part(c, m, r + c)).sum::<f64>()).max(0.0)
}

/// By what `G` is too large in small tables: Williams' (1976) `1 + (N Σ 1/rows − 1)(N Σ 1/columns − 1) / (6 N (cells − 1))`.
pub(super) fn williams(view: &View<'_>) -> f64 {
    let all = view.n + view.m;
    let cells: f64 = view.counts().map(|(r, c)| 1.0 / (r + c)).sum();
    1.0 + (all * view.noise() - 1.0) * (all * cells - 1.0) / (6.0 * all * (view.cells() as f64 - 1.0))
}

/// Cramér's V from χ², with Bergsma's correction for the table's size; the caller has two cells at least.
pub(super) fn cramers_v(view: &View<'_>, chi_square: f64) -> Computed {
    let (all, cells) = (view.n + view.m, view.cells() as f64);
    let (less, more) = (all - 1.0, cells - 1.0);
    let association = (chi_square / all - more / less).max(0.0);
    let smaller = (2.0 - 1.0 / less).min(cells - more * more / less) - 1.0;
    if smaller > 0.0 {
        return Ok((association / smaller).sqrt().min(1.0));
    }
    Err(Reason::TooFew {
        what: "rows for the correction of Cramér's V".into(),
        have: all as u64,
        need: view.cells() as u64 + 1,
    })
}

pub(super) fn new_share(view: &View<'_>) -> f64 {
    view.shares().filter(|&(p, _)| p == 0.0).fold(0.0, |sum, (_, q)| sum + q)
}

pub(super) fn vanished_share(view: &View<'_>) -> f64 {
    view.shares().filter(|&(_, q)| q == 0.0).fold(0.0, |sum, (p, _)| sum + p)
}
