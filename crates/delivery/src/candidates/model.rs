use crate::authors::Authors;
use crate::gates::JudgedCheck;
use base::{DatasetId, Digest, GrantId, Next, PersonId, ProjectId, PurposeId, RunId, Timestamp, Tone};
use runs::steps::Governed;
use serde::{Deserialize, Serialize};
use serving::Signature;
use std::collections::BTreeSet;

base::states! {
    /// What came of a release run. The verbs are the server's own; nobody calls them.
    ReleaseState {
        Running "running" => Working "loader-2" "Running" [cut turn_down fail],
        Cut "cut" => Good "circle-check" "Candidate" [],
        NotCut "not_cut" => Bad "ban" "No candidate" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
    }
}

/// A version of a model in a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    pub model: String,
    pub version: i64,
    /// The exported model's file.
    pub onnx: Digest,
}

/// A version of a dataset that a candidate rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DatasetVersion {
    pub dataset: DatasetId,
    pub version: i64,
}

/// How a candidate is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serving {
    /// The endpoint's name, without the environment: `credit`.
    pub endpoint: String,
    pub signature: Signature,
}

/// All that a candidate is; its digest is that of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub commit: String,
    pub models: Vec<ModelVersion>,
    /// The digest of the repository's lock; none where it has no lock.
    pub lock: Option<Digest>,
    pub datasets: Vec<DatasetVersion>,
    /// The digest of the pipeline as it ran.
    pub pipeline: Digest,
    pub serving: Serving,
    /// The digest of what monitors are told; none while nothing is.
    pub monitoring: Option<Digest>,
    pub purposes: Vec<PurposeId>,
}

impl Content {
    /// Returns the digest of its canonical JSON.
    ///
    /// # Errors
    /// None that can happen: every part of it is plain.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        base::digest_of(self)
    }
}

/// What a run of the `main` pipeline made, and may be promoted.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub project: ProjectId,
    /// Counts up in the project.
    pub number: i64,
    pub digest: Digest,
    pub content: Content,
    /// The first line of the commit's message.
    pub subject: String,
    pub run: RunId,
    /// As preprod's gate policy judged them when it was cut.
    pub checks: Vec<JudgedCheck>,
    /// Everyone who had a hand in it, counted from what was live in prod then.
    pub authors: Authors,
    /// The grants that it was trained under.
    pub grants: Vec<GrantId>,
    /// In whose name it was trained.
    pub made_by: PersonId,
    pub created_at: Timestamp,
}

impl Candidate {
    /// Returns the version that an endpoint serves.
    pub fn model(&self) -> &ModelVersion {
        self.content.models.first().expect("a candidate is cut with one version")
    }

    /// Returns what its viewer should know.
    pub fn next(&self, may_promote: Option<&str>) -> Next {
        let model = self.model();
        let text = format!("`{}` version {}.", model.model, model.version);
        let (tone, reason, action) = match may_promote {
            Some(environment) => {
                (Tone::Waiting, format!("It may be promoted to {environment}"), Some("create_promotion"))
            }
            None => (Tone::Idle, "Its digest binds commit, model, data and configuration".to_owned(), None),
        };
        Next { tone, text, reason, action }
    }
}

/// What came of a run of the `main` pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseOutcome {
    pub project: ProjectId,
    pub commit: String,
    pub run: RunId,
    pub state: ReleaseState,
    pub subject: String,
    /// Why no candidate was cut.
    pub reason: Option<String>,
    pub candidate: Option<i64>,
    pub checks: Vec<JudgedCheck>,
    pub ended_at: Timestamp,
}

/// Returns what a release run's viewer should know.
pub(super) fn next_of_release(state: ReleaseState, candidate: Option<i64>, reason: Option<&str>) -> Next {
    let (tone, _, label) = state.look();
    let text = match candidate {
        Some(number) => format!("Candidate {number}."),
        None => format!("{label}."),
    };
    let usual = match state {
        ReleaseState::Running => "Train, export, parity, quality and bias; the run shows how far it is",
        ReleaseState::Cut => "It may be promoted to preprod",
        ReleaseState::NotCut | ReleaseState::Failed => "No reason is known",
    };
    Next { tone, text, reason: reason.unwrap_or(usual).to_owned(), action: None }
}

/// Returns the purposes that all grants behind these reads share. None of them governed: none, and that is no matter.
///
/// # Errors
/// Nothing in common, with the purposes that there are.
pub(super) fn shared_purposes(training: &[Governed]) -> Result<Vec<PurposeId>, String> {
    // A grant has one purpose: they share it, or nothing.
    let purposes: BTreeSet<&PurposeId> = training.iter().map(|governed| &governed.purpose).collect();
    if purposes.len() > 1 {
        let named: Vec<String> = purposes.iter().map(|purpose| format!("`{purpose}`")).collect();
        return Err(format!("the grants that it was trained under share no purpose: {}", named.join(", ")));
    }
    Ok(purposes.into_iter().cloned().collect())
}
