use super::marks::{Marks, Span, Split};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stage of the way to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockStage)]
pub enum Stage {
    Find,
    Access,
    Environment,
    Prove,
    Release,
    Value,
}

/// Between what a stage is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    pub from: &'static str,
    pub to: &'static str,
}

impl Stage {
    /// Every stage, in the order of the way.
    pub const ALL: [Self; 6] = [Self::Find, Self::Access, Self::Environment, Self::Prove, Self::Release, Self::Value];

    /// Returns the word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Access => "access",
            Self::Environment => "environment",
            Self::Prove => "prove",
            Self::Release => "release",
            Self::Value => "value",
        }
    }

    /// Returns between what it is measured here. A baseline that says the same words measured the same.
    pub fn definition(self) -> Definition {
        let (from, to) = match self {
            Self::Find => ("requester's first search or view of the dataset", "request submitted"),
            Self::Access => ("request submitted", "first allowed read under its grant"),
            Self::Environment => ("project requested", "all its environments available"),
            Self::Prove => ("first run in dev", "first candidate"),
            Self::Release => ("candidate cut", "live in prod, and still so after baking"),
            Self::Value => {
                ("project requested", "first production prediction asked for by someone outside the project")
            }
        };
        Definition { from, to }
    }
}

/// How a measurement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It got there, then.
    Arrived(Timestamp),
    /// It goes on.
    Open,
    /// It ended on the way: nobody will see how long it would have taken.
    Ended(Timestamp, String),
}

/// One way through a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub stage: Stage,
    /// What it is of: `request r-7`.
    pub about: String,
    pub span: Span,
    pub outcome: Outcome,
    pub split: Split,
    /// What should be known of it.
    pub note: Option<String>,
}

impl Measured {
    /// Measures from `from` until it arrived, ended, or `now`.
    pub fn of(
        stage: Stage,
        about: String,
        (from, outcome): (Timestamp, Outcome),
        (marks, now): (&Marks, Timestamp),
    ) -> Self {
        let to = match &outcome {
            Outcome::Arrived(at) | Outcome::Ended(at, _) => *at,
            Outcome::Open => now,
        };
        let span = Span::new(from, to);
        Self { stage, about, split: marks.split(span), span, outcome, note: None }
    }

    /// Returns whether it got there.
    pub fn has_arrived(&self) -> bool {
        matches!(self.outcome, Outcome::Arrived(_))
    }
}

/// Returns the measurement that stands for a project's stage: the first that arrived; else the first that goes on; else the last that
/// ended on the way.
pub(super) fn standing_for(all: &[Measured]) -> Option<&Measured> {
    let first = |fits: fn(&Measured) -> bool| all.iter().filter(|one| fits(one)).min_by_key(|one| one.span.from);
    first(Measured::has_arrived)
        .or_else(|| first(|one| one.outcome == Outcome::Open))
        .or_else(|| all.iter().max_by_key(|one| one.span.to))
}
