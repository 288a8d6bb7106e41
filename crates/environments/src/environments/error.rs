use super::InstanceState;
use base::{EnvironmentId, Fault, Kind};

/// What an operation on an environment returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on an environment failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("environment `{0}` does not exist")]
    NotFound(EnvironmentId),
    #[error("environment `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: EnvironmentId, found: InstanceState, verb: &'static str },
    #[error(transparent)]
    Name(#[from] base::BadName),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "environments.not_found"),
            Self::NotPossible { .. } => (Kind::Conflict, "environments.not_possible"),
            Self::Name(_) => (Kind::Invalid, "environments.name"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) | Self::Name(_) => None,
            Self::NotPossible { found, .. } => match found.possible() {
                [] => Some("nothing is to be done from here".into()),
                _ => Some(found.hint()),
            },
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
