//! What a step wrote, and who may read it: whoever sees the run, as long as the grants behind it are active; outside `dev` only
//! with grants of their own that show as much.
use super::error::{Error, Result};
use super::service::{seen, step_of};
use super::{ReadRunOutput, Run};
use crate::Context;
use crate::attempts::Attempt;
use crate::attempts::store::AttemptStore;
use crate::protocol::Output;
use crate::scheduler::policy_of;
use crate::steps::{Governed, Step};
use access::Permit;
use base::{Principal, RunId, Timestamp};
use db::Tx;

/// Whether the content asked for is what the step computed from data, or what it said while it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Output,
    Log,
}

/// Decides whether the caller may read what a step wrote.
pub(crate) async fn check(
    tx: &Tx,
    permit: &Permit<ReadRunOutput>,
    run: &Run,
    step: &Step,
    what: Content,
    now: Timestamp,
) -> Result<()> {
    let in_dev = run.environment.as_str().ends_with("/dev");
    if in_dev && what == Content::Log {
        return Ok(());
    }
    let environment = [Principal::Environment(run.environment.clone())];
    for behind in &step.governed {
        let Governed { dataset, for_use, purpose, policy, .. } = behind;
        let read_under = policy_of(tx, &environment, dataset, *for_use, Some(purpose), now).await?;
        let read_under = match read_under {
            Ok(found) if found.digest == *policy => found,
            _ => {
                return Err(Error::GrantEnded(format!(
                    "the grant for `{dataset}` behind this is no longer what it was"
                )));
            }
        };
        if in_dev {
            continue;
        }
        let own = permit.caller().principals(tx).await?;
        let held = policy_of(tx, &own, dataset, *for_use, Some(purpose), now).await?;
        if !held.is_ok_and(|held| held.covers(&read_under)) {
            let text =
                format!("this was computed from `{dataset}` in `{}`: it takes a grant of your own", run.environment);
            return Err(Error::OwnGrant(text));
        }
    }
    Ok(())
}

/// Returns a step and the attempt whose log is asked for: the last one unless `number` names one.
pub(crate) async fn attempt_of(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<ReadRunOutput>,
    (id, name, number): (&RunId, &str, Option<i64>),
) -> Result<(Step, Option<Attempt>)> {
    let run = seen(tx, permit, id).await?;
    let step = step_of(cx, tx, &run, name).await?;
    check(tx, permit, &run, &step, Content::Log, cx.clock.now()).await?;
    let mut attempts = tx.list_attempts_of(id, name).await?;
    let attempt = match number {
        None => attempts.pop(),
        Some(number) => {
            let found = attempts.into_iter().find(|attempt| attempt.number == number);
            Some(found.ok_or_else(|| Error::AttemptNotFound(step.name.clone()))?)
        }
    };
    Ok((step, attempt))
}

/// Returns an output of a step and its bytes.
pub(super) async fn output(
    cx: &Context,
    permit: &Permit<ReadRunOutput>,
    (id, name, output): (&RunId, &str, &str),
) -> Result<(Output, objects::Reader)> {
    let found = cx.db.read(|tx| async move {
        let run = seen(&tx, permit, id).await?;
        let step = step_of(cx, &tx, &run, name).await?;
        let shown = || output.chars().take(63).flat_map(char::escape_debug).collect();
        let missing = || Error::OutputNotFound { step: step.name.clone(), output: shown() };
        let found = *step.outputs.get(output).ok_or_else(missing)?;
        check(&tx, permit, &run, &step, Content::Output, cx.clock.now()).await?;
        Ok::<_, Error>(found)
    });
    let found = found.await?;
    Ok((found, cx.blobs.get(&found.digest).await?))
}
