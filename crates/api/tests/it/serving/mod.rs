//! Endpoints over HTTP, with the serving process's part played by what it writes: its report.
mod uses;
mod whole;

use crate::app::TestApp;
use base::Digest;
use expect_test::expect;
use serde_json::{Value, json};
use serving::keeper::Keeper;
use serving::manifest::{self, Manifest};
use serving::process::{Captured, MANIFEST, Outcome, REPORT, Report, Told};
use serving::{Deployment, RolloutId, signature_of};

const CREDIT: &[u8] = include_bytes!("../../../../serving/fixtures/credit.onnx");

/// Has the environments of two projects, and Dora as a developer of one of them.
async fn given() -> (TestApp, Keeper) {
    let app = TestApp::start().await;
    let cx = &app.build.environments;
    app.db
        .write(|tx| async move {
            for project in ["credit-risk", "churn"] {
                environments::provision(cx, &tx, &project.into(), &environments::NAMES, None).await?;
            }
            Ok::<_, environments::Error>(())
        })
        .await
        .unwrap();
    let role = json!({"principal": "person:dora", "role": "model_developer", "scope": "project/credit-risk"});
    app.user("pat").post("/role-assignments", &role).await;
    app.release.serving.blobs.put(CREDIT).await.unwrap();
    let keeper = Keeper::open(app.release.serving.clone(), app.gate.clone()).unwrap();
    (app, keeper)
}

fn deployment(version: i64) -> Deployment {
    Deployment {
        environment: "credit-risk/prod".into(),
        endpoint: "credit".into(),
        candidate: Digest::of(format!("candidate {version}")),
        project: "credit-risk".into(),
        model: "credit".into(),
        version,
        onnx: Digest::of(CREDIT),
        signature: signature_of(CREDIT, &["income", "debt", "age"].map(str::to_owned)).unwrap(),
        datasets: Vec::new(),
    }
}

async fn deploy(app: &TestApp, deployment: &Deployment) -> Result<RolloutId, serving::Error> {
    let (cx, by) = (&app.release.serving, &"dora".into());
    app.db.write(|tx| async move { serving::deploy(cx, &tx, deployment, by).await }).await
}

/// Says what the process would say of the rollouts, and takes two turns: it is ready, then it serves.
async fn said(app: &TestApp, keeper: &mut Keeper, rollouts: &[(&RolloutId, Option<&str>)]) {
    let told = |reason: Option<&str>| Told {
        outcome: if reason.is_some() { Outcome::Failed } else { Outcome::Ready },
        reason: reason.map(str::to_owned),
    };
    let captured = Captured { calls: 5, dropped: 1, answered: 6, refused: 2, outside_at: None };
    let report = Report {
        rollouts: rollouts.iter().map(|(id, reason)| (id.0.clone(), told(*reason))).collect(),
        captured: [("prod.credit".to_owned(), captured)].into(),
        sequence: i64::MAX,
        ..Report::default()
    };
    std::fs::write(app.release.serving.folder.join(REPORT), serde_json::to_vec(&report).unwrap()).unwrap();
    keeper.turn().await.unwrap();
    keeper.turn().await.unwrap();
}

fn told(app: &TestApp) -> Manifest {
    let serving = &app.release.serving;
    let file = std::fs::read(serving.folder.join(MANIFEST)).unwrap();
    manifest::open(&file, &serving.key.verifying_key()).unwrap()
}

async fn shown(app: &TestApp) -> Value {
    let answer = app.user("dora").get("/endpoints/prod/credit").await;
    serde_json::from_str(answer.strip_prefix("200 ").expect(&answer)).unwrap()
}

