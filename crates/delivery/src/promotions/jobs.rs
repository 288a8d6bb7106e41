use super::Promotion;
use super::advance::advance;
use super::error::{Error, Result};
use super::store::PromotionStore;
use crate::Context;
use base::Timestamp;
use db::Tx;
use events::{RolloutEnded, RunFinished};
use jobs::{NewJob, Registry, Work};

/// The job that brings a promotion on.
const ADVANCE: &str = "delivery.promotion_advance";
/// How often it is looked for promotions that nothing brings on, in seconds.
const EVERY_SECONDS: i64 = 15;
/// How many are looked at in one go.
const MOST: u32 = 1_000;

/// Has a promotion looked at, not before `at`. Joins the transaction.
pub(crate) async fn enqueue(cx: &Context, tx: &Tx, promotion: &Promotion, at: Timestamp) -> db::Result<()> {
    let scope = format!("project/{}/{}", promotion.project, promotion.environment);
    let job = NewJob::new(&cx.ids, cx.clock.now(), ADVANCE, scope);
    jobs::enqueue(tx, job.payload(&promotion.id).key(&promotion.id).at(at)).await.map(|_| ())
}

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.handle(ADVANCE, cx.clone(), |cx: Context, _: Work, id: String| async move { turn(&cx, &id).await });
    registry.subscribe(
        "delivery.promotion_rollout",
        cx.clone(),
        |cx: Context, _: Work, event: RolloutEnded| async move {
            let rollout = &event.rollout;
            let found = cx.db.read(|tx| async move { tx.find_by_rollout(rollout).await }).await?;
            match found {
                Some(id) => turn(&cx, &id).await,
                None => Ok(()),
            }
        },
    );
    registry.subscribe("delivery.promotion_run", cx.clone(), |cx: Context, _: Work, event: RunFinished| async move {
        let run = &event.run;
        let found = cx.db.read(|tx| async move { tx.find_by_run(run).await }).await?;
        match found {
            Some(id) => turn(&cx, &id).await,
            None => Ok(()),
        }
    });
    registry.every(
        "delivery.promotions_look_after",
        EVERY_SECONDS,
        cx.clone(),
        |cx: Context, _: Work, (): ()| async move { look_after(&cx).await },
    );
}

/// Brings a promotion on as far as it goes, and comes back when the clock alone brings it on.
async fn turn(cx: &Context, id: &str) -> Result<()> {
    let Some(at) = advance(cx, id).await? else { return Ok(()) };
    cx.db
        .write(|tx| async move {
            if let Some(promotion) = tx.find_promotion(id).await? {
                enqueue(cx, &tx, &promotion, at).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}

/// Brings on what no event and no job did, such as after a kill.
async fn look_after(cx: &Context) -> Result<()> {
    for id in cx.db.read(|tx| async move { tx.list_going(MOST).await }).await? {
        if let Err(error) = advance(cx, &id).await {
            tracing::debug!(promotion = id, %error, "a promotion does not get on yet");
        }
    }
    Ok(())
}
