//! `ks` of large samples of hardly any ties, whose values need not be sorted: most of them lie where the gap cannot be widest.
use super::cumulative::Widest;
use super::ks::{HEAVY, needs_order};
use super::model::{Column, Settings, TestId};
use super::nulls::{Nulls, Rows};
use super::numbers::ks_test;
use crate::KernelError;
use std::collections::BTreeMap;

/// Buckets of values, in ascending order: few rows are in each, and their counts stay in the second cache.
const BUCKETS: usize = 32_768;
/// What is looked at of a side to choose buckets.
const SAMPLE: usize = 2_048;
/// A sample in which a value is there so often is one with ties.
const TIED: usize = 8;
/// With more of the rows in buckets that must be sorted, all are.
const MOST_SORTED: f64 = 0.6;

/// Returns what [`super::of_numbers`] does with the rows in any order and no `ids`, to the last bit, in a tenth of the time of sorting
/// them; nothing where they have to be sorted: up to some 10,000 rows, with ties, or with values too far apart.
///
/// - **Input**: the values of either side, without NaN, and `nulls`, the rows without a value of the reference and the current side.
/// - **Errors**: as [`super::of_numbers`].
/// - **Numerics**: two passes over the values, which are counted by bucket; only buckets in which the gap may exceed that at any
///   bucket's end are sorted, in whole numbers.
pub fn of_unsorted(
    reference: &[f64],
    current: &[f64],
    nulls: [u64; 2],
    settings: &Settings,
) -> Result<Option<Column>, KernelError> {
    settings.check()?;
    let (n, m) = (reference.len() as u64, current.len() as u64);
    let rows = |values, nulls| Rows { values, nulls };
    let nulls = Nulls::of(rows(n, nulls[0]), rows(m, nulls[1]))?;
    let Some(found) = widest(reference, current) else { return Ok(None) };
    if needs_order(found, n, m) {
        return Ok(None);
    }
    let test = ks_test(found, n, m, settings);
    Ok(Some(nulls.judge(BTreeMap::from([(TestId::Ks, test)]), TestId::Ks, settings)))
}

