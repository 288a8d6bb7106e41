use base::{Fault, Kind, TokenId};

/// Why an operation on a token failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("token `{0}` does not exist")]
    NotFound(TokenId),
    #[error("a token lives 1 minute to 365 days, not {0} s")]
    Ttl(i64),
    #[error("`{0}` is not a verb of this server")]
    UnknownVerb(String),
    #[error("a token cannot create one that does more or lives longer than itself")]
    Wider,
    #[error("the secret of the token created with this `Idempotency-Key` was shown once")]
    ShownOnce,
    #[error("you have {0} tokens that work, and no more are made")]
    TooMany(u64),
    #[error("the name of a token has at most 100 characters")]
    Name,
    #[error(transparent)]
    Randomness(#[from] crate::secret::NoRandomness),
    #[error(transparent)]
    Once(#[from] crate::OnceError),
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "access.token_not_found"),
            Self::Ttl(_) | Self::UnknownVerb(_) | Self::Name => (Kind::Invalid, "access.token_malformed"),
            Self::Wider => (Kind::Forbidden, "access.token_wider"),
            Self::ShownOnce => (Kind::Conflict, "access.secret_shown_once"),
            Self::TooMany(_) => (Kind::Conflict, "access.too_many_tokens"),
            Self::Randomness(_) => (Kind::Internal, "access.no_randomness"),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ttl(_) => "say `ttl_seconds` within these bounds".into(),
            Self::UnknownVerb(_) => "verbs are named as in the audit log, such as `ReadDataset`".into(),
            Self::Name => "say `name` in fewer words".into(),
            Self::Wider => "sign in with a password, or use a token without limits".into(),
            Self::TooMany(_) => "revoke those that you no longer use, or let each live for less long".into(),
            Self::ShownOnce => "revoke that token, and create another with a new key".into(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::NotFound(_) | Self::Randomness(_) => return None,
        })
    }
}
