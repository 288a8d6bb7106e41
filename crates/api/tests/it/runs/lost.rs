//! Runners that fall silent, come twice, come back late; and servers that are killed.
use super::given::{Runner, body, given, ok, play_on, project_with, run, start, steps};
use crate::app::TestApp;
use expect_test::expect;
use runs::{Context, Scheduler};
use sea_orm::ConnectionTrait;
use serde_json::json;
use std::sync::atomic::Ordering;

/// Returns what a server that starts on the same database and engine has: nothing in memory.
fn restarted(app: &TestApp) -> Context {
    let old = &app.build.runs;
    let parts = runs::Parts {
        access: old.access.clone(),
        blobs: old.blobs.clone(),
        git: old.git.clone(),
        environments: old.environments.clone(),
        engine: app.engine.clone(),
        library: None,
        folder: old.folder.clone(),
    };
    let cx = Context::open(parts).unwrap();
    cx.serve_at("http://lockgate.test");
    cx
}

#[tokio::test]
async fn a_second_claim_silences_the_first() {
    let app = given().await;
    start(&app, json!({})).await;
    let mut first = Runner::claimed(&app, "prepare").await;
    let again = body(&first.claim(7).await)["fence"].as_i64().unwrap();
    assert_eq!(again, first.fence, "a repeat after a lost answer");
    let mut second = Runner::of(&app, first.launch.clone());
    ok(&second.claim(8).await);
    assert!(second.fence > first.fence);
    for answer in [first.beat().await, first.ship(0, &["x"]).await] {
        assert!(answer.starts_with("409") && answer.contains("runs.stale_fence"), "{answer}");
    }
    let table = second.put("table", b"x").await;
    let late =
        first.post("report", &json!({"fence": first.fence, "outcome": "succeeded", "outputs": {"table": table}})).await;
    assert!(late.contains("runs.stale_fence"), "{late}");
    ok(&second.beat().await);
    ok(&second.report("succeeded", json!({"table": table})).await);
}

#[tokio::test]
async fn a_silent_runner_is_lost_its_step_is_tried_again_and_its_late_success_decides_nothing() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let lost = Runner::claimed(&app, "prepare").await;
    let late_table = lost.put("table", b"late").await;
    app.turn_clock(29);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("prepare: running - [claimed] -"));
    app.turn_clock(2);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(app.engine.stopped().contains(&lost.launch.attempt));
    app.turn_clock(2);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    expect![[r#"
        run: running
        prepare: running - [lost submitted] -
        fit: waiting - [] -"#]]
    .assert_eq(&steps(&app, &id).await);
    let step_token = app.with_token(lost.launch.step_token.reveal()).get("/datasets").await;
    app.gate.clone().keep(async {}).await;
    let dead = app.with_token(lost.launch.step_token.reveal()).get("/datasets").await;
    assert!(dead.starts_with("401"), "before {step_token}, now {dead}");

    let late = lost
        .post("report", &json!({"fence": lost.fence, "outcome": "succeeded", "outputs": {"table": late_table}}))
        .await;
    expect![[r#"200 {"taken":false}"#]].assert_eq(&late);
    play_on(&app).await;
    expect![[r#"
        run: succeeded
        prepare: succeeded executed [superseded succeeded] -
        fit: succeeded executed [succeeded] -"#]]
    .assert_eq(&steps(&app, &id).await);
    let table = app.user("ana").get(&format!("/runs/{id}/steps/prepare/outputs/table")).await;
    assert_eq!(table, "200 the work of prepare");
}

#[tokio::test]
async fn a_runner_that_is_gone_is_lost_sooner_and_one_that_reports_in_time_is_not() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let runner = Runner::claimed(&app, "prepare").await;
    app.engine.end(&runner.launch.attempt);
    app.turn_clock(4);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("prepare: running - [claimed] -"), "its report may be on its way");
    app.turn_clock(2);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("[lost] its runner was lost: it is gone"));
}

#[tokio::test]
async fn an_engine_that_is_away_delays_and_nothing_is_started_twice() {
    let app = given().await;
    app.engine.away.store(true, Ordering::SeqCst);
    let id = start(&app, json!({})).await;
    assert!(steps(&app, &id).await.contains("prepare: running - [planned] -"));
    app.engine.away.store(false, Ordering::SeqCst);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("prepare: running - [submitted] -"));
    play_on(&app).await;
    assert_eq!(run(&app, &id).await["state"], "succeeded");
    assert!(app.engine.submits().values().all(|count| *count == 1));
}

#[tokio::test]
async fn what_an_engine_has_no_room_for_waits_however_long_that_takes() {
    let app = given().await;
    app.engine.full.store(true, Ordering::SeqCst);
    let id = start(&app, json!({})).await;
    for _ in 0..5 {
        app.turn_clock(119);
        runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    }
    assert!(steps(&app, &id).await.contains("prepare: running - [planned] -"), "{}", steps(&app, &id).await);
    app.engine.full.store(false, Ordering::SeqCst);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    app.turn_clock(100);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("prepare: running - [submitted] -"), "its time begins when it is taken");
    app.turn_clock(21);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    assert!(steps(&app, &id).await.contains("[failed] what it runs on failed: its runner did not start"));
}

