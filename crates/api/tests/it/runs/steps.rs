use super::given::{Runner, body, given, ok, play_on, run, start, steps};
use expect_test::expect;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_run_goes_through_its_steps_and_what_they_wrote_is_there() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    expect![[r#"
        run: running
        prepare: running - [submitted] -
        fit: waiting - [] -"#]]
    .assert_eq(&steps(&app, &id).await);

    let prepare = app.engine.launch("prepare");
    assert_eq!(std::fs::read_to_string(&prepare.inputs["rows"]).unwrap(), "id,age\n1,30\n");
    assert!(prepare.code.as_ref().unwrap().join("pipelines/train.json").is_file());
    assert!(prepare.sdk.join("lockgate/__init__.py").is_file());
    let mut runner = Runner::of(&app, prepare);
    let claimed = ok(&runner.claim(7).await);
    expect![[r#"
        {
          "run": "r",
          "step": "prepare",
          "attempt": "a",
          "project": "credit-risk",
          "environment": "credit-risk/dev",
          "action": {
            "python": "pipelines.train:prepare"
          },
          "parameters": {},
          "inputs": {
            "rows": {
              "from": "path"
            }
          },
          "outputs": [
            "table"
          ],
          "env": {},
          "timeout_s": 3600,
          "cpus": 1,
          "memory_mib": 1024
        }"#]]
    .assert_eq(&format!("{:#}", {
        let mut spec = claimed["spec"].clone();
        (spec["attempt"], spec["run"]) = ("a".into(), "r".into());
        spec
    }));
    expect![[r#"200 {"cancel":false}"#]].assert_eq(&runner.beat().await);
    expect![[r#"200 {"next":2}"#]].assert_eq(&runner.ship(0, &["one", "two"]).await);
    ok(&runner.succeed("id,age\n").await);

    let fit = Runner::claimed(&app, "fit").await;
    assert_eq!(std::fs::read_to_string(&fit.launch.inputs["table"]).unwrap(), "id,age\n");
    assert_eq!(fit.launch.spec.parameters["seed"], 7);
    let early = app.user("ana").get(&format!("/runs/{id}/steps/fit/outputs/model")).await;
    let sent = fit.put("model", b"weights").await;
    assert!(early.starts_with("404"), "{early}");
    let early = app.user("ana").get(&format!("/runs/{id}/steps/fit/outputs/model")).await;
    assert!(early.starts_with("404"), "what was sent is not seen before the report: {early}");
    ok(&fit.report("succeeded", json!({"model": sent})).await);
    expect![[r#"
        run: succeeded
        prepare: succeeded executed [succeeded] -
        fit: succeeded executed [succeeded] -"#]]
    .assert_eq(&steps(&app, &id).await);
    assert_eq!(app.user("ana").get(&format!("/runs/{id}/steps/fit/outputs/model")).await, "200 weights");
    let finished = app.db.read(|tx| async move { tx.has_events().await }).await.unwrap();
    assert!(finished, "`RunFinished` waits on the outbox");
}

#[tokio::test]
async fn tokens_die_with_the_attempt_and_a_runner_is_only_its_own() {
    let app = given().await;
    start(&app, json!({})).await;
    let launch = app.engine.launch("prepare");
    let path = format!("/attempts/{}/claim", launch.attempt);
    let who = json!({"runner": {"host": "here", "pid": 1, "started_at": 1, "boot_id": "b"}});
    let by_step = app.with_token(launch.step_token.reveal()).post(&path, &who).await;
    assert!(by_step.starts_with("403"), "the step's own token is no runner's: {by_step}");
    let by_person = app.user("ana").post(&path, &who).await;
    let absent = app.user("ana").post("/attempts/a-0/claim", &who).await;
    assert_eq!(by_person.replace(launch.attempt.as_str(), "a-0"), absent);
    let runner = Runner::claimed(&app, "prepare").await;
    ok(&runner.succeed("x").await);
    app.gate.clone().keep(async {}).await; // as it does four times a second
    let late = runner.beat().await;
    assert!(late.starts_with("401"), "{late}");
    let other = app.engine.launch("fit");
    let foreign = app.with_token(other.runner_token.reveal()).post(&path, &who).await;
    assert!(foreign.starts_with("404"), "{foreign}");
}

#[tokio::test]
async fn a_failed_step_is_tried_as_often_as_it_says_and_skips_those_behind_it() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let runner = Runner::claimed(&app, "prepare").await;
    ok(&runner.report("user", json!({})).await);
    expect![[r#"
        run: failed
        prepare: failed executed [failed] its code failed: exit code 1
        fit: skipped skipped [] step `prepare` failed"#]]
    .assert_eq(&steps(&app, &id).await);

    let id = start(&app, json!({})).await;
    ok(&Runner::claimed(&app, "prepare").await.succeed("x").await);
    ok(&Runner::claimed(&app, "fit").await.report("user", json!({})).await);
    assert_eq!(app.engine.steps(), [""; 0], "not before its time");
    app.turn_clock(2);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    ok(&Runner::claimed(&app, "fit").await.report("memory", json!({})).await);
    expect![[r#"
        run: failed
        prepare: succeeded executed [succeeded] -
        fit: failed executed [failed failed] it needed more than its `memory_mib`: exit code 1"#]]
    .assert_eq(&steps(&app, &id).await);
}

#[tokio::test]
async fn a_success_without_its_outputs_is_none() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let runner = Runner::claimed(&app, "prepare").await;
    let never_sent = json!({"table": {"digest": base::Digest::of("x"), "size_bytes": 1, "kind": "file"}});
    let missing =
        runner.post("report", &json!({"fence": runner.fence, "outcome": "succeeded", "outputs": never_sent})).await;
    expect![[r#"409 {"status":409,"code":"runs.output_missing","detail":"output `table` was reported and never sent","hint":"send it by `PUT` before the report"}"#]].assert_eq(&missing);
    ok(&runner.report("succeeded", json!({})).await);
    expect![[r#"
        run: failed
        prepare: failed executed [failed] its code failed: it did not write its output `table`, exit code 0
        fit: skipped skipped [] step `prepare` failed"#]]
    .assert_eq(&steps(&app, &id).await);
}

#[tokio::test]
async fn what_the_engine_refuses_fails_with_its_reason() {
    let app = given().await;
    app.engine.refuses.store(true, Ordering::SeqCst);
    let id = start(&app, json!({})).await;
    expect![[r#"
        run: failed
        prepare: failed executed [failed] what it runs on failed: no bubblewrap here
        fit: skipped skipped [] step `prepare` failed"#]]
    .assert_eq(&steps(&app, &id).await);
}

#[tokio::test]
async fn steps_wait_for_a_cpu_and_start_as_soon_as_one_is_free() {
    let app = given().await;
    app.engine.cpus.store(1, Ordering::SeqCst);
    let first = start(&app, json!({})).await;
    let second = start(&app, json!({"seed": 8})).await; // its `prepare` is the same, so it waits for the first's
    assert!(steps(&app, &second).await.contains(&format!("prepare: ready - [] an equal step runs in `{first}`")));
    assert_eq!(app.engine.running().len(), 1);
    ok(&Runner::claimed(&app, "prepare").await.succeed("x").await);
    assert_eq!(app.engine.running().len(), 1);
    assert_eq!(play_on(&app).await, 2);
    for id in [&first, &second] {
        assert_eq!(run(&app, id).await["state"], "succeeded");
    }
}

#[tokio::test]
async fn steps_wait_for_memory_as_they_do_for_a_cpu() {
    let app = given().await;
    app.engine.memory_mib.store(1_500, Ordering::SeqCst); // a step takes 1,024 unless it says otherwise
    let first = start(&app, json!({})).await;
    ok(&Runner::claimed(&app, "prepare").await.succeed("x").await);
    let second = start(&app, json!({"seed": 8})).await;
    assert_eq!(app.engine.running().len(), 1, "there are CPUs for two, and memory for one");
    assert!(
        steps(&app, &second).await.contains("fit: ready - [] waits for a CPU or for memory"),
        "{}",
        steps(&app, &second).await
    );
    app.turn_clock(600);
    runs::look_after(&app.build.runs, &second.as_str().into()).await.unwrap();
    assert!(steps(&app, &second).await.contains("fit: ready - []"), "it waits for as long as it takes");
    assert_eq!(play_on(&app).await, 2);
    for id in [&first, &second] {
        assert_eq!(run(&app, id).await["state"], "succeeded");
    }
}

#[tokio::test]
async fn a_cancelled_run_ends_what_runs_and_starts_nothing_more() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let runner = Runner::claimed(&app, "prepare").await;
    let cancelled = ok(&app.user("ana").post(&format!("/runs/{id}/cancel"), &Value::Null).await);
    assert_eq!((&cancelled["state"], &cancelled["steps"][1]["state"]), (&json!("cancelling"), &json!("cancelled")));
    assert_eq!(ok(&app.user("ana").post(&format!("/runs/{id}/cancel"), &Value::Null).await), cancelled);
    let other = app.user("ben").post(&format!("/runs/{id}/cancel"), &Value::Null).await;
    assert!(other.starts_with("409"), "{other}");
    assert_eq!(body(&runner.beat().await)["cancel"], true);
    ok(&runner.report("cancelled", json!({})).await);
    expect![[r#"
        run: cancelled
        prepare: cancelled - [cancelled] -
        fit: cancelled - [] -"#]]
    .assert_eq(&steps(&app, &id).await);

    // One whose runner never came ends at once; one that does not listen is stopped.
    let id = start(&app, json!({})).await;
    let cancelled = ok(&app.user("ana").post(&format!("/runs/{id}/cancel"), &Value::Null).await);
    assert_eq!(cancelled["state"], "cancelled");
    let id = start(&app, json!({})).await;
    let deaf = Runner::claimed(&app, "prepare").await;
    ok(&app.user("ana").post(&format!("/runs/{id}/cancel"), &Value::Null).await);
    app.turn_clock(16);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert_eq!(run(&app, &id).await["state"], "cancelled");
    assert!(app.engine.stopped().contains(&deaf.launch.attempt));
}
