use super::model::May;
use super::store::{After, BreachStore, Filter};
use super::{AcknowledgeBreach, Breach, MuteBreach, ReadBreach, ResolveBreach, Severity};
use crate::Context;
use crate::error::{Error, Result};
use crate::evaluations::{EvaluatedMetric, Evaluation, MetricVerdict};
use crate::monitors::{Monitor, record};
use access::{Action, Held, Permit};
use base::{Securable, Timestamp};
use db::Tx;
use events::BreachRaised;
use web::Page;

/// A breach with what its viewer may do.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub breach: Breach,
    pub may: May,
    pub now: Timestamp,
}

/// Raises what an evaluation found beyond a limit, counts what it found again, and resolves what it found within. Where nothing could be
/// computed, a breach stays as it is. Joins the transaction, which holds the monitor.
pub(crate) async fn judged(
    cx: &Context,
    tx: &Tx,
    monitor: &Monitor,
    evaluation: &Evaluation,
    now: Timestamp,
) -> Result<()> {
    let open = tx.lock_open_breaches(&monitor.id).await?;
    for metric in &evaluation.looked.metrics {
        let found = open.iter().find(|breach| breach.metric == metric.name && breach.column == metric.column);
        match (found, metric.verdict) {
            (None, MetricVerdict::Amber | MetricVerdict::Red) => {
                let Some(breach) = Breach::raise(cx.ids.next("br"), monitor, (evaluation, metric), now) else {
                    continue;
                };
                tx.insert_breach(&breach).await?;
                record(tx, "RaiseBreach", None, (&breach, None), now).await?;
                tell(tx, &breach, now).await?;
            }
            (Some(before), MetricVerdict::Amber | MetricVerdict::Red) => {
                let after = before.seen(evaluation, metric, now);
                if after == *before {
                    continue;
                }
                let after = tx.save_breach(after).await?;
                record(tx, "RaiseBreach", Some(before), (&after, None), now).await?;
                if after.severity == Severity::Red && before.severity == Severity::Amber {
                    tell(tx, &after, now).await?; // that it is red is news, too
                }
            }
            (Some(before), MetricVerdict::Within | MetricVerdict::NoLimit) => {
                let reason = recovered(evaluation, metric);
                let after = before.recover(&reason, now);
                if after == *before {
                    continue;
                }
                let after = tx.save_breach(after).await?;
                record(tx, "ResolveBreach", Some(before), (&after, Some(&reason)), now).await?;
            }
            (_, MetricVerdict::NotComputable) | (None, MetricVerdict::Within | MetricVerdict::NoLimit) => {}
        }
    }
    Ok(())
}

fn recovered(evaluation: &Evaluation, metric: &EvaluatedMetric) -> String {
    let value = metric.value.map_or_else(String::new, |value| format!(" ({})", crate::number(value)));
    match metric.verdict {
        MetricVerdict::NoLimit => format!("the gate policy sets no limit for {} any more", metric.name),
        _ => format!("evaluation `{}` found it within again{value}", evaluation.id),
    }
}

async fn tell(tx: &Tx, breach: &Breach, now: Timestamp) -> db::Result<()> {
    tx.publish(BreachRaised {
        breach: breach.id.clone(),
        monitor: breach.monitor.clone(),
        environment: breach.environment.clone(),
        endpoint: breach.endpoint.clone(),
        what: breach.content.what.clone(),
        severity: breach.severity.to_string(),
        at: now,
    })
    .await
}

fn shown(held: &Held<'_>, breach: Breach, now: Timestamp) -> Shown {
    let place = breach.resource();
    let may = May {
        acknowledge: held.can::<AcknowledgeBreach>(&place).is_some(),
        resolve: held.can::<ResolveBreach>(&place).is_some(),
    };
    Shown { breach, may, now }
}

async fn seen<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str, found: Option<Breach>) -> Result<Breach> {
    let absent = || Error::BreachNotFound(crate::shown(id, 60));
    Ok(permit.on(tx, found).await?.ok_or_else(absent)?.0)
}

/// Returns a breach.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadBreach>, id: &str) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let breach = seen(&tx, permit, id, tx.find_breach(id).await?).await?;
            Ok(shown(&permit.held(&tx).await?, breach, cx.clock.now()))
        })
        .await
}

/// Returns a page of the breaches that the caller may see, the newest first.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadBreach>,
    filter: &Filter,
    (after, limit): (Option<&After>, u32),
) -> Result<Page<Shown>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let (held, now) = (permit.held(&tx).await?, cx.clock.now());
            let rows = tx.list_breaches(&visible, filter, after, limit + 1).await?;
            let page = Page::of(rows, limit, |row: &Breach| (row.first_seen_at.0, row.id.clone()));
            Ok(page.map(|breach| shown(&held, breach, now)))
        })
        .await
}

/// What somebody says of a breach.
enum Verb<'a> {
    Acknowledge(&'a str),
    Resolve(&'a str),
    Mute(Timestamp, &'a str),
}

async fn answer<A: Action>(cx: &Context, permit: &Permit<A>, id: &str, verb: &Verb<'_>) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let before = seen(&tx, permit, id, tx.lock_breach(id).await?).await?;
            let (held, now) = (permit.held(&tx).await?, cx.clock.now());
            let repeated = match verb {
                Verb::Acknowledge(reason) => before.was_acknowledged(reason, by),
                Verb::Resolve(reason) => before.was_resolved(reason, by),
                Verb::Mute(until, reason) => before.was_muted(*until, reason, by),
            };
            if repeated {
                return Ok(shown(&held, before, now));
            }
            let (after, reason) = match verb {
                Verb::Acknowledge(reason) => (before.acknowledge(reason, by, now)?, *reason),
                Verb::Resolve(reason) => (before.resolve(reason, by, now)?, *reason),
                Verb::Mute(until, reason) => (before.mute(*until, reason, by, now)?, *reason),
            };
            let after = tx.save_breach(after).await?;
            permit.entry(&after, now).before(&before).after(&after).reason(reason).insert(&tx).await?;
            Ok(shown(&held, after, now))
        })
        .await
}

/// Says that the caller looks after a breach.
pub(super) async fn acknowledge(
    cx: &Context,
    permit: &Permit<AcknowledgeBreach>,
    id: &str,
    reason: &str,
) -> Result<Shown> {
    answer(cx, permit, id, &Verb::Acknowledge(reason)).await
}

/// Says that a breach is over.
pub(super) async fn resolve(cx: &Context, permit: &Permit<ResolveBreach>, id: &str, reason: &str) -> Result<Shown> {
    answer(cx, permit, id, &Verb::Resolve(reason)).await
}

/// Hides the alerts of a breach for a while.
pub(super) async fn mute(
    cx: &Context,
    permit: &Permit<MuteBreach>,
    id: &str,
    (until, reason): (Timestamp, &str),
) -> Result<Shown> {
    answer(cx, permit, id, &Verb::Mute(until, reason)).await
}
