//! Refusals of callers nobody knows: counted per source and minute, so that strangers cannot keep the one writer busy.
use super::Entry;
use super::entry::Outcome;
use base::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Sources told apart within a minute; the rest share one count.
const SOURCES: usize = 4_096;
const MINUTE_US: i64 = 60 * Timestamp::SECOND;

/// The counts not yet in the log.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<HashMap<(String, i64), u64>>);

impl Strangers {
    /// Counts one refusal.
    pub(crate) fn count(&self, source: Option<&str>, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.unwrap_or("unknown").to_owned(), now.0.div_euclid(MINUTE_US));
        let key = if counts.len() < SOURCES || counts.contains_key(&key) { key } else { ("others".to_owned(), key.1) };
        *counts.entry(key).or_default() += 1;
    }

    /// Takes the counts of minutes that ended by `now`, or of all where the server stops, as entries.
    pub(crate) fn take(&self, now: Timestamp, all: bool) -> Vec<Entry> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.0.div_euclid(MINUTE_US);
        let ended = counts.extract_if(|(_, counted), _| all || *counted < minute);
        let mut entries: Vec<Entry> = ended.map(|((source, minute), count)| entry(source, minute, count)).collect();
        entries.sort_by(|a, b| (a.at, &a.origin).cmp(&(b.at, &b.origin)));
        entries
    }
}

fn entry(source: String, minute: i64, count: u64) -> Entry {
    Entry {
        outcome: Outcome::Refused,
        reason: Some(format!("{count} unauthenticated within a minute")),
        after: Some(serde_json::json!({ "count": count })),
        origin: Some(source),
        ..Entry::new(Timestamp(minute * MINUTE_US), "anonymous", "Unauthenticated", "listener")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_counted_per_source_and_minute() {
        let strangers = Strangers::default();
        let minute = |n: i64| Timestamp(n * MINUTE_US + 5);
        for _ in 0..3 {
            strangers.count(Some("10.0.0.1"), minute(7));
        }
        strangers.count(None, minute(7));
        strangers.count(Some("10.0.0.1"), minute(8));
        assert!(strangers.take(minute(7), false).is_empty(), "the minute has not ended");
        let counted = |entries: Vec<Entry>| -> Vec<String> {
            entries.into_iter().map(|e| format!("{} {}", e.origin.unwrap(), e.after.unwrap()["count"])).collect()
        };
        assert_eq!(counted(strangers.take(minute(8), false)), ["10.0.0.1 3", "unknown 1"]);
        assert_eq!(counted(strangers.take(minute(8), true)), ["10.0.0.1 1"]);
    }

    #[test]
    fn many_sources_do_not_grow_without_bound() {
        let strangers = Strangers::default();
        for number in 0..SOURCES + 100 {
            strangers.count(Some(&number.to_string()), Timestamp(0));
        }
        let entries = strangers.take(Timestamp(0), true);
        assert_eq!(entries.len(), SOURCES + 1);
        assert!(
            entries.iter().any(|e| e.origin.as_deref() == Some("others") && e.after.as_ref().unwrap()["count"] == 100)
        );
    }
}
