//! Logs of attempts: a file of JSON lines each, appended as runners ship them, kept where no engine or node takes them away.
mod file;
mod http;
mod live;

pub use file::{Appended, Logs, Numbered};
pub use http::routes;
pub use live::Live;

/// Returns whether a write failed for want of room.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}
