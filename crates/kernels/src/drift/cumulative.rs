//! Distances of cumulative shares, in one sweep over the pooled values in ascending order.
#![expect(clippy::many_single_char_names, reason = "places and rows of two samples, as in the formulas")]
use super::side::{Side, pooled};
use super::table::View;

/// `sup |F − G|` of two sides, and the most rows that share a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widest {
    /// `sup |F − G| · n m`, a whole number.
    pub steps: u128,
    pub heaviest: u64,
}

/// Returns the widest gap of two sides with a value each and `n m` below 2⁶³ where rows were given.
pub(super) fn widest(reference: &Side<'_>, current: &Side<'_>) -> Widest {
    if let (Some(reference), Some(current)) = (reference.sorted(), current.sorted()) {
        return widest_of_rows(reference, current);
    }
    let (n, m) = (i128::from(reference.rows()), i128::from(current.rows()));
    let (mut gap, mut found) = (0i128, Widest { steps: 0, heaviest: 0 });
    for (_, r, c) in pooled(reference, current) {
        gap += i128::from(r) * m - i128::from(c) * n;
        found.steps = found.steps.max(gap.unsigned_abs());
        found.heaviest = found.heaviest.max(r.saturating_add(c));
    }
    found
}

/// Sweeps over two sorted samples for `ks` alone: no branch depends on the values, whose order no processor can guess.
fn widest_of_rows(reference: &[f64], current: &[f64]) -> Widest {
    let (n, m) = (reference.len(), current.len());
    let (mut i, mut j) = (0, 0);
    let (mut gap, mut run) = (0i64, 0);
    let (mut steps, mut heaviest) = (0u64, 0u64);
    while i < n && j < m {
        let (r, c) = (reference[i], current[j]);
        let value = r.min(c);
        let (from_reference, from_current) = (r <= value, c <= value);
        i += usize::from(from_reference);
        j += usize::from(from_current);
        gap += i64::from(from_reference) * m as i64 - i64::from(from_current) * n as i64;
        run += u64::from(from_reference) + u64::from(from_current);
        let ends = reference.get(i).is_none_or(|&next| next > value) && current.get(j).is_none_or(|&next| next > value);
        steps = steps.max(if ends { gap.unsigned_abs() } else { 0 });
        heaviest = heaviest.max(run);
        run = if ends { 0 } else { run };
    }
    // One side is through. The gap only closes now; a run of equal values may still go on, or be the heaviest.
    let rest = if i < n { &reference[i..] } else { &current[j..] };
    let started = i.checked_sub(1).map(|i| reference[i]).into_iter().chain(j.checked_sub(1).map(|j| current[j]));
    let mut value = started.fold(f64::NEG_INFINITY, f64::max);
    let step = if i < n { m as i64 } else { -(n as i64) };
    for &next in rest {
        if next > value {
            steps = steps.max(gap.unsigned_abs());
            run = 0;
        }
        value = next;
        gap += step;
        run += 1;
        heaviest = heaviest.max(run);
    }
    Widest { steps: u128::from(steps), heaviest }
}

/// What one sweep finds. `F`, `G` are the cumulative shares, `x` the values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Distances {
    /// `∫ |F − G| dx`, and its standard error.
    pub wasserstein: (f64, f64),
    /// `∫ (F − G)² dx`, and its standard error.
    pub squared: (f64, f64),
}

/// Sums of one influence function over the rows of one side, shifted by what the first row has.
#[derive(Clone, Copy, Default)]
struct Spread {
    sum: f64,
    squares: f64,
}

impl Spread {
    fn take(&mut self, influence: f64, rows: f64) {
        self.sum += rows * influence;
        self.squares += rows * influence * influence;
    }

    /// The variance of the mean of `rows` rows; infinite where the sums exceed `f64`.
    fn of_mean(self, rows: f64) -> f64 {
        if !self.squares.is_finite() {
            return f64::INFINITY;
        }
        let mean = self.sum / rows;
        (self.squares / rows - mean * mean).max(0.0) / rows
    }
}

