use super::error::{Error, Result};
use super::model::Deployment;
use super::store::EndpointStore;
use super::{Endpoint, ReadEndpoint};
use crate::Context;
use crate::predictions::store::{Capture, CaptureStore};
use crate::rollouts::store::RolloutStore;
use crate::rollouts::{self, Rollout, RolloutId, RolloutState};
use access::Permit;
use access::audit::{self, Entry};
use base::{EnvironmentId, PersonId, ProjectId, Securable, Timestamp};
use db::Tx;
use events::RolloutEnded;
use web::Page;

/// How many rollouts of an endpoint are looked at.
const HISTORY: u32 = 50;
/// How many are looked at to find what served before.
const PAST: u32 = 1_000;

/// An endpoint with what its page shows beside it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub endpoint: Endpoint,
    pub serving: Option<Rollout>,
    pub requested: Option<Rollout>,
    pub capture: Option<Capture>,
}

/// Puts an entry about an endpoint into the audit log.
pub(crate) async fn record(
    tx: &Tx,
    (action, by): (&str, &str),
    before: Option<&Endpoint>,
    after: &Endpoint,
    reason: Option<&str>,
) -> db::Result<()> {
    let json = |endpoint: &Endpoint| serde_json::to_value(endpoint).map_err(db::sql::unknown);
    let resource = after.resource();
    let mut entry = Entry::new(after.changed_at, by, action, format!("{}/{}", resource.kind, resource.id));
    entry.before = before.map(json).transpose()?;
    entry.after = Some(json(after)?);
    entry.reason = reason.map(str::to_owned);
    audit::insert(tx, &entry).await
}

/// Begins to roll a version of a model out. Asked again while it is on its way, or once it is what serves, it is the same rollout.
/// Whoever calls has decided that `by` may.
///
/// # Errors
/// An environment, a name or a signature that is none, an endpoint of another project, [`Error::Moving`].
pub async fn deploy(cx: &Context, tx: &Tx, deployment: &Deployment, by: &PersonId) -> Result<RolloutId> {
    deployment.signature.check()?;
    let bad = || Error::Environment(deployment.environment.clone());
    let environment = environments::find(tx, &deployment.environment).await?.ok_or_else(bad)?;
    if environment.project != deployment.project {
        return Err(bad());
    }
    let now = cx.clock.now();
    let fresh = Endpoint::new(deployment, environment.team, now)?;
    let endpoint = match tx.lock_endpoint(&fresh.id).await? {
        Some(found) if found.project != deployment.project => return Err(Error::Taken(found.id, found.project)),
        Some(found) => found,
        None => {
            tx.insert_endpoint(&fresh).await.map_err(|error| match error {
                // Somebody made it meanwhile: from the start, with theirs.
                db::Error::Taken => db::Error::Stale,
                other => other,
            })?;
            fresh
        }
    };
    let open = tx.list_rollouts_of(&endpoint.id, HISTORY).await?;
    let same = |rollout: &&Rollout| {
        rollout.candidate == deployment.candidate
            && rollout.onnx == deployment.onnx
            && rollout.version == deployment.version
    };
    if let Some(moving) = open.iter().find(|rollout| rollout.state.is_moving()) {
        if same(&moving) {
            return Ok(moving.id.clone());
        }
        return Err(Error::Moving(endpoint.id, moving.id.clone()));
    }
    let serving = open.iter().find(|rollout| rollout.state == RolloutState::Serving);
    if let Some(serving) = serving.filter(same)
        && endpoint.requested.as_ref() == Some(&serving.id)
    {
        return Ok(serving.id.clone());
    }
    let rollout = Rollout {
        id: RolloutId(cx.ids.next("ro")),
        endpoint: endpoint.id.clone(),
        candidate: deployment.candidate,
        model: deployment.model.clone(),
        version: deployment.version,
        onnx: deployment.onnx,
        signature: deployment.signature.clone(),
        datasets: deployment.datasets.clone(),
        state: RolloutState::Created,
        reason: None,
        back_to: None,
        started_by: by.clone(),
        created_at: now,
        changed_at: now,
        served_at: None,
        revision: 0,
    };
    begin(tx, &endpoint, rollout, ("DeployModel", by), None, now).await
}

