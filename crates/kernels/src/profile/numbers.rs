use super::filter::Filter;
use super::gathered::{Gathered, merge_ends};
use super::kinds::Number;
use super::settings::Settings;
use super::table::Table;
use super::{CHUNK, TOP};
use crate::{KernelError, Kll, Moments, mix};
use std::mem::take;

/// Takes numbers of one type, in two ways.
///
/// While there are at most [`TOP`] different ones they are only counted, and everything else is worked out from the counts at
/// the end. From then on they are taken in chunks of [`CHUNK`], wherever the caller's blocks begin and end.
pub(super) struct Numbers<N: Number> {
    number: N,
    settings: Settings,
    seed: u64,
    gathered: Gathered,
    table: Table<N::Raw>,
    direct: Option<Direct<N::Raw>>,
}

/// What is needed once there are too many different numbers to count them all.
struct Direct<R> {
    seen: u64,
    chunk: Vec<R>,
    buffers: Buffers,
    filter: Filter,
    /// One of each `weight` numbers, on its way to the sketch.
    drawn: Vec<f64>,
    weight: u64,
    draws: u64,
}

/// Of a chunk, so that no chunk asks for memory of its own.
#[derive(Default)]
struct Buffers {
    values: Vec<f64>,
    hashes: Vec<u64>,
    keys: Vec<i64>,
}

impl<N: Number> Numbers<N> {
    pub(super) fn new(number: N, settings: Settings, seed: u64) -> Result<Self, KernelError> {
        let gathered = Gathered::new(Some(Kll::new(settings.k, seed)?));
        Ok(Self { number, settings, seed, gathered, table: Table::new(), direct: None })
    }

    pub(super) fn number(&self) -> N {
        self.number
    }

    pub(super) fn add(&mut self, values: impl IntoIterator<Item = N::Raw>) {
        let mut values = values.into_iter();
        if self.direct.is_none() {
            let Some(first) = self.count_some(&mut values) else { return };
            self.spill().chunk.push(first);
        }
        if let Some(mut direct) = self.direct.take() {
            for raw in values {
                direct.chunk.push(raw);
                if direct.chunk.len() == CHUNK {
                    self.take_chunk(&mut direct);
                }
            }
            self.direct = Some(direct);
        }
    }

    /// Takes numbers with how often each was seen.
    pub(super) fn add_counted(&mut self, values: impl IntoIterator<Item = (N::Raw, u64)>) {
        let mut left = Vec::new();
        for (raw, count) in values.into_iter().filter(|(_, count)| *count > 0) {
            let hash = self.number.hash(raw, self.number.number(raw));
            let is_counted = self.direct.is_none()
                && (self.table.count(hash, count) || self.table.insert(hash, count, TOP, || raw).is_ok());
            if !is_counted {
                left.push((raw, count));
                if left.len() == CHUNK {
                    self.take_uncounted(take(&mut left));
                }
            }
        }
        if !left.is_empty() {
            self.take_uncounted(left);
        }
    }

    fn take_uncounted(&mut self, left: Vec<(N::Raw, u64)>) {
        if self.direct.is_none() {
            self.spill();
        }
        for &(raw, count) in &left {
            self.table.count_or_forget(self.number.hash(raw, self.number.number(raw)), count, || raw);
        }
        self.take_counted(left);
    }

    pub(super) fn finish(mut self) -> Gathered {
        if let Some(mut direct) = self.direct.take() {
            if !direct.chunk.is_empty() {
                self.take_chunk(&mut direct);
            }
            self.flush_drawn(&mut direct);
            self.gathered.top_error += direct.filter.error();
        } else {
            self.work_out_counts();
        }
        self.gathered.top_error += self.table.error();
        // The sketch has not seen what was not drawn. Last, since coins follow from the ends.
        if let (Some(kll), Some((low, high))) = (&mut self.gathered.kll, &self.gathered.ends)
            && let (Some(low), Some(high)) = (low.number(), high.number())
        {
            kll.widen(low, high);
        }
        let number = self.number;
        self.gathered.top =
            self.table.into_entries().into_iter().map(|(_, count, raw)| (number.value(raw), count)).collect();
        self.gathered
    }

    /// Counts numbers until one is new and has no place; returns it.
    fn count_some(&mut self, values: &mut impl Iterator<Item = N::Raw>) -> Option<N::Raw> {
        for raw in values {
            let hash = self.number.hash(raw, self.number.number(raw));
            if !self.table.count(hash, 1) && self.table.insert(hash, 1, TOP, || raw).is_err() {
                return Some(raw);
            }
        }
        None
    }

    /// Works out what was only counted so far. The table stays: from here on it is for the most frequent numbers.
    fn spill(&mut self) -> &mut Direct<N::Raw> {
        self.work_out_counts();
        self.direct.insert(Direct {
            seen: self.gathered.counts.values(),
            chunk: Vec::with_capacity(CHUNK),
            buffers: Buffers::default(),
            filter: Filter::new(),
            drawn: Vec::new(),
            weight: 1,
            draws: 0,
        })
    }

    fn work_out_counts(&mut self) {
        let counted = self.table.entries().map(|(_, count, raw)| (*raw, count)).collect();
        self.take_counted(counted);
    }

