//! Rollouts: a version of a model on its way to an endpoint, then answering there, then away. The serving process loads it first; only
//! what is in memory and ran once takes over.
mod model;
pub(crate) mod store;

pub use model::{NotPossible, Rollout, RolloutId, RolloutState};
pub(crate) use model::{before, kept};

#[cfg(test)]
pub(crate) mod tests;
