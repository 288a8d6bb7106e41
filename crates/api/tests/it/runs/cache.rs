use super::given::{Runner, given, ok, play_on, project_with, start, steps};
use crate::app::TestApp;
use expect_test::expect;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn an_equal_step_does_not_run_again_and_a_miss_names_what_changed() {
    let app = given().await;
    let first = start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 2);
    let second = start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 0);
    expect![[r#"
        run: succeeded
        prepare: succeeded cached_from [] -
        fit: succeeded cached_from [] -"#]]
    .assert_eq(&steps(&app, &second).await);
    let model = app.user("ana").get(&format!("/runs/{second}/steps/fit/outputs/model")).await;
    assert_eq!(model, "200 the work of fit");

    let third = start(&app, json!({"seed": 8})).await;
    assert_eq!(play_on(&app).await, 1);
    let key = ok(&app.user("ana").get(&format!("/runs/{third}/steps/fit/key")).await);
    assert_eq!(
        key["sentence"],
        format!("It runs again because, since `{second}`, parameter seed changed from `7` to `8`.")
    );
    let changed: Vec<&Value> = key["parts"].as_array().unwrap().iter().filter(|part| part["same"] == false).collect();
    assert_eq!(changed, [&json!({"part": "parameter seed", "before": "7", "after": "8", "same": false})]);
    let key = ok(&app.user("ana").get(&format!("/runs/{second}/steps/fit/key")).await);
    assert_eq!(
        key["sentence"],
        format!("It did not have to run: all that its result depends on is as it was in `{first}`.")
    );
}

#[tokio::test]
async fn outputs_that_are_gone_are_made_again() {
    let app = given().await;
    let first = start(&app, json!({})).await;
    play_on(&app).await;
    let shown = ok(&app.user("ana").get(&format!("/runs/{first}")).await);
    let digest = shown["steps"][0]["outputs"][0]["digest"].as_str().unwrap().parse().unwrap();
    app.build.runs.blobs.remove(&digest).await.unwrap();
    let second = start(&app, json!({})).await;
    assert_eq!(app.engine.steps(), ["prepare"]);
    assert_eq!(play_on(&app).await, 1);
    expect![[r#"
        run: succeeded
        prepare: succeeded executed [succeeded] -
        fit: succeeded cached_from [] -"#]]
    .assert_eq(&steps(&app, &second).await);
}

#[tokio::test]
async fn of_equal_steps_one_runs_and_the_others_take_its_result() {
    let app = given().await;
    let runs = [start(&app, json!({})).await, start(&app, json!({})).await, start(&app, json!({})).await];
    assert_eq!(app.engine.steps(), ["prepare"]);
    // The one that runs fails: another takes its place.
    ok(&Runner::claimed(&app, "prepare").await.report("memory", json!({})).await);
    assert_eq!(app.engine.steps(), ["prepare"]);
    assert_eq!(play_on(&app).await, 2);
    let states = [steps(&app, &runs[0]).await, steps(&app, &runs[1]).await, steps(&app, &runs[2]).await];
    assert!(states[0].starts_with("run: failed"), "{states:?}");
    let mut how: Vec<_> = states[1..].iter().map(|shown| shown.contains("prepare: succeeded executed")).collect();
    how.sort_unstable();
    assert_eq!(how, [false, true], "one of them runs, the other takes its result: {states:?}");
    assert!(states[1..].iter().all(|shown| shown.starts_with("run: succeeded")), "{states:?}");
}

#[tokio::test]
async fn nobody_waits_for_a_result_that_no_run_computes_any_more() {
    let app = given().await;
    let first = start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 2);
    let left = format!("UPDATE cache_entries SET state = 'computing' WHERE run = '{first}'");
    app.db.migrator().execute_unprepared(&left).await.unwrap();
    let second = start(&app, json!({})).await;
    assert_eq!(app.engine.steps(), ["prepare"], "{}", steps(&app, &second).await);
    assert_eq!(play_on(&app).await, 2);
    assert!(steps(&app, &second).await.starts_with("run: succeeded"));
}

#[tokio::test]
async fn a_step_that_takes_a_result_computes_no_other_any_more() {
    let app = given().await;
    let first = start(&app, json!({})).await;
    ok(&Runner::claimed(&app, "prepare").await.report("infrastructure", json!({})).await);
    // What that try computed had another key, as where a dataset has a new version since.
    let other = format!("UPDATE cache_entries SET cache_key = 'sha256:other' WHERE run = '{first}'");
    app.db.migrator().execute_unprepared(&other).await.unwrap();
    start(&app, json!({})).await;
    ok(&Runner::claimed(&app, "prepare").await.succeed("x").await);
    app.turn_clock(10);
    runs::look_after(&app.build.runs, &first.as_str().into()).await.unwrap();
    assert!(
        steps(&app, &first).await.contains("prepare: succeeded cached_from [failed]"),
        "{}",
        steps(&app, &first).await
    );
    assert_eq!(app.count("cache_entries WHERE cache_key = 'sha256:other'").await, 0);
}

/// Steps `s0`, `s1`, … each behind the one before.
fn chain(count: usize, cache: bool) -> Value {
    let steps: Vec<Value> = (0..count)
        .map(|n| {
            let inputs = if n == 0 { json!({}) } else { json!({"before": {"step": format!("s{}", n - 1), "output": "out"}}) };
            json!({"name": format!("s{n}"), "run": {"command": ["/bin/true"]}, "inputs": inputs, "outputs": ["out"], "cache": cache})
        })
        .collect();
    json!({"version": 1, "name": "train", "steps": steps})
}

#[tokio::test]
async fn a_chain_of_cached_steps_is_taken_in_one_go_and_steps_with_effects_never_are() {
    let app = TestApp::start().await;
    project_with(&app, &[("pipelines/train.json", chain(30, true).to_string())]).await;
    start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 30);
    start(&app, json!({})).await;
    assert_eq!(play_on(&app).await, 0);
    assert_eq!(app.count("run_steps WHERE kind = 'cached_from'").await, 30);

    let app = TestApp::start().await;
    project_with(&app, &[("pipelines/train.json", chain(2, false).to_string())]).await;
    for _ in 0..2 {
        let id = start(&app, json!({})).await;
        assert_eq!(play_on(&app).await, 2);
        let key = ok(&app.user("ana").get(&format!("/runs/{id}/steps/s0/key")).await);
        assert_eq!(key["sentence"], "It always runs: it says that it has effects outside its outputs.");
    }
}

#[tokio::test]
async fn many_steps_at_once_start_as_cpus_allow_and_all_end() {
    let app = TestApp::start().await;
    let steps: Vec<Value> = (0..60)
        .map(|n| json!({"name": format!("s{n}"), "run": {"command": ["/bin/true"]}, "outputs": ["out"], "env": {"N": n.to_string()}}))
        .collect();
    let pipeline = json!({"version": 1, "name": "train", "steps": steps});
    project_with(&app, &[("pipelines/train.json", pipeline.to_string())]).await;
    app.engine.cpus.store(3, Ordering::SeqCst);
    let id = start(&app, json!({})).await;
    assert_eq!(app.engine.running().len(), 3);
    assert_eq!(play_on(&app).await, 60);
    assert!(super::given::steps(&app, &id).await.starts_with("run: succeeded"));
}
