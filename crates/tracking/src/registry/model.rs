use crate::error::{Error, Result};
use crate::spaces::{Placed, Space};
use crate::wire::Tag;
use base::{AttemptId, PersonId, Timestamp};
use serde::Serialize;

base::states! {
    /// Where a version stands. It leaves `registered` by the approval of a promotion.
    VersionState {
        Registered "registered" => Idle "tag" "Registered" [delete],
    }
}

/// A name with versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegisteredModel {
    pub id: String,
    pub space: Space,
    pub name: String,
    pub description: String,
    /// The highest version there ever was: numbers are not used again.
    pub last_version: i64,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

/// A version of a model: files that never change, and where they came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    pub id: String,
    /// Id and name of its model.
    pub model: String,
    pub name: String,
    pub space: Space,
    pub version: i64,
    pub state: VersionState,
    /// What a stage pointer says; MLflow's `current_stage`.
    pub stage: String,
    pub description: String,
    /// What it was made from, as the client said.
    pub source: String,
    pub run: String,
    pub run_link: String,
    pub logged_model: String,
    /// The digest of its list of files.
    pub digest: String,
    pub files: u64,
    pub size_bytes: u64,
    pub created_by: PersonId,
    /// The attempt that registered it.
    pub attempt: Option<AttemptId>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

impl Placed for RegisteredModel {
    const KIND: &'static str = "model";
    fn space(&self) -> &Space {
        &self.space
    }
    fn id(&self) -> &str {
        &self.id
    }
}

impl Placed for Version {
    const KIND: &'static str = "model";
    fn space(&self) -> &Space {
        &self.space
    }
    #[expect(clippy::misnamed_getters, reason = "a version is placed as its model is")]
    fn id(&self) -> &str {
        &self.model
    }
}

impl Version {
    /// Deletes it: it is found no more, and what pointed at it is free.
    pub(crate) fn delete(&self, now: Timestamp) -> Result<Self> {
        match (self.state, self.deleted_at) {
            (VersionState::Registered, None) => {
                let (source, run) = (String::new(), String::new());
                Ok(Self { source, run, deleted_at: Some(now), changed_at: now, ..self.clone() })
            }
            (found, Some(_)) => Err(Error::NotPossible { id: self.id.clone(), found, verb: "delete" }),
        }
    }

    /// Returns where its files lie, as clients name it.
    pub(crate) fn artifact_uri(&self) -> String {
        format!("mlflow-artifacts:/versions/{}/artifacts", self.id)
    }
}

/// What points at a version of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub name: String,
    pub version: i64,
}

/// A pointer, as it was set and perhaps ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PointerView {
    /// `alias` or `stage`.
    pub kind: String,
    pub name: String,
    pub version: i64,
    pub set_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Timestamp,
    pub ended_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// A model with what a list shows of it.
#[derive(Clone, Debug)]
pub(crate) struct ShownModel {
    pub model: RegisteredModel,
    /// What the caller calls it: `project.name` from another space.
    pub name: String,
    pub tags: Vec<Tag>,
    pub aliases: Vec<Alias>,
    /// The newest of each stage.
    pub latest: Vec<(Version, Vec<Tag>)>,
}

/// A version with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct ShownVersion {
    pub version: Version,
    pub name: String,
    pub tags: Vec<Tag>,
    pub aliases: Vec<String>,
    pub params: Vec<Tag>,
    pub metrics: Vec<serde_json::Value>,
}

#[cfg(test)]
pub(crate) mod rules {
    use super::*;
    use expect_test::expect;

    pub(crate) fn version() -> Version {
        Version {
            id: "mv-1".into(),
            model: "rm-1".into(),
            name: "credit".into(),
            space: "project/credit-risk".parse().unwrap(),
            version: 1,
            state: VersionState::Registered,
            stage: "None".into(),
            description: String::new(),
            source: "models:/m-1".into(),
            run: "r".into(),
            run_link: String::new(),
            logged_model: "m-1".into(),
            digest: String::new(),
            files: 1,
            size_bytes: 1,
            created_by: "ana".into(),
            attempt: None,
            created_at: Timestamp(0),
            changed_at: Timestamp(0),
            deleted_at: None,
            revision: 1,
        }
    }

    #[test]
    fn every_verb_from_every_state() {
        let mut table = String::new();
        for &state in VersionState::ALL {
            let fits = Version { state, ..version() }.delete(Timestamp(1)).is_ok();
            table += &format!("{state}: {}\n", if fits { "delete → gone" } else { "final" });
        }
        expect!["registered: delete → gone\n"].assert_eq(&table);
    }

    #[test]
    fn a_deleted_version_forgets_its_source_and_stays_deleted() {
        let gone = version().delete(Timestamp(1)).unwrap();
        assert_eq!((gone.source.as_str(), gone.run.as_str(), gone.deleted_at), ("", "", Some(Timestamp(1))));
        assert!(gone.delete(Timestamp(2)).is_err());
    }
}
