use super::compose::{Known, compose, facts, watched};
use super::error::{Error, Result};
use super::store::{Release, ReleaseStore};
use crate::Context;
use crate::contract::{self, Contract};
use base::{EnvironmentId, Fault, PersonId, ProjectId};
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

/// Starts `train` as *preprod* at the commit that `main` moved to, once, with the platform's steps behind its export. A repository
/// without such a pipeline makes nothing; of one that cannot be run, the reason is on record.
pub(super) async fn train(cx: &Context, event: &BranchUpdated) -> Result<()> {
    let (project, Some(commit)) = (&event.project, &event.new) else { return Ok(()) };
    if event.branch != git::MAIN {
        return Ok(());
    }
    let found = git::resolve(&cx.git, project, commit).await?;
    let path = format!("pipelines/{PIPELINE}.json");
    let Some(text) = git::read_file(&cx.git, project, commit, &path, PIPELINE_BYTES).await? else { return Ok(()) };
    let contract = contract(cx, project, commit).await?;
    let read = Pipeline::read(&text).map_err(|error| Error::from(runs::Error::from(error)));
    let composed = read.and_then(|pipeline| compose(&pipeline, &contract));
    let code = Code { revision: git::MAIN.to_owned(), commit: found.id, tree: found.tree };
    let (composed, code, now) = (&composed, &code, cx.clock.now());
    let started = cx
        .db
        .write(|tx| async move {
            let Some(by) = by(&tx, event, project).await? else { return Ok(None) };
            if tx.find_release_of(project, commit).await?.is_some() {
                return Ok(None);
            }
            let (project, commit) = (project.clone(), commit.clone());
            let release = Release { project, commit, run: None, refused: None, started_at: now };
            let pipeline = match composed {
                Ok(pipeline) => pipeline.clone(),
                Err(error) => {
                    tx.insert_release(&Release { refused: Some(said(error)), ..release }).await?;
                    return Ok(None);
                }
            };
            let environment = EnvironmentId(format!("{}/{}", release.project, environments::NAMES[PREPROD]));
            let preprod = environments::find(&tx, &environment).await?;
            if preprod.is_none_or(|preprod| preprod.state != InstanceState::Available) {
                return Err(Error::NotReady(environment.0));
            }
            let (code, parameters) = (Some(code.clone()), Parameters::new());
            let new = NewRun { environment, code, pipeline, parameters, by, why: Reason::Release };
            let run = runs::start(&cx.runs, &tx, new).await?;
            tx.insert_release(&Release { run: Some(run.id.clone()), ..release }).await?;
            Ok(Some(run.id))
        })
        .await?;
    if let Some(started) = started {
        runs::wake(&cx.runs, &started);
    }
    Ok(())
}

/// Returns the repository's contract, or why there is none to go by. Its check says what is wrong with it, on its line.
async fn contract(cx: &Context, project: &ProjectId, commit: &str) -> Result<Known> {
    let text = git::read_file(&cx.git, project, commit, contract::FILE, contract::most_bytes()).await?;
    let Some(text) = text else { return Ok(Err(format!("the repository has no `{}`", contract::FILE))) };
    Ok(Contract::read(&text).map_err(|error| format!("`{}` cannot be read: {error}", contract::FILE)))
}

/// Returns what a monitor has to know of the contract at a commit, and which datasets it reads.
pub(crate) async fn promised(
    cx: &Context,
    project: &ProjectId,
    commit: &str,
) -> Result<(serde_json::Value, Vec<monitoring::Source>)> {
    let contract = contract(cx, project, commit).await?;
    let path = format!("pipelines/{PIPELINE}.json");
    let text = git::read_file(&cx.git, project, commit, &path, PIPELINE_BYTES).await?;
    let sources = match text.as_deref().map(Pipeline::read) {
        Some(Ok(pipeline)) => watched(&pipeline, &contract),
        _ => Vec::new(),
    };
    Ok((facts(&contract), sources))
}

/// Returns what is wrong, and what to do, for people.
fn said(error: &Error) -> String {
    error.hint().map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}"))
}

/// Returns in whose name it runs: who moved `main`; for the first commit, who made the project.
async fn by(tx: &db::Tx, event: &BranchUpdated, project: &ProjectId) -> db::Result<Option<PersonId>> {
    let found = projects::find(tx, project).await?;
    Ok(found.map(|project| if event.old.is_none() { project.created_by } else { event.pusher.clone() }))
}
