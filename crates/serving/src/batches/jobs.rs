use super::error::Result;
use super::service;
use super::store::BatchStore;
use crate::Context;
use events::RunFinished;
use jobs::{Registry, Work};

/// How often it is looked for batch jobs whose time has come, and for runs whose end nobody told, in seconds.
const EVERY_SECONDS: i64 = 15;
/// How many are looked at in one go.
const MOST: u32 = 200;

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe("serving.batch_finished", cx.clone(), |cx: Context, _: Work, event: RunFinished| async move {
        service::take(&cx, &event.run).await
    });
    registry.every("serving.batches", EVERY_SECONDS, cx.clone(), |cx: Context, _: Work, (): ()| async move {
        look_after(&cx).await
    });
}

async fn look_after(cx: &Context) -> Result<()> {
    let now = cx.clock.now();
    let (due, running) = cx
        .db
        .read(|tx| async move {
            let mut runs = Vec::new();
            for id in tx.list_running_batches(MOST).await? {
                runs.extend(tx.find_batch(&id).await?.and_then(|batch| batch.run));
            }
            Ok::<_, db::Error>((tx.list_due_batches(now, MOST).await?, runs))
        })
        .await?;
    // One that fails keeps no other from its time.
    for run in running {
        if let Err(error) = service::take(cx, &run).await {
            tracing::warn!(%run, %error, "a batch run is not taken note of yet");
        }
    }
    for id in due {
        if let Err(error) = service::start_due(cx, &id).await {
            tracing::warn!(batch = id, %error, "a batch job could not be started yet");
        }
    }
    Ok(())
}
