//! The whole process in this one: a manifest in a folder, models, a listener, and a client that speaks HTTP.
use super::{CAPTURE, MANIFEST, MODELS, REPORT, Report, Settings, serve};
use crate::manifest::{Caller, Endpoint, Manifest, Release, seal};
use crate::onnx::signature_of;
use base::{Clock, Digest};
use base64::Engine;
use bytes::Bytes;
use ed25519_dalek::SigningKey;
use expect_test::expect;
use flate2::write::{GzEncoder, ZlibEncoder};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const CREDIT: &[u8] = include_bytes!("../../fixtures/credit.onnx");
const COLUMNS: &[u8] = include_bytes!("../../fixtures/columns.onnx");

struct Bed {
    folder: tempfile::TempDir,
    key: SigningKey,
    address: SocketAddr,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    sequence: i64,
}

/// An answer: status, headers, body.
struct Answer(u16, hyper::HeaderMap, Bytes);

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.2).unwrap_or_else(|error| panic!("{error}: {:?}", self.2))
    }

    /// Returns the status, and the text of a failure as the protocol has it.
    fn failure(&self) -> String {
        assert_eq!(self.1["content-type"], "application/json");
        format!("{} {}", self.0, self.json()["error"].as_str().unwrap())
    }
}

fn release(rollout: &str, model: &[u8], columns: &[&str]) -> Release {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let signature = signature_of(model, &columns).unwrap();
    let (candidate, onnx) = (Digest::of("candidate"), Digest::of(model));
    Release { rollout: rollout.into(), candidate, version: 3, onnx, signature }
}

fn endpoint(name: &str, release: Release) -> Endpoint {
    Endpoint { name: name.into(), serving: Some(release.rollout.clone()), stopped: None, releases: vec![release] }
}

fn caller(secret: &str, endpoints: &[u32]) -> Caller {
    let until = Clock::System.now().plus_seconds(600);
    Caller {
        token: Digest::of(secret).hex(),
        until,
        endpoints: endpoints.to_vec(),
        outside: Vec::new(),
        captured: true,
    }
}

fn all() -> (Vec<Endpoint>, Vec<Caller>) {
    let credit = endpoint("prod.credit", release("ro-1", CREDIT, &["income", "debt", "age"]));
    let columns = endpoint("prod.columns", release("ro-2", COLUMNS, &[]));
    (vec![credit, columns], vec![caller("lg_ana", &[0, 1]), caller("lg_ben", &[1])])
}

impl Bed {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(MODELS)).unwrap();
        for model in [CREDIT, COLUMNS] {
            std::fs::write(folder.path().join(MODELS).join(Digest::of(model).hex()), model).unwrap();
        }
        let key = SigningKey::from_bytes(&[1; 32]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let settings = Settings {
            folder: folder.path().to_owned(),
            key: key.verifying_key(),
            library: Some(testkit::onnxruntime()),
            listener,
        };
        let serving = tokio::spawn(serve(settings, stop.clone()));
        Self { folder, key, address, stop, serving, sequence: 0 }
    }

    fn put(&mut self, (endpoints, callers): (Vec<Endpoint>, Vec<Caller>)) {
        self.sequence += 1;
        let made_at = Clock::System.now();
        self.put_as(&Manifest { sequence: self.sequence, made_at, endpoints, callers }, &self.key.clone());
    }

    fn put_as(&self, manifest: &Manifest, key: &SigningKey) {
        let new = self.folder.path().join("manifest.new");
        std::fs::write(&new, seal(manifest, key).unwrap()).unwrap();
        std::fs::rename(new, self.folder.path().join(MANIFEST)).unwrap();
    }

    /// Waits until the process says what is looked for.
    async fn until(&self, said: impl Fn(&Report) -> bool) -> Report {
        let looking = async {
            loop {
                let text = std::fs::read(self.folder.path().join(REPORT)).unwrap_or_default();
                if let Ok(report) = serde_json::from_slice::<Report>(&text)
                    && said(&report)
                {
                    return report;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), looking).await.expect("the process says so in the end")
    }

    async fn serves(folder_rollouts: usize) -> Self {
        let mut bed = Self::start();
        bed.put(all());
        bed.until(|report| report.rollouts.len() == folder_rollouts).await;
        bed
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
        let stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driven = tokio::spawn(connection);
        let mut request = hyper::Request::builder().method(method).uri(path).header("host", "x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        drop(sender);
        let _ = driven.await;
        Answer(head.status.as_u16(), head.headers, body)
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, &[("authorization", &format!("Bearer {token}"))], Bytes::new()).await
    }

    async fn infer(&self, model: &str, token: &str, body: &Value) -> Answer {
        let path = format!("/v2/models/{model}/infer");
        self.send("POST", &path, &[("authorization", &format!("Bearer {token}"))], body.to_string()).await
    }

    async fn end(self) -> tempfile::TempDir {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
        self.folder
    }
}

