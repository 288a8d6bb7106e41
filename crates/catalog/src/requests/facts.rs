//! What a decision needs to know from elsewhere, and what it has to have seen.
use super::{Approval, ColumnFamily, Error};
use crate::grants::Scope;
use crate::sensitivity::Level;
use crate::sides::Side;
use access::Right;
use base::{PersonId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What a decision needs to know from elsewhere, read in the same transaction.
#[derive(Clone, Debug)]
pub struct Facts {
    pub now: Timestamp,
    pub right: Right,
    /// On which side the decider is.
    pub side: Side,
    pub object_active: bool,
    /// The dataset's columns, to refuse a token where there can be none.
    pub columns: Option<BTreeMap<String, ColumnFamily>>,
    /// The levels of the dataset's columns now.
    pub levels: BTreeMap<String, Level>,
    /// How many approvals policy asks for now.
    pub approvals_needed: i64,
    /// Those who approved this submission and have lost the right meanwhile; their approvals no longer count.
    pub void: BTreeSet<PersonId>,
}

impl Facts {
    /// Checks that the decider was shown the level of every column that the grant would have, as it is now.
    ///
    /// # Errors
    /// [`Error::LevelChanged`], [`Error::LevelNotShown`].
    pub(super) fn check_levels(&self, granted: &Scope, shown: &BTreeMap<String, Level>) -> Result<(), Error> {
        for (column, shown) in shown {
            match self.levels.get(column) {
                Some(now) if now == shown => {}
                now => return Err(Error::LevelChanged { column: column.clone(), shown: *shown, now: now.copied() }),
            }
        }
        match granted.columns.keys().find(|column| !shown.contains_key(*column)) {
            Some(column) => Err(Error::LevelNotShown { column: column.clone(), now: self.levels.get(column).copied() }),
            None => Ok(()),
        }
    }

    /// Checks that no level has risen since an earlier approval that counts was shown it.
    ///
    /// # Errors
    /// [`Error::LevelRaised`].
    pub(super) fn check_earlier(&self, granted: &Scope, earlier: &[Approval]) -> Result<(), Error> {
        for approval in earlier.iter().filter(|approval| !self.void.contains(&approval.by)) {
            for column in granted.columns.keys() {
                if let (Some(shown), Some(now)) = (approval.levels.get(column), self.levels.get(column))
                    && now > shown
                {
                    let (column, by) = (column.clone(), approval.by.clone());
                    return Err(Error::LevelRaised { column, by, shown: *shown, now: *now });
                }
            }
        }
        Ok(())
    }
}
