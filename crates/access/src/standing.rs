//! What a caller holds: groups and roles, read in the transaction that decides.
use crate::authority::{Authority, Decision, Question, Relation};
use crate::caller::{Caller, OPERATOR, Who};
use crate::people::Membership;
use crate::people::store::PeopleStore;
use crate::roles::RoleAssignment;
use crate::roles::store::RoleStore;
use crate::{Holding, Place, Right, Role};
use base::{GroupId, PersonId, Principal, Resource, TeamId, Timestamp};
use db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// A membership: who gave it, since when.
pub(crate) type Given = (PersonId, Timestamp);

/// What is asked for, and so which roles on models put somebody on the side of the environment that asks. Which team owns a project, only
/// floors above know, so that every team may be the asking one.
#[derive(Clone, Copy, Debug)]
pub enum Sought<'a> {
    /// Data: who may work in the environment asks, and a role for everything or for any team lets them.
    Data,
    /// An endpoint of this team. Model owners decide, for everything or for that team: such a role answers for the endpoint, and puts
    /// nobody on the side that asks. One for another team does, and so does any other role on models, as for data.
    Endpoint(Option<&'a TeamId>),
}

impl Sought<'_> {
    /// Returns whether what is held counts as a role in the environment that asks, wherever that is.
    fn asks_by(self, holding: &Holding) -> bool {
        let Holding { role, place, .. } = holding;
        let answers_for_it = match (self, place) {
            (Self::Data, _) => false,
            (Self::Endpoint(of), Place::Team(team)) => of == Some(team),
            (Self::Endpoint(_), Place::Scope(_)) => true,
        };
        let reaches_it = place.is_deployment() || matches!(place, Place::Team(_));
        role.works_on_models() && reaches_it && !(answers_for_it && *role == Role::ModelOwner)
    }
}

/// The groups and roles of a caller, as they are in one transaction.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub caller: Caller,
    pub groups: BTreeMap<GroupId, Given>,
    pub holdings: Vec<Holding>,
}

impl Standing {
    /// Reads what `caller` holds now.
    pub(crate) async fn load(tx: &Tx, caller: &Caller) -> db::Result<Self> {
        let memberships = match &caller.who {
            Who::Person(person) => tx.list_memberships_of(person).await?,
            _ => Vec::new(),
        };
        let mut standing = Self::with_groups(caller, memberships);
        let assignments = tx.list_assignments_of(&standing.principals()).await?;
        standing.add_roles(assignments);
        Ok(standing)
    }

    fn with_groups(caller: &Caller, memberships: Vec<Membership>) -> Self {
        let (mut groups, mut holdings) = (BTreeMap::new(), Vec::new());
        for membership in memberships {
            if let Some(role) = membership.role {
                let (given_by, given_at) = (membership.given_by.clone(), membership.given_at);
                holdings.push(Holding { role, place: Place::deployment(), given_by, given_at });
            }
            groups.insert(membership.group, (membership.given_by, membership.given_at));
        }
        Self { caller: caller.clone(), groups, holdings }
    }

    /// Adds the roles that were assigned to one of the caller's principals.
    fn add_roles(&mut self, assignments: impl IntoIterator<Item = RoleAssignment>) {
        for assignment in assignments {
            let (role, place) = (assignment.role, assignment.place);
            let held = Holding { role, place, given_by: assignment.given_by, given_at: assignment.given_at };
            let through = match &assignment.holder {
                Principal::Group(group) => self.groups.get(group),
                _ => None,
            };
            self.holdings.push(match through {
                Some((given_by, given_at)) => held.through(&self.caller.name(), given_by, *given_at),
                None => held,
            });
        }
    }

    /// Returns every principal that the caller counts as: the person and their groups, or the environment.
    pub(crate) fn principals(&self) -> Vec<Principal> {
        self.caller.principal().into_iter().chain(self.groups.keys().cloned().map(Principal::Group)).collect()
    }

