//! Checks of a commit: lint, unit tests and the data contract. They belong to the commit, whatever branches name it, and run
//! once, as *dev*, when git says that a branch moved there.
mod error;
mod http;
mod jobs;
mod model;
mod report;
mod run;
mod service;
pub(crate) mod store;
mod view;

pub use error::Error;
pub use http::routes;
pub use jobs::register;
pub use model::{Check, CheckName, CheckState, Standing, standing};
pub use report::{ColumnVerdict, Finding, Report, Verdict};
pub use service::of;
pub(crate) use service::seen;
pub use view::{CheckView, ChecksView};

access::actions! {
    /// See the checks of a commit.
    ReadCheck,
}

#[cfg(test)]
mod tests;
