use super::TOP;
use super::filter::Filter;
use super::gathered::{Gathered, merge_ends};
use super::kinds::SEED;
use super::shape::{Look, look};
use super::table::Table;
use super::value::Value;
use crate::hash_bytes;

/// Takes texts, in two ways, as [`super::numbers::Numbers`] does: while there are few different ones, each is looked at once.
pub(super) struct Texts {
    gathered: Gathered,
    table: Table<Entry>,
    filter: Option<Filter>,
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
}

impl Texts {
    pub(super) fn new() -> Self {
        Self { gathered: Gathered::new(None), table: Table::new(), filter: None }
    }

    pub(super) fn add(&mut self, texts: &[&[u8]]) {
        for text in texts {
            self.add_one(text, 1);
        }
    }

    /// Takes texts with how often each was seen.
    pub(super) fn add_counted(&mut self, texts: &[&[u8]], counts: &[u64]) {
        for (text, &count) in texts.iter().zip(counts).filter(|(_, count)| **count > 0) {
            self.add_one(text, count);
        }
    }

    fn add_one(&mut self, text: &[u8], weight: u64) {
        let hash = hash_bytes(SEED, text);
        if self.filter.is_none() {
            if self.table.count(hash, weight) || self.table.insert(hash, weight, TOP, || Entry::of(text, hash)).is_ok()
            {
                return;
            }
            self.work_out_counts();
            self.filter = Some(Filter::new());
        }
        self.gathered.distinct.add(hash);
        self.take_look(look(text), weight);
        self.widen(text, hash);
        let Some(filter) = &mut self.filter else { return };
        if weight > 1 || filter.passes(hash) {
            self.table.count_or_forget(hash, weight, || Entry::of(text, hash));
        }
    }

    pub(super) fn finish(mut self) -> Gathered {
        match &self.filter {
            Some(filter) => self.gathered.top_error += filter.error(),
            None => self.work_out_counts(),
        }
        self.gathered.top_error += self.table.error();
        self.gathered.top =
            self.table.into_entries().into_iter().map(|(_, count, entry)| (entry.value, count)).collect();
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
