//! Steps that read datasets: under their environment's grant, and results that never outlive it.
use super::given::{Runner, body, ok, play_on, project_with, start, steps};
use crate::app::TestApp;
use crate::query::given::{CUSTOMERS, crawl, grant, lake};
use serde_json::{Value, json};

async fn given() -> TestApp {
    let app = lake().await;
    let pipeline = json!({"version": 1, "name": "train", "steps": [
        {"name": "prepare", "run": {"python": "p:prepare"}, "inputs": {"rows": {"dataset": CUSTOMERS, "use": "train"}}, "outputs": ["table"]},
        {"name": "fit", "run": {"python": "p:fit"}, "inputs": {"table": {"step": "prepare", "output": "table"}}, "outputs": ["model"]},
    ]});
    project_with(&app, &[("pipelines/train.json", pipeline.to_string())]).await;
    // Only who belongs to the project itself asks for its environments.
    let role = json!({"principal": "person:ana", "role": "model_developer", "scope": "project/credit-risk"});
    ok(&app.user("pat").post("/role-assignments", &role).await);
    app
}

async fn granted(app: &TestApp, columns: &Value) -> String {
    let ask = json!({
        "kind": "read", "object": CUSTOMERS, "uses": ["train"], "columns": columns, "principal": "environment:credit-risk/dev",
    });
    grant(app, "ana", &ask).await
}

#[tokio::test]
async fn a_step_without_a_grant_of_its_environment_fails_before_it_starts() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let shown = steps(&app, &id).await;
    assert!(shown.contains("prepare: failed - [] environment `credit-risk/dev`: you hold no grant"), "{shown}");
    assert!(app.engine.submits().is_empty());
}

#[tokio::test]
async fn a_result_is_taken_again_only_while_the_same_terms_are_granted() {
    let app = given().await;
    let narrow = json!({"id": "clear", "age": "clear"});
    let first = granted(&app, &narrow).await;
    start(&app, json!({})).await;
    let launch = app.engine.launch("prepare");
    assert!(launch.inputs.is_empty(), "the step reads it itself");
    assert_eq!(play_on(&app).await, 2);
    start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 0);

    // Another grant with the same terms does; none does not; one with other terms does not.
    let revoked = json!({"reason": "the project changed"});
    ok(&app.user("dora").post(&format!("/grants/{first}/revoke"), &revoked).await);
    let none = start(&app, json!({})).await;
    assert!(steps(&app, &none).await.starts_with("run: failed"));
    let second = granted(&app, &narrow).await;
    start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 0);
    ok(&app.user("dora").post(&format!("/grants/{second}/revoke"), &revoked).await);
    granted(&app, &json!({"id": "clear", "age": "clear", "region": "clear"})).await;
    let other = start(&app, json!({})).await;
    assert_eq!(app.engine.steps(), ["prepare"]);
    play_on(&app).await;
    let key = ok(&app.user("ana").get(&format!("/runs/{other}/steps/prepare/key")).await);
    assert!(key["sentence"].as_str().unwrap().contains("input rows changed"), "{key}");
}

#[tokio::test]
async fn what_was_computed_from_data_is_read_only_while_its_grant_is_active() {
    let app = given().await;
    let grant = granted(&app, &json!({"id": "clear"})).await;
    let id = start(&app, json!({})).await;
    play_on(&app).await;
    let path = format!("/runs/{id}/steps/fit/outputs/model");
    assert_eq!(app.user("ana").get(&path).await, "200 the work of fit");
    ok(&app.user("dora").post(&format!("/grants/{grant}/revoke"), &json!({"reason": "over"})).await);
    let refused = app.user("ana").get(&path).await;
    assert_eq!((&refused[..3], &body(&refused)["code"]), ("403", &json!("runs.grant_ended")));
}

