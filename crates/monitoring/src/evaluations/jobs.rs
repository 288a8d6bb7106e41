use super::service;
use super::store::EvaluationStore;
use crate::Context;
use crate::error::Result;
use crate::monitors::store::MonitorStore;
use events::RunFinished;
use jobs::{Registry, Work};

/// How often it is looked for monitors that are due, and for evaluations whose end nobody told, in seconds.
const EVERY_SECONDS: i64 = 15;
/// How many are looked at in one go.
const MOST: u32 = 200;

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe(
        "monitoring.evaluation_ended",
        cx.clone(),
        |cx: Context, _: Work, event: RunFinished| async move { service::take(&cx, &event.run).await },
    );
    registry.every(
        "monitoring.evaluations_look_after",
        EVERY_SECONDS,
        cx.clone(),
        |cx: Context, _: Work, (): ()| async move { look_after(&cx).await },
    );
}

async fn look_after(cx: &Context) -> Result<()> {
    let now = cx.clock.now();
    for id in cx.db.read(|tx| async move { tx.list_due(now, MOST).await }).await? {
        if let Err(error) = service::scheduled(cx, &id).await {
            tracing::warn!(monitor = id, %error, "a monitor that is due could not begin to look");
        }
    }
    let then = now.plus_seconds(-2 * EVERY_SECONDS);
    for run in cx.db.read(|tx| async move { tx.list_running(then, MOST).await }).await? {
        if let Err(error) = service::take(cx, &run).await {
            tracing::debug!(%run, %error, "the run of an evaluation is not taken note of yet");
        }
    }
    Ok(())
}
