//! The route-to-live clock: how long each stage takes, and who waits for whom. Every time is one that a transition wrote; an open end is
//! counted as open until now, and never left out. Compared only with a baseline that measured the same.
mod compare;
mod gather;
mod http;
mod marks;
mod model;
mod service;
mod times;
mod view;

pub use compare::{interval_of_saving, median};
pub use http::routes;
pub use marks::{Marks, Span, Split};
pub use model::{Definition, Measured, Outcome, Stage};
pub use view::{ClockView, ComparisonView, DeploymentClock, MeasuredView, RunTimeView, StageSummary, StageView};

access::actions! {
    /// See how long the way to live takes.
    ReadClock,
}

#[cfg(test)]
mod tests;
