use crate::error::{Error, Result};
use crate::experiments::{Experiment, Lifecycle};
use crate::spaces::{Placed, Space};
use crate::wire::Tag;
use base::{AttemptId, Digest, PersonId, Timestamp};
use serde::Serialize;

base::states! {
    /// How a run goes, as its client says.
    RunStatus {
        Running "running" => Working "player-play" "Running" [update],
        Scheduled "scheduled" => Waiting "clock" "Scheduled" [update],
        Finished "finished" => Good "circle-check" "Finished" [update],
        Failed "failed" => Bad "circle-x" "Failed" [update],
        Killed "killed" => Idle "player-stop" "Killed" [update],
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Names it inside the database.
    #[serde(skip)]
    pub number: i64,
    pub id: String,
    /// The number of its experiment.
    #[serde(skip)]
    pub experiment: i64,
    pub name: String,
    pub status: RunStatus,
    pub state: Lifecycle,
    /// Whether it was deleted by deleting its experiment.
    #[serde(skip)]
    pub with_experiment: bool,
    /// Who it says it is of; anything.
    pub user: String,
    /// Who made it, as the audit log names them.
    pub created_by: PersonId,
    /// The attempt of a step that logged it.
    pub attempt: Option<AttemptId>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

/// A run with the experiment it lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub run: Run,
    pub experiment: Experiment,
}

impl Placed for Found {
    const KIND: &'static str = "experiment";
    fn space(&self) -> &Space {
        &self.experiment.space
    }
    fn id(&self) -> &str {
        &self.experiment.id
    }
}

impl Found {
    /// Succeeds if the run takes writes.
    pub(crate) fn active(&self) -> Result<()> {
        match self.run.state {
            Lifecycle::Active => Ok(()),
            Lifecycle::Deleted => Err(Error::NotActive { what: "run", id: self.run.id.clone(), found: "deleted" }),
        }
    }

    /// Returns where its files lie, as clients name it.
    pub(crate) fn artifact_uri(&self) -> String {
        format!("mlflow-artifacts:/{}/{}/artifacts", self.experiment.client_id(), self.run.id)
    }
}

/// A metric's newest point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latest {
    pub key: String,
    pub value: f64,
    pub is_nan: bool,
    pub step: i64,
    pub at_ms: i64,
}

/// A dataset that a run read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dataset {
    pub name: String,
    pub digest: String,
    pub source_type: String,
    pub source: String,
    pub schema: String,
    pub profile: String,
    /// What it was for, among them `mlflow.data.context`.
    pub tags: Vec<Tag>,
}

/// A model that a run read or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelLink {
    pub model: String,
    pub step: i64,
    /// Whether the run made it.
    pub made: bool,
}

/// What a run logged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Data {
    pub metrics: Vec<Latest>,
    pub params: Vec<Tag>,
    pub tags: Vec<Tag>,
    pub datasets: Vec<Dataset>,
    pub models: Vec<ModelLink>,
}

/// Tags that mirror a field.
pub(crate) const RUN_NAME: &str = "mlflow.runName";
pub(crate) const USER: &str = "mlflow.user";

/// Returns a name for a run that was given none: adjective, animal and a number, from its id.
pub(crate) fn made_up_name(id: &str) -> String {
    const HOW: [&str; 24] = [
        "able", "bold", "brave", "bright", "calm", "clean", "clever", "eager", "fair", "gentle", "grand", "honest",
        "keen", "kind", "light", "loyal", "merry", "neat", "noble", "proud", "quick", "quiet", "smart", "warm",
    ];
    const WHO: [&str; 24] = [
        "badger", "bear", "carp", "crane", "crow", "deer", "dove", "finch", "fox", "goose", "hare", "hawk", "heron",
        "lark", "lynx", "mole", "newt", "otter", "owl", "robin", "seal", "stork", "swan", "wren",
    ];
    let digest = Digest::of(id);
    let [how, who, high, low, ..] = *digest.bytes();
    let number = (usize::from(high) << 8 | usize::from(low)) % 1_000;
    format!("{}-{}-{number}", HOW[usize::from(how) % HOW.len()], WHO[usize::from(who) % WHO.len()])
}

/// Returns milliseconds of a client as an instant.
pub(crate) fn from_ms(ms: i64) -> Result<Timestamp> {
    let bad = || Error::invalid(format!("Invalid value {ms} for a time: milliseconds since 1970 are expected"));
    ms.checked_mul(1_000).filter(|us| *us >= 0).map(Timestamp).ok_or_else(bad)
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn a_made_up_name_is_always_the_same() {
        assert_eq!(made_up_name("a"), made_up_name("a"));
        assert_ne!(made_up_name("a"), made_up_name("b"));
        assert_eq!(made_up_name("a").split('-').count(), 3);
    }

    #[test]
    fn times_are_milliseconds_since_1970() {
        assert_eq!(from_ms(2).unwrap(), Timestamp(2_000));
        assert!(from_ms(-1).is_err() && from_ms(i64::MAX).is_err());
    }
}
