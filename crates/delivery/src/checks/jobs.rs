use super::Error;
use super::service;
use crate::Context;
use base::{Fault, Kind, ProjectId};
use events::{BranchUpdated, RunFinished};
use jobs::{Failure, Registry, Work};

/// How often what may pass is tried before the checks of a commit count as not to be judged: about ten minutes.
const TRIES: i64 = 8;
/// How often it is looked for checks that nothing brings on, in seconds.
const EVERY_SECONDS: i64 = 30;

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe(
        "delivery.checks_begin",
        cx.clone(),
        |cx: Context, work: Work, event: BranchUpdated| async move {
            if service::ask(&cx, &event).await?
                && let Some(commit) = &event.new
            {
                begin(&cx, &event.project, commit, work.job().attempts).await?;
            }
            Ok::<_, Failure>(())
        },
    );
    registry.subscribe("delivery.checks_end", cx.clone(), |cx: Context, _: Work, event: RunFinished| async move {
        service::take(&cx, &event.run).await
    });
    registry.every(
        "delivery.checks_look_after",
        EVERY_SECONDS,
        cx.clone(),
        |cx: Context, _: Work, (): ()| async move { look_after(&cx).await },
    );
}

async fn begin(cx: &Context, project: &ProjectId, commit: &str, attempts: i64) -> Result<(), Failure> {
    let Err(error) = service::begin(cx, project, commit).await else { return Ok(()) };
    let reason = match error.fault().0 {
        Kind::Internal => "internal error".to_owned(),
        _ => error.to_string(),
    };
    match Failure::from(error) {
        Failure::Retry(_) if attempts < TRIES => Err(Failure::Retry(reason)),
        Failure::Lost => Err(Failure::Lost),
        Failure::Retry(_) | Failure::Dead(_) => {
            service::give_up(cx, project, commit, &reason).await?;
            Ok(())
        }
    }
}

/// Begins what a killed server left queued, and takes note of runs whose end nobody told.
async fn look_after(cx: &Context) -> Result<(), Error> {
    let (queued, judging) = service::left_behind(cx).await?;
    for (project, commit) in queued {
        if let Err(error) = service::begin(cx, &project, &commit).await {
            tracing::debug!(%project, commit, %error, "checks do not begin yet");
        }
    }
    for run in judging {
        service::take(cx, &run).await?;
    }
    Ok(())
}
