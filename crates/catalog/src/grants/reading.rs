//! Whether somebody may read now, and under which grant: the one question that every read asks.
use super::{ColumnTerm, Grant, GrantStanding, RowFilter, Use};
use crate::requests::RequestKind;
use base::{Fault, GrantId, Kind, Period, Principal, PurposeId, Timestamp};
use std::collections::BTreeMap;

/// What somebody wants to do now.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Whom the caller may act as: themselves and their groups, or an environment.
    pub principals: &'a [Principal],
    /// To read or to write.
    pub kind: RequestKind,
    /// `lake.schema.table`, or `lake.schema` to write.
    pub object: &'a str,
    /// The use that they state.
    pub stated_use: Use,
    /// The purpose that they state.
    pub purpose: &'a PurposeId,
    /// The grant that they name; needed where several fit.
    pub grant: Option<&'a GrantId>,
    /// The moment.
    pub now: Timestamp,
}

/// What may be read, and under which grant. Never more than one grant gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub grant: GrantId,
    pub principal: Principal,
    pub purpose: PurposeId,
    pub stated_use: Use,
    /// The columns; those that are absent are left out. [`ColumnTerm::Check`] is for the platform's check alone.
    pub columns: BTreeMap<String, ColumnTerm>,
    pub row_filter: RowFilter,
    /// It ends here at the latest; see `grants_revision` for earlier ends.
    pub period: Period,
}

/// Why a read is not allowed. It speaks of grants that the caller holds, never of whether the object exists.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("you hold no grant for `{0}`")]
    None(String),
    #[error("grant `{grant}` for `{object}` {why}")]
    NotNow { object: String, grant: GrantId, why: String, instead: String },
    #[error("no grant that you hold for `{object}` is for purpose `{purpose}`")]
    Purpose { object: String, purpose: PurposeId, held: Vec<PurposeId> },
    #[error("no grant that you hold for `{object}` is for `{stated}`")]
    Use { object: String, stated: Use, held: Vec<Use> },
    #[error("grant `{grant}` is not one that you hold for `{object}`")]
    Named { object: String, grant: GrantId },
    #[error("{} grants for `{object}` fit: {}", .fit.len(), list(.fit))]
    Several { object: String, fit: Vec<GrantId> },
    #[error("`{0}` is missing: the last crawl of its lake did not find it, or it was retired")]
    NotActive(String),
}

fn list(grants: &[GrantId]) -> String {
    let quoted: Vec<_> = grants.iter().map(|grant| format!("`{grant}`")).collect();
    quoted.join(", ")
}

impl Fault for NotAllowed {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::None(_) | Self::Named { .. } => (Kind::Forbidden, "catalog.no_grant"),
            Self::NotNow { .. } => (Kind::Forbidden, "catalog.grant_not_in_force"),
            Self::Purpose { .. } | Self::Use { .. } => (Kind::Forbidden, "catalog.grant_does_not_fit"),
            Self::Several { .. } => (Kind::Conflict, "catalog.several_grants"),
            Self::NotActive(_) => (Kind::Conflict, "catalog.dataset_not_active"),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::None(object) => format!("ask for access to `{object}` with a purpose"),
            Self::NotNow { instead, .. } => instead.clone(),
            Self::Purpose { held, .. } => format!("yours are for: {}", words(held)),
            Self::Use { held, .. } => format!("yours are for: {}", words(held)),
            Self::Named { .. } => "name one of yours, or none".into(),
            Self::Several { .. } => "name the one to read under; they are never added up".into(),
            Self::NotActive(_) => "once a crawl of its lake finds it again, this works".into(),
        })
    }

    fn about(&self) -> Option<String> {
        let object = match self {
            Self::None(object) | Self::NotActive(object) => object,
            Self::NotNow { object, .. }
            | Self::Purpose { object, .. }
            | Self::Use { object, .. }
            | Self::Named { object, .. }
            | Self::Several { object, .. } => object,
        };
        // Of a schema the path says which dataset of it was meant.
        (object.split('.').count() > 2).then(|| format!("dataset/{object}"))
    }
}

fn words(held: &[impl ToString]) -> String {
    let held: Vec<_> = held.iter().map(|word| format!("`{}`", word.to_string())).collect();
    held.join(", ")
}

