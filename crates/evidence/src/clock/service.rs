use super::ReadClock;
use super::gather::{known, measure};
use super::model::Stage;
use super::times::{Times, times};
use super::view::{ClockView, DeploymentClock, StageSummary, StageView};
use crate::{Context, Error, Result, baselines, shown};
use access::Permit;
use base::{ProjectId, Timestamp};
use db::Tx;
use projects::Project;
use web::Page;

/// How many projects a summary looks at.
const MOST: u32 = 500;

async fn clock(tx: &Tx, project: Project, now: Timestamp) -> db::Result<(ClockView, Times)> {
    let known = known(tx, project, now).await?;
    let (measured, times) = (measure(tx, &known).await?, times(tx, &known).await?);
    let view = ClockView {
        project: known.project.id.0,
        title: known.project.title,
        stages: Stage::ALL.into_iter().map(|stage| StageView::of(stage, &measured)).collect(),
        run_times: times.views(),
    };
    Ok((view, times))
}

/// Returns the clock of a project.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadClock>, project: &ProjectId) -> Result<ClockView> {
    let now = cx.clock.now();
    cx.db
        .read(|tx| async move {
            let found = permit.on(&tx, projects::find(&tx, project).await?).await?;
            let (project, _) = found.ok_or_else(|| Error::ProjectNotFound(shown(project.as_str(), 63)))?;
            Ok(clock(&tx, project, now).await?.0)
        })
        .await
}

/// Returns a page of the clocks that the caller may see, with every stage over all of them.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadClock>,
    (after, limit): (Option<String>, u32),
) -> Result<DeploymentClock> {
    let now = cx.clock.now();
    let after = &after;
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let (found, total) = projects::visible(&tx, &visible, None, MOST).await?;
            let left_out = total.saturating_sub(u64::try_from(found.len()).unwrap_or(u64::MAX));
            let (mut clocks, mut all) = (Vec::new(), Times::default());
            for project in found {
                let (view, times) = clock(&tx, project, now).await?;
                clocks.push(view);
                all.extend(times);
            }
            let baseline = baselines::in_force(&tx).await?;
            let summary = |stage| StageSummary::of(stage, &clocks, baseline.as_ref());
            let stages: Vec<StageSummary> = Stage::ALL.into_iter().map(summary).collect();
            let behind = |clock: &ClockView| after.as_ref().is_none_or(|after| clock.project > *after);
            let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
            let rows: Vec<ClockView> = clocks.into_iter().filter(behind).take(most).collect();
            let page = Page::of(rows, limit, |clock| clock.project.clone());
            Ok(DeploymentClock {
                headline: stages.iter().flat_map(StageSummary::headline).collect(),
                items: page.items,
                next_cursor: page.next_cursor,
                total,
                stages,
                run_times: all.views(),
                left_out,
            })
        })
        .await
}
