use base::{Fault, Kind, Timestamp};

/// What this context's services return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why evidence could not be given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("project `{0}` is not known")]
    ProjectNotFound(String),
    #[error("project `{project}` has no candidate {number}")]
    CandidateNotFound { project: String, number: i64 },
    #[error("`{0}` is no date and time")]
    BadDate(String),
    #[error("`{0}` has not come yet: it is {1}")]
    Future(Timestamp, Timestamp),
    #[error("`{0}` is no environment that candidates enter")]
    Environment(String),
    #[error("line {line}, column `{column}`: {why}")]
    Baseline { line: u64, column: &'static str, why: String },
    #[error("line {line}: {why}")]
    BaselineLine { line: u64, why: String },
    #[error("a dossier could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::ProjectNotFound(_) => (Kind::NotFound, "evidence.project_not_found"),
            Self::CandidateNotFound { .. } => (Kind::NotFound, "evidence.candidate_not_found"),
            Self::BadDate(_) => (Kind::Invalid, "evidence.date"),
            Self::Future(..) => (Kind::Invalid, "evidence.date_in_future"),
            Self::Environment(_) => (Kind::Invalid, "evidence.environment"),
            Self::Baseline { .. } | Self::BaselineLine { .. } => (Kind::Invalid, "evidence.baseline"),
            Self::Json(_) => (Kind::Internal, "evidence.failed"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::ProjectNotFound(_) => Some("`GET /projects` lists those that you may see".into()),
            Self::CandidateNotFound { project, .. } => {
                Some(format!("`GET /projects/{project}/candidates` lists those that there are"))
            }
            Self::BadDate(_) => {
                Some("write it as `2026-03-31T12:00:00Z`, with its zone, or as a day, `2026-03-31`".into())
            }
            Self::Future(..) => Some("ask for a moment until now".into()),
            Self::Environment(_) => Some("name `preprod` or `prod`".into()),
            Self::Baseline { .. } | Self::BaselineLine { .. } => Some(
                "the header is `stage,value,unit,n,definition_from,definition_to,source`; nothing was imported".into(),
            ),
            Self::Json(_) => None,
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
