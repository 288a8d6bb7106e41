//! How requests on a lake, a schema or a dataset are decided: how many approvals, how soon, for how long. The nearest
//! counts: a dataset's own, else its schema's, else its lake's. A steward may tighten it; only
//! data protection may loosen it, since otherwise one steward could undo that there are two.
use super::error::{Error, Result};
use super::store::RequestStore;
use super::{LoosenAccessPolicy, Policy, ReadAccessPolicy, SetAccessPolicy};
use crate::lakes::plain_part;
use crate::lakes::store::LakeStore;
use crate::{Context, datasets};
use access::http::Permit;
use base::{DatasetId, LakeId, Resource, Securable};
use serde::{Deserialize, Serialize};

/// How requests on a dataset are to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccessPolicy {
    /// Approvals that a request needs, each by another person: 1 to 5.
    pub approvals_needed: i64,
    /// Days after which a submitted request ends unanswered: 1 to 365.
    pub answer_days: i64,
    /// Days that a grant may last at most: 1 to 3,660.
    pub longest_days: i64,
}

/// How requests on a dataset are decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AccessPolicyView {
    /// The dataset, or the lake or schema above it.
    pub dataset: String,
    pub approvals_needed: i64,
    pub answer_days: i64,
    pub longest_days: i64,
}

/// The policy of one dataset, as access decides on it.
#[derive(Clone, Debug, Serialize)]
struct PolicyOf {
    #[serde(skip)]
    resource: Resource,
    policy: Policy,
}

impl Securable for PolicyOf {
    fn resource(&self) -> Resource {
        self.resource.clone()
    }
}

impl Policy {
    /// Returns whether nothing is easier than under `other`.
    pub fn is_as_tight_as(&self, other: &Self) -> bool {
        self.approvals_needed >= other.approvals_needed && self.longest_days <= other.longest_days
    }
}

impl NewAccessPolicy {
    fn policy(self) -> Result<Policy> {
        let within = |field, value: i64, most: i64| {
            if (1..=most).contains(&value) { Ok(value) } else { Err(Error::PolicyBounds { field, value, most }) }
        };
        Ok(Policy {
            approvals_needed: within("approvals_needed", self.approvals_needed, 5)?,
            answer_days: within("answer_days", self.answer_days, 365)?,
            longest_days: within("longest_days", self.longest_days, 3_660)?,
        })
    }
}

fn view(dataset: &DatasetId, policy: Policy) -> AccessPolicyView {
    let Policy { approvals_needed, answer_days, longest_days } = policy;
    AccessPolicyView { dataset: dataset.0.clone(), approvals_needed, answer_days, longest_days }
}

/// Finds the policy of `lake`, `lake.schema` or `lake.schema.table`.
async fn find(tx: &db::Tx, object: &DatasetId) -> Result<Option<PolicyOf>> {
    let parts: Vec<&str> = object.as_str().split('.').collect();
    let found = match parts.as_slice() {
        [lake] | [lake, _] => tx.find_lake(&LakeId((*lake).to_owned())).await?.map(|lake| lake.resource()),
        _ => datasets::find(tx, object).await?.map(|dataset| dataset.resource()),
    };
    let Some(found) = found.filter(|_| parts.iter().skip(1).all(|part| plain_part(part))) else { return Ok(None) };
    let (id, scope) = (object.0.clone(), super::scope_of(object.as_str()));
    let resource = Resource { kind: "access_policy", id, scope, ..found };
    Ok(Some(PolicyOf { resource, policy: tx.find_policy(object.as_str()).await? }))
}

/// Returns how requests on `dataset` are decided.
pub async fn get(cx: &Context, permit: &Permit<ReadAccessPolicy>, dataset: &DatasetId) -> Result<AccessPolicyView> {
    cx.db
        .read(|tx| async move {
            let found = find(&tx, dataset).await?;
            let (found, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NoDataset(dataset.clone()))?;
            Ok(view(dataset, found.policy))
        })
        .await
}

/// Sets how requests on `dataset` are decided.
pub async fn set(
    cx: &Context,
    permit: &Permit<SetAccessPolicy>,
    dataset: &DatasetId,
    new: &NewAccessPolicy,
) -> Result<AccessPolicyView> {
    let policy = new.policy()?;
    cx.db
        .write(|tx| async move {
            let found = find(&tx, dataset).await?;
            let (before, right) = permit.on(&tx, found).await?.ok_or_else(|| Error::NoDataset(dataset.clone()))?;
            if before.policy == policy {
                return Ok(view(dataset, policy));
            }
            let loosens = !policy.is_as_tight_as(&before.policy);
            if loosens && permit.can::<LoosenAccessPolicy>(&tx, &before.resource).await?.is_none() {
                return Err(Error::Loosens(dataset.clone()));
            }
            let now = cx.clock.now();
            tx.save_policy(dataset.as_str(), &policy, &right.holder, now).await?;
            let after = PolicyOf { policy, ..before.clone() };
            permit.record(&tx, Some(&before), &after, now).await?;
            Ok(view(dataset, policy))
        })
        .await
}