#[tokio::test]
async fn a_server_killed_at_any_moment_adopts_what_runs_and_starts_nothing_twice() {
    let app = given().await;
    app.engine.cpus.store(0, Ordering::SeqCst); // the scheduler of the first server gets nowhere
    let id = start(&app, json!({})).await;
    app.engine.cpus.store(1, Ordering::SeqCst);
    let id = &id.as_str().into();
    let open = "attempts WHERE state IN ('planned', 'submitted', 'claimed', 'running')";
    let (waits, ()) = testkit::drop_at_every_wait(
        async || runs::look_after(&restarted(&app), id).await.unwrap(),
        async || {
            assert!(app.count(open).await <= 1);
            assert!(app.engine.running().len() <= 1, "{:?}", app.engine.steps());
            assert!(app.engine.submits().values().all(|count| *count == 1), "{:?}", app.engine.submits());
        },
    )
    .await;
    assert!(waits > 0); // how many there are is the machine's affair: what was begun before a drop may have gone on
    // The one that claims is the one that was submitted, whoever lived to know it.
    play_on(&app).await;
    runs::look_after(&restarted(&app), id).await.unwrap();
    assert_eq!(play_on(&app).await, 0);
    assert_eq!(run(&app, id.as_str()).await["state"], "succeeded");
    assert_eq!(app.count("attempts WHERE state = 'succeeded'").await, 2);
}

#[tokio::test]
async fn a_dropped_report_counts_wholly_or_not_at_all() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let runner = Runner::claimed(&app, "prepare").await;
    let table = runner.put("table", b"x").await;
    let order = json!({"fence": runner.fence, "outcome": "succeeded", "outputs": {"table": table}});
    let (_, answer) = testkit::drop_at_every_wait(
        async || runner.post("report", &order).await,
        async || {
            let attempts = app.count("attempts WHERE state = 'succeeded'").await;
            let steps = app.count("run_steps WHERE state = 'succeeded'").await;
            let released = app.count("run_steps WHERE waiting_for = 0").await;
            assert_eq!((attempts, attempts + 1), (steps, released));
        },
    )
    .await;
    assert!(answer.starts_with("200") || answer.contains("runs.stale_fence") || answer.starts_with("401"), "{answer}");
    app.engine.end(&runner.launch.attempt);
    runs::look_after(&app.build.runs, &id.as_str().into()).await.unwrap();
    play_on(&app).await;
    assert_eq!(run(&app, &id).await["state"], "succeeded");
}

#[tokio::test]
async fn runs_are_taken_up_after_a_start_and_cleared_away_after_their_end() {
    let app = given().await;
    app.engine.cpus.store(0, Ordering::SeqCst);
    let id = start(&app, json!({})).await;
    app.engine.cpus.store(4, Ordering::SeqCst);
    let cx = restarted(&app);
    runs::resume(&cx).await.unwrap();
    cx.scheduler.idle().await;
    assert_eq!(app.engine.steps(), ["prepare"]);
    play_on(&app).await;
    let mut registry = jobs::Registry::new();
    runs::register(&mut registry, &cx);
    let jobs = jobs::Context { db: cx.db.clone(), clock: cx.clock.clone(), ids: cx.ids.clone() };
    let workers = jobs::Workers::start(jobs, registry, jobs::Options::new("s-1")).await.unwrap();
    while app.engine.forgotten().len() < 2 {
        tokio::task::yield_now().await;
    }
    workers.stop(std::time::Duration::from_secs(5)).await;
    assert_eq!(run(&app, &id).await["state"], "succeeded");
    let _: Scheduler = cx.scheduler;
}

