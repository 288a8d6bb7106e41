use super::Error;
use crate::sensitivity::{Level, Sensitivity};
use base::{CrawlId, DatasetId, LakeId, ProjectId, Resource, Securable, TeamId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

base::states! {
    /// Where a dataset stands.
    DatasetState {
        Active "active" => Good "database" "Active" [lose retire],
        Missing "missing" => Bad "database-off" "Missing" [reappear retire],
        Retired "retired" => Idle "archive" "Retired" [],
    }
}

base::states! {
    /// Who may know that a dataset exists.
    Visibility {
        Listed "listed" => Idle "eye" "Listed" [hide],
        Hidden "hidden" => Idle "eye-off" "Hidden" [list],
    }
}

base::states! {
    /// How a dataset came into the catalog.
    Origin {
        Crawled "crawled" => Idle "radar" "Found by a crawl" [],
        Published "published" => Good "upload" "Published" [],
    }
}

base::states! {
    /// How a version differs from the one before.
    Change {
        First "first" => Idle "circle-plus" "First" [],
        Compatible "compatible" => Good "circle-check" "Compatible" [],
        Breaking "breaking" => Bad "alert-triangle" "Breaking" [],
    }
}

/// A dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dataset {
    pub id: DatasetId,
    pub lake: LakeId,
    pub team: TeamId,
    pub state: DatasetState,
    pub visibility: Visibility,
    pub origin: Origin,
    pub description: String,
    /// The number of the current version.
    pub version: i64,
    pub rows: i64,
    pub size_bytes: i64,
    pub files: i64,
    pub columns: i64,
    /// The highest level among its columns.
    pub level: Level,
    /// The columns that name a record, as a steward said; a project's held-out fifth is drawn by it. Empty: nobody has said.
    pub record_key: Vec<String>,
    pub found_at: Timestamp,
    /// When the current version was cut.
    pub changed_at: Timestamp,
    pub revision: i64,
}

/// The most columns that name a record.
const RECORD_KEY: usize = 8;
/// The longest description.
pub(crate) const DESCRIPTION: usize = 4_000;

/// Returns the path that roles are held for: `lake/retail/core/customers`.
pub(crate) fn scope_of(id: &DatasetId) -> String {
    format!("lake/{}", id.0.replace('.', "/"))
}

impl Securable for Dataset {
    fn resource(&self) -> Resource {
        Resource {
            kind: "dataset",
            id: self.id.0.clone(),
            scope: scope_of(&self.id),
            team: Some(self.team.clone()),
            asker: None,
            listed: self.visibility == Visibility::Listed,
        }
    }
}

impl Dataset {
    /// Returns the schema's and the table's name.
    pub fn names(&self) -> (&str, &str) {
        let mut parts = self.id.0.splitn(3, '.').skip(1);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }

    /// The last crawl did not find it.
    ///
    /// # Errors
    /// [`Error::NotPossible`] unless it is active.
    pub fn lose(&self) -> Result<Self, Error> {
        self.step("lose", DatasetState::Active, DatasetState::Missing)
    }

    /// A crawl found it again.
    ///
    /// # Errors
    /// [`Error::NotPossible`] unless it is missing.
    pub fn reappear(&self) -> Result<Self, Error> {
        self.step("reappear", DatasetState::Missing, DatasetState::Active)
    }

    /// Takes it out of use for good.
    ///
    /// # Errors
    /// [`Error::NotPossible`] if it is retired.
    pub fn retire(&self) -> Result<Self, Error> {
        self.step(
            "retire",
            if self.state == DatasetState::Missing { self.state } else { DatasetState::Active },
            DatasetState::Retired,
        )
    }

    fn step(&self, verb: &'static str, from: DatasetState, to: DatasetState) -> Result<Self, Error> {
        if self.state != from {
            return Err(Error::NotPossible { id: self.id.clone(), found: self.state, verb });
        }
        Ok(Self { state: to, ..self.clone() })
    }

    /// Says what it is.
    ///
    /// # Errors
    /// [`Error::TooLong`].
    pub fn describe(&self, description: &str) -> Result<Self, Error> {
        if description.chars().count() > DESCRIPTION {
            return Err(Error::TooLong(DESCRIPTION));
        }
        Ok(Self { description: description.trim().to_owned(), ..self.clone() })
    }

