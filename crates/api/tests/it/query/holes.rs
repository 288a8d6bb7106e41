//! Holes that somebody found who looked for them.
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, body, crawl, grant, granted, lake, lines, ok, query, request};
use super::publish::{may_write, parquet, send_as};
use crate::app::TestApp;

fn put(app: &TestApp, path: &str, text: &str) {
    let path = app.folder.path().join("retail").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

async fn publish(app: &TestApp, id: &str, bytes: Vec<u8>) -> (u16, Value) {
    send_as(app, "ana", id, &format!("purpose=pd&use=score&inputs={CUSTOMERS}"), None, bytes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_csv_file_is_read_by_its_own_header() {
    let app = lake().await;
    put(&app, "core/swap/a.csv", "id,iban,age\nr1,DE111,30\nr2,DE112,50\n");
    put(&app, "core/swap/b.csv", "iban,age,id\nDE113,31,r3\nDE114,51,r4\n");
    put(&app, "core/swap/c.csv", "age,id\n32,r5\n52,r6\n");
    crawl(&app).await;
    let ask = json!({
        "kind": "read", "object": "retail.core.swap", "uses": ["explore"],
        "columns": {"id": "clear", "iban": "token", "age": "clear"},
        "row_filter": [{"column": "age", "op": "less", "value": 40}],
    });
    grant(&app, "ana", &ask).await;
    let shown = lines(&app, "SELECT id, iban, age FROM retail.core.swap ORDER BY id").await;
    let ids: Vec<(&str, &str)> = shown[1..].iter().map(|line| (&line[..2], line.rsplit(',').next().unwrap())).collect();
    assert_eq!(ids, [("r1", "30"), ("r3", "31"), ("r5", "32")], "{shown:?}");
    assert!(!shown.concat().contains("DE1"), "{shown:?}");
    // Another order of the same bytes is another file, and the crawl reads it again.
    put(&app, "core/swap/b.csv", "id,age,iban\nr3,31,DE113\nr4,51,DE114\n");
    let changed = lines(&app, "SELECT id FROM retail.core.swap ORDER BY id").await;
    assert!(changed[0].starts_with("409 query.dataset_changed"), "{changed:?}");
    crawl(&app).await;
    assert_eq!(lines(&app, "SELECT id FROM retail.core.swap ORDER BY id").await, ["id", "r1", "r3", "r5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_cannot_be_looked_up_by_publishing_guesses() {
    let app = lake().await;
    may_write(&app).await;
    let of = |name: &str, values: &[&str]| -> Vec<u8> {
        let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
        let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    };
    let sql = format!("SELECT iban FROM {CUSTOMERS} WHERE id = 0");
    let token = lines(&app, &sql).await.remove(1);
    let guess = format!("DE{:020}", 0);
    for table in ["guesses", "others"] {
        let id = format!("retail.predictions.{table}");
        let (status, said) = publish(&app, &id, of("guess", &[&guess])).await;
        assert_eq!(status, 201, "{said}");
        let columns = json!({"guess": "token"});
        grant(&app, "ana", &json!({"kind": "read", "object": id, "uses": ["explore"], "columns": columns})).await;
    }
    let first = lines(&app, "SELECT guess FROM retail.predictions.guesses").await.remove(1);
    let second = lines(&app, "SELECT guess FROM retail.predictions.others").await.remove(1);
    assert!(first.len() == 32 && first != token && second != token && first != second, "{token} {first} {second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crawl_refuses_is_not_published() {
    let app = lake().await;
    may_write(&app).await;
    assert_eq!(publish(&app, "retail.predictions.scores", parquet(1)).await.0, 201);
    let (status, twin) = publish(&app, "retail.predictions.Scores", parquet(1)).await;
    assert_eq!((status, twin["code"].as_str()), (400, Some("publish.name")), "{twin}");
    assert_eq!(twin["detail"], "`retail.predictions.Scores` differs from table `scores` by capitals only");
    put(&app, "predictions/rates.csv", "a\n1\n");
    assert_eq!(publish(&app, "retail.predictions.RATES", parquet(1)).await.0, 400);
    for name in [" ", &"n".repeat(129)] {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
        let mut writer = ArrowWriter::try_new(vec![], batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        let (status, said) = publish(&app, "retail.predictions.odd", writer.into_inner().unwrap()).await;
        assert_eq!((status, said["code"].as_str()), (400, Some("publish.column")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_follows_no_link() {
    let app = lake().await;
    may_write(&app).await;
    let inside = app.folder.path().join("retail");
    std::fs::create_dir_all(inside.join("predictions")).unwrap();
    std::os::unix::fs::symlink("../core/customers", inside.join("predictions/scores")).unwrap();
    let (status, said) = publish(&app, "retail.predictions.scores", parquet(1)).await;
    assert_eq!((status, said["code"].as_str()), (503, Some("publish.unwritable")), "{said}");
    assert!(!inside.join("core/customers/_versions").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_does_not_stop_the_reads_of_others() {
    let app = lake().await;
    granted(&app).await;
    let rows: Vec<String> = (0..200).map(|n| format!("({n}, '{}')", "x".repeat(3))).collect();
    let rows = format!("(VALUES {})", rows.join(", "));
    let endless = format!("SELECT a.column2, b.column2 AS other FROM {rows} a, {rows} b, {rows} c, {rows} d");
    let mut unread = vec![];
    for _ in 0..4 {
        let response = app.raw(request(&app, "vera", "text/csv", &endless)).await;
        assert_eq!(response.status(), 200);
        unread.push(response);
    }
    let started = Instant::now();
    let sql = format!("SELECT count(*) AS n FROM {CUSTOMERS}");
    assert_eq!(lines(&app, &sql).await, ["n", "3000"]);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    let fifth = query(&app, "vera", "text/csv", "SELECT 1 AS one").await;
    assert_eq!(fifth.status, 503, "{}", fifth.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_ends() {
    let limits = query::Limits { patience: Duration::from_millis(300), threads: 2, ..query::Limits::default() };
    let db = testkit::sqlite(&api::migrations()).await;
    let app = super::given::lake_on(TestApp::start_with(db, limits).await).await;
    granted(&app).await;
    let sql = format!("SELECT a.iban AS one, b.iban AS other FROM {CUSTOMERS} a, {CUSTOMERS} b");
    let unread = app.raw(request(&app, "ana", "text/csv", &sql)).await;
    let id = unread.headers()["lockgate-query"].to_str().unwrap().to_owned();
    let started = Instant::now();
    let mut shown = ok(&app.user("ana").get(&format!("/queries/{id}")).await);
    while shown["state"] == "running" && started.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        shown = body(&app.user("ana").get(&format!("/queries/{id}")).await);
    }
    assert_eq!(
        (shown["state"].as_str(), shown["error"]["code"].as_str()),
        (Some("cancelled"), Some("query.cancelled"))
    );
    drop(unread);
}
