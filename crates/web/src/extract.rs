//! Bodies, paths and queries whose malformed forms are a [`Problem`] that names the place.
use crate::Problem;
use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
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

/// Reads a body whole, and says which it was to whoever asked.
async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<(Parts, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let limited = Request::from_parts(parts.clone(), body);
    let bytes = Bytes::from_request(limited, state).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => bad_input("the body broke off"),
    })?;
    if let Some(digest) = parts.extensions.get::<BodyDigest>() {
        let _first_stays = digest.0.set(Digest::of(&bytes));
    }
    Ok((parts, bytes))
}

/// A body of text, as it is; one that is too large, or no UTF-8, is a [`Problem`].
#[derive(Clone, Debug)]
pub struct Text(pub String);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (_, bytes) = whole(request, state).await?;
        let text = String::from_utf8(bytes.into()).map_err(|error| {
            bad_input(format!("byte {} of the body begins no character of UTF-8", error.utf8_error().valid_up_to() + 1))
        })?;
        Ok(Self(text))
    }
}

/// JSON in and out; a malformed body is a [`Problem`] with line and column.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, bytes) = whole(request, state).await?;
        let null = null_in_json(&bytes);
        match axum::Json::from_request(Request::from_parts(parts, Body::from(bytes)), state).await {
            Ok(axum::Json(value)) => match null {
                Some((line, column)) => Err(no_null(&format!("the text at line {line} column {column} of the body"))),
                None => Ok(Self(value)),
            },
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(bad_input("the body needs the header `content-type: application/json`"))
            }
            Err(error) => Err(bad_input(plain(&error.body_text()))),
        }
    }
}

/// Refuses U+0000, which no text of ours needs and PostgreSQL cannot keep: better here, in the sender's words, than deep
/// inside and on one engine only.
fn no_null(what: &str) -> Problem {
    bad_input(format!("{what} holds the character U+0000"))
}

/// Returns line and column of the first U+0000 in the texts of `json`, where it can only be written as an escape.
fn null_in_json(json: &[u8]) -> Option<(usize, usize)> {
    const ESCAPE: &[u8] = b"\\u0000";
    let mut at = 0;
    while let Some(backslash) = json[at..].iter().position(|byte| *byte == b'\\') {
        at += backslash;
        if json[at..].starts_with(ESCAPE) {
            let before = &json[..at];
            let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            return Some((line, at - line_start + 1));
        }
        at = json.len().min(at + 2); // the escaped character, which may be a backslash itself
    }
    None
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
        let raw = RawPathParams::from_request_parts(parts, state).await;
        let raw = raw.map_err(|error| bad_input(error.body_text()))?;
        if let Some((name, _)) = raw.iter().find(|(_, value)| value.contains('\0')) {
            return Err(no_null(&format!("`{name}` in the path")));
        }
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
        let pairs = parts.uri.query().unwrap_or_default().split('&');
        // A percent sign is never a digit of another one, so this text always means that character.
        if let Some(pair) = pairs.into_iter().find(|pair| pair.contains("%00")) {
            let name: String = pair.split('=').next().unwrap_or_default().chars().take(100).collect();
            return Err(no_null(&format!("`{name}` in the query string")));
        }
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|error| bad_input(error.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_in_json_is_found_where_it_stands() {
        assert_eq!(null_in_json(b"{\"a\": \"x\\u0000\"}"), Some((1, 9)));
        assert_eq!(null_in_json(b"{\n  \"a\\n\\u0000\": 1}"), Some((2, 7)));
        assert_eq!(null_in_json(br#"{"a": "\\\u0000"}"#), Some((1, 10)));
        for json in [&b""[..], br#"{"a": "\\u0000"}"#, br#""\u0001 u0000""#, b"\\"] {
            assert_eq!(null_in_json(json), None, "{}", String::from_utf8_lossy(json));
        }
    }
}