    fn take_counted(&mut self, mut counted: Vec<(N::Raw, u64)>) {
        let number = self.number;
        counted.sort_unstable_by(|a, b| {
            let (less, more) = (number.is_less(a.0, b.0), number.is_less(b.0, a.0));
            more.cmp(&less).then(a.1.cmp(&b.1))
        });
        let values: Vec<(f64, u64)> = counted.iter().map(|&(raw, count)| (number.number(raw), count)).collect();
        self.gathered.moments.merge(&moments_of_counts(&values));
        if let Some(kll) = &mut self.gathered.kll {
            kll.update_counted(&values);
        }
        for (&(raw, count), &(value, _)) in counted.iter().zip(&values) {
            self.gathered.distinct.add(number.hash(raw, value));
            self.count_kind(number.is_whole(raw, value), count);
        }
        if let (Some(first), Some(last)) = (counted.first(), counted.last()) {
            self.widen(first.0, last.0);
            if let Some(direct) = &mut self.direct {
                direct.seen += counted.iter().map(|(_, count)| count).sum::<u64>();
            }
        }
    }

    fn take_chunk(&mut self, direct: &mut Direct<N::Raw>) {
        let number = self.number;
        let (chunk, mut buffers) = (take(&mut direct.chunk), take(&mut direct.buffers));
        let Buffers { values, hashes, .. } = &mut buffers;
        values.clear();
        values.extend(chunk.iter().map(|&raw| number.number(raw)));
        hashes.clear();
        hashes.extend(chunk.iter().zip(&*values).map(|(&raw, &value)| number.hash(raw, value)));
        self.gathered.distinct.extend(hashes);
        direct.filter.pass_chunk(hashes, |at| self.table.count_or_forget(hashes[at], 1, || chunk[at]));
        let Some(&first) = chunk.first() else { return };
        let (mut low, mut high) = (first, first);
        for &raw in &chunk {
            low = if number.is_less(raw, low) { raw } else { low };
            high = if number.is_less(high, raw) { raw } else { high };
        }
        self.widen(low, high);
        let whole = chunk.iter().zip(&*values).map(|(&raw, &value)| u64::from(number.is_whole(raw, value))).sum();
        self.count_kind(true, whole);
        self.count_kind(false, chunk.len() as u64 - whole);
        direct.seen += chunk.len() as u64;
        self.gathered.moments.merge(&moments_of(values));
        self.sketch(direct, &mut buffers);
        (direct.chunk, direct.buffers) = (chunk, buffers);
        direct.chunk.clear();
    }

    /// Brings a chunk to the sketch: all of it sorted, or one of each `weight` drawn from it.
    fn sketch(&mut self, direct: &mut Direct<N::Raw>, buffers: &mut Buffers) {
        let Buffers { values, keys, .. } = buffers;
        let weight = if values.len() == CHUNK { self.settings.weight(direct.seen) } else { 1 };
        if weight != direct.weight {
            self.flush_drawn(direct);
            direct.weight = weight;
        }
        if weight == 1 {
            if let Some(kll) = &mut self.gathered.kll {
                kll.update_block_in(values, keys);
            }
            return;
        }
        for group in values.chunks_exact(weight as usize) {
            direct.draws += 1;
            direct.drawn.push(group[(mix(self.seed, direct.draws) & (weight - 1)) as usize]);
        }
        if direct.drawn.len() >= CHUNK {
            self.flush_drawn(direct);
        }
    }

    fn flush_drawn(&mut self, direct: &mut Direct<N::Raw>) {
        direct.drawn.sort_unstable_by(f64::total_cmp);
        if let Some(kll) = &mut self.gathered.kll {
            kll.update_drawn(&direct.drawn, direct.weight);
        }
        let each = direct.weight.saturating_mul(direct.weight);
        self.gathered.thinned = self.gathered.thinned.saturating_add(each.saturating_mul(direct.drawn.len() as u64));
        direct.drawn.clear();
    }

    fn count_kind(&mut self, is_whole: bool, count: u64) {
        let counts = &mut self.gathered.counts;
        if let Some(kind) = self.number.time() {
            counts.datetime += count;
            counts.times[kind as usize] += count;
        } else if is_whole {
            counts.integral += count;
        } else {
            counts.fractional += count;
        }
    }

    fn widen(&mut self, low: N::Raw, high: N::Raw) {
        let (low, high) = (self.number.value(low), self.number.value(high));
        self.gathered.ends = merge_ends(self.gathered.ends.take(), Some((low, high)));
    }
}

/// Sums `f(value)` over eight lanes, then the lanes in order: the same order on every machine.
fn sum_in_lanes(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += f(value);
        }
    }
    lanes.into_iter().sum::<f64>() + rest.iter().map(|&value| f(value)).sum::<f64>()
}

/// Count, mean and sum of squared deviations of a block, in two passes.
fn moments_of(values: &[f64]) -> Moments {
    let count = values.len() as f64;
    let mean = sum_in_lanes(values, |value| value) / count;
    let squares = sum_in_lanes(values, |value| (value - mean) * (value - mean));
    if squares.is_finite() {
        return Moments::of_parts(values.len() as u64, mean, squares);
    }
    // What is too large to be summed may still have a mean.
    let mut moments = Moments::default();
    moments.extend(values);
    moments
}

/// As [`moments_of`], of values that were each seen so often, in the order given.
fn moments_of_counts(counted: &[(f64, u64)]) -> Moments {
    let weighted = || counted.iter().map(|&(value, count)| (value, count as f64));
    let count = counted.iter().map(|(_, count)| count).sum::<u64>();
    if count == 0 {
        return Moments::default();
    }
    let mean = weighted().map(|(value, count)| value * count).sum::<f64>() / count as f64;
    let squares = weighted().map(|(value, count)| count * (value - mean) * (value - mean)).sum::<f64>();
    if squares.is_finite() {
        return Moments::of_parts(count, mean, squares);
    }
    let mut moments = Moments::default();
    for &(value, count) in counted {
        moments.merge(&Moments::of_parts(count, value, 0.0));
    }
    moments
}
