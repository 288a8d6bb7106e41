use base::{Fault, Kind};

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("template `{name}` does not exist")]
    NotFound { name: String, known: Vec<String> },
    #[error("parameter `{name}`: {why}")]
    Parameter { name: String, why: String },
    #[error("template `{template}` is broken: {why}")]
    Broken { template: String, why: String },
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound { .. } => (Kind::NotFound, "projects.template_not_found"),
            Self::Parameter { .. } => (Kind::Invalid, "projects.parameter"),
            Self::Broken { .. } => (Kind::Internal, "projects.template_broken"),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { name, known } => Some(match base::nearest(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", known.join(", ")),
            }),
            Self::Parameter { .. } => Some("`GET /api/v1/templates/{name}` shows what it takes".into()),
            Self::Broken { .. } => None,
        }
    }
}
