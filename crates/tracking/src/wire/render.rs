use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use web::Problem;

/// How MLflow's clients read a failure.
#[derive(Serialize)]
struct Failure<'a> {
    error_code: &'a str,
    message: String,
    sqlstate: &'a str,
    error_class: &'a str,
}

/// Renders a failure as MLflow's clients read it: login, permission, limits and unknown paths included.
pub fn mlflow(problem: &Problem) -> Response {
    let (status, code) = standing(problem);
    let error_class = match code {
        "BAD_REQUEST" => "INVALID_PARAMETER_VALUE",
        "RESOURCE_DOES_NOT_EXIST" | "ENDPOINT_NOT_FOUND" => "RESOURCE_NOT_FOUND",
        other => other,
    };
    let mut message = problem.detail.clone();
    if let Some(hint) = problem.hint.as_ref().filter(|_| problem.code != "web.no_such_path") {
        message = format!("{message}; {hint}");
    }
    if let Some(id) = problem.request_id.as_ref().filter(|_| status.is_server_error()) {
        message = format!("{message} (request {id})");
    }
    let sqlstate = if status.is_client_error() { "KAM00" } else { "KAM01" };
    let failure = Failure { error_code: code, message, sqlstate, error_class };
    let mut response = (status, axum::Json(failure)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Basic realm=\"lockgate\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// Returns the status and the word for a failure. Clients try 5xx, 408 and 429 again for minutes, so a caller's mistake
/// is none of them, and a name that is taken is 400, which they look for.
fn standing(problem: &Problem) -> (StatusCode, &'static str) {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let code = match (problem.code.as_str(), problem.status) {
        ("tracking.experiment_taken" | "tracking.model_taken", _) => {
            return (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS");
        }
        ("web.no_such_path", _) => "ENDPOINT_NOT_FOUND",
        (_, 400) => "INVALID_PARAMETER_VALUE",
        (_, 401) => "UNAUTHENTICATED",
        (_, 403) => "PERMISSION_DENIED",
        (_, 404) => "RESOURCE_DOES_NOT_EXIST",
        (_, 409) => "ABORTED",
        (_, 429) => "REQUEST_LIMIT_EXCEEDED",
        (_, 501) => "NOT_IMPLEMENTED",
        (_, 503) => "TEMPORARILY_UNAVAILABLE",
        (_, 402..=499) => "BAD_REQUEST",
        _ => "INTERNAL_ERROR",
    };
    (status, code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use expect_test::{Expect, expect};

    fn check(problem: impl Into<Problem>, expected: Expect) {
        let (status, code) = standing(&problem.into());
        expected.assert_eq(&format!("{} {code}", status.as_u16()));
    }

    #[test]
    fn a_failure_has_mlflows_word() {
        check(Error::ExperimentTaken("x".into()), expect!["400 RESOURCE_ALREADY_EXISTS"]);
        check(Error::NoRun("x".into()), expect!["404 RESOURCE_DOES_NOT_EXIST"]);
        check(Error::NoAlias("x".into()), expect!["400 INVALID_PARAMETER_VALUE"]);
        check(Error::Unsupported("x".into()), expect!["501 NOT_IMPLEMENTED"]);
        check(access::Refused::PersonsOnly, expect!["403 PERMISSION_DENIED"]);
        check(access::http::AuthError::Missing, expect!["401 UNAUTHENTICATED"]);
        check(db::Error::Stale, expect!["409 ABORTED"]);
        check(Error::TooLarge(base::Bytes(1)), expect!["413 BAD_REQUEST"]);
        check(web::internal(), expect!["500 INTERNAL_ERROR"]);
    }
}
