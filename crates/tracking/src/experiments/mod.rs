//! Experiments: folders of runs, with a name that is unique in their space while they are active. Each space has one by
//! default, which clients call `0`.
mod http;
mod model;
mod service;
pub(crate) mod store;
mod v1;

pub(crate) use http::{routes as mlflow_routes, view};
pub use model::{Experiment, Lifecycle};
pub(crate) use model::{Shown, check_tag};
pub(crate) use service::{ensure_default, find, last_of_each, rooms};
pub use v1::{ExperimentView, routes};

access::actions! {
    /// See experiments, their runs and what those logged.
    ReadExperiment,
    /// Create an experiment.
    CreateExperiment,
    /// Rename an experiment, or tag it.
    ChangeExperiment,
    /// Delete an experiment, or restore it.
    DeleteExperiment,
}

#[cfg(test)]
pub(crate) mod tests;
