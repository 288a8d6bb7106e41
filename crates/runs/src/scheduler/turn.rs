//! One turn of a run: look, write down what follows, hand to the engine; until there is nothing left to do.
use super::ends::{fail_step, release, save};
use super::keys::Facts;
use super::launch::{Tokens, plan_attempt, submit_all, tokens};
use super::look::{Found, Next, left_behind, look};
use super::{Error, Plan, enqueue, watch};
use crate::Context;
use crate::attempts::Attempt;
use crate::attempts::store::{AttemptStore, InUse};
use crate::cache::Key;
use crate::cache::store::CacheStore;
use crate::engine::Capabilities;
use crate::runs::store::RunStore;
use crate::runs::{Run, RunState};
use crate::sources;
use crate::steps::store::StepStore;
use crate::steps::{Governed, Outputs, Step, StepState};
use base::RunId;
use db::Tx;
use environments::BuildState;
use std::path::PathBuf;

/// What waits for a Python environment says so.
const BUILDING: &str = "its Python environment is being built";

/// Brings a run forward as far as it gets now. `hard`: also asks the engine what became of attempts.
pub(super) async fn turn(cx: &Context, id: &RunId, hard: bool) -> Result<(), Error> {
    let Some((run, plan)) = begin(cx, id).await? else { return Ok(()) };
    let plan = &*plan;
    watch::silent(cx, plan, &run, hard).await?;
    if run.state == RunState::Cancelling {
        return watch::cancel(cx, plan, id).await;
    }
    let laid = match plan.laid(cx, &run).await {
        Ok(laid) => laid,
        Err(Error::Sources(sources::Error::Unfit(why))) => return abort(cx, id, why).await,
        Err(error) => return Err(error),
    };
    let facts = Facts { run: &run, plan, laid: &laid, now: cx.clock.now() };
    watch::planned(cx, &facts).await?;
    loop {
        let (found, free) = look_around(cx, &facts).await?;
        if found.is_empty() {
            cx.scheduler.hungry(id, free <= 0);
            return Ok(());
        }
        let python = match python(cx, &facts, &found).await? {
            Environment::Ready(folder) => Some(folder),
            Environment::Building => None,
            Environment::Failed(why) => return fail_all(cx, &facts, found, why).await,
        };
        let (found, gone) = keep_takeable(cx, &facts, found).await?;
        let done = write(cx, &facts, &found, python.is_some()).await?;
        let planned = done.planned.len();
        if planned > 0 {
            submit_all(cx, &facts, python.flatten().as_ref(), done.planned).await?;
            watch::room(cx, id).await?;
        }
        cx.scheduler.hungry(id, done.hungry);
        if done.anew {
            return watch::cancel(cx, plan, id).await;
        }
        if !done.again && !gone {
            return Ok(());
        }
    }
}

/// Takes the run up, if it has just been started.
async fn begin(cx: &Context, id: &RunId) -> Result<Option<(Run, std::sync::Arc<Plan>)>, Error> {
    let found =
        cx.db.read(|tx| async move { Ok::<_, db::Error>((tx.find_run(id).await?, cx.scheduler.plan(&tx, id).await?)) });
    let (Some(run), Some(plan)) = found.await? else { return Ok(None) };
    if run.has_ended() {
        return Ok(None);
    }
    if run.state != RunState::Queued {
        return Ok(Some((run, plan)));
    }
    let now = cx.clock.now();
    let run = cx
        .db
        .write(|tx| async move {
            let run = tx.lock_run(id).await?.ok_or(db::Error::Stale)?;
            if run.state != RunState::Queued {
                return Ok(run);
            }
            Ok::<_, Error>(tx.save_run(run.begin(now)?).await?)
        })
        .await?;
    Ok(Some((run, plan)))
}

async fn look_around(cx: &Context, facts: &Facts<'_>) -> Result<(Vec<Found>, i64), Error> {
    let capabilities = cx.engine.capabilities();
    let engine = &capabilities.engine;
    let capabilities = &capabilities;
    let found = cx.db.read(|tx| async move {
        let used = tx.in_use(engine).await?;
        let free = i64::from(capabilities.cpus) - used.cpus;
        let free = if most_memory(capabilities) > used.memory_mib { free } else { 0 };
        Ok::<_, db::Error>((look(&tx, facts, free).await?, free))
    });
    Ok(found.await?)
}

fn most_memory(capabilities: &Capabilities) -> i64 {
    i64::try_from(capabilities.memory_mib).unwrap_or(i64::MAX).max(1)
}

enum Environment {
    /// Where it lies; nothing for the bare interpreter.
    Ready(Option<PathBuf>),
    Building,
    Failed(String),
}

