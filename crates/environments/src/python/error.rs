use base::{Fault, Kind};

/// What an operation on a Python environment returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a Python environment failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("Python environment `{0}` does not exist")]
    NotFound(String),
    #[error("no Python to run steps on: {0}")]
    NoInterpreter(String),
    #[error("line {line} of the lock: {why}")]
    Lock { line: usize, why: String },
    #[error("the lock is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the folder of Python environments cannot be used: {0}")]
    Folder(std::io::ErrorKind),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "environments.python_not_found"),
            Self::NoInterpreter(_) => (Kind::Unavailable, "environments.no_interpreter"),
            Self::Lock { .. } => (Kind::Invalid, "environments.lock"),
            Self::TooLarge(_) => (Kind::TooLarge, "environments.lock_too_large"),
            Self::Folder(_) => (Kind::Unavailable, "environments.folder"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) => return None,
            Self::NoInterpreter(_) => {
                "install Python 3.11, or name one: `[environments] python` in the server's configuration".into()
            }
            Self::Lock { .. } => {
                "write the lock with `uv pip compile --generate-hashes requirements.in -o requirements.lock`".into()
            }
            Self::TooLarge(_) => "name fewer packages".into(),
            Self::Folder(_) => "an administrator looks at the data folder's disk".into(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
