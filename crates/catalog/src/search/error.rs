use base::{Fault, Kind};

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the search index failed")]
    Index(#[from] tantivy::TantivyError),
    #[error("the search index cannot be opened")]
    Open(#[source] std::io::Error),
    #[error("the search ended early")]
    Ended,
    #[error("the query is longer than {0} characters")]
    TooLong(usize),
    #[error(transparent)]
    Level(#[from] crate::sensitivity::UnknownLevel),
    #[error("`{0}` is not an access: readable or askable")]
    Access(String),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::Index(_) | Self::Open(_) | Self::Ended => (Kind::Internal, "catalog.search_failed"),
            Self::TooLong(_) => (Kind::Invalid, "catalog.search_too_long"),
            Self::Level(_) | Self::Access(_) => (Kind::Invalid, "catalog.search_filter"),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooLong(_) => Some("search for fewer words".into()),
            Self::Index(_) | Self::Open(_) | Self::Ended | Self::Level(_) | Self::Access(_) => None,
            Self::Store(inner) => inner.hint(),
        }
    }
}
