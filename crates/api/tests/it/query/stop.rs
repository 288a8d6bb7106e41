use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, body, crawl, granted, lake, lines, ok, query, request};

/// Runs for hours, and gives its one row at the end.
pub fn silent() -> String {
    let c = CUSTOMERS;
    format!("SELECT count(*) FROM {c} a, {c} b, {c} d, {c} e WHERE a.id + b.id + d.id + e.id = 7")
}

/// Gives nine million rows, one batch after the other.
pub fn talking() -> String {
    format!("SELECT a.iban AS one, b.iban AS other FROM {CUSTOMERS} a, {CUSTOMERS} b")
}

async fn running(app: &crate::app::TestApp) -> String {
    for _ in 0..200 {
        let listed = ok(&app.user("ana").get("/queries").await);
        if let Some(query) = listed["items"].as_array().unwrap().iter().find(|query| query["state"] == "running") {
            return query["id"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no query runs")
}

/// Reads `stream` to its end, which must come within two seconds and not pass for a clean one; returns the query as it was
/// recorded then.
pub async fn ended(app: &crate::app::TestApp, mut stream: axum::body::Body, id: &str) -> Value {
    let since = Instant::now();
    let broke = loop {
        match stream.frame().await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(broke.is_some_and(|end| end.is_err()), "a part must not pass for the whole");
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    ok(&app.user("ivo").get(&format!("/queries/{id}")).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_ends_a_query_that_has_sent_nothing_yet() {
    let app = lake().await;
    let grant = granted(&app).await;
    let sql = silent();
    let (answer, took) = tokio::join!(query(&app, "ana", "text/csv", &sql), async {
        let id = running(&app).await;
        ok(&app.user("dora").post(&format!("/grants/{grant}/revoke"), &json!({"reason": "no longer needed"})).await);
        (id, Instant::now())
    });
    let (id, revoked) = took;
    assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
    let problem: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((answer.status, problem["code"].as_str()), (403, Some("query.grant_ended")));
    // Looked at once: whoever sees the answer end finds the reason on record.
    let shown = ok(&app.user("ana").get(&format!("/queries/{id}")).await);
    assert_eq!((shown["state"].as_str(), shown["error"]["code"].as_str()), (Some("failed"), Some("query.grant_ended")));
    assert!(lines(&app, &format!("SELECT id FROM {CUSTOMERS}")).await[0].starts_with("403 catalog.grant_not_in_force"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_breaks_a_stream_off_without_a_clean_end() {
    let app = lake().await;
    let grant = granted(&app).await;
    let response = app.raw(request(&app, "ana", "text/csv", &talking())).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["lockgate-query"].to_str().unwrap().to_owned();
    let mut stream = response.into_body();
    assert!(stream.frame().await.unwrap().is_ok());
    ok(&app.user("dora").post(&format!("/grants/{grant}/revoke"), &json!({"reason": "no longer needed"})).await);
    let revoked = Instant::now();
    let broke = loop {
        match stream.frame().await {
            Some(Ok(_)) => {}
            end => break end,
        }
    };
    assert!(broke.is_some_and(|end| end.is_err()), "a part must not pass for the whole");
    assert!(revoked.elapsed() < Duration::from_secs(2), "{:?}", revoked.elapsed());
    // Looked at once: whoever sees the answer end finds the reason on record.
    let shown = ok(&app.user("ana").get(&format!("/queries/{id}")).await);
    assert_eq!((shown["state"].as_str(), shown["error"]["code"].as_str()), (Some("failed"), Some("query.grant_ended")));
    assert!(shown["rows"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_cancelled_by_its_asker_and_by_leaving() {
    let app = lake().await;
    granted(&app).await;
    let sql = silent();
    let (answer, cancelled) = tokio::join!(query(&app, "ana", "text/csv", &sql), async {
        let id = running(&app).await;
        let path = format!("/queries/{id}/cancel");
        let outsider = app.user("cho").post(&path, &Value::Null).await;
        assert!(outsider.starts_with("404"), "{outsider}");
        let first = app.user("ana").post(&path, &Value::Null).await;
        (first, app.user("ana").post(&path, &Value::Null).await)
    });
    assert_eq!(body(&cancelled.0)["state"], "cancelled");
    assert_eq!(body(&cancelled.0)["state"], body(&cancelled.1)["state"]);
    let problem: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((answer.status, problem["code"].as_str()), (409, Some("query.cancelled")));

    let response = app.raw(request(&app, "ana", "text/csv", &talking())).await;
    let id = response.headers()["lockgate-query"].to_str().unwrap().to_owned();
    drop(response);
    for _ in 0..100 {
        let shown = ok(&app.user("ana").get(&format!("/queries/{id}")).await);
        if shown["state"] == "cancelled" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("`{id}` still runs although its reader left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_is_written_to_says_so_until_it_is_crawled() {
    let app = lake().await;
    granted(&app).await;
    let sql = format!("SELECT count(*) AS n FROM {CUSTOMERS}");
    let path = app.folder.path().join("retail/core/customers/region=north/part-0.csv");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text += "9999,DE1,30,none\n";
    std::fs::write(&path, text).unwrap();
    let changed = lines(&app, &sql).await;
    assert!(changed[0].starts_with("409 query.dataset_changed"), "{changed:?}");
    crawl(&app).await;
    assert_eq!(lines(&app, &sql).await, ["n", "3001"]);
}
