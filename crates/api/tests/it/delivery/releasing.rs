//! What the tests of releases begin with: release runs whose steps find what the test says, and a serving process that says yes.
use super::given::{Served, passes};
use crate::runs::given::{Runner, body, ok};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;
use tokio::task::JoinSet;

const MODEL: &[u8] = include_bytes!("../../../../serving/fixtures/applications.onnx");
/// A model that says rows by the name of one more output.
const TALKING: &[u8] = include_bytes!("../../../../serving/fixtures/talking.onnx");

/// What is called in preprod.
const PREPROD: &str = "preprod.credit-risk";

/// What the platform's steps report of a good model.
pub fn good() -> Value {
    json!({
        "parity": report(&[("parity_difference", 1e-7), ("parity_labels", 0.0)]),
        "quality": report(&[("auc", 0.79), ("accuracy", 0.75)]),
        "bias": report(&[("demographic_parity", 0.08)]),
    })
}

/// Like [`good`], with another number for one metric.
pub fn with(check: &str, metric: &str, value: f64) -> Value {
    let mut all = good();
    for one in all[check]["metrics"].as_array_mut().unwrap() {
        if one["name"] == metric {
            one["value"] = value.into();
        }
    }
    all
}

fn report(metrics: &[(&str, f64)]) -> Value {
    let metric = |(name, value): &(&str, f64)| json!({"name": name, "group": null, "value": value, "low": value, "high": value, "n": 200, "reason": null});
    json!({"metrics": metrics.iter().map(metric).collect::<Vec<_>>(), "note": "on the held-out fifth"})
}

/// Starts a project with a clone and a serving process.
pub async fn started() -> (Served, JoinSet<()>) {
    let served = Served::start().await;
    // Rights are older than what is asked for now.
    served.app.turn_clock(60);
    let serving = serve(&served);
    served.clone().await;
    (served, serving)
}

/// Plays the serving process: whatever is to be loaded is in memory at once. It ends when it is dropped.
pub fn serve(served: &Served) -> JoinSet<()> {
    let (cx, gate) = (served.app.release.serving.clone(), served.app.gate.clone());
    let (answered, answers) = (served.answered.clone(), served.answers.clone());
    let mut keeper = serving::keeper::Keeper::open(cx.clone(), gate).unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            keeper.turn().await.unwrap();
            let file = std::fs::read(cx.folder.join(serving::process::MANIFEST)).unwrap();
            let manifest = serving::manifest::open(&file, &cx.key.verifying_key()).unwrap();
            let told = |rollout: &str| {
                let told = serving::process::Told { outcome: serving::process::Outcome::Ready, reason: None };
                (rollout.to_owned(), told)
            };
            let releases = manifest.endpoints.iter().flat_map(|endpoint| &endpoint.releases);
            let rollouts = releases.map(|release| told(&release.rollout)).collect();
            let counts = serving::process::Captured { answered: answered.load(SeqCst), ..Default::default() };
            let captured = [(PREPROD.to_owned(), counts)].into();
            let answering = manifest.endpoints.iter().filter(|one| one.stopped.is_none() && answers.load(SeqCst));
            let answers = answering.filter_map(|one| Some((one.name.clone(), one.serving.clone()?))).collect();
            let sequence = manifest.sequence;
            let report = serving::process::Report { pid: 1, sequence, rollouts, answers, captured };
            std::fs::write(cx.folder.join(serving::process::REPORT), serde_json::to_vec(&report).unwrap()).unwrap();
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
    });
    tasks
}

