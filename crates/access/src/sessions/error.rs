use super::password::{HashFailed, LONGEST, SHORTEST};
use base::{Fault, Kind, Timestamp};

/// Why someone could not come in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("name and password do not belong together")]
    WrongPassword,
    #[error("too many wrong passwords for this name: it is locked until {0}")]
    LockedOut(Timestamp),
    #[error("too many failed sign-ins from this address: the next is looked at from {0} on")]
    TooManyTries(Timestamp),
    #[error("a password has at least {SHORTEST} characters, this one has {0}")]
    TooShort(usize),
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    #[error("the password must not contain the name of its person")]
    NameInPassword,
    #[error("this link was used, has expired, or never worked")]
    LinkUnusable,
    #[error("there is no session to end: the caller came with a token")]
    NoSession,
    #[error(transparent)]
    Hash(#[from] HashFailed),
    #[error(transparent)]
    Randomness(#[from] crate::secret::NoRandomness),
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::WrongPassword => (Kind::Unauthenticated, "access.wrong_password"),
            Self::LockedOut(_) => (Kind::TooMany, "access.locked_out"),
            Self::TooManyTries(_) => (Kind::TooMany, "access.too_many_tries"),
            Self::TooShort(_) | Self::TooLong | Self::NameInPassword => (Kind::Invalid, "access.weak_password"),
            Self::LinkUnusable => (Kind::Unauthenticated, "access.link_unusable"),
            Self::NoSession => (Kind::Conflict, "access.no_session"),
            Self::Hash(_) => (Kind::Internal, "access.hash_failed"),
            Self::Randomness(_) => (Kind::Internal, "access.no_randomness"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::WrongPassword => "try again, or ask a platform administrator for a one-time link".into(),
            Self::LockedOut(_) => "wait until then, or ask a platform administrator for a one-time link".into(),
            Self::TooManyTries(_) => "wait until then; everyone behind one proxy or gateway shares an address".into(),
            Self::TooShort(_) | Self::TooLong | Self::NameInPassword => {
                "a few words that you can remember do well".into()
            }
            Self::LinkUnusable => {
                "ask a platform administrator for another; on the server, run `lockgate admin link`".into()
            }
            Self::NoSession => "revoke the token instead".into(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::Hash(_) | Self::Randomness(_) => return None,
        })
    }
}