async fn begin(
    tx: &Tx,
    endpoint: &Endpoint,
    rollout: Rollout,
    (action, by): (&str, &PersonId),
    reason: Option<&str>,
    now: Timestamp,
) -> Result<RolloutId> {
    tx.insert_rollout(&rollout).await.map_err(|error| match error {
        db::Error::Taken => db::Error::Stale,
        other => other,
    })?;
    let after = tx.save_endpoint(endpoint.request(&rollout.id, now)).await?;
    record(tx, (action, &format!("person:{by}")), Some(endpoint), &after, reason).await?;
    Ok(rollout.id)
}

async fn locked(tx: &Tx, id: &str) -> Result<Endpoint> {
    tx.lock_endpoint(id).await?.ok_or_else(|| Error::NotFound(id.to_owned()))
}

/// Begins to bring back what served before: a rollout of its own, with the content of that one. Asked again by the same person for the
/// same reason while that is on its way or serves, it is the same rollout.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NothingBefore`], [`Error::Moving`], [`Error::NoReason`].
pub async fn rollback(cx: &Context, tx: &Tx, endpoint: &str, reason: &str, by: &PersonId) -> Result<RolloutId> {
    if reason.trim().is_empty() {
        return Err(Error::NoReason);
    }
    let (endpoint, now) = (locked(tx, endpoint).await?, cx.clock.now());
    let known = tx.list_rollouts_of(&endpoint.id, PAST).await?;
    if let Some(same) = known.iter().find(|rollout| rollout.is_rollback_asked_by(by, reason)) {
        return Ok(same.id.clone());
    }
    if let Some(moving) = known.iter().find(|rollout| rollout.state.is_moving()) {
        return Err(Error::Moving(endpoint.id, moving.id.clone()));
    }
    let before = rollouts::before(&known).ok_or_else(|| Error::NothingBefore(endpoint.id.clone()))?;
    let rollout = Rollout {
        id: RolloutId(cx.ids.next("ro")),
        state: RolloutState::Created,
        reason: Some(rollouts::kept(reason)),
        back_to: Some(before.id.clone()),
        started_by: by.clone(),
        created_at: now,
        changed_at: now,
        served_at: None,
        revision: 0,
        ..before.clone()
    };
    begin(tx, &endpoint, rollout, ("RollBackModel", by), Some(reason), now).await
}

/// Ends a rollout that is on its way; what serves stays.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Rollout`] where it has ended.
pub async fn cancel(cx: &Context, tx: &Tx, id: &RolloutId, reason: &str, by: &PersonId) -> Result<()> {
    let absent = || Error::NotFound(id.0.clone());
    let found = tx.find_rollout(id).await?.ok_or_else(absent)?;
    let endpoint = locked(tx, &found.endpoint).await?;
    let rollout = tx.lock_rollout(id).await?.ok_or_else(absent)?;
    end_failed(tx, &endpoint, &rollout, reason, &format!("person:{by}"), cx.clock.now()).await
}

/// Says that a rollout failed, and tells whoever waits for it.
pub(crate) async fn end_failed(
    tx: &Tx,
    endpoint: &Endpoint,
    rollout: &Rollout,
    reason: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    tx.save_rollout(rollout.fail(reason, now)?).await?;
    let after = tx.save_endpoint(endpoint.failed(&rollout.id, reason, now)).await?;
    record(tx, ("FailRollout", by), Some(endpoint), &after, Some(reason)).await?;
    publish(tx, &after, rollout, "failed", Some(reason), now).await?;
    Ok(())
}

/// Tells whoever waits how a rollout ended.
pub(crate) async fn publish(
    tx: &Tx,
    endpoint: &Endpoint,
    rollout: &Rollout,
    outcome: &str,
    reason: Option<&str>,
    now: Timestamp,
) -> db::Result<()> {
    tx.publish(RolloutEnded {
        rollout: rollout.id.0.clone(),
        endpoint: endpoint.id.clone(),
        environment: endpoint.environment.clone(),
        candidate: rollout.candidate,
        outcome: outcome.to_owned(),
        reason: reason.map(str::to_owned),
        at: now,
    })
    .await
}