#[tokio::test]
async fn a_model_is_loaded_before_it_answers_and_the_page_says_so() {
    let (app, mut keeper) = given().await;
    app.release.serving.live.listens_at("http://127.0.0.1:8081");
    let first = deploy(&app, &deployment(3)).await.unwrap();
    assert_eq!(deploy(&app, &deployment(3)).await.unwrap(), first, "asked again it is the same");
    let other = deploy(&app, &deployment(4)).await.unwrap_err();
    assert_eq!(other.to_string(), format!("rollout `{first}` to endpoint `prod.credit` is on its way"));
    assert_eq!(shown(&app).await["next"]["text"], "`credit` version 3 is on its way.");
    keeper.turn().await.unwrap();
    let manifest = told(&app);
    assert_eq!((manifest.endpoints.len(), &manifest.endpoints[0].serving), (1, &None), "loaded, and answers nobody");
    assert_eq!(manifest.endpoints[0].releases[0].rollout, first.0);
    assert!(app.release.serving.folder.join("models").join(Digest::of(CREDIT).hex()).is_file());
    said(&app, &mut keeper, &[(&first, None)]).await;
    assert_eq!(told(&app).endpoints[0].serving, Some(first.0.clone()));
    let page = shown(&app).await;
    let facts = ["state", "url", "environment", "project", "columns", "calls", "stopped"];
    let facts: Vec<String> = facts.iter().map(|name| format!("{name}: {}", page[*name])).collect();
    expect![[r#"
        state: "serving"
        url: "http://127.0.0.1:8081/v2/models/prod.credit"
        environment: "prod"
        project: "credit-risk"
        columns: ["income","debt","age"]
        calls: {"answered":6,"refused":2,"captured":5,"dropped":1}
        stopped: null"#]]
    .assert_eq(&facts.join("\n"));
    assert_eq!(page["requested"], page["serving"]);
    assert_eq!((&page["serving"]["id"], &page["serving"]["state"]), (&json!(first.0), &json!("serving")));
    let names: Vec<&Value> = page["inputs"].as_array().unwrap().iter().map(|input| &input["name"]).collect();
    assert_eq!(names, [&json!("X"), &json!("record_id")]);
    let published = app.count("outbox").await;
    assert_eq!(published, 1, "whoever waits is told once");
    keeper.turn().await.unwrap();
    assert_eq!(app.count("outbox").await, published);
}

#[tokio::test]
async fn a_rollout_that_failed_never_looks_like_success() {
    let (app, mut keeper) = given().await;
    let first = deploy(&app, &deployment(3)).await.unwrap();
    keeper.turn().await.unwrap();
    said(&app, &mut keeper, &[(&first, None)]).await;
    let second = deploy(&app, &deployment(4)).await.unwrap();
    keeper.turn().await.unwrap();
    said(&app, &mut keeper, &[(&first, None), (&second, Some("it is damaged"))]).await;
    let page = shown(&app).await;
    assert_eq!((&page["serving"]["version"], &page["requested"]["version"]), (&json!(3), &json!(4)));
    let last = &page["last_rollout"];
    assert_eq!((&last["outcome"], &last["reason"]), (&json!("failed"), &json!("it is damaged")));
    assert_eq!(page["next"]["text"], "Still serves `credit` version 3: the last rollout failed.");
    assert_eq!(told(&app).endpoints[0].serving, Some(first.0.clone()));
    assert_eq!(told(&app).endpoints[0].releases.len(), 1);
    // One that the process says nothing of fails, too, in the end.
    let third = deploy(&app, &deployment(5)).await.unwrap();
    keeper.turn().await.unwrap();
    app.turn_clock(60);
    keeper.turn().await.unwrap();
    let page = shown(&app).await;
    assert_eq!((&page["last_rollout"]["rollout"], &page["requested"]["state"]), (&json!(third.0), &json!("failed")));
    assert_eq!(page["last_rollout"]["reason"], "the serving process did not load it within 60 s");
    let missing = Deployment { onnx: Digest::of("absent"), ..deployment(6) };
    deploy(&app, &missing).await.unwrap();
    keeper.turn().await.unwrap();
    assert_eq!(shown(&app).await["last_rollout"]["reason"], "the exported model's file is not in the store");
}

#[tokio::test]
async fn what_served_before_comes_back_and_a_stop_is_told_at_once() {
    let (app, mut keeper) = given().await;
    let mut ids = Vec::new();
    for version in [3, 4] {
        let id = deploy(&app, &deployment(version)).await.unwrap();
        keeper.turn().await.unwrap();
        said(&app, &mut keeper, &[(&id, None)]).await;
        ids.push(id);
        app.turn_clock(1);
    }
    assert_eq!(told(&app).endpoints[0].releases.len(), 2, "the one before is kept warm");
    let (cx, by) = (&app.release.serving, &"dora".into());
    let back = app.db.write(|tx| async move { serving::rollback(cx, &tx, "prod.credit", "it drifts", by).await });
    let back = back.await.unwrap();
    keeper.turn().await.unwrap();
    said(&app, &mut keeper, &[(&back, None)]).await;
    let again = app.db.write(|tx| async move { serving::rollback(cx, &tx, "prod.credit", "it drifts", by).await });
    assert_eq!(again.await.unwrap(), back, "the same again is the same rollout");
    let page = shown(&app).await;
    assert_eq!((&page["serving"]["version"], &page["serving"]["back_to"]), (&json!(3), &json!(ids[0].0)));
    for _ in 0..2 {
        app.db.write(|tx| async move { serving::stop(cx, &tx, "prod.credit", "drift", by).await }).await.unwrap();
    }
    keeper.turn().await.unwrap();
    assert_eq!(told(&app).endpoints[0].stopped.as_deref(), Some("drift"));
    let page = shown(&app).await;
    assert_eq!((&page["state"], &page["stopped"]["by"]), (&json!("stopped"), &json!("dora")));
    app.db.write(|tx| async move { serving::start(cx, &tx, "prod.credit", by).await }).await.unwrap();
    app.turn_clock(15 * 60);
    keeper.turn().await.unwrap();
    assert_eq!(told(&app).endpoints[0].releases.len(), 1, "and not for ever");
    app.db.write(|tx| async move { serving::undeploy(cx, &tx, "prod.credit", by).await }).await.unwrap();
    keeper.turn().await.unwrap();
    assert!(told(&app).endpoints.is_empty());
    let log = app.audit_log().await;
    let of_endpoints: Vec<&str> = log.lines().filter(|line| line.contains("endpoint/")).collect();
    expect![[r#"
        allowed person:dora DeployModel endpoint/prod.credit
        allowed serving ServeRollout endpoint/prod.credit
        allowed person:dora DeployModel endpoint/prod.credit
        allowed serving ServeRollout endpoint/prod.credit
        allowed person:dora RollBackModel endpoint/prod.credit
        allowed serving ServeRollout endpoint/prod.credit
        allowed person:dora StopEndpoint endpoint/prod.credit
        allowed person:dora StartEndpoint endpoint/prod.credit
        allowed person:dora UndeployModel endpoint/prod.credit"#]]
    .assert_eq(&of_endpoints.join("\n"));
}

#[tokio::test]
async fn the_process_is_told_whose_tokens_may_call_and_forgets_them_when_they_end() {
    let (app, mut keeper) = given().await;
    deploy(&app, &deployment(3)).await.unwrap();
    keeper.turn().await.unwrap();
    let hash = |person: &str| Digest::of(app.token(person)).hex();
    let callers = |app: &TestApp| told(app).callers.into_iter().map(|caller| caller.token).collect::<Vec<_>>();
    assert_eq!(callers(&app), [hash("dora")], "who belongs to the project, and nobody else");
    let sequence = told(&app).sequence;
    keeper.turn().await.unwrap();
    assert_eq!(told(&app).sequence, sequence, "nothing changed");
    app.turn_clock(2);
    keeper.turn().await.unwrap();
    assert!(told(&app).sequence > sequence, "and yet it is renewed");
    let answer = app.user("dora").get("/tokens").await;
    let tokens: Value = serde_json::from_str(&answer[4..]).unwrap();
    let id = tokens["items"][0]["id"].as_str().expect(&answer);
    let revoked = app.user("dora").post(&format!("/tokens/{id}/revoke"), &Value::Null).await;
    assert!(revoked.starts_with("200"), "{revoked}");
    keeper.turn().await.unwrap();
    assert_eq!(callers(&app), Vec::<String>::new());
}

#[tokio::test]
async fn an_endpoint_is_seen_by_its_project_alone_and_belongs_to_it() {
    let (app, _) = given().await;
    deploy(&app, &deployment(3)).await.unwrap();
    for stranger in ["eli"] {
        let (one, none) = (
            app.user(stranger).get("/endpoints/prod/credit").await,
            app.user(stranger).get("/endpoints/prod/other").await,
        );
        assert_eq!(one.replace("prod.credit", "prod.other"), none, "absent and hidden are one answer");
        assert_eq!(app.user(stranger).get("/endpoints").await, r#"200 {"items":[]}"#);
    }
    assert!(app.user("ivo").get("/endpoints").await.contains("prod.credit"));
    assert!(app.user("dora").get("/endpoints?limit=1").await.contains("prod.credit"));
    let churn = Deployment { environment: "churn/prod".into(), project: "churn".into(), ..deployment(1) };
    let taken = deploy(&app, &churn).await.unwrap_err();
    assert_eq!(taken.to_string(), "endpoint `prod.credit` belongs to project `credit-risk`");
    let foreign = Deployment { environment: "churn/prod".into(), endpoint: "mine".into(), ..deployment(1) };
    assert!(matches!(deploy(&app, &foreign).await, Err(serving::Error::Environment(_))));
    let named = Deployment { endpoint: "../x".into(), ..deployment(1) };
    assert!(matches!(deploy(&app, &named).await, Err(serving::Error::Name(_))));
    let (cx, by) = (&app.release.serving, &"dora".into());
    let nothing = app.db.write(|tx| async move { serving::rollback(cx, &tx, "prod.credit", "x", by).await }).await;
    assert!(matches!(nothing, Err(serving::Error::Moving(..))), "{nothing:?}");
}
