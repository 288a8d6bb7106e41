//! What a runner asks for. Each use case holds the run's row first, then the attempt's.
use super::error::{Error, Result};
use super::store::AttemptStore;
use super::{Attempt, AttemptState};
use crate::Context;
use crate::logs::Appended;
use crate::protocol::{Beat, Claim, Claimed, Kept, LONGEST_LINE, Logs, MOST_LINES, Outcome, Report, Reported, Stored};
use crate::runs::store::RunStore;
use crate::runs::{Run, RunState};
use crate::scheduler::{self, Plan, Settled, runner_name, settle, spec_of};
use access::{Action, Permit, Who};
use base::AttemptId;
use db::Tx;
use std::sync::Arc;
use tokio::io::AsyncRead;

/// Returns the attempt if the caller is its runner.
async fn of_its_runner<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    id: &AttemptId,
    found: Option<Attempt>,
) -> Result<Attempt> {
    let name = runner_name(id);
    let is_runner = matches!(&permit.caller().who, Who::Attempt { attempt, .. } if *attempt == name);
    let found = permit.on(tx, found.filter(|_| is_runner)).await?;
    found.map(|(attempt, _)| attempt).ok_or_else(|| Error::NotFound(id.clone()))
}

/// Holds the run's row, then the attempt's.
async fn lock<A: Action>(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<A>,
    id: &AttemptId,
) -> Result<(Run, Arc<Plan>, Attempt)> {
    let missing = || Error::NotFound(id.clone());
    let found = of_its_runner(tx, permit, id, tx.find_attempt(id).await?).await?;
    let run = tx.lock_run(&found.run).await?.ok_or_else(missing)?;
    let plan = cx.scheduler.plan(tx, &run.id).await?.ok_or_else(missing)?;
    let attempt = tx.lock_attempt(id).await?.ok_or_else(missing)?;
    Ok((run, plan, attempt))
}

/// Gives an attempt to a runner.
pub(super) async fn claim(
    cx: &Context,
    permit: &Permit<super::ClaimAttempt>,
    id: &AttemptId,
    claim: &Claim,
) -> Result<Claimed> {
    let now = cx.clock.now();
    let (claimed, run) = cx
        .db
        .write(|tx| async move {
            let (run, plan, attempt) = lock(cx, &tx, permit, id).await?;
            if run.state != RunState::Running {
                return Err(Error::NotPossible { id: id.clone(), found: attempt.state, verb: "claim" });
            }
            let claimed = attempt.claim(&claim.runner, now)?;
            let claimed = if claimed == attempt { attempt } else { tx.save_attempt(claimed).await? };
            let step = plan.graph.step(&claimed.step).ok_or_else(|| Error::NotFound(id.clone()))?;
            let spec = spec_of(&run, step, id);
            Ok((Claimed { fence: claimed.fence, spec }, run.id))
        })
        .await?;
    cx.live.tell(&run);
    Ok(claimed)
}

/// Takes a sign of life, and says whether to go on.
pub(super) async fn beat(
    cx: &Context,
    permit: &Permit<super::ReportAttempt>,
    id: &AttemptId,
    fence: i64,
) -> Result<Beat> {
    let now = cx.clock.now();
    let (beat, began) = cx
        .db
        .write(|tx| async move {
            let attempt = of_its_runner(&tx, permit, id, tx.find_attempt(id).await?).await?;
            attempt.check_fence(fence)?;
            if !tx.touch_attempt(id, fence, now).await? {
                return Err(Error::StaleFence(id.clone()));
            }
            let run = tx.find_run(&attempt.run).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            let began = (attempt.state == AttemptState::Claimed).then_some(run.id);
            Ok(((Beat { cancel: run.state == RunState::Cancelling }), began))
        })
        .await?;
    if let Some(run) = began {
        cx.live.tell(&run);
    }
    Ok(beat)
}

/// Returns the attempt that a runner has with this fence.
async fn held(cx: &Context, permit: &Permit<super::ReportAttempt>, id: &AttemptId, fence: i64) -> Result<Attempt> {
    cx.db
        .read(|tx| async move {
            let attempt = of_its_runner(&tx, permit, id, tx.find_attempt(id).await?).await?;
            attempt.check_fence(fence)?;
            Ok(attempt)
        })
        .await
}

