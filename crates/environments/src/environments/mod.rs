//! Environments: the isolated places that a project's steps run in. Each begins as `provisioning`, and is `available` only after a
//! smoke run in it.
mod error;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{EnvironmentView, routes};
pub use model::{Environment, InstanceState, NAMES};
pub use service::{find, list_of, provision, retry, set_available, set_error};

access::actions! {
    /// See an environment of a project.
    ReadEnvironment,
}

#[cfg(test)]
mod tests;
