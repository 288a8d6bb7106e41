//! Gate policies: what an environment asks of a candidate, in versions. The judged do not write the test: a policy belongs to the
//! environment, and those who may author candidates of the project cannot change it.
mod http;
pub(crate) mod judge;
mod model;
mod service;
pub(crate) mod store;

pub use http::{GatePolicyView, NewGatePolicy, routes};
pub use judge::{GateVerdict, JudgedCheck, JudgedMetric, Measured, in_the_way, judge};
pub use model::{GatePolicy, GatePolicyState, Needed, Terms};
pub use monitoring::{Better, Tolerance};
pub use service::versions_of;
pub(crate) use service::{in_force, versions_in_force};

access::actions! {
    /// See the gate policies of a project.
    ReadGatePolicy,
    /// Put a new version of a gate policy in force.
    EditGate,
}

#[cfg(test)]
mod tests;
