//! Breaches: what a monitor found beyond a limit, until somebody or the monitor itself says that it is over. Muting hides alerts, never
//! the breach.
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use http::{BreachView, routes};
pub use model::{Breach, BreachState, Open, Severity};
pub(crate) use service::judged;

access::actions! {
    /// See a breach.
    ReadBreach,
    /// Say that somebody looks after a breach.
    AcknowledgeBreach,
    /// Say that a breach is over.
    ResolveBreach,
    /// Hide the alerts of a breach for a while.
    MuteBreach,
}

#[cfg(test)]
mod tests;
