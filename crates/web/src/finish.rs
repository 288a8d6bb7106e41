//! What stands around every route: the request id, the limits, and the form that failures leave in.
use crate::{Problem, Render, Routes};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// Names a request in the log, in the audit log and in its answer's header `x-request-id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

/// The bounds around all routes of a listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest body, unless a route says otherwise.
    pub body_bytes: usize,
    /// How many requests may wait for their answer at once; more are told to come back.
    pub concurrent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, concurrent: 512 }
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Returns the service of one listener: each prefix with its routes, failures in each prefix's form.
#[expect(clippy::disallowed_methods, reason = "routes come from `web::route` alone; this only nests their tables")]
pub fn serve(mounted: Vec<(&'static str, Routes<()>)>, new_id: fn() -> String, limits: &Limits) -> Router {
    let mut renders = Vec::new();
    let mut router = Router::new();
    for (prefix, routes) in mounted {
        renders.push((prefix.to_owned(), routes.render));
        renders.extend(routes.below.iter().map(|(below, render)| (format!("{prefix}{below}"), *render)));
        router = if prefix.is_empty() { router.merge(routes.router) } else { router.nest(prefix, routes.router) };
    }
    // The longest prefix that fits decides.
    renders.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    let renders: Arc<[(String, Render)]> = renders.into();
    let slots = Arc::new(Semaphore::new(limits.concurrent));
    let finish = middleware::from_fn(move |request: Request, next: Next| {
        finish(request, next, new_id, slots.clone(), renders.clone())
    });
    router
        .fallback(async || no_such_path())
        .method_not_allowed_fallback(async || wrong_method())
        .layer(DefaultBodyLimit::max(limits.body_bytes))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| internal().into_response()))
        .layer(finish)
}

async fn finish(
    mut request: Request,
    next: Next,
    new_id: fn() -> String,
    slots: Arc<Semaphore>,
    renders: Arc<[(String, Render)]>,
) -> Response {
    let id = new_id();
    let path = request.uri().path();
    let render = renders
        .iter()
        .find(|(prefix, _)| lies_below(path, prefix))
        .map_or(crate::problem_json as Render, |found| found.1);
    let span = tracing::info_span!("request", id, method = %request.method(), path);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = match slots.try_acquire() {
        Ok(_slot) => next.run(request).instrument(span).await,
        Err(_) => busy().into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let problem = Problem { request_id: Some(id.clone()), ..problem };
        let mut rendered = render(&problem);
        // What a handler or extractor set beside the problem (a cookie that ends, say) stays.
        for (name, value) in response.headers() {
            if !rendered.headers().contains_key(name) && name != axum::http::header::CONTENT_LENGTH {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        response = rendered;
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Returns whether `path` is `prefix` or lies below it; a part of the prefix such as `{project}` stands for any.
fn lies_below(path: &str, prefix: &str) -> bool {
    let mut parts = path.split('/');
    prefix.split('/').filter(|part| !part.is_empty()).fold(parts.next() == Some(""), |fits, wanted| {
        let found = parts.next();
        fits && found.is_some_and(|part| part == wanted || (wanted.starts_with('{') && !part.is_empty()))
    })
}

fn no_such_path() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "web.no_such_path",
        "there is nothing at this path",
        Some("the API reference is at `/docs`"),
    )
}

fn wrong_method() -> Problem {
    let hint = "the API reference at `/docs` names the methods of each path";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "web.wrong_method", "this path does not take this method", Some(hint))
}

fn busy() -> Problem {
    let detail = "too many requests wait for an answer";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "web.busy", detail, Some("try again in a second"))
}

/// Returns the problem of a failure whose cause is in the log.
pub fn internal() -> Problem {
    let hint = "give the request id to your platform administrator";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "web.internal", "internal error", Some(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_may_stand_for_any_name() {
        assert!(lies_below("/api/v1", "/api/v1") && lies_below("/api/v1/x", "/api/v1") && lies_below("/x", ""));
        assert!(!lies_below("/api/v10", "/api/v1") && !lies_below("/api", "/api/v1") && !lies_below("*", ""));
        assert!(lies_below("/mlflow/a/api", "/mlflow/{project}") && !lies_below("/mlflow//api", "/mlflow/{project}"));
        assert!(!lies_below("/mlflow", "/mlflow/{project}"));
    }
}
