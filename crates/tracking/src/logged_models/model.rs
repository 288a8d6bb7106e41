use crate::error::{Error, Result};
use crate::experiments::Experiment;
use crate::spaces::{Placed, Space};
use crate::wire::Tag;
use base::{PersonId, Timestamp};
use serde::Serialize;

base::states! {
    /// Whether a logged model's files are there.
    LoggedModelState {
        Pending "pending" => Working "upload" "Uploading" [finalize],
        Ready "ready" => Good "circle-check" "Ready" [finalize],
        Failed "failed" => Bad "circle-x" "Upload failed" [finalize],
    }
}

/// A model that a run logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoggedModel {
    pub id: String,
    /// The number of its experiment.
    #[serde(skip)]
    pub experiment: i64,
    pub name: String,
    pub model_type: String,
    /// The run that made it; empty if none did.
    pub source_run: String,
    pub state: LoggedModelState,
    pub status_message: String,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// A logged model with the experiment it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundModel {
    pub model: LoggedModel,
    pub experiment: Experiment,
}

/// A metric that is about a model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelMetric {
    pub key: String,
    pub value: f64,
    pub is_nan: bool,
    pub step: i64,
    pub at_ms: i64,
    pub run: String,
    pub dataset_name: String,
    pub dataset_digest: String,
}

/// What belongs to a logged model.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelData {
    pub params: Vec<Tag>,
    pub tags: Vec<Tag>,
    pub metrics: Vec<ModelMetric>,
    /// Name and version of each registered model that came from it.
    pub registrations: Vec<(String, i64)>,
}

impl Placed for FoundModel {
    const KIND: &'static str = "experiment";
    fn space(&self) -> &Space {
        &self.experiment.space
    }
    fn id(&self) -> &str {
        &self.experiment.id
    }
}

impl FoundModel {
    /// Returns where its files lie, as clients name it.
    pub(crate) fn artifact_uri(&self) -> String {
        format!("mlflow-artifacts:/{}/models/{}/artifacts", self.experiment.client_id(), self.model.id)
    }
}

impl LoggedModelState {
    /// Returns the word of MLflow.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "LOGGED_MODEL_PENDING",
            Self::Ready => "LOGGED_MODEL_READY",
            Self::Failed => "LOGGED_MODEL_UPLOAD_FAILED",
        }
    }

    /// Reads the word of MLflow.
    pub(crate) fn of_word(word: &str) -> Result<Self> {
        let known = Self::ALL.iter().find(|state| state.word() == word);
        known.copied().ok_or_else(|| Error::invalid(format!("Invalid logged model status '{}'", crate::shown(word))))
    }
}

/// Checks the name of a logged model.
pub(crate) fn check_model_name(name: &str) -> Result<()> {
    let barred = |letter: char| "/:.%\"'".contains(letter) || letter.is_control();
    if name.is_empty() || name.contains(barred) || name.chars().count() > 500 {
        return Err(Error::invalid(format!(
            "Invalid model name ('{}') provided. Model name must be a non-empty string and cannot contain the following \
             characters: ('/', ':', '.', '%', '\"', \"'\")",
            crate::shown(name)
        )));
    }
    Ok(())
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn words_are_mlflows() {
        for state in LoggedModelState::ALL {
            assert_eq!(LoggedModelState::of_word(state.word()).unwrap(), *state);
        }
        assert!(LoggedModelState::of_word("READY").is_err());
        assert!(
            check_model_name("credit").is_ok() && check_model_name("a/b").is_err() && check_model_name("").is_err()
        );
    }
}
