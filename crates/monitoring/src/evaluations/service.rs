use super::compose::{STEP, compose};
use super::store::{After, EvaluationStore};
use super::{EvaluateMonitor, Evaluation, EvaluationState, ReadEvaluation, judge};
use crate::Context;
use crate::breaches;
use crate::error::{Error, Result};
use crate::monitors::store::MonitorStore;
use crate::monitors::{Monitor, ReadMonitor, record, seen};
use crate::report::Report;
use access::{Once, Permit};
use base::{PersonId, RunId, Timestamp};
use db::Tx;
use environments::InstanceState;
use runs::pipelines::Parameters;
use runs::{NewRun, Reason, RunState};
use web::Page;

/// What a monitor says while nothing was written that it could read.
const NO_CAPTURE: &str =
    "no call of the endpoint was written to the lake yet: call it, and see that its environment may write there";

/// Begins to look, or returns what runs already. Joins the transaction; wake the run after the commit.
async fn begin(
    cx: &Context,
    tx: &Tx,
    monitor: &Monitor,
    by: Option<&PersonId>,
    now: Timestamp,
) -> Result<(Evaluation, Option<RunId>)> {
    if let Some(running) = tx.find_running(&monitor.id).await? {
        return Ok((running, None));
    }
    tx.save_monitor(monitor.evaluate(now)?).await?;
    let mut evaluation = Evaluation::begin(cx.ids.next("ev"), monitor, by, now);
    let environment = environments::find(tx, &monitor.environment).await?;
    let is_there = environment.is_some_and(|found| found.state == InstanceState::Available);
    match &monitor.capture {
        None => evaluation = evaluation.without(EvaluationState::NotComputable, NO_CAPTURE, now),
        Some(_) if !is_there => {
            let why = format!("environment `{}` is not available", monitor.environment);
            evaluation = evaluation.without(EvaluationState::NotComputable, &why, now);
        }
        Some(capture) => {
            let new = NewRun {
                environment: monitor.environment.clone(),
                code: None,
                pipeline: compose(tx, monitor, &evaluation, capture).await?,
                parameters: Parameters::new(),
                by: by.unwrap_or(&monitor.released.by).clone(),
                why: Reason::Monitor,
            };
            evaluation.run = Some(runs::start(&cx.runs, tx, new).await?.id);
        }
    }
    tx.insert_evaluation(&evaluation).await.map_err(|error| match error {
        db::Error::Taken => db::Error::Stale, // by a call at the same time
        other => other,
    })?;
    let run = evaluation.run.clone();
    Ok((evaluation, run))
}

/// Has a monitor look now, for a person.
pub(super) async fn evaluate(
    cx: &Context,
    permit: &Permit<EvaluateMonitor>,
    once: &Once,
    id: &str,
) -> Result<Evaluation> {
    let (evaluation, run) = cx
        .db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let monitor = seen(&tx, permit, id, tx.lock_monitor(id).await?).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                let found = tx.find_evaluation(&kept).await?.ok_or(Error::EvaluationNotFound(kept))?;
                return Ok((found, None));
            }
            let now = cx.clock.now();
            let before = tx.find_running(id).await?;
            let (evaluation, run) = begin(cx, &tx, &monitor, Some(by), now).await?;
            if before.is_none() {
                permit.record(&tx, None, &evaluation, now).await?;
            }
            once.keep(&tx, permit.caller(), &evaluation.id).await?;
            Ok::<_, Error>((evaluation, run))
        })
        .await?;
    if let Some(run) = run {
        runs::wake(&cx.runs, &run);
    }
    Ok(evaluation)
}

/// Has a monitor look that is due.
pub(super) async fn scheduled(cx: &Context, id: &str) -> Result<()> {
    let run = cx
        .db
        .write(|tx| async move {
            let Some(monitor) = tx.lock_monitor(id).await? else { return Ok(None) };
            let now = cx.clock.now();
            if monitor.due_at > now || monitor.evaluate(now).is_err() {
                return Ok(None);
            }
            if tx.find_running(id).await?.is_some() {
                tx.save_monitor(monitor.evaluate(now)?).await?;
                return Ok(None);
            }
            let (evaluation, run) = begin(cx, &tx, &monitor, None, now).await?;
            record(&tx, "EvaluateMonitor", None, (&evaluation, None), now).await?;
            Ok::<_, Error>(run)
        })
        .await?;
    if let Some(run) = run {
        runs::wake(&cx.runs, &run);
    }
    Ok(())
}

