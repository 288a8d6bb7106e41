use super::me::{self, MeView};
use super::model::{clear_cookie, csrf_of, set_cookie};
use super::{EndSession, Error, Link, ReadMe, Session, service};
use crate::Context;
use crate::http::{Anyone, Caller, Permit, SignIn, Who};
use crate::secret::Secret;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use web::{Json, Problem, Routes, State};

/// A one-time link. It is shown here and never again.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkView {
    pub person: String,
    /// The secret, for `POST /links/redeem`.
    pub link: Secret,
    /// The page that takes it, to put behind this server's address.
    pub path: Secret,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl From<Link> for LinkView {
    fn from(link: Link) -> Self {
        let path = Secret::from(link.path());
        Self { person: link.person.0, link: link.secret, path, expires_at: link.expires_at }
    }
}

/// A name and its password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    pub name: String,
    pub password: Secret,
}

/// A one-time link and the password to set with it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redemption {
    pub link: Secret,
    pub password: Secret,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<Anyone>, sign_in));
    let routes = routes.with(web::route!(Permit<Anyone>, redeem_link));
    let routes = routes.with(web::route!(Permit<EndSession>, sign_out));
    routes.with(web::route!(Permit<ReadMe>, get_me))
}

type Opened = ([(HeaderName, String); 2], Json<MeView>);

/// Answers with the session's cookie; nothing on the way may keep that answer.
async fn opened(cx: &Context, permit: &Permit<Anyone>, opened: (Session, Secret)) -> Result<Opened, Problem> {
    let (session, secret) = opened;
    let by = SignIn::Session { id: session.id, csrf: csrf_of(secret.reveal()) };
    let caller = Caller { who: Who::Person(session.person), by, verbs: None, ..permit.caller().clone() };
    let me = me::me(cx, permit, &caller).await?;
    let headers = [(SET_COOKIE, set_cookie(&secret, cx.https)), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((headers, Json(me)))
}

/// Sign in with a name and a password.
#[utoipa::path(post, path = "/sessions", tag = "access", request_body = Credentials, security(()),
    responses((status = 200, body = MeView), (status = "default", body = Problem)))]
pub(super) async fn sign_in(
    permit: Permit<Anyone>,
    State(cx): State<Context>,
    Json(credentials): Json<Credentials>,
) -> Result<Opened, Problem> {
    let password = credentials.password.reveal().to_owned();
    let session = service::sign_in(&cx, permit.caller(), &credentials.name, password).await?;
    opened(&cx, &permit, session).await
}

/// Set a password with a one-time link, and sign in.
#[utoipa::path(post, path = "/links/redeem", tag = "access", request_body = Redemption, security(()),
    responses((status = 200, body = MeView), (status = "default", body = Problem)))]
pub(super) async fn redeem_link(
    permit: Permit<Anyone>,
    State(cx): State<Context>,
    Json(redemption): Json<Redemption>,
) -> Result<Opened, Problem> {
    let password = redemption.password.reveal().to_owned();
    let session = service::redeem(&cx, permit.caller(), redemption.link.reveal(), password).await?;
    opened(&cx, &permit, session).await
}

/// Sign out: end the session of this browser.
#[utoipa::path(delete, path = "/sessions/current", tag = "access",
    responses((status = 204), (status = "default", body = Problem)))]
pub(super) async fn sign_out(
    permit: Permit<EndSession>,
    State(cx): State<Context>,
) -> Result<impl IntoResponse, Problem> {
    let SignIn::Session { id, .. } = &permit.caller().by else { return Err(Error::NoSession.into()) };
    service::sign_out(&cx, permit.caller(), id).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, clear_cookie(cx.https))]))
}

/// Show who one is here, and what one may do.
#[utoipa::path(get, path = "/me", tag = "access",
    responses((status = 200, body = MeView), (status = "default", body = Problem)))]
pub(super) async fn get_me(permit: Permit<ReadMe>, State(cx): State<Context>) -> Result<Json<MeView>, Problem> {
    Ok(Json(me::me(&cx, &permit, permit.caller()).await?))
}
