//! The list predicate: which rows of a table a caller may see, as one SQL condition that agrees with every decision.
use crate::authority::{Authority, Decision, Relation};
use crate::standing::Standing;
use crate::{Place, Role};
use base::{Principal, Resource};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use std::collections::{BTreeMap, BTreeSet};

/// Where a table keeps what `access` decides on: the same facts as the row's [`Resource`].
#[derive(Clone, Debug)]
pub struct Columns {
    scope: SimpleExpr,
    team: Option<SimpleExpr>,
    asker: Option<SimpleExpr>,
    listed: Option<SimpleExpr>,
}

impl Columns {
    /// Returns columns of which `scope` holds, or computes, the path: `Expr::col(Column::Scope)`, or
    /// `Expr::cust("'lake/' || replace(dataset, '.', '/')")`.
    pub fn scope(scope: impl Into<SimpleExpr>) -> Self {
        Self { scope: scope.into(), team: None, asker: None, listed: None }
    }

    /// Adds where the owning team's name stands; it may be null.
    #[must_use]
    pub fn team(self, team: impl Into<SimpleExpr>) -> Self {
        Self { team: Some(team.into()), ..self }
    }

    /// Adds where the asking side stands, as a principal's text; it may be null.
    #[must_use]
    pub fn asker(self, asker: impl Into<SimpleExpr>) -> Self {
        Self { asker: Some(asker.into()), ..self }
    }

    /// Adds a condition that is true for rows that anyone signed in may know of.
    #[must_use]
    pub fn listed(self, listed: impl Into<SimpleExpr>) -> Self {
        Self { listed: Some(listed.into()), ..self }
    }
}

/// One way to see a row: these roles held for it (and no other, where a company policy makes that matter), and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    roles: BTreeSet<Role>,
    relation: Relation,
}

/// Which rows a caller may see. Made by `Permit::visible`; holds in the transaction it was made in.
#[derive(Clone, Debug)]
pub struct Visible {
    /// Where each role that is not held everywhere is held.
    places: BTreeMap<Role, Vec<Place>>,
    /// The caller as a principal's text, if it is one.
    own: Option<String>,
    askers: Askers,
    ways: Vec<Way>,
    /// Whether more roles never hide a row, so that a way need not say which are absent.
    grows: bool,
}

/// The principals that the caller belongs to: by name, or every environment of a project.
#[derive(Clone, Debug, Default)]
struct Askers {
    named: BTreeSet<String>,
    projects: BTreeSet<String>,
}

impl Visible {
    /// Asks for every combination of roles, asking and listed once, and keeps those that are allowed.
    pub(crate) fn of(authority: &Authority, standing: &Standing, action: &'static str) -> Self {
        let mut places: BTreeMap<Role, Vec<Place>> = BTreeMap::new();
        for holding in &standing.holdings {
            places.entry(holding.role).or_default().push(holding.place.clone());
        }
        let everywhere: BTreeSet<Role> =
            places.iter().filter(|(_, held)| held.iter().any(Place::is_deployment)).map(|(role, _)| *role).collect();
        places.retain(|role, _| !everywhere.contains(role));
        let varying: Vec<Role> = places.keys().copied().collect();
        let mut ways = Vec::new();
        if !authority.is_uniform(action) {
            tracing::error!(action, "a company policy looks at the resource of a verb that lists: nothing is shown");
            return Self { places, own: None, askers: Askers::default(), ways, grows: true };
        }
        for number in 0..Relation::COUNT << varying.len() {
            let (relation, held) = (Relation::nth(number % Relation::COUNT), number / Relation::COUNT);
            let here = varying.iter().enumerate().filter(|(index, _)| held >> index & 1 == 1).map(|(_, role)| *role);
            let here: BTreeSet<Role> = here.collect();
            let roles = everywhere.union(&here).copied().collect();
            let allowed = standing.question(action, roles, relation).is_some_and(|question| {
                let Decision { allowed, .. } = authority.decide(&question, &crate::http::somewhere());
                allowed
            });
            if allowed {
                ways.push(Way { roles: here, relation });
            }
        }
        let grows = grows(&ways, &varying);
        if grows {
            ways = smallest(&ways);
        }
        let named = standing.groups.keys().cloned().map(Principal::Group).chain(standing.caller.principal());
        let named = named.map(|principal| principal.to_string()).collect();
        let projects = standing.projects().map(|(project, _)| project.to_owned()).collect();
        let own = standing.caller.principal().map(|principal| principal.to_string());
        Self { places, own, askers: Askers { named, projects }, ways, grows }
    }

    /// Returns whether every row is visible, whatever it is.
    pub fn is_everything(&self) -> bool {
        self.grows && self.ways.iter().any(|way| way.roles.is_empty() && way.relation == Relation::default())
    }

