use super::EndpointState;
use crate::rollouts::{NotPossible, RolloutId};
use base::{Fault, Kind, ProjectId};

/// What an operation on an endpoint returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on an endpoint failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("endpoint `{0}` does not exist")]
    NotFound(String),
    #[error("endpoint `{0}` belongs to project `{1}`")]
    Taken(String, ProjectId),
    #[error("rollout `{1}` to endpoint `{0}` is on its way")]
    Moving(String, RolloutId),
    #[error("endpoint `{id}` is `{found}`: `{verb}` is not possible")]
    State { id: String, found: EndpointState, verb: &'static str },
    #[error("endpoint `{0}` served nothing before")]
    NothingBefore(String),
    #[error("environment `{0}` does not exist, or is none that models are served in")]
    Environment(base::EnvironmentId),
    #[error(transparent)]
    Signature(#[from] crate::signature::BadSignature),
    #[error(transparent)]
    Rollout(#[from] NotPossible),
    #[error(transparent)]
    Name(#[from] base::BadName),
    #[error("a reason is needed")]
    NoReason,
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "serving.endpoint_not_found"),
            Self::Taken(..) => (Kind::Conflict, "serving.endpoint_taken"),
            Self::Moving(..) => (Kind::Conflict, "serving.rollout_moving"),
            Self::State { .. } => (Kind::Conflict, "serving.endpoint_not_possible"),
            Self::NothingBefore(_) => (Kind::Conflict, "serving.nothing_before"),
            Self::Environment(_) => (Kind::Invalid, "serving.environment"),
            Self::Signature(_) => (Kind::Invalid, "serving.signature"),
            Self::Rollout(_) => (Kind::Conflict, "serving.rollout_not_possible"),
            Self::Name(_) => (Kind::Invalid, "serving.endpoint_name"),
            Self::NoReason => (Kind::Invalid, "serving.no_reason"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) | Self::Name(_) | Self::Signature(_) => None,
            Self::Taken(..) => Some("choose another name for the endpoint".into()),
            Self::Moving(..) => Some("wait for its end, or cancel it".into()),
            Self::State { found, .. } => Some(found.hint()),
            Self::NothingBefore(_) => Some("deploy a candidate instead".into()),
            Self::Environment(_) => Some("a project has `dev`, `preprod` and `prod`".into()),
            Self::Rollout(inner) => Some(inner.found.hint()),
            Self::NoReason => Some("say why: it is on record, and callers of the endpoint's page see it".into()),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}
