use super::error::{Error, Result};
use super::store::{After, Filter, RunStore};
use super::{CancelRun, Code, NewRun, ReadRun, Reason, Run, RunState, StartRun};
use crate::attempts::Attempt;
use crate::attempts::store::AttemptStore;
use crate::cache::{Compared, compare};
use crate::pipelines::{Graph, Parameters, Pipeline};
use crate::steps::store::StepStore;
use crate::steps::{Outputs, Step, StepState};
use crate::{Context, scheduler};
use access::audit::{self, Entry};
use access::{Once, Permit};
use base::{EnvironmentId, PersonId, ProjectId, RunId, Securable, Timestamp, nearest};
use db::Tx;
use environments::{Environment, InstanceState};
use std::sync::Arc;
use web::Page;

/// The largest pipeline file.
const PIPELINE_BYTES: usize = 4 << 20;

/// What a person asks to run.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) environment: EnvironmentId,
    pub(super) revision: String,
    pub(super) pipeline: String,
    pub(super) parameters: Parameters,
}

/// A run with what its page shows beside it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) run: Run,
    pub(super) plan: Option<Arc<scheduler::Plan>>,
    pub(super) steps: Vec<Step>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) may_cancel: bool,
}

/// Starts a run. Joins the caller's transaction, in which its end is published later; call [`crate::wake`] after the commit, or
/// its job takes it up within a second. Whether `by` may do this is the caller's to decide.
///
/// # Errors
/// Parameters that do not fit the pipeline.
pub async fn start(cx: &Context, tx: &Tx, new: NewRun) -> Result<Run> {
    let now = cx.clock.now();
    let parameters = new.pipeline.resolve(&new.parameters)?;
    let project = new.environment.as_str().split_once('/').map_or(new.environment.as_str(), |(project, _)| project);
    let count = i64::try_from(new.pipeline.steps.len()).unwrap_or(i64::MAX);
    let run = Run {
        id: RunId(cx.ids.next("r")),
        project: ProjectId::from(project),
        environment: new.environment.clone(),
        pipeline: new.pipeline.name.clone(),
        parameters,
        code: new.code.clone(),
        started_by: new.by.clone(),
        why: new.why,
        state: RunState::Queued,
        reason: None,
        cancelled_by: None,
        steps: count,
        open_steps: count,
        failed_steps: 0,
        created_at: now,
        started_at: None,
        cancelled_at: None,
        ended_at: None,
        revision: 1,
    };
    tx.insert_run(&run, &new.pipeline.to_json().to_string()).await?;
    tx.insert_steps(&steps_of(&run, &new.pipeline)).await?;
    scheduler::enqueue(cx, tx, &run, now).await?;
    if run.why != Reason::Asked {
        // A person's own start is recorded by their permit.
        let mut entry = Entry::new(now, "scheduler", "StartRun", format!("run/{}", run.id));
        entry.on_behalf_of = Some(format!("person:{}", run.started_by));
        entry.after = Some(serde_json::to_value(&run).map_err(db::sql::unknown)?);
        entry.reason = Some(run.why.as_str().to_owned());
        audit::insert(tx, &entry).await?;
    }
    Ok(run)
}

fn steps_of(run: &Run, pipeline: &Pipeline) -> Vec<Step> {
    let step = |(position, planned): (usize, &crate::pipelines::Step)| {
        let waiting_for = i64::try_from(planned.waits_for().len()).unwrap_or(i64::MAX);
        Step {
            run: run.id.clone(),
            name: planned.name.clone(),
            position: i64::try_from(position).unwrap_or(i64::MAX),
            state: if waiting_for == 0 { StepState::Ready } else { StepState::Waiting },
            waiting_for,
            tries: 0,
            kind: None,
            why: None,
            cached_from: None,
            key: None,
            governed: Vec::new(),
            outputs: Outputs::new(),
            run_at: Timestamp(0),
            started_at: None,
            ended_at: None,
            revision: 1,
        }
    };
    pipeline.steps.iter().enumerate().map(step).collect()
}

/// Returns run `id`, whoever asks. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, id: &RunId) -> db::Result<Option<Run>> {
    tx.find_run(id).await
}

/// Returns the pipeline of run `id` as it was when the run started, as JSON. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn definition_of(tx: &Tx, id: &RunId) -> db::Result<Option<String>> {
    tx.find_definition(id).await
}

