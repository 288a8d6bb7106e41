use super::dense::Dense;
use super::filter::Filter;
use super::gathered::{Gathered, merge_ends};
use super::kinds::{Number, Read};
use super::settings::Settings;
use super::table::Table;
use super::{CHUNK, TOP};
use crate::kll::key_of;
use crate::{KernelError, Kll, Moments, mix};
use std::cmp::Reverse;
use std::mem::take;

/// Takes numbers of one type, in two ways.
///
/// While there are at most [`TOP`] different ones beside those that [`Dense`] has, they are only counted, and everything else is worked
/// out from the counts at the end. From then on they are taken in chunks of [`CHUNK`], wherever the caller's blocks begin and end.
pub(super) struct Numbers<N: Number> {
    number: N,
    settings: Settings,
    seed: u64,
    gathered: Gathered,
    dense: Dense,
    table: Table<N::Raw>,
    direct: Option<Direct<N::Raw>>,
}

/// What is needed once there are too many different numbers to count them all.
struct Direct<R> {
    seen: u64,
    chunk: Vec<R>,
    buffers: Buffers,
    filter: Filter,
    /// One of each `weight` numbers, on its way to the sketch: as integers in their order, which are sorted in half the time.
    drawn: Vec<i64>,
    weight: u64,
    draws: u64,
}

/// Of a chunk, so that no chunk asks for memory of its own.
#[derive(Default)]
struct Buffers {
    read: Read,
    keys: Vec<i64>,
}

impl<N: Number> Numbers<N> {
    pub(super) fn new(number: N, settings: Settings, seed: u64) -> Result<Self, KernelError> {
        let gathered = Gathered::new(Some(Kll::new(settings.k, seed)?));
        Ok(Self { number, settings, seed, gathered, dense: Dense::new(), table: Table::new(), direct: None })
    }

    pub(super) fn number(&self) -> N {
        self.number
    }

    pub(super) fn add(&mut self, values: &[N::Raw]) {
        let mut left = values;
        if self.direct.is_none() {
            left = self.count_some(left);
            if left.is_empty() {
                return;
            }
            self.spill();
        }
        let Some(mut direct) = self.direct.take() else { return };
        if !direct.chunk.is_empty() {
            let (first, rest) = left.split_at(left.len().min(CHUNK - direct.chunk.len()));
            direct.chunk.extend_from_slice(first);
            left = rest;
            if direct.chunk.len() == CHUNK {
                self.take_begun(&mut direct);
            }
        }
        let (chunks, rest) = left.as_chunks::<CHUNK>();
        for chunk in chunks {
            self.take_chunk(&mut direct, chunk);
        }
        direct.chunk.extend_from_slice(rest);
        self.direct = Some(direct);
    }

    pub(super) fn finish(mut self) -> Gathered {
        let number = self.number;
        let Some(mut direct) = self.direct.take() else {
            let counted = self.work_out_counts();
            self.gathered.top = counted.into_iter().map(|(raw, count)| (number.value(raw), count)).collect();
            return self.gathered;
        };
        if !direct.chunk.is_empty() {
            self.take_begun(&mut direct);
        }
        self.flush_drawn(&mut direct);
        // The sketch has not seen what was not drawn. Last, since coins follow from the ends.
        if let (Some(kll), Some((low, high))) = (&mut self.gathered.kll, &self.gathered.ends)
            && let (Some(low), Some(high)) = (low.number(), high.number())
        {
            kll.widen(low, high);
        }
        let error = self.gathered.top_error + direct.filter.error() + self.table.error();
        let counted = self.table.into_entries().into_iter().map(|(_, count, raw)| (number.value(raw), count));
        self.gathered.take_top(counted, error);
        self.gathered
    }

