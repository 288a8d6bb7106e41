//! What the tests of monitoring begin with: the project `credit-risk` with its environments, and a monitor of `prod.credit`.
use crate::app::TestApp;
use crate::projects::given::{order, wait_for, wait_for_attempts};
use crate::runs::given::{Runner, ok, play_on};
use events::PredictionsWritten;
use monitoring::{Released, Watch};
use serde_json::{Value, json};
use std::time::Duration;

/// Where the calls of `prod.credit` are written.
pub const CAPTURE: &str = "retail.predictions.credit_capture";

/// The product with workers, and a project whose endpoint is watched.
pub struct Watched {
    pub app: TestApp,
    #[expect(dead_code, reason = "jobs are worked off as long as it is there")]
    pub workers: jobs::Workers,
    /// The monitor's id.
    pub id: String,
}

/// What was released to `prod.credit`, as candidate `number`.
pub fn watch(number: i64) -> Watch {
    let released = Released {
        candidate: number,
        digest: format!("d{number}"),
        model: "credit-risk.credit".into(),
        version: number,
        facts: json!({
            "features": [{"name": "amount", "type": "number"}], "key": ["record_id"], "sensitive": [],
            "target": {"name": "outcome", "positive": "bad", "values": ["bad", "good"]},
            "sources": {"retail.core.loans": {"amount": "amount", "record_id": "id", "outcome": "outcome"}},
        }),
        sources: vec![monitoring::Source {
            dataset: "retail.core.loans".into(),
            columns: ["amount", "id", "outcome"].map(str::to_owned).to_vec(),
            for_use: "train".into(),
            purpose: None,
        }],
        tolerances: monitoring::usual(),
        excused: Vec::new(),
        policy: 0,
        by: "ana".into(),
    };
    Watch {
        project: "credit-risk".into(),
        environment: "credit-risk/prod".into(),
        endpoint: "prod.credit".into(),
        team: Some("risk".into()),
        released,
    }
}

impl Watched {
    /// Returns a monitor whose endpoint was called.
    pub async fn start() -> Self {
        let watched = Self::without_calls().await;
        watched.capture().await;
        watched
    }

    /// Returns a monitor whose endpoint nobody has called yet.
    pub async fn without_calls() -> Self {
        let app = TestApp::start().await;
        let workers = workers(&app).await;
        let made = app.user("ana").post("/projects", &order()).await;
        assert!(made.starts_with("201"), "{made}");
        wait_for_attempts(&app, 3).await;
        assert_eq!(play_on(&app).await, 3, "the smoke runs");
        wait_for(&app, "available").await;
        let watched = Self { app, workers, id: String::new() };
        watched.release(3).await;
        let listed = ok(&watched.app.user("ana").get("/monitors?project=credit-risk").await);
        let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
        Self { id, ..watched }
    }

    /// Says that a candidate is live there, as delivery does.
    pub async fn release(&self, number: i64) {
        let (cx, watch) = (&self.app.release.monitoring, &watch(number));
        self.app.db.write(|tx| async move { monitoring::watch(cx, &tx, watch).await }).await.unwrap();
    }

    /// Says that calls were written down, and waits until the monitor knows.
    pub async fn capture(&self) {
        let written = |kind: &str, dataset: &str| PredictionsWritten {
            endpoint: "prod.credit".into(),
            environment: "credit-risk/prod".into(),
            dataset: dataset.into(),
            version: 1,
            kind: kind.into(),
            rows: 40,
            at: testkit::NEW_YEAR,
        };
        let (batch, capture) = (&written("batch", "retail.predictions.batch"), &written("capture", CAPTURE));
        let told = self.app.db.write(|tx| async move {
            tx.publish(batch.clone()).await?;
            tx.publish(capture.clone()).await
        });
        told.await.unwrap();
        self.until(&format!("/monitors/{}", self.id), |monitor| monitor["capture"] == CAPTURE).await;
    }

    /// Waits until what Ana sees there fits.
    pub async fn until(&self, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let found = ok(&self.app.user("ana").get(path).await);
                if fits(&found) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(30), waiting).await {
            Ok(found) => found,
            Err(_) => panic!("never so: {}", self.app.user("ana").get(path).await),
        }
    }

    /// Has the monitor look for a person.
    pub async fn evaluate(&self, person: &str) -> String {
        self.app.user(person).post(&format!("/monitors/{}/evaluate", self.id), &json!({})).await
    }

    /// Has the monitor look, and its step measure this; returns the evaluation.
    pub async fn measure(&self, metrics: Value) -> Value {
        let begun = ok(&self.evaluate("ana").await);
        assert_eq!(begun["state"], "running", "{begun}");
        self.report(&begun, &json!({"metrics": metrics, "note": "40 calls"}).to_string()).await
    }

    /// Lets the step of an evaluation write this.
    pub async fn report(&self, begun: &Value, report: &str) -> Value {
        let mut runner = Runner::of(&self.app, self.launched(begun).await);
        ok(&runner.claim(7).await);
        ok(&runner.succeed(report).await);
        self.until(&format!("/evaluations/{}", begun["id"].as_str().unwrap()), |one| one["state"] != "running").await
    }

    /// Waits until the step of an evaluation is on the engine.
    pub async fn launched(&self, begun: &Value) -> runs::engine::Launch {
        let run = begun["run"].as_str().unwrap();
        let there = async {
            loop {
                self.environments_are_there(run).await;
                let mut running = self.app.engine.running().into_iter();
                if let Some(launch) = running.find(|launch| launch.spec.run.as_str() == run) {
                    return launch;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), there).await.expect("it is never launched")
    }

    /// Stands for the installer, which would ask an index.
    async fn environments_are_there(&self, run: &str) {
        use sea_orm::{ConnectionTrait, Statement};
        let cx = &self.app.build;
        let sql = "SELECT key FROM python_environments WHERE state <> 'ready'";
        let select = Statement::from_string(self.app.db.engine(), sql);
        let rows = self.app.db.migrator().query_all_raw(select).await.unwrap();
        for row in &rows {
            let key: String = row.try_get("", "key").unwrap();
            std::fs::create_dir_all(cx.environments.folder.join(key)).unwrap();
        }
        if !rows.is_empty() {
            self.app.sql("UPDATE python_environments SET state = 'ready', reason = NULL").await;
        }
        runs::look_after(&cx.runs, &run.into()).await.unwrap();
    }
}

/// A metric as a step reports it.
pub fn metric(name: &str, column: Option<&str>, value: Option<f64>) -> Value {
    let reason = value.is_none().then_some("no grant");
    json!({"name": name, "group": column, "value": value, "low": null, "high": null, "n": 40, "reason": reason})
}

/// What a step reports where only PSI moves.
pub fn psi(value: f64) -> Value {
    let of = Some("amount");
    json!([metric("psi", of, Some(value)), metric("ks", of, Some(0.0)), metric("null_share", of, Some(0.0))])
}

/// Starts workers without an installer.
async fn workers(app: &TestApp) -> jobs::Workers {
    let cx = app.gate.context();
    let cx = jobs::Context { db: cx.db, clock: cx.clock, ids: cx.ids };
    let mut registry = jobs::Registry::new();
    projects::register(&mut registry, &app.build.projects);
    runs::register(&mut registry, &app.build.runs);
    monitoring::register(&mut registry, &app.release.monitoring);
    delivery::register(&mut registry, &app.release.delivery);
    let options = jobs::Options { poll: Duration::from_millis(5), ..jobs::Options::new("test") };
    jobs::Workers::start(cx, registry, options).await.unwrap()
}