/// Finds the environment that a person asks to run in, if they may.
async fn environment(tx: &Tx, permit: &Permit<StartRun>, id: &EnvironmentId) -> Result<Environment> {
    let found = environments::find(tx, id).await?;
    let shown: String = id.as_str().chars().take(130).flat_map(char::escape_debug).collect();
    let (environment, _) = permit.on(tx, found).await?.ok_or(Error::EnvironmentNotFound(shown))?;
    if environment.name != "dev" {
        return Err(Error::DevOnly(environment.id));
    }
    if environment.state != InstanceState::Available {
        return Err(Error::EnvironmentNotAvailable(environment.id, environment.state.to_string()));
    }
    Ok(environment)
}

/// Starts a run for a person: reads the pipeline at the revision, and lets the scheduler take it up at once.
pub(super) async fn start_asked(cx: &Context, permit: &Permit<StartRun>, once: &Once, asked: &Asked) -> Result<Shown> {
    let by = permit.caller().person()?;
    let id = &asked.environment;
    let kept = cx.db.read(|tx| async move {
        let environment = environment(&tx, permit, id).await?;
        Ok::<_, Error>((environment, once.kept::<RunId>(&tx, permit.caller()).await?))
    });
    let (environment, kept) = kept.await?;
    let new = match &kept {
        Some(_) => None,
        None => Some(read_pipeline(cx, &environment.project, asked, by).await?),
    };
    let new = &new;
    let run = cx
        .db
        .write(|tx| async move {
            self::environment(&tx, permit, id).await?;
            if let Some(kept) = once.kept::<RunId>(&tx, permit.caller()).await? {
                return tx.find_run(&kept).await?.ok_or(Error::NotFound(kept));
            }
            let Some(new) = new else { return Err(db::Error::Stale.into()) };
            let run = start(cx, &tx, new.clone()).await?;
            permit.record(&tx, None, &run, run.created_at).await?;
            once.keep(&tx, permit.caller(), &run.id).await?;
            Ok(run)
        })
        .await?;
    scheduler::wake(cx, &run.id);
    let id = &run.id;
    cx.db
        .read(|tx| async move {
            let run = tx.find_run(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            let may_cancel = permit.can::<CancelRun>(&tx, &run.resource()).await?.is_some();
            shown(cx, &tx, run, may_cancel).await
        })
        .await
}

async fn read_pipeline(cx: &Context, project: &ProjectId, asked: &Asked, by: &PersonId) -> Result<NewRun> {
    base::plain_name(&asked.pipeline.replace('_', "-").to_ascii_lowercase()).map_err(|_| not_found(asked, ""))?;
    let commit = git::resolve(&cx.git, project, &asked.revision).await?;
    let path = format!("pipelines/{}.json", asked.pipeline);
    let text = git::read_file(&cx.git, project, &commit.id, &path, PIPELINE_BYTES).await?;
    let pipeline = Pipeline::read(&text.ok_or_else(|| not_found(asked, &commit.id))?)?;
    if pipeline.name != asked.pipeline {
        return Err(Error::OtherPipeline { file: asked.pipeline.clone(), name: pipeline.name });
    }
    let code = Some(Code { revision: asked.revision.clone(), commit: commit.id, tree: commit.tree });
    let (environment, parameters) = (asked.environment.clone(), asked.parameters.clone());
    Ok(NewRun { environment, code, pipeline, parameters, by: by.clone(), why: Reason::Asked })
}

fn not_found(asked: &Asked, commit: &str) -> Error {
    let pipeline = asked.pipeline.chars().take(63).flat_map(char::escape_debug).collect();
    Error::PipelineNotFound { pipeline, commit: commit.chars().take(12).collect() }
}

async fn shown(cx: &Context, tx: &Tx, run: Run, may_cancel: bool) -> Result<Shown> {
    let (steps, attempts) = (tx.list_steps(&run.id).await?, tx.list_attempts(&run.id).await?);
    let plan = cx.scheduler.plan(tx, &run.id).await?;
    Ok(Shown { run, plan, steps, attempts, may_cancel })
}

/// Returns run `id` with its steps.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadRun>, id: &RunId) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let run = seen(&tx, permit, id).await?;
            let may_cancel = permit.can::<CancelRun>(&tx, &run.resource()).await?.is_some();
            shown(cx, &tx, run, may_cancel).await
        })
        .await
}

/// Returns run `id` if the caller may see it so.
pub(crate) async fn seen<A: access::Action>(tx: &Tx, permit: &Permit<A>, id: &RunId) -> Result<Run> {
    let found = permit.on(tx, tx.find_run(id).await?).await?;
    let shown: String = id.as_str().chars().take(60).flat_map(char::escape_debug).collect();
    found.map(|(run, _)| run).ok_or(Error::NotFound(RunId(shown)))
}

