use super::Error;
use super::store::SearchStore;
use crate::Context;
use base::DatasetId;
use events::DatasetChanged;
use jobs::{Failure, Registry, Work};

/// Datasets indexed in one commit while all are.
const AT_ONCE: u32 = 500;

/// Handles this resource's jobs: the index follows each change of a dataset.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe("catalog.index", cx.clone(), |cx: Context, _work: Work, changed: DatasetChanged| async move {
        index(&cx, &[changed.dataset]).await.map_err(Failure::from)
    });
}

/// Indexes datasets as they are now, so that it may run twice and late.
pub(crate) async fn index(cx: &Context, ids: &[DatasetId]) -> Result<(), Error> {
    let (mut documents, mut gone) = (Vec::new(), Vec::new());
    let found = cx.db.read(|tx| async move {
        let mut found = Vec::new();
        for id in ids {
            found.push((id.clone(), tx.document_of(id).await?));
        }
        Ok::<_, db::Error>(found)
    });
    for (id, document) in found.await? {
        match document {
            Some(document) => documents.push(document),
            None => gone.push(id.0),
        }
    }
    let index = cx.index.clone();
    tokio::task::spawn_blocking(move || index.put(&documents, &gone)).await.map_err(|_| Error::Ended)?
}

/// Fills the index from the database; at start, where it is new. Changes made meanwhile arrive through their events.
///
/// # Errors
/// The store's and the index's.
pub async fn rebuild(cx: &Context) -> Result<u64, Error> {
    let index = cx.index.clone();
    tokio::task::spawn_blocking(move || index.clear()).await.map_err(|_| Error::Ended)??;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let from = after.as_str();
        let ids = cx.db.read(|tx| async move { tx.list_ids(from, AT_ONCE).await }).await?;
        let Some(last) = ids.last() else {
            let index = cx.index.clone();
            tokio::task::spawn_blocking(move || index.filled()).await.map_err(|_| Error::Ended)??;
            return Ok(count);
        };
        after.clone_from(&last.0);
        count += ids.len() as u64;
        self::index(cx, &ids).await?;
    }
}
