//! The audit log: an entry for everything that was done or refused, chained and signed so that no change to it stays
//! unnoticed. The transaction inserts an entry; the sealer chains it within a second; [`verify`] needs only an export.
mod chain;
mod entry;
mod error;
mod http;
mod key;
mod sealer;
mod service;
pub(crate) mod store;
mod strangers;

pub use chain::{Broken, Checkpoint, GENESIS, Line, Report, Sealed, verify};
pub use entry::{Entry, Outcome};
pub use error::Error;
pub use http::{AuditStatus, EntryView, routes};
pub use key::{AuditKey, PublicKey};
pub use sealer::{SealError, Sealer, SealerSettings, last_known};
pub use service::{Place, Placed, entries_about, entries_of, export_page, insert, last_entry, log_lines};
pub(crate) use strangers::Strangers;

crate::actions! {
    /// See entries of the audit log.
    ReadAuditEntry,
    /// Export the audit log with its hashes, and see whether it is intact.
    ExportAudit,
}
