use base::{Fault, Kind};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// What a store function returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row changed since it was read, or the engine asks to try again.
    #[error("the row changed meanwhile")]
    Stale,
    /// A unique index refused the row; the store function that ran the statement says what that means.
    #[error("a unique index refused the row")]
    Taken,
    /// A stored word or number that this binary does not know.
    #[error("the metadata store holds an unknown value: {0}")]
    Unknown(String),
    /// The address names no engine that we speak to.
    #[error("the database URL is neither `sqlite://FILE` nor `postgres://…`")]
    BadUrl,
    /// SQLite cannot open its file: the folder is absent, or closed to this user.
    #[error("the database file cannot be opened")]
    CannotOpen(#[source] DbErr),
    /// The file holds something else.
    #[error("the file is not an SQLite database")]
    NotADatabase(#[source] DbErr),
    /// No connection, or none free in time.
    #[error("the metadata store does not answer")]
    Unavailable(#[source] DbErr),
    /// The disk below the database is full.
    #[error("the metadata store has no room left")]
    Full,
    /// Anything else.
    #[error("the metadata store failed")]
    Sql(#[source] DbErr),
}

impl Error {
    /// Says of a failure to open that the store does not answer, whatever the driver calls it, unless waiting cannot help.
    pub(crate) fn connecting(error: DbErr) -> Self {
        match code(&error).as_deref() {
            // SQLite: cannot open, and its kin: no folder for temporary files, a folder in the file's place, a path too long, a link.
            Some("14" | "270" | "526" | "782" | "1550") => Self::CannotOpen(error),
            Some("26") => Self::NotADatabase(error),
            Some("53100" | "13" | "4874") => Self::Full,
            _ => Self::Unavailable(error),
        }
    }
}

/// Returns the engine's own code: an SQLSTATE, or SQLite's extended result code.
fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime)) = error else { return None };
    let RuntimeErr::SqlxError(inner) = runtime else { return None };
    Some(inner.as_database_error()?.code()?.into_owned())
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
            return Self::Taken;
        }
        match code(&error).as_deref() {
            // PostgreSQL: serialisation failure, deadlock. SQLite: busy, locked, and their kin.
            Some("40001" | "40P01" | "5" | "6" | "261" | "262" | "517") => Self::Stale,
            // PostgreSQL: disk full. SQLite: full, and no room for its shared memory. PostgreSQL: the server is going away.
            Some("53100" | "13" | "4874") => Self::Full,
            Some("57P01" | "57P02" | "57P03" | "53300") => Self::Unavailable(error),
            _ if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => Self::Unavailable(error),
            _ => Self::Sql(error),
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::Stale => (Kind::Stale, "store.stale"),
            Self::Taken => (Kind::Conflict, "store.taken"),
            Self::Unavailable(_) => (Kind::Unavailable, "store.unavailable"),
            Self::Full => (Kind::Full, "store.full"),
            Self::BadUrl => (Kind::Invalid, "store.bad_url"),
            Self::CannotOpen(_) => (Kind::Invalid, "store.cannot_open"),
            Self::NotADatabase(_) => (Kind::Invalid, "store.not_a_database"),
            Self::Unknown(_) | Self::Sql(_) => (Kind::Internal, "store.failed"),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Stale => "read it again and repeat".into(),
            Self::Unavailable(_) => "try again in a few seconds".into(),
            Self::Full => "free space on the disk of the database, then repeat".into(),
            Self::BadUrl => "set `[database] url`, or leave it out for SQLite in the data folder".into(),
            Self::CannotOpen(_) => {
                "make its folder, let this user write there, or name another file in `[database] url`".into()
            }
            Self::NotADatabase(_) => "restore it from a backup, or name another file in `[database] url`".into(),
            Self::Taken | Self::Unknown(_) | Self::Sql(_) => return None,
        })
    }
}

/// Succeeds if a guarded update changed its one row; [`Error::Stale`] otherwise.
///
/// # Errors
/// [`Error::Stale`].
pub fn expect_one(done: sea_orm::UpdateResult) -> Result<()> {
    if done.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}
