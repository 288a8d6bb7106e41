//! Queries: SQL over granted datasets, answered as a stream. Each is a row with its state, and an audit entry before its
//! first byte and at its end.
mod error;
mod http;
mod model;
mod service;
mod shepherd;
pub(crate) mod store;

pub use error::Error;
pub use http::routes;
pub use model::{Asked, Query, QueryState, Read, Why};
pub use service::{cancel, close_lost, first_read_under, get, list, run};

access::actions! {
    /// Run a query over granted datasets.
    RunQuery,
    /// See that a query ran; its text is its asker's alone.
    ReadQuery,
    /// Stop a running query.
    CancelQuery,
}

#[cfg(test)]
mod tests;
