//! What the tests of delivery begin with: the product on a port of its own, a project from the template, stock git.
use crate::app::TestApp;
use crate::projects::given::{order, wait_for, wait_for_attempts};
use crate::runs::given::{Runner, ok, play_on};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;
use tokio::task::JoinSet;

/// What a check's report says in most tests.
pub fn passes() -> Value {
    json!({"verdict": "passed", "count": 0, "findings": [], "note": "as it should be"})
}

/// A report with one finding.
pub fn fails(path: &str, line: u64, text: &str) -> Value {
    let finding = json!({"path": path, "line": line, "column": 80, "code": "E501", "text": text});
    json!({"verdict": "failed", "count": 1, "findings": [finding], "note": "not as it should be"})
}

/// The product on a port, with workers and the project `credit-risk`.
pub struct Served {
    pub app: TestApp,
    _workers: jobs::Workers,
    address: String,
    clones: tempfile::TempDir,
    /// How many calls the endpoint of preprod has answered, as the serving process counts.
    pub answered: Arc<AtomicU64>,
    /// Whether tests of what is deployed call it.
    pub tests_call: AtomicBool,
    /// Whether what is exported is a model whose file names an output by rows.
    pub talks: AtomicBool,
    /// Whether the serving process answers callers with what it has in memory.
    pub answers: Arc<AtomicBool>,
    _tasks: JoinSet<()>,
}

impl Served {
    /// Returns a project that is available; nobody judges its first commit.
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let hooks = git::Hooks::bind(&app.build.git).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (cx, router) = (app.build.git.clone(), app.services.public.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(git::serve(cx, hooks));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        // Without delivery, so that nobody hears of the first commit: its runs would mix with those of the tests.
        let others = crate::projects::given::workers(&app).await;
        let made = app.user("ana").post("/projects", &order()).await;
        assert!(made.starts_with("201"), "{made}");
        wait_for_attempts(&app, 3).await;
        assert_eq!(play_on(&app).await, 3, "the smoke runs");
        wait_for(&app, "available").await;
        others.stop(Duration::from_secs(5)).await;
        let workers = workers(&app).await;
        let (answered, tests_call, talks) = (Arc::default(), AtomicBool::new(true), AtomicBool::new(false));
        let answers = Arc::new(AtomicBool::new(true));
        let clones = tempfile::tempdir().unwrap();
        Self { app, _workers: workers, address, clones, answered, tests_call, talks, answers, _tasks: tasks }
    }

