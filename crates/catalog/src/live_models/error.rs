use base::{Fault, Kind};

/// Why a live model could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no live model is called by `{0}`")]
    NotFound(String),
    #[error("a search has {0} characters at most")]
    Search(usize),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "catalog.live_model_not_found"),
            Self::Search(_) => (Kind::Invalid, "catalog.search_too_long"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) => Some("`GET /live-models` lists those that are live".into()),
            Self::Search(_) => Some("search for a few words".into()),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
