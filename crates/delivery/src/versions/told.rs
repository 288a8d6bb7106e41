use super::ReleasedVersion;
use super::store::ReleasedStore;
use base::ProjectId;
use db::{Result, Tx};

/// Returns how a version of a model stands, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, project: &ProjectId, model: &str, version: i64) -> Result<Option<ReleasedVersion>> {
    tx.find_released(project, model, version).await
}
