//! The far side: what a runner finds at the server's address.
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Digest;
use runs::protocol::{
    AttemptSpec, Beat, Claim, Claimed, Heartbeat, Kept, Line, Logs, Report, Reported, Source, Stored,
};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

/// What the far side heard of an attempt, and what it answers.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub spec: Option<AttemptSpec>,
    pub fence: i64,
    pub claims: Vec<Claim>,
    pub beats: usize,
    pub lines: Vec<Line>,
    pub outputs: BTreeMap<String, Bytes>,
    pub report: Option<Report>,
    /// Answers heartbeats with a cancel.
    pub cancel: bool,
    /// Answers everything with a stale fence.
    pub stale: bool,
    /// What arrived beside the protocol: path and token.
    pub others: Vec<(String, String)>,
}

/// A server on a Unix socket that can be killed and started again.
pub struct Far {
    pub socket: PathBuf,
    attempts: Arc<Mutex<BTreeMap<String, Heard>>>,
    serving: Option<JoinHandle<()>>,
}

impl Far {
    pub fn start(socket: &Path) -> Self {
        let mut far = Self { socket: socket.to_owned(), attempts: Arc::default(), serving: None };
        far.again();
        far
    }

    /// Stops answering, as a killed server does: open connections break.
    pub async fn kill(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
    }

    pub fn again(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
        let listener = UnixListener::bind(&self.socket).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the far side of a test asks nobody for a permit")]
        let router = Router::new().fallback(answer).with_state(self.attempts.clone());
        // Its own runtime: when that goes, so do the connections that were accepted.
        self.serving = Some(tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = hyper_util::service::TowerToHyperService::new(router.clone());
                connections.spawn(async move {
                    let io = hyper_util::rt::TokioIo::new(stream);
                    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
                });
            }
        }));
    }

    pub fn of(&self, attempt: &str) -> Heard {
        self.lock().get(attempt).cloned().unwrap_or_default()
    }

    pub fn change(&self, attempt: &str, change: impl FnOnce(&mut Heard)) {
        change(self.lock().entry(attempt.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Heard>> {
        self.attempts.lock().unwrap()
    }

    /// Waits until what was heard fits.
    pub async fn until(&self, attempt: &str, fits: impl Fn(&Heard) -> bool) -> Heard {
        let waiting = async {
            loop {
                let heard = self.of(attempt);
                if fits(&heard) {
                    return heard;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), waiting).await {
            Ok(heard) => heard,
            Err(_) => panic!("not within a minute: {:?}", self.of(attempt)),
        }
    }
}

impl Heard {
    /// Returns the log's lines of a source, joined.
    pub fn text(&self, source: Source) -> String {
        let lines = self.lines.iter().filter(|line| line.source == source).map(|line| line.text.as_str());
        lines.collect::<Vec<_>>().join("\n")
    }
}

type Attempts = Arc<Mutex<BTreeMap<String, Heard>>>;

async fn answer(State(attempts): State<Attempts>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 1 << 30).await else { return StatusCode::BAD_REQUEST.into_response() };
    let token = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let mut attempts = attempts.lock().unwrap();
    let Some((attempt, verb)) = path.strip_prefix("/api/v1/attempts/").and_then(|rest| rest.split_once('/')) else {
        for heard in attempts.values_mut() {
            heard.others.push((path.clone(), token.clone()));
        }
        return axum::Json(json!({ "hello": path })).into_response();
    };
    let heard = attempts.entry(attempt.to_owned()).or_default();
    assert_eq!(token, "Bearer runner-secret", "{path}");
    if heard.stale {
        return problem("runs.stale_fence");
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    act(heard, &parts.method, verb, &query, &body)
}

fn act(heard: &mut Heard, method: &Method, verb: &str, query: &str, body: &Bytes) -> Response {
    match (method.as_str(), verb) {
        ("POST", "claim") => {
            let claim: Claim = serde_json::from_slice(body).unwrap();
            if heard.claims.last() != Some(&claim) {
                heard.fence += 1;
                heard.claims.push(claim);
            }
            json_of(&Claimed { fence: heard.fence, spec: heard.spec.clone().unwrap() })
        }
        ("POST", "heartbeat") => {
            let beat: Heartbeat = serde_json::from_slice(body).unwrap();
            heard.beats += 1;
            if beat.fence == heard.fence {
                json_of(&Beat { cancel: heard.cancel })
            } else {
                problem("runs.stale_fence")
            }
        }
        ("POST", "logs") => {
            let logs: Logs = serde_json::from_slice(body).unwrap();
            assert!(logs.lines.len() <= runs::protocol::MOST_LINES && !logs.lines.is_empty());
            let have = heard.lines.len() as u64;
            if logs.from > have {
                return problem("runs.log_gap");
            }
            let known = usize::try_from(have - logs.from).unwrap();
            heard.lines.extend(logs.lines.into_iter().skip(known));
            json_of(&Kept { next: heard.lines.len() as u64 })
        }
        ("PUT", output) => {
            assert_eq!(query, format!("fence={}", heard.fence));
            let name = output.strip_prefix("outputs/").unwrap();
            heard.outputs.insert(name.to_owned(), body.clone());
            json_of(&Stored { digest: Digest::of(body), size_bytes: body.len() as u64 })
        }
        ("POST", "report") => {
            let report: Report = serde_json::from_slice(body).unwrap();
            assert_eq!(report.fence, heard.fence);
            heard.report = Some(report);
            json_of(&Reported { taken: true })
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn json_of(value: &impl Serialize) -> Response {
    axum::Json(value).into_response()
}

fn problem(code: &str) -> Response {
    (StatusCode::CONFLICT, axum::Json(json!({ "status": 409, "code": code, "detail": "no" }))).into_response()
}
