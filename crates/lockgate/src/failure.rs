//! How the binary fails: what failed on which input, the way out, and the exit code that scripts rest on.
use base::{Fault, Kind};
use std::fmt;

/// The exit codes, documented in `docs/reference/cli.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Internal = 1,
    Usage = 2,
    Refused = 3,
    NotFound = 4,
    Conflict = 5,
    Unavailable = 6,
    InUse = 7,
    Full = 8,
    Broken = 9,
}

impl Exit {
    /// Every code with its meaning, for the reference page.
    pub const ALL: &[(Self, &str)] = &[
        (
            Self::Internal,
            "something failed that should not: the text says what; of `monitor evaluate` and `stats`: breached",
        ),
        (Self::Usage, "the command line, the configuration or an input is wrong"),
        (Self::Refused, "not signed in, or not allowed; of `monitor evaluate` and `stats`: not computable"),
        (Self::NotFound, "absent, or not yours to see"),
        (Self::Conflict, "does not fit the state found"),
        (Self::Unavailable, "the server or the database does not answer; try again"),
        (Self::InUse, "the data folder or an address is in use by another process"),
        (Self::Full, "the disk is full"),
        (Self::Broken, "what was to be verified does not hold"),
    ];
}

/// A failed command.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// What failed, on which input.
    pub detail: String,
    /// The way out.
    pub hint: Option<String>,
}

/// What a command returns.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Returns a failure with its way out.
    pub fn new(exit: Exit, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, detail: detail.into(), hint: Some(hint.into()) }
    }

    /// Says what was being done when the operating system refused.
    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (exit, hint) = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => (Exit::Full, "free space on that disk, then repeat"),
            ErrorKind::PermissionDenied => {
                (Exit::Usage, "run it as the user that owns the path, or give that user the right")
            }
            ErrorKind::NotFound => (Exit::Usage, "check the path"),
            ErrorKind::AddrInUse => {
                (Exit::InUse, "stop the process that listens there, or choose another port (0 picks a free one)")
            }
            ErrorKind::AddrNotAvailable => (Exit::Usage, "this machine has no such address; use one of its own"),
            _ => (Exit::Internal, "look into the cause and repeat"),
        };
        Self::new(exit, format!("{what}: {}", plain(error)), hint)
    }

    /// Says of `key` that nothing can listen on its `address`.
    pub fn listen(key: &str, address: &str, error: &std::io::Error) -> Self {
        let failure = Self::io(format!("`{key}`: cannot listen on `{address}`"), error);
        // Not from a call of the system: the text is no address, or its host has none.
        if failure.exit == Exit::Internal && error.raw_os_error().is_none() {
            let hint = "write an address and a port, for example `127.0.0.1:8080`";
            return Self::new(Exit::Usage, failure.detail, hint);
        }
        failure
    }
}

/// Returns the system's words without the error number, in our style.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.detail)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\n  hint: {hint}"))
    }
}

impl<F: Fault> From<F> for Failure {
    fn from(fault: F) -> Self {
        let exit = match fault.fault().0 {
            Kind::Invalid | Kind::TooLarge | Kind::Unsupported => Exit::Usage,
            Kind::Unauthenticated | Kind::Forbidden => Exit::Refused,
            Kind::NotFound => Exit::NotFound,
            Kind::Conflict | Kind::Stale => Exit::Conflict,
            Kind::Unavailable | Kind::TooMany => Exit::Unavailable,
            Kind::Full => Exit::Full,
            Kind::Internal => Exit::Internal,
        };
        // Whoever runs the binary on this machine may see the cause; callers over HTTP never do.
        let mut detail = fault.to_string();
        let mut source = fault.source();
        while let Some(inner) = source {
            detail = format!("{detail}: {inner}");
            source = inner.source();
        }
        Self { exit, detail, hint: fault.hint() }
    }
}
