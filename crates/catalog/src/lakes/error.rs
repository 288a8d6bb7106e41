use base::{Fault, Kind, LakeId};

/// What an operation on a lake returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a lake failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("lake `{0}` does not exist")]
    NotFound(LakeId),
    #[error("lake name `{0}` is taken")]
    Taken(LakeId),
    #[error(transparent)]
    Name(#[from] base::BadName),
    #[error("root `{root}` is not configured")]
    UnknownRoot { root: String, known: Vec<String> },
    #[error("folder `{folder}` cannot be a lake: {why}")]
    Folder { folder: String, why: &'static str },
    #[error("{what} cannot be opened: {why}")]
    Unreachable { what: String, why: &'static str },
    #[error("folder `{folder}` of root `{root}` holds, is or lies in what another lake has already")]
    Overlaps { root: String, folder: String },
    #[error("the description is longer than {0} characters")]
    TooLong(usize),
    #[error("dataset changed: file `{path}` is not what the version holds")]
    Changed { path: String },
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
            Self::NotFound(_) => (Kind::NotFound, "catalog.lake_not_found"),
            Self::Taken(_) => (Kind::Conflict, "catalog.lake_taken"),
            Self::Name(_) => (Kind::Invalid, "catalog.lake_name"),
            Self::UnknownRoot { .. } => (Kind::Invalid, "catalog.root_unknown"),
            Self::Folder { .. } => (Kind::Invalid, "catalog.lake_folder"),
            Self::Unreachable { .. } => (Kind::Invalid, "catalog.lake_unreachable"),
            Self::Overlaps { .. } => (Kind::Conflict, "catalog.lake_overlaps"),
            Self::TooLong(_) => (Kind::Invalid, "catalog.description_too_long"),
            Self::Changed { .. } => (Kind::Conflict, "catalog.dataset_changed"),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownRoot { root, known } => match base::nearest(root, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "ask an administrator to name one under `[lakes.roots]`".into(),
                None => format!("configured are: {}", known.join(", ")),
            },
            Self::Taken(_) => "choose another name".into(),
            Self::Folder { .. } => "give a folder below the root, such as `retail/core`".into(),
            Self::Unreachable { .. } => "check the folder's name and that the server's user may read it".into(),
            Self::Overlaps { .. } => {
                "its stewards decide who reads there: ask them for access, or choose a folder beside it".into()
            }
            Self::Changed { .. } => "crawl the lake again, then repeat the read".into(),
            Self::NotFound(_) | Self::Name(_) | Self::TooLong(_) => return None,
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
