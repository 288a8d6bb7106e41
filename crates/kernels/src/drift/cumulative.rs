//! Distances of cumulative shares, in one sweep over the pooled values in ascending order.
use super::side::{Side, for_each_pooled};
use super::table::View;

/// `sup |F − G|` of two sides, and the most rows that share a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Widest {
    /// `sup |F − G| · n m`, a whole number.
    pub steps: u128,
    pub heaviest: u64,
}

impl Widest {
    /// Returns `sup |F − G|` of sides of so many rows.
    pub fn distance(&self, n: u64, m: u64) -> f64 {
        self.steps as f64 / (n as f64 * m as f64)
    }
}

/// Returns the widest gap of two sides with a value each.
pub(super) fn widest(reference: &Side<'_>, current: &Side<'_>) -> Widest {
    let mut gap = Gap::new(reference.rows(), current.rows());
    for_each_pooled(reference, current, |_, r, c| {
        gap.take(r, c);
    });
    gap.widest
}

/// `F − G` in whole steps of `1/(n m)`.
struct Gap {
    n: u64,
    m: u64,
    /// Whether the steps fit in 64 bits.
    is_small: bool,
    steps: i64,
    below: (u64, u64),
    widest: Widest,
}

impl Gap {
    fn new(n: u64, m: u64) -> Self {
        let is_small = u128::from(n) * u128::from(m) < 1 << 62;
        Self { n, m, is_small, steps: 0, below: (0, 0), widest: Widest { steps: 0, heaviest: 0 } }
    }

    /// Takes the rows of the next value, and returns the steps.
    fn take(&mut self, r: u64, c: u64) -> f64 {
        self.widest.heaviest = self.widest.heaviest.max(r.saturating_add(c));
        if self.is_small {
            self.steps += r as i64 * self.m as i64 - c as i64 * self.n as i64;
            self.widest.steps = self.widest.steps.max(u128::from(self.steps.unsigned_abs()));
            return self.steps as f64;
        }
        self.below = (self.below.0 + r, self.below.1 + c);
        let steps = i128::from(self.below.0) * i128::from(self.m) - i128::from(self.below.1) * i128::from(self.n);
        self.widest.steps = self.widest.steps.max(steps.unsigned_abs());
        steps as f64
    }
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

/// A sweep over values in ascending order, each with its rows of both sides.
///
/// The influence of a row at `x` on `∫ |F − G|` is `∫ₓ sign(F − G)` up to a constant, on the square `∫ₓ 2 (F − G)`: their
/// variances give the standard errors.
pub(super) struct Sweep {
    steps: Gap,
    /// `1/(n m)`.
    per_step: f64,
    /// `F − G` up to the last value.
    gap: f64,
    last: Option<f64>,
    absolute: f64,
    squared: f64,
    by_sign: f64,
    by_gap: f64,
    spreads: [[Spread; 2]; 2],
}

impl Sweep {
    /// Begins with sides of so many rows.
    pub fn new(n: u64, m: u64) -> Self {
        Self {
            steps: Gap::new(n, m),
            per_step: 1.0 / (n as f64 * m as f64),
            gap: 0.0,
            last: None,
            absolute: 0.0,
            squared: 0.0,
            by_sign: 0.0,
            by_gap: 0.0,
            spreads: [[Spread::default(); 2]; 2],
        }
    }

    /// Takes the next value, with its rows of the reference and of the current side.
    pub fn take(&mut self, value: f64, r: u64, c: u64) {
        if let Some(last) = self.last {
            let (width, gap) = (value - last, self.gap);
            self.absolute += width * gap.abs();
            self.squared += width * gap * gap;
            self.by_sign += if gap == 0.0 { 0.0 } else { width * gap.signum() };
            self.by_gap += width * 2.0 * gap;
        }
        let (of_reference, of_current) = (r as f64, c as f64);
        for (spread, influence) in self.spreads.iter_mut().zip([self.by_sign, self.by_gap]) {
            spread[0].take(influence, of_reference);
            spread[1].take(influence, of_current);
        }
        self.gap = self.steps.take(r, c) * self.per_step;
        self.last = Some(value);
    }

    /// Returns what [`widest`] does.
    pub fn widest(&self) -> Widest {
        self.steps.widest
    }

    /// Returns the distances.
    pub fn distances(&self) -> Distances {
        let (n, m) = (self.steps.n as f64, self.steps.m as f64);
        let error = |[of_reference, of_current]: [Spread; 2]| (of_reference.of_mean(n) + of_current.of_mean(m)).sqrt();
        Distances {
            wasserstein: (self.absolute, error(self.spreads[0])),
            squared: (self.squared, error(self.spreads[1])),
        }
    }
}

/// Pooled values in at most twice as many blocks as are asked for, of about equal weight; a value heavier than a block stays alone.
/// Each lies at the mean of its values.
pub(super) struct Blocks {
    /// Where each lies, and its rows of both sides.
    pub positions: Vec<f64>,
    pub reference: Vec<u64>,
    pub current: Vec<u64>,
    /// The rows of a full one.
    full: u64,
    /// Of the one that is being filled: its first value, its rows, and what its values are away from the first, over `full`.
    first: f64,
    rows: (u64, u64),
    away: f64,
}

impl Blocks {
    /// Begins with so many rows in all.
    pub fn new(rows: u64, blocks: u64) -> Self {
        let full = rows.div_ceil(blocks).max(1);
        let (positions, reference, current) = (vec![], vec![], vec![]);
        Self { positions, reference, current, full, first: 0.0, rows: (0, 0), away: 0.0 }
    }

    /// Takes the next value, ascending, with its rows of both sides.
    pub fn take(&mut self, value: f64, r: u64, c: u64) {
        let rows = r + c;
        if rows >= self.full {
            self.close();
        }
        if self.rows == (0, 0) {
            self.first = value;
        }
        self.rows = (self.rows.0 + r, self.rows.1 + c);
        self.away += (value - self.first) * (rows as f64 / self.full as f64);
        if self.rows.0 + self.rows.1 >= self.full {
            self.close();
        }
    }

    /// Closes the last one.
    pub fn close(&mut self) {
        let (r, c) = std::mem::take(&mut self.rows);
        if r + c > 0 {
            self.positions.push(self.first + self.away * (self.full as f64 / (r + c) as f64));
            self.reference.push(r);
            self.current.push(c);
        }
        self.away = 0.0;
    }
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
