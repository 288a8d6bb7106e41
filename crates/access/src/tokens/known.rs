//! Tokens remembered by their hash, so that most requests ask the database nothing.
use super::Token;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A memory that nobody has refreshed for this long is not used.
const FRESH: Duration = Duration::from_millis(750);
const MOST: usize = 20_000;

/// Tokens as they were at one revision.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    revision: i64,
    /// When the revision was last seen in the database; never, where nothing polls.
    seen: Option<Instant>,
    tokens: HashMap<String, Arc<Token>>,
}

impl Known {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a remembered token, if the revision was seen lately.
    pub(crate) fn get(&self, hash: &str) -> Option<Arc<Token>> {
        let memory = self.memory();
        let fresh = memory.seen.is_some_and(|seen| seen.elapsed() < FRESH);
        if fresh { memory.tokens.get(hash).cloned() } else { None }
    }

    /// Remembers a token read at `revision`; one read before the revision changed is not worth keeping.
    pub(crate) fn put(&self, hash: &str, revision: i64, token: Arc<Token>) {
        let mut memory = self.memory();
        if memory.revision != revision || memory.seen.is_none() {
            return;
        }
        if memory.tokens.len() >= MOST {
            memory.tokens.clear();
        }
        memory.tokens.insert(hash.to_owned(), token);
    }

    /// Takes note that the database is at `revision`; another one than before forgets every token.
    pub(crate) fn is_at(&self, revision: i64) {
        let mut memory = self.memory();
        if memory.revision != revision {
            memory.tokens.clear();
            memory.revision = revision;
        }
        memory.seen = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::TokenKind;
    use base::Timestamp;

    fn token() -> Arc<Token> {
        Arc::new(Token {
            id: "t-1".into(),
            kind: TokenKind::Personal,
            name: String::new(),
            person: Some("ana".into()),
            environment: None,
            attempt: None,
            verbs: None,
            reads: Vec::new(),
            created_by: "ana".into(),
            created_at: Timestamp(0),
            expires_at: Timestamp(10),
            ended: None,
        })
    }

    #[test]
    fn a_new_revision_forgets_and_an_old_read_is_not_kept() {
        let known = Known::default();
        known.put("h", 0, token());
        assert!(known.get("h").is_none(), "nothing polls, so nothing is remembered");
        known.is_at(1);
        known.put("h", 1, token());
        assert!(known.get("h").is_some());
        known.is_at(1);
        assert!(known.get("h").is_some());
        known.is_at(2);
        assert!(known.get("h").is_none());
        known.put("h", 1, token());
        assert!(known.get("h").is_none(), "it was read before the revision changed");
    }
}
