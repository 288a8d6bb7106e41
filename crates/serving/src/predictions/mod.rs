//! What endpoints said, on its way into the lake: the serving process writes calls down in segments of its own folder; here they become
//! rows of a dataset, appended under the environment's `write` grant. A segment is deleted once its rows are committed, and named in
//! that commit, so that a kill in between loses nothing and doubles nothing.
mod publisher;
mod rows;
mod spool;
pub(crate) mod store;

pub use publisher::Publisher;

/// Returns the name of the table that the calls of an endpoint, such as `prod.credit-risk`, are captured in:
/// `prod_credit_risk_capture`.
pub fn capture_table(endpoint: &str) -> String {
    endpoint.replace(['-', '.'], "_") + catalog::datasets::CAPTURED
}
