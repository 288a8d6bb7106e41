use base::{DatasetId, Fault, GrantId, Kind, PurposeId, QueryId};

use super::{QueryState, Why};
use crate::engine;

/// What the functions of this resource return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a query was not answered, or no query was found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("query `{0}` does not exist")]
    NotFound(QueryId),
    #[error("query `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: QueryId, found: QueryState, verb: &'static str },
    #[error("`{0}` is not a format that rows come in")]
    Format(String),
    #[error("{what}{caret}")]
    NoGrant { what: String, caret: String, dataset: DatasetId, nearest: Option<String> },
    #[error(transparent)]
    NotAllowed(#[from] catalog::grants::NotAllowed),
    #[error("your grants are for several purposes")]
    PurposeNeeded(Vec<PurposeId>),
    #[error("no purpose is shared by your grants for all of these datasets")]
    NoPurpose,
    #[error("dataset `{dataset}` is `{found}`")]
    NotActive { dataset: DatasetId, found: String },
    #[error("the files of dataset `{0}` cannot be reached")]
    Unreachable(DatasetId),
    #[error("the terms of grant `{grant}` do not fit dataset `{dataset}` as it is now")]
    Unfit { dataset: DatasetId, grant: GrantId },
    #[error("dataset `{0}` is no input of this step")]
    NotDeclared(DatasetId),
    #[error("the terms do not fit dataset `{0}` as it is now")]
    TermsDoNotFit(DatasetId),
    #[error(transparent)]
    Engine(#[from] engine::Error),
    #[error("the query took longer than {0} s")]
    TooLong(u64),
    #[error("the query was stopped: {0}")]
    GrantEnded(String),
    #[error("{0}")]
    Cancelled(String),
    #[error("the server that ran the query stopped")]
    Lost,
    #[error("too many queries run")]
    Busy,
    #[error("the server's clock and its database's differ by more than a second")]
    Skew,
    #[error("the query's work broke off")]
    Broken,
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "query.not_found"),
            Self::NotPossible { .. } => (Kind::Conflict, "query.not_possible"),
            Self::Format(_) => (Kind::Invalid, "query.format"),
            Self::NoGrant { .. } => (Kind::NotFound, "query.no_grant"),
            Self::NotAllowed(inner) => inner.fault(),
            Self::PurposeNeeded(_) => (Kind::Conflict, "query.purpose_needed"),
            Self::NoPurpose => (Kind::Forbidden, "query.no_purpose"),
            Self::NotActive { .. } => (Kind::Conflict, "query.dataset_not_active"),
            Self::Unreachable(_) => (Kind::Unavailable, "query.unreachable"),
            Self::Unfit { .. } | Self::TermsDoNotFit(_) => (Kind::Conflict, "query.terms_do_not_fit"),
            Self::NotDeclared(_) => (Kind::Forbidden, "query.not_declared"),
            Self::Engine(engine::Error::Refused(_)) => (Kind::Invalid, "query.refused"),
            Self::Engine(engine::Error::Mistake { .. }) => (Kind::Invalid, "query.mistake"),
            Self::Engine(engine::Error::Changed(_)) => (Kind::Conflict, "query.dataset_changed"),
            Self::Engine(engine::Error::TooLarge) => (Kind::TooLarge, "query.too_large"),
            Self::Engine(engine::Error::Failed(_)) => (Kind::Invalid, "query.failed"),
            Self::TooLong(_) => (Kind::TooLarge, "query.too_long"),
            Self::GrantEnded(_) => (Kind::Forbidden, "query.grant_ended"),
            Self::Cancelled(_) => (Kind::Conflict, "query.cancelled"),
            Self::Lost => (Kind::Unavailable, "query.lost"),
            Self::Busy => (Kind::Unavailable, "query.busy"),
            Self::Skew => (Kind::Unavailable, "query.clock_skew"),
            Self::Broken => (Kind::Internal, "query.broken"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) => "`GET /queries` lists yours".into(),
            Self::NotPossible { found, .. } => found.hint(),
            Self::Format(_) => {
                "accept `application/vnd.apache.arrow.stream`, `application/x-ndjson` or `text/csv`".into()
            }
            Self::NoGrant { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::NoGrant { dataset, .. } => {
                format!("ask for it: `POST /requests` with object `{dataset}`, a purpose and uses")
            }
            Self::NotAllowed(inner) => return inner.hint(),
            Self::PurposeNeeded(held) => {
                let held: Vec<String> = held.iter().map(|purpose| format!("`{purpose}`")).collect();
                format!("name one of them as `purpose`: {}", held.join(", "))
            }
            Self::NoPurpose => "read the datasets one by one, or ask for access for one purpose".into(),
            Self::NotActive { .. } => "once a crawl of its lake finds it again, this works".into(),
            Self::NotDeclared(_) => {
                "give the step an input `Dataset(\"lake.schema.table\")`: a run reads what its pipeline says".into()
            }
            Self::Unreachable(_) => "try again; if it stays so, tell the lake's steward".into(),
            Self::Unfit { .. } | Self::TermsDoNotFit(_) => {
                "ask the dataset's steward for a grant that fits its present columns".into()
            }
            Self::Engine(engine::Error::Refused(_)) => {
                "only queries (`SELECT …`) over granted datasets run; a dataset's columns are on its page".into()
            }
            Self::Engine(engine::Error::Mistake { hint, .. }) => return hint.clone(),
            Self::Engine(engine::Error::Changed(_)) => "run it again once the lake was crawled".into(),
            Self::Engine(engine::Error::TooLarge) | Self::TooLong(_) => {
                "read fewer rows or columns, join on a key, or ask in parts".into()
            }
            Self::Engine(engine::Error::Failed(_)) => "see which expression can do that on rows you may see".into(),
            Self::GrantEnded(_) => "ask for access again".into(),
            Self::Cancelled(_) => return None,
            Self::Lost => "run it again".into(),
            Self::Busy => "try again in a few seconds".into(),
            Self::Skew => "have the platform administrator correct the clock".into(),
            Self::Broken => "give the request id to your platform administrator".into(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }

    fn about(&self) -> Option<String> {
        match self {
            Self::NoGrant { dataset, .. } | Self::NotDeclared(dataset) => Some(format!("dataset/{dataset}")),
            Self::NotAllowed(inner) => inner.about(),
            _ => None, // names no dataset, or is no refusal
        }
    }
}

impl Error {
    /// Returns what the query's row says, and never more than its asker may know.
    pub(crate) fn why(&self) -> Why {
        let (kind, code) = self.fault();
        let detail = if kind == Kind::Internal { "internal error".into() } else { self.to_string() };
        Why { code: code.into(), detail, hint: self.hint() }
    }
}
