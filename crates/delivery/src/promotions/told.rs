//! What other contexts read of promotions, whoever asks: that they decide.
use super::Promotion;
use super::store::{PromotionStore, StandingAt};
use access::Visible;
use base::ProjectId;
use db::{Result, Tx};

/// Returns the newest promotions of a candidate, the newest first, at most 200.
///
/// # Errors
/// The store's.
pub async fn of_candidate(tx: &Tx, project: &ProjectId, candidate: i64) -> Result<Vec<Promotion>> {
    tx.list_promotions_of_candidate(project, candidate).await
}

/// Returns up to `most` promotions of a project, the newest first.
///
/// # Errors
/// The store's.
pub async fn of_project(tx: &Tx, project: &ProjectId, most: u32) -> Result<Vec<Promotion>> {
    tx.list_promotions(project, None, None, most).await
}

/// Returns up to `most` visible promotions that were live at a moment, or whose rollout may have served then, by endpoint.
///
/// # Errors
/// The store's.
pub async fn standing_at(tx: &Tx, visible: &Visible, asked: &StandingAt<'_>, most: u32) -> Result<Vec<Promotion>> {
    tx.list_standing_at(visible, asked, most).await
}
