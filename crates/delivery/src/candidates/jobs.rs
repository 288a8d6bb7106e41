use super::cut;
use super::store::CandidateStore;
use crate::Context;
use crate::promotions::Result;
use events::RunFinished;
use jobs::{Registry, Work};

/// How often it is looked for release runs whose end nobody told, in seconds.
const EVERY_SECONDS: i64 = 30;
/// How many are looked at in one go.
const MOST: u32 = 200;

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe("delivery.candidate_cut", cx.clone(), |cx: Context, _: Work, event: RunFinished| async move {
        cut::take(&cx, &event.run).await
    });
    registry.every(
        "delivery.candidates_look_after",
        EVERY_SECONDS,
        cx.clone(),
        |cx: Context, _: Work, (): ()| async move { look_after(&cx).await },
    );
}

async fn look_after(cx: &Context) -> Result<()> {
    let then = cx.clock.now().plus_seconds(-EVERY_SECONDS);
    for run in cx.db.read(|tx| async move { tx.list_without_outcome(then, MOST).await }).await? {
        if let Err(error) = cut::take(cx, &run).await {
            tracing::debug!(%run, %error, "a release run is not taken note of yet");
        }
    }
    Ok(())
}
