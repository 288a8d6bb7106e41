//! Steps: the nodes of a run. A step's outputs are what one attempt, or an equal step before, committed.
mod model;
pub(crate) mod store;

pub use model::{Governed, Misfit, Outputs, Step, StepKind, StepState};

#[cfg(test)]
mod rules;
