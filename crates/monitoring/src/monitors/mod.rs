//! Monitors: what is watched of an endpoint, by which limits, how often. The release says what; people say how often and where the
//! outcomes come from, and their settings survive the next release.
mod http;
mod jobs;
mod model;
mod service;
pub(crate) mod store;

pub use http::{MonitorView, routes};
pub use jobs::register;
pub(crate) use model::place;
pub use model::{Monitor, MonitorState, Released, Settings, Source, Truth, Watch};
pub(crate) use service::{record, seen};
pub use service::{retune, watch};

access::actions! {
    /// See a monitor.
    ReadMonitor,
    /// Change where a monitor's outcomes come from, how often it looks, and how far back.
    SetMonitor,
    /// Let a monitor look no more until it is resumed.
    PauseMonitor,
    /// Let a paused monitor look again.
    ResumeMonitor,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::monitor as monitor_for_tests;
