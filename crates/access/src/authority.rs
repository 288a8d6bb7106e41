//! Policies: who may do which verb to what. Cedar decides; this file asks it and remembers its answers.
use crate::Role;
use base::{Principal, Resource};
use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision as Verdict, Effect, Entities, Entity, EntityId, EntityTypeName,
    EntityUid, Policy, PolicyId, PolicySet, PrincipalConstraint, Request, ResourceConstraint, RestrictedExpression,
    Schema, ValidationMode, Validator,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Answers kept; beyond that they are worked out again.
const REMEMBERED: usize = 20_000;

/// Why the server does not start with these policies.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("policies of `{place}` do not parse: {why}")]
    Syntax { place: String, why: String },
    #[error("policy `{0}` stands there twice")]
    Twice(String),
    #[error("company policy `{0}` has a `permit`: company policies may only `forbid`")]
    CompanyPermit(String),
    #[error("company policy `{0}` looks at the resource of a reading verb: lists could not follow it")]
    CompanyReads(String),
    #[error("no policy names action `{0}`: nobody could ever do it")]
    Unnamed(String),
    #[error("the policies do not fit the actions of this server: {0}")]
    Unfit(String),
}

impl base::Fault for PolicyError {
    fn fault(&self) -> (base::Kind, &'static str) {
        (base::Kind::Invalid, "access.policies_unfit")
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::CompanyPermit(_) => "write it as a `forbid … unless …`".into(),
            Self::CompanyReads(_) => "decide on `principal`, `action` and `context` for verbs that read".into(),
            _ => "correct the policy, then start again".into(),
        })
    }
}

/// The one who asks, as policies see them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// A person or an environment; never a group.
    Principal(Principal),
    /// The local operator at the admin socket.
    Operator,
}

/// Everything a decision depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub action: String,
    pub asker: Asker,
    pub groups: BTreeSet<String>,
    /// Roles held for this resource.
    pub roles: BTreeSet<Role>,
    /// Roles held for anything.
    pub anywhere: BTreeSet<Role>,
    pub relation: Relation,
}

/// How a caller stands to a thing, besides the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Relation {
    /// The caller belongs to its asking side.
    pub asks: bool,
    /// The caller is its asking side, and not only belongs to it.
    pub own: bool,
    /// Anyone signed in may know of it.
    pub listed: bool,
}

impl Relation {
    /// How many relations there are.
    pub const COUNT: usize = 8;

    /// Returns the `number`th of them.
    pub fn nth(number: usize) -> Self {
        Self { asks: number & 1 == 1, own: number >> 1 & 1 == 1, listed: number >> 2 & 1 == 1 }
    }

    /// Returns whether all that holds here holds in `other`, too.
    pub fn lies_in(self, other: Self) -> bool {
        (!self.asks || other.asks) && (!self.own || other.own) && (!self.listed || other.listed)
    }
}

/// What Cedar said, and the policies that made it say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub allowed: bool,
    pub policies: Vec<String>,
}

/// Policies that were parsed once; whoever has a copy asks the same.
#[derive(Clone, Debug)]
pub struct Policies(pub(crate) Arc<Authority>);

impl Policies {
    /// Parses the product's policies, concatenated, and the company's, each a file's name and text.
    ///
    /// # Errors
    /// Policies that do not parse, or a company policy that permits.
    pub fn parse(ours: &str, company: &[(String, String)]) -> Result<Self, PolicyError> {
        Ok(Self(Arc::new(Authority::new(ours, company)?)))
    }
}

/// The parsed policies.
pub(crate) struct Authority {
    policies: PolicySet,
    /// Those that name an action, or every action: most questions concern few.
    by_action: HashMap<String, PolicySet>,
    for_every_action: PolicySet,
    /// Whether a policy tells one person, or one group, from another.
    tells_people_apart: bool,
    authorizer: Authorizer,
    /// Actions named by a company policy that looks at the resource; `None` stands for every action.
    by_resource: HashSet<Option<String>>,
    answers: Mutex<HashMap<Question, Decision>>,
    /// Verbs that no route stands for: asked inside others.
    inner: Mutex<BTreeSet<&'static str>>,
    actions: OnceLock<BTreeSet<&'static str>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("policies", &self.policies.num_of_policies()).finish_non_exhaustive()
    }
}

