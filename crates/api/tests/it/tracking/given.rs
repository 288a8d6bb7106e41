use crate::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// Where MLflow's routes lie below a mount.
pub const API: &str = "/api/2.0/mlflow/";
/// The mount of the project that the tests log to.
pub const PROJECT: &str = "/mlflow/credit-risk";

/// A client of MLflow: a mount, and a token.
pub struct Client<'a> {
    app: &'a TestApp,
    mount: &'a str,
    token: String,
}

/// An answer: its status and its body.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// Returns a text of the body, by its pointer.
    pub fn text(&self, pointer: &str) -> String {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {self:?}")).to_owned()
    }

    /// Returns status, code and message of a refusal.
    pub fn refusal(&self) -> String {
        format!("{} {} {}", self.status, self.text("/error_code"), self.text("/message"))
    }
}

/// Starts the product with Ana as developer of `credit-risk`, Vera as its validator and Ben as owner of `marketing`.
/// The built-in groups are left, so that nobody holds a role for every project.
pub async fn start() -> TestApp {
    let app = TestApp::start().await;
    app.sql("DELETE FROM memberships WHERE group_id <> 'platform-admins'").await;
    for (person, role, scope) in [
        ("ana", "model_developer", "project/credit-risk"),
        ("vera", "model_validator", "project/credit-risk"),
        ("ben", "model_owner", "project/marketing"),
    ] {
        let role = json!({"principal": format!("person:{person}"), "role": role, "scope": scope});
        let given = app.user("pat").post("/role-assignments", &role).await;
        assert!(given.starts_with("200"), "{given}");
    }
    app
}

/// Returns a client of a person.
pub fn client<'a>(app: &'a TestApp, mount: &'a str, person: &str) -> Client<'a> {
    Client { app, mount, token: app.token(person).to_owned() }
}

/// Returns a client of an attempt of `environment`, with the verbs that steps get.
pub async fn attempt<'a>(app: &'a TestApp, mount: &'a str, environment: &str) -> Client<'a> {
    let cx = app.gate.context();
    let environment = environment.into();
    let what = access::AttemptToken {
        attempt: "a-1",
        environment: &environment,
        on_behalf_of: Some(&"ana".into()),
        verbs: tracking::STEP_VERBS,
        reads: &[],
        expires_at: testkit::NEW_YEAR.plus_days(1),
    };
    let (cx, what) = (&cx, &what);
    let issued = cx.db.write(|tx| async move { access::issue_attempt_token(cx, &tx, what).await });
    Client { app, mount, token: issued.await.unwrap().1.reveal().to_owned() }
}

impl Client<'_> {
    /// Answers a call with a body.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, &format!("{API}{path}"), Body::from(body.to_string())).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, &body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", &format!("{API}{path}"), Body::empty()).await
    }

    /// Answers a call to any path below the mount.
    pub async fn send(&self, method: &str, path: &str, body: Body) -> Answer {
        let (status, _, bytes) = self.raw(method, path, &[], body).await;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        Answer { status, body }
    }

    /// Answers status, headers and bytes.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> (u16, axum::http::HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.mount));
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.app.raw(request.body(body).unwrap()).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.into_body().collect().await.unwrap().to_bytes().to_vec())
    }

    /// Creates an experiment and returns its id.
    pub async fn experiment(&self, name: &str) -> String {
        self.post("experiments/create", json!({"name": name})).await.text("/experiment_id")
    }

    /// Creates a run and returns its id.
    pub async fn run(&self, experiment: &str) -> String {
        self.post("runs/create", json!({"experiment_id": experiment, "start_time": 1_000}))
            .await
            .text("/run/info/run_id")
    }

    /// Keeps a file of a run of experiment `experiment`.
    pub async fn put(&self, experiment: &str, run: &str, path: &str, bytes: &str) -> Answer {
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{path}");
        self.send("PUT", &path, Body::from(bytes.to_owned())).await
    }
}
