//! What others do with an endpoint: ask to use it, be captured, have datasets scored by it.
use super::{deploy, deployment, said, told};
use crate::app::TestApp;
use crate::query::given::{CUSTOMERS, grant, lake_on, lines, ok};
use base::Digest;
use catalog::live_models::{LiveModel, LiveModelState};
use expect_test::expect;
use serde_json::{Value, json};
use serving::keeper::Keeper;
use serving::{Publisher, RolloutId};
use std::fs;
use std::time::Duration;

const SCORES: &str = "retail.predictions.scores";
const CAPTURE: &str = "retail.predictions.prod_credit_capture";

/// A lake, and an endpoint of prod that serves; Ana develops for its project, Ben answers for it, Eli is a steward of `of`.
async fn given(of: &str) -> (TestApp, Keeper, RolloutId) {
    let (app, mut keeper) = super::given().await;
    let project = "project/credit-risk";
    for (person, role, scope) in
        [("ana", "model_developer", project), ("ben", "model_owner", project), ("eli", "data_steward", of)]
    {
        let role = json!({"principal": format!("person:{person}"), "role": role, "scope": scope});
        ok(&app.user("pat").post("/role-assignments", &role).await);
    }
    let folder = app.folder.path().join("retail/core");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("facts.csv"), "id,income,debt\n1,10.5,2\n2,20,3\n").unwrap();
    let app = lake_on(app).await;
    let rollout =
        deploy(&app, &serving::Deployment { datasets: vec![CUSTOMERS.into()], ..deployment(3) }).await.unwrap();
    keeper.turn().await.unwrap();
    said(&app, &mut keeper, &[(&rollout, None)]).await;
    (app, keeper, rollout)
}

fn card() -> LiveModel {
    LiveModel {
        endpoint: "prod.credit".into(),
        project: "credit-risk".into(),
        environment: "credit-risk/prod".into(),
        team: "risk".into(),
        title: "Credit 100% risk_".into(),
        owner: "ben".into(),
        tier: 2,
        intended_use: "to decide".into(),
        prohibited_use: "to advertise".into(),
        model: "credit".into(),
        version: 3,
        candidate: 2,
        digest: Digest::of("candidate"),
        purposes: vec!["pd".into()],
        datasets: vec![CUSTOMERS.into()],
        inputs: Vec::new(),
        outputs: Vec::new(),
        metrics: Vec::new(),
        state: LiveModelState::Live,
        live_since: testkit::NEW_YEAR,
        changed_at: testkit::NEW_YEAR,
    }
}

