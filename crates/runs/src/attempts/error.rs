use super::AttemptState;
use base::{AttemptId, Fault, Kind};

/// What an operation on an attempt returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on an attempt failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("attempt `{0}` does not exist")]
    NotFound(AttemptId),
    #[error("attempt `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: AttemptId, found: AttemptState, verb: &'static str },
    #[error("attempt `{0}` is another runner's now, or has ended")]
    StaleFence(AttemptId),
    #[error("the log has {next} lines; these begin at {from}")]
    LogGap { from: u64, next: u64 },
    #[error("the lines do not fit: {0}")]
    BadLines(String),
    #[error("output `{0}` is not one that the step declares")]
    UnknownOutput(String),
    #[error("output `{0}` was reported and never sent")]
    OutputMissing(String),
    #[error("the output could not be kept")]
    Objects(#[from] objects::Error),
    #[error("the log could not be kept")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("a step is in a state that its attempt does not fit")]
    Misfit(#[from] crate::steps::Misfit),
    #[error(transparent)]
    Run(Box<crate::runs::Error>),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl From<crate::runs::Error> for Error {
    fn from(error: crate::runs::Error) -> Self {
        match error {
            crate::runs::Error::Store(error) => Self::Store(error),
            other => Self::Run(Box::new(other)),
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "runs.attempt_not_found"),
            Self::NotPossible { .. } => (Kind::Conflict, "runs.attempt_not_possible"),
            Self::StaleFence(_) => (Kind::Conflict, "runs.stale_fence"),
            Self::LogGap { .. } => (Kind::Conflict, "runs.log_gap"),
            Self::BadLines(_) => (Kind::Invalid, "runs.log_unfit"),
            Self::UnknownOutput(_) => (Kind::Invalid, "runs.output_unknown"),
            Self::OutputMissing(_) => (Kind::Conflict, "runs.output_missing"),
            Self::Objects(inner) => inner.fault(),
            Self::Io(error) if crate::logs::is_full(error) => (Kind::Full, "runs.disk_full"),
            Self::Io(_) | Self::Misfit(_) => (Kind::Internal, "runs.failed"),
            Self::Run(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) | Self::StaleFence(_) => "end what was started for it; nothing more is taken".into(),
            Self::NotPossible { found, .. } => found.hint(),
            Self::LogGap { next, .. } => format!("ship again from line {next}"),
            Self::BadLines(_) => "ship fewer or shorter lines".into(),
            Self::UnknownOutput(_) => "declare it under the step's `outputs`".into(),
            Self::OutputMissing(_) => "send it by `PUT` before the report".into(),
            Self::Io(error) if crate::logs::is_full(error) => "free space in the data directory".into(),
            Self::Io(_) | Self::Misfit(_) => return None,
            Self::Objects(inner) => return inner.hint(),
            Self::Run(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