#[tokio::test]
async fn outside_dev_logs_and_outputs_take_a_grant_of_ones_own() {
    let app = given().await;
    let ask = json!({
        "kind": "read", "object": CUSTOMERS, "uses": ["train"], "columns": {"id": "clear"},
        "principal": "environment:credit-risk/preprod",
    });
    grant(&app, "ana", &ask).await;
    let cx = &app.build.runs;
    let pipeline = json!({"version": 1, "name": "train", "steps": [
        {"name": "prepare", "run": {"command": ["/bin/true"]}, "inputs": {"rows": {"dataset": CUSTOMERS, "use": "train"}}, "outputs": ["table"]}]});
    let pipeline = &runs::Pipeline::from_json(&pipeline).unwrap();
    let new = || runs::NewRun {
        environment: "credit-risk/preprod".into(),
        code: None,
        pipeline: pipeline.clone(),
        parameters: Default::default(),
        by: "ana".into(),
        why: runs::Reason::Merge,
    };
    let run = app.db.write(|tx| async move { runs::start(cx, &tx, new()).await }).await.unwrap();
    runs::wake(cx, &run.id);
    cx.scheduler.idle().await;
    let runner = Runner::claimed(&app, "prepare").await;
    ok(&runner.ship(0, &["max(age) = 77"]).await);
    ok(&runner.succeed("rows").await);
    let id = &run.id;
    for path in ["logs", "logs/stream", "outputs/table"] {
        let refused = app.user("ana").get(&format!("/runs/{id}/steps/prepare/{path}")).await;
        assert!(refused.starts_with("403") && refused.contains("runs.own_grant_needed"), "{path}: {refused}");
    }
    assert_eq!(
        ok(&app.user("ana").get(&format!("/runs/{id}")).await)["state"],
        "succeeded",
        "states and times are seen"
    );
    let own =
        json!({"kind": "read", "object": CUSTOMERS, "uses": ["train"], "columns": {"id": "clear", "age": "clear"}});
    grant(&app, "ana", &own).await;
    assert_eq!(app.user("ana").get(&format!("/runs/{id}/steps/prepare/outputs/table")).await, "200 rows");
}

#[tokio::test]
async fn a_step_reads_what_it_declares_in_the_version_that_its_result_is_kept_under() {
    let app = given().await;
    granted(&app, &json!({"id": "clear"})).await;
    let plans = json!({
        "kind": "read", "object": "retail.core.plans", "uses": ["train"], "principal": "environment:credit-risk/dev",
        "columns": {"plan": "clear"},
    });
    grant(&app, "ana", &plans).await;
    start(&app, json!({})).await;
    let step = Runner::claimed(&app, "prepare").await.launch.step_token;
    let step = app.with_token(step.reveal());
    let read = async |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        step.post("/query", &json!({"sql": sql, "purpose": "pd", "use": "train"})).await
    };
    assert!(read(CUSTOMERS).await.starts_with("200"));
    let other = read("retail.core.plans").await;
    assert!(other.starts_with("403") && other.contains("query.not_declared"), "{other}");
    let more = app.folder.path().join("retail/core/customers/region=south/part-0.csv");
    let text = std::fs::read_to_string(&more).unwrap();
    std::fs::write(&more, format!("{text}99999,DE0,20,new\n")).unwrap();
    crawl(&app).await;
    let newer = read(CUSTOMERS).await;
    assert!(
        newer.starts_with("409") && newer.contains("query.dataset_changed"),
        "never the rows of a newer one: {newer}"
    );
}

#[tokio::test]
async fn those_who_only_look_do_not_end_what_an_environment_does() {
    let app = given().await;
    granted(&app, &json!({"id": "clear"})).await;
    let role = json!({"principal": "person:vera", "role": "model_validator", "scope": "project/credit-risk"});
    ok(&app.user("pat").post("/role-assignments", &role).await);
    start(&app, json!({})).await;
    let launch = Runner::claimed(&app, "prepare").await.launch;
    let tokens = ok(&app.user("pat").get("/tokens").await);
    let all = tokens["items"].as_array().unwrap();
    let name = format!("attempt {}", launch.attempt);
    let token = all.iter().find(|token| token["name"] == name.as_str()).expect("administrators see it")["id"].clone();
    let path = format!("/tokens/{}/revoke", token.as_str().unwrap());
    for person in ["vera", "ana"] {
        let refused = app.user(person).post(&path, &Value::Null).await;
        assert!(refused.starts_with("404"), "{person}: {refused}");
    }
    let still = app.with_token(launch.step_token.reveal()).get("/datasets").await;
    assert!(still.starts_with("200"), "{still}");
}