/// Keeps lines of its log.
pub(super) async fn keep_lines(
    cx: &Context,
    permit: &Permit<super::ReportAttempt>,
    id: &AttemptId,
    logs: Logs,
) -> Result<Kept> {
    if logs.lines.len() > MOST_LINES {
        return Err(Error::BadLines(format!("{} lines at once, {MOST_LINES} at most", logs.lines.len())));
    }
    if logs.lines.iter().any(|line| line.text.len() > LONGEST_LINE) {
        return Err(Error::BadLines(format!("a line is longer than {LONGEST_LINE} bytes")));
    }
    let attempt = held(cx, permit, id, logs.fence).await?;
    match cx.logs.append(&attempt.run, id, logs.from, logs.lines).await? {
        Appended::Kept(next) => {
            cx.live.tell(&attempt.run);
            Ok(Kept { next })
        }
        Appended::Gap(next) => Err(Error::LogGap { from: logs.from, next }),
    }
}

/// Keeps the bytes of an output; the report makes it visible.
pub(super) async fn keep_output(
    cx: &Context,
    permit: &Permit<super::ReportAttempt>,
    id: &AttemptId,
    (name, fence): (&str, i64),
    bytes: impl AsyncRead + Unpin,
) -> Result<Stored> {
    let attempt = held(cx, permit, id, fence).await?;
    let run = &attempt.run;
    let plan = cx.db.read(|tx| async move { cx.scheduler.plan(&tx, run).await }).await?;
    let declared = plan.is_some_and(|plan| {
        plan.graph.step(&attempt.step).is_some_and(|step| step.outputs.iter().any(|output| output == name))
    });
    if !declared {
        return Err(Error::UnknownOutput(name.chars().take(63).flat_map(char::escape_debug).collect()));
    }
    let (digest, size_bytes) = cx.blobs.put(bytes).await?;
    Ok(Stored { digest, size_bytes })
}

/// Takes a runner's word for how its attempt ended, and lets the run go on.
pub(super) async fn report(
    cx: &Context,
    permit: &Permit<super::ReportAttempt>,
    id: &AttemptId,
    report: Report,
) -> Result<Reported> {
    for (name, output) in &report.outputs {
        if cx.blobs.size(&output.digest).await? != Some(output.size_bytes) {
            return Err(Error::OutputMissing(name.clone()));
        }
    }
    let (report, now) = (&report, cx.clock.now());
    let (run, settled) = cx
        .db
        .write(|tx| async move {
            let (run, plan, attempt) = lock(cx, &tx, permit, id).await?;
            let declared = plan.graph.step(&attempt.step).map_or(&[][..], |step| &step.outputs);
            let ended = attempt.report(&checked(report, declared)?, now)?;
            let ended = tx.save_attempt(ended).await?;
            let id = run.id.clone();
            let late = ended.state == AttemptState::Superseded;
            let settled = settle(cx, &tx, &plan, run, &ended).await?;
            Ok::<_, Error>((id, (!late).then_some(settled)))
        })
        .await?;
    let taken = settled.is_some();
    go_on(cx, &run, settled.unwrap_or_default());
    Ok(Reported { taken })
}

/// Wakes the run, those that waited for its result, and those that waited for a CPU.
fn go_on(cx: &Context, run: &base::RunId, settled: Settled) {
    scheduler::wake(cx, run);
    for other in &settled.wake {
        scheduler::wake(cx, other);
    }
    scheduler::wake_hungry(cx);
}

/// A success without all that the step declares is a failure of its code.
fn checked(report: &Report, declared: &[String]) -> Result<Report> {
    if let Some(unknown) = report.outputs.keys().find(|name| !declared.contains(name)) {
        return Err(Error::UnknownOutput(unknown.chars().take(63).flat_map(char::escape_debug).collect()));
    }
    let missing = declared.iter().find(|name| !report.outputs.contains_key(*name));
    Ok(match missing {
        Some(name) if report.outcome == Outcome::Succeeded => {
            let detail = Some(format!("it did not write its output `{name}`"));
            Report { outcome: Outcome::User, detail, ..report.clone() }
        }
        _ => report.clone(),
    })
}
