use base::{Fault, Kind};

/// Why the audit log could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the audit log is only exported to auditors")]
    NotAnAuditor,
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
    #[error("an entry could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotAnAuditor => (Kind::Forbidden, "access.forbidden"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
            Self::Json(_) => (Kind::Internal, "store.failed"),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotAnAuditor => Some("ask a member of `auditors`".into()),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
            Self::Json(_) => None,
        }
    }
}