impl Reading<'_> {
    /// Picks the one of `held` that allows this, or says what stands in the way. `held`: grants of these principals for
    /// this object and kind, in any state.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn pick(&self, held: &[Grant]) -> Result<Allowed, NotAllowed> {
        let object = || self.object.to_owned();
        let mut held: Vec<&Grant> = held.iter().filter(|grant| self.is_for(grant)).collect();
        if held.is_empty() {
            return Err(NotAllowed::None(object()));
        }
        if let Some(named) = self.grant {
            held.retain(|grant| grant.id == *named);
            if held.is_empty() {
                return Err(NotAllowed::Named { object: object(), grant: named.clone() });
            }
        }
        let of_purpose: Vec<&Grant> = held.iter().copied().filter(|grant| grant.purpose == *self.purpose).collect();
        if of_purpose.is_empty() {
            let purposes = unique(self.in_force(&held).iter().map(|grant| grant.purpose.clone()));
            return Err(NotAllowed::Purpose { object: object(), purpose: self.purpose.clone(), held: purposes });
        }
        let of_use: Vec<&Grant> =
            of_purpose.iter().copied().filter(|grant| grant.uses.contains(&self.stated_use)).collect();
        if of_use.is_empty() {
            let uses = unique(self.in_force(&of_purpose).iter().flat_map(|grant| grant.uses.iter().copied()));
            return Err(NotAllowed::Use { object: object(), stated: self.stated_use, held: uses });
        }
        let fit: Vec<&Grant> = of_use.iter().copied().filter(|grant| grant.permits(self.now)).collect();
        match fit.as_slice() {
            [grant] => Ok(self.allowed(grant)),
            [] => Err(self.not_now(&of_use)),
            several => {
                let fit = several.iter().map(|grant| grant.id.clone()).collect();
                Err(NotAllowed::Several { object: object(), fit })
            }
        }
    }

    /// Returns those that allow something now, to name what the caller may choose; all of them where none does.
    fn in_force<'g>(&self, grants: &[&'g Grant]) -> Vec<&'g Grant> {
        let now: Vec<&Grant> = grants.iter().copied().filter(|grant| grant.permits(self.now)).collect();
        if now.is_empty() { grants.to_vec() } else { now }
    }

    fn is_for(&self, grant: &Grant) -> bool {
        grant.kind == self.kind && grant.object == self.object && self.principals.contains(&grant.principal)
    }

    fn allowed(&self, grant: &Grant) -> Allowed {
        Allowed {
            grant: grant.id.clone(),
            principal: grant.principal.clone(),
            purpose: grant.purpose.clone(),
            stated_use: self.stated_use,
            columns: grant.columns.clone(),
            row_filter: grant.row_filter.clone(),
            period: grant.period,
        }
    }

    /// Names the grant that is nearest to working: suspended or scheduled before ended, the newest of each.
    fn not_now(&self, grants: &[&Grant]) -> NotAllowed {
        let order = |grant: &&&Grant| match grant.standing(self.now) {
            GrantStanding::Scheduled | GrantStanding::Suspended | GrantStanding::Active => (1, grant.created_at),
            GrantStanding::Expired | GrantStanding::Revoked => (0, grant.created_at),
        };
        let Some(grant) = grants.iter().max_by_key(order) else { return NotAllowed::None(self.object.to_owned()) };
        let reason = grant.ended.as_ref().map(|ended| format!(": {}", ended.reason)).unwrap_or_default();
        let again = format!("ask for access to `{}` again", self.object);
        let (why, instead) = match grant.standing(self.now) {
            GrantStanding::Scheduled | GrantStanding::Active => {
                (format!("starts at {}", grant.period.starts_at()), "read once it has started".to_owned())
            }
            GrantStanding::Expired => (format!("ended at {}", grant.period.expires_at()), again),
            GrantStanding::Suspended => {
                (format!("is suspended{reason}"), format!("a {} can let it go on", grant.decided_by()))
            }
            GrantStanding::Revoked => (format!("was revoked{reason}"), again),
        };
        NotAllowed::NotNow { object: self.object.to_owned(), grant: grant.id.clone(), why, instead }
    }
}

fn unique<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}
