//! The page: built files as they are, and the one index, with a nonce of its own, for every other path.
use access::http::{Anyone, Permit};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::marker::PhantomData;
use web::{Path, Problem, Raw, Routes};

const CONTENT_SECURITY_POLICY: HeaderName = HeaderName::from_static("content-security-policy");

/// The routes of the page, at the root.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(routes: Routes<S>) -> Routes<S> {
    routes
        .with(Raw("GET", "/").route(PhantomData::<Permit<Anyone>>, get_index))
        .with(Raw("GET", "/{*path}").route(PhantomData::<Permit<Anyone>>, get_file))
}

async fn get_index(_permit: Permit<Anyone>) -> Response {
    index()
}

async fn get_file(_permit: Permit<Anyone>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match ui_assets::get(&path) {
        Some(asset) => file(asset, &headers),
        // A script or style that is not there must not be answered by a page; a place in the product is.
        None if path.starts_with("assets/") => {
            let hint = "load the page again: a newer version of the product is running";
            Problem::new(StatusCode::NOT_FOUND, "web.no_such_path", "there is nothing at this path", Some(hint))
                .into_response()
        }
        // Nor may a path of the API that does not exist: a script would take the page for an answer.
        None if path == "api" || path.starts_with("api/") || path.starts_with("git/") => {
            let hint = "the API reference at `/docs` lists the paths";
            Problem::new(StatusCode::NOT_FOUND, "web.no_such_path", "there is nothing at this path", Some(hint))
                .into_response()
        }
        None => index(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a nonce per answer, and nothing else, comes from the thread's generator"
)]
fn index() -> Response {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let mut response = Html(ui_assets::index(&nonce)).into_response();
    let policy = HeaderValue::try_from(policy).expect("base64 and ASCII");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn file(asset: ui_assets::Asset, asked: &HeaderMap) -> Response {
    let kept = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    let etag = HeaderValue::try_from(asset.etag).expect("hex in quotes");
    if asked.get(IF_NONE_MATCH) == Some(&etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(ETAG, etag);
    let takes_gzip =
        asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|v| v.contains("gzip"));
    match asset.gzip {
        Some(packed) if takes_gzip => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (headers, packed).into_response()
        }
        _ => (headers, asset.bytes).into_response(),
    }
}