impl Authority {
    /// Parses the product's policies and the company's, each a name and a text.
    pub(crate) fn new(ours: &str, company: &[(String, String)]) -> Result<Self, PolicyError> {
        let mut policies = PolicySet::new();
        let mut by_resource = HashSet::new();
        for policy in parse("lockgate", ours)? {
            add(&mut policies, policy)?;
        }
        for (name, text) in company {
            for policy in parse(name, text)? {
                let id = policy.id().to_string();
                if policy.effect() == Effect::Permit {
                    return Err(PolicyError::CompanyPermit(id));
                }
                if looks_at_resource(&policy) {
                    let named = names(&policy);
                    if named.iter().any(|action| action.as_deref().is_none_or(reads)) {
                        return Err(PolicyError::CompanyReads(id));
                    }
                    by_resource.extend(named);
                }
                add(&mut policies, policy)?;
            }
        }
        let named: HashSet<String> = policies.policies().flat_map(names).flatten().collect();
        let mut by_action = HashMap::new();
        for action in named {
            by_action.insert(action.clone(), naming(&policies, Some(&action))?);
        }
        let tells_people_apart = policies.policies().any(looks_at_principal);
        Ok(Self {
            for_every_action: naming(&policies, None)?,
            tells_people_apart,
            policies,
            by_action,
            authorizer: Authorizer::new(),
            by_resource,
            answers: Mutex::default(),
            inner: Mutex::default(),
            actions: OnceLock::new(),
        })
    }

    /// Takes note of verbs that are asked inside others, so that policies may name them.
    pub(crate) fn also(&self, inner: impl IntoIterator<Item = &'static str>) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).extend(inner);
    }

    /// Checks the policies against the actions of every route: each is named by a policy, and no policy misspells one.
    pub(crate) fn covers(&self, mut actions: BTreeSet<&'static str>) -> Result<(), PolicyError> {
        actions.extend(self.inner.lock().unwrap_or_else(PoisonError::into_inner).iter());
        if self.actions.get() == Some(&actions) {
            return Ok(()); // by whoever has a copy
        }
        let named: HashSet<_> = self.policies.policies().flat_map(names).collect();
        let unnamed = |action: &&&str| !named.contains(&None) && !named.contains(&Some((**action).to_string()));
        if let Some(action) = actions.iter().find(unnamed) {
            return Err(PolicyError::Unnamed((*action).to_owned()));
        }
        let (schema, _) = Schema::from_cedarschema_str(&schema_of(&actions)).map_err(|e| unfit(&e))?;
        let checked = Validator::new(schema).validate(&self.policies, ValidationMode::Strict);
        if let Some(error) = checked.validation_errors().next() {
            return Err(unfit(error));
        }
        let _already_known = self.actions.set(actions);
        Ok(())
    }

    /// Returns the actions that the policies name, in order.
    pub(crate) fn named(&self) -> BTreeSet<&str> {
        self.by_action.keys().map(String::as_str).collect()
    }

    /// Returns the actions of the routes, once they are known.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &'static str> {
        self.actions.get().into_iter().flatten().copied()
    }

    /// Returns whether answers for `action` hold for every resource with equal roles, so that a list can follow them.
    pub(crate) fn is_uniform(&self, action: &str) -> bool {
        !self.by_resource.contains(&None) && !self.by_resource.contains(&Some(action.to_owned()))
    }

    /// Decides. A policy that fails to evaluate refuses: skipping a broken `forbid` would allow.
    pub(crate) fn decide(&self, question: &Question, resource: &Resource) -> Decision {
        let uniform = self.is_uniform(&question.action);
        let key = self.without_names(question);
        if uniform && let Some(known) = self.remembered().get(&key) {
            return known.clone();
        }
        let decision = self.ask(question, resource).unwrap_or_else(|why| {
            tracing::error!(action = question.action, why, "a decision could not be made, so it is a refusal");
            Decision { allowed: false, policies: Vec::new() }
        });
        if uniform {
            let mut answers = self.remembered();
            if answers.len() >= REMEMBERED {
                answers.clear();
            }
            answers.insert(key, decision.clone());
        }
        decision
    }

    /// Returns the question as it is remembered: where no policy tells people apart, one answer serves all of a kind.
    fn without_names(&self, question: &Question) -> Question {
        let mut key = question.clone();
        if !self.tells_people_apart {
            key.groups.clear();
            key.asker = match key.asker {
                Asker::Principal(Principal::Person(_)) => Asker::Principal(Principal::Person("anyone".into())),
                other => other,
            };
        }
        key
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<Question, Decision>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, question: &Question, resource: &Resource) -> Result<Decision, String> {
        let principal = match &question.asker {
            Asker::Principal(Principal::Person(id)) => uid("Person", id.as_str()),
            Asker::Principal(Principal::Environment(id)) => uid("Environment", id.as_str()),
            Asker::Principal(Principal::Group(id)) => return Err(format!("group `{id}` asked")),
            Asker::Operator => uid("Operator", "operator"),
        };
        let groups: HashSet<EntityUid> = question.groups.iter().map(|group| uid("Group", group)).collect();
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let mut facts = HashMap::from([
            ("kind".to_owned(), text(resource.kind)),
            ("id".to_owned(), text(&resource.id)),
            ("scope".to_owned(), text(&resource.scope)),
        ]);
        facts.extend(resource.team.as_ref().map(|team| ("team".to_owned(), text(team.as_str()))));
        let thing = uid("Resource", &format!("{}/{}", resource.kind, resource.id));
        let entities = [
            Entity::new_no_attrs(principal.clone(), groups),
            Entity::new(thing.clone(), facts, HashSet::new()).map_err(|e| e.to_string())?,
        ];
        let entities = Entities::from_entities(entities, None).map_err(|e| e.to_string())?;
        let roles = |held: &BTreeSet<Role>| {
            RestrictedExpression::new_set(held.iter().map(|role| RestrictedExpression::new_string(role.to_string())))
        };
        let context = Context::from_pairs([
            ("roles".to_owned(), roles(&question.roles)),
            ("anywhere".to_owned(), roles(&question.anywhere)),
            ("asks".to_owned(), RestrictedExpression::new_bool(question.relation.asks)),
            ("own".to_owned(), RestrictedExpression::new_bool(question.relation.own)),
            ("listed".to_owned(), RestrictedExpression::new_bool(question.relation.listed)),
        ]);
        let context = context.map_err(|e| e.to_string())?;
        let request = Request::new(principal, uid("Action", &question.action), thing, context, None);
        let policies = self.by_action.get(&question.action).unwrap_or(&self.for_every_action);
        let answer = self.authorizer.is_authorized(&request.map_err(|e| e.to_string())?, policies, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        let mut policies: Vec<String> = answer.diagnostics().reason().map(ToString::to_string).collect();
        policies.sort();
        Ok(Decision { allowed: answer.decision() == Verdict::Allow, policies })
    }
}

