//! Runs: one execution of a pipeline at a commit, in an environment.
mod error;
mod http;
mod model;
pub(crate) mod outputs;
pub(crate) mod service;
pub(crate) mod store;
mod views;

pub use error::Error;
pub use http::routes;
pub use model::{Code, NewRun, Reason, Run, RunState};
pub use outputs::{read_output, steps_of};
pub use service::{attempts_of, definition_of, find, of_project, start, starts_of};
pub use views::{AttemptView, KeyView, OutputView, RunView, StepView};

access::actions! {
    /// Start a run of a pipeline.
    StartRun,
    /// See a run, its steps and how they came about.
    ReadRun,
    /// See what the steps of a run wrote: logs and outputs.
    ReadRunOutput,
    /// Stop a run.
    CancelRun,
}

#[cfg(test)]
mod rules;
