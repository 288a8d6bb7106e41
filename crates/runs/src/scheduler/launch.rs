//! From a step that has to run to a runner on an engine: an attempt and its tokens in one transaction, then the engine.
use super::keys::Facts;
use super::{Error, Plan, policy_of, settle};
use crate::Context;
use crate::attempts::store::AttemptStore;
use crate::attempts::{Attempt, AttemptState, FailureKind};
use crate::engine::{EngineError, EngineRef, Interpreter, Launch};
use crate::pipelines::{self, DatasetInput, Input};
use crate::protocol::{AttemptSpec, InputSpec};
use crate::runs::store::RunStore;
use crate::runs::{Reason, Run};
use crate::sources;
use crate::steps::Governed;
use crate::steps::store::StepStore;
use access::{AttemptRead, AttemptToken, Secret, issue_attempt_token};
use base::{AttemptId, DatasetId, Principal, Timestamp};
use db::Tx;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the token of a step allows, besides what tracking needs.
const STEP_VERBS: &[&str] = &["PublishDataset", "ListDatasets", "ReadDataset"];
/// What it allows on top where the step says that it reads datasets: one that does not say so reads none.
const READING_VERBS: &[&str] = &["RunQuery", "ReadQuery", "CancelQuery"];
/// What a check of ours that reads datasets gets besides: it reads the held-out rows alone, and columns granted for checks.
pub const READ_HELD_OUT: &str = "ReadHeldOut";
/// What a step of ours gets that scores a dataset: it publishes what the endpoint says.
const PUBLISH_VERB: &str = "PublishDataset";
/// What a step of the repository gets in a run that verifies what an endpoint serves, and one of ours that scores a dataset by it.
pub const CALL_ENDPOINT: &str = "CallEndpoint";
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

/// Where the Python environments of a run lie; nothing for the bare interpreter.
#[derive(Debug, Default)]
pub(super) struct Pythons {
    repository: Option<PathBuf>,
    platform: Option<PathBuf>,
}

impl Pythons {
    pub(super) fn new(repository: Option<PathBuf>, platform: Option<PathBuf>) -> Self {
        Self { repository, platform }
    }

    fn of(&self, step: &pipelines::Step) -> Option<&PathBuf> {
        if step.is_platform() { self.platform.as_ref() } else { self.repository.as_ref() }
    }
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
            Input::Dataset(input) => InputSpec::Dataset {
                dataset: input.dataset.clone(),
                for_use: input.for_use.to_string(),
                purpose: input.purpose.clone(),
                columns: input.columns.clone(),
                fixture: input.stand_in(&run.environment).is_some(),
                refused: None,
            },
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
    let verbs = verbs_of(run, step);
    let (environment, on_behalf_of) = (&run.environment, Some(&run.started_by));
    let behind = &reads_of(run, step, governed);
    let token =
        AttemptToken { attempt: attempt.as_str(), environment, on_behalf_of, verbs: &verbs, reads: behind, expires_at };
    let (_, of_step) = issue_attempt_token(&cx.access, tx, &token).await?;
    let name = runner_name(attempt);
    let token = AttemptToken { attempt: &name, environment, on_behalf_of, verbs: RUNNER_VERBS, reads: &[], expires_at };
    let (_, of_runner) = issue_attempt_token(&cx.access, tx, &token).await?;
    Ok(Tokens { runner: of_runner, step: of_step })
}

/// Returns what the token of a step allows.
fn verbs_of(run: &Run, step: &pipelines::Step) -> Vec<&'static str> {
    let reads = datasets_of(run, step).next().is_some();
    let mut verbs: Vec<&str> = if reads { READING_VERBS.to_vec() } else { Vec::new() };
    if step.is_platform() {
        if run.why == Reason::Batch {
            // It reads as its environment does, and what is granted for checks is no input of a prediction.
            verbs.extend([PUBLISH_VERB, CALL_ENDPOINT]);
        } else {
            verbs.extend(reads.then_some(READ_HELD_OUT));
        }
        return verbs;
    }
    verbs.extend(STEP_VERBS.iter().chain(tracking::STEP_VERBS));
    verbs.extend((run.why == Reason::Verify).then_some(CALL_ENDPOINT));
    verbs
}

/// Returns the datasets that a step reads through the server.
fn datasets_of<'s>(run: &Run, step: &'s pipelines::Step) -> impl Iterator<Item = &'s DatasetInput> {
    step.inputs.values().filter_map(|input| match input {
        Input::Dataset(input) if input.stand_in(&run.environment).is_none() => Some(input),
        _ => None,
    })
}

