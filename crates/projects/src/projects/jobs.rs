use super::store::ProjectStore;
use super::{Error, advance};
use crate::Context;
use base::{Fault, Kind, ProjectId, Timestamp};
use db::Tx;
use events::RunFinished;
use jobs::{Failure, NewJob, Registry, Work};
use serde::{Deserialize, Serialize};

/// How often what may pass is tried before the project counts as failed.
const TRIES: i64 = 5;
/// How often it is looked for projects that nothing brings on, in seconds.
const EVERY_SECONDS: i64 = 30;
/// How many of them at once.
const AT_ONCE: u32 = 100;

/// The input of the job `projects.provision`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ProvisionJob {
    project: ProjectId,
}

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.handle("projects.provision", cx.clone(), |cx: Context, work: Work, input: ProvisionJob| async move {
        bring_on(&cx, &work, &input.project).await
    });
    registry.subscribe("projects.smoke_run", cx.clone(), |cx: Context, work: Work, finished: RunFinished| async move {
        let run = &finished.run;
        let project = cx.db.read(|tx| async move { tx.find_project_of(run).await }).await?;
        match project {
            Some(project) => bring_on(&cx, &work, &project).await,
            None => Ok(()),
        }
    });
    registry.every("projects.look_after", EVERY_SECONDS, cx.clone(), |cx: Context, _work: Work, (): ()| async move {
        look_after(&cx).await
    });
}

/// Puts the job that sets `project` up on the queue.
pub(super) async fn enqueue(cx: &Context, tx: &Tx, project: &ProjectId, now: Timestamp) -> db::Result<()> {
    let job = NewJob::new(&cx.ids, now, "projects.provision", format!("project/{project}")).key(project.0.clone());
    jobs::enqueue(tx, job.payload(&ProvisionJob { project: project.clone() })).await.map(|_| ())
}

async fn bring_on(cx: &Context, work: &Work, project: &ProjectId) -> Result<(), Failure> {
    let Err(error) = advance::advance(cx, project).await else { return Ok(()) };
    let reason = shown(&error);
    match Failure::from(error) {
        Failure::Retry(_) if work.job().attempts < TRIES => Err(Failure::Retry(reason)),
        Failure::Lost => Err(Failure::Lost),
        Failure::Retry(_) | Failure::Dead(_) => {
            advance::give_up(cx, project, &reason).await?;
            Ok(())
        }
    }
}

/// Returns why, for the project's members: what is internal stays in the log.
fn shown(error: &Error) -> String {
    match error.fault().0 {
        Kind::Internal => "internal error".to_owned(),
        _ => error.to_string(),
    }
}

/// Takes up projects that nothing brings on: their job died with its worker each time, or was removed.
async fn look_after(cx: &Context) -> db::Result<()> {
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            for project in tx.list_provisioning(now.plus_seconds(-EVERY_SECONDS), AT_ONCE).await? {
                enqueue(cx, &tx, &project, now).await?;
            }
            Ok(())
        })
        .await
}
