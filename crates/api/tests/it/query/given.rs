//! What the tests of queries begin with: a lake with two tables, and Ana's grant for one of them.
use std::fmt::Write;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::app::TestApp;

pub const CUSTOMERS: &str = "retail.core.customers";
/// Rows of [`CUSTOMERS`]; of each four, three are in the north, which is all that Ana sees.
pub const ROWS: usize = 4_000;

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub fn body(answer: &str) -> Value {
    serde_json::from_str(answer.get(4..).unwrap()).expect(answer)
}

#[track_caller]
pub fn ok(answer: &str) -> Value {
    assert!(answer.starts_with("200") || answer.starts_with("201"), "{answer}");
    body(answer)
}

/// Connects `retail`, with customers in a folder per region and plans in one file, and crawls it.
pub async fn lake() -> TestApp {
    lake_on(TestApp::start().await).await
}

/// The same in this app.
pub async fn lake_on(app: TestApp) -> TestApp {
    for (region, of) in [("north", [0, 1, 2].as_slice()), ("south", [3].as_slice())] {
        let mut rows = "id,iban,age,notes\n".to_owned();
        for n in (0..ROWS).filter(|n| of.contains(&(n % 4))) {
            writeln!(rows, "{n},DE{n:020},{},secret-{n}", 18 + n % 60).unwrap();
        }
        let path = format!("retail/core/customers/region={region}/part-0.csv");
        put(app.folder.path(), &path, &rows);
    }
    put(app.folder.path(), "retail/core/plans.csv", "plan\nbasic\n");
    app.turn_clock(60); // a right counts once it is older than the request
    let lake = json!({"name": "retail", "root": "retail", "folder": "", "team": "retail", "description": ""});
    ok(&app.user("dora").post("/lakes", &lake).await);
    crawl(&app).await;
    let purpose = json!({
        "id": "pd", "name": "PD model", "text": "to prove a model of default", "lawful_basis": "credit law",
        "controller": "Bank AG", "allowed_uses": ["explore", "train", "score", "check"], "retention_days": 365,
    });
    ok(&app.user("dora").post("/purposes", &purpose).await);
    app
}

/// Crawls `retail` as its job would.
pub async fn crawl(app: &TestApp) {
    let asked = ok(&app.user("dora").post("/lakes/retail/crawl", &Value::Null).await);
    catalog::crawls::run(&app.catalog, None, &asked["id"].as_str().unwrap().into()).await.unwrap();
}

/// Lets `person` ask and Dora approve; returns the grant's id.
pub async fn grant(app: &TestApp, person: &str, ask: &Value) -> String {
    let mut ask = ask.clone();
    for (key, value) in [("purpose", json!("pd")), ("text", json!("to prove it")), ("submit", json!(true))] {
        ask[key] = value;
    }
    ask["expires_at"] = json!("2026-04-01T00:00:00Z");
    let asked = ok(&app.user(person).post("/requests", &ask).await);
    let path = format!("/requests/{}/decide", asked["id"].as_str().unwrap());
    let shown = asked["columns"].as_array().unwrap().iter().filter(|column| column["as"] != "left_out");
    let levels = shown.map(|column| (column["name"].as_str().unwrap().to_owned(), column["level"].clone()));
    let levels = Value::Object(levels.collect());
    let decided = ok(&app.user("dora").post(&path, &json!({"decision": "approve", "levels": levels})).await);
    decided["grant"].as_str().unwrap().to_owned()
}

/// Ana's grant: `iban` as a token, `notes` left out, the north only.
pub async fn granted(app: &TestApp) -> String {
    let ask = json!({
        "kind": "read", "object": CUSTOMERS, "uses": ["explore"],
        "columns": {"id": "clear", "iban": "token", "age": "null", "region": "clear"},
        "row_filter": [{"column": "region", "op": "is", "value": "north"}],
    });
    grant(app, "ana", &ask).await
}

/// An answer: its status, the query's id and the body as far as it came; `whole` tells whether it had a proper end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub query: String,
    pub text: String,
    pub whole: bool,
}

pub fn request(app: &TestApp, person: &str, accept: &str, sql: &str) -> Request<Body> {
    let body = json!({"sql": sql, "purpose": "pd", "use": "explore"});
    Request::builder()
        .method("POST")
        .uri("/api/v1/query")
        .header("authorization", format!("Bearer {}", app.token(person)))
        .header("content-type", "application/json")
        .header("accept", accept)
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// Runs `sql` as `person` and reads the whole answer.
pub async fn query(app: &TestApp, person: &str, accept: &str, sql: &str) -> Answer {
    let response = app.raw(request(app, person, accept, sql)).await;
    let status = response.status().as_u16();
    let query = response.headers().get("lockgate-query").map(|id| id.to_str().unwrap().to_owned()).unwrap_or_default();
    let mut body = response.into_body();
    let (mut bytes, mut whole) = (vec![], true);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(_) => whole = false,
        }
    }
    Answer { status, query, text: String::from_utf8_lossy(&bytes).into_owned(), whole }
}

/// Runs `sql` as Ana and returns the lines of CSV, or status and code of the problem.
pub async fn lines(app: &TestApp, sql: &str) -> Vec<String> {
    let answer = query(app, "ana", "text/csv", sql).await;
    if answer.status == 200 {
        assert!(answer.whole);
        return answer.text.lines().map(str::to_owned).collect();
    }
    let problem: Value = serde_json::from_str(&answer.text).unwrap();
    vec![format!("{} {}: {}", answer.status, problem["code"].as_str().unwrap(), problem["detail"].as_str().unwrap())]
}
