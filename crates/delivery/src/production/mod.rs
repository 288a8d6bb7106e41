//! What is live in each environment, and what is done to it in a hurry: bring back what was there before, stop it within a second, let
//! it answer again.
mod http;
mod service;

pub use http::{ProductionView, SuspendedView, routes};

access::actions! {
    /// See what is live in the environments of a project.
    ReadProduction,
    /// Bring back what was live before.
    RollBack,
    /// Stop what is live.
    SuspendProduction,
    /// Ask that what was stopped answers again.
    ResumeProduction,
}
