//! Promotions: a candidate on its way into an environment, through the gates of its policy. A rollback and a resumption are promotions,
//! too, so that all that ever served is one history.
//!
//! What a promotion waits for is looked at, never waited for: each look takes the steps that the truth allows, however often it comes.
mod advance;
mod error;
mod facts;
mod gates;
mod hands;
mod http;
mod jobs;
mod model;
mod service;
pub(crate) mod store;
mod told;
mod view;

pub(crate) use error::reason_of;
pub use error::{Error, Result};
pub(crate) use facts::{Facts, facts_of, live_commit};
pub(crate) use gates::gates;
pub use gates::{Gate, GateState};
pub use http::{Because, routes};
pub(crate) use jobs::enqueue;
pub use jobs::register;
pub use model::{Approval, Decision, Promotion, PromotionKind, PromotionState, Site};
pub(crate) use service::{
    Begun, begin, begin_rollback, candidate_of, end_rolled_back, end_stopped, endpoint_id, environment_of, go_on,
    offer, project_by, project_of, site_of, why_not_back,
};
pub use store::StandingAt;
pub use told::{of_candidate, of_project, standing_at};
pub(crate) use view::viewed;
pub use view::{ApprovalView, PromotionView};

access::actions! {
    /// See a promotion.
    ReadPromotion,
    /// Ask that a candidate enters an environment.
    CreatePromotion,
    /// Approve or reject a promotion.
    DecidePromotion,
    /// Give a promotion up.
    AbandonPromotion,
}

/// Where tests call what serves.
pub(crate) const PREPROD: &str = "preprod";
/// Where what serves counts.
pub(crate) const PROD: &str = "prod";
/// The environments that candidates enter, in their order.
pub(crate) const ENVIRONMENTS: [&str; 2] = [PREPROD, PROD];

#[cfg(test)]
mod tests;
