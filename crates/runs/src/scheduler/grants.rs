//! The terms under which an environment reads a dataset now.
use base::{DatasetId, Digest, GrantId, Principal, PurposeId, Timestamp};
use catalog::grants::{self, Allowed, NotAllowed, Reading, Use};
use catalog::requests::RequestKind;
use db::Tx;
use serde_json::json;

/// What somebody may read of a dataset now, and its digest.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) allowed: Allowed,
    /// Of columns, row filter, purpose and use: another grant with the same terms has the same.
    pub(crate) digest: Digest,
}

impl Policy {
    /// Returns the grant behind it.
    pub(crate) fn grant(&self) -> &GrantId {
        &self.allowed.grant
    }

    /// Returns whether it shows at least what `other` shows.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let own = &self.allowed;
        let rows = own.row_filter.keeps_all() || own.row_filter == other.allowed.row_filter;
        rows && other.allowed.columns.iter().all(|(column, term)| {
            own.columns.get(column).is_some_and(|held| held.partial_cmp(term).is_some_and(std::cmp::Ordering::is_ge))
        })
    }
}

/// Returns what `principals` may read of `dataset` at `now`. Where no purpose is named, the one that their grants leave.
pub(crate) async fn policy_of(
    tx: &Tx,
    principals: &[Principal],
    dataset: &DatasetId,
    stated_use: Use,
    purpose: Option<&PurposeId>,
    now: Timestamp,
) -> db::Result<Result<Policy, NotAllowed>> {
    let nameless = PurposeId(String::new()); // no purpose has this id, so the answer names those that there are
    let reading = |purpose| Reading {
        principals,
        kind: RequestKind::Read,
        object: dataset.as_str(),
        stated_use,
        purpose,
        grant: None,
        now,
    };
    let mut answer = grants::grant_for(tx, &reading(purpose.unwrap_or(&nameless))).await?;
    if let (None, Err(NotAllowed::Purpose { held, .. })) = (purpose, &answer)
        && let [only] = held.as_slice()
    {
        answer = grants::grant_for(tx, &reading(&only.clone())).await?;
    }
    Ok(match answer {
        Ok(allowed) => {
            let terms = json!({
                "columns": allowed.columns, "row_filter": allowed.row_filter, "purpose": allowed.purpose, "use": allowed.stated_use,
            });
            Ok(Policy { digest: base::digest_of(&terms).map_err(db::sql::unknown)?, allowed })
        }
        Err(why) => Err(why),
    })
}
