//! From a deployment to an answer: the server's part and the process's, over a real listener.
use super::{deploy, deployment, given};
use base::Clock;
use serde_json::{Value, json};
use serving::keeper::Keeper;
use serving::process::{Settings, serve};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

/// Asks for a prediction, and returns status and body.
async fn ask(address: SocketAddr, token: &str) -> (u16, Value) {
    let body = json!({ "inputs": [{ "name": "X", "datatype": "FP32", "shape": [1, 3], "data": [1, 0, 0] }] });
    let body = body.to_string();
    let head = format!(
        "POST /v2/models/prod.credit/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

/// Takes turns until an answer is as it should be.
async fn until(keeper: &mut Keeper, address: SocketAddr, token: &str, fits: impl Fn(&(u16, Value)) -> bool) {
    let looking = async {
        loop {
            keeper.turn().await.unwrap();
            let answer = ask(address, token).await;
            if fits(&answer) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.expect("it is answered so in the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_deployed_answers_until_it_is_stopped_or_the_token_ends() {
    let (app, _) = given().await;
    // The process looks at the machine's clock, so everything here does.
    let far = Clock::System.now().plus_days(1).0;
    app.sql(&format!("UPDATE tokens SET expires_at_us = {far}")).await;
    let cx = serving::Context { clock: Clock::System, ..app.release.serving.clone() };
    let mut keeper = Keeper::open(cx.clone(), app.gate.clone()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let (folder, key) = (cx.folder.clone(), cx.key.verifying_key());
    let settings = Settings { folder, key, library: Some(testkit::onnxruntime()), listener };
    let process = tokio::spawn(serve(settings, stop.clone()));
    let (cx, by, token) = (&cx, &"dora".into(), app.token("dora"));
    let model = &deployment(3);
    app.db.write(|tx| async move { serving::deploy(cx, &tx, model, by).await }).await.unwrap();
    until(&mut keeper, address, token, |(status, body)| *status == 200 && body["outputs"][0]["data"] == json!([1]))
        .await;
    let (status, body) = ask(address, app.token("cho")).await;
    assert_eq!(
        (status, body["error"].as_str()),
        (401, Some("this token may call no endpoint: it is not known, has ended, or nothing allows it"))
    );
    // Whoever is told that it serves can call it: the event comes after the process has taken it over.
    let told = async {
        while app.count("outbox").await == 0 {
            keeper.turn().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("whoever waits is told");
    app.db.write(|tx| async move { serving::stop(cx, &tx, "prod.credit", "drift", by).await }).await.unwrap();
    until(&mut keeper, address, token, |(status, body)| *status == 503 && body["error"] == "model suspended").await;
    app.db.write(|tx| async move { serving::start(cx, &tx, "prod.credit", by).await }).await.unwrap();
    until(&mut keeper, address, token, |(status, _)| *status == 200).await;
    app.sql("UPDATE tokens SET expires_at_us = 0").await;
    until(&mut keeper, address, token, |(status, _)| *status == 401).await;
    assert!(deploy(&app, model).await.is_ok(), "asked again it is the same");
    stop.cancel();
    process.await.unwrap().unwrap();
}
