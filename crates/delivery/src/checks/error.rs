use base::{Fault, Kind, ProjectId};

/// What an operation on checks returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on checks failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("project `{0}` does not exist")]
    NotFound(ProjectId),
    #[error("name either a branch or a commit, not both")]
    OneOf,
    /// Its job tries again.
    #[error("environment `{0}` is not available yet")]
    NotReady(String),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error(transparent)]
    Misfit(#[from] super::model::Misfit),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the object store failed")]
    Objects(#[from] objects::Error),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "delivery.project_not_found"),
            Self::OneOf => (Kind::Invalid, "delivery.branch_or_commit"),
            Self::NotReady(_) => (Kind::Unavailable, "delivery.not_ready"),
            Self::Git(inner) => inner.fault(),
            Self::Run(inner) => inner.fault(),
            Self::Misfit(_) | Self::Objects(_) => (Kind::Internal, "delivery.failed"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::OneOf => "`?branch=` shows the checks of what it is at now".into(),
            Self::NotReady(_) => "it is tried again by itself".into(),
            Self::NotFound(_) | Self::Misfit(_) | Self::Objects(_) => return None,
            Self::Git(inner) => return inner.hint(),
            Self::Run(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
