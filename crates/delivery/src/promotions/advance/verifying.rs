//! What verifying comes to: whether what was suspended answers again, and whether the tests of a release passed and called its endpoint.
use super::super::error::Result;
use super::super::model::Promotion;
use super::super::service::stale;
use super::super::store::PromotionStore;
use super::{Outside, Step, fail, go_live, save, undo};
use crate::Context;
use base::Timestamp;
use db::Tx;
use runs::{Run, RunState};
use serving::RolloutId;

/// How long the serving process may take to say how often an endpoint was called, in seconds; it does so every other second.
const COUNTED_SECONDS: i64 = 15;

/// Whether the serving process answers callers with what is verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answers {
    Yes,
    NotYet,
    /// Why it will not.
    Never(String),
}

impl Answers {
    /// Asks what the serving process said last. A server that was away has heard nothing of it yet.
    pub(super) fn of(cx: &Context, promotion: &Promotion, now: Timestamp) -> Self {
        let Some(rollout) = promotion.rollout.clone().map(RolloutId) else {
            return Self::Never("its rollout is gone".to_owned());
        };
        if cx.serving.live.answers(&promotion.endpoint).as_ref() == Some(&rollout) {
            return Self::Yes;
        }
        match cx.serving.live.trouble(&rollout) {
            Some(trouble) => Self::Never(format!("the model cannot be loaded: {trouble}")),
            None if promotion.is_due(now) && now >= cx.runs.awake_since.plus_seconds(COUNTED_SECONDS) => {
                Self::Never("it did not answer in time".to_owned())
            }
            None => Self::NotYet,
        }
    }
}

/// Looks whether what was suspended answers again: only then is it live. Where it cannot, it is stopped again, or what was live
/// meanwhile serves on.
pub(super) async fn look_at_answers(cx: &Context, tx: &Tx, promotion: &Promotion, now: Timestamp) -> Result<Step> {
    let why = match Answers::of(cx, promotion, now) {
        Answers::Yes => return go_live(cx, tx, promotion, now).await,
        Answers::NotYet => return Ok(Step::Later(now.plus_seconds(1))),
        Answers::Never(why) => why,
    };
    let live = tx.find_live(&promotion.endpoint).await?;
    if live.is_some_and(|live| live.candidate != promotion.candidate) {
        return undo(cx, tx, promotion, &why, now).await;
    }
    let stopped = format!("it was to answer again: {why}");
    serving::stop(&cx.serving, tx, &promotion.endpoint, &stopped, &promotion.asked_by).await?;
    fail(tx, promotion, &why, now).await
}

/// Returns the step that follows from the run that verifies a promotion, or none where the run is passed.
pub(super) async fn look_at_run(
    cx: &Context,
    tx: &Tx,
    promotion: &Promotion,
    outside: &Outside,
) -> Result<Option<Step>> {
    let now = cx.clock.now();
    let late = "it was not verified in time";
    let Some(id) = &promotion.run else {
        return Ok(Some(match outside {
            Outside::Verifying(Ok(new)) => {
                let run = runs::start(&cx.runs, tx, (**new).clone()).await?;
                save(tx, "VerifyPromotion", promotion, promotion.verified_by(&run.id, answered(cx, promotion))).await?;
                Step::Started(run.id)
            }
            Outside::Verifying(Err(why)) => undo(cx, tx, promotion, why, now).await?,
            _ if promotion.is_due(now) => undo(cx, tx, promotion, late, now).await?,
            _ => Step::Waits,
        }));
    };
    Ok(match runs::find(tx, id).await? {
        Some(run) if run.state == RunState::Succeeded => look_at_calls(cx, tx, promotion, &run, now).await?,
        Some(run) if run.has_ended() => {
            let why = format!("run `{}` did not pass: {}", run.id, failed_step(tx, &run).await?);
            Some(undo(cx, tx, promotion, &why, now).await?)
        }
        Some(_) if promotion.is_due(now) => Some(undo(cx, tx, promotion, late, now).await?),
        Some(_) => Some(Step::Waits),
        None => Some(undo(cx, tx, promotion, "the run that verified it is gone", now).await?),
    })
}

/// Looks whether the endpoint was called while its tests ran: a test that asserts nothing passes, and proves nothing.
async fn look_at_calls(
    cx: &Context,
    tx: &Tx,
    promotion: &Promotion,
    run: &Run,
    now: Timestamp,
) -> Result<Option<Step>> {
    if promotion.answered_before.is_none() {
        return Ok(None);
    }
    if promotion.was_called(answered(cx, promotion)) {
        tx.save_promotion(promotion.seen_called()).await.map_err(stale)?;
        return Ok(Some(Step::Went));
    }
    // A server that was away has heard nothing of it yet.
    let ended = run.ended_at.unwrap_or(now).max(cx.runs.awake_since);
    if now < ended.plus_seconds(COUNTED_SECONDS) {
        return Ok(Some(Step::Later(now.plus_seconds(1))));
    }
    Ok(Some(undo(cx, tx, promotion, "its tests called the endpoint not once", now).await?))
}

/// Returns how many calls the serving process says that an endpoint has answered.
fn answered(cx: &Context, promotion: &Promotion) -> i64 {
    let said = cx.serving.live.captured(&promotion.endpoint);
    said.map_or(0, |counts| i64::try_from(counts.answered).unwrap_or(i64::MAX))
}

async fn failed_step(tx: &Tx, run: &Run) -> db::Result<String> {
    let steps = runs::steps_of(tx, &run.id).await?;
    let failed = steps.iter().find(|step| step.state == runs::steps::StepState::Failed);
    Ok(match failed {
        Some(step) => {
            let why = step.why.as_deref().unwrap_or("no reason is known");
            format!("step `{}` failed: {}", step.name, crate::shown(why, 300))
        }
        None => run.reason.clone().unwrap_or_else(|| format!("it is {}", run.state)),
    })
}