/// Asks for the Python environment if a step has to run in it.
async fn python(cx: &Context, facts: &Facts<'_>, found: &[Found]) -> Result<Environment, Error> {
    let runs = found.iter().any(|found| matches!(found.next, Next::Run { .. }));
    facts.plan.set_waits_for_python(false);
    if facts.laid.lock.is_empty() || !runs {
        return Ok(Environment::Ready(None));
    }
    use base::{Fault, Kind};
    let env = match environments::python_env(&cx.environments, &facts.laid.lock).await {
        Ok(env) => env,
        Err(error) if matches!(error.fault().0, Kind::Invalid | Kind::Unavailable | Kind::NotFound) => {
            return Ok(Environment::Failed(error.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    match env.state {
        BuildState::Ready => Ok(Environment::Ready(Some(env.folder))),
        BuildState::Failed => {
            let why = env.reason.unwrap_or_else(|| "it could not be built".into());
            Ok(Environment::Failed(format!("its Python environment: {why}")))
        }
        BuildState::Building => {
            facts.plan.set_waits_for_python(true);
            let (run, at) = (facts.run, cx.clock.now().plus_seconds(1));
            cx.db.write(|tx| async move { enqueue(cx, &tx, run, at).await }).await?;
            Ok(Environment::Building)
        }
    }
}

/// Forgets the first result whose bytes are gone, so that it is made again, and leaves out what was found behind it: that may
/// rest on it. Says whether there was one.
async fn keep_takeable(cx: &Context, facts: &Facts<'_>, found: Vec<Found>) -> Result<(Vec<Found>, bool), Error> {
    let mut kept = Vec::new();
    for found in found {
        if let Next::Take { key, entry, .. } = &found.next
            && !is_there(cx, &entry.outputs).await?
        {
            let (environment, key) = (&facts.run.environment, &key.digest().to_string());
            cx.db.write(|tx| async move { tx.drop_entry(environment, key).await }).await?;
            return Ok((kept, true));
        }
        kept.push(found);
    }
    Ok((kept, false))
}

async fn is_there(cx: &Context, outputs: &Outputs) -> Result<bool, Error> {
    for output in outputs.values() {
        if cx.blobs.size(&output.digest).await.map_err(sources::Error::from)? != Some(output.size_bytes) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What one transaction brought about.
#[derive(Debug, Default)]
struct Done {
    planned: Vec<(Attempt, Tokens)>,
    /// Whether there may be more to do.
    again: bool,
    /// Whether the run was cancelled meanwhile: what this turn knows of it is old.
    anew: bool,
    /// Whether a step waits for a CPU or for memory.
    hungry: bool,
}

/// Writes down what follows from what was found.
async fn write(cx: &Context, facts: &Facts<'_>, found: &[Found], may_run: bool) -> Result<Done, Error> {
    let capabilities = cx.engine.capabilities();
    let (engine, most) = (&capabilities.engine, i64::from(capabilities.cpus.max(1)));
    let most = InUse { cpus: most, memory_mib: most_memory(&capabilities) };
    cx.db
        .write(|tx| async move {
            let mut done = Done::default();
            let Some(mut run) = tx.lock_run(&facts.run.id).await? else { return Ok(done) };
            if run.state != RunState::Running {
                done.anew = run.state == RunState::Cancelling;
                return Ok(done);
            }
            let mut used = tx.in_use(engine).await?;
            let (mut changed, mut taken) = (false, false);
            for found in found {
                let step = tx.find_step(&run.id, &found.name).await?;
                let Some(step) = step.filter(|step| step.state == StepState::Ready) else { continue };
                match &found.next {
                    Next::Take { key, governed, entry } => {
                        if take(&tx, facts, &run, &step, (key, governed, entry)).await? {
                            run.open_steps -= 1;
                            taken = true;
                        }
                    }
                    Next::Refuse(why) => {
                        run = fail_step(&tx, facts.plan, run, &step, why.clone(), facts.now).await?;
                        changed = true;
                    }
                    Next::Wait { key, run: other } => {
                        // Looked at once more: the other may have ended before this one stood in line for its result.
                        let why = format!("an equal step runs in `{other}`");
                        done.again |= wait(&tx, step, key, why).await?;
                    }
                    Next::Run { .. } if !may_run => {
                        if step.why.as_deref() != Some(BUILDING) {
                            tx.save_step(Step { why: Some(BUILDING.into()), ..step }).await?;
                        }
                    }
                    Next::Run { key, governed } => {
                        let needs = needs(facts, &step.name, most);
                        let then =
                            InUse { cpus: used.cpus + needs.cpus, memory_mib: used.memory_mib + needs.memory_mib };
                        if then.cpus > most.cpus || then.memory_mib > most.memory_mib {
                            done.hungry = true;
                            continue;
                        }
                        match start(cx, &tx, facts, &step, (key, governed), needs).await? {
                            Some(planned) => {
                                used = then;
                                done.planned.push(planned);
                            }
                            None => done.again = true,
                        }
                    }
                }
            }
            if changed || taken {
                save(cx, &tx, run, facts.now).await?;
            }
            // What was taken may have made steps ready that were too many for this look.
            done.again |= taken || changed;
            Ok::<_, Error>(done)
        })
        .await
}

/// Returns what a step takes; one that asks for more than there is gets its turn alone, and the engine says no.
fn needs(facts: &Facts<'_>, step: &str, most: InUse) -> InUse {
    let Some(step) = facts.plan.graph.step(step) else { return InUse { cpus: 1, memory_mib: 0 } };
    let memory_mib = i64::try_from(step.memory_mib).unwrap_or(i64::MAX);
    InUse { cpus: i64::from(step.cpus).min(most.cpus), memory_mib: memory_mib.min(most.memory_mib) }
}

/// Takes a result that is there, if it still is.
async fn take(
    tx: &Tx,
    facts: &Facts<'_>,
    run: &Run,
    step: &Step,
    (key, governed, entry): (&Key, &Vec<Governed>, &crate::cache::store::Entry),
) -> Result<bool, Error> {
    let now = tx.find_entry(&run.environment, &key.digest().to_string()).await?;
    if now.as_ref() != Some(entry) {
        return Ok(false);
    }
    tx.drop_computing(&run.id, &step.name).await?; // of a try with another key
    let taken = step.reuse(key.clone(), governed.clone(), entry.run.clone(), entry.outputs.clone(), facts.now)?;
    tx.save_step(taken).await?;
    release(tx, facts.plan, run, &step.name).await?;
    Ok(true)
}

/// Says what a step waits for; once. Returns whether it was new.
async fn wait(tx: &Tx, step: Step, key: &Key, why: String) -> Result<bool, Error> {
    if step.key.as_ref() != Some(key) || step.why.as_deref() != Some(&why) {
        tx.save_step(Step { key: Some(key.clone()), why: Some(why), ..step }).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Plans an attempt; nothing if an equal step was faster.
async fn start(
    cx: &Context,
    tx: &Tx,
    facts: &Facts<'_>,
    step: &Step,
    (key, governed): (&Key, &Vec<Governed>),
    needs: InUse,
) -> Result<Option<(Attempt, Tokens)>, Error> {
    let (run, now) = (facts.run, facts.now);
    let Some(planned) = facts.plan.graph.step(&step.name) else { return Ok(None) };
    if planned.cache {
        tx.drop_computing(&run.id, &step.name).await?; // of a try with another key
        let digest = key.digest().to_string();
        if let Some(left) = tx.find_entry(&run.environment, &digest).await?
            && left_behind(tx, &left).await?
        {
            tx.drop_computing(&left.run, &left.step).await?;
        }
        if !tx.begin_entry(&run.environment, &digest, &run.id, &step.name, now).await? {
            return Ok(None); // the next look finds out who
        }
    }
    let dispatched = tx.save_step(step.dispatch(key.clone(), governed.clone(), now)?).await?;
    let attempt = plan_attempt(cx, run, planned, dispatched.tries, needs.cpus, now);
    tx.insert_attempt(&attempt, needs.memory_mib).await?;
    let tokens = tokens(cx, tx, run, planned, &attempt.id, governed).await?;
    Ok(Some((attempt, tokens)))
}

/// Fails every step that has to run, for one reason.
async fn fail_all(cx: &Context, facts: &Facts<'_>, found: Vec<Found>, why: String) -> Result<(), Error> {
    let refused = found.into_iter().filter(|found| matches!(found.next, Next::Run { .. }));
    let refused: Vec<Found> =
        refused.map(|found| Found { name: found.name, next: Next::Refuse(why.clone()) }).collect();
    write(cx, facts, &refused, false).await?;
    super::wake(cx, &facts.run.id);
    Ok(())
}

/// Ends a run none of whose steps can start.
async fn abort(cx: &Context, id: &RunId, why: String) -> Result<(), Error> {
    let (why, now) = (&why, cx.clock.now());
    cx.db
        .write(|tx| async move {
            let Some(run) = tx.lock_run(id).await?.filter(|run| run.state == RunState::Running) else { return Ok(()) };
            let mut open = run.open_steps;
            for step in tx.list_steps(id).await? {
                if let Ok(skipped) = step.skip(why.clone(), now) {
                    tx.drop_computing(id, &skipped.name).await?; // of a try that failed
                    tx.save_step(skipped).await?;
                    open -= 1;
                }
            }
            save(cx, &tx, Run { open_steps: open, reason: Some(why.clone()), ..run }, now).await?;
            Ok::<_, Error>(())
        })
        .await
}