/// Returns the datasets behind a step's result, each in the version that its key names, and which of them it may read.
fn reads_of(run: &Run, step: &pipelines::Step, governed: &[Governed]) -> Vec<AttemptRead> {
    let declares = |dataset: &DatasetId| datasets_of(run, step).any(|input| input.dataset == *dataset);
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
    pythons: &Pythons,
    planned: Vec<(Attempt, Tokens)>,
) -> Result<(), Error> {
    for (attempt, tokens) in planned {
        let submitted = match launch(cx, facts, pythons, &attempt, tokens).await {
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
    pythons: &Pythons,
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
            Input::Dataset(input) => match input.stand_in(&run.environment) {
                Some(path) => laid.code.as_ref().map(|code| code.join(path)),
                None => continue,
            },
            Input::Value(_) => continue,
        };
        let path = path.ok_or_else(|| sources::Error::Unfit(format!("input `{name}` is not there")))?;
        inputs.insert(name.clone(), path);
    }
    let mut spec = spec_of(run, step, &attempt.id);
    if step.is_platform() {
        say_what_is_refused(cx, facts, &mut spec).await?;
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
        python: pythons.of(step).cloned(),
        interpreter,
        sdk: cx.sdk.clone(),
        inputs,
        spec,
        step_token: tokens.step,
    })
}

/// Puts down why each dataset that may not be read now may not: a check of ours says so in its report.
async fn say_what_is_refused(cx: &Context, facts: &Facts<'_>, spec: &mut AttemptSpec) -> Result<(), Error> {
    let (run, now) = (facts.run, facts.now);
    let principals = &[Principal::Environment(run.environment.clone())];
    for input in spec.inputs.values_mut() {
        let InputSpec::Dataset { dataset, for_use, purpose, refused, .. } = input else { continue };
        let for_use = serde_json::from_value(serde_json::Value::String(for_use.clone())).map_err(db::sql::unknown)?;
        let (dataset, purpose) = (&*dataset, purpose.as_ref());
        let policy = cx.db.read(|tx| async move { policy_of(&tx, principals, dataset, for_use, purpose, now).await });
        if let Err(why) = policy.await? {
            *refused = Some(format!("environment `{}`: {why}", run.environment));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;
    use crate::runs::RunState;
    use serde_json::{Value, json};

    fn steps(of: &Value) -> Vec<pipelines::Step> {
        let pipeline = json!({"version": 1, "name": "train", "steps": of});
        Pipeline::of_the_platform(&pipeline).unwrap().steps
    }

    fn run_in(environment: &str, why: Reason) -> Run {
        Run { environment: environment.into(), why, ..crate::tests::run(RunState::Running) }
    }

    #[test]
    fn a_token_holds_what_its_step_says_it_needs() {
        let data = json!({"dataset": "retail.core.loans", "use": "train"});
        let steps = steps(&json!([
            {"name": "fit", "run": {"command": ["fit"]}},
            {"name": "read", "run": {"command": ["read"]}, "inputs": {"rows": data}},
            {"name": "lint", "run": {"platform": "lint"}},
            {"name": "quality", "run": {"platform": "quality"}, "inputs": {"source_1": data}},
        ]));
        let preprod = run_in("credit-risk/preprod", Reason::Release);
        let has = |step: usize, verb: &str| verbs_of(&preprod, &steps[step]).contains(&verb);
        assert!(has(0, "PublishDataset") && !has(0, "RunQuery") && !has(0, READ_HELD_OUT) && !has(0, CALL_ENDPOINT));
        assert!(has(1, "RunQuery") && !has(1, READ_HELD_OUT), "a step of the repository never sees the held-out rows");
        assert!(verbs_of(&preprod, &steps[2]).is_empty());
        assert!(has(3, "RunQuery") && has(3, READ_HELD_OUT) && !has(3, "PublishDataset"));
        let verifying = run_in("credit-risk/preprod", Reason::Verify);
        assert!(verbs_of(&verifying, &steps[0]).contains(&CALL_ENDPOINT));
        assert!(!verbs_of(&verifying, &steps[3]).contains(&CALL_ENDPOINT));
        let batch = verbs_of(&run_in("credit-risk/prod", Reason::Batch), &steps[3]);
        assert!(batch.contains(&CALL_ENDPOINT) && batch.contains(&PUBLISH_VERB) && !batch.contains(&READ_HELD_OUT));
    }

    #[test]
    fn in_dev_a_fixture_stands_in_and_nothing_is_read() {
        let step = &steps(&json!([{"name": "fit", "run": {"command": ["fit"]}, "inputs": {
            "rows": {"dataset": "retail.core.loans", "use": "train", "columns": ["age"], "fixture": "data/x.csv"}}}]))
            [0];
        let said = |environment: &str| {
            let run = run_in(environment, Reason::Asked);
            assert_eq!(verbs_of(&run, step).contains(&"RunQuery"), environment != "credit-risk/dev", "{environment}");
            serde_json::to_value(&spec_of(&run, step, &"a-1".into()).inputs["rows"]).unwrap()
        };
        let read = json!({"from": "dataset", "dataset": "retail.core.loans", "use": "train", "columns": ["age"]});
        assert_eq!(said("credit-risk/preprod"), read);
        let mut stood_in = read;
        stood_in["fixture"] = json!(true);
        assert_eq!(said("credit-risk/dev"), stood_in);
    }
}
