//! The query parameters of an operation: what it does not declare is refused, since a misspelt filter that is ignored
//! answers something else than was asked.
use crate::Problem;
use axum::extract::Query;
use axum::http::{StatusCode, Uri};
use std::sync::Arc;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};

/// Returns the names of the query parameters that an operation declares.
pub(crate) fn declared(operation: &Operation) -> Arc<[String]> {
    let mut names = Vec::new();
    for parameter in operation.parameters.iter().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Query
        {
            names.push(parameter.name.clone());
        }
    }
    names.into()
}

/// Refuses a query string with a parameter that is not among the declared ones.
pub(crate) fn check_query(declared: &[String], uri: &Uri) -> Result<(), Problem> {
    // One that cannot be read is the extractor's to refuse.
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return Ok(()) };
    match pairs.iter().find(|(name, _)| !declared.contains(name)) {
        Some((name, _)) => Err(unknown(name, declared)),
        None => Ok(()),
    }
}

fn unknown(name: &str, declared: &[String]) -> Problem {
    let hint = match base::nearest(name, declared.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if declared.is_empty() => "it takes none: leave out what follows the `?`".to_owned(),
        None => format!("it takes `{}`", declared.join("`, `")),
    };
    let shown: String = name.chars().take(100).flat_map(char::escape_debug).collect();
    let detail = format!("this operation takes no parameter `{shown}`");
    Problem::new(StatusCode::BAD_REQUEST, "web.unknown_parameter", detail, Some(&hint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Paging;
    use utoipa::IntoParams;
    use utoipa::openapi::path::{OperationBuilder, ParameterBuilder};

    fn operation() -> Operation {
        let one = |name: &str, place| ParameterBuilder::new().name(name).parameter_in(place).build();
        OperationBuilder::new()
            .parameter(one("id", ParameterIn::Path))
            .parameter(one("at", ParameterIn::Query))
            .parameter(one("use", ParameterIn::Query))
            .parameters(Some(Paging::into_params(|| None)))
            .parameter(one("Idempotency-Key", ParameterIn::Header))
            .build()
    }

    #[track_caller]
    fn check(declared: &[String], query: &str, expected: &str) {
        let uri: Uri = format!("/things/1{query}").parse().unwrap();
        let said = match check_query(declared, &uri) {
            Ok(()) => "taken".to_owned(),
            Err(problem) => format!("{} {}: {}", problem.code, problem.detail, problem.hint.unwrap_or_default()),
        };
        let expected = match expected.strip_prefix('`') {
            Some(rest) => format!("web.unknown_parameter this operation takes no parameter `{rest}"),
            None => expected.to_owned(),
        };
        assert_eq!(said, expected, "{query}");
    }

    #[test]
    fn a_parameter_that_is_not_declared_is_refused_by_name() {
        let names = declared(&operation());
        assert_eq!(*names, ["at", "use", "cursor", "limit"].map(str::to_owned));
        for taken in ["", "?", "?at=x", "?use=score&limit=5&cursor=c", "?at=1&at=2", "?&at=1&", "?%61t=1"] {
            check(&names, taken, "taken");
        }
        check(&names, "?on=2020-01-01T00:00:00Z", "`on`: did you mean `at`?");
        check(&names, "?at=x&limits=5", "`limits`: did you mean `limit`?");
        check(&names, "?revision=main", "`revision`: it takes `at`, `use`, `cursor`, `limit`");
        check(&names, "?id=1&at=x", "`id`: did you mean `at`?");
        check(&names, "?Idempotency-Key=k", "`Idempotency-Key`: it takes `at`, `use`, `cursor`, `limit`");
        check(&names, "?an%0aother%00one", "`an\\nother\\0one`: it takes `at`, `use`, `cursor`, `limit`");
        check(&[], "?limit=200", "`limit`: it takes none: leave out what follows the `?`");
    }
}
