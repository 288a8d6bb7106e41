use super::store::LookStore;
use crate::Context;
use access::Caller;
use base::{DatasetId, PersonId, Timestamp};
use db::Tx;

/// How long a first look is kept, in days.
pub const KEPT_DAYS: i64 = 90;

/// Keeps that a person looked at these datasets, where it is their first look. Nobody waits for more than a read by the key; a look that
/// cannot be kept is no reason to show nothing.
pub(crate) async fn note(cx: &Context, caller: &Caller, datasets: &[DatasetId]) {
    let Ok(person) = caller.person() else { return };
    if datasets.is_empty() {
        return;
    }
    let read = cx.db.read(|tx| async move { tx.list_looked(person, datasets).await });
    let kept = async {
        let seen = read.await?;
        let new: Vec<DatasetId> = datasets.iter().filter(|dataset| !seen.contains(dataset)).cloned().collect();
        if new.is_empty() {
            return Ok(());
        }
        let (new, now) = (&new, cx.clock.now());
        cx.db.write(|tx| async move { tx.insert_looks(person, new, now).await }).await
    };
    if let Err(error) = kept.await {
        let error: db::Error = error;
        tracing::warn!(%error, "a look at a dataset was not kept");
    }
}

/// Returns when a person first looked at a dataset, as far as it is kept.
///
/// # Errors
/// The store's.
pub async fn first(tx: &Tx, person: &PersonId, dataset: &DatasetId) -> db::Result<Option<Timestamp>> {
    tx.find_look(person, dataset).await
}

/// Forgets what is older than it is kept.
pub(super) async fn forget(cx: &Context) -> db::Result<()> {
    let then = cx.clock.now().plus_seconds(-KEPT_DAYS * 86_400);
    cx.db.write(|tx| async move { tx.delete_looks(then).await }).await
}
