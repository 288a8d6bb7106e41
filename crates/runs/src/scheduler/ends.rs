//! What follows from the end of an attempt or of a step: for the step, for those behind it, for the run.
use super::{Plan, enqueue, runner_name};
use crate::Context;
use crate::attempts::{Attempt, AttemptState, FailureKind};
use crate::cache::store::CacheStore;
use crate::runs::store::RunStore;
use crate::runs::{Error, Reason, Run, RunState};
use crate::steps::store::StepStore;
use crate::steps::{Step, StepState};
use base::{RunId, Timestamp};
use db::Tx;
use events::RunFinished;

/// How often what a step runs on may fail before the step does.
const TRIES_ON_INFRASTRUCTURE: i64 = 3;

/// What is to be done after the commit.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Other runs that waited for this result.
    pub(crate) wake: Vec<RunId>,
    /// When the step is tried again.
    pub(crate) again_at: Option<Timestamp>,
}

/// Writes what follows from the end of `attempt`, in the transaction that ended it and holds the run's row.
pub(crate) async fn settle(cx: &Context, tx: &Tx, plan: &Plan, run: Run, attempt: &Attempt) -> Result<Settled, Error> {
    let now = cx.clock.now();
    access::revoke_attempt_tokens(tx, attempt.id.as_str(), now).await?;
    if attempt.state != AttemptState::Lost {
        // What was lost may still come back to say so.
        access::revoke_attempt_tokens(tx, &runner_name(&attempt.id), now).await?;
    }
    let found = tx.find_step(&run.id, &attempt.step).await?;
    let Some(step) = found.filter(|step| step.state == StepState::Running) else { return Ok(Settled::default()) };
    let mut settled = Settled::default();
    let key = step.key.as_ref().map(|key| key.digest().to_string());
    let cached = plan.graph.step(&step.name).is_some_and(|planned| planned.cache);
    let run = match attempt.state {
        AttemptState::Succeeded => {
            let done = tx.save_step(step.succeed(attempt.outputs.clone(), now)?).await?;
            if cached {
                tx.finish_entry(&run.id, &done.name, &done.outputs, &done.governed, now).await?;
            }
            release(tx, plan, &run, &done.name).await?;
            Run { open_steps: run.open_steps - 1, ..run }
        }
        AttemptState::Cancelled if run.state == RunState::Cancelling => {
            tx.drop_computing(&run.id, &step.name).await?;
            tx.save_step(step.cancel(now)?).await?;
            Run { open_steps: run.open_steps - 1, ..run }
        }
        AttemptState::Failed | AttemptState::Lost | AttemptState::Cancelled => {
            let why = why(attempt);
            match again_at(plan, &run, &step, attempt, (cx.awake_since, now)) {
                Some(at) => {
                    tx.save_step(step.retry(why, at)?).await?;
                    settled.again_at = Some(at);
                    run
                }
                None => fail_step(tx, plan, run, &step, why, now).await?,
            }
        }
        _ => return Ok(settled),
    };
    if let (Some(key), true) = (key, cached) {
        settled.wake = tx.list_waiting_for_key(&run.environment, &key).await?;
        settled.wake.retain(|other| *other != run.id);
    }
    save(cx, tx, run, now).await?;
    Ok(settled)
}

/// Fails a step and skips those behind it. The caller saves the run.
pub(super) async fn fail_step(
    tx: &Tx,
    plan: &Plan,
    run: Run,
    step: &Step,
    why: String,
    now: Timestamp,
) -> Result<Run, Error> {
    tx.drop_computing(&run.id, &step.name).await?;
    tx.save_step(step.fail(why, now)?).await?;
    let behind = plan.graph.all_after(&step.name);
    let mut ended = 1;
    for next in tx.find_steps(&run.id, &behind).await? {
        if let Ok(skipped) = next.skip(format!("step `{}` failed", step.name), now) {
            tx.save_step(skipped).await?;
            ended += 1;
        }
    }
    Ok(Run { open_steps: run.open_steps - ended, failed_steps: run.failed_steps + 1, ..run })
}

/// Says to those that wait for `step` that it succeeded.
pub(super) async fn release(tx: &Tx, plan: &Plan, run: &Run, step: &str) -> Result<(), Error> {
    let followers = plan.graph.followers(step);
    for next in tx.find_steps(&run.id, &followers).await? {
        if next.state == StepState::Waiting {
            tx.save_step(next.release()?).await?;
        }
    }
    Ok(())
}

/// Saves a run whose steps went on; one without open steps ends.
pub(super) async fn save(cx: &Context, tx: &Tx, run: Run, now: Timestamp) -> Result<Run, Error> {
    if run.open_steps > 0 || run.has_ended() {
        return Ok(tx.save_run(run).await?);
    }
    let ended = tx.save_run(run.finish(now)?).await?;
    let (run, environment, state) = (ended.id.clone(), ended.environment.clone(), ended.state.to_string());
    tx.publish(RunFinished { run, environment, state, at: now }).await?;
    enqueue(cx, tx, &ended, now).await?; // to clear away what it left
    Ok(ended)
}

fn why(attempt: &Attempt) -> String {
    let detail = attempt.detail.as_deref().unwrap_or_default();
    let code = attempt.exit_code.map(|code| format!("exit code {code}")).unwrap_or_default();
    let said = [detail, &code].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    let what = match (attempt.state, attempt.failure) {
        (AttemptState::Lost, _) => "its runner was lost",
        (AttemptState::Cancelled, _) => "it was stopped from outside",
        (_, Some(FailureKind::Infrastructure)) => "what it runs on failed",
        (_, Some(FailureKind::Timeout)) => "it took longer than its `timeout_s`",
        (_, Some(FailureKind::Memory)) => "it needed more than its `memory_mib`",
        (_, Some(FailureKind::User) | None) => "its code failed",
    };
    if said.is_empty() { what.to_owned() } else { format!("{what}: {said}") }
}

