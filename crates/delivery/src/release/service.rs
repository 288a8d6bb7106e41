use super::error::{Error, Result};
use super::store::ReleaseStore;
use crate::Context;
use base::{EnvironmentId, PersonId, ProjectId};
use environments::InstanceState;
use events::BranchUpdated;
use runs::pipelines::Parameters;
use runs::{Code, NewRun, Pipeline, Reason};

/// The pipeline that makes what is released.
const PIPELINE: &str = "train";
/// The largest pipeline file.
const PIPELINE_BYTES: usize = 4 << 20;
/// The place of *preprod* on the route to live.
const PREPROD: usize = 1;

/// Starts `train` as *preprod* at the commit that `main` moved to, once. A repository without such a pipeline makes nothing.
pub(super) async fn train(cx: &Context, event: &BranchUpdated) -> Result<()> {
    let (project, Some(commit)) = (&event.project, &event.new) else { return Ok(()) };
    if event.branch != git::MAIN {
        return Ok(());
    }
    let found = git::resolve(&cx.git, project, commit).await?;
    let path = format!("pipelines/{PIPELINE}.json");
    let Some(text) = git::read_file(&cx.git, project, commit, &path, PIPELINE_BYTES).await? else { return Ok(()) };
    let pipeline = Pipeline::read(&text).map_err(runs::Error::from)?;
    let code = Code { revision: git::MAIN.to_owned(), commit: found.id, tree: found.tree };
    let (pipeline, code, now) = (&pipeline, &code, cx.clock.now());
    let started = cx
        .db
        .write(|tx| async move {
            let Some(by) = by(&tx, event, project).await? else { return Ok(None) };
            if tx.find_release_run(project, commit).await?.is_some() {
                return Ok(None);
            }
            let environment = EnvironmentId(format!("{project}/{}", environments::NAMES[PREPROD]));
            let preprod = environments::find(&tx, &environment).await?;
            if preprod.is_none_or(|preprod| preprod.state != InstanceState::Available) {
                return Err(Error::NotReady(environment.0));
            }
            let (code, pipeline, parameters) = (Some(code.clone()), pipeline.clone(), Parameters::new());
            let new = NewRun { environment, code, pipeline, parameters, by, why: Reason::Release };
            let run = runs::start(&cx.runs, &tx, new).await?;
            tx.insert_release_run(project, commit, &run.id, now).await?;
            Ok(Some(run.id))
        })
        .await?;
    if let Some(started) = started {
        runs::wake(&cx.runs, &started);
    }
    Ok(())
}

/// Returns in whose name it runs: who moved `main`; for the first commit, who made the project.
async fn by(tx: &db::Tx, event: &BranchUpdated, project: &ProjectId) -> db::Result<Option<PersonId>> {
    let found = projects::find(tx, project).await?;
    Ok(found.map(|project| if event.old.is_none() { project.created_by } else { event.pusher.clone() }))
}
