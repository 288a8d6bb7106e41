//! When somebody first looked at a dataset: its page, or a search that found it. The route-to-live clock begins there, so it is kept for
//! 90 days and for nothing else; who looks again writes nothing.
mod jobs;
mod service;
mod store;

pub use jobs::schedule;
pub(crate) use service::note;
pub use service::{KEPT_DAYS, first};

#[cfg(test)]
mod tests;
