use super::error::{Error, Result};
use super::store::EnvironmentStore;
use super::{Environment, InstanceState, ReadEnvironment};
use crate::Context;
use access::Permit;
use access::audit::{self, Entry};
use base::{EnvironmentId, ProjectId, RunId, Securable, TeamId};
use db::Tx;
use web::Page;

/// Who sets environments up, in the audit log: no person.
const PROVISIONER: &str = "provisioner";

/// Adds the environments `names` to a project, as `provisioning`; those that are there stay as they are.
///
/// # Errors
/// A name that is none.
pub async fn provision(
    cx: &Context,
    tx: &Tx,
    project: &ProjectId,
    names: &[&str],
    team: Option<&TeamId>,
) -> Result<()> {
    let now = cx.clock.now();
    base::plain_name(project.as_str())?;
    for name in names {
        let id = EnvironmentId(format!("{project}/{}", base::plain_name(name)?));
        if tx.find_environment(&id).await?.is_some() {
            continue;
        }
        let environment = Environment {
            id,
            project: project.clone(),
            name: (*name).to_owned(),
            team: team.cloned(),
            state: InstanceState::Provisioning,
            engine: "local".to_owned(),
            isolation: cx.python.isolation().to_owned(),
            smoke_run: None,
            reason: None,
            created_at: now,
            changed_at: now,
            revision: 0,
        };
        tx.insert_environment(&environment).await?;
        record(tx, "ProvisionEnvironment", None, &environment).await?;
    }
    Ok(())
}

async fn record(tx: &Tx, action: &str, before: Option<&Environment>, after: &Environment) -> db::Result<()> {
    let json = |environment: &Environment| serde_json::to_value(environment).map_err(db::sql::unknown);
    let resource = after.resource();
    let mut entry = Entry::new(after.changed_at, PROVISIONER, action, format!("{}/{}", resource.kind, resource.id));
    entry.before = before.map(json).transpose()?;
    entry.after = Some(json(after)?);
    entry.reason.clone_from(&after.reason);
    audit::insert(tx, &entry).await
}

/// Says that `smoke_run` showed that environment `id` works. The same run again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotPossible`].
pub async fn set_available(cx: &Context, tx: &Tx, id: &EnvironmentId, smoke_run: &RunId) -> Result<Environment> {
    let environment = tx.lock_environment(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    if environment.state == InstanceState::Available && environment.smoke_run.as_ref() == Some(smoke_run) {
        return Ok(environment);
    }
    let saved = tx.save_environment(environment.set_available(smoke_run, cx.clock.now())?).await?;
    record(tx, "SetEnvironmentAvailable", Some(&environment), &saved).await?;
    Ok(saved)
}

/// Says why environment `id` could not be set up. The same reason again changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotPossible`].
pub async fn set_error(cx: &Context, tx: &Tx, id: &EnvironmentId, reason: &str) -> Result<Environment> {
    let environment = tx.lock_environment(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    if environment.state == InstanceState::Error && environment.reason.as_deref() == Some(reason) {
        return Ok(environment);
    }
    let saved = tx.save_environment(environment.set_error(reason, cx.clock.now())?).await?;
    record(tx, "SetEnvironmentError", Some(&environment), &saved).await?;
    Ok(saved)
}

/// Begins to set environment `id` up anew after a failure; one that is being set up stays as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotPossible`].
pub async fn retry(cx: &Context, tx: &Tx, id: &EnvironmentId) -> Result<Environment> {
    let environment = tx.lock_environment(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    if environment.state == InstanceState::Provisioning {
        return Ok(environment);
    }
    let saved = tx.save_environment(environment.retry(cx.clock.now())?).await?;
    record(tx, "RetryEnvironment", Some(&environment), &saved).await?;
    Ok(saved)
}

/// Returns environment `id`, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, id: &EnvironmentId) -> db::Result<Option<Environment>> {
    tx.find_environment(id).await
}

/// Returns the environments of a project in the order of the route to live, whoever asks.
///
/// # Errors
/// The store's.
pub async fn list_of(tx: &Tx, project: &ProjectId) -> db::Result<Vec<Environment>> {
    tx.list_environments_of(project).await
}

/// Returns environment `id`.
///
/// # Errors
/// [`Error::NotFound`].
pub(super) async fn get(cx: &Context, permit: &Permit<ReadEnvironment>, id: &EnvironmentId) -> Result<Environment> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_environment(id).await?;
            let seen = permit.on(&tx, found).await?;
            seen.map(|(environment, _)| environment).ok_or_else(|| Error::NotFound(id.clone()))
        })
        .await
}

/// Returns a page of the environments that the caller may see, by id.
///
/// # Errors
/// The store's.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadEnvironment>,
    project: Option<&ProjectId>,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Environment>> {
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let rows = tx.list_environments(&visible, project, after, limit + 1).await?;
            Ok(Page::of(rows, limit, |environment| environment.id.clone()))
        })
        .await
}
