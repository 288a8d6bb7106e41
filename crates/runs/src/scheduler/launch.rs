//! From a step that has to run to a runner on an engine: an attempt and its tokens in one transaction, then the engine.
use super::keys::Facts;
use super::{Error, Plan, settle};
use crate::Context;
use crate::attempts::store::AttemptStore;
use crate::attempts::{Attempt, AttemptState, FailureKind};
use crate::engine::{EngineError, EngineRef, Interpreter, Launch};
use crate::pipelines::{self, Input};
use crate::protocol::{AttemptSpec, InputSpec};
use crate::runs::Run;
use crate::runs::store::RunStore;
use crate::sources;
use crate::steps::Governed;
use crate::steps::store::StepStore;
use access::{AttemptRead, AttemptToken, Secret, issue_attempt_token};
use base::{AttemptId, DatasetId, Timestamp};
use db::Tx;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the token of a step allows, besides what tracking needs.
const STEP_VERBS: &[&str] = &["PublishDataset", "ListDatasets", "ReadDataset"];
/// What it allows on top where the step says that it reads datasets: one that does not say so reads none.
const READING_VERBS: &[&str] = &["RunQuery", "ReadQuery", "CancelQuery"];
/// What the token of a runner allows.
const RUNNER_VERBS: &[&str] = &["ClaimAttempt", "ReportAttempt"];
/// How much longer than its step a token lives, in seconds.
const SPARE_SECONDS: i64 = 3_600;

/// The tokens of one attempt.
#[derive(Debug)]
pub(super) struct Tokens {
    runner: Secret,
    step: Secret,
}

/// Returns the name under which a runner comes in; the step's own token has the attempt's.
pub(crate) fn runner_name(attempt: &AttemptId) -> String {
    format!("{attempt}/runner")
}

/// Returns what an attempt has to do.
pub(crate) fn spec_of(run: &Run, step: &pipelines::Step, attempt: &AttemptId) -> AttemptSpec {
    let parameters = step.parameters.iter().filter_map(|name| Some((name.clone(), run.parameters.get(name)?.clone())));
    let inputs = step.inputs.iter().map(|(name, input)| {
        let spec = match input {
            Input::File(_) | Input::Step { .. } => InputSpec::Path,
            Input::Dataset { dataset, for_use, purpose } => {
                InputSpec::Dataset { dataset: dataset.clone(), for_use: for_use.to_string(), purpose: purpose.clone() }
            }
            Input::Value(value) => InputSpec::Value { value: value.clone() },
        };
        (name.clone(), spec)
    });
    AttemptSpec {
        run: run.id.clone(),
        step: step.name.clone(),
        attempt: attempt.clone(),
        project: run.project.clone(),
        environment: run.environment.clone(),
        action: step.action.clone(),
        parameters: parameters.collect(),
        inputs: inputs.collect(),
        outputs: step.outputs.clone(),
        env: step.env.clone(),
        timeout_s: step.timeout_s,
        cpus: step.cpus,
        memory_mib: step.memory_mib,
    }
}

/// Returns the attempt that a step is to be tried by.
pub(super) fn plan_attempt(
    cx: &Context,
    run: &Run,
    step: &pipelines::Step,
    number: i64,
    cpus: i64,
    now: Timestamp,
) -> Attempt {
    Attempt {
        id: AttemptId(cx.ids.next("a")),
        run: run.id.clone(),
        step: step.name.clone(),
        environment: run.environment.clone(),
        number,
        state: AttemptState::Planned,
        failure: None,
        fence: 0,
        engine: cx.engine.capabilities().engine,
        engine_ref: None,
        runner: None,
        cpus,
        exit_code: None,
        detail: None,
        outputs: BTreeMap::new(),
        usage: None,
        created_at: now,
        claimed_at: None,
        seen_at: now,
        ended_at: None,
        revision: 1,
    }
}

/// Issues the tokens of an attempt. Their secrets are kept nowhere: an attempt that a killed server had planned gets new ones.
pub(super) async fn tokens(
    cx: &Context,
    tx: &Tx,
    run: &Run,
    step: &pipelines::Step,
    attempt: &AttemptId,
    governed: &[Governed],
) -> Result<Tokens, Error> {
    let seconds = i64::try_from(step.timeout_s).unwrap_or(i64::MAX).saturating_add(SPARE_SECONDS);
    let expires_at = cx.clock.now().plus_seconds(seconds);
    let reads = step.inputs.values().any(|input| matches!(input, Input::Dataset { .. }));
    let mut verbs: Vec<&str> = STEP_VERBS.iter().chain(tracking::STEP_VERBS).copied().collect();
    verbs.extend(READING_VERBS.iter().filter(|_| reads));
    let (environment, on_behalf_of) = (&run.environment, Some(&run.started_by));
    let behind = &reads_of(step, governed);
    let token =
        AttemptToken { attempt: attempt.as_str(), environment, on_behalf_of, verbs: &verbs, reads: behind, expires_at };
    let (_, of_step) = issue_attempt_token(&cx.access, tx, &token).await?;
    let name = runner_name(attempt);
    let token = AttemptToken { attempt: &name, environment, on_behalf_of, verbs: RUNNER_VERBS, reads: &[], expires_at };
    let (_, of_runner) = issue_attempt_token(&cx.access, tx, &token).await?;
    Ok(Tokens { runner: of_runner, step: of_step })
}

