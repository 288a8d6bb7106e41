//! Baselines: how long the stages took before, by whoever measured it, with what they measured. One is imported whole; the last one counts,
//! and those before stay on record.
mod http;
mod model;
mod read;
mod service;
mod store;

pub use http::{BaselineLineView, BaselineView, routes};
pub use model::{Baseline, Line, Unit};
pub use read::read;
pub(crate) use service::in_force;

access::actions! {
    /// See the baselines that the clock is compared with.
    ReadBaseline,
    /// Import a baseline.
    ImportBaseline,
}

#[cfg(test)]
mod tests;
