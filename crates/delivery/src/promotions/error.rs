use super::PromotionState;
use access::{Right, Role};
use base::{Fault, Kind, PersonId};

/// What an operation on candidates, promotions, holds and gate policies returns.
pub type Result<T> = std::result::Result<T, Error>;

/// How long a reason or comment may be, in bytes.
const LONGEST: usize = 4_000;

/// Why an operation on candidates, promotions, holds or gate policies failed. What came from outside is cut and escaped before it gets
/// in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("project `{0}` does not exist")]
    ProjectNotFound(String),
    #[error("candidate {number} of project `{project}` does not exist")]
    CandidateNotFound { project: String, number: i64 },
    #[error("promotion `{0}` does not exist")]
    NotFound(String),
    #[error("hold `{0}` does not exist")]
    HoldNotFound(String),
    #[error("`{0}` is no environment that candidates enter")]
    Environment(String),
    #[error("promotion `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: String, found: PromotionState, verb: &'static str },
    #[error("a gate is closed: {0}")]
    Closed(String),
    #[error("candidate {number} is live in {environment}")]
    IsLive { number: i64, environment: String },
    #[error("promotion `{id}` into {environment} is under way")]
    Moving { id: String, environment: String },
    #[error("nothing is live in {0}")]
    NothingLive(String),
    #[error("nothing was live in {0} before")]
    NothingBefore(String),
    #[error("nothing is suspended in {0}")]
    NotSuspended(String),
    #[error("`{by}` suspended it before: {reason}")]
    Suspended { by: PersonId, reason: String },
    #[error("{0}, which loosens the policy")]
    Loosens(String),
    #[error("`{by}` has decided promotion `{id}` already")]
    AlreadyDecided { id: String, by: PersonId },
    #[error("`{by}` had a hand in it: {why}")]
    Author { by: PersonId, why: String },
    #[error("`{0}` belongs to nobody on record")]
    Unmapped(String),
    #[error("who made it cannot be read from its repository")]
    AuthorsUnreadable,
    #[error("`{decider}` came in by a one-time link that `{maker}` made, who had a hand in it")]
    LinkByAuthor { decider: PersonId, maker: PersonId },
    #[error("`{}` got this right from `{}` at {}", .0.holder, .0.given_by, .0.given_at)]
    NotIndependent(Right),
    #[error("this gate asks for {}, and `{by}` is none", .roles.iter().map(|role| format!("`{role}`")).collect::<Vec<_>>().join(" or "))]
    RoleNotAsked { by: PersonId, roles: Vec<Role> },
    #[error("the reason or comment is empty or longer than {LONGEST} bytes")]
    Reason,
    #[error("hold `{0}` was lifted")]
    HoldLifted(String),
    #[error("the policy does not fit: {0}")]
    Policy(String),
    #[error("version {version} of the policy of {environment} is not what you looked at, or is in force no more")]
    PolicyMoved { environment: String, version: i64 },
    #[error("an address of 1 to 200 characters and the name of a person are needed")]
    Address,
    #[error("there is no person `{0}`")]
    UnknownPerson(PersonId),
    #[error("{0} broke off")]
    Broken(&'static str),
    #[error(transparent)]
    Version(#[from] crate::versions::NotPossible),
    #[error(transparent)]
    Release(#[from] crate::release::Error),
    #[error(transparent)]
    Serving(#[from] serving::Error),
    #[error(transparent)]
    Tracking(#[from] tracking::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error("the object store failed")]
    Objects(#[from] objects::Error),
    #[error(transparent)]
    Once(#[from] access::OnceError),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

/// Returns a reason fit to be kept.
///
/// # Errors
/// [`Error::Reason`].
pub(crate) fn reason_of(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Err(Error::Reason);
    }
    Ok(text.to_owned())
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::ProjectNotFound(_) => (Kind::NotFound, "delivery.project_not_found"),
            Self::CandidateNotFound { .. } => (Kind::NotFound, "delivery.candidate_not_found"),
            Self::NotFound(_) => (Kind::NotFound, "delivery.promotion_not_found"),
            Self::HoldNotFound(_) => (Kind::NotFound, "delivery.hold_not_found"),
            Self::Environment(_) => (Kind::Invalid, "delivery.environment"),
            Self::NotPossible { .. } | Self::Version(_) => (Kind::Conflict, "delivery.promotion_not_possible"),
            Self::Closed(_) => (Kind::Conflict, "delivery.gate_closed"),
            Self::IsLive { .. } => (Kind::Conflict, "delivery.is_live"),
            Self::Moving { .. } => (Kind::Conflict, "delivery.promotion_moving"),
            Self::NothingLive(_) => (Kind::Conflict, "delivery.nothing_live"),
            Self::NothingBefore(_) => (Kind::Conflict, "delivery.nothing_before"),
            Self::NotSuspended(_) => (Kind::Conflict, "delivery.not_suspended"),
            Self::Suspended { .. } => (Kind::Conflict, "delivery.suspended_before"),
            Self::Loosens(_) => (Kind::Forbidden, "delivery.gate_policy_loosens"),
            Self::AlreadyDecided { .. } => (Kind::Conflict, "delivery.already_decided"),
            Self::Author { .. } => (Kind::Forbidden, "delivery.author_decides"),
            Self::Unmapped(_) => (Kind::Conflict, "delivery.author_unmapped"),
            Self::AuthorsUnreadable => (Kind::Unavailable, "delivery.authors_unreadable"),
            Self::LinkByAuthor { .. } => (Kind::Forbidden, "delivery.link_by_author"),
            Self::NotIndependent(_) => (Kind::Forbidden, "delivery.right_not_independent"),
            Self::RoleNotAsked { .. } => (Kind::Forbidden, "delivery.role_not_asked"),
            Self::Reason => (Kind::Invalid, "delivery.reason_missing"),
            Self::HoldLifted(_) => (Kind::Conflict, "delivery.hold_lifted"),
            Self::Policy(_) => (Kind::Invalid, "delivery.gate_policy"),
            Self::PolicyMoved { .. } => (Kind::Conflict, "delivery.gate_policy_moved"),
            Self::Address => (Kind::Invalid, "delivery.git_address"),
            Self::UnknownPerson(_) => (Kind::Invalid, "delivery.person_unknown"),
            Self::Broken(_) | Self::Objects(_) => (Kind::Internal, "delivery.failed"),
            Self::Release(inner) => inner.fault(),
            Self::Serving(inner) => inner.fault(),
            Self::Tracking(inner) => inner.fault(),
            Self::Git(inner) => inner.fault(),
            Self::Run(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Environment(_) => "candidates enter `preprod`, then `prod`".into(),
            Self::NotPossible { found, .. } => found.hint(),
            Self::Closed(_) => "the review page shows every gate, and what opens it".into(),
            Self::IsLive { .. } => "there is nothing to do".into(),
            Self::Moving { .. } => "wait for its end, or abandon it".into(),
            Self::NothingLive(_) => "promote a candidate first".into(),
            Self::NothingBefore(_) => "suspend what is live instead".into(),
            Self::NotSuspended(_) => "what is live answers".into(),
            Self::Suspended { .. } => "nothing answers; place a hold to put your reason on record".into(),
            Self::Loosens(_) => "ask a model validator".into(),
            Self::AlreadyDecided { .. } => "somebody else has to decide, too".into(),
            Self::Author { .. } | Self::LinkByAuthor { .. } => "ask somebody who had no hand in it".into(),
            Self::Unmapped(_) => {
                "a platform administrator says to whom the address belongs: `POST /git-addresses`".into()
            }
            Self::AuthorsUnreadable => "try again in a minute; if it stays so, ask your administrator: the server's log says what stands in the way".into(),
            Self::NotIndependent(_) => {
                "who decides was given the right by someone else, before the promotion was asked for".into()
            }
            Self::RoleNotAsked { .. } => "ask somebody who holds one of these roles".into(),
            Self::Reason => "say why: it is on record".into(),
            Self::HoldLifted(_) => "there is nothing to do".into(),
            Self::PolicyMoved { .. } => "look at what is in force, then change that".into(),
            Self::Release(inner) => return inner.hint(),
            Self::Serving(inner) => return inner.hint(),
            Self::Tracking(inner) => return inner.hint(),
            Self::Git(inner) => return inner.hint(),
            Self::Run(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            _ => return None,
        })
    }
}
