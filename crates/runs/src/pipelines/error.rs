use base::{Fault, Kind};

/// Why a text is no pipeline, or parameters do not fit one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the pipeline is not JSON: {0}")]
    Syntax(String),
    #[error("the pipeline's {at}: {why}")]
    Unfit { at: String, why: String, hint: Option<String> },
    #[error("the steps wait for each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
    #[error("pipeline `{pipeline}` takes no parameter `{name}`")]
    UnknownParameter { pipeline: String, name: String, known: Vec<String> },
    #[error("parameter `{name}` {why}")]
    BadParameter { name: String, why: String },
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::Syntax(_) | Self::Unfit { .. } => (Kind::Invalid, "runs.pipeline_unfit"),
            Self::Cycle(_) => (Kind::Invalid, "runs.pipeline_cycle"),
            Self::UnknownParameter { .. } | Self::BadParameter { .. } => (Kind::Invalid, "runs.parameters_unfit"),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Syntax(_) => "write it with the SDK: `python pipelines/<name>.py` does".into(),
            Self::Unfit { hint, .. } => return hint.clone(),
            Self::Cycle(_) => "take one of these steps out of another's `after` or inputs".into(),
            Self::UnknownParameter { name, known, .. } => match base::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "it takes none".into(),
                None => format!("it takes: {}", known.join(", ")),
            },
            Self::BadParameter { .. } => "correct its value".into(),
        })
    }
}
