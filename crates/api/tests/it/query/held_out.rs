//! The held-out fifth over HTTP: whose rows a project and its people read, once a steward named the record key.
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, ROWS, grant, lake, lines, ok, query};
use crate::app::TestApp;

async fn given() -> TestApp {
    let app = lake().await;
    let role = json!({"principal": "person:ana", "role": "model_developer", "scope": "project/credit-risk"});
    ok(&app.user("pat").post("/role-assignments", &role).await);
    let columns = json!({"id": "clear", "region": "clear", "age": "check"});
    let ask = |who: &str, uses: &[&str]| json!({"kind": "read", "object": CUSTOMERS, "uses": uses, "principal": who, "columns": columns});
    grant(&app, "ana", &ask("person:ana", &["explore", "check"])).await;
    grant(&app, "ana", &ask("environment:credit-risk/preprod", &["explore", "check"])).await;
    grant(&app, "ana", &ask("environment:credit-risk/prod", &["explore", "check"])).await;
    app
}

async fn name_records(app: &TestApp, columns: &Value) -> Value {
    ok(&app.user("dora").post(&format!("/datasets/{CUSTOMERS}/record-key"), &json!({"columns": columns})).await)
}

/// Reads as an attempt of `environment` whose step declares the dataset; `check` as the platform's own.
async fn as_attempt(app: &TestApp, environment: &str, check: bool, sql: &str) -> (u16, Value) {
    let (cx, environment) = (&app.gate.context(), &environment.into());
    let table = app.db.read(|tx| async move { catalog::datasets::table_of(&tx, &CUSTOMERS.into(), None).await });
    let version = table.await.unwrap().unwrap().version;
    let verbs: &[&str] = if check { &["RunQuery", query::READ_HELD_OUT] } else { &["RunQuery"] };
    let reads = &[access::AttemptRead { dataset: CUSTOMERS.into(), version, declared: true }];
    let expires_at = testkit::NEW_YEAR.plus_days(1);
    let what = &access::AttemptToken {
        attempt: "a-1",
        environment,
        on_behalf_of: Some(&"ana".into()),
        verbs,
        reads,
        expires_at,
    };
    let issued = cx.db.write(|tx| async move { access::issue_attempt_token(cx, &tx, what).await });
    let token = format!("Bearer {}", issued.await.unwrap().1.reveal());
    let request =
        Request::post("/api/v1/query").header("authorization", token).header("content-type", "application/json");
    let order = json!({"sql": sql, "purpose": "pd", "use": "explore"}).to_string();
    let response = app.raw(request.header("accept", "application/x-ndjson").body(Body::from(order)).unwrap()).await;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
}

async fn rows_of(app: &TestApp, environment: &str, check: bool) -> u64 {
    let (status, row) = as_attempt(app, environment, check, &format!("SELECT count(*) AS n FROM {CUSTOMERS}")).await;
    assert_eq!(status, 200, "{row}");
    row["n"].as_u64().unwrap_or_else(|| panic!("{row}"))
}

#[tokio::test]
async fn a_project_reads_four_fifths_and_the_platforms_check_the_fifth() {
    let app = given().await;
    let all = ROWS as u64;
    assert_eq!(rows_of(&app, "credit-risk/preprod", false).await, all, "nobody has named a record key");
    let (status, refused) = as_attempt(&app, "credit-risk/preprod", true, &format!("SELECT id FROM {CUSTOMERS}")).await;
    assert_eq!((status, &refused["code"]), (409, &json!("query.no_record_key")));
    assert_eq!(rows_of(&app, "credit-risk/prod", true).await, all, "prod has no split, so it needs no key");

    assert_eq!(name_records(&app, &json!(["id"])).await["record_key"], json!(["id"]));
    let (working, held_out) =
        (rows_of(&app, "credit-risk/preprod", false).await, rows_of(&app, "credit-risk/preprod", true).await);
    assert_eq!(working + held_out, all, "each row is on one side");
    assert!((700..900).contains(&held_out), "a fifth of {all} is {held_out}");
    assert_eq!(rows_of(&app, "credit-risk/prod", false).await, all, "prod scores everybody");

    // Her own grant shows Ana no row that the project's model is judged on.
    let own = lines(&app, &format!("SELECT count(*) AS n FROM {CUSTOMERS}")).await;
    assert_eq!(own[1], working.to_string());
    // And a column granted for checks is there for the platform's check alone.
    let ages = format!("SELECT max(age) AS oldest FROM {CUSTOMERS}");
    assert_eq!(as_attempt(&app, "credit-risk/preprod", false, &ages).await.0, 400);
    assert_eq!(as_attempt(&app, "credit-risk/preprod", true, &ages).await, (200, json!({"oldest": 77})));
}

#[tokio::test]
async fn a_record_key_names_columns_that_are_there_and_only_stewards_say_so() {
    let app = given().await;
    let path = format!("/datasets/{CUSTOMERS}/record-key");
    let wrong = app.user("dora").post(&path, &json!({"columns": ["record_id"]})).await;
    assert!(wrong.starts_with("404") && wrong.contains("catalog.column_not_found"), "{wrong}");
    let twice = app.user("dora").post(&path, &json!({"columns": ["id", "id"]})).await;
    assert!(twice.starts_with("400") && twice.contains("catalog.record_key"), "{twice}");
    let other = app.user("ana").post(&path, &json!({"columns": ["id"]})).await;
    assert!(other.starts_with("403"), "{other}");
    let named = name_records(&app, &json!(["id"])).await;
    assert_eq!(name_records(&app, &json!(["id"])).await, named, "the same again changes nothing");
    let emptied = app.user("dora").post(&path, &json!({"columns": []})).await;
    assert!(emptied.starts_with("409") && emptied.contains("catalog.record_key_in_use"), "{emptied}");
}

#[tokio::test]
async fn whoever_works_for_a_project_does_not_see_its_fifth_however_they_hold_their_role() {
    let app = given().await;
    name_records(&app, &json!(["id"])).await;
    grant(
        &app,
        "eli",
        &json!({"kind": "read", "object": CUSTOMERS, "uses": ["explore"], "principal": "person:eli",
        "columns": {"id": "clear"}}),
    )
    .await;
    let sql = &format!("SELECT count(*) AS n FROM {CUSTOMERS}");
    let count = async || query(&app, "eli", "text/csv", sql).await.text;
    let all = count().await;
    assert!(all.contains(&ROWS.to_string()), "he works for another side: {all}");
    let role = json!({"principal": "person:eli", "role": "model_developer", "scope": "project/credit-risk/dev"});
    ok(&app.user("pat").post("/role-assignments", &role).await);
    let fewer = count().await;
    assert!(fewer.starts_with("n\n") && !fewer.contains(&ROWS.to_string()), "{fewer}");
}
