use super::service::{self, NewToken};
use super::{CreateToken, ReadToken, RevokeToken, Token, TokenKind, TokenState};
use crate::http::Permit;
use crate::{Context, Once, Secret};
use base::{Next, PersonId, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A token as its viewer sees it, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    pub id: String,
    pub name: String,
    pub kind: TokenKind,
    pub state: TokenState,
    /// Its owner; of an attempt, the person it runs for.
    pub person: Option<String>,
    pub environment: Option<String>,
    pub attempt: Option<String>,
    /// The verbs it is limited to; null for all that its owner may do.
    pub verbs: Option<Vec<String>>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub next: Next,
}

impl TokenView {
    pub(crate) fn of(token: Token, now: Timestamp, may_revoke: bool) -> Self {
        let (state, next) = (token.state(now), token.next(now, may_revoke));
        Self {
            id: token.id.0,
            name: token.name,
            kind: token.kind,
            state,
            person: token.person.map(|person| person.0),
            environment: token.environment.map(|environment| environment.0),
            attempt: token.attempt,
            verbs: token.verbs,
            created_by: token.created_by.0,
            created_at: token.created_at,
            expires_at: token.expires_at,
            next,
        }
    }
}

/// A new token: the only answer that shows its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CreatedToken {
    /// The secret. It is not stored and cannot be shown again.
    pub token: Secret,
    #[serde(flatten)]
    pub view: TokenView,
}

/// What a new token is to be.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenOrder {
    /// What it is for, in the owner's words.
    pub name: Option<String>,
    /// How long it works: 30 days unless said.
    pub ttl_seconds: Option<i64>,
    /// The verbs it is limited to, such as `ReadDataset`; all of the owner's unless said.
    pub verbs: Option<Vec<String>>,
}

/// Which tokens to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenQuery {
    /// Those of one person.
    pub person: Option<String>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadToken>, list_tokens));
    let routes = routes.with(web::route!(Permit<CreateToken>, create_token));
    routes.with(web::route!(Permit<RevokeToken>, revoke_token))
}

/// List tokens: one's own, or everyone's for an administrator.
#[utoipa::path(get, path = "/tokens", tag = "access", params(TokenQuery, Paging),
    responses((status = 200, body = Page<TokenView>), (status = "default", body = Problem)))]
pub(super) async fn list_tokens(
    permit: Permit<ReadToken>,
    State(cx): State<Context>,
    Query(query): Query<TokenQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let (limit, person, now) = (paging.limit(), query.person.map(PersonId), cx.clock.now());
    let listed = service::list(&cx, &permit, person.as_ref(), paging.after()?, u64::from(limit) + 1).await?;
    let page = Page::of(listed.0, limit, |(token, _)| token.id.0.clone());
    let page = page.map(|(token, right)| TokenView::of(token, now, right.is_some()));
    Ok(Json(Page { total: Some(listed.1), ..page }))
}

/// Create a token of one's own. Its secret is answered here and never again.
#[utoipa::path(post, path = "/tokens", tag = "access", request_body = TokenOrder,
    responses((status = 200, body = CreatedToken), (status = "default", body = Problem)))]
pub(super) async fn create_token(
    permit: Permit<CreateToken>,
    State(cx): State<Context>,
    once: Once,
    Json(order): Json<TokenOrder>,
) -> Result<Json<CreatedToken>, Problem> {
    let new = NewToken { name: order.name, ttl_seconds: order.ttl_seconds, verbs: order.verbs };
    let (token, secret) = service::create(&cx, &permit, &once, &new).await?;
    Ok(Json(CreatedToken { token: secret, view: TokenView::of(token, cx.clock.now(), true) }))
}

/// End a token now; it stops working everywhere within a second.
#[utoipa::path(post, path = "/tokens/{id}/revoke", tag = "access", params(("id" = String, Path)),
    responses((status = 200, body = TokenView), (status = "default", body = Problem)))]
pub(super) async fn revoke_token(
    permit: Permit<RevokeToken>,
    State(cx): State<Context>,
    Path(id): Path<TokenId>,
) -> Result<Json<TokenView>, Problem> {
    let token = service::revoke(&cx, &permit, &id).await?;
    Ok(Json(TokenView::of(token, cx.clock.now(), true)))
}
