use super::AttemptRead;
use crate::caller::Who;
use crate::roles::Ended;
use base::{EnvironmentId, Next, PersonId, Principal, Resource, Timestamp, TokenId, Tone};
use serde::Serialize;

base::states! {
    /// Where a token stands. `expired` is read from the clock, never stored.
    TokenState {
        Active "active" => Good "key" "Active" [revoke],
        Revoked "revoked" => Idle "key-off" "Revoked" [],
        Expired "expired" => Idle "clock-x" "Expired" [],
    }
}

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A person's own.
    Personal,
    /// One attempt's of a step; it acts as the environment and dies with the attempt.
    Attempt,
}

impl TokenKind {
    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Attempt => "attempt",
        }
    }
}

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    pub id: TokenId,
    pub kind: TokenKind,
    pub name: String,
    /// Its owner; of an attempt, the person it runs for.
    pub person: Option<PersonId>,
    pub environment: Option<EnvironmentId>,
    pub attempt: Option<String>,
    /// The verbs it is limited to; `None` for all that its owner may do.
    pub verbs: Option<Vec<String>>,
    /// Of an attempt: the datasets behind what it makes, of which it reads those that its step declares.
    pub reads: Vec<AttemptRead>,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub ended: Option<Ended>,
}

impl Token {
    /// Returns where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        match &self.ended {
            Some(_) => TokenState::Revoked,
            None if self.expires_at <= now => TokenState::Expired,
            None => TokenState::Active,
        }
    }

    /// Ends it. An ended one stays as it was.
    #[must_use]
    pub fn revoke(&self, by: &PersonId, at: Timestamp) -> Self {
        let ended = self.ended.clone().or_else(|| Some(Ended { at, by: by.clone() }));
        Self { ended, ..self.clone() }
    }

    /// Returns whom it acts as; `None` if the row names nobody.
    pub(crate) fn who(&self) -> Option<Who> {
        match self.kind {
            TokenKind::Personal => self.person.clone().map(Who::Person),
            TokenKind::Attempt => {
                let (attempt, environment) = (self.attempt.clone()?, self.environment.clone()?);
                Some(Who::Attempt { attempt, environment, on_behalf_of: self.person.clone() })
            }
        }
    }

    /// Returns what this viewer should know and do next.
    pub fn next(&self, now: Timestamp, may_revoke: bool) -> Next {
        let (tone, text, reason) = match self.state(now) {
            TokenState::Active => {
                (Tone::Good, format!("Works until {}.", self.expires_at), "Revoking takes effect within a second.")
            }
            TokenState::Revoked => (Tone::Idle, "Revoked.".to_owned(), "It no longer works anywhere."),
            TokenState::Expired => (Tone::Idle, format!("Expired at {}.", self.expires_at), "Create a new one."),
        };
        let action = (may_revoke && self.state(now) == TokenState::Active).then_some("revoke_token");
        Next { tone, text, reason: reason.to_owned(), action }
    }
}

impl base::Securable for Token {
    fn resource(&self) -> Resource {
        // An attempt's token belongs to its environment; the person it runs for does not get to see or use it.
        let owner = match self.kind {
            TokenKind::Personal => self.person.clone().map(Principal::Person),
            TokenKind::Attempt => self.environment.clone().map(Principal::Environment),
        };
        let (id, scope) = (self.id.0.clone(), crate::DEPLOYMENT.to_owned());
        Resource { kind: "token", id, scope, team: None, asker: owner, listed: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            id: "t-1".into(),
            kind: TokenKind::Personal,
            name: "laptop".into(),
            person: Some("ana".into()),
            environment: None,
            attempt: None,
            verbs: None,
            reads: Vec::new(),
            created_by: "ana".into(),
            created_at: Timestamp(0),
            expires_at: Timestamp(10),
            ended: None,
        }
    }

    #[test]
    fn a_token_ends_by_revocation_or_by_the_clock() {
        assert_eq!(token().state(Timestamp(9)), TokenState::Active);
        assert_eq!(token().state(Timestamp(10)), TokenState::Expired);
        let revoked = token().revoke(&"pat".into(), Timestamp(3));
        assert_eq!(revoked.state(Timestamp(4)), TokenState::Revoked);
        assert_eq!(revoked.revoke(&"ana".into(), Timestamp(5)), revoked, "revoking again changes nothing");
        assert_eq!(revoked.state(Timestamp(99)), TokenState::Revoked);
    }

    #[test]
    fn an_attempt_acts_as_its_environment_and_never_as_a_person() {
        let attempt = Token {
            kind: TokenKind::Attempt,
            environment: Some("credit-risk/preprod".into()),
            attempt: Some("at-1".into()),
            ..token()
        };
        assert!(matches!(attempt.who(), Some(Who::Attempt { .. })));
        let unbound = Token { environment: None, ..attempt };
        assert_eq!(unbound.who(), None);
    }
}