    /// Returns whether the caller is `principal`, is a member of it, or holds a role for the project it belongs to: who may ask for it.
    /// Who decides is kept from more, by [`Standing::sides_with`].
    pub(crate) fn belongs(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Group(group) => self.groups.contains_key(group),
            Principal::Environment(environment) if self.caller.principal().as_ref() != Some(principal) => {
                let project = environment.as_str().split_once('/').map_or(environment.as_str(), |(project, _)| project);
                self.projects().any(|(held, _)| held == project)
            }
            own => self.caller.principal().as_ref() == Some(own),
        }
    }

    /// Returns whether the caller may not decide on what is `sought` for `principal`: belongs to it, or may work in it, if it is an
    /// environment, by a role on models.
    pub(crate) fn sides_with(&self, principal: &Principal, sought: Sought<'_>) -> bool {
        let is_environment = matches!(principal, Principal::Environment(_));
        self.belongs(principal) || (is_environment && self.holdings.iter().any(|holding| sought.asks_by(holding)))
    }

    /// Returns how the caller stands to `resource`, besides the roles.
    pub(crate) fn relation_to(&self, resource: &Resource) -> Relation {
        let asks = resource.asker.as_ref().is_some_and(|asker| self.belongs(asker));
        let own = resource.asker.is_some() && resource.asker == self.caller.principal();
        Relation { asks, own, listed: resource.listed }
    }

    /// Returns the projects for which, or below which, the caller holds a role, with the scope held.
    pub(crate) fn projects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.holdings.iter().filter_map(|holding| match &holding.place {
            Place::Scope(path) => {
                let rest = path.strip_prefix("project/")?;
                Some((rest.split_once('/').map_or(rest, |(project, _)| project), path.as_str()))
            }
            Place::Team(_) => None,
        })
    }

    /// Returns whether the caller is one of a project's people: holds any role for it or below it, or one that works on models for what
    /// covers one of its environments: their team, or everything.
    pub(crate) fn works_for(&self, project: &str, environments: &[Resource]) -> bool {
        let (scope, id) = (format!("project/{project}"), project.to_owned());
        let whole = Resource { kind: "project", id, scope, team: None, asker: None, listed: false };
        let mut covering = environments.iter().chain([&whole]).flat_map(|environment| self.roles_at(environment));
        self.projects().any(|(held, _)| held == project) || covering.any(Role::works_on_models)
    }

    pub(crate) fn roles_at(&self, resource: &Resource) -> BTreeSet<Role> {
        self.holdings.iter().filter(|holding| holding.place.covers(resource)).map(|holding| holding.role).collect()
    }

    pub(crate) fn anywhere(&self) -> BTreeSet<Role> {
        self.holdings.iter().map(|holding| holding.role).collect()
    }

    /// Returns the question for `action` with the given roles; `None` for strangers.
    pub(crate) fn question(&self, action: &str, roles: BTreeSet<Role>, relation: Relation) -> Option<Question> {
        let asker = self.caller.asker()?;
        let groups = self.groups.keys().map(|group| group.0.clone()).collect();
        let (action, anywhere) = (action.to_owned(), self.anywhere());
        Some(Question { action, asker, groups, roles, anywhere, relation })
    }

    /// Decides `action` on `resource`; strangers are refused.
    pub(crate) fn decide(&self, authority: &Authority, action: &str, resource: &Resource) -> Decision {
        let question = self.question(action, self.roles_at(resource), self.relation_to(resource));
        let refused = || Decision { allowed: false, policies: Vec::new() };
        question.map_or_else(refused, |question| authority.decide(&question, resource))
    }

    /// Returns the right that carries an allowed `action`: of several that each suffice, the one that serves four eyes
    /// best, given by someone else and the oldest of those.
    pub(crate) fn right(&self, authority: &Authority, action: &str, resource: &Resource) -> Right {
        let holder = self.caller.name();
        let relation = self.relation_to(resource);
        let alone = |roles| {
            let question = self.question(action, roles, relation);
            question.is_some_and(|question| authority.decide(&question, resource).allowed)
        };
        let covering = self.holdings.iter().filter(|holding| holding.place.covers(resource));
        let carrying = covering.filter(|holding| alone([holding.role].into()));
        let best = carrying.min_by_key(|holding| (holding.given_by == holder, holding.given_at));
        let own = || Right { holder: holder.clone(), role: None, given_by: holder.clone(), given_at: Timestamp(0) };
        // What needs no role is the caller's own by being who they are.
        let best = if alone(BTreeSet::new()) { None } else { best };
        best.map_or_else(own, |holding| Right {
            holder: holder.clone(),
            role: Some(holding.role),
            given_by: holding.given_by.clone(),
            given_at: holding.given_at,
        })
    }
}

