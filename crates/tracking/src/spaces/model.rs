use crate::error::{Error, Result};
use access::http::{Action, Caller, Permit, Who};
use base::{PersonId, Principal, ProjectId, Resource, plain_name};
use db::Tx;

/// What experiments and models belong to. As text `project/credit-risk` or `person/ana`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Everyone who holds a role for the project, and the attempts of its environments.
    Project(ProjectId),
    /// The person alone, whatever roles others hold.
    Person(PersonId),
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Project(project) => write!(f, "project/{project}"),
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
    /// Returns whether policies are asked at all: a person's own space is closed to everyone else, roles or not.
    pub(crate) fn open_to(&self, caller: &Caller) -> bool {
        match self {
            Self::Project(_) => true,
            Self::Person(person) => matches!(&caller.who, Who::Person(who) if who == person),
        }
    }

    /// Returns a thing of this space as `access` sees it when `caller` asks. Any environment of the project is the
    /// asking side of the project's things.
    pub(crate) fn resource(&self, kind: &'static str, id: &str, caller: &Caller) -> Resource {
        let asker = match (self, &caller.who) {
            (Self::Person(person), _) => Some(Principal::Person(person.clone())),
            (Self::Project(project), Who::Attempt { environment, .. }) => {
                let own = environment.as_str().split_once('/').is_some_and(|(of, _)| of == project.as_str());
                own.then(|| Principal::Environment(environment.clone()))
            }
            (Self::Project(_), _) => None,
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
        for good in ["project/credit-risk", "person/ana"] {
            assert_eq!(good.parse::<Space>().unwrap().to_string(), good);
        }
        for bad in ["", "ana", "project/", "project/a/b", "project/..", "team/x", "person/A"] {
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
    fn only_its_own_environments_ask_for_a_project() {
        let asks = |environment: &str| {
            let who = Who::Attempt { attempt: "a-1".into(), environment: environment.into(), on_behalf_of: None };
            let caller = Caller { who, ..Caller::person_named("x") };
            Space::Project("credit-risk".into()).resource("experiment", "e-1", &caller).asker.is_some()
        };
        assert!(asks("credit-risk/dev") && asks("credit-risk/prod"));
        assert!(!asks("credit/dev") && !asks("credit-risk-2/dev"));
    }
}
