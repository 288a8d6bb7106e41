use base::{BadName, Fault, GroupId, Kind, PersonId};

/// Why an operation on a person or group failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("person `{0}` does not exist")]
    NotFound(PersonId),
    #[error("person `{0}` is deactivated")]
    Deactivated(PersonId),
    #[error("person `{0}` exists already")]
    Taken(PersonId),
    #[error("`{0}` is a name of the server's own")]
    Reserved(String),
    #[error(transparent)]
    Name(#[from] BadName),
    #[error("the full name of a person has 1 to 200 characters")]
    DisplayName,
    #[error("group `{0}` does not exist")]
    UnknownGroup(GroupId, Option<String>),
    #[error("`{0}` is the last member of `platform-admins`")]
    LastAdministrator(PersonId),
    #[error(transparent)]
    Randomness(#[from] crate::secret::NoRandomness),
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
            Self::NotFound(_) => (Kind::NotFound, "access.person_not_found"),
            Self::Deactivated(_) => (Kind::Conflict, "access.person_deactivated"),
            Self::Taken(_) => (Kind::Conflict, "access.person_exists"),
            Self::Reserved(_) | Self::Name(_) | Self::DisplayName => (Kind::Invalid, "access.bad_name"),
            Self::UnknownGroup(..) => (Kind::NotFound, "access.unknown_group"),
            Self::LastAdministrator(_) => (Kind::Conflict, "access.last_administrator"),
            Self::Randomness(_) => (Kind::Internal, "access.no_randomness"),
            Self::Once(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Deactivated(_) => "people are not reactivated; add them under another name".into(),
            Self::Taken(_) | Self::Reserved(_) => "choose another name".into(),
            Self::UnknownGroup(_, Some(near)) => format!("did you mean `{near}`?"),
            Self::UnknownGroup(_, None) => "`GET /groups` lists those that exist".into(),
            Self::LastAdministrator(_) => "add another administrator first".into(),
            Self::Once(inner) => return inner.hint(),
            Self::Refused(inner) => return inner.hint(),
            Self::Store(inner) => return inner.hint(),
            Self::NotFound(_) | Self::Name(_) | Self::DisplayName | Self::Randomness(_) => return None,
        })
    }
}
