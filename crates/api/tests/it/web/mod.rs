//! What every route owes to malformed input, whoever sends it.
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn a_null_character_is_refused_by_name() {
    let app = TestApp::start().await;
    let said = |answer: &str| {
        let body: Value = serde_json::from_str(&answer[4..]).expect(answer);
        format!("{}{}: {}", &answer[..4], body["code"].as_str().unwrap(), body["detail"].as_str().unwrap())
    };
    let (ana, pat, nobody) = (app.user("ana"), app.user("pat"), app.nobody());
    for (answer, expected) in [
        (ana.get("/datasets/a%00").await, "`id` in the path"),
        (ana.get("/grants/a%00b").await, "`id` in the path"),
        (ana.get("/datasets?q=x%00").await, "`q` in the query string"),
        (pat.get("/people?limit=3&q=%00").await, "`q` in the query string"),
        (pat.post("/people", &json!({"id": "a\0", "name": "b"})).await, "the text at line 1 column 9 of the body"),
        (
            nobody.post("/sessions", &json!({"name": "a\0", "password": "x"})).await,
            "the text at line 1 column 11 of the body",
        ),
    ] {
        assert_eq!(said(&answer), format!("400 web.malformed: {expected} holds the character U+0000"));
    }
    // An escaped backslash before `u0000` is six letters, as harmless as any.
    let answer = nobody.post("/sessions", &json!({"name": "a\\u0000", "password": "x"})).await;
    assert!(answer.starts_with("401"), "{answer}");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_a_problem_too() {
    let app = TestApp::start().await;
    for path in ["/api/v1/people/%ff", "/%ff", "/%00"] {
        let response = app.raw(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()),
            (400, "application/problem+json"),
            "{path}"
        );
    }
}

#[test]
fn no_two_schemas_of_the_api_have_one_name() {
    assert_eq!(api::schemas_told_twice().into_iter().collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test]
async fn a_query_parameter_that_an_operation_does_not_take_is_refused_by_name() {
    let app = TestApp::start().await;
    let ivo = app.user("ivo");
    for (path, name, hint) in [
        ("/live?at=2026-01-01&On=2020-01-01T00:00:00Z", "On", "at"),
        ("/datasets?nosuch=1", "nosuch", "cursor"),
        ("/projects/x/files?revision=a", "revision", "rev"),
        ("/groups?limit=1", "limit", "none"),
    ] {
        let answer = ivo.get(path).await;
        let problem: Value = serde_json::from_str(&answer[4..]).expect(&answer);
        assert!(answer.starts_with("400") && problem["code"] == "web.unknown_parameter", "{path}: {answer}");
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{name}`")), "{path}: {answer}");
        assert!(problem["hint"].as_str().unwrap().contains(hint), "{path}: {answer}");
    }
}