/// What a run came to.
enum Came {
    Measured(Report),
    Failed(String),
}

/// Takes note of the end of a run, if it is an evaluation's. Again changes nothing.
pub(super) async fn take(cx: &Context, run: &RunId) -> Result<()> {
    let found = cx.db.read(|tx| async move {
        let Some(id) = tx.find_evaluation_by_run(run).await? else { return Ok(None) };
        let Some(run) = runs::find(&tx, run).await? else { return Ok(Some((id, None, Vec::new()))) };
        if !run.has_ended() {
            return Ok(None);
        }
        let steps = runs::steps_of(&tx, &run.id).await?;
        Ok::<_, Error>(Some((id, Some(run), steps)))
    });
    let Some((id, run, steps)) = found.await? else { return Ok(()) };
    let came = match run {
        None => Came::Failed("its run is gone".to_owned()),
        Some(run) if run.state == RunState::Cancelled => Came::Failed(format!("run `{}` was cancelled", run.id)),
        Some(_) => match steps.iter().find(|step| step.name == STEP) {
            None => Came::Failed("its run has no step that measures".to_owned()),
            Some(step) => Report::of(&cx.runs, step).await?.map_or_else(Came::Failed, Came::Measured),
        },
    };
    let (id, came) = (&id, &came);
    cx.db.write(|tx| async move { end(cx, &tx, id, came).await }).await
}

async fn end(cx: &Context, tx: &Tx, id: &str, came: &Came) -> Result<()> {
    let now = cx.clock.now();
    let Some(found) = tx.find_evaluation(id).await? else { return Ok(()) };
    let Some(monitor) = tx.lock_monitor(&found.monitor).await? else { return Ok(()) };
    let Some(before) = tx.lock_evaluation(id).await? else { return Ok(()) };
    if before.state != EvaluationState::Running {
        return Ok(());
    }
    let after = match came {
        Came::Failed(why) => before.without(EvaluationState::Failed, why, now),
        Came::Measured(report) => {
            let released = &monitor.released;
            let verdict = judge(report.metrics.clone(), &released.tolerances, &released.excused);
            before.end(&verdict, released.policy, &report.note, now)
        }
    };
    let after = tx.save_evaluation(after).await?;
    record(tx, "EndEvaluation", Some(&before), (&after, after.reason.as_deref()), now).await?;
    breaches::judged(cx, tx, &monitor, &after, now).await
}

/// Returns an evaluation that the caller may see.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadEvaluation>, id: &str) -> Result<Evaluation> {
    cx.db
        .read(|tx| async move {
            let found = permit.on(&tx, tx.find_evaluation(id).await?).await?;
            Ok(found.ok_or_else(|| Error::EvaluationNotFound(crate::shown(id, 60)))?.0)
        })
        .await
}

/// Returns a page of the evaluations of a monitor, the newest first.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadEvaluation>,
    monitor: &str,
    (after, limit): (Option<&After>, u32),
) -> Result<Page<Evaluation>> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_monitor(monitor).await?;
            let sees = match &found {
                Some(found) => permit.can::<ReadMonitor>(&tx, &base::Securable::resource(found)).await?.is_some(),
                None => permit.held(&tx).await.map(|_| false)?, // absent and hidden cost the same
            };
            if !sees {
                return Err(Error::NotFound(crate::shown(monitor, 60)));
            }
            let visible = permit.visible(&tx).await?;
            let rows = tx.list_evaluations(&visible, monitor, after, limit + 1).await?;
            Ok(Page::of(rows, limit, |row: &Evaluation| (row.started_at.0, row.id.clone())))
        })
        .await
}
