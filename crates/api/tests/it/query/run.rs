use expect_test::expect;
use serde_json::{Value, json};

use super::given::{CUSTOMERS, ROWS, body, grant, granted, lake, lines, ok, query};

#[tokio::test(flavor = "multi_thread")]
async fn a_query_sees_filtered_and_masked_rows_in_each_format() {
    let app = lake().await;
    granted(&app).await;
    let north = ROWS / 4 * 3;
    let count = format!("SELECT count(*) AS n, count(age) AS ages, min(region) AS region FROM {CUSTOMERS}");
    assert_eq!(lines(&app, &count).await, ["n,ages,region", &format!("{north},0,north")]);
    let first = format!("SELECT id, age, length(iban) AS token, region FROM {CUSTOMERS} ORDER BY id LIMIT 2");
    assert_eq!(lines(&app, &first).await, ["id,age,token,region", "0,,32,north", "1,,32,north"]);
    let json = query(&app, "ana", "application/x-ndjson", &first).await;
    assert_eq!(
        json.text,
        "{\"id\":0,\"age\":null,\"token\":32,\"region\":\"north\"}\n{\"id\":1,\"age\":null,\"token\":32,\"region\":\"north\"}\n"
    );
    let arrow = query(&app, "ana", "application/vnd.apache.arrow.stream", &format!("SELECT * FROM {CUSTOMERS}")).await;
    assert!(arrow.whole && arrow.query.starts_with("q-"), "{arrow:?}");
    for hidden in ["DE0000", "secret-", "south", "notes"] {
        assert!(!arrow.text.contains(hidden), "{hidden}");
    }
    let other = query(&app, "ana", "image/png", &count).await;
    assert_eq!((other.status, body(&format!("400 {}", other.text))["code"].as_str()), (400, Some("query.format")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ungranted_dataset_and_an_unknown_one_get_the_same_words() {
    let app = lake().await;
    granted(&app).await;
    let ungranted = query(&app, "ana", "text/csv", "SELECT * FROM retail.core.plans").await;
    let unknown = query(&app, "ana", "text/csv", "SELECT * FROM retail.core.plane").await;
    let without_id = |text: &str| {
        let mut problem: Value = serde_json::from_str(text).unwrap();
        problem.as_object_mut().unwrap().remove("request_id");
        problem.to_string().replace("plane", "plans")
    };
    assert_eq!((ungranted.status, without_id(&ungranted.text)), (unknown.status, without_id(&unknown.text)));
    let near = query(&app, "ana", "text/csv", "SELECT * FROM retail.core.custmers").await;
    expect![[r#"
        line 1, column 27: you can read no dataset `retail.core.custmers`
          SELECT * FROM retail.core.custmers
                                    ^^^^^^^^
        → did you mean `retail.core.customers`?"#]]
    .assert_eq(&said(&near.text));
    // Another purpose, or another use, is not covered by a grant.
    let body = json!({"sql": format!("SELECT id FROM {CUSTOMERS}"), "purpose": "pd", "use": "train"});
    let answer = app.user("ana").post("/query", &body).await;
    assert!(answer.starts_with("403") && answer.contains("catalog.grant_does_not_fit"), "{answer}");
}

fn said(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap();
    format!("{}\n→ {}", problem["detail"].as_str().unwrap(), problem["hint"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_query_is_refused_with_words() {
    let app = lake().await;
    granted(&app).await;
    let mut said_of = String::new();
    for sql in [
        format!("EXPLAIN SELECT * FROM {CUSTOMERS}"),
        format!("DESCRIBE {CUSTOMERS}"),
        "SHOW TABLES".into(),
        format!("COPY (SELECT * FROM {CUSTOMERS}) TO '/tmp/x.csv'"),
        "SET datafusion.execution.batch_size = 1".into(),
        "SELECT * FROM generate_series(1, 9)".into(),
        "SELECT * FROM information_schema.tables".into(),
        format!("SELECT iden FROM {CUSTOMERS}"),
        format!("SELECT notes FROM {CUSTOMERS}"),
        format!("SELECT 1 / (id - 8) FROM {CUSTOMERS}"),
        format!("SELECT 1 / (id - 7) > 0 AS hidden FROM {CUSTOMERS} LIMIT 1"),
        format!("SELECT CAST(iban AS INT) FROM {CUSTOMERS}"),
    ] {
        let answer = lines(&app, &sql).await;
        let words: Vec<&str> = answer.iter().flat_map(|line| line.lines()).take(2).collect();
        said_of += &words.join(" | ");
        said_of.push('\n');
    }
    expect![[r#"
        400 query.refused: `EXPLAIN` does not run here
        400 query.refused: `DESCRIBE` does not run here
        400 query.refused: `SHOW` does not run here
        400 query.refused: `COPY` does not run here
        400 query.refused: `SET` does not run here
        400 query.refused: table functions do not run here
        400 query.mistake: line 1, column 34: `tables` is not the full name of a dataset |   SELECT * FROM information_schema.tables
        400 query.mistake: line 1, column 8: there is no column `iden` |   SELECT iden FROM retail.core.customers
        400 query.mistake: line 1, column 8: there is no column `notes` |   SELECT notes FROM retail.core.customers
        400 query.failed: division by zero
        hidden | false
        400 query.failed: a value could not be converted
    "#]].assert_eq(&said_of);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_on_record_at_its_start_and_its_end() {
    let app = lake().await;
    let grant = granted(&app).await;
    let answer = query(&app, "ana", "text/csv", &format!("SELECT id FROM {CUSTOMERS} LIMIT 5")).await;
    query(&app, "ana", "text/csv", &format!("SELECT 1 / (id - 8) FROM {CUSTOMERS}")).await;
    query(&app, "ana", "text/csv", "SELECT * FROM retail.core.plans").await;
    let log = app.audit_log().await;
    let log: Vec<&str> = log.lines().filter(|line| line.contains("RunQuery")).collect();
    assert_eq!(log.len(), 5, "{log:?}");
    assert_eq!(log[0], format!("allowed person:ana RunQuery query/{}", answer.query));
    assert_eq!(log[1], log[0]);
    assert!(log[2].starts_with("allowed person:ana RunQuery query/q-") && log[3].starts_with("failed person:ana"));
    assert_eq!(
        log[4], "refused person:ana RunQuery dataset/retail.core.plans",
        "what was refused, not only that it was"
    );
    let history = app.user("dora").get("/datasets/retail.core.plans/history").await;
    assert!(!history.contains("RunQuery"), "which is the audit log's business: {history}");

    let shown = ok(&app.user("ana").get(&format!("/queries/{}", answer.query)).await);
    assert_eq!(shown["state"], "succeeded");
    assert_eq!((shown["rows"].as_u64(), shown["bytes"].as_u64()), (Some(5), Some(answer.text.len() as u64)));
    assert_eq!(shown["reads"][0], json!({"dataset": CUSTOMERS, "version": 1, "grant": grant}));
    let listed = ok(&app.user("ana").get("/queries").await);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(listed["items"][0]["error"]["code"], "query.failed");
    // The third line sees that it ran, never its text; others see nothing.
    let by_auditor = ok(&app.user("ivo").get(&format!("/queries/{}", answer.query)).await);
    assert_eq!((by_auditor["state"].as_str(), by_auditor.get("sql")), (Some("succeeded"), None));
    assert!(ok(&app.user("cho").get("/queries").await)["items"].as_array().unwrap().is_empty());
    let hidden = app.user("cho").get(&format!("/queries/{}", answer.query)).await;
    let absent = app.user("cho").get("/queries/q-999").await;
    assert_eq!(hidden.replace(&answer.query, "q-999"), absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_purpose_may_be_left_out_where_one_is_left() {
    let app = lake().await;
    granted(&app).await;
    let sql = format!("SELECT count(*) FROM {CUSTOMERS}");
    let without = app.user("ana").post("/query", &json!({"sql": sql})).await;
    assert!(without.starts_with("200"), "{without}");
    assert!(app.user("ana").post("/query", &json!({"sql": "SELECT 1 AS one"})).await.starts_with("200 {\"one\":1}"));
    let purpose = json!({
        "id": "lgd", "name": "LGD", "text": "to prove a model of loss", "lawful_basis": "credit law", "controller": "Bank AG",
        "allowed_uses": ["explore"], "retention_days": 365,
    });
    ok(&app.user("dora").post("/purposes", &purpose).await);
    let ask = json!({"kind": "read", "object": CUSTOMERS, "uses": ["explore"], "columns": {"id": "clear"}});
    grant(&app, "cho", &ask).await;
    assert!(app.user("cho").post("/query", &json!({"sql": sql})).await.starts_with("200"));
}
