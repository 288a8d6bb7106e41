use crate::authority::Relation;
use crate::http::{Caller, Held, SignIn, Who};
use crate::people::store::PeopleStore;
use crate::{Context, Role, http::Permit};
use base::Timestamp;
use db::Tx;
use serde::Serialize;

/// Who the caller is here, and what they may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MeView {
    /// `person:ana`, `environment:credit-risk/preprod`, or `operator`.
    pub principal: String,
    /// The person; null for an attempt or the operator.
    pub person: Option<MePerson>,
    pub groups: Vec<String>,
    pub roles: Vec<RoleHeld>,
    /// The verbs that the caller may do to something; the UI shows no others.
    pub can: Vec<String>,
    /// What a browser sends as `x-lockgate-csrf` with every unsafe method; null without a session.
    pub csrf: Option<String>,
    pub sign_in: SignInWord,
}

/// The person who asks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MePerson {
    pub id: String,
    pub name: String,
}

/// How the caller came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignInWord {
    Session,
    Token,
    Local,
}

/// A role that the caller holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RoleHeld {
    pub role: Role,
    pub scope: String,
    pub given_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Timestamp,
}

/// Returns what `caller` is and may do.
pub(super) async fn me<A: crate::Action>(cx: &Context, permit: &Permit<A>, caller: &Caller) -> db::Result<MeView> {
    cx.db.read(|tx| async move { view(&tx, permit, caller).await }).await
}

async fn view<A: crate::Action>(tx: &Tx, permit: &Permit<A>, caller: &Caller) -> db::Result<MeView> {
    let held = permit.gate().permit::<A>(caller.clone());
    let held = held.held(tx).await?;
    let person = match &caller.who {
        Who::Person(id) => tx.find_person(id).await?.map(|p| MePerson { id: p.id.0, name: p.display_name }),
        _ => None,
    };
    let standing = held.standing();
    let role = |holding: &crate::Holding| RoleHeld {
        role: holding.role,
        scope: holding.place.to_string(),
        given_by: holding.given_by.0.clone(),
        given_at: holding.given_at,
    };
    Ok(MeView {
        principal: caller.actor(),
        person,
        groups: standing.groups.keys().map(|group| group.0.clone()).collect(),
        roles: standing.holdings.iter().map(role).collect(),
        can: can(permit, &held),
        csrf: caller.csrf().map(ToOwned::to_owned),
        sign_in: match caller.by {
            SignIn::Session { .. } => SignInWord::Session,
            SignIn::Token(_) => SignInWord::Token,
            SignIn::Local | SignIn::Nothing => SignInWord::Local,
        },
    })
}

/// Returns the verbs allowed for some resource: with every role held, and however the caller stands to it.
fn can<A: crate::Action>(permit: &Permit<A>, held: &Held<'_>) -> Vec<String> {
    let (authority, standing) = (permit.gate().authority(), held.standing());
    let limited = &standing.caller.verbs;
    let ever = |action: &str| {
        (0..Relation::COUNT).map(Relation::nth).any(|relation| {
            let question = standing.question(action, standing.anywhere(), relation);
            question.is_some_and(|question| authority.decide(&question, &crate::http::somewhere()).allowed)
        })
    };
    let carried = |action: &&str| limited.as_ref().is_none_or(|verbs| verbs.iter().any(|verb| verb == action));
    authority.actions().filter(carried).filter(|action| ever(action)).map(ToOwned::to_owned).collect()
}