    /// Runs stock git in the clone, with nothing of this machine's settings; returns whether it succeeded, and what it said.
    pub async fn git(&self, arguments: &[&str]) -> (bool, String) {
        let folder = self.clones.path().join("credit-risk");
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = tokio::process::Command::new("git");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.clones.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").current_dir(folder);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ana").env(format!("GIT_{role}_EMAIL"), "ana@example.com");
        }
        let output = command.args(arguments).kill_on_drop(true).output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).trim().to_owned())
    }

    async fn must(&self, arguments: &[&str]) -> String {
        let (ok, text) = self.git(arguments).await;
        assert!(ok, "{arguments:?}: {text}");
        text
    }

    /// Clones as Ana.
    pub async fn clone(&self) {
        let url = format!("http://ana:{}@{}/git/credit-risk.git", self.app.token("ana"), self.address);
        self.must(&["clone", "--quiet", &url, "."]).await;
    }

    /// Pushes `branch`, made from `from`, with these files; returns its commit.
    pub async fn push(&self, branch: &str, from: &str, files: &[(&str, &str)]) -> String {
        self.must(&["fetch", "--quiet"]).await;
        self.must(&["switch", "--quiet", "--force-create", branch, from]).await;
        for (path, text) in files {
            std::fs::write(self.clones.path().join("credit-risk").join(path), text).unwrap();
        }
        self.must(&["add", "--all"]).await;
        self.must(&["commit", "--quiet", "--allow-empty", "--message", branch]).await;
        self.must(&["push", "--quiet", "origin", branch]).await;
        self.must(&["rev-parse", "HEAD"]).await
    }

    /// Returns the checks of a branch or commit: `branch=x`.
    pub async fn checks(&self, of: &str) -> Value {
        ok(&self.app.user("ana").get(&format!("/projects/credit-risk/checks?{of}")).await)
    }

    /// Returns each check of them as a line: name, state, sentence.
    pub async fn lines(&self, of: &str) -> String {
        let found = self.checks(of).await;
        let word = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
        let line =
            |check: &Value| format!("{} {}: {}", word(check, "name"), word(check, "state"), word(check, "sentence"));
        found["checks"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Waits until the checks of it fit.
    pub async fn until(&self, of: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let found = self.checks(of).await;
                if fits(&found) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(30), waiting).await {
            Ok(found) => found,
            Err(_) => panic!("never so: {}", self.lines(of).await),
        }
    }

    /// Waits until the run of these checks has begun, and lets it find what the reports say; without a report on the tests, they
    /// break off. What an equal step found before is taken, not played.
    pub async fn judge(&self, of: &str, lint: &Value, unit: &Value) {
        let found = self.until(of, |found| run_of(found).is_some()).await;
        let run = run_of(&found).unwrap();
        let played = async {
            loop {
                self.environments_are_there(&run).await;
                let launches = self.app.engine.running();
                if let Some(launch) = launches.into_iter().find(|launch| launch.spec.run.as_str() == run) {
                    self.play(launch, lint, unit).await;
                    continue;
                }
                let found = self.checks(of).await;
                if found["checks"].as_array().unwrap().iter().all(|check| check["ended_at"].is_string()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        let played = tokio::time::timeout(Duration::from_secs(60), played).await;
        assert!(played.is_ok(), "never judged: {}", self.lines(of).await);
    }

    async fn play(&self, launch: runs::engine::Launch, lint: &Value, unit: &Value) {
        let step = launch.spec.step.clone();
        let mut runner = Runner::of(&self.app, launch);
        ok(&runner.claim(7).await);
        let ended = match step.as_str() {
            "lint" => runner.succeed(&lint.to_string()).await,
            "unit" => runner.succeed(&unit.to_string()).await,
            _ if unit.is_null() => runner.report("user", json!({})).await,
            _ => runner.succeed("what pytest wrote").await,
        };
        ok(&ended);
    }

    /// Stands for the installer, which would ask an index: nothing here runs in what it makes.
    pub async fn environments_are_there(&self, run: &str) {
        use sea_orm::{ConnectionTrait, Statement};
        let cx = &self.app.build;
        let sql = "SELECT key FROM python_environments WHERE state <> 'ready'";
        let select = Statement::from_string(self.app.db.engine(), sql);
        let rows = self.app.db.migrator().query_all_raw(select).await.unwrap();
        if !rows.is_empty() {
            for row in &rows {
                let key: String = row.try_get("", "key").unwrap();
                std::fs::create_dir_all(cx.environments.folder.join(key)).unwrap();
            }
            self.app.sql("UPDATE python_environments SET state = 'ready', reason = NULL").await;
        }
        runs::look_after(&cx.runs, &run.into()).await.unwrap();
    }

    /// Asks for a merge and answers status and body.
    pub async fn merge(&self, person: &str, branch: &str) -> String {
        self.app.user(person).post("/projects/credit-risk/merges", &json!({"branch": branch})).await
    }
}

/// Returns the run that judges these checks now.
fn run_of(found: &Value) -> Option<String> {
    let running =
        found["checks"].as_array()?.iter().find(|check| check["state"] == "running" && check["run"].is_string())?;
    running["run"].as_str().map(str::to_owned)
}

/// Starts this server's workers, without an installer.
async fn workers(app: &TestApp) -> jobs::Workers {
    let cx = app.gate.context();
    let cx = jobs::Context { db: cx.db, clock: cx.clock, ids: cx.ids };
    let mut registry = jobs::Registry::new();
    projects::register(&mut registry, &app.build.projects);
    runs::register(&mut registry, &app.build.runs);
    delivery::register(&mut registry, &app.release.delivery);
    let options = jobs::Options { poll: Duration::from_millis(25), ..jobs::Options::new("test") };
    jobs::Workers::start(cx, registry, options).await.unwrap()
}
