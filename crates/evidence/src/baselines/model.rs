use crate::clock::Stage;
use base::{Digest, PersonId, Resource, Securable, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a baseline counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BaselineUnit)]
pub enum Unit {
    Hours,
    Days,
    Weeks,
}

impl Unit {
    /// Returns how many seconds one is: a day is 24 hours, a week seven days.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
            Self::Weeks => 604_800.0,
        }
    }
}

/// A line of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub stage: Stage,
    pub value: f64,
    pub unit: Unit,
    /// How many cases it is from.
    pub n: u64,
    pub definition_from: String,
    pub definition_to: String,
    pub source: String,
}

impl Line {
    /// Returns how long it says that the stage took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.value * self.unit.seconds()
    }

    /// Returns whether it measured what we measure: its words are ours, whatever their case and spaces.
    pub fn measures(&self, stage: Stage) -> bool {
        let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
        let ours = stage.definition();
        self.stage == stage
            && words(&self.definition_from) == words(ours.from)
            && words(&self.definition_to) == words(ours.to)
    }
}

/// An imported baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Baseline {
    pub id: String,
    /// Of its lines.
    pub digest: Digest,
    pub lines: Vec<Line>,
    pub imported_by: PersonId,
    pub imported_at: Timestamp,
}

impl Securable for Baseline {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.id.clone(), access::DEPLOYMENT.to_owned());
        Resource { kind: "baseline", id, scope, team: None, asker: None, listed: false }
    }
}
