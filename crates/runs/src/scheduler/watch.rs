//! Looks after attempts: those whose runner fell silent, those that a killed server had planned, those of a cancelled run.
use super::ends::save;
use super::keys::Facts;
use super::launch::{end, runner_name, submit_all, submitted_as, tokens};
use super::{Error, Plan, enqueue};
use crate::Context;
use crate::attempts::store::AttemptStore;
use crate::attempts::{Attempt, AttemptState, FailureKind};
use crate::cache::store::CacheStore;
use crate::engine::Seen;
use crate::protocol::SILENCE_SECONDS;
use crate::runs::store::RunStore;
use crate::runs::{Run, RunState};
use crate::steps::store::StepStore;
use base::{RunId, Timestamp};

/// How long an attempt that its engine has may take until its runner claims it, in seconds.
const START_SECONDS: i64 = 120;
/// How long a runner that is gone has for its report to arrive, in seconds.
const REPORT_SECONDS: i64 = 5;
/// How long the attempts of a cancelled run have to end by themselves, in seconds.
const CANCEL_SECONDS: i64 = 15;

/// Gives up attempts whose runner is silent, and, where the engine is asked, those whose runner is gone.
pub(super) async fn silent(cx: &Context, plan: &Plan, run: &Run, hard: bool) -> Result<(), Error> {
    let (id, now) = (&run.id, cx.clock.now());
    let open = cx.db.read(|tx| async move { tx.list_open_attempts(id).await }).await?;
    if open.is_empty() {
        return Ok(());
    }
    // An engine that does not answer says nothing: the attempts go on.
    let seen = if hard { cx.engine.list().await.ok() } else { None };
    for attempt in open {
        let gone = seen.as_ref().is_some_and(|seen| is_gone(&attempt, seen));
        // A server that was away heard nothing, so silence counts from its start.
        let heard = attempt.seen_at.max(cx.awake_since);
        let silent_since = |seconds| now >= heard.plus_seconds(seconds);
        if attempt.is_claimed() {
            if silent_since(SILENCE_SECONDS) || (gone && silent_since(REPORT_SECONDS)) {
                let why = if gone { "it is gone" } else { "it gave no sign of life" };
                end(cx, plan, &attempt.id, |attempt, now| attempt.lose(why.into(), now)).await?;
                stop(cx, &attempt).await;
            }
        } else if attempt.state == AttemptState::Submitted
            && (silent_since(START_SECONDS) || (gone && silent_since(REPORT_SECONDS)))
        {
            // One that is only planned waits for its engine, for as long as that has no room or does not answer.
            let why = "its runner did not start";
            end(cx, plan, &attempt.id, |attempt, now| attempt.fail(FailureKind::Infrastructure, why.into(), now))
                .await?;
            stop(cx, &attempt).await;
        }
    }
    Ok(())
}

fn is_gone(attempt: &Attempt, seen: &[Seen]) -> bool {
    seen.iter().find(|seen| seen.attempt == attempt.id).is_none_or(|seen| !seen.alive)
}

async fn stop(cx: &Context, attempt: &Attempt) {
    if let Err(error) = cx.engine.stop(&attempt.id).await {
        tracing::warn!(attempt = %attempt.id, %error, "an attempt that was given up could not be stopped");
    }
}

/// Hands to the engine what it could not take when it was planned, and what a server planned that did not live to do so. One
/// that the engine has is adopted.
pub(super) async fn planned(cx: &Context, facts: &Facts<'_>) -> Result<(), Error> {
    let run = facts.run;
    let open = cx.db.read(|tx| async move { tx.list_open_attempts(&run.id).await }).await?;
    let planned: Vec<Attempt> = open.into_iter().filter(|attempt| attempt.state == AttemptState::Planned).collect();
    if planned.is_empty() {
        return Ok(());
    }
    let seen = cx.engine.list().await?;
    for attempt in planned {
        if let Some(known) = seen.iter().find(|seen| seen.attempt == attempt.id) {
            submitted_as(cx, &attempt.id, known.engine_ref.clone()).await?;
            continue;
        }
        let Some(step) = facts.plan.graph.step(&attempt.step) else { continue };
        let id = &attempt.id;
        let tokens = cx
            .db
            .write(|tx| async move {
                tx.touch_planned(id, cx.clock.now()).await?;
                access::revoke_attempt_tokens(&tx, id.as_str(), cx.clock.now()).await?; // of the try before
                access::revoke_attempt_tokens(&tx, &runner_name(id), cx.clock.now()).await?;
                let found = tx.find_step(&run.id, &step.name).await?;
                let governed = found.map_or_else(Vec::new, |found| found.governed);
                tokens(cx, &tx, run, step, id, &governed).await
            })
            .await?;
        let python = if facts.laid.lock.is_empty() {
            None
        } else {
            Some(environments::python_env(&cx.environments, &facts.laid.lock).await?.folder)
        };
        submit_all(cx, facts, python.as_ref(), vec![(attempt, tokens)]).await?;
    }
    room(cx, &run.id).await
}

/// Lets a run have its turn again once there may be room for an attempt that the engine did not take.
pub(super) async fn room(cx: &Context, run: &RunId) -> Result<(), Error> {
    if cx.db.read(|tx| async move { tx.has_planned(run).await }).await? {
        super::wake_with_room(cx, run);
    }
    Ok(())
}

/// Ends what has not begun, and what does not end by itself, of a run that is being cancelled.
pub(super) async fn cancel(cx: &Context, plan: &Plan, id: &RunId) -> Result<(), Error> {
    let now = cx.clock.now();
    let to_stop = cx
        .db
        .write(|tx| async move {
            let Some(run) = tx.lock_run(id).await?.filter(|run| run.state == RunState::Cancelling) else {
                return Ok(Vec::new());
            };
            let mut open = run.open_steps;
            for step in tx.list_steps(id).await? {
                if step.state != crate::steps::StepState::Running && !step.has_ended() {
                    tx.drop_computing(id, &step.name).await?; // of a try that failed
                    tx.save_step(step.cancel(now)?).await?;
                    open -= 1;
                }
            }
            let since = run.cancelled_at.unwrap_or(Timestamp(0));
            let patient = now < since.plus_seconds(CANCEL_SECONDS);
            let attempts = tx.list_open_attempts(id).await?;
            if !attempts.is_empty() {
                enqueue(cx, &tx, &run, since.plus_seconds(CANCEL_SECONDS).max(now.plus_seconds(1))).await?;
            }
            save(cx, &tx, Run { open_steps: open, ..run }, now).await?;
            // A runner that works hears of it with its next sign of life.
            Ok::<_, Error>(attempts.into_iter().filter(|attempt| !attempt.is_claimed() || !patient).collect::<Vec<_>>())
        })
        .await?;
    for attempt in to_stop {
        end(cx, plan, &attempt.id, Attempt::cancel).await?;
        stop(cx, &attempt).await;
    }
    Ok(())
}
