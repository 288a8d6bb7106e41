//! Candidates: what a run of the `main` pipeline made, as one thing with a digest that never changes. Only a candidate can be promoted;
//! a run whose checks are red makes none, and says why.
mod cut;
mod http;
mod jobs;
mod model;
mod review;
mod service;
mod signature;
pub(crate) mod store;

pub(crate) use cut::endpoint_of;
pub use http::{CandidateView, DatasetVersionView, ReleaseView, routes};
pub use jobs::register;
pub use model::{Candidate, Content, DatasetVersion, ModelVersion, ReleaseOutcome, ReleaseState, Serving};
pub use review::{ChangeView, ReviewView};
pub use service::{find, of_project};

access::actions! {
    /// See the candidates of a project, and the runs that make them.
    ReadCandidate,
}

#[cfg(test)]
pub(crate) mod tests;
