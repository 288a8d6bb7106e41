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

/// Tells whether a dataset of this name, `lake.schema.table`, may be published.
pub fn is_name(dataset: &base::DatasetId) -> bool {
    model::Target::parse(dataset).is_ok()
}

access::actions! {
    /// Publish a dataset into a lake.
    PublishDataset,
}
