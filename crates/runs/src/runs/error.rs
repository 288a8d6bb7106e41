use super::RunState;
use crate::pipelines;
use base::{EnvironmentId, Fault, Kind, RunId};

/// What an operation on a run returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a run failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("run `{0}` does not exist")]
    NotFound(RunId),
    #[error("run `{run}` has no step `{step}`")]
    StepNotFound { run: RunId, step: String, nearest: Option<String> },
    #[error("step `{step}` has no output `{output}`")]
    OutputNotFound { step: String, output: String },
    #[error("step `{0}` has no such attempt")]
    AttemptNotFound(String),
    #[error("environment `{0}` does not exist")]
    EnvironmentNotFound(String),
    #[error("environment `{0}` is `{1}`")]
    EnvironmentNotAvailable(EnvironmentId, String),
    #[error("persons start runs in `dev` only, not in `{0}`")]
    DevOnly(EnvironmentId),
    #[error("run `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: RunId, found: RunState, verb: &'static str },
    #[error("commit `{commit}` has no pipeline `{pipeline}`")]
    PipelineNotFound { pipeline: String, commit: String },
    #[error("`pipelines/{file}.json` says that it is pipeline `{name}`")]
    OtherPipeline { file: String, name: String },
    #[error(transparent)]
    Pipeline(#[from] pipelines::Error),
    #[error("{0}")]
    OwnGrant(String),
    #[error("{0}")]
    GrantEnded(String),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error("an output could not be read")]
    Objects(#[from] objects::Error),
    #[error("a log could not be read")]
    Io(#[from] std::io::Error),
    #[error("a step is in a state that does not fit")]
    Misfit(#[from] crate::steps::Misfit),
    #[error("an attempt is in a state that does not fit: {0}")]
    Attempt(String),
    #[error(transparent)]
    Once(#[from] access::OnceError),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "runs.not_found"),
            Self::StepNotFound { .. } => (Kind::NotFound, "runs.step_not_found"),
            Self::OutputNotFound { .. } => (Kind::NotFound, "runs.output_not_found"),
            Self::AttemptNotFound(_) => (Kind::NotFound, "runs.attempt_not_found"),
            Self::EnvironmentNotFound(_) => (Kind::NotFound, "runs.environment_not_found"),
            Self::EnvironmentNotAvailable(..) => (Kind::Conflict, "runs.environment_not_available"),
            Self::DevOnly(_) => (Kind::Forbidden, "runs.dev_only"),
            Self::NotPossible { .. } => (Kind::Conflict, "runs.not_possible"),
            Self::PipelineNotFound { .. } => (Kind::NotFound, "runs.pipeline_not_found"),
            Self::OtherPipeline { .. } => (Kind::Invalid, "runs.pipeline_unfit"),
            Self::OwnGrant(_) => (Kind::Forbidden, "runs.own_grant_needed"),
            Self::GrantEnded(_) => (Kind::Forbidden, "runs.grant_ended"),
            Self::Io(_) | Self::Misfit(_) | Self::Attempt(_) => (Kind::Internal, "runs.failed"),
            Self::Pipeline(inner) => inner.fault(),
            Self::Git(inner) => inner.fault(),
            Self::Objects(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) => "`GET /runs` lists those that you may see".into(),
            Self::StepNotFound { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::StepNotFound { run, .. } => format!("`GET /runs/{run}` names its steps"),
            Self::OutputNotFound { .. } | Self::AttemptNotFound(_) => "the run's page shows what there is".into(),
            Self::EnvironmentNotFound(_) => "write it as `PROJECT/dev`".into(),
            Self::EnvironmentNotAvailable(..) => {
                "wait until it is available; the project's page says why it is not".into()
            }
            Self::DevOnly(_) => "merge to `main`: that runs the pipeline as preprod".into(),
            Self::NotPossible { found, .. } => found.hint(),
            Self::PipelineNotFound { pipeline, .. } => {
                format!("commit `pipelines/{pipeline}.json`, which the SDK writes, and push it")
            }
            Self::OtherPipeline { .. } => "name the file after the pipeline".into(),
            Self::OwnGrant(_) => "ask for access to the dataset for yourself, or look at states and times".into(),
            Self::GrantEnded(_) => "have the environment's access renewed".into(),
            Self::Io(_) | Self::Misfit(_) | Self::Attempt(_) => return None,
            Self::Pipeline(inner) => return inner.hint(),
            Self::Git(inner) => return inner.hint(),
            Self::Objects(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
