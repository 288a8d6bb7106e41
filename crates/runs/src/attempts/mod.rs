//! Attempts: the tries of a step, each by one runner on an engine. A report counts only with the fence of the last claim.
mod error;
mod http;
mod model;
pub(crate) mod service;
pub(crate) mod store;

pub use error::{Error, Result};
pub use http::routes;
pub use model::{Attempt, AttemptState, FailureKind};

access::actions! {
    /// Take an attempt, as its runner.
    ClaimAttempt,
    /// Say how an attempt goes and ended, as its runner.
    ReportAttempt,
}

#[cfg(test)]
mod rules;
