//! Bodies, paths and queries whose malformed forms are a [`Problem`] that names the place.
use crate::Problem;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use base::Digest;
use std::sync::{Arc, OnceLock};

/// Returns the problem of a malformed input.
pub fn bad_input(detail: impl Into<String>) -> Problem {
    let hint = "the API reference at `/docs` shows what this operation takes";
    Problem::new(StatusCode::BAD_REQUEST, "web.malformed", detail, Some(hint))
}

fn too_large() -> Problem {
    let hint = "send less, or in parts";
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "web.too_large",
        "the body is larger than this operation takes",
        Some(hint),
    )
}

/// The digest of a body's bytes, which [`Json`] fills in as it reads; an extractor puts it into the request's extensions.
#[derive(Clone, Debug, Default)]
pub struct BodyDigest(Arc<OnceLock<Digest>>);

impl BodyDigest {
    /// Returns the digest of a body that was read elsewhere.
    pub fn of(body: impl AsRef<[u8]>) -> Self {
        Self(Arc::new(OnceLock::from(Digest::of(body))))
    }

    /// Returns the digest as text; that of no bytes for a call whose handler takes no body.
    pub fn text(&self) -> String {
        self.0.get().copied().unwrap_or_else(|| Digest::of(b"")).to_string()
    }
}

/// JSON in and out; a malformed body is a [`Problem`] with line and column.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = match request.extensions().get::<BodyDigest>().cloned() {
            Some(digest) => keep_digest(request, state, &digest).await?,
            None => request,
        };
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(bad_input("the body needs the header `content-type: application/json`"))
            }
            Err(error) => Err(bad_input(plain(&error.body_text()))),
        }
    }
}

async fn keep_digest<S: Send + Sync>(request: Request, state: &S, digest: &BodyDigest) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let limited = Request::from_parts(parts.clone(), body);
    let bytes = Bytes::from_request(limited, state).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => bad_input("the body broke off"),
    })?;
    let _first_stays = digest.0.set(Digest::of(&bytes));
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Shortens axum's sentence to what the sender can use.
fn plain(text: &str) -> String {
    let start = text.rfind(": ").map_or(0, |_| text.find(": ").map_or(0, |at| at + 2));
    format!("the body does not fit: {}", &text[start..])
}

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Path parameters; a malformed one is a [`Problem`].
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: serde::de::DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|error| bad_input(error.body_text()))
    }
}

/// The query string; a malformed one is a [`Problem`].
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: serde::de::DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|error| bad_input(error.body_text()))
    }
}
