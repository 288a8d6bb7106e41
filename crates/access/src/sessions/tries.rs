//! Wrong passwords in memory: what strangers send must not keep the one writer busy, so it is counted here before
//! anything is written, and for names that nobody has it is counted here alone.
use super::model::{Failures, REMEMBERED_DAYS, TRIES, TRIES_ANYWHERE, key_of};
use base::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Failed tries that one source has within a minute, whatever names it tries.
pub(super) const TRIES_A_MINUTE: u32 = 60;
/// Sources told apart within a minute; the rest share one budget.
const SOURCES: usize = 4_096;
/// Names, and names from a source, that are remembered.
const NAMES: usize = 20_000;
const MINUTE_US: i64 = 60 * Timestamp::SECOND;

/// Why a try is not even looked at, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The source has had its tries of this minute.
    Source(Timestamp),
    /// The name is locked, from this source or altogether.
    Name(Timestamp),
}

/// The counts of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tries(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    sources: HashMap<(String, i64), u32>,
    names: HashMap<String, Failures>,
}

impl Tries {
    /// Counts one more try before anything else is done for it, so that many at once do not get more.
    pub(super) fn count(&self, name: &str, source: &str, now: Timestamp) -> Result<(), Held> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.0.div_euclid(MINUTE_US);
        memory.sources.retain(|(_, counted), _| *counted >= minute);
        let own = (source.to_owned(), minute);
        let own = if memory.sources.len() < SOURCES || memory.sources.contains_key(&own) {
            own
        } else {
            ("others".to_owned(), minute)
        };
        let counted = memory.sources.entry(own).or_default();
        if *counted >= TRIES_A_MINUTE {
            return Err(Held::Source(Timestamp((minute + 1) * MINUTE_US)));
        }
        *counted += 1;
        let keys = [(key_of(name, Some(source)), TRIES), (key_of(name, None), TRIES_ANYWHERE)];
        let lock = keys.iter().filter_map(|(key, _)| memory.names.get(key)?.lock(now)).max();
        if let Some(until) = lock {
            return Err(Held::Name(until));
        }
        for (key, most) in keys {
            let failures = memory.names.get(&key).copied().unwrap_or(Failures::NONE).next(now, most);
            memory.keep(key, failures, now);
        }
        Ok(())
    }

    /// Forgets the wrong passwords of a name after the right one, and gives the try back to its source.
    pub(super) fn forget(&self, name: &str, source: &str, now: Timestamp) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.names.remove(&key_of(name, Some(source)));
        memory.names.remove(&key_of(name, None));
        if let Some(counted) = memory.sources.get_mut(&(source.to_owned(), now.0.div_euclid(MINUTE_US))) {
            *counted = counted.saturating_sub(1);
        }
    }
}

impl Memory {
    /// Remembers a count. Where there is no room, what is forgotten goes first, and then what was tried longest ago.
    fn keep(&mut self, key: String, failures: Failures, now: Timestamp) {
        if self.names.len() >= NAMES && !self.names.contains_key(&key) {
            let forgotten = now.plus_days(-REMEMBERED_DAYS);
            self.names.retain(|_, failures| failures.last_at > forgotten);
            let mut times: Vec<i64> = self.names.values().map(|failures| failures.last_at.0).collect();
            if times.len() >= NAMES {
                // A tenth at once, so that a full memory is not sorted at every try.
                let (_, oldest, _) = times.select_nth_unstable(NAMES / 10);
                let oldest = *oldest;
                let mut left = NAMES / 10;
                self.names.retain(|_, failures| {
                    let goes = left > 0 && failures.last_at.0 <= oldest;
                    left -= usize::from(goes);
                    !goes
                });
            }
        }
        self.names.insert(key, failures);
    }
}

/// Returns what counts as one source: an address, or the network of 2⁶⁴ addresses that every subscriber of IPv6 has.
pub(super) fn source_of(origin: Option<&str>) -> String {
    let Some(origin) = origin else { return "unknown".to_owned() };
    match origin.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => origin.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::NEW_YEAR;

    #[test]
    fn a_source_has_its_tries_of_a_minute_whatever_names_it_tries() {
        let tries = Tries::default();
        for number in 0..TRIES_A_MINUTE {
            tries.count(&format!("name-{number}"), "10.0.0.1", NEW_YEAR).unwrap();
        }
        let until = NEW_YEAR.plus_seconds(60);
        assert_eq!(tries.count("ana", "10.0.0.1", NEW_YEAR), Err(Held::Source(until)));
        assert_eq!(tries.count("ana", "10.0.0.2", NEW_YEAR), Ok(()), "another source is another's business");
        assert_eq!(tries.count("ana", "10.0.0.1", until), Ok(()), "and the minute ends");
    }

    #[test]
    fn a_lock_is_for_one_source_and_the_right_password_costs_nothing() {
        let tries = Tries::default();
        for _ in 0..TRIES {
            tries.count("ana", "10.0.0.1", NEW_YEAR).unwrap();
        }
        assert_eq!(tries.count("ana", "10.0.0.1", NEW_YEAR), Err(Held::Name(NEW_YEAR.plus_seconds(30))));
        for _ in 0..2 * TRIES_A_MINUTE {
            tries.count("ana", "10.0.0.2", NEW_YEAR).unwrap();
            tries.forget("ana", "10.0.0.2", NEW_YEAR);
        }
        assert!(tries.count("ana", "10.0.0.1", NEW_YEAR).is_err(), "which does not open it for the stranger");
    }

    #[test]
    fn many_sources_together_lock_a_name_at_a_higher_ceiling() {
        let tries = Tries::default();
        for number in 0..TRIES_ANYWHERE {
            tries.count("ana", &format!("source-{number}"), NEW_YEAR).unwrap();
        }
        assert!(matches!(tries.count("ana", "one more", NEW_YEAR), Err(Held::Name(_))));
    }

    #[test]
    fn many_names_do_not_grow_without_bound() {
        let tries = Tries::default();
        for number in 0..NAMES {
            tries.count(&format!("name-{number}"), &format!("source-{}", number % 1_000), NEW_YEAR).ok();
        }
        let memory = tries.0.lock().unwrap();
        assert!(memory.names.len() <= NAMES, "{}", memory.names.len());
        assert!(memory.sources.len() <= SOURCES + 1);
    }

    #[test]
    fn an_ipv6_subscriber_is_one_source() {
        assert_eq!(source_of(Some("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(source_of(Some("::ffff:10.0.0.1")), "10.0.0.1");
        assert_eq!((source_of(Some("10.0.0.1")), source_of(None)), ("10.0.0.1".to_owned(), "unknown".to_owned()));
    }
}
