use super::model::May;
use super::store::MonitorStore;
use super::{Monitor, PauseMonitor, ReadMonitor, Released, ResumeMonitor, SetMonitor, Settings, Watch};
use crate::breaches::Open;
use crate::breaches::store::BreachStore;
use crate::error::{Error, Result};
use crate::evaluations::store::EvaluationStore;
use crate::evaluations::{EvaluateMonitor, Evaluation};
use crate::tolerances::Tolerance;
use crate::{ACTOR, Context};
use access::audit::{self, Entry};
use access::{Action, Held, Permit};
use base::{DatasetId, EnvironmentId, ProjectId, Securable, Timestamp};
use db::Tx;
use serde::Serialize;
use web::Page;

/// A monitor with what its page shows beside it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub monitor: Monitor,
    pub last: Option<Evaluation>,
    pub open: Open,
    pub may: May,
}

/// Puts an entry about a thing of this context into the audit log, where no person acts.
pub(crate) async fn record<T: Securable + Serialize>(
    tx: &Tx,
    action: &str,
    before: Option<&T>,
    (after, reason): (&T, Option<&str>),
    now: Timestamp,
) -> db::Result<()> {
    let json = |thing: &T| serde_json::to_value(thing).map_err(db::sql::unknown);
    let resource = after.resource();
    let mut entry = Entry::new(now, ACTOR, action, format!("{}/{}", resource.kind, resource.id));
    entry.before = before.map(json).transpose()?;
    entry.after = Some(json(after)?);
    entry.reason = reason.map(str::to_owned);
    audit::insert(tx, &entry).await
}

/// Watches what was released to an endpoint, by these limits. The same again changes nothing; settings of people stay. Joins the
/// transaction.
///
/// # Errors
/// The store's.
pub async fn watch(cx: &Context, tx: &Tx, watch: &Watch) -> db::Result<()> {
    let now = cx.clock.now();
    let Some(before) = tx.lock_monitor_of(&watch.endpoint).await? else {
        let monitor = Monitor::new(cx.ids.next("mo"), watch, now);
        tx.insert_monitor(&monitor).await.map_err(|error| match error {
            db::Error::Taken => db::Error::Stale, // by a call at the same time
            other => other,
        })?;
        return record(tx, "WatchEndpoint", None, (&monitor, None), now).await;
    };
    save(tx, &before, before.watch(&watch.released, watch.team.as_ref(), now), now).await
}

/// Judges what an environment serves by other limits from now on. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn retune(
    cx: &Context,
    tx: &Tx,
    environment: &EnvironmentId,
    (policy, tolerances, excused): (i64, &[Tolerance], &[String]),
) -> db::Result<()> {
    let now = cx.clock.now();
    for found in tx.list_monitors_in(environment).await? {
        let Some(before) = tx.lock_monitor(&found.id).await? else { continue };
        let (tolerances, excused) = (tolerances.to_vec(), excused.to_vec());
        let released = Released { tolerances, excused, policy, ..before.released.clone() };
        save(tx, &before, before.watch(&released, before.team.as_ref(), now), now).await?;
    }
    Ok(())
}

async fn save(tx: &Tx, before: &Monitor, after: Monitor, now: Timestamp) -> db::Result<()> {
    if after == *before {
        return Ok(());
    }
    let after = tx.save_monitor(after).await?;
    record(tx, "WatchEndpoint", Some(before), (&after, None), now).await
}

/// Takes note of where an endpoint's calls are written down.
pub(super) async fn captured(cx: &Context, endpoint: &str, dataset: &DatasetId) -> Result<()> {
    cx.db
        .write(|tx| async move {
            let Some(before) = tx.lock_monitor_of(endpoint).await? else { return Ok(()) };
            let now = cx.clock.now();
            Ok(save(&tx, &before, before.captured(dataset, now), now).await?)
        })
        .await
}

/// Returns a monitor that the caller may do `A` to.
pub(crate) async fn seen<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str, found: Option<Monitor>) -> Result<Monitor> {
    let absent = || Error::NotFound(crate::shown(id, 60));
    Ok(permit.on(tx, found).await?.ok_or_else(absent)?.0)
}

async fn shown(tx: &Tx, held: &Held<'_>, monitor: Monitor) -> Result<Shown> {
    let last = tx.find_last_evaluation(&monitor.id).await?;
    let open = tx.count_open(&monitor.id).await?;
    let place = monitor.resource();
    let may = May {
        evaluate: held.can::<EvaluateMonitor>(&place).is_some(),
        resume: held.can::<ResumeMonitor>(&place).is_some(),
    };
    Ok(Shown { monitor, last, open, may })
}

/// Returns a monitor.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadMonitor>, id: &str) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let monitor = seen(&tx, permit, id, tx.find_monitor(id).await?).await?;
            shown(&tx, &permit.held(&tx).await?, monitor).await
        })
        .await
}

/// Returns a page of the monitors that the caller may see, by endpoint.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadMonitor>,
    project: Option<&ProjectId>,
    (after, limit): (Option<&str>, u32),
) -> Result<Page<Shown>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let held = permit.held(&tx).await?;
            let rows = tx.list_monitors(&visible, project, after, limit + 1).await?;
            let rows = Page::of(rows, limit, |row| row.endpoint.clone());
            let mut items = Vec::new();
            for monitor in rows.items {
                items.push(shown(&tx, &held, monitor).await?);
            }
            Ok(Page { items, next_cursor: rows.next_cursor, total: None })
        })
        .await
}

/// What somebody does to a monitor.
enum Verb<'a> {
    Set(&'a Settings),
    Pause(&'a str),
    Resume,
}

async fn change<A: Action>(cx: &Context, permit: &Permit<A>, id: &str, verb: &Verb<'_>) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let before = seen(&tx, permit, id, tx.lock_monitor(id).await?).await?;
            let now = cx.clock.now();
            let (after, reason) = match verb {
                Verb::Set(settings) => (before.set(settings, now)?, None),
                Verb::Pause(reason) if before.was_paused(reason, by) => (before.clone(), None),
                Verb::Pause(reason) => (before.pause(reason, by, now)?, Some(*reason)),
                Verb::Resume if before.was_resumed(by) => (before.clone(), None),
                Verb::Resume => (before.resume(by, now)?, None),
            };
            let held = permit.held(&tx).await?;
            if after == before {
                return shown(&tx, &held, before).await;
            }
            let after = tx.save_monitor(after).await?;
            let mut entry = permit.entry(&after, now).before(&before).after(&after);
            if let Some(reason) = reason {
                entry = entry.reason(reason);
            }
            entry.insert(&tx).await?;
            shown(&tx, &held, after).await
        })
        .await
}

/// Changes the settings of a monitor.
pub(super) async fn set(cx: &Context, permit: &Permit<SetMonitor>, id: &str, settings: &Settings) -> Result<Shown> {
    change(cx, permit, id, &Verb::Set(settings)).await
}

/// Lets a monitor look no more.
pub(super) async fn pause(cx: &Context, permit: &Permit<PauseMonitor>, id: &str, reason: &str) -> Result<Shown> {
    change(cx, permit, id, &Verb::Pause(reason)).await
}

/// Lets a monitor look again.
pub(super) async fn resume(cx: &Context, permit: &Permit<ResumeMonitor>, id: &str) -> Result<Shown> {
    change(cx, permit, id, &Verb::Resume).await
}
