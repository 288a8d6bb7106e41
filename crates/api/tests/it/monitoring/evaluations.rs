use super::given::{CAPTURE, Watched, metric, psi};
use crate::query::given::{granted, lake, lines};
use crate::runs::given::{Runner, ok};
use serde_json::json;

#[tokio::test]
async fn of_a_monitor_one_evaluation_runs_and_reads_as_prod() {
    let watched = Watched::start().await;
    let app = &watched.app;
    let first = ok(&watched.evaluate("ana").await);
    let again = ok(&watched.evaluate("vera").await);
    assert_eq!((&again["id"], &again["asked_by"]), (&first["id"], &json!("ana")));
    assert_eq!(app.count("evaluations").await, 1);
    let run = ok(&app.user("ana").get(&format!("/runs/{}", first["run"].as_str().unwrap())).await);
    assert_eq!((&run["why"], &run["environment"]), (&json!("monitor"), &json!("credit-risk/prod")));
    let launch = watched.launched(&first).await;
    let spec = serde_json::to_value(&launch.spec.inputs).unwrap();
    let told = &spec["monitor"]["value"];
    assert_eq!((&told["capture"], &told["version"]), (&json!(CAPTURE), &json!(3)));
    assert_eq!(told["truth"], json!({"dataset": "retail.core.loans", "column": "outcome", "key": "id"}));
    let datasets: Vec<_> = ["source_1", "source_2"].map(|name| spec[name]["dataset"].as_str().unwrap()).to_vec();
    assert_eq!(datasets, ["retail.core.loans", CAPTURE]);
    let report = json!({"metrics": psi(0.02), "note": "40 calls"}).to_string();
    let ended = watched.report(&first, &report).await;
    assert_eq!((&ended["state"], &ended["note"]), (&json!("within"), &json!("40 calls")));
    let shown = &ended["metrics"][0];
    assert_eq!(
        (&shown["column"], &shown["red"], &shown["verdict"]),
        (&json!("amount"), &json!(0.25), &json!("within"))
    );
    let next = ok(&watched.evaluate("ben").await);
    assert_ne!(next["id"], first["id"]);
    let listed = ok(&app.user("ivo").get(&format!("/monitors/{}/evaluations?limit=1", watched.id)).await);
    assert!(listed["next_cursor"].is_string() && listed["items"][0]["id"] == next["id"], "{listed}");
}

#[tokio::test]
async fn with_a_key_it_is_one_evaluation() {
    let watched = Watched::without_calls().await;
    let path = format!("/monitors/{}/evaluate", watched.id);
    let first = ok(&watched.app.user("ana").with_key("k").post(&path, &json!({})).await);
    let again = ok(&watched.app.user("ana").with_key("k").post(&path, &json!({})).await);
    assert_eq!(first, again);
    assert_eq!((&first["state"], &first["run"]), (&json!("not_computable"), &json!(null)));
    assert!(first["reason"].as_str().unwrap().contains("no call of the endpoint was written"), "{first}");
    assert_eq!(first["next"]["tone"], "bad", "as loud as a breach");
    assert_eq!(watched.app.count("evaluations").await, 1);
}

#[tokio::test]
async fn what_cannot_be_measured_is_never_within() {
    let watched = Watched::start().await;
    let blind = json!([metric("psi", Some("amount"), None), metric("null_share", Some("amount"), Some(0.0))]);
    let ended = watched.measure(blind).await;
    assert_eq!((&ended["state"], &ended["reason"]), (&json!("not_computable"), &json!("psi of amount: no grant")));
    let begun = ok(&watched.evaluate("ana").await);
    let odd = watched.report(&begun, "no report").await;
    assert_eq!(
        (&odd["state"], &odd["reason"]),
        (&json!("failed"), &json!("the report of step `monitor` cannot be read"))
    );
    let begun = ok(&watched.evaluate("ana").await);
    for _ in 0..2 {
        // It is tried a second time.
        let mut runner = Runner::of(&watched.app, watched.launched(&begun).await);
        ok(&runner.claim(7).await);
        ok(&runner.report("user", json!({})).await);
        watched.app.turn_clock(600);
    }
    let id = begun["id"].as_str().unwrap();
    let broken = watched.until(&format!("/evaluations/{id}"), |one| one["state"] != "running").await;
    assert!(broken["reason"].as_str().unwrap().starts_with("step `monitor` failed"), "{broken}");
    assert_eq!(watched.app.count("breaches").await, 0);
}

/// The step asks for its window by a text beside a column of times, with what grants show: all columns.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_compares_times_with_text() {
    let app = lake().await;
    granted(&app).await;
    let calls = "SELECT *, arrow_cast(CAST(id AS BIGINT) * 1000000, 'Timestamp(Microsecond, Some(\"UTC\"))') AS called_at \
        FROM \"retail\".\"core\".\"customers\"";
    let sql = format!(
        "SELECT count(*) AS n FROM ({calls}) WHERE \"called_at\" >= '1970-01-01T00:01:40.000000Z' AND \"id\" < 104"
    );
    assert_eq!(lines(&app, &sql).await, ["n", "3"]);
}
