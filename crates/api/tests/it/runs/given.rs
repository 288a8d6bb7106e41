//! What the tests of runs begin with: a project with a repository and environments, and a runner to play.
use crate::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use base::{EnvironmentId, ProjectId};
use http_body_util::BodyExt;
use runs::engine::Launch;
use serde_json::{Value, json};

pub fn body(answer: &str) -> Value {
    serde_json::from_str(answer.get(4..).unwrap()).expect(answer)
}

#[track_caller]
pub fn ok(answer: &str) -> Value {
    assert!(answer.starts_with("200") || answer.starts_with("201"), "{answer}");
    body(answer)
}

pub fn project() -> ProjectId {
    "credit-risk".into()
}

/// The pipeline of most tests: `prepare` writes a table, `fit` reads it.
pub fn train() -> Value {
    json!({"version": 1, "name": "train", "parameters": {"seed": {"type": "integer", "default": 7}},
    "steps": [
        {"name": "prepare", "run": {"python": "pipelines.train:prepare"}, "inputs": {"rows": {"file": "data/fixture.csv"}},
            "outputs": ["table"]},
        {"name": "fit", "run": {"command": ["/bin/true"]}, "inputs": {"table": {"step": "prepare", "output": "table"}},
            "parameters": ["seed"], "outputs": ["model"], "retries": 1},
    ]})
}

/// Commits `files` as the project's repository, and makes its environments available.
pub async fn project_with(app: &TestApp, files: &[(&str, String)]) {
    let (project, build) = (project(), &app.build);
    let files: Vec<git::NewFile> = files
        .iter()
        .map(|(path, text)| git::NewFile { path: (*path).into(), bytes: text.clone().into_bytes(), executable: false })
        .collect();
    let author = git::Signature { name: "ana".into(), email: "ana@bank.example".into() };
    git::create(&build.git, &project, &files, &author, "begin").await.unwrap();
    let (cx, project) = (&build.environments, &project);
    app.db
        .write(|tx| async move {
            environments::provision(cx, &tx, project, &environments::NAMES, None).await?;
            for name in environments::NAMES {
                let id = EnvironmentId(format!("{project}/{name}"));
                environments::set_available(cx, &tx, &id, &"r-smoke".into()).await?;
            }
            Ok::<_, environments::Error>(())
        })
        .await
        .unwrap();
}

/// The project of most tests.
pub async fn given() -> TestApp {
    let app = TestApp::start().await;
    let rows = "id,age\n1,30\n".to_owned();
    project_with(&app, &[("pipelines/train.json", train().to_string()), ("data/fixture.csv", rows)]).await;
    app
}

/// Starts the pipeline `train` as Ana and lets the scheduler have its turn; returns the run's id.
pub async fn start(app: &TestApp, parameters: Value) -> String {
    let order = json!({"project": "credit-risk", "pipeline": "train", "parameters": parameters});
    let run = ok(&app.user("ana").post("/runs", &order).await);
    app.build.runs.scheduler.idle().await;
    run["id"].as_str().unwrap().to_owned()
}

pub async fn run(app: &TestApp, id: &str) -> Value {
    app.build.runs.scheduler.idle().await;
    ok(&app.user("ana").get(&format!("/runs/{id}")).await)
}

/// Returns a run's steps as lines: name, state, how it came about, why.
pub async fn steps(app: &TestApp, id: &str) -> String {
    let run = run(app, id).await;
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut lines = vec![format!("run: {}", text(&run["state"]))];
    for step in run["steps"].as_array().unwrap() {
        let tries: Vec<_> = step["attempts"].as_array().unwrap().iter().map(|one| text(&one["state"])).collect();
        lines.push(format!(
            "{}: {} {} [{}] {}",
            text(&step["name"]),
            text(&step["state"]),
            text(&step["kind"]),
            tries.join(" "),
            text(&step["why"])
        ));
    }
    lines.join("\n")
}

/// A runner as the test plays it.
pub struct Runner<'a> {
    app: &'a TestApp,
    pub launch: Launch,
    pub fence: i64,
    pid: u32,
}

impl<'a> Runner<'a> {
    pub fn of(app: &'a TestApp, launch: Launch) -> Self {
        Self { app, launch, fence: 0, pid: 7 }
    }

    /// Plays the runner of the only attempt of `step`, which claims it.
    pub async fn claimed(app: &'a TestApp, step: &str) -> Self {
        let mut runner = Self::of(app, app.engine.launch(step));
        runner.claim(7).await;
        runner
    }

    pub async fn claim(&mut self, pid: u32) -> String {
        self.pid = pid;
        let who = json!({"runner": {"host": "here", "pid": pid, "started_at": 1, "boot_id": "b"}});
        let answer = self.post("claim", &who).await;
        if answer.starts_with("200") {
            self.fence = body(&answer)["fence"].as_i64().unwrap();
        }
        answer
    }

    pub async fn post(&self, verb: &str, order: &Value) -> String {
        let path = format!("/attempts/{}/{verb}", self.launch.attempt);
        self.app.with_token(self.launch.runner_token.reveal()).post(&path, order).await
    }

    pub async fn beat(&self) -> String {
        self.post("heartbeat", &json!({"fence": self.fence})).await
    }

    pub async fn ship(&self, from: u64, lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|text| json!({"at_us": 1, "source": "stdout", "text": text})).collect();
        self.post("logs", &json!({"fence": self.fence, "from": from, "lines": lines})).await
    }

    /// Sends an output and returns what the report says of it.
    pub async fn put(&self, name: &str, bytes: &[u8]) -> Value {
        let path = format!("/api/v1/attempts/{}/outputs/{name}?fence={}", self.launch.attempt, self.fence);
        let token = format!("Bearer {}", self.launch.runner_token.reveal());
        let request = Request::builder().method("PUT").uri(path).header("authorization", token);
        let response = self.app.raw(request.body(Body::from(bytes.to_vec())).unwrap()).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(status, 200, "{text}");
        let mut stored: Value = serde_json::from_str(&text).unwrap();
        stored["kind"] = "file".into();
        stored
    }

    pub async fn report(&self, outcome: &str, outputs: Value) -> String {
        let order = json!({"fence": self.fence, "outcome": outcome, "exit_code": i32::from(outcome != "succeeded"), "outputs": outputs});
        let answer = self.post("report", &order).await;
        self.app.engine.end(&self.launch.attempt);
        self.app.build.runs.scheduler.idle().await;
        answer
    }

    /// Writes `text` to every output and succeeds.
    pub async fn succeed(&self, text: &str) -> String {
        let mut outputs = json!({});
        for name in &self.launch.spec.outputs {
            outputs[name] = self.put(name, text.as_bytes()).await;
        }
        self.report("succeeded", outputs).await
    }
}

/// Claims what runs and lets it succeed, until nothing runs any more.
pub async fn play_on(app: &TestApp) -> usize {
    let mut played = 0;
    loop {
        app.build.runs.scheduler.idle().await;
        let Some(launch) = app.engine.running().into_iter().next() else { return played };
        let step = launch.spec.step.clone();
        let mut runner = Runner::of(app, launch);
        ok(&runner.claim(7).await);
        ok(&runner.succeed(&format!("the work of {step}")).await);
        played += 1;
    }
}
