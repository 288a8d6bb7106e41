use base::{Fault, Kind};

/// What an operation on merges returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a merge was not carried out. What came from outside is cut and escaped before it gets in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("checks of `{commit}` are red: {why}")]
    Red { commit: String, why: String },
    #[error("checks of `{0}` are not finished")]
    Open(String),
    #[error("`{0}` was never checked: no branch was pushed to it")]
    Unchecked(String),
    #[error("branch `{branch}` is at `{head}` now, not at `{looked_at}`")]
    BranchMoved { branch: String, looked_at: String, head: String },
    #[error("there is nothing to merge: `main` is at what `{0}` is at")]
    Nothing(String),
    #[error("`main` has moved: `{0}` does not build on what it is at")]
    MainMoved(String),
    #[error(transparent)]
    Check(#[from] crate::checks::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
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
            Self::Red { .. } => (Kind::Conflict, "delivery.checks_red"),
            Self::Open(_) => (Kind::Conflict, "delivery.checks_open"),
            Self::Unchecked(_) => (Kind::Conflict, "delivery.not_checked"),
            Self::BranchMoved { .. } => (Kind::Conflict, "delivery.branch_moved"),
            Self::Nothing(_) => (Kind::Conflict, "delivery.nothing_to_merge"),
            Self::MainMoved(_) => (Kind::Conflict, "delivery.main_moved"),
            Self::Check(inner) => inner.fault(),
            Self::Git(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Red { .. } => "mend what they name, and push the branch again".into(),
            Self::Open(_) => "ask again when they are".into(),
            Self::Unchecked(_) => "push a branch to it".into(),
            Self::BranchMoved { .. } => "look at what it is at now, then merge that".into(),
            Self::Nothing(_) => "push a change first".into(),
            Self::MainMoved(branch) => {
                format!("rebase onto it: `git fetch && git rebase origin/main`, then push `{branch}` again")
            }
            Self::Check(inner) => return inner.hint(),
            Self::Git(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
