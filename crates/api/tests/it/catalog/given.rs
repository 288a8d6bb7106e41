//! What the tests of purposes, requests and grants begin with: a dataset of retail, a purpose, and a request.
use crate::app::TestApp;
use base::Clock;
use serde_json::{Value, json};

/// The dataset of these tests: `age` and `rate` are internal, `iban` is restricted, `sex` confidential, none looked at.
pub const DATASET: &str = "retail.core.customers";

/// Turns the clock of the whole app to `days` after new year.
pub fn turn_clock(app: &TestApp, days: i64) {
    let Clock::Fixed(at) = app.gate.context().clock else { unreachable!("tests have a fixed clock") };
    at.store(testkit::NEW_YEAR.plus_days(days).0, std::sync::atomic::Ordering::SeqCst);
}

/// Starts the app with what [`dataset`] puts in place.
pub async fn start() -> TestApp {
    let app = TestApp::start().await;
    dataset(&app).await;
    app
}

/// Puts lake, dataset and a purpose for every use in place, makes Eli a second steward of retail, and lets a day pass,
/// so that both had their right before anyone asks.
pub async fn dataset(app: &TestApp) {
    let role = json!({"principal": "person:eli", "role": "data_steward", "scope": "lake/retail"});
    let given = app.user("pat").post("/role-assignments", &role).await;
    assert!(given.starts_with("200"), "{given}");
    turn_clock(app, 1);
    let at = testkit::NEW_YEAR.0;
    app.sql(&format!(
        "INSERT INTO lakes (id, root, folder, team, description, connected_by, connected_at_us) \
         VALUES ('retail', 'retail', '', 'retail', '', 'dora', {at})"
    ))
    .await;
    for (id, visibility) in [(DATASET, "listed"), ("retail.core.payroll", "hidden")] {
        let scope = format!("lake/{}", id.replace('.', "/"));
        app.sql(&format!(
            "INSERT INTO datasets (id, lake, team, scope, state, visibility, origin, description, version, rows, \
             size_bytes, files, columns, level, found_at_us, changed_at_us, revision) VALUES ('{id}', 'retail', 'retail', \
             '{scope}', 'active', '{visibility}', 'crawled', '', 1, 1000, 1, 1, 4, 'restricted', {at}, {at}, 1)"
        ))
        .await;
        let columns = [
            ("age", "Int64", "internal"),
            ("iban", "Utf8", "restricted"),
            ("rate", "Float64", "internal"),
            ("sex", "Utf8", "confidential"),
        ];
        for (position, (name, data_type, level)) in columns.into_iter().enumerate() {
            app.sql(&format!(
                "INSERT INTO dataset_columns (dataset, name, position, data_type, nullable, \"partition\", present, \
                 description, level, source) VALUES ('{id}', '{name}', {position}, '{data_type}', TRUE, FALSE, TRUE, '', \
                 '{level}', 'proposed')"
            ))
            .await;
        }
    }
    let made = app.user("dora").post("/purposes", &purpose("pd")).await;
    assert!(made.starts_with("200"), "{made}");
}

/// A purpose that allows every use.
pub fn purpose(id: &str) -> Value {
    json!({
        "id": id, "name": "PD model", "text": "to prove a model of default", "lawful_basis": "credit law",
        "controller": "Bank AG", "allowed_uses": ["explore", "train", "check", "score", "monitor"], "retention_days": 365,
    })
}

/// A request for three columns until 1 April 2026, submitted at once.
pub fn ask() -> Value {
    json!({
        "kind": "read", "object": DATASET, "purpose": "pd", "text": "to prove a model", "uses": ["explore", "train", "check"],
        "columns": {"age": "clear", "iban": "clear", "sex": "check"}, "expires_at": "2026-04-01T00:00:00Z", "submit": true,
    })
}

/// Returns the id in an answer.
#[track_caller]
pub fn id_of(answer: &str) -> String {
    assert!(answer.starts_with("200"), "{answer}");
    field(answer, "/id")
}

/// Returns a text field of an answer, by its pointer.
pub fn field(answer: &str, pointer: &str) -> String {
    let body: Value = serde_json::from_str(&answer[4..]).unwrap();
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Asks as Ana and returns the request's id.
pub async fn asked(app: &TestApp) -> String {
    id_of(&app.user("ana").post("/requests", &ask()).await)
}

/// Asks as Ana, approves as Dora, and returns the ids of request and grant.
pub async fn granted(app: &TestApp) -> (String, String) {
    let request = asked(app).await;
    let path = format!("/requests/{request}/decide");
    let approved = app.user("dora").post(&path, &approve(&json!({}))).await;
    assert!(approved.starts_with("200"), "{approved}");
    let grant = field(&approved, "/grant");
    (request, grant)
}

/// An approval with these terms, and with the levels that the request's page shows.
pub fn approve(terms: &Value) -> Value {
    json!({"decision": "approve", "terms": terms, "levels": {"age": "internal", "iban": "restricted", "sex": "confidential"}})
}