/// Returns when a step may be tried again, by the kind of failure; `None` if it may not. The server is there since `awake_since`.
fn again_at(
    plan: &Plan,
    run: &Run,
    step: &Step,
    attempt: &Attempt,
    (awake_since, now): (Timestamp, Timestamp),
) -> Option<Timestamp> {
    if run.state != RunState::Running {
        return None;
    }
    let planned = plan.graph.step(&step.name)?;
    let declared = i64::from(planned.retries);
    let most = match (attempt.state, attempt.failure) {
        (_, Some(FailureKind::Memory)) => 0, // the same limit would be too low again
        _ if was_refused(attempt) => 0,
        // The server went away under it: that may be all that its code failed of. Verifying only asks, so it may ask again.
        (_, Some(FailureKind::User))
            if attempt.claimed_at.is_some_and(|at| at < awake_since)
                && (planned.cache || run.why == Reason::Verify) =>
        {
            declared.max(TRIES_ON_INFRASTRUCTURE - 1)
        }
        (_, Some(FailureKind::User | FailureKind::Timeout)) => declared,
        // Nobody knows how far it came: a step with effects of its own is not repeated unless it says that it may be.
        _ if !planned.cache && attempt.claimed_at.is_some() => declared,
        _ => declared.max(TRIES_ON_INFRASTRUCTURE - 1),
    };
    (step.tries <= most).then(|| now.plus_seconds(1 << (step.tries - 1).clamp(0, 5)))
}

/// Returns whether no engine ever had the attempt: it was refused, or what it starts from cannot be laid out.
fn was_refused(attempt: &Attempt) -> bool {
    attempt.state == AttemptState::Failed && attempt.engine_ref.is_none() && attempt.claimed_at.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(
        (state, failure): (AttemptState, Option<FailureKind>),
        claimed: bool,
        cache: bool,
        retries: u32,
        expected: i64,
    ) {
        check_of(Reason::Asked, 0, (state, failure), (claimed, cache, retries), expected);
    }

    fn check_of(
        why: Reason,
        awake: i64,
        (state, failure): (AttemptState, Option<FailureKind>),
        (claimed, cache, retries): (bool, bool, u32),
        expected: i64,
    ) {
        let definition = json!({"version": 1, "name": "p", "steps": [
            {"name": "s", "run": {"command": ["/bin/true"]}, "cache": cache, "retries": retries}]});
        let plan = Plan::read(&definition.to_string()).unwrap();
        let run = Run { why, ..crate::tests::run(RunState::Running) };
        let engine_ref = Some(crate::engine::EngineRef("process 7".into()));
        let mut tries = 0;
        loop {
            tries += 1;
            let step = Step { tries, ..crate::tests::step("s", StepState::Running) };
            let attempt = Attempt {
                state,
                failure,
                claimed_at: claimed.then_some(Timestamp(1)),
                engine_ref: engine_ref.clone(),
                ..crate::tests::attempt("a", AttemptState::Running)
            };
            match again_at(&plan, &run, &step, &attempt, (Timestamp(awake), Timestamp(2))) {
                Some(at) => assert!(at > Timestamp(2)),
                None => break,
            }
        }
        assert_eq!(tries, expected, "{state} {failure:?} claimed {claimed} cache {cache} retries {retries}");
    }

    #[test]
    fn retries_depend_on_the_kind_of_failure() {
        use AttemptState::{Failed, Lost};
        check((Failed, Some(FailureKind::User)), true, true, 0, 1);
        check((Failed, Some(FailureKind::User)), true, true, 2, 3);
        check((Failed, Some(FailureKind::Timeout)), true, true, 1, 2);
        check((Failed, Some(FailureKind::Memory)), true, true, 5, 1);
        check((Failed, Some(FailureKind::Infrastructure)), true, true, 0, 3);
        check((Lost, None), true, true, 0, 3);
        // A step with effects of its own is not repeated blindly, unless it never began.
        check((Lost, None), true, false, 0, 1);
        check((Lost, None), true, false, 1, 2);
        check((Failed, Some(FailureKind::Infrastructure)), false, false, 0, 3);
    }

    #[test]
    fn what_failed_while_the_server_was_away_is_tried_again_where_it_may_be() {
        let user = (AttemptState::Failed, Some(FailureKind::User));
        check_of(Reason::Asked, 2, user, (true, true, 0), 3);
        check_of(Reason::Asked, 1, user, (true, true, 0), 1);
        check_of(Reason::Asked, 2, user, (true, false, 0), 1);
        check_of(Reason::Verify, 2, user, (true, false, 0), 3);
        check_of(Reason::Verify, 1, user, (true, false, 0), 1);
    }

    #[test]
    fn what_no_engine_takes_is_not_tried_again() {
        let refused =
            Attempt { failure: Some(FailureKind::Infrastructure), ..crate::tests::attempt("a", AttemptState::Failed) };
        assert!(was_refused(&refused));
        let claimed = Attempt { claimed_at: Some(Timestamp(1)), ..refused.clone() };
        assert!(!was_refused(&claimed), "a runner may be faster than the note that the engine has it");
        let plan = r#"{"version": 1, "name": "p", "steps": [{"name": "s", "run": {"command": ["x"]}, "retries": 9}]}"#;
        let (plan, step) = (Plan::read(plan).unwrap(), crate::tests::step("s", StepState::Running));
        let step = Step { tries: 1, ..step };
        let times = (Timestamp(0), Timestamp(2));
        assert_eq!(again_at(&plan, &crate::tests::run(RunState::Running), &step, &refused, times), None);
    }
}
