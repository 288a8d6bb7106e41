//! Merges: `main` moves forward to the commit that a branch is at, once its checks are green. Who merges counts as pusher.
//!
//! A merge is on record before git moves the branch, so that one which a kill cut off is carried out by the next call, once.
mod error;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{MergeView, NewMerge, routes};
pub use model::{Merge, MergeState};
pub(crate) use service::is_merged;
pub use service::of_commit;

access::actions! {
    /// Bring a branch to `main`.
    MergeBranch,
    /// See the merges of a project.
    ReadMerge,
}

#[cfg(test)]
mod tests;
