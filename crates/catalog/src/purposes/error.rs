use base::{BadName, Fault, Kind, PurposeId};

/// What an operation on a purpose returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a purpose failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("purpose `{0}` does not exist")]
    NotFound(PurposeId),
    #[error("purpose `{0}` is on record already")]
    Taken(PurposeId),
    #[error("`{0}` is empty")]
    Missing(&'static str),
    #[error("`{0}` is longer than {1} bytes")]
    TooLong(&'static str, usize),
    #[error("`retention_days` is `{0}`, and has to be 1 to 36525")]
    Retention(i64),
    #[error(transparent)]
    Name(#[from] BadName),
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
            Self::NotFound(_) => (Kind::NotFound, "catalog.purpose_not_found"),
            Self::Taken(_) => (Kind::Conflict, "catalog.purpose_taken"),
            Self::Missing(_) | Self::TooLong(..) | Self::Retention(_) | Self::Name(_) => {
                (Kind::Invalid, "catalog.purpose_incomplete")
            }
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Taken(_) => "a purpose never changes: record another one under another name".into(),
            Self::Missing(_) => "a purpose is a whole record, so that it can be answered for".into(),
            Self::TooLong(..) | Self::Retention(_) | Self::Name(_) => "correct this field and send it again".into(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::NotFound(_) => return None,
        })
    }
}