/// Lets prod read or publish: Ana asks, Eli approves, since Dora develops for the project.
async fn may(app: &TestApp, kind: &str, object: &str) {
    let ask = json!({
        "kind": kind, "object": object, "uses": ["score"], "principal": "environment:credit-risk/prod", "purpose": "pd",
        "text": "to score", "submit": true, "expires_at": "2026-04-01T00:00:00Z",
    });
    let asked = ok(&app.user("ana").post("/requests", &ask).await);
    let columns = asked["columns"].as_array().unwrap().iter();
    let levels = columns.map(|column| (column["name"].as_str().unwrap().to_owned(), column["level"].clone())).collect();
    let approve = json!({"decision": "approve", "levels": Value::Object(levels)});
    let decide = format!("/requests/{}/decide", asked["id"].as_str().unwrap());
    assert_eq!(ok(&app.user("eli").post(&decide, &approve).await)["state"], "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_model_is_found_asked_for_and_answers_whom_its_owner_lets() {
    let (app, mut keeper, _) = given("project/credit-risk").await;
    let model = &card();
    app.db.write(|tx| async move { catalog::live_models::put(&tx, model).await }).await.unwrap();
    let cho = app.user("cho");
    for (search, found) in [("", 1), ("credit", 1), ("100%25", 1), ("k_", 1), ("churn", 0), ("%25%25%25", 0)] {
        let page = ok(&cho.get(&format!("/live-models?search={search}")).await);
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{search}");
    }
    let shown = ok(&cho.get("/live-models/prod.credit").await);
    assert_eq!((&shown["granted"], &shown["next"]["action"]), (&json!(false), &json!("create_request")));
    assert!(cho.get("/live-models/prod.none").await.starts_with("404"));

    let ask = json!({
        "kind": "use", "object": "prod.credit", "purpose": "pd", "text": "to see", "uses": ["score"], "submit": true,
        "expires_at": "2026-04-01T00:00:00Z",
    });
    let with = |name: &str, value: Value| {
        let mut ask = ask.clone();
        ask[name] = value;
        ask
    };
    let other = json!({
        "id": "ads", "name": "Advertising", "text": "to sell more", "lawful_basis": "consent", "controller": "Bank AG",
        "allowed_uses": ["score"], "retention_days": 30,
    });
    ok(&app.user("dora").post("/purposes", &other).await);
    let elsewhere = cho.post("/requests", &with("purpose", json!("ads"))).await;
    assert!(
        elsewhere.contains("the model was not trained for purpose `ads`") && elsewhere.contains("pd"),
        "{elsewhere}"
    );
    let refused = [
        elsewhere,
        cho.post("/requests", &with("object", json!("prod.none"))).await,
        cho.post("/requests", &with("object", json!("../prod.credit"))).await,
        cho.post("/requests", &with("uses", json!(["train"]))).await,
        cho.post("/requests", &with("columns", json!({"age": "clear"}))).await,
    ];
    let code = |answer: &String| format!("{} {}", &answer[..3], ok_or(answer)["code"].as_str().unwrap_or_default());
    expect![[r#"
        400 catalog.purpose_does_not_fit
        400 catalog.no_such_object
        400 catalog.no_such_object
        400 catalog.ask_does_not_fit
        400 catalog.ask_does_not_fit"#]]
    .assert_eq(&refused.iter().map(code).collect::<Vec<_>>().join("\n"));
    let asked = ok(&cho.post("/requests", &ask).await);
    assert_eq!(asked["decided_by"], "model owner of credit-risk");
    let decide = format!("/requests/{}/decide", asked["id"].as_str().unwrap());
    let approve = json!({"decision": "approve", "levels": {}});
    let mut said = Vec::new();
    for person in ["cho", "dora", "ana", "eli"] {
        said.push(format!("{person}: {}", code(&app.user(person).post(&decide, &approve).await)));
    }
    expect![[r#"
        cho: 403 access.forbidden
        dora: 404 catalog.request_not_found
        ana: 404 catalog.request_not_found
        eli: 403 catalog.not_the_decider"#]]
    .assert_eq(&said.join("\n"));

    let callers = |app: &TestApp| {
        let of = told(app).callers.into_iter().filter(|caller| caller.token == Digest::of(app.token("cho")).hex());
        of.map(|caller| (caller.endpoints, caller.outside, caller.captured)).collect::<Vec<_>>()
    };
    keeper.turn().await.unwrap();
    assert_eq!(callers(&app), []);
    let decided = ok(&app.user("ben").post(&decide, &approve).await);
    keeper.turn().await.unwrap();
    assert_eq!(callers(&app), [(vec![0], vec![0], true)], "she does not belong to the project");
    assert_eq!(ok(&cho.get("/live-models/prod.credit").await)["granted"], true);
    let revoke = format!("/grants/{}/revoke", decided["grant"].as_str().unwrap());
    let reason = json!({"reason": "no longer"});
    assert_eq!(code(&app.user("eli").post(&revoke, &reason).await), "403 catalog.not_the_decider");
    ok(&app.user("ben").post(&revoke, &reason).await);
    keeper.turn().await.unwrap();
    assert_eq!(callers(&app), []);
}

/// Ben owns models by the group that owns all of them, and by nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn who_owns_all_models_decides_what_an_environment_calls_unless_they_may_work_for_its_project() {
    let (app, _keeper) = super::given().await;
    let give = async |person: &str, place: &str| {
        let role = json!({"principal": format!("person:{person}"), "role": "model_developer", "scope": place});
        let given = ok(&app.user("pat").post("/role-assignments", &role).await);
        given["id"].as_str().unwrap().to_owned()
    };
    give("ana", "project/churn").await;
    let purpose = json!({
        "id": "pd", "name": "PD model", "text": "to prove a model of default", "lawful_basis": "credit law",
        "controller": "Bank AG", "allowed_uses": ["score"], "retention_days": 365,
    });
    ok(&app.user("dora").post("/purposes", &purpose).await);
    let model = &card();
    app.db.write(|tx| async move { catalog::live_models::put(&tx, model).await }).await.unwrap();
    app.turn_clock(60);
    let ask = json!({
        "kind": "use", "object": "prod.credit", "purpose": "pd", "text": "to know whom to call", "uses": ["score"],
        "principal": "environment:churn/prod", "submit": true, "expires_at": "2026-04-01T00:00:00Z",
    });
    let asked = ok(&app.user("ana").post("/requests", &ask).await);
    let path = format!("/requests/{}", asked["id"].as_str().unwrap());
    let (decide, approve) = (format!("{path}/decide"), json!({"decision": "approve", "levels": {}}));
    let code = |answer: &str| format!("{} {}", &answer[..3], ok_or(answer)["code"].as_str().unwrap_or_default());
    let ben = app.user("ben");
    for place in ["project/churn", "project/churn/dev", "team:marketing"] {
        let role = give("ben", place).await;
        assert_eq!(code(&ben.post(&decide, &approve).await), "403 catalog.own_side", "{place}");
        assert_ne!(ok(&ben.get(&path).await)["next"]["action"], "decide_request", "{place}");
        ok(&app.user("pat").post(&format!("/role-assignments/{role}/end"), &json!({})).await);
    }
    assert_eq!(ok(&ben.get(&path).await)["next"]["action"], "decide_request");
    let decided = ok(&ben.post(&decide, &approve).await);
    assert_eq!(decided["state"], "approved");
    let grant = format!("/grants/{}", decided["grant"].as_str().unwrap());
    ok(&app.user("dana").post(&format!("{grant}/suspend"), &json!({"reason": "an audit"})).await);
    let role = give("ben", "project/churn").await;
    assert_eq!(code(&ben.post(&format!("{grant}/resume"), &json!({})).await), "403 catalog.own_side");
    ok(&app.user("pat").post(&format!("/role-assignments/{role}/end"), &json!({})).await);
    assert_eq!(ok(&ben.post(&format!("{grant}/resume"), &json!({})).await)["state"], "active");
}

fn ok_or(answer: &str) -> Value {
    serde_json::from_str(&answer[4..]).unwrap_or_default()
}

/// Writes down a call of one row per id, as the serving process does.
fn capture(app: &TestApp, segment: &str, rollout: &RolloutId, ids: &[&str]) {
    let folder = app.release.serving.folder.join("out/capture/prod.credit");
    fs::create_dir_all(&folder).unwrap();
    let rows = ids.len();
    let values: Vec<f64> = (0..rows * 3).map(|n| n as f64).collect();
    let line = json!({
        "at": "2026-01-02T00:00:00Z", "rollout": rollout, "version": "3", "rows": rows, "record_id": ids,
        "inputs": {"X": {"datatype": "FP32", "shape": [rows, 3], "data": values}},
        "outputs": {"label": {"datatype": "INT64", "shape": [rows], "data": vec![1; rows]}},
    });
    fs::write(folder.join(segment), format!("{line}\nno call\n")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn captured_calls_become_rows_of_a_dataset_each_once() {
    let (app, _, rollout) = given("lake/retail").await;
    let publisher = Publisher::new(app.release.serving.clone(), app.query());
    let segments = || fs::read_dir(app.release.serving.folder.join("out/capture/prod.credit")).unwrap().count();
    let page = async || ok(&app.user("ana").get("/endpoints/prod/credit").await)["capture"].clone();
    assert_eq!(page().await, Value::Null);
    capture(&app, "1.jsonl", &rollout, &["a", "b"]);
    publisher.turn().await;
    let waits = page().await;
    assert_eq!((&waits["rows"], segments()), (&json!(0), 1), "nothing is lost while it waits");
    assert!(waits["reason"].as_str().unwrap().contains("you can write nothing"), "{waits}");
    may(&app, "write", "retail.predictions").await;
    publisher.turn().await;
    assert!(page().await["reason"].as_str().unwrap().contains(CUSTOMERS), "what it was trained on cannot be read");
    may(&app, "read", CUSTOMERS).await;
    publisher.turn().await;
    let done = page().await;
    let facts = ["dataset", "version", "rows", "reason"].map(|name| done[name].to_string());
    assert_eq!(facts, [format!("\"{CAPTURE}\""), "1".into(), "2".into(), "null".into()]);
    assert_eq!(segments(), 0);
    capture(&app, "1.jsonl", &rollout, &["a", "b"]); // as if the server had died before it was deleted
    publisher.turn().await;
    assert_eq!((page().await["rows"].clone(), segments()), (json!(2), 0));
    for segment in 2..6 {
        capture(&app, &format!("{segment}.jsonl"), &rollout, &["c"]);
        publisher.turn().await;
    }
    assert_eq!((page().await["rows"].clone(), page().await["version"].clone()), (json!(6), json!(5)));
    let read = json!({"kind": "read", "object": CAPTURE, "uses": ["explore"]});
    grant(&app, "ana", &read).await;
    let sql = format!("SELECT record_id, age, prediction_label, model_version FROM {CAPTURE} ORDER BY record_id, age");
    expect![[r#"
        record_id,age,prediction_label,model_version
        a,2.0,1,3
        b,5.0,1,3
        c,2.0,1,3
        c,2.0,1,3
        c,2.0,1,3
        c,2.0,1,3"#]]
    .assert_eq(&lines(&app, &sql).await.join("\n"));
    let files = |app: &TestApp| {
        let cx = app.catalog.clone();
        async move {
            let table = cx.db.read(|tx| async move { catalog::datasets::table_of(&tx, &CAPTURE.into(), None).await });
            table.await.unwrap().unwrap().files.iter().map(|file| file.rows).collect::<Vec<_>>()
        }
    };
    assert_eq!(files(&app).await, [4, 2], "small files are written again with the new rows");
    let onto = json!({
        "endpoint": "prod.credit", "name": "nightly", "datasets": [CUSTOMERS, "retail.core.facts"], "key": "id",
        "output": CAPTURE,
    });
    may(&app, "read", "retail.core.facts").await;
    let refused = app.user("ana").post("/batches", &onto).await;
    assert!(refused.starts_with("409") && refused.contains("serving.batch_output_taken"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_has_another_type_in_a_later_version_goes_on_under_another_name() {
    let (app, _, rollout) = given("lake/retail").await;
    let publisher = Publisher::new(app.release.serving.clone(), app.query());
    may(&app, "write", "retail.predictions").await;
    may(&app, "read", CUSTOMERS).await;
    let folder = app.release.serving.folder.join("out/capture/prod.credit");
    fs::create_dir_all(&folder).unwrap();
    let call = |segment: &str, inputs: &[(&str, Value)]| {
        let lines = inputs.iter().map(|(datatype, value)| {
            json!({
                "at": "2026-01-02T00:00:00Z", "rollout": rollout, "version": "3", "rows": 1, "record_id": [segment],
                "inputs": {"job": {"datatype": datatype, "shape": [1], "data": [value]}},
                "outputs": {"label": {"datatype": "INT64", "shape": [1], "data": [1]}},
            })
            .to_string()
        });
        fs::write(folder.join(segment), lines.map(|line| line + "\n").collect::<String>()).unwrap();
    };
    call("1.jsonl", &[("INT64", json!(7))]);
    publisher.turn().await;
    call("2.jsonl", &[("BYTES", json!("smith")), ("FP32", json!(0.5)), ("BOOL", json!(true)), ("INT64", json!(8))]);
    publisher.turn().await;
    let page = ok(&app.user("ana").get("/endpoints/prod/credit").await)["capture"].clone();
    assert_eq!((&page["rows"], &page["reason"]), (&json!(5), &Value::Null), "{page}");
    grant(&app, "ana", &json!({"kind": "read", "object": CAPTURE, "uses": ["explore"]})).await;
    let named = "record_id, job, job_text, job_fraction, job_flag, job_whole";
    let sql = format!("SELECT {named} FROM {CAPTURE} ORDER BY record_id, job_text, job_fraction, job_flag");
    expect![[r#"
        record_id,job,job_text,job_fraction,job_flag,job_whole
        1.jsonl,7,,,,
        2.jsonl,,smith,,,
        2.jsonl,,,0.5,,
        2.jsonl,,,,true,
        2.jsonl,,,,,8"#]]
    .assert_eq(&lines(&app, &sql).await.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_job_needs_the_grants_of_its_environment_and_scores_once_at_a_time() {
    let (app, _, _) = given("lake/retail").await;
    let facts = "retail.core.facts";
    let new = json!({
        "endpoint": "prod.credit", "name": "nightly", "datasets": [CUSTOMERS, facts], "key": "id", "output": SCORES,
        "daily_at": "02:00",
    });
    let with = |name: &str, value: Value| {
        let mut new = new.clone();
        new[name] = value;
        new
    };
    let code = |answer: &String| format!("{} {}", &answer[..3], ok_or(answer)["code"].as_str().unwrap_or_default());
    let ana = app.user("ana");
    let mut said = vec![
        code(&app.user("cho").post("/batches", &new).await),
        code(&ana.post("/batches", &with("endpoint", json!("prod.none"))).await),
        code(&ana.post("/batches", &new).await),
    ];
    may(&app, "read", CUSTOMERS).await;
    may(&app, "read", facts).await;
    said.push(code(&ana.post("/batches", &new).await));
    may(&app, "write", "retail.predictions").await;
    for (name, value) in [
        ("datasets", json!([CUSTOMERS])),
        ("datasets", json!([])),
        ("key", json!("region")),
        ("output", json!("retail.../x.y")),
        ("daily_at", json!("2am")),
        ("name", json!("../x")),
    ] {
        said.push(format!("{name}: {}", code(&ana.post("/batches", &with(name, value)).await)));
    }
    expect![[r#"
        404 serving.endpoint_not_found
        404 serving.endpoint_not_found
        403 serving.batch_no_grant
        403 serving.batch_no_grant
        datasets: 400 serving.batch_does_not_fit
        datasets: 400 serving.batch_does_not_fit
        key: 400 serving.batch_does_not_fit
        output: 400 serving.batch_does_not_fit
        daily_at: 400 serving.batch_does_not_fit
        name: 400 serving.batch_does_not_fit"#]]
    .assert_eq(&said.join("\n"));
    let made = ok(&ana.post("/batches", &new).await);
    assert_eq!((&made["state"], &made["next_at"]), (&json!("idle"), &json!("2026-01-01T02:00:00Z")));
    assert_eq!(code(&ana.post("/batches", &new).await), "409 serving.batch_taken");
    let beside = with("name", json!("beside"));
    assert_eq!(code(&ana.post("/batches", &beside).await), "409 serving.batch_output_taken");
    let (schema, _) = new["output"].as_str().unwrap().rsplit_once('.').unwrap();
    let mut squat = beside;
    squat["output"] = format!("{schema}.preprod_credit_Capture").into();
    let refused = code(&ana.post("/batches", &squat).await);
    assert_eq!(refused, "409 serving.batch_output_taken", "kept free for calls that are yet to come");
    let path = format!("/batches/{}", made["id"].as_str().unwrap());
    assert!(app.user("eli").get(&path).await.starts_with("404"));
    assert!(app.user("eli").post(&format!("{path}/start"), &json!({})).await.starts_with("404"));
    let started = ok(&app.user("ben").post(&format!("{path}/start"), &json!({})).await);
    assert_eq!(started["state"], "running");
    let again = ok(&ana.post(&format!("{path}/start"), &json!({})).await);
    assert_eq!(again["run"], started["run"]);
    assert_eq!(code(&ana.post(&format!("{path}/remove"), &json!({})).await), "409 serving.batch_not_possible");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_nothing_while_its_model_is_suspended_and_says_so() {
    let (app, mut keeper, _) = given("lake/retail").await;
    let facts = "retail.core.facts";
    for (kind, object) in [("read", CUSTOMERS), ("read", facts), ("write", "retail.predictions")] {
        may(&app, kind, object).await;
    }
    let new = json!({
        "endpoint": "prod.credit", "name": "nightly", "datasets": [CUSTOMERS, facts], "key": "id", "output": SCORES,
        "daily_at": "02:00",
    });
    let made = ok(&app.user("ana").post("/batches", &new).await);
    let path = format!("/batches/{}", made["id"].as_str().unwrap());
    let (cx, by) = (&app.release.serving, &"dora".into());
    app.db.write(|tx| async move { serving::stop(cx, &tx, "prod.credit", "drift", by).await }).await.unwrap();
    let by_hand = app.user("ben").post(&format!("{path}/start"), &json!({})).await;
    assert!(by_hand.starts_with("409") && by_hand.contains("its model is suspended"), "{by_hand}");
    app.turn_clock(2 * 3_600);
    let workers = scheduled(&app).await;
    let missed = until(&app, &path, |batch| batch["next_at"] == "2026-01-02T02:00:00Z").await;
    assert_eq!((&missed["state"], &missed["run"]), (&json!("idle"), &Value::Null), "{missed}");
    let why = missed["last"].to_string();
    assert!(why.contains("its model is suspended"), "{why}");
    assert!(app.audit_log().await.contains("MissBatch"));

    app.db.write(|tx| async move { serving::start(cx, &tx, "prod.credit", by).await }).await.unwrap();
    keeper.turn().await.unwrap();
    app.turn_clock(24 * 3_600);
    let runs = until(&app, &path, |batch| batch["run"].is_string()).await;
    assert_eq!((&runs["state"], &runs["next_at"]), (&json!("running"), &json!("2026-01-03T02:00:00Z")));
    workers.stop(Duration::from_secs(5)).await;
}

/// Starts workers that look for batch jobs whose time has come.
async fn scheduled(app: &TestApp) -> jobs::Workers {
    let cx = app.gate.context();
    let cx = jobs::Context { db: cx.db, clock: cx.clock, ids: cx.ids };
    let mut registry = jobs::Registry::new();
    serving::register(&mut registry, &app.release.serving);
    let options = jobs::Options { poll: Duration::from_millis(5), ..jobs::Options::new("test") };
    jobs::Workers::start(cx, registry, options).await.unwrap()
}

/// Waits until a batch job is so, and returns it as Ana sees it.
async fn until(app: &TestApp, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..1_000 {
        let batch = ok(&app.user("ana").get(path).await);
        if fits(&batch) {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never so: {}", app.user("ana").get(path).await);
}