/// Returns a page of the runs that the caller may see, newest first.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadRun>,
    filter: &Filter,
    after: Option<&After>,
    limit: u32,
) -> Result<Page<(Run, bool)>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?.condition(&super::store::columns());
            let runs = tx.list_runs(visible, filter, after.cloned(), u64::from(limit) + 1).await?;
            let held = permit.held(&tx).await?;
            let rows = runs.into_iter().map(|run| {
                let may_cancel = held.can::<CancelRun>(&run.resource()).is_some();
                (run, may_cancel)
            });
            Ok(Page::of(rows.collect(), limit, |(run, _): &(Run, bool)| (run.created_at.0, run.id.0.clone())))
        })
        .await
}

/// Stops run `id`: what has not begun never will, what runs is told to end. The same call again changes nothing.
pub(super) async fn cancel(cx: &Context, permit: &Permit<CancelRun>, id: &RunId) -> Result<Shown> {
    let now = cx.clock.now();
    cx.db
        .write(|tx| async move {
            let found = permit.on(&tx, tx.lock_run(id).await?).await?;
            let (run, _) = found.ok_or_else(|| Error::NotFound(id.clone()))?;
            let by = permit.caller().name();
            if run.cancelled_by.as_ref() == Some(&by) {
                return Ok(()); // the same call again
            }
            let cancelled = tx.save_run(run.cancel(&by, now)?).await?;
            permit.record(&tx, Some(&run), &cancelled, now).await?;
            scheduler::enqueue(cx, &tx, &cancelled, now).await?;
            Ok::<_, Error>(())
        })
        .await?;
    // What can end at once has ended when the answer leaves.
    scheduler::look_after(cx, id).await?;
    cx.db
        .read(|tx| async move {
            let run = tx.find_run(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            shown(cx, &tx, run, true).await
        })
        .await
}

/// A step's key beside that of the same step in the run before.
#[derive(Debug)]
pub(super) struct Why {
    pub(super) step: Step,
    pub(super) before: Option<RunId>,
    pub(super) parts: Vec<Compared>,
    pub(super) cached: bool,
}

/// Returns why a step ran, or did not have to.
pub(super) async fn why(cx: &Context, permit: &Permit<ReadRun>, id: &RunId, name: &str) -> Result<Why> {
    cx.db
        .read(|tx| async move {
            let run = seen(&tx, permit, id).await?;
            let step = step_of(cx, &tx, &run, name).await?;
            let before = tx.find_key_before(&run, name).await?;
            let own = step.key.as_ref().map_or(&[][..], |key| &key.parts);
            let parts = compare(before.as_ref().map(|(_, parts)| parts.as_slice()), own);
            let plan = cx.scheduler.plan(&tx, id).await?;
            let cached = plan.is_some_and(|plan| plan.graph.step(name).is_some_and(|step| step.cache));
            let parts = if own.is_empty() { Vec::new() } else { parts };
            Ok(Why { step, before: before.map(|(run, _)| run), parts, cached })
        })
        .await
}

/// Returns a step of a run, or the name that was probably meant.
pub(crate) async fn step_of(cx: &Context, tx: &Tx, run: &Run, name: &str) -> Result<Step> {
    if let Some(step) = tx.find_step(&run.id, name).await? {
        return Ok(step);
    }
    let plan = cx.scheduler.plan(tx, &run.id).await?;
    let known = |graph: &Graph| {
        nearest(name, graph.pipeline.steps.iter().map(|step| step.name.as_str())).map(ToOwned::to_owned)
    };
    let step = name.chars().take(63).flat_map(char::escape_debug).collect();
    Err(Error::StepNotFound { run: run.id.clone(), step, nearest: plan.and_then(|plan| known(&plan.graph)) })
}

/// Returns up to `most` runs of a project, the oldest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn of_project(tx: &Tx, project: &base::ProjectId, most: u64) -> db::Result<Vec<Run>> {
    tx.list_runs_of(project, most).await
}

/// Returns the attempts of a run, by step and number, whoever asks.
///
/// # Errors
/// The store's.
pub async fn attempts_of(tx: &Tx, run: &RunId) -> db::Result<Vec<crate::attempts::Attempt>> {
    tx.list_attempts(run).await
}

/// Returns when up to `most` attempts of a project were planned, and when a runner had each, the newest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn starts_of(tx: &Tx, project: &base::ProjectId, most: u64) -> db::Result<Vec<(Timestamp, Timestamp)>> {
    tx.list_starts(project, most).await
}