    /// Returns the condition for a `WHERE`, over the columns named.
    pub fn condition(&self, columns: &Columns) -> Condition {
        if self.is_everything() {
            return Condition::all();
        }
        let mut any = Condition::any();
        for way in &self.ways {
            let mut all = Condition::all();
            for (role, places) in &self.places {
                all = add(all, way.roles.contains(role), self.grows, held_at(places, columns));
            }
            all = add(all, way.relation.asks, self.grows, self.asks(columns));
            all = add(all, way.relation.own, self.grows, self.owns(columns));
            let listed = columns.listed.clone().map_or_else(never, |listed| Condition::all().add(listed));
            any = any.add(add(all, way.relation.listed, self.grows, listed));
        }
        if self.ways.is_empty() { never() } else { Condition::all().add(any) }
    }

    /// Returns whether a row is visible, for lists that are not in the database.
    pub fn allows(&self, resource: &Resource) -> bool {
        let held = |places: &Vec<Place>| places.iter().any(|place| place.covers(resource));
        let here: BTreeSet<Role> =
            self.places.iter().filter(|(_, places)| held(places)).map(|(role, _)| *role).collect();
        let asker = resource.asker.as_ref().map(ToString::to_string);
        let asks = asker.as_ref().is_some_and(|asker| self.askers.contain(asker));
        let relation = Relation { asks, own: asker.is_some() && asker == self.own, listed: resource.listed };
        let row = Way { roles: here, relation };
        self.ways.iter().any(|way| if self.grows { way.lies_in(&row) } else { *way == row })
    }

    fn asks(&self, columns: &Columns) -> Condition {
        let Some(asker) = &columns.asker else { return never() };
        let mut any = Condition::any().add(asker.clone().is_in(self.askers.named.iter().map(String::as_str)));
        for project in &self.askers.projects {
            any = any.add(below(asker, &format!("environment:{project}")));
        }
        Condition::all().add(asker.clone().is_not_null()).add(any)
    }

    fn owns(&self, columns: &Columns) -> Condition {
        let (Some(asker), Some(own)) = (&columns.asker, &self.own) else { return never() };
        Condition::all().add(asker.clone().is_not_null()).add(asker.clone().eq(own.as_str()))
    }
}

impl Askers {
    fn contain(&self, asker: &str) -> bool {
        let project = asker.strip_prefix("environment:").and_then(|name| name.split_once('/'));
        self.named.contains(asker) || project.is_some_and(|(project, _)| self.projects.contains(project))
    }
}

impl Way {
    fn lies_in(&self, other: &Self) -> bool {
        self.roles.is_subset(&other.roles) && self.relation.lies_in(other.relation)
    }
}

/// Returns whether adding a role, asking, or being listed never turns a yes into a no.
fn grows(ways: &[Way], varying: &[Role]) -> bool {
    let known = |way: &Way| ways.contains(way);
    ways.iter().all(|way| {
        let more = varying.iter().map(|role| {
            let mut roles = way.roles.clone();
            roles.insert(*role);
            Way { roles, ..way.clone() }
        });
        let related = [
            Relation { asks: true, ..way.relation },
            Relation { own: true, ..way.relation },
            Relation { listed: true, ..way.relation },
        ];
        let others = related.map(|relation| Way { relation, ..way.clone() });
        more.chain(others).all(|wider| known(&wider))
    })
}

/// Keeps the ways that no other lies in.
fn smallest(ways: &[Way]) -> Vec<Way> {
    let needless = |way: &Way| ways.iter().any(|other| other != way && other.lies_in(way));
    ways.iter().filter(|way| !needless(way)).cloned().collect()
}

fn add(all: Condition, wanted: bool, grows: bool, fact: Condition) -> Condition {
    match (wanted, grows) {
        (true, _) => all.add(fact),
        (false, true) => all,
        (false, false) => all.add(fact.not()),
    }
}

fn never() -> Condition {
    Condition::all().add(Expr::val(1).eq(0))
}

fn held_at(places: &[Place], columns: &Columns) -> Condition {
    let mut any = Condition::any().add(never());
    for place in places {
        match (place, &columns.team) {
            (Place::Scope(path), _) => {
                any = any.add(columns.scope.clone().eq(path.as_str())).add(below(&columns.scope, path));
            }
            (Place::Team(team), Some(column)) => {
                let is_team = column.clone().eq(team.as_str());
                any = any.add(Condition::all().add(column.clone().is_not_null()).add(is_team));
            }
            (Place::Team(_), None) => {}
        }
    }
    any
}

/// Returns that a path lies below `path`, as a range: `0` follows `/`, and `LIKE` would take `_` for any letter.
fn below(column: &SimpleExpr, path: &str) -> Condition {
    Condition::all().add(column.clone().gt(format!("{path}/"))).add(column.clone().lt(format!("{path}0")))
}
