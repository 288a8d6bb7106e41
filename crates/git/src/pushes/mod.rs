//! Pushes: a record of every move of a branch or tag, made before git moves it, and settled against the disk after.
//!
//! A record is `recorded` until the ref is seen where it was to go (`applied`, and `BranchUpdated` is published in that
//! transaction) or is seen not to have moved (`dropped`). A ref that moved without any record is an incident: it is
//! `unexplained`, logged and shown, and no event tells of it.
mod http;
pub(crate) mod jobs;
mod model;
mod service;
pub(crate) mod store;

pub use http::routes;
pub(crate) use model::{Line, MOST_COMMIT, Refusal, Tip, check};
pub use model::{Push, PushState};
pub use service::all;
pub(crate) use service::{move_tip, publish, record, settle, settle_all};

#[cfg(test)]
mod tests;