/// What everyone holds, read at once: for what asks about many callers in one transaction.
#[derive(Debug)]
pub(crate) struct Standings {
    active: BTreeSet<PersonId>,
    memberships: BTreeMap<PersonId, Vec<Membership>>,
    assignments: BTreeMap<Principal, Vec<RoleAssignment>>,
}

impl Standings {
    /// Reads what everyone holds now.
    pub(crate) async fn load(tx: &Tx) -> db::Result<Self> {
        let (mut memberships, mut assignments) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for membership in tx.list_all_memberships().await? {
            memberships.entry(membership.person.clone()).or_default().push(membership);
        }
        for assignment in tx.list_all_assignments().await? {
            assignments.entry(assignment.holder.clone()).or_default().push(assignment);
        }
        Ok(Self { active: tx.list_active().await?, memberships, assignments })
    }

    /// Returns what `caller` holds; `None` for a person who may no longer come in.
    pub(crate) fn of(&self, caller: &Caller) -> Option<Standing> {
        let memberships = match &caller.who {
            Who::Person(person) if !self.active.contains(person) => return None,
            Who::Person(person) => self.memberships.get(person).cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut standing = Standing::with_groups(caller, memberships);
        let assigned = standing.principals().into_iter().filter_map(|holder| self.assignments.get(&holder));
        standing.add_roles(assigned.flatten().cloned().collect::<Vec<_>>());
        Some(standing)
    }
}

/// Returns whether `person` may not decide on what is `sought` for `principal`: is it, is a member of it, or is or may be one of the
/// people of the project whose environment it is.
///
/// # Errors
/// The store's.
pub async fn sides_with(tx: &Tx, person: &PersonId, principal: &Principal, sought: Sought<'_>) -> db::Result<bool> {
    Ok(Standing::load(tx, &Caller::person_named(person.clone())).await?.sides_with(principal, sought))
}

/// Who made the last one-time link with which a person's password was set: they may know that password.
#[derive(Clone, Debug)]
pub struct LinkMaker {
    pub person: PersonId,
    standing: Standing,
}

impl LinkMaker {
    /// Returns whether they may not decide on what is `sought` for `principal`: are it, are a member of it, or are or may be among the
    /// people of the project whose environment it is.
    pub fn sides_with(&self, principal: &Principal, sought: Sought<'_>) -> bool {
        self.standing.sides_with(principal, sought)
    }
}

/// Returns who made the last link that was redeemed for `person`; `None` where there was none, or where it came from the
/// local operator, who is on nobody's side.
///
/// # Errors
/// The store's.
pub async fn link_maker(tx: &Tx, person: &PersonId) -> db::Result<Option<LinkMaker>> {
    let Some(maker) = tx.find_link_maker(person).await?.filter(|maker| maker.as_str() != OPERATOR) else {
        return Ok(None);
    };
    let standing = Standing::load(tx, &Caller::person_named(maker.clone())).await?;
    Ok(Some(LinkMaker { person: maker, standing }))
}

/// Returns whether `person` holds `role` for anything.
///
/// # Errors
/// The store's.
pub async fn holds_anywhere(tx: &Tx, person: &PersonId, role: Role) -> db::Result<bool> {
    Ok(Standing::load(tx, &Caller::person_named(person.clone())).await?.anywhere().contains(&role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn environment(name: &str, team: Option<&str>) -> Resource {
        Resource {
            kind: "environment",
            id: name.into(),
            scope: format!("project/{name}"),
            team: team.map(Into::into),
            asker: None,
            listed: false,
        }
    }

    /// Returns Ana with this one role.
    fn ana(role: Role, place: &str) -> Standing {
        let place: Place = place.parse().unwrap();
        let holdings = vec![Holding { role, place, given_by: "pat".into(), given_at: Timestamp(0) }];
        Standing { caller: Caller::person_named(PersonId::from("ana")), groups: BTreeMap::new(), holdings }
    }

    #[test]
    fn who_may_work_in_an_environment_never_decides_what_it_asks_for() {
        let dev = &Principal::Environment("credit-risk/dev".into());
        let places = [
            "deployment",
            "team:retail",
            "team:wholesale",
            "project/credit-risk",
            "project/credit-risk/dev",
            "project/credit-risk/prod",
            "project/credit",
            "lake/retail",
        ];
        for (role, place) in Role::ALL.into_iter().flat_map(|role| places.map(|place| (role, place))) {
            let ana = ana(role, place);
            for team in [Some("retail"), Some("wholesale"), None] {
                let resource = environment("credit-risk/dev", team);
                let starts_runs = role.works_on_models() && ana.roles_at(&resource).contains(&role);
                let is_one_of_theirs = starts_runs || ana.works_for("credit-risk", &[resource]);
                assert!(
                    !is_one_of_theirs || ana.sides_with(dev, Sought::Data),
                    "{role} for {place}, owned by {team:?}"
                );
            }
            assert!(!ana.belongs(dev) || ana.sides_with(dev, Sought::Data), "{role} for {place}");
        }
    }

    #[test]
    fn who_works_on_no_model_decides_unless_they_belong_to_the_project() {
        let dev = &Principal::Environment("credit-risk/dev".into());
        for role in Role::ALL.into_iter().filter(|role| !role.works_on_models()) {
            for place in ["deployment", "team:retail", "lake/retail", "project/churn"] {
                assert!(!ana(role, place).sides_with(dev, Sought::Data), "{role} for {place}");
            }
            assert!(ana(role, "project/credit-risk").sides_with(dev, Sought::Data), "{role}");
        }
        for place in ["lake/retail", "project/churn"] {
            assert!(!ana(Role::ModelDeveloper, place).sides_with(dev, Sought::Data), "{place}");
        }
        // A role on models says nothing of what is for a person or a group.
        for other in [Principal::Person("cho".into()), Principal::Group("analysts".into())] {
            assert!(!ana(Role::ModelDeveloper, "deployment").sides_with(&other, Sought::Data), "{other}");
        }
        assert!(!ana(Role::ModelDeveloper, "deployment").belongs(dev), "who works everywhere asks for no environment");
    }

    #[test]
    fn who_answers_for_an_endpoint_decides_who_calls_it_unless_they_belong_to_the_project_that_asks() {
        let asks = &Principal::Environment("collections/prod".into());
        let risk = TeamId::from("risk");
        let is_asking = |place: &str, of| ana(Role::ModelOwner, place).sides_with(asks, Sought::Endpoint(of));
        for place in ["deployment", "team:risk", "project/credit-risk", "project/credit-risk/prod"] {
            assert!(!is_asking(place, Some(&risk)), "{place}");
        }
        for place in ["project/collections", "project/collections/dev", "team:collections"] {
            assert!(is_asking(place, Some(&risk)), "{place}");
        }
        assert!(is_asking("team:risk", None), "which team owns it, or asks, is not known");
        for (role, place) in [(Role::ModelDeveloper, "deployment"), (Role::ModelValidator, "team:risk")] {
            assert!(
                ana(role, place).sides_with(asks, Sought::Endpoint(Some(&risk))),
                "{role} for {place} may work there"
            );
        }
        assert!(!ana(Role::Auditor, "team:collections").sides_with(asks, Sought::Endpoint(None)), "no role on models");
        let group = &Principal::Group("analysts".into());
        assert!(!ana(Role::ModelOwner, "team:collections").sides_with(group, Sought::Endpoint(None)));
    }

    #[test]
    fn whose_people_somebody_is_follows_from_any_place_that_covers_the_project() {
        let environments = [environment("credit-risk/dev", Some("retail")), environment("credit-risk/prod", None)];
        let works = |role: Role, place: &str| ana(role, place).works_for("credit-risk", &environments);
        for place in
            ["project/credit-risk", "project/credit-risk/dev", "project/credit-risk/prod", "team:retail", "deployment"]
        {
            assert!(works(Role::ModelDeveloper, place), "{place}");
        }
        assert!(works(Role::DataSteward, "project/credit-risk"), "any role for the project itself");
        for place in ["project/credit", "project/churn", "team:wholesale", "lake/retail"] {
            assert!(!works(Role::ModelDeveloper, place), "{place}");
        }
        for role in [Role::DataSteward, Role::Auditor, Role::PlatformAdministrator] {
            assert!(!works(role, "deployment"), "{role} works on no model");
        }
    }
}
