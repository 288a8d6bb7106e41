//! Batch jobs: an endpoint scores datasets into a new dataset of the lake, when asked or every day. A run of one step of ours does it, as
//! the endpoint's environment: it reads under that one's grants, calls the endpoint as any caller does (a stop ends it, too), and publishes
//! all rows or none.
mod error;
mod http;
mod jobs;
mod model;
mod pipeline;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{BatchView, routes};
pub use jobs::register;
pub use model::{Batch, BatchState, Outcome};

access::actions! {
    /// See a batch job.
    ReadBatch,
    /// Set a batch job up.
    CreateBatch,
    /// Have a batch job score now.
    StartBatch,
    /// End a batch job for good.
    RemoveBatch,
}

#[cfg(test)]
mod tests;
