use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use web::Problem;

/// Renders a failure as git shows it: lines of plain text, each behind `remote:`. A client without credentials is asked
/// for them; what it asked for is not told.
pub(super) fn text(problem: &Problem) -> axum::response::Response {
    let mut lines = format!("{}\n", problem.detail);
    if let Some(hint) = &problem.hint {
        lines += hint;
        lines.push('\n');
    }
    if let Some(id) = &problem.request_id
        && problem.status >= 500
    {
        lines.extend(["request ", id, "\n"]);
    }
    let mut response = Response::new(Body::from(lines));
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if problem.status == 401 {
        let basic = HeaderValue::from_static("Basic realm=\"Lockgate: any name, and a token as password\"");
        headers.insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}
