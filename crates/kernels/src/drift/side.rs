//! One side of a numeric column, whatever it is kept as: ascending values, each with its rows.
use super::numbers::{Numbers, Values};
use crate::{KernelError, Ranks};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Ascending values, and how many rows each has: one if not said.
#[derive(Clone, Debug)]
pub(super) struct Side<'a> {
    values: Cow<'a, [f64]>,
    /// Rows up to and including each value.
    up_to: Option<Vec<u64>>,
    /// By how much a cumulative share may be off.
    pub rank_error: f64,
    pub deviation: Option<f64>,
}

impl<'a> Side<'a> {
    /// Takes over one side; `name` is that of its argument.
    pub fn of(name: &'static str, side: Numbers<'a>) -> Result<Self, KernelError> {
        let wrong = |found: String, expected| KernelError::Argument { name, found, expected };
        let (values, up_to, rank_error, deviation) = match side.values {
            Values::Sorted(values) => (Cow::Borrowed(values), None, 0.0, None),
            Values::Ranked { ranks, infinite, rank_error, deviation } => {
                if !(0.0..=1.0).contains(&rank_error) {
                    return Err(wrong(format!("rank_error {rank_error}"), "a rank error from 0 to 1"));
                }
                let (values, up_to) = weighted(ranks, infinite);
                (Cow::Owned(values), Some(up_to), rank_error, deviation.filter(|found| *found > 0.0))
            }
        };
        if values.first().is_some_and(|value| value.is_nan()) {
            return Err(wrong("NaN".into(), "numbers"));
        }
        if let Some([a, b]) = values.array_windows().find(|[a, b]| a.partial_cmp(b).is_none_or(Ordering::is_gt)) {
            return Err(wrong(format!("{a} before {b}"), "ascending numbers"));
        }
        Ok(Self { values, up_to, rank_error, deviation })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.up_to.as_ref().map_or(self.values.len() as u64, |up_to| up_to.last().copied().unwrap_or(0))
    }

    /// Returns the rows themselves, where each was given.
    pub fn sorted(&self) -> Option<&[f64]> {
        self.up_to.is_none().then_some(&self.values)
    }

    /// Returns how many rows are at most `value`.
    pub fn at_most(&self, value: f64) -> u64 {
        let place = self.values.partition_point(|&own| own <= value);
        self.before(place)
    }

    /// Returns the value of this rank, counted from 1; the greatest one beyond them, none without values.
    pub fn nth(&self, rank: u64) -> Option<f64> {
        let place = match &self.up_to {
            Some(up_to) => up_to.partition_point(|&rows| rows < rank),
            None => (rank as usize).saturating_sub(1),
        };
        self.values.get(place).or(self.values.last()).copied()
    }

    /// Returns the least and the greatest value.
    pub fn ends(&self) -> Option<(f64, f64)> {
        self.values.first().copied().zip(self.values.last().copied())
    }

    /// Returns the different values with their rows.
    pub fn steps(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let value = *self.values.get(at)?;
            let from = at;
            while self.values.get(at) == Some(&value) {
                at += 1;
            }
            Some((value, self.before(at) - self.before(from)))
        })
    }

    /// Rows of so many of the least values.
    fn before(&self, place: usize) -> u64 {
        match &self.up_to {
            Some(up_to) => place.checked_sub(1).and_then(|last| up_to.get(last)).copied().unwrap_or(0),
            None => place as u64,
        }
    }
}

fn weighted(ranks: &Ranks, [below, above]: [u64; 2]) -> (Vec<f64>, Vec<u64>) {
    let mut values = Vec::with_capacity(ranks.values().len() + 2);
    let mut up_to = Vec::with_capacity(ranks.values().len() + 2);
    let mut take = |value: f64, rows: u64, before: u64| {
        if rows > before {
            values.push(value);
            up_to.push(rows);
        }
        rows.max(before)
    };
    let mut rows = take(f64::NEG_INFINITY, below, 0);
    for (value, up_to) in ranks.steps() {
        rows = take(value, below.saturating_add(up_to), rows);
    }
    take(f64::INFINITY, rows.saturating_add(above), rows);
    (values, up_to)
}

/// Hands over what [`pooled`] returns. Of rows it is three times as fast: no branch depends on which side has the next value, which no
/// processor can guess.
pub(super) fn for_each_pooled(reference: &Side<'_>, current: &Side<'_>, mut take: impl FnMut(f64, u64, u64)) {
    let (Some(left), Some(right)) = (reference.sorted(), current.sorted()) else {
        return pooled(reference, current).for_each(|(value, r, c)| take(value, r, c));
    };
    let (mut i, mut j, mut value, mut rows) = (0, 0, f64::NEG_INFINITY, (0, 0));
    while let (Some(&r), Some(&c)) = (left.get(i), right.get(j)) {
        value = if r < c { r } else { c };
        let (from_reference, from_current) = (r <= value, c <= value);
        i += usize::from(from_reference);
        j += usize::from(from_current);
        rows = (rows.0 + u64::from(from_reference), rows.1 + u64::from(from_current));
        let is_through = |next: Option<&f64>| next.is_none_or(|&next| next > value);
        if is_through(left.get(i)) && is_through(right.get(j)) {
            take(value, rows.0, rows.1);
            rows = (0, 0);
        }
    }
    // One side is through; the other may go on with the value of a run that is not.
    for (rest, of) in [(&left[i..], (1, 0)), (&right[j..], (0, 1))] {
        for &next in rest {
            if next > value && rows != (0, 0) {
                take(value, rows.0, rows.1);
                rows = (0, 0);
            }
            value = next;
            rows = (rows.0 + of.0, rows.1 + of.1);
        }
    }
    if rows != (0, 0) {
        take(value, rows.0, rows.1);
    }
}

/// Returns the different values of both sides with the rows that each side has.
pub(super) fn pooled<'a>(reference: &'a Side<'_>, current: &'a Side<'_>) -> impl Iterator<Item = (f64, u64, u64)> + 'a {
    let (mut left, mut right) = (reference.steps(), current.steps());
    let (mut r, mut c) = (left.next(), right.next());
    std::iter::from_fn(move || {
        let value = match (r, c) {
            (Some(r), Some(c)) => r.0.min(c.0),
            (Some(one), None) | (None, Some(one)) => one.0,
            (None, None) => return None,
        };
        let mut rows = (0, 0);
        if let Some(step) = r.filter(|step| step.0 == value) {
            (rows.0, r) = (step.1, left.next());
        }
        if let Some(step) = c.filter(|step| step.0 == value) {
            (rows.1, c) = (step.1, right.next());
        }
        Some((value, rows.0, rows.1))
    })
}
