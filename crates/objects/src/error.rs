use base::{Digest, Fault, Kind};
use std::io::ErrorKind;

/// What an operation on blobs returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a blob failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("object `{0}` does not exist")]
    NotFound(Digest),
    #[error("object `{wanted}` is damaged: its bytes have the digest `{found}`")]
    Damaged { wanted: Digest, found: Digest },
    #[error("bytes {from} to {to} do not lie inside object `{digest}` of {size} bytes")]
    OutOfRange { digest: Digest, from: u64, to: u64, size: u64 },
    #[error("the disk that holds the objects is full")]
    Full(#[source] std::io::Error),
    #[error("what was to be stored could not be read to its end: {0}")]
    Input(#[source] std::io::Error),
    #[error("the object store failed")]
    Io(#[source] std::io::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full(error),
            _ => Self::Io(error),
        }
    }
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "objects.not_found"),
            Self::Damaged { .. } => (Kind::Internal, "objects.damaged"),
            Self::OutOfRange { .. } => (Kind::Invalid, "objects.out_of_range"),
            Self::Full(_) => (Kind::Full, "objects.disk_full"),
            Self::Input(_) => (Kind::Invalid, "objects.input_broke_off"),
            Self::Io(_) => (Kind::Internal, "objects.failed"),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Full(_) => "free space in the data directory and try again; nothing was kept".into(),
            Self::OutOfRange { size, .. } => format!("ask for bytes below {size}"),
            Self::Input(_) => "send it again; nothing was kept".into(),
            Self::NotFound(_) | Self::Damaged { .. } | Self::Io(_) => return None,
        })
    }
}