/// Returns the datasets behind a step's result, each in the version that its key names, and which of them it may read.
fn reads_of(step: &pipelines::Step, governed: &[Governed]) -> Vec<AttemptRead> {
    let declares = |dataset: &DatasetId| {
        step.inputs.values().any(|input| matches!(input, Input::Dataset { dataset: other, .. } if other == dataset))
    };
    let read = |behind: &Governed| AttemptRead {
        dataset: behind.dataset.clone(),
        version: behind.version,
        declared: declares(&behind.dataset),
    };
    governed.iter().map(read).collect()
}

/// Hands planned attempts to the engine, one after the other. What the engine refuses ends; what it does not answer stays
/// planned, for the next look.
pub(super) async fn submit_all(
    cx: &Context,
    facts: &Facts<'_>,
    python: Option<&PathBuf>,
    planned: Vec<(Attempt, Tokens)>,
) -> Result<(), Error> {
    for (attempt, tokens) in planned {
        let submitted = match launch(cx, facts, python, &attempt, tokens).await {
            Ok(launch) => cx.engine.submit(launch).await.map_err(Error::Engine),
            Err(error) => Err(error),
        };
        match submitted {
            Ok(engine_ref) => submitted_as(cx, &attempt.id, engine_ref).await?,
            Err(Error::Engine(EngineError::Unavailable(why))) => {
                tracing::warn!(attempt = %attempt.id, why, "the engine does not answer; the attempt waits");
            }
            Err(Error::Engine(EngineError::Refused(why)) | Error::Sources(sources::Error::Unfit(why))) => {
                could_not_start(cx, facts.plan, &attempt.id, why).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn launch(
    cx: &Context,
    facts: &Facts<'_>,
    python: Option<&PathBuf>,
    attempt: &Attempt,
    tokens: Tokens,
) -> Result<Launch, Error> {
    let Some(step) = facts.plan.graph.step(&attempt.step) else {
        return Err(sources::Error::Unfit(format!("the pipeline has no step `{}`", attempt.step)).into());
    };
    let (run, laid) = (facts.run, facts.laid);
    let before: Vec<&str> = step.waits_for();
    let before = &before;
    let written = cx.db.read(|tx| async move { tx.find_steps(&run.id, before).await }).await?;
    let mut inputs = BTreeMap::new();
    for (name, input) in &step.inputs {
        let path = match input {
            Input::File(path) => laid.code.as_ref().map(|code| code.join(path)),
            Input::Step { step, output } => {
                let found =
                    written.iter().find(|found| found.name == *step).and_then(|found| found.outputs.get(output));
                match found {
                    Some(output) => Some(sources::lay_out_output(cx, output).await?),
                    None => None,
                }
            }
            Input::Dataset { .. } | Input::Value(_) => continue,
        };
        let path = path.ok_or_else(|| sources::Error::Unfit(format!("input `{name}` is not there")))?;
        inputs.insert(name.clone(), path);
    }
    let interpreter = environments::interpreter(&cx.environments)?;
    let interpreter = Interpreter {
        program: interpreter.program.clone(),
        version: interpreter.version.clone(),
        roots: interpreter.roots.clone(),
    };
    Ok(Launch {
        attempt: attempt.id.clone(),
        runner_token: tokens.runner,
        server: cx.server(),
        folder: cx.folder.join("work").join(attempt.id.as_str()),
        code: laid.code.clone(),
        python: python.cloned(),
        interpreter,
        sdk: cx.sdk.clone(),
        inputs,
        spec: spec_of(run, step, &attempt.id),
        step_token: tokens.step,
    })
}

/// Records that the engine has an attempt; its runner may have claimed it already.
pub(super) async fn submitted_as(cx: &Context, id: &AttemptId, engine_ref: EngineRef) -> Result<(), Error> {
    let engine_ref = &engine_ref;
    cx.db
        .write(|tx| async move {
            let Some(attempt) = tx.lock_attempt(id).await? else { return Ok(()) };
            let known = match attempt.state {
                AttemptState::Planned => attempt.submit(engine_ref.clone())?,
                _ => Attempt { engine_ref: Some(engine_ref.clone()), ..attempt },
            };
            tx.save_attempt(known).await?;
            Ok::<_, Error>(())
        })
        .await
}

async fn could_not_start(cx: &Context, plan: &Plan, id: &AttemptId, why: String) -> Result<(), Error> {
    let why = &why;
    end(cx, plan, id, |attempt, now| attempt.fail(FailureKind::Infrastructure, why.clone(), now)).await
}

/// Ends an attempt from our side, and what follows. One that has ended meanwhile stays as it is.
pub(super) async fn end(
    cx: &Context,
    plan: &Plan,
    id: &AttemptId,
    how: impl Fn(&Attempt, Timestamp) -> crate::attempts::Result<Attempt>,
) -> Result<(), Error> {
    let (how, now) = (&how, cx.clock.now());
    let settled = cx
        .db
        .write(|tx| async move {
            let Some(found) = tx.find_attempt(id).await? else { return Ok(None) };
            let Some(run) = tx.lock_run(&found.run).await? else { return Ok(None) };
            let Some(attempt) = tx.lock_attempt(id).await?.filter(Attempt::is_open) else { return Ok(None) };
            let ended = tx.save_attempt(how(&attempt, now)?).await?;
            Ok::<_, Error>(Some(settle(cx, &tx, plan, run, &ended).await?))
        })
        .await?;
    for run in settled.into_iter().flat_map(|settled| settled.wake) {
        super::wake(cx, &run);
    }
    super::wake_hungry(cx);
    Ok(())
}
