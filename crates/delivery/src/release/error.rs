use base::{Fault, Kind};

/// What an operation on releases returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why what follows a move of `main` did not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its job tries again.
    #[error("environment `{0}` is not available yet")]
    NotReady(String),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotReady(_) => (Kind::Unavailable, "delivery.not_ready"),
            Self::Git(inner) => inner.fault(),
            Self::Run(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }
}
