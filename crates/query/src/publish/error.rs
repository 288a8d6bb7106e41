use base::{DatasetId, Fault, Kind, LakeId, PurposeId};

/// What the functions of this resource return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{0}` is not a name for a dataset")]
    Name(String),
    #[error("you can write nothing under `{0}`")]
    NoGrant(String),
    #[error(transparent)]
    NotAllowed(#[from] catalog::grants::NotAllowed),
    #[error("input `{0}` is not a dataset that you can read for purpose `{1}`")]
    Input(DatasetId, PurposeId),
    #[error("the server's clock and its database's differ by more than a second")]
    Skew,
    #[error("the body is not Parquet: {0}")]
    NotParquet(&'static str),
    #[error("column `{0}` {1}")]
    Column(String, &'static str),
    #[error("the body cannot be published: {0}")]
    Rows(String),
    #[error("`{0}` differs from table `{1}` by capitals only")]
    Twin(DatasetId, String),
    #[error("the body broke off")]
    Broken,
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    #[error("lake `{0}` has no room left")]
    Full(LakeId),
    #[error("lake `{0}` cannot be written to")]
    Unwritable(LakeId),
    #[error("the rows were not appended: {0}")]
    Moved(String),
    #[error("this `Idempotency-Key` was used for another file")]
    OtherFile,
    #[error(transparent)]
    Catalog(#[from] catalog::datasets::Error),
    #[error(transparent)]
    Once(#[from] access::OnceError),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::Name(_) | Self::Twin(..) => (Kind::Invalid, "publish.name"),
            Self::NoGrant(_) => (Kind::NotFound, "publish.no_grant"),
            Self::NotAllowed(inner) => inner.fault(),
            Self::Input(..) => (Kind::Invalid, "publish.input"),
            Self::Skew => (Kind::Unavailable, "query.clock_skew"),
            Self::NotParquet(_) | Self::Rows(_) => (Kind::Invalid, "publish.not_parquet"),
            Self::Column(..) => (Kind::Invalid, "publish.column"),
            Self::Broken => (Kind::Invalid, "publish.broken"),
            Self::TooLarge(_) => (Kind::TooLarge, "publish.too_large"),
            Self::Full(_) => (Kind::Full, "publish.full"),
            Self::Unwritable(_) => (Kind::Unavailable, "publish.unwritable"),
            Self::Moved(_) => (Kind::Conflict, "publish.moved"),
            Self::OtherFile => (Kind::Conflict, "access.key_reused"),
            Self::Catalog(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name(_) => "name it `lake.schema.table`; schema and table are letters, digits and `_`".into(),
            Self::NoGrant(object) => format!("ask for it: `POST /requests` with kind `write` and object `{object}`"),
            Self::NotAllowed(inner) => return inner.hint(),
            Self::Input(..) => {
                "name the datasets that the rows were made from, as `lake.schema.table`, and read them for the same purpose".into()
            }
            Self::Skew => "have the platform administrator correct the clock".into(),
            Self::Twin(_, other) => format!("give it another name, or publish to `{other}`"),
            Self::Rows(_) => "split long values, write smaller pages, and send the file again".into(),
            Self::NotParquet(_) => "write the file again and send all of it".into(),
            Self::Column(..) => "rename it or change its type, and write the file again".into(),
            Self::Broken => "send it again; nothing was published".into(),
            Self::TooLarge(_) => "publish it as several datasets".into(),
            Self::Full(_) => "free space in the lake, then repeat; nothing was published".into(),
            Self::Unwritable(_) => "tell the lake's steward; nothing was published".into(),
            Self::Moved(_) => "it is tried again by itself".into(),
            Self::OtherFile => "make a new random key for each new call".into(),
            Self::Catalog(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
