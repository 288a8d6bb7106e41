use crate::breaches::BreachState;
use crate::monitors::MonitorState;
use base::{Fault, Kind};

/// What an operation on monitors, evaluations and breaches returns.
pub type Result<T> = std::result::Result<T, Error>;

/// How long a reason may be, in bytes.
pub(crate) const LONGEST: usize = 4_000;

/// Why an operation on monitors, evaluations or breaches failed. What came from outside is cut and escaped before it gets in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("monitor `{0}` does not exist")]
    NotFound(String),
    #[error("evaluation `{0}` does not exist")]
    EvaluationNotFound(String),
    #[error("breach `{0}` does not exist")]
    BreachNotFound(String),
    #[error("monitor `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: String, found: MonitorState, verb: &'static str },
    #[error("breach `{id}` is `{found}`: `{verb}` is not possible")]
    BreachNotPossible { id: String, found: BreachState, verb: &'static str },
    #[error("the reason is empty or longer than {LONGEST} bytes")]
    Reason,
    #[error("{0}")]
    Settings(String),
    #[error("a breach is muted until a time from now on, 90 days ahead at most")]
    Until,
    #[error("`{0}` is no state of a breach")]
    State(String),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error(transparent)]
    Objects(#[from] objects::Error),
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
            Self::NotFound(_) => (Kind::NotFound, "monitoring.monitor_not_found"),
            Self::EvaluationNotFound(_) => (Kind::NotFound, "monitoring.evaluation_not_found"),
            Self::BreachNotFound(_) => (Kind::NotFound, "monitoring.breach_not_found"),
            Self::NotPossible { .. } => (Kind::Conflict, "monitoring.monitor_not_possible"),
            Self::BreachNotPossible { .. } => (Kind::Conflict, "monitoring.breach_not_possible"),
            Self::Reason => (Kind::Invalid, "monitoring.reason_missing"),
            Self::Settings(_) => (Kind::Invalid, "monitoring.settings"),
            Self::Until => (Kind::Invalid, "monitoring.muted_until"),
            Self::State(_) => (Kind::Invalid, "monitoring.breach_state"),
            Self::Run(inner) => inner.fault(),
            Self::Objects(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) | Self::EvaluationNotFound(_) | Self::BreachNotFound(_) => None,
            Self::NotPossible { found, .. } => Some(found.hint()),
            Self::BreachNotPossible { found, .. } => Some(found.hint()),
            Self::Reason => Some("say why: it is on record".into()),
            Self::Settings(_) => Some("change that one and send the settings again".into()),
            Self::Until => Some("send a time such as `2027-01-31T00:00:00Z`".into()),
            Self::State(_) => Some("`open`, `acknowledged` or `resolved`".into()),
            Self::Run(inner) => inner.hint(),
            Self::Objects(_) => None,
            Self::Once(inner) => inner.hint(),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}

/// Returns a reason as it is kept.
pub(crate) fn reason_of(text: &str) -> Result<String> {
    let reason = text.trim();
    if reason.is_empty() || reason.len() > LONGEST { Err(Error::Reason) } else { Ok(reason.to_owned()) }
}
