use crate::secret::{Secret, hash_of};
use axum::http::{HeaderMap, header};
use base::{PersonId, Timestamp};
use serde::Serialize;

/// The name of the session's cookie.
const COOKIE: &str = "lockgate_session";
/// How long a session lasts, used or not.
pub(super) const ABSOLUTE_SECONDS: i64 = 12 * 3_600;
/// How long a session lasts without being used.
pub(super) const IDLE_SECONDS: i64 = 3_600;
/// How exactly its last use is written down.
pub(super) const SEEN_SECONDS: i64 = 60;
/// How long a one-time link works.
pub(super) const LINK_SECONDS: i64 = 3_600;
/// Wrong passwords until a name is locked for the source they came from.
pub(super) const TRIES: i64 = 5;
/// Wrong passwords until a name is locked for every source: one source alone, slowed down by its own lock, does not get
/// there within a day.
pub(super) const TRIES_ANYWHERE: i64 = 100;
/// How long the first lock holds; each further wrong password doubles it.
const FIRST_LOCK_SECONDS: i64 = 30;
const LONGEST_LOCK_SECONDS: i64 = 3_600;
/// How long wrong passwords are remembered.
pub(super) const REMEMBERED_DAYS: i64 = 1;

/// A person signed in with a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    pub id: String,
    pub person: PersonId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    #[serde(skip)]
    pub seen_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Returns whether it lets its person in at `now`: not ended, not too old, not idle for too long.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now < self.seen_at.plus_seconds(IDLE_SECONDS)
    }

    /// Returns whether its last use is old enough to be written down again.
    pub(super) fn is_unseen(&self, now: Timestamp) -> bool {
        self.seen_at.plus_seconds(SEEN_SECONDS) <= now
    }
}

/// A one-time link with which a person sets a password and signs in.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: String,
    pub person: PersonId,
    /// The secret in it; shown once and stored as a hash.
    pub secret: Secret,
    pub expires_at: Timestamp,
}

impl Link {
    /// Returns the path of the page that takes it. The secret is in the fragment, which browsers do not send.
    pub fn path(&self) -> String {
        format!("/link#{}", self.secret.reveal())
    }
}

/// Returns under what wrong passwords for `name` are counted: those from `source`, or from everywhere.
pub(super) fn key_of(name: &str, source: Option<&str>) -> String {
    match source {
        None => hash_of(name),
        Some(source) => hash_of(&format!("{name}\0{source}")),
    }
}

/// Wrong passwords for one name, known or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    pub count: i64,
    pub last_at: Timestamp,
    pub locked_until: Option<Timestamp>,
}

impl Failures {
    /// No wrong password yet.
    pub(super) const NONE: Self = Self { count: 0, last_at: Timestamp(0), locked_until: None };

    /// Counts one more try at `now`, before the password is looked at, so that many at once do not get more. From the
    /// `most`th on it locks.
    pub(super) fn next(&self, now: Timestamp, most: i64) -> Self {
        let forgotten = self.last_at.plus_days(REMEMBERED_DAYS) <= now;
        let count = if forgotten { 1 } else { self.count + 1 };
        let locked_until = (count >= most).then(|| {
            let doublings = u32::try_from(count - most).unwrap_or(u32::MAX).min(20);
            let seconds = FIRST_LOCK_SECONDS.saturating_mul(1 << doublings).min(LONGEST_LOCK_SECONDS);
            now.plus_seconds(seconds)
        });
        Self { count, last_at: now, locked_until }
    }

    /// Returns until when the name is locked, if it is at `now`.
    pub(super) fn lock(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| now < *until)
    }
}

/// Returns the anti-forgery text of a session: bound to its secret, and useless without the cookie.
pub(crate) fn csrf_of(secret: &str) -> String {
    hash_of(&format!("lockgate csrf {secret}"))
}

/// Returns the session's secret from the cookie.
pub(crate) fn cookie_in(headers: &HeaderMap) -> Option<String> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

/// Returns the cookie that opens a session.
pub(super) fn set_cookie(secret: &Secret, https: bool) -> String {
    cookie(secret.reveal(), ABSOLUTE_SECONDS, https)
}

/// Returns the cookie that makes a browser forget its session.
pub(super) fn clear_cookie(https: bool) -> String {
    cookie("", 0, https)
}

fn cookie(value: &str, seconds: i64, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: i64) -> Timestamp {
        Timestamp(1_767_225_600_000_000).plus_seconds(n)
    }

    #[test]
    fn a_session_ends_after_an_idle_hour_and_after_half_a_day() {
        let session = |seen| Session {
            id: "s-1".into(),
            person: "ana".into(),
            created_at: second(0),
            expires_at: second(ABSOLUTE_SECONDS),
            seen_at: second(seen),
            ended_at: None,
        };
        assert!(session(0).is_open(second(3_599)) && !session(0).is_open(second(3_600)));
        assert!(session(43_000).is_open(second(43_199)) && !session(43_000).is_open(second(43_200)));
        let ended = Session { ended_at: Some(second(1)), ..session(0) };
        assert!(!ended.is_open(second(2)));
    }

    #[test]
    fn the_fifth_wrong_password_locks_and_each_further_one_doubles_the_lock() {
        let mut failures = Failures::NONE;
        let mut now = second(0);
        let mut locks = Vec::new();
        for _ in 0..15 {
            failures = failures.next(now, TRIES);
            locks.push(failures.lock(now).map_or(0, |until| (until.0 - now.0) / Timestamp::SECOND));
            now = failures.lock(now).unwrap_or(now);
            assert_eq!(failures.lock(now), None, "the end itself is open");
        }
        assert_eq!(locks, [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600]);
        assert_eq!(failures.next(now.plus_days(1), TRIES).count, 1, "a day later it is forgotten");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "theme=dark; lockgate_session=abc; x=y".parse().unwrap());
        assert_eq!(cookie_in(&headers).as_deref(), Some("abc"));
        headers.insert(header::COOKIE, "xlockgate_session=abc".parse().unwrap());
        assert_eq!(cookie_in(&headers), None);
        let secret = Secret::from("s".to_owned());
        assert_eq!(
            set_cookie(&secret, true),
            "lockgate_session=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"
        );
        assert!(!set_cookie(&secret, false).contains("Secure"));
    }
}
