use super::given::{given, ok, start};
use expect_test::expect;
use serde_json::{Value, json};

#[tokio::test]
async fn persons_start_runs_in_dev_only_and_outsiders_learn_nothing() {
    let app = given().await;
    let order = |environment: &str| json!({"project": "credit-risk", "environment": environment, "pipeline": "train"});
    for environment in ["preprod", "prod"] {
        let refused = app.user("ana").post("/runs", &order(environment)).await;
        assert!(refused.starts_with("403") && refused.contains("runs.dev_only"), "{refused}");
    }
    let outsider = app.user("dora").post("/runs", &order("dev")).await;
    let absent = app.user("dora").post("/runs", &json!({"project": "no-such", "pipeline": "train"})).await;
    assert_eq!(outsider.replace("credit-risk", "no-such"), absent);
    assert!(absent.starts_with("404"), "{absent}");
    let reader = app.user("ivo").post("/runs", &order("dev")).await;
    assert!(reader.starts_with("403"), "an auditor may see the environment, and start nothing: {reader}");

    let id = start(&app, json!({})).await;
    for path in ["", "/steps/fit/key", "/steps/fit/logs", "/steps/fit/outputs/model"] {
        let hidden = app.user("dora").get(&format!("/runs/{id}{path}")).await;
        let absent = app.user("dora").get(&format!("/runs/r-0{path}")).await;
        assert_eq!(hidden.replace(&id, "r-0"), absent, "{path}");
        assert!(absent.starts_with("404"));
    }
    assert_eq!(ok(&app.user("dora").get("/runs").await)["items"], json!([]));
    assert_eq!(ok(&app.user("ivo").get("/runs").await)["items"].as_array().unwrap().len(), 1);
    let stop = app.user("ivo").post(&format!("/runs/{id}/cancel"), &Value::Null).await;
    assert!(stop.starts_with("403"), "{stop}");
    expect![[r#"
        refused person:ana StartRun /runs
        refused person:ana StartRun /runs
        refused person:dora StartRun /runs
        refused person:dora StartRun /runs
        refused person:ivo StartRun /runs
        allowed person:ana StartRun run/r"#]]
    .assert_eq(
        &app.audit_log()
            .await
            .lines()
            .filter(|line| line.contains(" StartRun "))
            .collect::<Vec<_>>()
            .join("\n")
            .replace(&id, "r"),
    );
}

#[tokio::test]
async fn mistakes_are_named_with_what_was_probably_meant() {
    let app = given().await;
    let try_it = async |order: Value| app.user("ana").post("/runs", &order).await;
    expect![[r#"404 {"status":404,"code":"runs.pipeline_not_found","detail":"commit `COMMIT` has no pipeline `trian`","hint":"commit `pipelines/trian.json`, which the SDK writes, and push it"}"#]]
        .assert_eq(&hide_commit(&try_it(json!({"project": "credit-risk", "pipeline": "trian"})).await));
    expect![[r#"400 {"status":400,"code":"runs.parameters_unfit","detail":"pipeline `train` takes no parameter `sed`","hint":"did you mean `seed`?"}"#]]
        .assert_eq(&try_it(json!({"project": "credit-risk", "pipeline": "train", "parameters": {"sed": 1}})).await);
    let unknown = try_it(json!({"project": "credit-risk", "pipeline": "train", "revision": "mian"})).await;
    assert!(unknown.starts_with("404") && unknown.contains("git.unknown_revision"), "{unknown}");
    let path = try_it(json!({"project": "credit-risk", "pipeline": "../../etc/passwd"})).await;
    assert!(path.starts_with("404"), "{path}");
    let id = start(&app, json!({})).await;
    let near = app.user("ana").get(&format!("/runs/{id}/steps/prepar/key")).await;
    assert!(near.contains("did you mean `prepare`?"), "{near}");
}

fn hide_commit(answer: &str) -> String {
    let Some(at) = answer.find("commit `") else { return answer.to_owned() };
    format!("{}COMMIT{}", &answer[..at + 8], &answer[at + 20..])
}

#[tokio::test]
async fn a_repeat_with_its_key_starts_one_run_and_lists_are_paged() {
    let app = given().await;
    let order = json!({"project": "credit-risk", "pipeline": "train"});
    let first = ok(&app.user("ana").with_key("k").post("/runs", &order).await);
    app.build.runs.scheduler.idle().await;
    let again = ok(&app.user("ana").with_key("k").post("/runs", &order).await);
    assert_eq!(first["id"], again["id"]);
    for _ in 0..3 {
        app.turn_clock(1);
        start(&app, json!({})).await;
    }
    let page = ok(&app.user("ana").get("/runs?limit=3&project=credit-risk&environment=dev").await);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = ok(&app.user("ana").get(&format!("/runs?limit=3&cursor={cursor}")).await);
    assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (3, 1));
    assert_eq!(rest["items"][0]["id"], first["id"]);
    let none = ok(&app.user("ana").get("/runs?state=failed").await);
    assert_eq!(none["items"], json!([]));
}
