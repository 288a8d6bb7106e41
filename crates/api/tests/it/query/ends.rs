//! What runs ends with the way in of whoever asked, and what its server left behind is ended on record.
use axum::body::{Body, Bytes};
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, granted, lake, lake_on, ok, request};
use super::publish::{SCORES, may_write, parquet};
use super::stop::{ended, talking};
use crate::app::TestApp;

/// Begins a long query with `token`, and returns its stream and its id once rows come.
async fn streaming(app: &TestApp, token: &str) -> (Body, String) {
    let mut asked = request(app, "ana", "text/csv", &talking());
    asked.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let response = app.raw(asked).await;
    assert_eq!(response.status(), 200);
    let id = response.headers()["lockgate-query"].to_str().unwrap().to_owned();
    let mut stream = response.into_body();
    assert!(stream.frame().await.unwrap().is_ok());
    (stream, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_when_its_person_is_deactivated_or_its_token_revoked() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = lake_on(TestApp::start_on(db).await).await;
        granted(&app).await;
        let made = ok(&app.user("ana").post("/tokens", &json!({"name": "laptop"})).await);
        let (stream, id) = streaming(&app, made["token"].as_str().unwrap()).await;
        ok(&app.user("ana").post(&format!("/tokens/{}/revoke", made["id"].as_str().unwrap()), &Value::Null).await);
        assert_eq!(ended(&app, stream, &id).await["error"]["code"], "access.way_in_ended", "the token");
        let (stream, id) = streaming(&app, app.token("ana")).await;
        ok(&app.user("pat").post("/people/ana/deactivate", &json!({})).await);
        let shown = ended(&app, stream, &id).await;
        assert_eq!((&shown["state"], &shown["error"]["code"]), (&json!("failed"), &json!("access.way_in_ended")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_publishes_nothing_when_its_token_ends_while_it_comes() {
    let app = lake().await;
    may_write(&app).await;
    let made = ok(&app.user("ana").post("/tokens", &json!({"name": "laptop"})).await);
    let (pieces, body) = tokio::sync::mpsc::channel::<Bytes>(1);
    let body = futures::stream::unfold(body, async |mut body| {
        let piece = body.recv().await?;
        Some((Ok::<_, std::io::Error>(piece), body))
    });
    let request = Request::builder()
        .method("POST")
        .uri(format!("/api/v1/datasets/{SCORES}/publish?purpose=pd&use=score&inputs={CUSTOMERS}"))
        .header("authorization", format!("Bearer {}", made["token"].as_str().unwrap()))
        .header("content-type", "application/vnd.apache.parquet");
    let request = request.body(Body::from_stream(Box::pin(body))).unwrap();
    let whole = parquet(1_000);
    let (response, ()) = tokio::join!(app.raw(request), async {
        let (first, rest) = whole.split_at(whole.len() / 2);
        pieces.send(Bytes::copy_from_slice(first)).await.unwrap();
        // Once the second piece is taken, the first call has passed its check at the door.
        pieces.send(Bytes::new()).await.unwrap();
        pieces.reserve().await.unwrap().send(Bytes::new());
        ok(&app.user("ana").post(&format!("/tokens/{}/revoke", made["id"].as_str().unwrap()), &Value::Null).await);
        pieces.send(Bytes::copy_from_slice(rest)).await.unwrap();
        drop(pieces);
    });
    let status = response.status().as_u16();
    let problem: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((status, problem["code"].as_str()), (401, Some("access.way_in_ended")), "{problem}");
    assert_eq!(app.count(&format!("datasets WHERE id = '{SCORES}'")).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_server_is_gone_is_ended_on_record_once() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = lake_on(TestApp::start_on(db).await).await;
        let grant = granted(&app).await;
        let asked = json!({"sql": format!("SELECT id FROM {CUSTOMERS} LIMIT 1"), "purpose": "pd"});
        assert!(app.user("ana").post("/query", &asked).await.starts_with("200"));
        // As a server that is killed leaves it: begun, and never ended.
        app.sql("UPDATE queries SET state = 'running', ended_at_us = NULL").await;
        app.turn_clock(61);
        let query = app.query();
        for _ in 0..2 {
            query::queries::close_lost(&query).await.unwrap();
        }
        let log = app.audit_log().await;
        let failed: Vec<&str> = log.lines().filter(|line| line.starts_with("failed ")).collect();
        let listed = ok(&app.user("ana").get("/queries").await);
        let id = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!(failed, [format!("failed person:ana RunQuery query/{id}")]);
        assert_eq!(
            (&listed["items"][0]["state"], &listed["items"][0]["error"]["code"]),
            (&json!("failed"), &json!("query.lost"))
        );
        let entries =
            format!("audit_entries WHERE outcome = 'failed' AND reason = 'query.lost' AND grant_id = '{grant}'");
        assert_eq!(app.count(&entries).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_waits_longer_for_its_first_row_than_other_calls_for_their_answer() {
    let limits = query::Limits { threads: 2, wait: std::time::Duration::from_mins(2), ..query::Limits::default() };
    let app = lake_on(TestApp::start_with(testkit::sqlite(&api::migrations()).await, limits).await).await;
    granted(&app).await;
    let engine = app.query().engine;
    let mut slots = Vec::new();
    for other in 0..engine.limits().at_once {
        slots.push(engine.slot(&format!("other-{other}")).await.unwrap());
    }
    let since = std::time::Instant::now();
    let asked = json!({"sql": format!("SELECT count(*) AS n FROM {CUSTOMERS}"), "purpose": "pd"});
    let ana = app.user("ana");
    let (answer, ()) = tokio::join!(ana.post("/query", &asked), async {
        // The one real wait of this suite: the limit of all other calls is in real seconds.
        tokio::time::sleep(std::time::Duration::from_millis(30_500)).await;
        drop(slots);
    });
    assert!(answer.starts_with("200"), "after {:?}: {answer}", since.elapsed());
}
