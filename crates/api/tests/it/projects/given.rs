//! What the tests of projects begin with: an order, and workers that bring projects on.
use crate::app::TestApp;
use serde_json::{Value, json};
use std::time::Duration;

pub fn body(answer: &str) -> Value {
    serde_json::from_str(answer.get(4..).unwrap()).expect(answer)
}

/// What Ana asks for in most tests.
pub fn order() -> Value {
    json!({
        "name": "credit-risk", "title": "Credit risk", "team": "risk", "owner": "ben", "tier": 2,
        "intended_use": "Say how likely a default is.", "prohibited_use": "Decide without a person.",
        "template": "tabular-classification",
    })
}

pub fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut order = order();
    order[name] = value.into();
    order
}

/// Starts this server's workers; dropped, they vanish like a killed process.
pub async fn workers(app: &TestApp) -> jobs::Workers {
    let cx = app.gate.context();
    let cx = jobs::Context { db: cx.db, clock: cx.clock, ids: cx.ids };
    let mut registry = jobs::Registry::new();
    projects::register(&mut registry, &app.build.projects);
    environments::register(&mut registry, &app.build.environments);
    runs::register(&mut registry, &app.build.runs);
    let options = jobs::Options { poll: Duration::from_millis(5), ..jobs::Options::new("test") };
    jobs::Workers::start(cx, registry, options).await.unwrap()
}

/// Waits until a project is in `state`, and returns it as Ana sees it.
pub async fn wait_for(app: &TestApp, state: &str) -> Value {
    let found = async {
        loop {
            let project = body(&app.user("ana").get("/projects/credit-risk").await);
            if project["state"] == state {
                return project;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(30), found).await;
    match found {
        Ok(project) => project,
        Err(_) => panic!("never `{state}`: {}", app.user("ana").get("/projects/credit-risk").await),
    }
}

/// Waits until the engine has `count` attempts that run.
pub async fn wait_for_attempts(app: &TestApp, count: usize) {
    let there = async {
        while app.engine.running().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let there = tokio::time::timeout(Duration::from_secs(30), there).await;
    assert!(there.is_ok(), "{} attempts run, not {count}", app.engine.running().len());
}

/// Returns state and reason of each environment, in order.
pub fn environments(project: &Value) -> Vec<String> {
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("name"), text("state"), text("reason")).trim().to_owned()
    };
    project["environments"].as_array().unwrap().iter().map(line).collect()
}
