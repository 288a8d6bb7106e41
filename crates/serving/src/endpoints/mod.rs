//! Endpoints: a name under which released models of a project answer. What was asked for, what serves, and how the last rollout ended
//! are shown apart: one that was rolled back never looks like success.
mod error;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{EndpointView, RolloutView, routes};
pub use model::{Deployment, Endpoint, EndpointState, endpoint_id};
pub use service::{
    cancel, deploy, find_endpoint, find_rollout, first_outside_call, rollback, rollouts_of_candidate,
    rollouts_of_endpoint, start, stop, undeploy,
};
pub(crate) use service::{end_failed, publish, record};

access::actions! {
    /// See an endpoint, and what it serves.
    ReadEndpoint,
    /// Ask a model for predictions. The serving process decides this call by call, from what the server tells it.
    CallEndpoint,
}

#[cfg(test)]
mod tests;
