use crate::error::{Error, Result};
use access::http::{Action, Caller, Permit, Who};
use base::{EnvironmentId, PersonId, Principal, ProjectId, Resource, plain_name};
use db::Tx;

/// What experiments and models belong to. As text `project/credit-risk`, `environment/credit-risk/preprod` or `person/ana`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Everyone who holds a role for the project, and the attempts of its *dev*.
    Project(ProjectId),
    /// The attempts of this environment alone, which is not *dev*: what they log may hold what no person was granted.
    Environment(EnvironmentId),
    /// The person alone, whatever roles others hold.
    Person(PersonId),
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Project(project) => write!(f, "project/{project}"),
            Self::Environment(environment) => write!(f, "environment/{environment}"),
            Self::Person(person) => write!(f, "person/{person}"),
        }
    }
}

impl std::str::FromStr for Space {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::NoSpace(text.chars().take(100).flat_map(char::escape_debug).collect());
        match text.split_once('/') {
            Some(("project", name)) if plain_name(name).is_ok() => Ok(Self::Project(name.into())),
            Some(("environment", id))
                if id.split('/').count() == 2 && id.split('/').all(|part| plain_name(part).is_ok()) =>
            {
                Ok(Self::Environment(id.into()))
            }
            Some(("person", name)) if plain_name(name).is_ok() => Ok(Self::Person(name.into())),
            _ => Err(bad()),
        }
    }
}

impl serde::Serialize for Space {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Space {
    /// Returns where an attempt of `environment` logs: what *dev* logs is the project's, what others log is their own.
    pub(crate) fn of(environment: &EnvironmentId) -> Self {
        match environment.as_str().split_once('/') {
            Some((project, "dev")) => Self::Project(project.into()),
            _ => Self::Environment(environment.clone()),
        }
    }

    /// Returns whether policies are asked at all: a person's own space is closed to everyone else, roles or not.
    pub(crate) fn open_to(&self, caller: &Caller) -> bool {
        match self {
            Self::Project(_) => true,
            Self::Environment(own) => matches!(&caller.who, Who::Attempt { environment, .. } if environment == own),
            Self::Person(person) => matches!(&caller.who, Who::Person(who) if who == person),
        }
    }

    /// Returns a thing of this space as `access` sees it when `caller` asks. Its *dev* is the asking side of a
    /// project's things: the others, which may read what no person reads, have a space of their own.
    pub(crate) fn resource(&self, kind: &'static str, id: &str, caller: &Caller) -> Resource {
        let asker = match (self, &caller.who) {
            (Self::Person(person), _) => Some(Principal::Person(person.clone())),
            (_, Who::Attempt { environment, .. }) => {
                (*self == Self::of(environment)).then(|| Principal::Environment(environment.clone()))
            }
            (Self::Project(_) | Self::Environment(_), _) => None,
        };
        Resource { kind, id: id.to_owned(), scope: self.to_string(), team: None, asker, listed: false }
    }
}

/// Something that lies in a space.
pub(crate) trait Placed {
    /// The word for policies and the audit log; `Read…` of it is what shows that the thing exists.
    const KIND: &'static str;
    fn space(&self) -> &Space;
    fn id(&self) -> &str;
}

/// Returns what was found if the caller may do `A` to it; `None` if it is absent or not theirs to see, after equal work.
pub(crate) async fn see<A: Action, T: Placed>(tx: &Tx, permit: &Permit<A>, found: Option<T>) -> Result<Option<T>> {
    let caller = permit.caller();
    let open = found.filter(|thing| thing.space().open_to(caller));
    let resource = open.as_ref().map(|thing| thing.space().resource(T::KIND, thing.id(), caller));
    let seen = permit.on(tx, resource).await?.is_some();
    Ok(open.filter(|_| seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_written_one_way() {
        for good in ["project/credit-risk", "environment/credit-risk/preprod", "person/ana"] {
            assert_eq!(good.parse::<Space>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "ana",
            "project/",
            "project/a/b",
            "project/..",
            "team/x",
            "person/A",
            "environment/x",
            "environment/a/b/c",
            "environment/../b",
        ] {
            assert!(bad.parse::<Space>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_persons_space_is_closed_to_all_others() {
        let own: Space = "person/ana".parse().unwrap();
        assert!(own.open_to(&Caller::person_named("ana")));
        assert!(!own.open_to(&Caller::person_named("pat")) && !own.open_to(&Caller::operator()));
    }

    #[test]
    fn what_another_environment_than_dev_logs_is_its_own() {
        let attempt = |environment: &str| {
            let who = Who::Attempt { attempt: "a-1".into(), environment: environment.into(), on_behalf_of: None };
            Caller { who, ..Caller::person_named("x") }
        };
        let own = Space::of(&"credit-risk/preprod".into());
        assert_eq!(own.to_string(), "environment/credit-risk/preprod");
        assert!(own.open_to(&attempt("credit-risk/preprod")));
        for other in ["credit-risk/prod", "credit-risk/dev", "credit/preprod"] {
            assert!(!own.open_to(&attempt(other)), "{other}");
        }
        assert!(!own.open_to(&Caller::person_named("ana")) && !own.open_to(&Caller::operator()));
    }

    #[test]
    fn only_its_own_dev_asks_for_a_project() {
        let asks = |environment: &str| {
            let who = Who::Attempt { attempt: "a-1".into(), environment: environment.into(), on_behalf_of: None };
            let caller = Caller { who, ..Caller::person_named("x") };
            Space::Project("credit-risk".into()).resource("experiment", "e-1", &caller).asker.is_some()
        };
        assert!(asks("credit-risk/dev") && !asks("credit-risk/preprod") && !asks("credit-risk/prod"));
        assert!(!asks("credit/dev") && !asks("credit-risk-2/dev"));
    }
}