#[tokio::test]
async fn what_cannot_be_forgotten_yet_is_forgotten_later_and_after_a_start() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    app.engine.holds_on.store(1, Ordering::SeqCst);
    play_on(&app).await;
    let work = async |cx: &Context, count: usize| {
        let mut registry = jobs::Registry::new();
        runs::register(&mut registry, cx);
        let jobs = jobs::Context { db: cx.db.clone(), clock: cx.clock.clone(), ids: cx.ids.clone() };
        let workers = jobs::Workers::start(jobs, registry, jobs::Options::new("s-1")).await.unwrap();
        let forgotten = async {
            while app.engine.forgotten().len() < count {
                if app.count("jobs WHERE state = 'queued' AND reason LIKE '%could not be removed'").await > 0 {
                    app.turn_clock(3);
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), forgotten).await.expect("the job tries again");
        workers.stop(std::time::Duration::from_secs(5)).await;
    };
    // The first time one is held on to, the other is forgotten, then both are.
    work(&app.build.runs, 3).await;
    // The engine still names them: whoever starts has them cleared away, though no job was left to do so.
    assert_eq!(app.count("jobs WHERE kind = 'runs.advance' AND state IN ('queued', 'leased')").await, 0);
    let cx = restarted(&app);
    runs::resume(&cx).await.unwrap();
    work(&cx, 5).await;
    assert_eq!(run(&app, &id).await["state"], "succeeded");
}

#[tokio::test]
async fn what_killed_uploads_left_is_removed_at_a_start() {
    let app = given().await;
    let folder = app.folder.path().join("objects/tmp");
    let (old, new) = (folder.join("old"), folder.join("new"));
    for file in [&old, &new] {
        std::fs::write(file, "half").unwrap();
    }
    std::fs::File::options().write(true).open(&old).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    runs::resume(&restarted(&app)).await.unwrap();
    assert_eq!((old.exists(), new.exists()), (false, true));
}

#[tokio::test]
async fn a_run_whose_job_is_gone_gets_one_again() {
    let app = given().await;
    let id = start(&app, json!({})).await;
    let dead = "UPDATE jobs SET state = 'dead' WHERE kind = 'runs.advance'";
    app.db.migrator().execute_unprepared(dead).await.unwrap();
    runs::resume(&restarted(&app)).await.unwrap();
    let open = format!("jobs WHERE kind = 'runs.advance' AND state = 'queued' AND key = '{id}'");
    assert_eq!(app.count(&open).await, 1, "after a start");
    app.db.migrator().execute_unprepared(dead).await.unwrap();
    let (cx, mut registry) = (&app.build.runs, jobs::Registry::new());
    runs::register(&mut registry, cx);
    let jobs = jobs::Context { db: cx.db.clone(), clock: cx.clock.clone(), ids: cx.ids.clone() };
    let workers = jobs::Workers::start(jobs, registry, jobs::Options::new("s-1")).await.unwrap();
    let back = async {
        while app.count(&open).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), back).await.expect("and on a schedule");
    workers.stop(std::time::Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_commit_without_what_the_pipeline_reads_fails_the_run_with_that_reason() {
    let app = TestApp::start().await;
    let pipeline = super::given::train().to_string();
    project_with(&app, &[("pipelines/train.json", pipeline)]).await;
    let id = start(&app, json!({})).await;
    let run = run(&app, &id).await;
    assert_eq!((&run["state"], &run["steps"][0]["state"]), (&json!("failed"), &json!("skipped")));
    assert_eq!(run["next"]["reason"], "input `data/fixture.csv` does not exist in the repository at this commit");
}
