//! A reader who names a grant reads under that one or not at all.
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, body, grant, granted, lake, ok};
use super::stop::{ended, talking};
use crate::app::TestApp;

async fn read(app: &TestApp, grants: &Value) -> Value {
    let asked = json!({"sql": format!("SELECT count(*) AS n FROM {CUSTOMERS}"), "purpose": "pd", "grants": grants});
    let answer = app.user("ana").post("/query", &asked).await;
    if answer.starts_with("200") { body(&answer)["n"].clone() } else { body(&answer)["code"].clone() }
}

/// Gives the group of model developers, so Ana, a wider grant than her own.
async fn of_the_group(app: &TestApp) -> String {
    let ask = json!({"kind": "read", "object": CUSTOMERS, "uses": ["explore"], "columns": {"id": "clear", "iban": "clear"},
        "principal": "group:model-developers"});
    grant(app, "cho", &ask).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_is_never_taken_for_another_grant() {
    let app = lake().await;
    let own = granted(&app).await;
    let theirs = json!({"kind": "read", "object": CUSTOMERS, "uses": ["explore"], "columns": {"id": "clear"}});
    let theirs = grant(&app, "cho", &theirs).await;
    assert_eq!(read(&app, &json!([])).await, json!(3_000));
    assert_eq!(read(&app, &json!([own])).await, json!(3_000));
    for wrong in [json!(["g-999"]), json!([theirs]), json!([own, theirs])] {
        assert_eq!(read(&app, &wrong).await, json!("catalog.no_grant"), "{wrong}");
    }
    let group = of_the_group(&app).await;
    assert_eq!(read(&app, &json!([])).await, json!("catalog.several_grants"));
    assert_eq!(
        read(&app, &json!([own, group])).await,
        json!("catalog.several_grants"),
        "nor are two named ones added up"
    );
    assert_eq!((read(&app, &json!([own])).await, read(&app, &json!([group])).await), (json!(3_000), json!(4_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_does_not_go_on_under_another_grant_than_it_began_with() {
    let app = lake().await;
    granted(&app).await;
    let group = of_the_group(&app).await;
    let asked = json!({"sql": talking(), "purpose": "pd", "grants": [group]});
    let request = axum::http::Request::builder().method("POST").uri("/api/v1/query");
    let request = request.header("authorization", format!("Bearer {}", app.token("ana")));
    let request = request.header("content-type", "application/json").header("accept", "text/csv");
    let response = app.raw(request.body(asked.to_string().into()).unwrap()).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["lockgate-query"].to_str().unwrap().to_owned();
    let mut stream = response.into_body();
    assert!(stream.frame().await.unwrap().is_ok());
    ok(&app.user("dora").post(&format!("/grants/{group}/revoke"), &json!({"reason": "no longer needed"})).await);
    let shown = ended(&app, stream, &id).await;
    assert_eq!(shown["error"]["code"], "query.grant_ended", "although Ana has a grant of her own: {shown}");
}
