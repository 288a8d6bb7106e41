//! Purposes: what data may be used for, on record before anyone asks. A purpose never changes; another one is another
//! record, so that what a request was approved for stays what it was.
mod error;
mod http;
mod model;
mod service;
mod store;

pub use error::Error;
pub use http::{PurposeView, routes};
pub use model::{NewPurpose, Purpose};
pub(crate) use store::PurposeStore;

access::actions! {
    /// Put a purpose on record.
    CreatePurpose,
    /// See the purposes on record.
    ReadPurpose,
}
