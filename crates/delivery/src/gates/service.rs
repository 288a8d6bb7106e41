use super::store::PolicyStore;
use super::{EditGate, GatePolicy, NewGatePolicy, ReadGatePolicy};
use crate::Context;
use crate::promotions::{Error, Result, environment_of, project_of};
use access::{Permit, Role};
use base::{EnvironmentId, ProjectId, Securable};
use db::Tx;

/// Returns the policy of an environment that is in force, whoever asks. Joins the transaction.
pub(crate) async fn in_force(tx: &Tx, project: &projects::Project, environment: &str) -> db::Result<GatePolicy> {
    let found = tx.find_policy(&project.id, environment).await?;
    let team = Some(project.team.clone());
    Ok(found.map_or_else(|| GatePolicy::usual(project, environment), |policy| GatePolicy { team, ..policy }))
}

/// Returns the versions in force of the policies of these environments. Joins the transaction.
pub(crate) async fn versions_in_force(
    tx: &Tx,
    project: &projects::Project,
    environments: &[&str],
) -> db::Result<Vec<i64>> {
    let mut versions = Vec::new();
    for environment in environments {
        versions.push(in_force(tx, project, environment).await?.version);
    }
    Ok(versions)
}

/// Returns the policies in force of a project, with whether the caller may change each.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadGatePolicy>,
    project: &ProjectId,
) -> Result<Vec<(GatePolicy, bool)>> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let held = permit.held(&tx).await?;
            let mut found = Vec::new();
            for environment in crate::promotions::ENVIRONMENTS {
                let policy = in_force(&tx, &project, environment).await?;
                let may_edit = held.can::<EditGate>(&policy.resource()).is_some();
                found.push((policy, may_edit));
            }
            Ok(found)
        })
        .await
}

/// Puts other terms in force. Approvals that were given under the version before count no more.
pub(super) async fn edit(
    cx: &Context,
    permit: &Permit<EditGate>,
    project: &ProjectId,
    environment: &str,
    new: &NewGatePolicy,
) -> Result<GatePolicy> {
    let environment = environment_of(environment)?;
    cx.db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let found = projects::find(&tx, project).await?;
            let usual = found.as_ref().map(|project| GatePolicy::usual(project, environment));
            let absent = || Error::ProjectNotFound(crate::shown(project.as_str(), 63));
            let (usual, _) = permit.on(&tx, usual).await?.ok_or_else(absent)?;
            let made = tx.lock_policy(project, environment).await?;
            let team = usual.team.clone();
            let before = made.clone().map_or(usual, |policy| GatePolicy { team, ..policy });
            if let Some(seen) = new.version
                && seen != before.version
                && before.terms != new.terms()
            {
                return Err(Error::PolicyMoved { environment: environment.to_owned(), version: before.version });
            }
            let now = cx.clock.now();
            let Some((replaced, fresh)) = before.replace(new.terms(), by, now)? else { return Ok(before) };
            if let Some(loosened) = before.terms.loosened_by(&fresh.terms) {
                let validators = access::holders(&tx, Role::ModelValidator, &before.resource()).await?;
                if !validators.iter().any(|right| right.holder == *by) {
                    return Err(Error::Loosens(loosened));
                }
            }
            if made.is_some() {
                tx.replace_policy(&replaced).await?;
            }
            tx.insert_policy(&fresh).await.map_err(|error| match error {
                db::Error::Taken => db::Error::Stale, // by a call at the same time
                other => other,
            })?;
            permit.record(&tx, Some(&before), &fresh, now).await?;
            if environment == crate::promotions::PROD {
                let place = EnvironmentId(format!("{project}/{environment}"));
                let limits = (fresh.version, fresh.terms.tolerances.as_slice(), &*fresh.terms.excused());
                monitoring::retune(&cx.monitoring, &tx, &place, limits).await?;
            }
            Ok(fresh)
        })
        .await
}

/// Returns every version of the policy of an environment, the one that held from the beginning first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn versions_of(tx: &Tx, project: &projects::Project, environment: &str) -> db::Result<Vec<GatePolicy>> {
    let mut found = vec![GatePolicy::usual(project, environment)];
    found.extend(tx.list_policies(&project.id, environment).await?.into_iter().filter(|policy| policy.version > 0));
    Ok(found)
}
