use base::{CrawlId, Fault, Kind};

/// Why an operation on a crawl failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("crawl `{0}` does not exist")]
    NotFound(CrawlId),
    #[error("the work on `{0}` ended before its end")]
    Reader(String),
    #[error(transparent)]
    Lake(#[from] crate::lakes::Error),
    #[error(transparent)]
    Once(#[from] access::OnceError),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "catalog.crawl_not_found"),
            Self::Reader(_) => (Kind::Internal, "catalog.crawl_reader"),
            Self::Lake(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) | Self::Reader(_) => None,
            Self::Lake(inner) => inner.hint(),
            Self::Once(inner) => inner.hint(),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
