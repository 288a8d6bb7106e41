//! What is to be done with a rollout, and doing it.
use crate::SERVER;
use crate::endpoints::store::EndpointStore;
use crate::endpoints::{self, Endpoint};
use crate::process::{Outcome, Report, Told};
use crate::rollouts::store::RolloutStore;
use crate::rollouts::{Rollout, RolloutId, RolloutState};
use base::Timestamp;
use db::Tx;
use std::collections::BTreeMap;

/// How long the process may take to load a model, and then to take it over, in seconds.
const WITHIN: i64 = 60;
/// How long what served before is kept in memory, in seconds: to go back is then a matter of a moment.
const WARM: i64 = 15 * 60;

/// What is to be done with a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Load,
    /// Its model's file has to be put in its place again.
    PlaceAgain,
    MakeReady,
    Serve,
    Retire,
    Fail(String),
}

/// Returns what is to be done with a rollout now. The process has its time from `awake` on at the earliest: while the server was away,
/// nobody told it anything.
pub(super) fn next_step(
    rollout: &Rollout,
    report: Option<&Report>,
    said: &BTreeMap<String, i64>,
    awake: Timestamp,
    now: Timestamp,
) -> Option<Step> {
    let told = report.and_then(|report| report.rollouts.get(rollout.id.as_str()));
    let late = rollout.changed_at.max(awake).plus_seconds(WITHIN) <= now;
    match rollout.state {
        RolloutState::Created => Some(Step::Load),
        // Once the process serves a manifest that says so: whoever is told that it serves may call it.
        RolloutState::Ready => match (said.get(rollout.id.as_str()), report, told) {
            (_, _, Some(told)) if told.outcome == Outcome::Failed => Some(Step::Fail(why(told))),
            (Some(sequence), Some(report), Some(_)) if report.sequence >= *sequence => Some(Step::Serve),
            _ if late => Some(Step::Fail(format!("the serving process did not take it over within {WITHIN} s"))),
            _ => None,
        },
        RolloutState::Loading => match told {
            Some(told) if told.outcome == Outcome::Ready => Some(Step::MakeReady),
            Some(told) => Some(Step::Fail(why(told))),
            None if late => Some(Step::Fail(format!("the serving process did not load it within {WITHIN} s"))),
            None => None,
        },
        RolloutState::Serving if told.is_some_and(|told| told.outcome == Outcome::Failed) => Some(Step::PlaceAgain),
        RolloutState::Draining => (rollout.changed_at.plus_seconds(WARM) <= now).then_some(Step::Retire),
        RolloutState::Serving | RolloutState::Retired | RolloutState::Failed => None,
    }
}

fn why(told: &Told) -> String {
    told.reason.clone().unwrap_or_else(|| "it could not be loaded".into())
}

/// Takes a step, if it still fits: endpoint first, so that two never wait for each other.
pub(super) async fn bring_on(tx: &Tx, id: &RolloutId, step: &Step, now: Timestamp) -> Result<(), endpoints::Error> {
    let Some(found) = tx.find_rollout(id).await? else { return Ok(()) };
    let Some(endpoint) = tx.lock_endpoint(&found.endpoint).await? else { return Ok(()) };
    let Some(rollout) = tx.lock_rollout(id).await? else { return Ok(()) };
    if rollout.state != found.state {
        return Err(db::Error::Stale.into());
    }
    match (step, rollout.state) {
        (Step::Load, RolloutState::Created) => {
            tx.save_rollout(rollout.load(now)?).await?;
        }
        (Step::MakeReady, RolloutState::Loading) => {
            tx.save_rollout(rollout.make_ready(now)?).await?;
        }
        (Step::Serve, RolloutState::Ready) => serve(tx, &endpoint, &rollout, now).await?,
        (Step::Retire, RolloutState::Draining) => {
            tx.save_rollout(rollout.retire(now)?).await?;
        }
        (Step::Fail(why), state) if state.is_moving() => {
            endpoints::end_failed(tx, &endpoint, &rollout, why, SERVER, now).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Lets a rollout take over.
async fn serve(tx: &Tx, endpoint: &Endpoint, rollout: &Rollout, now: Timestamp) -> Result<(), endpoints::Error> {
    if let Some(before) = &endpoint.serving
        && let Some(before) = tx.lock_rollout(before).await?
        && before.state == RolloutState::Serving
    {
        tx.save_rollout(before.drain(now)?).await?;
    }
    tx.save_rollout(rollout.serve(now)?).await?;
    let after = tx.save_endpoint(endpoint.served(&rollout.id, now)).await?;
    endpoints::record(tx, ("ServeRollout", SERVER), Some(endpoint), &after, None).await?;
    Ok(endpoints::publish(tx, &after, rollout, "serving", None, now).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollouts::tests::rollout;

    #[test]
    fn a_rollout_waits_for_the_process_and_not_for_ever() {
        let said = |outcome, reason: Option<&str>| {
            let told = Told { outcome, reason: reason.map(str::to_owned) };
            Report { rollouts: [("ro-1".to_owned(), told)].into(), ..Report::default() }
        };
        let at = |state, seconds: i64, report: Option<&Report>| {
            let said = [("ro-1".to_owned(), 7)].into();
            let (awake, now) = (testkit::NEW_YEAR.plus_seconds(-9), testkit::NEW_YEAR.plus_seconds(seconds));
            next_step(&rollout("ro-1", state), report, &said, awake, now)
        };
        assert_eq!(at(RolloutState::Created, 0, None), Some(Step::Load));
        assert_eq!(at(RolloutState::Loading, 59, None), None);
        let late = at(RolloutState::Loading, 60, None).unwrap();
        assert_eq!(late, Step::Fail("the serving process did not load it within 60 s".into()));
        let ready = said(Outcome::Ready, None);
        assert_eq!(at(RolloutState::Loading, 99, Some(&ready)), Some(Step::MakeReady));
        assert_eq!(at(RolloutState::Ready, 0, Some(&ready)), None, "the process has not read it yet");
        let read = Report { sequence: 7, ..ready.clone() };
        assert_eq!(at(RolloutState::Ready, 0, Some(&read)), Some(Step::Serve));
        let late = at(RolloutState::Ready, 60, Some(&ready)).unwrap();
        assert_eq!(late, Step::Fail("the serving process did not take it over within 60 s".into()));
        let began_anew = Report { sequence: 7, ..Report::default() };
        assert_eq!(at(RolloutState::Ready, 0, Some(&began_anew)), None, "the process has not loaded it again yet");
        let failed = said(Outcome::Failed, Some("it is damaged"));
        assert_eq!(at(RolloutState::Ready, 0, Some(&failed)), Some(Step::Fail("it is damaged".into())));
        assert_eq!(at(RolloutState::Loading, 0, Some(&failed)), Some(Step::Fail("it is damaged".into())));
        assert_eq!(at(RolloutState::Serving, 9_999, Some(&failed)), Some(Step::PlaceAgain));
        assert_eq!(at(RolloutState::Serving, 9_999, Some(&ready)), None);
        assert_eq!(
            (at(RolloutState::Draining, 899, None), at(RolloutState::Draining, 900, None)),
            (None, Some(Step::Retire))
        );
        let (waiting, back) = (rollout("ro-1", RolloutState::Loading), testkit::NEW_YEAR.plus_seconds(500));
        let after = |seconds| next_step(&waiting, None, &BTreeMap::new(), back, back.plus_seconds(seconds));
        assert_eq!(after(59), None, "the server was away for longer than the process may take");
        assert!(matches!(after(60), Some(Step::Fail(_))));
    }
}
