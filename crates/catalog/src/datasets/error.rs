use super::DatasetState;
use base::{DatasetId, Fault, Kind, ProjectId};

/// What an operation on a dataset returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a dataset failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("dataset `{0}` does not exist")]
    NotFound(DatasetId),
    #[error("dataset `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: DatasetId, found: DatasetState, verb: &'static str },
    #[error("dataset `{0}` has no column `{1}`")]
    NoColumn(DatasetId, String),
    #[error("dataset `{0}` was found by a crawl and cannot be published over")]
    Crawled(DatasetId),
    #[error("dataset `{0}` is made by another than you, since monitors judge by it")]
    OtherMaker(DatasetId),
    #[error("the files hold {found} rows, not {said}")]
    Rows { said: i64, found: i64 },
    #[error("the record key of `{0}` names a column twice, or more than 8")]
    RecordKey(DatasetId),
    #[error("the record key of `{0}` stays: project `{1}` was granted the dataset in `dev` or `preprod`")]
    RecordKeyInUse(DatasetId, ProjectId),
    #[error("the description is longer than {0} characters")]
    TooLong(usize),
    #[error("`{0}` is not a name of a dataset: `lake.schema.table`")]
    Name(String),
    #[error(transparent)]
    Lake(#[from] crate::lakes::Error),
    #[error(transparent)]
    Search(#[from] crate::search::Error),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "catalog.dataset_not_found"),
            Self::NotPossible { .. } => (Kind::Conflict, "catalog.dataset_not_possible"),
            Self::NoColumn(..) => (Kind::NotFound, "catalog.column_not_found"),
            Self::Crawled(_) => (Kind::Conflict, "catalog.dataset_crawled"),
            Self::OtherMaker(_) => (Kind::Conflict, "catalog.dataset_made_by_another"),
            Self::Rows { .. } => (Kind::Invalid, "catalog.rows_differ"),
            Self::RecordKey(_) => (Kind::Invalid, "catalog.record_key"),
            Self::RecordKeyInUse(..) => (Kind::Conflict, "catalog.record_key_in_use"),
            Self::TooLong(_) => (Kind::Invalid, "catalog.description_too_long"),
            Self::Name(_) => (Kind::Invalid, "catalog.dataset_name"),
            Self::Lake(inner) => inner.fault(),
            Self::Search(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotPossible { found, .. } => Some(found.hint()),
            Self::NoColumn(id, _) => Some(format!("`GET /datasets/{id}/columns` lists them")),
            Self::OtherMaker(_) => Some("publish under another table name".into()),
            Self::Crawled(_) => Some("publish under another table name".into()),
            Self::RecordKey(_) => Some("name each column that identifies a record once".into()),
            Self::RecordKeyInUse(..) => {
                Some("publish the data as another dataset, and name its record key before anything is granted".into())
            }
            Self::NotFound(_) | Self::TooLong(_) | Self::Name(_) | Self::Rows { .. } => None,
            Self::Lake(inner) => inner.hint(),
            Self::Search(inner) => inner.hint(),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