/// The same order as that of the values.
fn key(value: f64) -> u64 {
    const SIGN: u64 = 1 << 63;
    let bits = (value + 0.0).to_bits(); // −0 is 0
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn widest(reference: &[f64], current: &[f64]) -> Option<Widest> {
    let (n, m) = (reference.len(), current.len());
    let is_countable = u32::try_from(n.max(m)).is_ok() && (n as u128) * (m as u128) < 1 << 62;
    if n == 0 || m == 0 || n + m < 20_000 || !is_countable {
        return None;
    }
    let samples = [sample(reference), sample(current)];
    let mut both = samples.concat();
    both.sort_unstable_by(f64::total_cmp);
    let is_tied = both.windows(TIED).any(|run| run.first() == run.last());
    let at = |share: f64| both.get((share * both.len() as f64) as usize).copied();
    let (low, high) = at(0.001).zip(at(0.999))?;
    if is_tied || low >= high || !(high - low).is_finite() {
        return None;
    }
    // By the distance of values, or by that of their bits, which is near that of their logarithms where all have one sign.
    let per_unit = BUCKETS as f64 / (high - low);
    let by_value = |value: f64| (((value - low) * per_unit) as usize).min(BUCKETS - 1);
    let (least, width) = (key(low), key(high) - key(low));
    let shift = (64 - width.leading_zeros()).saturating_sub(BUCKETS.ilog2());
    let by_bits = |value: f64| ((key(value).saturating_sub(least) >> shift) as usize).min(BUCKETS - 1);
    let crowd = |place: &dyn Fn(f64) -> usize| {
        let mut places: Vec<usize> = both.iter().map(|&value| place(value)).collect();
        places.sort_unstable();
        places.chunk_by(|a, b| a == b).map(|run| run.len() * run.len()).sum::<usize>()
    };
    if !per_unit.is_finite() || crowd(&by_bits) < crowd(&by_value) {
        widest_by(by_bits, reference, current)
    } else {
        widest_by(by_value, reference, current)
    }
}

/// Some finite values, from all over the side.
fn sample(values: &[f64]) -> Vec<f64> {
    let some = values.iter().copied().step_by(values.len() / SAMPLE + 1);
    some.filter(|value| value.is_finite()).collect()
}

/// A bucket that must be sorted.
struct Open {
    place: usize,
    /// The gap before it, in steps.
    gap: i64,
    rows: [usize; 2],
}

/// Sweeps over buckets that `place` gives, in the order of values.
fn widest_by(place: impl Fn(f64) -> usize, reference: &[f64], current: &[f64]) -> Option<Widest> {
    let counts = [count(&place, reference)?, count(&place, current)?];
    let (n, m) = (reference.len() as i64, current.len() as i64);
    let of_rows = |r: u32, c: u32| i64::from(r) * m - i64::from(c) * n;
    let (mut gap, mut steps) = (0i64, 0u64);
    for (&r, &c) in counts[0].iter().zip(&counts[1]) {
        gap += of_rows(r, c);
        steps = steps.max(gap.unsigned_abs());
    }
    let (mut open, mut sorted, mut gap) = (vec![], 0, 0i64);
    for (place, (&r, &c)) in counts[0].iter().zip(&counts[1]).enumerate() {
        let reaches = (gap + of_rows(r, 0)).unsigned_abs().max((gap + of_rows(0, c)).unsigned_abs());
        let is_heavy = u64::from(r) + u64::from(c) > (n + m) as u64 / HEAVY;
        if is_heavy || r > 0 && c > 0 && reaches > steps {
            open.push(Open { place, gap, rows: [r as usize, c as usize] });
            sorted += r as usize + c as usize;
        }
        gap += of_rows(r, c);
    }
    if sorted as f64 > MOST_SORTED * (n + m) as f64 {
        return None;
    }
    let mut is_open = vec![false; BUCKETS];
    open.iter().for_each(|bucket| is_open[bucket.place] = true);
    let inside = |values: &[f64]| -> Vec<f64> {
        let is_inside = |value: &f64| is_open.get(place(*value)).copied().unwrap_or(false);
        let mut inside: Vec<f64> = values.iter().copied().filter(is_inside).collect();
        inside.sort_unstable_by(f64::total_cmp);
        inside
    };
    let (left, right) = (inside(reference), inside(current));
    let (mut left, mut right) = (&left[..], &right[..]);
    let mut found = Widest { steps: u128::from(steps), heaviest: 0 };
    for bucket in open {
        let (own, rest) = left.split_at_checked(bucket.rows[0])?;
        let (other, later) = right.split_at_checked(bucket.rows[1])?;
        (left, right) = (rest, later);
        sweep(own, other, bucket.gap, [m, n], &mut found);
    }
    Some(found)
}

/// How many values are in each bucket; nothing if one is NaN.
fn count(place: &impl Fn(f64) -> usize, values: &[f64]) -> Option<Vec<u32>> {
    let mut counts = vec![0u32; BUCKETS];
    let mut is_number = true;
    for &value in values {
        is_number &= !value.is_nan();
        if let Some(count) = counts.get_mut(place(value)) {
            *count += 1;
        }
    }
    is_number.then_some(counts)
}

/// Sweeps over the ascending values of one bucket: a row of the reference widens the gap by the first of `by`, one of the current side
/// narrows it by the second.
fn sweep(mut left: &[f64], mut right: &[f64], mut gap: i64, by: [i64; 2], found: &mut Widest) {
    while let Some(value) = least(left, right) {
        let run = |side: &[f64]| side.iter().take_while(|&&own| own == value).count();
        let (r, c) = (run(left), run(right));
        gap += r as i64 * by[0] - c as i64 * by[1];
        found.steps = found.steps.max(u128::from(gap.unsigned_abs()));
        found.heaviest = found.heaviest.max((r + c) as u64);
        (left, right) = (left.get(r..).unwrap_or_default(), right.get(c..).unwrap_or_default());
    }
}

fn least(left: &[f64], right: &[f64]) -> Option<f64> {
    match (left.first(), right.first()) {
        (Some(&one), Some(&other)) => Some(one.min(other)),
        (one, other) => one.or(other).copied(),
    }
}
