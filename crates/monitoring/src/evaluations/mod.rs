//! Evaluations: one look of a monitor at what its endpoint was asked and answered. A run of one platform step measures, this judges, by
//! the tolerances of the gate policy in force.
mod compose;
mod http;
mod jobs;
mod judge;
mod model;
mod service;
pub(crate) mod store;

pub use http::{EvaluationView, routes};
pub use jobs::register;
pub use judge::{EvaluatedMetric, MetricVerdict, judge};
pub use model::{Evaluation, EvaluationState};

access::actions! {
    /// See an evaluation.
    ReadEvaluation,
    /// Have a monitor look now.
    EvaluateMonitor,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::metric as metric_for_tests;
