use base::{Fault, Kind, PersonId, ProjectId};
use environments::InstanceState;

/// What an operation on a project returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an operation on a project failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("project `{0}` does not exist")]
    NotFound(ProjectId),
    #[error("project name `{0}` is taken")]
    Taken(ProjectId),
    #[error(transparent)]
    Name(#[from] base::BadName),
    #[error("`{what}` is empty, longer than {most} characters, or holds control characters")]
    Text { what: &'static str, most: usize },
    #[error("a tier is 1, 2 or 3, not {0}")]
    Tier(i64),
    #[error("`{0}` cannot own a project: nobody of this name may come in")]
    UnknownOwner(PersonId),
    #[error("project `{id}` is `{found}`: `{verb}` is not possible")]
    NotPossible { id: ProjectId, found: InstanceState, verb: &'static str },
    #[error(transparent)]
    Template(#[from] crate::templates::Error),
    #[error(transparent)]
    Environment(#[from] environments::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Run(#[from] runs::Error),
    #[error(transparent)]
    Role(#[from] access::roles::Error),
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
            Self::NotFound(_) => (Kind::NotFound, "projects.not_found"),
            Self::Taken(_) => (Kind::Conflict, "projects.taken"),
            Self::Name(_) => (Kind::Invalid, "projects.name"),
            Self::Text { .. } => (Kind::Invalid, "projects.text"),
            Self::Tier(_) => (Kind::Invalid, "projects.tier"),
            Self::UnknownOwner(_) => (Kind::Invalid, "projects.owner_unknown"),
            Self::NotPossible { .. } => (Kind::Conflict, "projects.not_possible"),
            Self::Template(inner) => inner.fault(),
            Self::Environment(inner) => inner.fault(),
            Self::Git(inner) => inner.fault(),
            Self::Run(inner) => inner.fault(),
            Self::Role(inner) => inner.fault(),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) | Self::Name(_) => return None,
            Self::Taken(_) => "choose another name".into(),
            Self::Text { .. } => "say it in a few sentences: it stands in reviews and in the dossier".into(),
            Self::Tier(_) => {
                "1 is the highest: models whose failure would harm the company or its customers most".into()
            }
            Self::UnknownOwner(_) => "`GET /api/v1/people` lists who is".into(),
            Self::NotPossible { found, .. } => match found.possible() {
                [] => "nothing is to be done from here".into(),
                _ => found.hint(),
            },
            Self::Template(inner) => return inner.hint(),
            Self::Environment(inner) => return inner.hint(),
            Self::Git(inner) => return inner.hint(),
            Self::Run(inner) => return inner.hint(),
            Self::Role(inner) => return inner.hint(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
        })
    }
}
