use crate::{EnvironmentId, GroupId, PersonId, TeamId};
use serde::{Deserialize, Serialize};

/// Whom an access is for. As text, in rows and in JSON: `person:ana`, `group:risk-analysts`,
/// `environment:credit-risk/preprod`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    Person(PersonId),
    Group(GroupId),
    Environment(EnvironmentId),
}

/// A text that names no principal.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{0}` names no person, group or environment")]
pub struct BadPrincipal(pub String);

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
            Self::Environment(id) => write!(f, "environment:{id}"),
        }
    }
}

impl std::str::FromStr for Principal {
    type Err = BadPrincipal;
    fn from_str(text: &str) -> Result<Self, BadPrincipal> {
        let bad = || BadPrincipal(text.to_owned());
        let (kind, id) = text.split_once(':').ok_or_else(bad)?;
        let plain = |part: &str| crate::plain_name(part).is_ok();
        match (kind, id.split_once('/')) {
            ("person", None) if plain(id) => Ok(Self::Person(id.into())),
            ("group", None) if plain(id) => Ok(Self::Group(id.into())),
            ("environment", Some((project, name))) if plain(project) && plain(name) => Ok(Self::Environment(id.into())),
            _ => Err(bad()),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a thing sits for `access`: what it is, which one, and the path of what it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// `request`, `grant`, …; with the id it names the thing in policies and in the audit log.
    pub kind: &'static str,
    /// Unique within the kind.
    pub id: String,
    /// What roles are held for, outermost first: `lake/retail/core/customers`, `project/credit-risk/prod`; `deployment`
    /// for what belongs to nobody.
    pub scope: String,
    /// The team that owns it, for roles held for a team.
    pub team: Option<TeamId>,
    /// Who may see it besides the holders of a role: the asking side.
    pub asker: Option<Principal>,
    /// Whether anyone signed in may know that it exists.
    pub listed: bool,
}

/// Something `access` can decide on.
pub trait Securable {
    /// Returns the name and place of this thing.
    fn resource(&self) -> Resource;
}

impl Securable for Resource {
    fn resource(&self) -> Resource {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Principal>) {
        let parsed = text.parse::<Principal>().ok();
        assert_eq!(parsed, expected, "{text}");
        if let Some(principal) = parsed {
            assert_eq!(principal.to_string(), text);
        }
    }

    #[test]
    fn a_principal_is_its_kind_and_a_plain_name() {
        check("person:ana", Some(Principal::Person("ana".into())));
        check("group:data-stewards", Some(Principal::Group("data-stewards".into())));
        check("environment:credit-risk/preprod", Some(Principal::Environment("credit-risk/preprod".into())));
        for bad in ["ana", "person:", "person:../x", "person:a/b", "environment:x", "environment:a/b/c", "token:x"] {
            check(bad, None);
        }
    }
}
