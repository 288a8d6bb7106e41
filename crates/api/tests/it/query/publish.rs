use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, crawl, grant, granted, lake, lines, ok};
use crate::app::TestApp;

pub const SCORES: &str = "retail.predictions.scores";

pub fn parquet(rows: i64) -> Vec<u8> {
    let ids: ArrayRef = Arc::new((0..rows).collect::<Int64Array>());
    let score: ArrayRef = Arc::new((0..rows).map(|n| Some(format!("s{n}"))).collect::<StringArray>());
    let batch = RecordBatch::try_from_iter([("id", ids), ("score", score)]).unwrap();
    let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

async fn send(app: &TestApp, person: &str, id: &str, key: Option<&str>, bytes: Vec<u8>) -> (u16, Value) {
    send_as(app, person, id, &format!("purpose=pd&use=score&inputs={CUSTOMERS}"), key, bytes).await
}

pub async fn send_as(
    app: &TestApp,
    person: &str,
    id: &str,
    params: &str,
    key: Option<&str>,
    bytes: Vec<u8>,
) -> (u16, Value) {
    let mut request = Request::builder()
        .method("POST")
        .uri(format!("/api/v1/datasets/{id}/publish?{params}"))
        .header("authorization", format!("Bearer {}", app.token(person)))
        .header("content-type", "application/vnd.apache.parquet");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let response = app.raw(request.body(Body::from(bytes)).unwrap()).await;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

pub async fn may_write(app: &TestApp) {
    granted(app).await;
    grant(app, "ana", &json!({"kind": "write", "object": "retail.predictions", "uses": ["score"]})).await;
}

async fn may_read(app: &TestApp) {
    let columns = json!({"id": "clear", "score": "clear"});
    grant(app, "ana", &json!({"kind": "read", "object": SCORES, "uses": ["explore"], "columns": columns})).await;
}

fn below(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { below(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_is_a_version_that_crawls_leave_alone() {
    let app = lake().await;
    may_write(&app).await;
    let (status, first) = send(&app, "ana", SCORES, Some("k-1"), parquet(10)).await;
    assert_eq!((status, &first["version"], &first["rows"]), (201, &json!(1), &json!(10)), "{first}");
    let (_, again) = send(&app, "ana", SCORES, Some("k-1"), parquet(10)).await;
    assert_eq!(again, first, "the same key publishes once");
    let other = format!("purpose=pd&use=score&inputs={CUSTOMERS}&grant=g-999");
    let (status, problem) = send_as(&app, "ana", SCORES, &other, Some("k-1"), parquet(10)).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("access.key_reused")), "under another grant: {problem}");
    may_read(&app).await;
    let sql = format!("SELECT count(*) AS n, max(score) AS s FROM {SCORES}");
    assert_eq!(lines(&app, &sql).await, ["n,s", "10,s9"]);
    crawl(&app).await;
    assert_eq!(lines(&app, &sql).await, ["n,s", "10,s9"]);
    let (_, second) = send(&app, "ana", SCORES, Some("k-2"), parquet(3)).await;
    assert_eq!(second["version"], json!(2));
    assert_eq!(lines(&app, &sql).await, ["n,s", "3,s2"]);
    let log = app.audit_log().await;
    assert!(log.contains(&format!("allowed person:ana PublishDataset dataset/{SCORES}")), "{log}");
    let history = ok(&app.user("ana").get(&format!("/datasets/{SCORES}/history")).await);
    assert_eq!(history[0]["text"], format!("version 2: 3 rows, {} bytes", second["bytes"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_published_leaves_nothing() {
    let app = lake().await;
    may_write(&app).await;
    let whole = parquet(1_000);
    let mut damaged = whole.clone();
    damaged[4..100].fill(0xff); // the first page's header: a page's values have no checksum of their own
    for (bytes, code) in [
        (b"id,score\n1,2\n".to_vec(), "publish.not_parquet"),
        (vec![], "publish.not_parquet"),
        (whole[..whole.len() - 9].to_vec(), "publish.not_parquet"),
        (damaged, "publish.not_parquet"),
    ] {
        let (status, problem) = send(&app, "ana", SCORES, None, bytes).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some(code)), "{problem}");
    }
    for id in ["retail.predictions.a%2Fb", "retail.predictions...", "retail.predictions", "%2e%2e.core.a"] {
        let (status, problem) = send(&app, "ana", id, None, parquet(1)).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("publish.name")), "{id}: {problem}");
    }
    assert_eq!(below(&app.folder.path().join("retail/predictions")), 0);
    ok(&app.user("dora").get("/lakes/retail").await);
    let absent = app.user("dora").get(&format!("/datasets/{SCORES}")).await;
    assert!(absent.starts_with("404"), "{absent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_write_grant_lets_anyone_publish() {
    let app = lake().await;
    may_write(&app).await;
    for (person, id) in
        [("cho", SCORES), ("ana", "retail.core.scores"), ("ana", "nowhere.core.scores"), ("dora", SCORES)]
    {
        let (status, problem) = send(&app, person, id, None, parquet(1)).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("publish.no_grant")), "{person} {id}: {problem}");
    }
    // What a crawl found is nobody's to replace.
    grant(&app, "ana", &json!({"kind": "write", "object": "retail.core", "uses": ["score"]})).await;
    let (status, problem) = send(&app, "ana", CUSTOMERS, None, parquet(1)).await;
    assert_eq!(status, 409, "{problem}");
    let made = app.folder.path().join("retail/core/customers/_versions");
    assert!(!made.exists(), "nothing is left of what was refused");
    assert_eq!(lines(&app, &format!("SELECT count(*) AS n FROM {CUSTOMERS}")).await, ["n", "3000"]);
}
