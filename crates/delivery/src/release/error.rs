use base::{Fault, Kind};

/// What an operation on releases returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why what follows a move of `main`, or verifies what an endpoint serves, did not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its job tries again.
    #[error("environment `{0}` is not available yet")]
    NotReady(String),
    #[error("the pipeline has a step `{0}`, which is the name of a check of the platform's")]
    ReservedStep(String),
    #[error("the repository has no folder `{folder}` at `{commit}`: nothing would call the endpoint")]
    NoTests { folder: &'static str, commit: String },
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error(transparent)]
    Objects(#[from] objects::Error),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotReady(_) => (Kind::Unavailable, "delivery.not_ready"),
            Self::ReservedStep(_) => (Kind::Invalid, "delivery.reserved_step"),
            Self::NoTests { .. } => (Kind::Invalid, "delivery.no_verifying_tests"),
            Self::Git(inner) => inner.fault(),
            Self::Run(inner) => inner.fault(),
            Self::Objects(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::ReservedStep(name) => Some(format!("give it another name, such as `own_{name}`")),
            Self::NoTests { folder, .. } => {
                Some(format!("write a test in `{folder}` that calls the endpoint which `LOCKGATE_ENDPOINT` names"))
            }
            Self::Git(inner) => inner.hint(),
            Self::Run(inner) => inner.hint(),
            Self::NotReady(_) | Self::Objects(_) | Self::Store(_) => None,
        }
    }
}