fn rows() -> Value {
    json!({ "id": "q-1", "inputs": [
        { "name": "X", "datatype": "FP32", "shape": [2, 3], "data": [[1, 0, 0], [0, 1, 0]] },
        { "name": "record_id", "datatype": "BYTES", "shape": [2], "data": ["a", "b"] },
    ], "outputs": [{ "name": "label" }] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_protocol_is_spoken_as_its_clients_expect() {
    let bed = Bed::serves(2).await;
    let shown = async |path: &str| bed.get(path, "lg_ana").await.json().to_string();
    expect![[r#"{"live":true,"ready":true}"#]].assert_eq(&shown("/v2/health/live").await);
    expect![[r#"{"live":true,"ready":true}"#]].assert_eq(&shown("/v2/health/ready").await);
    expect![[r#"{"name":"lockgate","version":"0.1.0","extensions":["binary_tensor_data"]}"#]]
        .assert_eq(&shown("/v2").await);
    expect![[r#"{"name":"prod.credit","ready":true}"#]].assert_eq(&shown("/v2/models/prod.credit/ready").await);
    expect![[r#"{"name":"prod.credit","versions":["3"],"platform":"onnx_onnxv1","inputs":[{"name":"X","datatype":"FP32","shape":[-1,3]},{"name":"record_id","datatype":"BYTES","shape":[-1]}],"outputs":[{"name":"label","datatype":"INT64","shape":[-1]},{"name":"probabilities","datatype":"FP32","shape":[-1,2]}],"parameters":{"columns":["income","debt","age"],"rollout":"ro-1"}}"#]]
    .assert_eq(&shown("/v2/models/prod.credit").await);
    let answer = bed.infer("prod.credit", "lg_ana", &rows()).await;
    expect![[r#"{"model_name":"prod.credit","model_version":"3","id":"q-1","outputs":[{"name":"label","datatype":"INT64","shape":[2],"data":[1,0]}]}"#]]
    .assert_eq(std::str::from_utf8(&answer.2).unwrap());
    assert_eq!((answer.0, &answer.1["content-type"]), (200, &"application/json".parse().unwrap()));
    assert!(answer.1["server-timing"].to_str().unwrap().starts_with("parse;dur="));
    let version = bed.get("/v2/models/prod.credit/versions/3/ready", "lg_ana").await;
    assert_eq!(version.0, 200);
    // A tensor per column, by HTTP Basic, answered in bytes.
    let column = |name: &str, value: f64| json!({ "name": name, "datatype": "FP32", "shape": [1], "data": [value] });
    let body = json!({ "parameters": { "binary_data_output": true },
        "inputs": [column("debt", 0.0), column("income", 1.0), column("age", 0.0)] });
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode("ana:lg_ana"));
    let headers = [("authorization", basic.as_str())];
    let answer = bed.send("POST", "/v2/models/prod.credit/infer", &headers, body.to_string()).await;
    let length: usize = answer.1["inference-header-content-length"].to_str().unwrap().parse().unwrap();
    assert_eq!((answer.0, &answer.2[length..length + 8]), (200, &1_i64.to_le_bytes()[..]));
    let folder = bed.end().await;
    let spool = folder.path().join(CAPTURE).join("prod.credit");
    let segment = std::fs::read_dir(spool).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(segment).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["record_id"], &lines[0]["rollout"]), (&json!(["a", "b"]), &json!("ro-1")));
    assert!(lines[0]["inputs"]["record_id"].is_null(), "the model never sees it");
    assert_eq!(lines[0]["outputs"]["probabilities"]["shape"], json!([2, 2]), "what nobody asked for is captured, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refusal_says_what_is_wrong_and_absent_is_as_not_allowed() {
    let bed = Bed::serves(2).await;
    let refused = async |body: Value| bed.infer("prod.credit", "lg_ana", &body).await.failure();
    expect!["400 input `income`: is missing"].assert_eq(&refused(json!({ "inputs": [] })).await);
    let mut body = rows();
    body["inputs"][0]["data"] = json!([1]);
    expect!["400 input `X`: its shape has 6 values, its data 1"].assert_eq(&refused(body.clone()).await);
    body["inputs"][0]["name"] = json!("Z");
    body["inputs"][0]["data"] = json!([1, 0, 0, 0, 1, 0]);
    expect!["400 input `income`: is missing"].assert_eq(&refused(body).await);
    let mut body = rows();
    body["outputs"][0]["name"] = json!("odds");
    expect!["400 output `odds`: is not an output of this model, which gives: label, probabilities"]
        .assert_eq(&refused(body).await);
    let texts = |purpose: &str| {
        json!({ "inputs": [
        { "name": "amount", "datatype": "FP32", "shape": [1], "data": [1] },
        { "name": "purpose", "datatype": "BYTES", "shape": [1, 1], "data": [purpose] } ] })
    };
    let unknown = bed.infer("prod.columns", "lg_ana", &texts("boat")).await;
    expect!["400 the model cannot compute these inputs"].assert_eq(&unknown.failure());
    assert_eq!(bed.infer("prod.columns", "lg_ana", &texts("car")).await.0, 200);
    let (hidden, absent) =
        (bed.get("/v2/models/prod.credit", "lg_ben").await, bed.get("/v2/models/prod.nothing", "lg_ben").await);
    expect!["404 model `prod.credit` does not exist"].assert_eq(&hidden.failure());
    assert_eq!(absent.failure(), hidden.failure().replace("credit", "nothing"));
    assert_eq!(bed.infer("prod.credit", "lg_ben", &rows()).await.0, 404);
    expect!["401 this token may call no endpoint: it is not known, has ended, or nothing allows it"]
        .assert_eq(&bed.get("/v2/models/prod.credit", "lg_x").await.failure());
    let nobody = bed.send("GET", "/v2/models/prod.credit", &[], Bytes::new()).await;
    expect!["401 a valid token is needed"].assert_eq(&nobody.failure());
    expect!["404 model `prod.credit` serves version `3`, not `4`"]
        .assert_eq(&bed.get("/v2/models/prod.credit/versions/4", "lg_ana").await.failure());
    expect!["405 this path is not asked in this way"]
        .assert_eq(&bed.get("/v2/models/prod.credit/infer", "lg_ana").await.failure());
    expect!["404 there is nothing at this path"]
        .assert_eq(&bed.get("/v2/models/prod.credit/explain", "lg_ana").await.failure());
    expect!["404 there is nothing at this path"].assert_eq(&bed.get("/", "lg_ana").await.failure());
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_was_made_a_moment_ago_is_waited_for() {
    let bed = Bed::serves(2).await;
    let (endpoints, mut callers) = all();
    callers.push(caller("lg_new", &[0]));
    let next = Manifest { sequence: bed.sequence + 1, made_at: Clock::System.now(), endpoints, callers };
    let put = async { bed.put_as(&next, &bed.key) };
    let (answer, never, ()) =
        tokio::join!(bed.get("/v2/models/prod.credit", "lg_new"), bed.get("/v2/models/prod.credit", "lg_x"), put);
    assert_eq!((answer.0, never.0), (200, 401), "one is named by the next manifest, the other by none");
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_path_for_everyone() {
    let bed = Bed::serves(2).await;
    let mut table = String::new();
    for path in ["/v2", "/v2/health/live", "/v2/health/ready"] {
        let open = bed.send("GET", path, &[], Bytes::new()).await;
        table += &format!("GET {path}: nobody {}\n", open.0);
    }
    for version in ["", "/versions/3"] {
        for (method, path) in [("GET", ""), ("GET", "/ready"), ("POST", "/infer")] {
            let path = format!("/v2/models/prod.credit{version}{path}");
            table += &format!("{method} {path}:");
            for (name, token) in [("nobody", ""), ("unknown", "lg_x"), ("of-another", "lg_ben"), ("its-own", "lg_ana")]
            {
                let token = format!("Bearer {token}");
                let headers = [("authorization", token.as_str())];
                let headers = if name == "nobody" { &[][..] } else { &headers[..] };
                table += &format!(" {name} {}", bed.send(method, &path, headers, rows().to_string()).await.0);
            }
            table += "\n";
        }
    }
    expect![[r#"
        GET /v2: nobody 200
        GET /v2/health/live: nobody 200
        GET /v2/health/ready: nobody 200
        GET /v2/models/prod.credit: nobody 401 unknown 401 of-another 404 its-own 200
        GET /v2/models/prod.credit/ready: nobody 401 unknown 401 of-another 404 its-own 200
        POST /v2/models/prod.credit/infer: nobody 401 unknown 401 of-another 404 its-own 200
        GET /v2/models/prod.credit/versions/3: nobody 401 unknown 401 of-another 404 its-own 200
        GET /v2/models/prod.credit/versions/3/ready: nobody 401 unknown 401 of-another 404 its-own 200
        POST /v2/models/prod.credit/versions/3/infer: nobody 401 unknown 401 of-another 404 its-own 200
    "#]]
    .assert_eq(&table);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_bounded_compressed_or_not() {
    let bed = Bed::serves(2).await;
    let path = "/v2/models/prod.credit/infer";
    let send = async |encoding: &str, body: Vec<u8>| {
        let headers = [("authorization", "Bearer lg_ana"), ("content-encoding", encoding), ("accept-encoding", "gzip")];
        bed.send("POST", path, &headers, body).await
    };
    let gzip = |bytes: &[u8]| {
        let mut to = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    };
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(rows().to_string().as_bytes()).unwrap();
    assert_eq!(send("gzip", gzip(rows().to_string().as_bytes())).await.0, 200);
    assert_eq!(send("deflate", zlib.finish().unwrap()).await.0, 200);
    assert_eq!(send("br", b"x".to_vec()).await.failure(), "415 `Content-Encoding` is neither gzip nor deflate");
    assert_eq!(send("gzip", b"no gzip".to_vec()).await.failure(), "400 the compressed body is damaged");
    let bomb = gzip(&vec![b' '; 20 * 1024 * 1024]);
    assert!(bomb.len() < 1024 * 1024);
    assert!(send("gzip", bomb).await.failure().starts_with("413 the body is larger than"));
    let many = 400;
    let body =
        json!({ "inputs": [{ "name": "X", "datatype": "FP32", "shape": [many, 3], "data": vec![0.0; 3 * many] }] });
    let packed = send("identity", body.to_string().into_bytes()).await;
    assert_eq!((packed.0, &packed.1["content-encoding"]), (200, &"gzip".parse().unwrap()));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_and_the_end_of_a_token_take_effect_with_the_next_manifest() {
    let mut bed = Bed::serves(2).await;
    // Stopped: within the next look.
    let (mut endpoints, callers) = all();
    endpoints[0].stopped = Some("drift".into());
    bed.put((endpoints, callers));
    let sequence = bed.sequence;
    let said = bed.until(|report| report.sequence == sequence).await;
    assert_eq!(said.answers, [("prod.columns".to_owned(), "ro-2".to_owned())].into(), "what is stopped answers nobody");
    assert_eq!(bed.infer("prod.credit", "lg_ana", &rows()).await.failure(), "503 model suspended");
    assert_eq!(bed.get("/v2/models/prod.credit/ready", "lg_ana").await.0, 503);
    assert_eq!(bed.get("/v2/models/prod.credit", "lg_ana").await.0, 200, "what it is stays known");
    // Then one takes a token away.
    let (endpoints, callers) = all();
    let made_at = Clock::System.now();
    let later = Manifest { sequence: 99, made_at, endpoints, callers };
    let until = made_at.plus_seconds(-1);
    let ended = Caller { until, ..caller("lg_ana", &[0]) };
    bed.put_as(&Manifest { sequence: 98, callers: vec![ended], ..later }, &bed.key);
    let report = bed.until(|report| report.sequence == 98).await;
    assert_eq!(report.rollouts.len(), 2);
    assert_eq!(
        bed.infer("prod.credit", "lg_ana", &rows()).await.failure(),
        "401 this token may call no endpoint: it is not known, has ended, or nothing allows it"
    );
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_exchanged_is_not_loaded_and_the_reason_is_reported() {
    let mut bed = Bed::start();
    let digest = Digest::of(CREDIT).hex();
    std::fs::write(bed.folder.path().join(MODELS).join(&digest), COLUMNS).unwrap();
    let other = endpoint("prod.other", Release { onnx: Digest::of("absent"), ..release("ro-3", CREDIT, &[]) });
    let (mut endpoints, callers) = all();
    endpoints.push(other);
    bed.put((endpoints, callers));
    let report = bed.until(|report| report.rollouts.len() == 3).await;
    let reason = |rollout: &str| report.rollouts[rollout].reason.clone().unwrap_or_default();
    assert_eq!(reason("ro-1"), "the model's file is not the one that was approved");
    assert_eq!(reason("ro-3"), "the model's file is not there");
    assert_eq!(reason("ro-2"), "");
    let missing = bed.infer("prod.credit", "lg_ana", &rows()).await;
    assert_eq!(missing.failure(), "503 model `prod.credit` is not loaded yet");
    assert_eq!(bed.get("/v2/health/ready", "").await.0, 503);
    // A process whose folder is gone has nothing left to do.
    let Bed { folder, serving, .. } = bed;
    drop(folder);
    serving.await.unwrap().unwrap();
}
