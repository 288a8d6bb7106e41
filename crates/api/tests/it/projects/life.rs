use super::given::{body, environments, order, wait_for, wait_for_attempts, with, workers};
use crate::app::TestApp;
use crate::runs::given::{Runner, play_on};
use expect_test::expect;
use serde_json::json;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn a_project_is_set_up_from_its_template() {
    let app = TestApp::start().await;
    let made = app.user("ana").post("/projects", &order()).await;
    assert!(made.starts_with("201"), "{made}");
    let made = body(&made);
    assert_eq!(made["state"], "provisioning");
    assert_eq!(made["next"]["text"], "It is being set up.");
    assert_eq!(environments(&made), ["dev provisioning", "preprod provisioning", "prod provisioning"]);
    assert!(made["clone_url"].as_str().unwrap().ends_with("/git/credit-risk.git"), "{made}");
    let workers = workers(&app).await;
    wait_for_attempts(&app, 3).await;
    let waiting = body(&app.user("ana").get("/projects/credit-risk").await);
    assert_eq!(waiting["state"], "provisioning", "nothing is available before its smoke run: {waiting}");
    assert_eq!(play_on(&app).await, 3);
    let project = wait_for(&app, "available").await;
    assert_eq!(environments(&project), ["dev available", "preprod available", "prod available"]);
    assert_eq!(project["next"]["action"], "start_run");
    let commit = git::resolve(&app.build.git, &"credit-risk".into(), "main").await.unwrap();
    assert_eq!(project["commit"], commit.id.as_str());
    let readme = git::read_file(&app.build.git, &"credit-risk".into(), &commit.id, "README.md", 1 << 20).await.unwrap();
    let readme = String::from_utf8(readme.unwrap()).unwrap();
    assert!(readme.starts_with("# Credit risk\n") && !readme.contains("{{"), "{readme}");
    workers.stop(std::time::Duration::from_secs(5)).await;
    let log = app.audit_log().await;
    let ours: Vec<_> = log.lines().filter(|line| !line.contains("/r-") && !line.contains(" system ")).collect();
    expect![[r#"
        allowed person:ana CreateProject project/credit-risk
        allowed person:ana CreateProject role_assignment/ra-12
        allowed person:ana CreateProject role_assignment/ra-13
        allowed provisioner ProvisionEnvironment environment/credit-risk/dev
        allowed provisioner ProvisionEnvironment environment/credit-risk/preprod
        allowed provisioner ProvisionEnvironment environment/credit-risk/prod"#]]
    .assert_eq(&ours[..6].join("\n"));
    let available = "allowed provisioner SetProjectAvailable project/credit-risk";
    assert_eq!(log.lines().filter(|line| *line == available).count(), 1, "{log}");
}

#[tokio::test]
async fn setting_up_goes_on_where_a_killed_server_left_it() {
    let app = TestApp::start().await;
    app.user("ana").post("/projects", &order()).await;
    // The work itself, dropped at each of its waits like a killed process, and begun again.
    let again = async || {
        let workers = workers(&app).await;
        tokio::task::yield_now().await;
        drop(workers);
    };
    for _ in 0..5 {
        again().await;
    }
    let workers = workers(&app).await;
    wait_for_attempts(&app, 3).await;
    play_on(&app).await;
    let project = wait_for(&app, "available").await;
    workers.stop(std::time::Duration::from_secs(5)).await;
    let list = body(&app.user("ana").get("/runs?project=credit-risk").await);
    assert_eq!(list["items"].as_array().unwrap().len(), 3, "one smoke run each, however often it was begun: {list}");
    let commits = body(&app.user("ana").get("/projects/credit-risk/commits?branch=main").await);
    assert_eq!(commits["items"].as_array().unwrap().len(), 1, "{commits}");
    assert_eq!(commits["items"][0]["id"], project["commit"]);
}

#[tokio::test]
async fn a_failure_has_a_reason_and_is_retried_from_there() {
    let app = TestApp::start().await;
    let workers = workers(&app).await;
    app.user("ana").post("/projects", &order()).await;
    wait_for_attempts(&app, 3).await;
    app.build.runs.scheduler.idle().await;
    for launch in app.engine.running() {
        let fails = launch.attempt == app.engine.running()[0].attempt;
        let mut runner = Runner::of(&app, launch);
        runner.claim(7).await;
        runner.report(if fails { "user" } else { "succeeded" }, json!({})).await;
    }
    let project = wait_for(&app, "error").await;
    let failed: Vec<String> = environments(&project).into_iter().filter(|line| line.contains(" error ")).collect();
    // One run failed; those that had not ended by then failed with their project.
    assert!((1..=3).contains(&failed.len()), "{project}");
    assert_eq!(project["next"]["action"], "retry_project");
    let reason = project["reason"].as_str().unwrap();
    assert!(reason.starts_with("environment `") && project["next"]["reason"] == reason, "{project}");
    let refused = app.user("ben").post("/projects/credit-risk/retry", &json!(null)).await;
    assert!(refused.starts_with("200"), "its owner may: {refused}");
    let twice = app.user("ana").post("/projects/credit-risk/retry", &json!(null)).await;
    assert!(twice.starts_with("200"), "again changes nothing: {twice}");
    wait_for_attempts(&app, failed.len()).await;
    assert_eq!(play_on(&app).await, failed.len(), "what worked is not shown again");
    wait_for(&app, "available").await;
    let late = app.user("ana").post("/projects/credit-risk/retry", &json!(null)).await;
    expect![[r#"409 {"status":409,"code":"projects.not_possible","detail":"project `credit-risk` is `available`: `retry` is not possible","hint":"nothing is to be done from here"}"#]].assert_eq(&late);
    workers.stop(std::time::Duration::from_secs(5)).await;
}

/// Turns the clock on until the project counts as failed: its tries wait for longer and longer. In small steps, so that
/// no lease runs out under a job that works.
async fn given_up(app: &TestApp) -> serde_json::Value {
    let failed = async {
        loop {
            app.turn_clock(5);
            let project = body(&app.user("ana").get("/projects/credit-risk").await);
            if project["state"] == "error" {
                return project;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), failed).await.expect("it gives up")
}

#[tokio::test]
async fn an_engine_that_refuses_is_told_to_the_project() {
    let app = TestApp::start().await;
    app.engine.refuses.store(true, Ordering::SeqCst);
    let workers = workers(&app).await;
    app.user("ana").post("/projects", &order()).await;
    let project = given_up(&app).await;
    assert!(environments(&project).iter().all(|line| line.contains(" error ")), "{project}");
    workers.stop(std::time::Duration::from_secs(5)).await;
}

#[tokio::test]
async fn without_a_repository_nothing_looks_as_if_it_were_being_set_up() {
    let app = TestApp::start().await;
    // A file where the folder of repositories should be: no try can succeed.
    let folder = &app.build.git.folder;
    std::fs::remove_dir_all(folder).ok();
    std::fs::write(folder, "in the way").unwrap();
    let workers = workers(&app).await;
    app.user("ana").post("/projects", &order()).await;
    let project = given_up(&app).await;
    assert!(environments(&project).iter().all(|line| line.contains(" error ")), "{project}");
    assert!(!project.to_string().contains(&folder.display().to_string()), "no path of the server is told: {project}");
    std::fs::remove_file(folder).unwrap();
    std::fs::create_dir(folder).unwrap();
    app.user("ana").post("/projects/credit-risk/retry", &json!(null)).await;
    wait_for_attempts(&app, 3).await;
    play_on(&app).await;
    wait_for(&app, "available").await;
    workers.stop(std::time::Duration::from_secs(5)).await;
}

#[tokio::test]
async fn the_same_call_twice_makes_one_project() {
    let app = TestApp::start().await;
    let first = app.user("ana").with_key("k-1").post("/projects", &order()).await;
    let again = app.user("ana").with_key("k-1").post("/projects", &order()).await;
    assert_eq!(first, again);
    let other = app.user("ana").with_key("k-1").post("/projects", &with("title", "Another")).await;
    assert!(other.starts_with("409") && other.contains("access.key_reused"), "{other}");
    let taken = app.user("cho").post("/projects", &order()).await;
    expect![[r#"409 {"status":409,"code":"projects.taken","detail":"project name `credit-risk` is taken","hint":"choose another name"}"#]].assert_eq(&taken);
    assert_eq!((app.count("projects").await, app.count("environments").await), (1, 3));
}

#[tokio::test]
async fn two_at_once_for_one_name_make_one_project() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        let (first, second) = (order(), with("title", "Another"));
        let (ana, cho) = (app.user("ana"), app.user("cho"));
        let (one, two) = tokio::join!(ana.post("/projects", &first), cho.post("/projects", &second));
        let mut statuses = [&one[..3], &two[..3]];
        statuses.sort_unstable();
        assert_eq!(statuses, ["201", "409"], "{one} {two}");
        assert_eq!((app.count("projects").await, app.count("environments").await), (1, 3));
        let roles = "role_assignments WHERE place = 'project/credit-risk'";
        assert_eq!(app.count(roles).await, 2, "who came too late holds nothing");
    })
    .await;
}