    /// Says which of its columns name a record. The columns of the key stay in the order given.
    ///
    /// # Errors
    /// [`Error::NoColumn`] for one that it does not have; [`Error::RecordKey`] for one named twice, or too many; [`Error::RecordKeyInUse`] where
    /// another is named already and projects may have trained on what it leaves them.
    pub fn name_records_by(
        &self,
        key: &[String],
        columns: &[Column],
        trained: &BTreeSet<ProjectId>,
    ) -> Result<Self, Error> {
        if self.record_key == key {
            return Ok(self.clone());
        }
        if let (false, Some(project)) = (self.record_key.is_empty(), trained.first()) {
            return Err(Error::RecordKeyInUse(self.id.clone(), project.clone()));
        }
        for (position, name) in key.iter().enumerate() {
            if !columns.iter().any(|column| column.name == *name && column.present) {
                return Err(Error::NoColumn(self.id.clone(), crate::lakes::shown(name)));
            }
            if key[..position].contains(name) || position >= RECORD_KEY {
                return Err(Error::RecordKey(self.id.clone()));
            }
        }
        Ok(Self { record_key: key.to_vec(), ..self.clone() })
    }

    /// Lists it for everyone, or hides it from all but its stewards and those who hold a grant.
    #[must_use]
    pub fn show_to(&self, visibility: Visibility) -> Self {
        Self { visibility, ..self.clone() }
    }
}

/// A column of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub position: i64,
    /// Arrow's name of the type.
    pub data_type: String,
    pub nullable: bool,
    /// Whether its values stand in the names of folders.
    pub partition: bool,
    /// False for one that the current version no longer has: what people said of it is kept for its return.
    pub present: bool,
    pub description: String,
    pub sensitivity: Sensitivity,
}

/// What a version was made from, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The datasets, each with the version that was read.
    pub inputs: Vec<(DatasetId, i64)>,
    /// `endpoint/prod.credit`, `attempt/a-7`; nothing where a person sent it.
    pub by: Option<String>,
}

/// An immutable version of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub dataset: DatasetId,
    pub number: i64,
    pub crawl: Option<CrawlId>,
    pub published_by: Option<String>,
    /// What a published one was made from and by, as far as that is known.
    pub lineage: Lineage,
    pub cut_at: Timestamp,
    pub change: Change,
    pub summary: String,
    /// Of schema and files with size and time of change.
    pub digest: String,
    pub rows: i64,
    pub size_bytes: i64,
    pub files: i64,
}

#[cfg(test)]
mod tests {
    use super::super::tests::dataset;
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;

    const VERBS: [(&str, fn(&Dataset) -> Result<Dataset, Error>); 3] =
        [("lose", Dataset::lose), ("reappear", Dataset::reappear), ("retire", Dataset::retire)];

    #[test]
    fn every_verb_from_every_state() {
        let mut table = String::new();
        for &state in DatasetState::ALL {
            let fits = |(verb, step): &(&str, fn(&Dataset) -> Result<Dataset, Error>)| {
                let next = step(&dataset(state)).ok()?;
                assert!(state.possible().contains(verb), "{verb} from {state}");
                Some(format!("{verb} → {}", next.state))
            };
            let steps: Vec<String> = VERBS.iter().filter_map(fits).collect();
            table += &format!("{state}: {}\n", if steps.is_empty() { "final".to_owned() } else { steps.join(", ") });
        }
        expect![[r#"
            active: lose → missing, retire → retired
            missing: reappear → active, retire → retired
            retired: final
        "#]]
        .assert_eq(&table);
    }

    proptest! {
        #[test]
        fn what_is_retired_stays_so_and_metadata_stays(verbs in prop::collection::vec(0usize..3, 0..20)) {
            let mut now = dataset(DatasetState::Active);
            for verb in verbs {
                let was = now.state;
                if let Ok(next) = VERBS[verb].1(&now) {
                    now = next;
                }
                prop_assert!(was != DatasetState::Retired || now.state == DatasetState::Retired);
                prop_assert_eq!(Dataset { state: DatasetState::Active, ..now.clone() }, dataset(DatasetState::Active));
            }
        }
    }
}
