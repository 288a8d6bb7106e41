//! Texts of one column on their way into a profile. Invariant: where blocks begin and end makes no difference. It deliberately keeps
//! no text longer than a value does.
use super::filter::Filter;
use super::gathered::{Gathered, Lengths, merge_ends};
use super::kinds::SEED;
use super::shape::{Look, look, look_after};
use super::table::Table;
use super::value::{Value, cmp_texts};
use super::{CHUNK, TOP};
use crate::hash::hash_text;
use std::mem::take;

/// Takes texts, in two ways, as [`super::numbers::Numbers`] does: while there are few different ones, each is looked at once.
pub(super) struct Texts {
    gathered: Gathered,
    table: Table<Entry>,
    /// Once there are too many different ones.
    filter: Option<Filter>,
    /// Of a block, so that no block asks for memory of its own.
    hashes: Vec<u64>,
}

/// What is remembered of a text.
struct Entry {
    value: Value,
    look: Look,
}

impl Entry {
    fn of(text: &[u8], hash: u64) -> Self {
        Self { value: Value::text(text, hash), look: look(text) }
    }

    /// Whether it is of this text, which has its hash.
    #[inline]
    fn is_of(&self, text: &[u8]) -> bool {
        match &self.value {
            Value::Long { start, .. } => text.len() > Value::TEXT && text.starts_with(start),
            Value::Text(own) => **own == *text,
            _ => false,
        }
    }
}

impl Texts {
    pub(super) fn new() -> Self {
        Self { gathered: Gathered::new(None), table: Table::new(), filter: None, hashes: Vec::new() }
    }

    pub(super) fn add(&mut self, texts: &[&[u8]]) {
        let mut left = texts;
        while self.filter.is_none() {
            let Some((text, rest)) = left.split_first() else { return };
            self.add_one(text, 1);
            left = rest;
        }
        for block in left.chunks(CHUNK) {
            self.take_block(block);
        }
    }

    /// Takes texts with how often each was seen.
    pub(super) fn add_counted(&mut self, texts: &[&[u8]], counts: &[u64]) {
        for (text, &count) in texts.iter().zip(counts).filter(|(_, count)| **count > 0) {
            self.add_one(text, count);
        }
    }

    fn add_one(&mut self, text: &[u8], weight: u64) {
        let hash = hash_text(SEED, text);
        if self.filter.is_none() {
            let is_known = self.table.count(hash, weight, |entry| entry.is_of(text));
            if is_known || self.table.insert(hash, weight, TOP, || Entry::of(text, hash)).is_ok() {
                return;
            }
            self.work_out_counts();
            self.filter = Some(Filter::new());
        }
        let Some(filter) = &mut self.filter else { return };
        let mut passes = weight > 1;
        if !passes {
            filter.pass(&[hash], |_| passes = true);
        }
        if passes {
            self.table.count_or_forget(hash, weight, |entry| entry.is_of(text), || Entry::of(text, hash));
        }
        self.gathered.distinct.add(hash);
        self.take_look(look(text), weight);
        self.widen(text, hash);
    }

    fn take_block(&mut self, texts: &[&[u8]]) {
        let mut hashes = take(&mut self.hashes);
        hashes.clear();
        hashes.extend(texts.iter().map(|text| hash_text(SEED, text)));
        self.gathered.distinct.extend(&hashes);
        if let Some(filter) = &mut self.filter {
            filter.pass(&hashes, |at| {
                let (hash, text) = (hashes[at], texts[at]);
                self.table.count_or_forget(hash, 1, |entry| entry.is_of(text), || Entry::of(text, hash));
            });
        }
        let mut lengths = Lengths { count: texts.len() as u64, least: u64::MAX, most: 0, total: 0 };
        let mut before: Option<(&[u8], Look)> = None;
        for &text in texts {
            let look = before.map_or_else(|| look(text), |(other, found)| look_after(other, found, text));
            before = Some((text, look));
            self.gathered.counts.add_text(look.kind, look.shape, 1);
            lengths.least = lengths.least.min(look.characters);
            lengths.most = lengths.most.max(look.characters);
            lengths.total = lengths.total.saturating_add(look.characters);
        }
        self.gathered.lengths.merge(&lengths);
        if let Some((low, high)) = ends_of(texts, &hashes) {
            self.widen(texts[low], hashes[low]);
            self.widen(texts[high], hashes[high]);
        }
        self.hashes = hashes;
    }

    pub(super) fn finish(mut self) -> Gathered {
        let mut error = self.gathered.top_error + self.table.error();
        match &self.filter {
            Some(filter) => error += filter.error(),
            None => self.work_out_counts(),
        }
        let counted = self.table.into_entries().into_iter().map(|(_, count, entry)| (entry.value, count));
        self.gathered.take_top(counted, error);
        self.gathered
    }

    fn work_out_counts(&mut self) {
        let mut ends: Option<(Value, Value)> = None;
        let counted: Vec<(u64, u64, Look)> =
            self.table.entries().map(|(hash, count, entry)| (hash, count, entry.look)).collect();
        for (_, _, entry) in self.table.entries() {
            ends = match ends {
                Some((low, high)) if (&low..=&high).contains(&&entry.value) => Some((low, high)),
                ends => merge_ends(ends, Some((entry.value.clone(), entry.value.clone()))),
            };
        }
        self.gathered.ends = ends;
        for (hash, count, look) in counted {
            self.gathered.distinct.add(hash);
            self.take_look(look, count);
        }
    }

    fn take_look(&mut self, look: Look, weight: u64) {
        self.gathered.counts.add_text(look.kind, look.shape, weight);
        self.gathered.lengths.add(look.characters, weight);
    }

    fn widen(&mut self, text: &[u8], hash: u64) {
        if let Some((low, high)) = &mut self.gathered.ends {
            if low.cmp_text(text, hash).is_gt() {
                *low = Value::text(text, hash);
            } else if high.cmp_text(text, hash).is_lt() {
                *high = Value::text(text, hash);
            }
        }
    }
}

/// The places of the least and of the largest text.
fn ends_of(texts: &[&[u8]], hashes: &[u64]) -> Option<(usize, usize)> {
    let key = start_of(texts.first()?);
    let ((mut low, mut low_key), (mut high, mut high_key)) = ((0, key), (0, key));
    let cmp = |a: usize, b: usize| cmp_texts((texts[a], hashes[a]), (texts[b], hashes[b]));
    for (at, text) in texts.iter().enumerate().skip(1) {
        let key = start_of(text);
        if key <= low_key && (key < low_key || cmp(at, low).is_lt()) {
            (low, low_key) = (at, key);
        }
        if key >= high_key && (key > high_key || cmp(at, high).is_gt()) {
            (high, high_key) = (at, key);
        }
    }
    Some((low, high))
}

/// The first 16 bytes as a number in their order, zeros where there are fewer: nearly always it tells which of two texts is less, and
/// where two are equal nothing follows.
fn start_of(text: &[u8]) -> u128 {
    if let Some(start) = text.first_chunk::<16>() {
        return u128::from_be_bytes(*start);
    }
    if let (Some(start), Some(end)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        // The two share some bytes: those of the end are shifted out.
        let end = (u128::from(u64::from_be_bytes(*end)) << (8 * (16 - text.len()))) as u64;
        return u128::from(u64::from_be_bytes(*start)) << 64 | u128::from(end);
    }
    let short = text.iter().fold(0u64, |key, &byte| key << 8 | u64::from(byte));
    u128::from(short) << (128 - 8 * text.len()).min(127)
}

#[cfg(test)]
mod tests;