fn uid(kind: &str, id: &str) -> EntityUid {
    let kind = EntityTypeName::from_str(kind).expect("a plain word is a type name");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

fn unfit(error: &impl std::fmt::Display) -> PolicyError {
    PolicyError::Unfit(error.to_string())
}

/// Parses a text; a policy is called by its `@id`, else by its number, behind the name of a company's file.
fn parse(place: &str, text: &str) -> Result<Vec<Policy>, PolicyError> {
    let syntax = |why: String| PolicyError::Syntax { place: place.to_owned(), why };
    let parsed = PolicySet::from_str(text).map_err(|errors| syntax(errors.to_string()))?;
    if parsed.num_of_templates() > 0 {
        return Err(syntax("templates are not supported".into()));
    }
    let named = parsed.policies().map(|policy| {
        let given = policy.annotation("id").map_or_else(|| policy.id().to_string(), ToOwned::to_owned);
        let id =
            if place == "lockgate" && policy.annotation("id").is_some() { given } else { format!("{place}/{given}") };
        policy.new_id(PolicyId::new(id))
    });
    Ok(named.collect())
}

fn add(policies: &mut PolicySet, policy: Policy) -> Result<(), PolicyError> {
    let id = policy.id().to_string();
    policies.add(policy).map_err(|_| PolicyError::Twice(id))
}

/// Returns the actions that a policy's head names; `None` for every action.
fn names(policy: &Policy) -> Vec<Option<String>> {
    let name = |uid: &EntityUid| Some(uid.id().unescaped().to_owned());
    match policy.action_constraint() {
        ActionConstraint::Any => vec![None],
        ActionConstraint::In(actions) => actions.iter().map(name).collect(),
        ActionConstraint::Eq(action) => vec![name(&action)],
    }
}

/// Returns the policies that name `action`, or every action.
fn naming(policies: &PolicySet, action: Option<&str>) -> Result<PolicySet, PolicyError> {
    let mut naming = PolicySet::new();
    for policy in policies.policies() {
        if names(policy).iter().any(|named| named.is_none() || (action.is_some() && named.as_deref() == action)) {
            add(&mut naming, policy.clone())?;
        }
    }
    Ok(naming)
}

fn looks_at_resource(policy: &Policy) -> bool {
    policy.resource_constraint() != ResourceConstraint::Any || mentions(policy, "resource")
}

fn looks_at_principal(policy: &Policy) -> bool {
    let by_kind = matches!(policy.principal_constraint(), PrincipalConstraint::Any | PrincipalConstraint::Is(_));
    !by_kind || mentions(policy, "principal")
}

/// Returns whether a policy's conditions mention a variable; one that cannot be read counts as mentioning it.
fn mentions(policy: &Policy, variable: &str) -> bool {
    fn within(value: &serde_json::Value, variable: &str) -> bool {
        match value {
            serde_json::Value::Object(fields) => {
                fields.get("Var").is_some_and(|var| var == variable)
                    || fields.values().any(|inner| within(inner, variable))
            }
            serde_json::Value::Array(items) => items.iter().any(|inner| within(inner, variable)),
            _ => false,
        }
    }
    let conditions = policy.to_json().ok().and_then(|json| json.get("conditions").cloned());
    conditions.is_none_or(|conditions| within(&conditions, variable))
}

/// Returns whether a verb shows things, so that lists must agree with it.
fn reads(action: &str) -> bool {
    ["Read", "List", "Search", "Export"].iter().any(|verb| action.starts_with(verb))
}

fn schema_of(actions: &BTreeSet<&'static str>) -> String {
    let mut schema = "entity Group; entity Person in [Group]; entity Environment; entity Operator;
        entity Resource { kind: String, id: String, scope: String, team?: String };\n"
        .to_owned();
    for action in actions {
        let line = format!(
            "action \"{action}\" appliesTo {{ principal: [Person, Environment, Operator], resource: [Resource],
            context: {{ roles: Set<String>, anywhere: Set<String>, asks: Bool, own: Bool, listed: Bool }} }};\n"
        );
        schema.write_str(&line).expect("a String takes all");
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"
        @id("read") permit(principal is Person, action == Action::"ReadX", resource) when { context.asks || context.roles.contains("auditor") };
        @id("cut") permit(principal, action in [Action::"CutX"], resource) when { context.roles.contains("data_steward") };"#;

    fn question(action: &'static str, roles: &[Role]) -> Question {
        let asker = Asker::Principal(Principal::Person("ana".into()));
        let roles: BTreeSet<Role> = roles.iter().copied().collect();
        let groups = ["staff".to_owned()].into();
        Question {
            action: action.to_owned(),
            asker,
            groups,
            anywhere: roles.clone(),
            roles,
            relation: Relation::default(),
        }
    }

    fn thing() -> Resource {
        let (id, scope) = ("x-1".to_owned(), "lake/hr".to_owned());
        Resource { kind: "x", id, scope, team: None, asker: None, listed: false }
    }

    fn company(text: &str) -> Result<Authority, PolicyError> {
        Authority::new(OURS, &[("hr.cedar".to_owned(), text.to_owned())])
    }

    #[test]
    fn a_role_carries_its_verbs_and_names_the_policy() {
        let authority = Authority::new(OURS, &[]).unwrap();
        let read = authority.decide(&question("ReadX", &[Role::Auditor]), &thing());
        assert_eq!(read, Decision { allowed: true, policies: vec!["read".into()] });
        assert_eq!(authority.decide(&question("ReadX", &[Role::Auditor]), &thing()), read, "and again from memory");
        assert!(!authority.decide(&question("CutX", &[Role::Auditor]), &thing()).allowed);
        assert!(!authority.decide(&question("Unheard", &[Role::Auditor]), &thing()).allowed);
    }

    #[test]
    fn a_company_may_only_forbid() {
        let forbids = company(
            r#"@id("no-hr") forbid(principal in Group::"staff", action == Action::"CutX", resource) when { resource.scope like "lake/hr*" };"#,
        );
        let decision = forbids.unwrap().decide(&question("CutX", &[Role::DataSteward]), &thing());
        assert_eq!(decision, Decision { allowed: false, policies: vec!["hr.cedar/no-hr".into()] });
        let permits = company("permit(principal, action, resource);");
        assert!(matches!(permits, Err(PolicyError::CompanyPermit(_))));
        let reads =
            company(r#"forbid(principal, action == Action::"ReadX", resource) when { resource.scope == "x" };"#);
        assert!(matches!(reads, Err(PolicyError::CompanyReads(_))));
        assert!(matches!(company("forbid(principal, action"), Err(PolicyError::Syntax { .. })));
    }

    #[test]
    fn a_policy_that_fails_refuses() {
        let broken =
            company(r#"forbid(principal, action == Action::"CutX", resource) when { context.rolls.contains("x") };"#);
        let broken = broken.unwrap();
        assert!(!broken.decide(&question("CutX", &[Role::DataSteward]), &thing()).allowed);
        let unfit = broken.covers(["ReadX", "CutX"].into());
        assert!(matches!(unfit, Err(PolicyError::Unfit(_))), "{unfit:?}");
    }

    #[test]
    fn every_action_is_named_and_every_name_is_an_action() {
        let authority = Authority::new(OURS, &[]).unwrap();
        assert!(matches!(authority.covers(["ReadX", "CutX", "BurnX"].into()), Err(PolicyError::Unnamed(_))));
        assert!(matches!(authority.covers(["ReadX"].into()), Err(PolicyError::Unfit(_))));
        authority.covers(["ReadX", "CutX"].into()).unwrap();
        assert_eq!(authority.actions().collect::<Vec<_>>(), ["CutX", "ReadX"]);
    }
}