/// A clock that runs until this is dropped.
#[derive(Default)]
pub struct Running(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

impl Served {
    /// Returns what a person sees at a path of the project.
    pub async fn see(&self, person: &str, path: &str) -> Value {
        ok(&self.app.user(person).get(&format!("/projects/credit-risk{path}")).await)
    }

    /// Answers status and body of a call on the project.
    pub async fn say(&self, person: &str, path: &str, what: &Value) -> String {
        self.app.user(person).post(&format!("/projects/credit-risk{path}"), what).await
    }

    /// Lets every attempt that runs do its work: release runs find `reports`, tests pass or not.
    pub async fn work(&self, reports: &Value, tests_pass: bool) {
        for launch in self.app.engine.running() {
            let (step, run) = (launch.spec.step.clone(), launch.spec.run.0.clone());
            self.environments_are_there(&run).await;
            let mut runner = Runner::of(&self.app, launch);
            if !runner.claim(7).await.starts_with("200") {
                continue;
            }
            let ended = match step.as_str() {
                "export" => {
                    let model = if self.talks.load(SeqCst) { TALKING } else { MODEL };
                    let mut outputs = json!({"onnx": runner.put("onnx", model).await});
                    if runner.launch.spec.outputs.iter().any(|name| name == "rows") {
                        outputs["rows"] = runner.put("rows", b"rows").await;
                    }
                    runner.report("succeeded", outputs).await
                }
                "integration" | "e2e" if !tests_pass => runner.report("user", json!({})).await,
                "integration" | "e2e" if self.tests_call.load(SeqCst) => {
                    self.call_preprod().await;
                    runner.succeed("what pytest wrote").await
                }
                step if reports[step].is_object() => runner.succeed(&reports[step].to_string()).await,
                step => runner.succeed(&format!("the work of {step}")).await,
            };
            ok(&ended);
        }
    }

    /// Lets the endpoint of preprod answer a call, and the server hear of it.
    async fn call_preprod(&self) {
        let wanted = self.answered.fetch_add(1, SeqCst) + 1;
        let live = &self.app.release.serving.live;
        let heard = async {
            while live.captured(PREPROD).is_none_or(|counts| counts.answered < wanted) {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(30), heard).await.is_ok(), "the server never heard of a call");
    }

    /// Lets the clock run on, a microsecond for each look, as clocks do outside of tests. It ends when it is dropped.
    pub fn run_clock(&self) -> Running {
        let base::Clock::Fixed(at) = self.app.gate.context().clock else { panic!("tests have a clock of their own") };
        let running = Running::default();
        let stop = running.0.clone();
        std::thread::spawn(move || {
            while !stop.load(SeqCst) {
                at.fetch_add(1, SeqCst);
                std::thread::yield_now();
            }
        });
        running
    }

    /// Waits until what is at a path fits, and lets the steps work meanwhile.
    pub async fn wait(
        &self,
        path: &str,
        (reports, tests_pass): (&Value, bool),
        fits: impl Fn(&Value) -> bool,
    ) -> Value {
        let waiting = async {
            loop {
                let found = ok(&self.app.user("ana").get(path).await);
                if fits(&found) {
                    return found;
                }
                self.work(reports, tests_pass).await;
                if let Some(run) = self.release_run().await {
                    self.environments_are_there(&run).await;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(90), waiting).await {
            Ok(found) => found,
            Err(_) => panic!("never so: {}", self.app.user("ana").get(path).await),
        }
    }

    /// Returns a run of preprod that waits.
    async fn release_run(&self) -> Option<String> {
        let runs = ok(&self.app.user("ana").get("/runs?environment=credit-risk/preprod&state=running").await);
        runs["items"].as_array()?.first()?["id"].as_str().map(str::to_owned)
    }

    /// Brings a change to `main` and returns what came of it.
    pub async fn release(&self, branch: &str, reports: &Value) -> Value {
        let commit = self.push(branch, "origin/main", &[("notes.md", branch)]).await;
        self.judge(&format!("branch={branch}"), &passes(), &passes()).await;
        assert!(self.merge("ana", branch).await.starts_with("200"));
        self.cut(&commit, reports).await
    }

    /// Waits until the run on a commit of `main` has ended, and returns what came of it.
    pub async fn cut(&self, commit: &str, reports: &Value) -> Value {
        let is_it = |found: &Value| {
            let all = found["items"].as_array().unwrap();
            all.iter().any(|one| one["commit"] == commit && one["state"] != "running")
        };
        let found = self.wait("/projects/credit-risk/releases", (reports, true), is_it).await;
        found["items"].as_array().unwrap().iter().find(|one| one["commit"] == commit).unwrap().clone()
    }

    /// Asks for a promotion and returns its id.
    pub async fn promote(&self, person: &str, candidate: i64, environment: &str) -> String {
        let asked = self.say(person, "/promotions", &json!({"candidate": candidate, "environment": environment})).await;
        assert!(asked.starts_with("201"), "{asked}");
        body(&asked)["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a promotion is in a state.
    pub async fn promotion(&self, id: &str, state: &str) -> Value {
        self.wait(&format!("/promotions/{id}"), (&good(), true), |found| found["state"] == state).await
    }

    /// Returns what the gate policy of an environment (0: preprod, 1: prod) says, as it is put.
    pub async fn terms(&self, environment: usize) -> Value {
        let mut terms = self.see("vera", "/gates").await[environment].clone();
        let kept = ["required", "may_be_not_computable", "approvals", "baking_s", "tolerances"];
        terms.as_object_mut().unwrap().retain(|key, _| kept.contains(&key.as_str()));
        terms
    }

    /// Asks that what is live and stopped in prod answers again, and returns the promotion that waits for approval.
    pub async fn ask_to_resume(&self) -> String {
        let asked = self.say("ben", "/resume", &json!({"environment": "prod"})).await;
        assert!(asked.starts_with("201"), "{asked}");
        let id = body(&asked)["id"].as_str().unwrap().to_owned();
        self.promotion(&id, "awaiting_approval").await;
        id
    }

    /// Approves a promotion as Vera.
    pub async fn approve(&self, id: &str) {
        ok(&self.app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    }

    /// Waits until a resumption is live. Whether the endpoint answers is looked at each second.
    pub async fn resumed(&self, id: &str) {
        self.look_until(id, |found| found["state"] == "live").await;
    }

    /// Turns the clock second by second until a promotion fits, once the serving process has said that what it deploys answers: a
    /// resumption has two minutes, which would be over before a busy machine has started it.
    pub async fn look_until(&self, id: &str, fits: impl Fn(&Value) -> bool) {
        let deployed = |found: &Value| found["rollout"].is_string() && found["state"] != "deploying";
        self.it_answers(&self.wait(&format!("/promotions/{id}"), (&good(), true), deployed).await).await;
        let fitting = async {
            loop {
                let found = ok(&self.app.user("ana").get(&format!("/promotions/{id}")).await);
                if fits(&found) {
                    return;
                }
                assert_eq!(found["state"], "verifying", "{found}");
                self.app.turn_clock(1);
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), fitting).await.expect("it never is so");
    }

    /// Waits until the serving process has said that what a promotion deploys answers in prod.
    async fn it_answers(&self, promotion: &Value) {
        let rollout = promotion["rollout"].as_str();
        self.said(|said| said == rollout).await;
    }

    /// Waits until the serving process has heard that prod is stopped.
    pub async fn silent(&self) {
        self.said(|said| said.is_none()).await;
    }

    /// Waits until what the serving process says of prod fits: the rollout that answers, or none.
    async fn said(&self, fits: impl Fn(Option<&str>) -> bool) {
        let live = &self.app.release.serving.live;
        let saying = async {
            while !fits(live.answers("prod.credit-risk").as_ref().map(serving::RolloutId::as_str)) {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), saying).await.expect("it never says so");
    }

    /// Waits until a candidate is watched in prod, and returns its monitor.
    pub async fn watched(&self, candidate: i64) -> Value {
        let watched = async {
            loop {
                let found = ok(&self.app.user("ana").get("/monitors").await);
                if found["items"][0]["candidate"] == candidate {
                    return found["items"][0].clone();
                }
                tokio::time::sleep(std::time::Duration::from_millis(40)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), watched).await.expect("nothing watches it")
    }

    /// Brings a change to `main`, and what it is trained to, candidate `number`, to live in prod.
    pub async fn to_live(&self, number: i64, branch: &str) -> String {
        self.release(branch, &good()).await;
        self.to_preprod(number).await;
        self.to_prod(number).await
    }

    /// Brings a candidate to live in preprod.
    pub async fn to_preprod(&self, candidate: i64) {
        let id = self.promote("ana", candidate, "preprod").await;
        self.promotion(&id, "live").await;
    }

    /// Brings a candidate to where it bakes in prod, by Vera's word.
    pub async fn to_baking(&self, candidate: i64) -> String {
        let id = self.promote("ana", candidate, "prod").await;
        self.promotion(&id, "awaiting_approval").await;
        ok(&self.app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
        // Else the clock could jump before the serving process has said so, and nobody would look again.
        self.it_answers(&self.promotion(&id, "verifying").await).await;
        id
    }

    /// Lets what answers in prod bake until it is live.
    pub async fn baked(&self, id: &str) {
        self.it_answers(&self.promotion(id, "verifying").await).await;
        self.app.turn_clock(601);
        self.promotion(id, "live").await;
    }

    /// Brings a candidate to live in prod, by Vera's word.
    pub async fn to_prod(&self, candidate: i64) -> String {
        let id = self.to_baking(candidate).await;
        self.baked(&id).await;
        id
    }
}
