use base::{Bytes, Fault, Kind};

/// What an operation of this context returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed. One for the whole context, since clients, pages and people's scripts match the texts, which
/// are MLflow's wherever MLflow has one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("No Experiment with id={0} exists")]
    NoExperiment(String),
    #[error("Could not find experiment with name '{0}'")]
    NoExperimentNamed(String),
    #[error("Run with id={0} not found")]
    NoRun(String),
    #[error("Logged model with ID '{0}' not found.")]
    NoLoggedModel(String),
    #[error("Registered Model with name={0} not found")]
    NoModel(String),
    #[error("Model Version (name={name}, version={version}) not found")]
    NoVersion { name: String, version: String },
    #[error("Registered model alias {0} not found.")]
    NoAlias(String),
    #[error("No tag with name: {key} in {what} with id {id}")]
    NoTag { key: String, what: &'static str, id: String },
    #[error("No such artifact: '{0}'")]
    NoArtifact(String),
    #[error("space `{0}` does not exist")]
    NoSpace(String),
    #[error("Experiment(name={0}) already exists.")]
    ExperimentTaken(String),
    #[error("Registered Model (name={0}) already exists.")]
    ModelTaken(String),
    /// A value that breaks a rule of its own; the text says which.
    #[error("{0}")]
    Invalid(String),
    #[error("The {what} {id} must be in the 'active' state. Current state is {found}.")]
    NotActive { what: &'static str, id: String, found: &'static str },
    #[error(
        "Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' for run \
         ID='{run}'. Attempted logging new value '{new}'."
    )]
    ParamChanged { run: String, key: String, old: String, new: String },
    #[error("Invalid model version source: '{source_uri}'. {why}")]
    Source { source_uri: String, why: &'static str },
    #[error("version {version} of model `{name}` was made by a release: a candidate names it")]
    Released { name: String, version: i64 },
    #[error("model version `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: String, found: crate::registry::VersionState, verb: &'static str },
    #[error("the file is larger than {0}, the most that is kept here")]
    TooLarge(Bytes),
    #[error("a filter may hold {0} conditions at most")]
    TooComplex(usize),
    #[error("{0}")]
    Unsupported(String),
    #[error(transparent)]
    Objects(#[from] objects::Error),
    #[error(transparent)]
    Refused(#[from] access::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Error {
    /// Says of a value that it is none, in MLflow's words.
    pub(crate) fn invalid(text: impl Into<String>) -> Self {
        Self::Invalid(text.into())
    }
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NoExperiment(_) | Self::NoExperimentNamed(_) => (Kind::NotFound, "tracking.experiment_not_found"),
            Self::NoRun(_) => (Kind::NotFound, "tracking.run_not_found"),
            Self::NoLoggedModel(_) => (Kind::NotFound, "tracking.logged_model_not_found"),
            Self::NoModel(_) => (Kind::NotFound, "tracking.model_not_found"),
            Self::NoVersion { .. } => (Kind::NotFound, "tracking.version_not_found"),
            Self::NoTag { .. } => (Kind::NotFound, "tracking.tag_not_found"),
            Self::NoArtifact(_) => (Kind::NotFound, "tracking.artifact_not_found"),
            Self::NoSpace(_) => (Kind::NotFound, "tracking.space_not_found"),
            // 400 for MLflow's clients, which look for it.
            Self::NoAlias(_) => (Kind::Invalid, "tracking.alias_not_found"),
            Self::ExperimentTaken(_) => (Kind::Conflict, "tracking.experiment_taken"),
            Self::ModelTaken(_) => (Kind::Conflict, "tracking.model_taken"),
            Self::Invalid(_) => (Kind::Invalid, "tracking.invalid"),
            Self::NotActive { .. } => (Kind::Invalid, "tracking.not_active"),
            Self::ParamChanged { .. } => (Kind::Invalid, "tracking.param_changed"),
            Self::Source { .. } => (Kind::Invalid, "tracking.version_source"),
            Self::NotPossible { .. } => (Kind::Conflict, "tracking.version_not_possible"),
            Self::Released { .. } => (Kind::Conflict, "tracking.version_released"),
            Self::TooLarge(_) => (Kind::TooLarge, "tracking.artifact_too_large"),
            Self::TooComplex(_) => (Kind::Invalid, "tracking.filter_too_complex"),
            Self::Unsupported(_) => (Kind::Unsupported, "tracking.not_supported"),
            Self::Objects(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn about(&self) -> Option<String> {
        Some(match self {
            Self::NoExperiment(id) => format!("experiment/{id}"),
            Self::NoRun(id) => format!("experiment_run/{id}"),
            Self::NoLoggedModel(id) => format!("logged_model/{id}"),
            Self::NoModel(name) | Self::NoVersion { name, .. } => format!("model/{name}"),
            Self::Refused(inner) => return inner.about(),
            _ => return None,
        })
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotPossible { found, .. } => found.hint(),
            Self::TooLarge(_) => "ask your platform administrator for a higher `[tracking] artifact_bytes`".into(),
            Self::TooComplex(_) => "ask in parts".into(),
            Self::Released { .. } => "it stays, so that what was live can be told later; delete others".into(),
            Self::Objects(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            _ => return None,
        })
    }
}
