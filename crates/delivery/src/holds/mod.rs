//! Holds: while one is placed on an environment, no candidate is deployed there. It stops what would come, never what serves.
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use http::{HoldView, LiftedView, NewHold, routes};
pub use model::{Hold, HoldState, Lifted};
pub use service::of_project;

access::actions! {
    /// See the holds of a project.
    ReadHold,
    /// Hold an environment.
    PlaceHold,
    /// Lift a hold.
    LiftHold,
}

#[cfg(test)]
mod tests;
