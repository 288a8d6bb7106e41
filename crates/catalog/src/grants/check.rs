//! What other contexts ask of grants, in their own transaction: whether somebody may read, and whether that still holds.
use super::store::GrantStore;
use super::{Allowed, ColumnTerm, Grant, NotAllowed, Reading};
use crate::datasets;
use crate::requests::RequestKind;
use base::{DatasetId, GrantId, Principal, ProjectId, PurposeId, Timestamp};
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the one grant under which `reading` is allowed now, or why there is none. Checked at every read: an answer
/// holds until `Allowed::period` ends or [`grants_revision`] grows, whichever comes first.
///
/// # Errors
/// The store's; that it is not allowed is an answer.
pub async fn grant_for(tx: &Tx, reading: &Reading<'_>) -> db::Result<Result<Allowed, NotAllowed>> {
    let held = tx.list_held(reading.principals, reading.kind, reading.object).await?;
    let allowed = match reading.pick(&held) {
        Ok(allowed) => allowed,
        Err(why) => return Ok(Err(why)),
    };
    // After the grant: somebody without one learns nothing about the dataset.
    if reading.kind == RequestKind::Read && !datasets::is_active(tx, reading.object).await? {
        return Ok(Err(NotAllowed::NotActive(reading.object.to_owned())));
    }
    Ok(Ok(allowed))
}

/// Returns a number that grows whenever a grant starts, stops, goes on or ends by hand.
///
/// # Errors
/// The store's.
pub async fn grants_revision(tx: &Tx) -> db::Result<i64> {
    tx.find_revision().await
}

/// Returns the first of `grants` that allows nothing any more at `now`; a running read under it has to stop.
///
/// # Errors
/// The store's.
pub async fn no_longer(tx: &Tx, grants: &[GrantId], now: Timestamp) -> db::Result<Option<GrantId>> {
    for id in grants {
        if !tx.find_grant(id).await?.is_some_and(|grant| grant.permits(now)) {
            return Ok(Some(id.clone()));
        }
    }
    Ok(None)
}

/// Returns the columns of `dataset` that some grant in force gives these principals in the clear. What may be shown of
/// values outside a read (a profile, a range) follows it.
///
/// # Errors
/// The store's.
pub async fn clear_columns(
    tx: &Tx,
    dataset: &DatasetId,
    principals: &[Principal],
    now: Timestamp,
) -> db::Result<BTreeSet<String>> {
    let held = tx.list_held(principals, RequestKind::Read, dataset.as_str()).await?;
    // A row filter hides rows, and a statistic over all rows would show them.
    let in_force = held.iter().filter(|grant| grant.permits(now) && grant.row_filter.keeps_all());
    let clear = in_force.flat_map(|grant| &grant.columns).filter(|(_, term)| **term == ColumnTerm::Clear);
    Ok(clear.map(|(column, _)| column.clone()).collect())
}

/// Returns the projects whose *dev* or *preprod* ever held a grant to read `dataset`, ended ones included: their models may have been
/// trained on it.
///
/// # Errors
/// The store's.
pub async fn projects_trained_on(tx: &Tx, dataset: &DatasetId) -> db::Result<BTreeSet<ProjectId>> {
    let environments = tx.list_environments_of(RequestKind::Read, dataset.as_str()).await?;
    let first = environments.iter().filter_map(|environment| environment.as_str().rsplit_once('/'));
    let first = first.filter(|(_, name)| matches!(*name, "dev" | "preprod"));
    Ok(first.map(|(project, _)| project.into()).collect())
}

/// Returns the widest term with which some grant in force gives these principals each column of `dataset`; where two
/// do not compare, both are listed.
///
/// # Errors
/// The store's.
pub async fn terms_of(
    tx: &Tx,
    dataset: &DatasetId,
    principals: &[Principal],
    now: Timestamp,
) -> db::Result<BTreeMap<String, Vec<ColumnTerm>>> {
    let mut terms: BTreeMap<String, Vec<ColumnTerm>> = BTreeMap::new();
    for grant in tx.list_held(principals, RequestKind::Read, dataset.as_str()).await? {
        if !grant.permits(now) {
            continue;
        }
        for (column, term) in grant.columns {
            let known = terms.entry(column).or_default();
            if !known.iter().any(|wider| term <= *wider) {
                #[expect(
                    clippy::neg_cmp_op_on_partial_ord,
                    reason = "of two masks none is the narrower one: both stay"
                )]
                known.retain(|narrower| !(*narrower <= term));
                known.push(term);
            }
        }
    }
    Ok(terms)
}

/// Returns the datasets that these principals may read now for `purpose`.
///
/// # Errors
/// The store's.
pub async fn readable_for(
    tx: &Tx,
    principals: &[Principal],
    purpose: &PurposeId,
    now: Timestamp,
) -> db::Result<BTreeSet<String>> {
    let grants = tx.list_in_force(principals, now).await?;
    let fits = grants.into_iter().filter(|grant| grant.kind == RequestKind::Read && grant.purpose == *purpose);
    Ok(fits.map(|grant| grant.object).collect())
}

/// Returns the datasets that these principals may read now.
///
/// # Errors
/// The store's.
pub async fn readable(tx: &Tx, principals: &[Principal], now: Timestamp) -> db::Result<BTreeSet<String>> {
    let grants = tx.list_in_force(principals, now).await?;
    Ok(grants.into_iter().filter(|grant| grant.kind == RequestKind::Read).map(|grant| grant.object).collect())
}

/// Returns who may call which endpoint now, by a grant: its name, and whom it was granted to.
///
/// # Errors
/// The store's.
pub async fn users(tx: &Tx, now: Timestamp, most: u32) -> db::Result<Vec<(String, Principal)>> {
    let grants = tx.list_uses(now, most.into()).await?;
    Ok(grants.into_iter().map(|grant| (grant.object, grant.principal)).collect())
}

/// Returns the grants under which `principal` may publish now, the oldest first, each with its schema: `retail.predictions`.
///
/// # Errors
/// The store's.
pub async fn writable_for(tx: &Tx, principal: &Principal, now: Timestamp) -> db::Result<Vec<Grant>> {
    let mut grants = tx.list_in_force(std::slice::from_ref(principal), now).await?;
    grants.retain(|grant| grant.kind == RequestKind::Write);
    grants.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(grants)
}
