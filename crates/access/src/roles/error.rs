use super::Role;
use base::{Fault, Kind, Principal};

/// Why an operation on a role failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("role assignment `{0}` does not exist")]
    NotFound(String),
    #[error("`{0}` is not known here")]
    UnknownHolder(Principal),
    #[error("`{0}` cannot hold a role through an assignment")]
    EnvironmentHolder(Principal),
    #[error("role `{0}` cannot be held for the whole deployment")]
    TooWide(Role),
    #[error("`{holder}` holds `{role}` for `{place}` already")]
    Held { holder: Principal, role: Role, place: String },
    #[error(transparent)]
    Once(#[from] crate::OnceError),
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "access.role_assignment_not_found"),
            Self::UnknownHolder(_) | Self::EnvironmentHolder(_) => (Kind::Invalid, "access.unknown_holder"),
            Self::TooWide(_) => (Kind::Invalid, "access.role_too_wide"),
            Self::Held { .. } => (Kind::Conflict, "access.role_held"),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownHolder(_) => "`GET /people` and `GET /groups` list who is".into(),
            Self::EnvironmentHolder(_) => "give it to a person or a group; environments hold grants".into(),
            Self::TooWide(role) => format!("name a lake, project or team, or add the person to `{}`", role.group()),
            Self::Held { .. } => "end that assignment first, if another should take its place".into(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::NotFound(_) => return None,
        })
    }
}