/// Stops an endpoint: callers get `model suspended` within a second. Stopping it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NoReason`], [`Error::State`].
pub async fn stop(cx: &Context, tx: &Tx, endpoint: &str, reason: &str, by: &PersonId) -> Result<()> {
    let before = locked(tx, endpoint).await?;
    let after = before.stop(reason, by, cx.clock.now())?;
    if after == before {
        return Ok(());
    }
    let after = tx.save_endpoint(after).await?;
    Ok(record(tx, ("StopEndpoint", &format!("person:{by}")), Some(&before), &after, Some(reason)).await?)
}

/// Lets a stopped endpoint answer again. Starting it again changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn start(cx: &Context, tx: &Tx, endpoint: &str, by: &PersonId) -> Result<()> {
    let before = locked(tx, endpoint).await?;
    let after = before.start(cx.clock.now());
    if after == before {
        return Ok(());
    }
    let after = tx.save_endpoint(after).await?;
    Ok(record(tx, ("StartEndpoint", &format!("person:{by}")), Some(&before), &after, None).await?)
}

/// Takes away what an endpoint serves, and what is on its way. Again changes nothing.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn undeploy(cx: &Context, tx: &Tx, endpoint: &str, by: &PersonId) -> Result<()> {
    let (mut before, now, by) = (locked(tx, endpoint).await?, cx.clock.now(), format!("person:{by}"));
    for rollout in tx.list_rollouts_of(&before.id, HISTORY).await? {
        if rollout.state.is_moving() {
            end_failed(tx, &before, &rollout, "the endpoint was taken away", &by, now).await?;
            before = locked(tx, endpoint).await?;
        } else if rollout.state == RolloutState::Serving {
            tx.save_rollout(rollout.drain(now)?).await?;
        }
    }
    if before.requested.is_none() && before.serving.is_none() {
        return Ok(());
    }
    let after = tx.save_endpoint(before.clear(now)).await?;
    Ok(record(tx, ("UndeployModel", &by), Some(&before), &after, None).await?)
}

/// Returns an endpoint by the name it is called by, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find_endpoint(tx: &Tx, id: &str) -> db::Result<Option<Endpoint>> {
    tx.find_endpoint(id).await
}

/// Returns a rollout, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find_rollout(tx: &Tx, id: &RolloutId) -> db::Result<Option<Rollout>> {
    tx.find_rollout(id).await
}

/// Returns when somebody outside the project was first answered by a production endpoint of it.
///
/// # Errors
/// The store's.
pub async fn first_outside_call(tx: &Tx, project: &ProjectId) -> db::Result<Option<Timestamp>> {
    tx.first_outside(&EnvironmentId(format!("{project}/prod"))).await
}

async fn shown(tx: &Tx, endpoint: Endpoint) -> db::Result<Shown> {
    let serving = match &endpoint.serving {
        Some(id) => tx.find_rollout(id).await?,
        None => None,
    };
    let requested = match &endpoint.requested {
        Some(id) => tx.find_rollout(id).await?,
        None => None,
    };
    let capture = tx.find_capture(&endpoint.id).await?;
    Ok(Shown { endpoint, serving, requested, capture })
}

/// Returns an endpoint that the caller may see.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn get(cx: &Context, permit: &Permit<ReadEndpoint>, id: &str) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_endpoint(id).await?;
            let (endpoint, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.to_owned()))?;
            Ok(shown(&tx, endpoint).await?)
        })
        .await
}

/// Returns a page of the endpoints that the caller may see, by name.
///
/// # Errors
/// The store's.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadEndpoint>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Shown>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let rows = Page::of(tx.list_endpoints(&visible, after, limit + 1).await?, limit, |row| row.id.clone());
            let mut items = Vec::new();
            for endpoint in rows.items {
                items.push(shown(&tx, endpoint).await?);
            }
            Ok(Page { items, next_cursor: rows.next_cursor, total: None })
        })
        .await
}

/// Returns up to `most` rollouts of a candidate, the oldest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn rollouts_of_candidate(tx: &Tx, candidate: &base::Digest, most: u32) -> db::Result<Vec<Rollout>> {
    tx.list_rollouts_for(candidate, most).await
}

/// Returns up to `most` rollouts of an endpoint, the newest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn rollouts_of_endpoint(tx: &Tx, endpoint: &str, most: u32) -> db::Result<Vec<Rollout>> {
    tx.list_rollouts_of(endpoint, most).await
}
