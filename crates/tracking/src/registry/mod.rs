//! Registered models and their versions. A version's files are a copy (by digest) of those it was made from, so that its
//! content never changes; aliases and stages only point at versions, and who set which when stays on record.
mod http;
mod model;
mod models;
mod names;
mod pointers;
mod released;
mod source;
pub(crate) mod store;
mod v1;
mod version_http;
mod versions;
mod versions_store;
mod wire;

pub(crate) use http::routes as mlflow_routes;
pub use model::{RegisteredModel, Version, VersionState};
pub use released::{Released, register_released};
pub use v1::{ModelVersionView, RegisteredModelView, routes};
pub(crate) use versions::{file_of_version, find_version_by_id};

access::actions! {
    /// See registered models and their versions.
    ReadModel,
    /// Register a model, or a version of one.
    RegisterModel,
    /// Describe, rename or tag a model or a version, and point an alias or a stage at it.
    ChangeModel,
    /// Delete a model or a version.
    DeleteModel,
}

#[cfg(test)]
mod tests;