/// Sweeps over `(value, rows of the reference, rows of the current side)` in ascending order of values.
///
/// The influence of a row at `x` on `∫ |F − G|` is `∫ₓ sign(F − G)` up to a constant, on the square `∫ₓ 2 (F − G)`: their
/// variances give the standard errors.
pub(super) fn sweep(steps: impl Iterator<Item = (f64, u64, u64)>, n: u64, m: u64) -> Distances {
    let mut below = (0u64, 0u64);
    let (mut absolute, mut squared) = (0.0, 0.0);
    let (mut by_sign, mut by_gap) = (0.0, 0.0);
    let mut spreads = [[Spread::default(); 2]; 2];
    let (mut last, mut gap) = (None, 0.0);
    for (value, r, c) in steps {
        if let Some(last) = last {
            let width: f64 = value - last;
            absolute += width * f64::abs(gap);
            squared += width * gap * gap;
            by_sign += if gap == 0.0 { 0.0 } else { width * f64::signum(gap) };
            by_gap += width * 2.0 * gap;
        }
        for (spread, influence) in spreads.iter_mut().zip([by_sign, by_gap]) {
            spread[0].take(influence, r as f64);
            spread[1].take(influence, c as f64);
        }
        below = (below.0 + r, below.1 + c);
        gap = below.0 as f64 / n as f64 - below.1 as f64 / m as f64;
        last = Some(value);
    }
    let error = |[of_reference, of_current]: [Spread; 2]| {
        (of_reference.of_mean(n as f64) + of_current.of_mean(m as f64)).sqrt()
    };
    Distances { wasserstein: (absolute, error(spreads[0])), squared: (squared, error(spreads[1])) }
}

/// Groups pooled values into at most `2 · blocks` of about equal weight; a value heavier than a block stays alone.
/// Each lies at the mean of its values.
pub(super) fn compress(
    steps: impl Iterator<Item = (f64, u64, u64)>,
    rows: u64,
    blocks: u64,
) -> (Vec<f64>, Vec<u64>, Vec<u64>) {
    let full = rows.div_ceil(blocks).max(1);
    let mut blocks = (vec![], vec![], vec![]);
    let (mut mean, mut rows) = (0.0, (0, 0));
    let mut close = |mean: f64, (r, c): (u64, u64)| {
        if r + c > 0 {
            blocks.0.push(mean);
            blocks.1.push(r);
            blocks.2.push(c);
        }
    };
    for (value, r, c) in steps {
        if r + c >= full {
            close(mean, rows);
            (mean, rows) = (0.0, (0, 0));
        }
        rows = (rows.0 + r, rows.1 + c);
        mean += (value - mean) * ((r + c) as f64 / (rows.0 + rows.1) as f64);
        if rows.0 + rows.1 >= full {
            close(mean, rows);
            (mean, rows) = (0.0, (0, 0));
        }
    }
    close(mean, rows);
    blocks
}

/// `sup |F − G|` over the cells of a table, in their order.
pub(super) fn ks(view: &View<'_>) -> f64 {
    let (mut widest, mut below) = (0.0, (0.0, 0.0));
    for (r, c) in view.counts() {
        below = (below.0 + r, below.1 + c);
        widest = f64::max(widest, (below.0 / view.n - below.1 / view.m).abs());
    }
    widest
}

/// `∫ |F − G| dx` over the cells of a table with positions.
pub(super) fn wasserstein(view: &View<'_>) -> f64 {
    over_widths(view, f64::abs)
}

/// `∫ (F − G)² dx` over the cells of a table with positions.
pub(super) fn squared(view: &View<'_>) -> f64 {
    over_widths(view, |gap| gap * gap)
}

fn over_widths(view: &View<'_>, of_gap: fn(f64) -> f64) -> f64 {
    let (mut total, mut below) = (0.0, (0.0, 0.0));
    for ((r, c), [from, to]) in view.counts().zip(view.positions.array_windows()) {
        below = (below.0 + r, below.1 + c);
        total += (to - from) * of_gap(below.0 / view.n - below.1 / view.m);
    }
    total
}
