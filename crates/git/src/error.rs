use base::{Fault, Kind, ProjectId};

/// What an operation on a repository returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a repository failed. What came from outside is cut and escaped before it gets in here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("project `{0}` has no repository")]
    NotFound(ProjectId),
    #[error(transparent)]
    Name(#[from] base::BadName),
    #[error("`{0}` is no branch, tag or commit of this repository")]
    UnknownRevision(String),
    #[error("`{path}` does not exist in commit `{commit}`")]
    NoSuchPath { commit: String, path: String },
    #[error("`{path}` is not a path in a repository: {why}")]
    BadPath { path: String, why: &'static str },
    #[error("`{name}` cannot be a branch: {why}")]
    BadBranch { name: String, why: &'static str },
    #[error("`{path}` is larger than {limit}")]
    TooLarge { path: String, limit: base::Bytes },
    #[error("the code cannot be laid out: `{path}` {why}")]
    UnsafeTree { path: String, why: &'static str },
    #[error("branch `{branch}` is not at `{expected}` any more")]
    Moved { branch: String, expected: String },
    #[error("`{to}` does not build on `{from}`: `{branch}` only moves forward")]
    NotForward { branch: String, from: String, to: String },
    #[error("{0}")]
    Protocol(&'static str),
    #[error("too many clients work with repositories now")]
    Busy,
    #[error("git did not do it: {0}")]
    Git(String),
    #[error("the file system failed at {what}")]
    Io { what: &'static str, source: std::io::Error },
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Error {
    /// Names what was done when the file system failed.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "git.repository_not_found"),
            Self::Name(_) => (Kind::Invalid, "git.repository_name"),
            Self::UnknownRevision(_) => (Kind::NotFound, "git.unknown_revision"),
            Self::NoSuchPath { .. } => (Kind::NotFound, "git.no_such_path"),
            Self::BadPath { .. } => (Kind::Invalid, "git.bad_path"),
            Self::BadBranch { .. } => (Kind::Invalid, "git.bad_branch"),
            Self::TooLarge { .. } => (Kind::TooLarge, "git.too_large"),
            Self::UnsafeTree { .. } => (Kind::Invalid, "git.unsafe_tree"),
            Self::Moved { .. } => (Kind::Conflict, "git.branch_moved"),
            Self::NotForward { .. } => (Kind::Conflict, "git.not_forward"),
            Self::Protocol(_) => (Kind::Invalid, "git.protocol"),
            Self::Busy => (Kind::Unavailable, "git.busy"),
            Self::Git(_) | Self::Io { .. } => (Kind::Internal, "git.failed"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) => "look at the clone address on the project's page".into(),
            Self::UnknownRevision(_) => "name a branch, a tag or a whole commit id".into(),
            Self::NoSuchPath { .. } => "look at the folder above it".into(),
            Self::TooLarge { .. } => "keep large files as datasets or artifacts, not in the repository".into(),
            Self::UnsafeTree { .. } => "take it out of the repository, then push again".into(),
            Self::Moved { .. } => "look at what came in between, then repeat".into(),
            Self::NotForward { branch, .. } => format!("rebase on `{branch}`, push, then repeat"),
            Self::Protocol(_) => "use a stock `git` of version 2.20 or later".into(),
            Self::Busy => "try again in a minute".into(),
            Self::Name(_) | Self::BadPath { .. } | Self::BadBranch { .. } | Self::Git(_) | Self::Io { .. } => {
                return None;
            }
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