    /// Counts numbers until one is new and has no place; returns it and those after it.
    fn count_some<'a>(&mut self, values: &'a [N::Raw]) -> &'a [N::Raw] {
        let mut left = values;
        loop {
            left = self.dense.count_some(self.number, left);
            let Some((&raw, rest)) = left.split_first() else { return left };
            if !self.count(raw, 1) {
                return left;
            }
            left = rest;
        }
    }

    /// Counts a number; false if it is new and has no place.
    fn count(&mut self, raw: N::Raw, count: u64) -> bool {
        if self.dense.count(self.number, raw, count) {
            return true;
        }
        let hash = self.number.hash(raw, self.number.number(raw));
        self.table.count(hash, count, |&other| self.number.is_same(raw, other))
            || self.table.insert(hash, count, TOP, || raw).is_ok()
    }

    /// Works out what was only counted so far. From here on the table is for the most frequent numbers.
    fn spill(&mut self) -> &mut Direct<N::Raw> {
        let mut counted = self.work_out_counts();
        counted.sort_by_key(|(_, count)| Reverse(*count));
        self.table = Table::new();
        for (place, &(raw, count)) in counted.iter().enumerate() {
            let hash = self.number.hash(raw, self.number.number(raw));
            if place >= TOP || self.table.insert(hash, count, TOP, || raw).is_err() {
                self.gathered.top_error += count; // of the largest that is left out, so of all after it
                break;
            }
        }
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

    /// Works out everything from the counts; returns them, ascending.
    fn work_out_counts(&mut self) -> Vec<(N::Raw, u64)> {
        let mut counted = self.dense.take(self.number);
        counted.extend(self.table.entries().map(|(_, count, raw)| (*raw, count)));
        self.take_counted(counted)
    }

    /// Takes numbers with how often each was seen; returns them ascending, each once.
    fn take_counted(&mut self, mut counted: Vec<(N::Raw, u64)>) -> Vec<(N::Raw, u64)> {
        let number = self.number;
        let order = |a: N::Raw, b: N::Raw| number.is_less(b, a).cmp(&number.is_less(a, b));
        counted.sort_unstable_by(|a, b| order(a.0, b.0));
        counted.dedup_by(|later, kept| {
            let is_same = order(later.0, kept.0).is_eq();
            kept.1 += if is_same { later.1 } else { 0 };
            is_same
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
        }
        counted
    }

    /// Takes the chunk that was put together from several blocks.
    fn take_begun(&mut self, direct: &mut Direct<N::Raw>) {
        let mut chunk = take(&mut direct.chunk);
        self.take_chunk(direct, &chunk);
        chunk.clear();
        direct.chunk = chunk;
    }

    fn take_chunk(&mut self, direct: &mut Direct<N::Raw>, chunk: &[N::Raw]) {
        let number = self.number;
        let Some((low, high)) = ends_of(number, chunk) else { return };
        self.widen(low, high);
        let mut buffers = take(&mut direct.buffers);
        number.read(chunk, &mut buffers.read);
        let Read { numbers, hashes, whole } = &buffers.read;
        self.gathered.distinct.extend(hashes);
        direct.filter.pass(hashes, |at| {
            self.table.count_or_forget(hashes[at], 1, |&other| number.is_same(chunk[at], other), || chunk[at]);
        });
        self.count_kind(true, *whole);
        self.count_kind(false, chunk.len() as u64 - *whole);
        direct.seen += chunk.len() as u64;
        self.gathered.moments.merge(&moments_of(numbers));
        self.sketch(direct, &mut buffers);
        direct.buffers = buffers;
    }

    /// Brings a chunk to the sketch: all of it sorted, or one of each `weight` drawn from it.
    fn sketch(&mut self, direct: &mut Direct<N::Raw>, buffers: &mut Buffers) {
        let Buffers { read: Read { numbers: values, .. }, keys } = buffers;
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
            direct.drawn.push(key_of(group[(mix(self.seed, direct.draws) & (weight - 1)) as usize]));
        }
        if direct.drawn.len() >= CHUNK {
            self.flush_drawn(direct);
        }
    }

    fn flush_drawn(&mut self, direct: &mut Direct<N::Raw>) {
        direct.drawn.sort_unstable();
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

/// The least and the largest of a chunk, in four lanes, so that no number waits for the one before.
fn ends_of<N: Number>(number: N, chunk: &[N::Raw]) -> Option<(N::Raw, N::Raw)> {
    let less = |a: N::Raw, b: N::Raw| if number.is_less(a, b) { a } else { b };
    let more = |a: N::Raw, b: N::Raw| if number.is_less(b, a) { a } else { b };
    let first = *chunk.first()?;
    let (mut lows, mut highs) = ([first; 4], [first; 4]);
    let (fours, rest) = chunk.as_chunks::<4>();
    for four in fours {
        for lane in 0..4 {
            lows[lane] = less(four[lane], lows[lane]);
            highs[lane] = more(four[lane], highs[lane]);
        }
    }
    let low = lows.iter().chain(rest).copied().reduce(|low, raw| less(raw, low))?;
    let high = highs.iter().chain(rest).copied().reduce(|high, raw| more(raw, high))?;
    Some((low, high))
}

/// Sums `f(value)` over eight lanes, then the lanes in order: the same order on every machine.
pub(super) fn sum_in_lanes(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
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
