//! What the local operator may do: whoever stands at the machine, through the admin socket or the command line. They
//! let people in; they never decide.
use crate::audit::Entry;
use crate::audit::store::AuditStore;
use crate::caller::OPERATOR;
use crate::http::Permit;
use crate::people::store::PeopleStore;
use crate::people::{add_member, find_or_create};
use crate::sessions::{self, Link, LinkView};
use crate::tokens::{CreatedToken, NewToken, Token, TokenView};
use crate::{Context, Role, Secret, people, tokens};
use base::{Fault, GroupId, Kind, PersonId, Resource};
use db::Tx;
use serde::{Deserialize, Serialize};
use web::{Json, Problem, Routes, State};

crate::actions! {
    /// Create a token for a person, with groups, as the local operator.
    OperateTokens,
    /// Make a one-time link for an administrator, as the local operator.
    OperateLinks,
}

/// A token to create for a person.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenFor {
    /// The person; added if absent.
    #[schema(value_type = String)]
    pub user: PersonId,
    /// Groups to add them to, if they are not members yet.
    #[schema(value_type = Vec<String>)]
    pub groups: Vec<GroupId>,
    /// How long the token works: a day unless said.
    pub ttl_seconds: Option<i64>,
}

/// An administrator to let in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinkFor {
    /// The administrator, `admin` unless said; added, and made a member of `platform-admins`, if need be.
    #[schema(value_type = Option<String>)]
    pub user: Option<PersonId>,
}

/// Why the operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    People(#[from] people::Error),
    #[error(transparent)]
    Tokens(#[from] tokens::Error),
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::People(inner) => inner.fault(),
            Self::Tokens(inner) => inner.fault(),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::People(inner) => inner.hint(),
            Self::Tokens(inner) => inner.hint(),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}

/// Creates a token for a person, adding the person and memberships that are absent; all of it, on record, or nothing.
///
/// # Errors
/// An unknown group (the nearest is named), a bad name, a lifetime out of bounds.
pub async fn create_token(cx: &Context, order: &TokenFor) -> Result<(Token, Secret), Error> {
    let operator = &PersonId::from(OPERATOR);
    let write = cx.db.write(|tx| async move {
        let person = let_in(cx, &tx, &order.user, &order.groups).await?;
        let ttl_seconds = Some(order.ttl_seconds.unwrap_or(86_400));
        let new = NewToken { name: Some("made by the local operator".into()), ttl_seconds, verbs: None };
        let (token, secret) = tokens::issue(cx, &tx, &person, &new, operator).await?;
        let after = serde_json::to_value(&token).map_err(crate::store::unknown)?;
        record(cx, &tx, "CreateToken", format!("token/{}", token.id), after).await?;
        Ok((token, secret))
    });
    write.await
}

/// Makes a one-time link for an administrator, adding what is absent.
///
/// # Errors
/// A bad name, or a person who was deactivated.
pub async fn admin_link(cx: &Context, order: &LinkFor) -> Result<Link, Error> {
    let operator = &PersonId::from(OPERATOR);
    let name = &order.user.clone().unwrap_or_else(|| "admin".into());
    let admins = &[GroupId::from(Role::PlatformAdministrator.group())];
    let write = cx.db.write(|tx| async move {
        let person = let_in(cx, &tx, name, admins).await?;
        let link = sessions::make_link::<people::Error>(cx, &tx, &person, operator).await?;
        let after = serde_json::json!({ "link": link.id, "expires_at": link.expires_at });
        record(cx, &tx, "CreateLink", format!("person/{person}"), after).await?;
        Ok(link)
    });
    write.await
}

/// Returns whether anybody can administer this deployment yet; if not, the first start makes a link.
///
/// # Errors
/// The store's.
pub async fn has_administrator(cx: &Context) -> db::Result<bool> {
    let admins = GroupId::from(Role::PlatformAdministrator.group());
    let admins = &[admins];
    cx.db.read(|tx| async move { Ok(!tx.list_members(admins).await?.is_empty()) }).await
}

async fn let_in(cx: &Context, tx: &Tx, name: &PersonId, groups: &[GroupId]) -> Result<PersonId, Error> {
    let operator = PersonId::from(OPERATOR);
    let (person, created) = find_or_create(cx, tx, name, &operator).await?;
    if created {
        let after = serde_json::to_value(&person).map_err(crate::store::unknown)?;
        record(cx, tx, "CreatePerson", format!("person/{name}"), after).await?;
    }
    for group in groups {
        if add_member(cx, tx, group, name, &operator).await?.is_some() {
            let after = serde_json::json!({ "person": name, "member": true });
            record(cx, tx, "ChangeMembers", format!("group/{group}"), after).await?;
        }
    }
    Ok(person.id)
}

async fn record(cx: &Context, tx: &Tx, action: &str, resource: String, after: serde_json::Value) -> db::Result<()> {
    let (after, origin) = (Some(after), Some("local".to_owned()));
    tx.insert_entry(&Entry { after, origin, ..Entry::new(cx.clock.now(), OPERATOR, action, resource) }).await
}

/// The routes of the admin socket; mounted nowhere else.
pub fn routes() -> Routes<Context> {
    let routes = Routes::new().with(web::route!(Permit<OperateTokens>, operate_tokens));
    routes.with(web::route!(Permit<OperateLinks>, operate_links))
}

async fn check<A: crate::Action>(cx: &Context, permit: &Permit<A>) -> Result<(), Error> {
    let socket = Resource { kind: "admin_socket", id: "admin".into(), ..crate::http::somewhere() };
    let socket = &socket;
    cx.db.read(|tx| async move { Ok(permit.check(&tx, socket).await.map(|_| ())?) }).await
}

/// Create a token for a person, with groups.
#[utoipa::path(post, path = "/admin/tokens", tag = "operator", request_body = TokenFor,
    responses((status = 200, body = CreatedToken), (status = "default", body = Problem)))]
pub(crate) async fn operate_tokens(
    permit: Permit<OperateTokens>,
    State(cx): State<Context>,
    Json(order): Json<TokenFor>,
) -> Result<Json<CreatedToken>, Problem> {
    check(&cx, &permit).await?;
    let (token, secret) = create_token(&cx, &order).await?;
    Ok(Json(CreatedToken { token: secret, view: TokenView::of(token, cx.clock.now(), false) }))
}

/// Make a one-time link for an administrator.
#[utoipa::path(post, path = "/admin/links", tag = "operator", request_body = LinkFor,
    responses((status = 200, body = LinkView), (status = "default", body = Problem)))]
pub(crate) async fn operate_links(
    permit: Permit<OperateLinks>,
    State(cx): State<Context>,
    Json(order): Json<LinkFor>,
) -> Result<Json<LinkView>, Problem> {
    check(&cx, &permit).await?;
    Ok(Json(admin_link(&cx, &order).await?.into()))
}
