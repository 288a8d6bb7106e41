//! Publishing: a Parquet body becomes a version of a dataset, whole or not at all, under a `write` grant.
pub mod append;
mod error;
mod files;
mod http;
mod model;
mod service;

pub use error::Error;
pub use http::routes;
pub use model::{Publication, Published};
pub use service::publish;

access::actions! {
    /// Publish a dataset into a lake.
    PublishDataset,
}
