//! From the ready line to the end, however it comes.
use crate::{Folder, ask, text};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use testkit::Server;

fn connect(server: &Server) -> std::io::Result<TcpStream> {
    TcpStream::connect(server.listen.trim_start_matches("http://"))
}

#[tokio::test]
async fn what_was_acknowledged_survives_kills() {
    let folder = Folder::new();
    let data = folder.data();
    let mut server = Server::start(&data);
    let token = server.token(&data, "pat", &["platform-admins"]);
    for number in 0..3 {
        let body = json!({ "id": format!("person-{number}") });
        let (status, answer) = ask("POST", &format!("{}/api/v1/people", server.listen), &token, Some(body)).await;
        assert!(status < 300, "{status} {answer}");
        server.kill();
        server = Server::start(&data);
    }
    let (status, people) = ask("GET", &format!("{}/api/v1/people", server.listen), &token, None).await;
    assert_eq!(status, 200, "{people}");
    let people = people.to_string();
    for number in 0..3 {
        assert!(people.contains(&format!("\"person-{number}\"")), "{people}");
    }
}

#[test]
fn sigterm_lets_an_open_request_end() {
    let folder = Folder::new();
    let server = Server::start(&folder.data());
    let token = server.token(&folder.data(), "pat", &["platform-admins"]);
    let body = r#"{"id": "late"}"#;
    let (first, rest) = body.split_at(5);
    let mut stream = connect(&server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "POST /api/v1/people HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // The server says `100 Continue` once the handler waits for the body.
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert!(go_on.starts_with(b"HTTP/1.1 100 Continue"));
    stream.write_all(first.as_bytes()).unwrap();
    server.terminate();
    while connect(&server).is_ok() {} // until it takes no new ones
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    let (status, took) = server.wait();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!folder.data().join("admin.sock").exists());
}

#[test]
fn sigterm_ends_within_ten_seconds_whatever_is_open() {
    let folder = Folder::new();
    let server = Server::start(&folder.data());
    let mut stream = connect(&server).unwrap();
    stream.write_all(b"POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").unwrap();
    server.terminate();
    let (status, took) = server.wait();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn what_is_secret_is_its_owners_alone() {
    let folder = Folder::new();
    let data = folder.data();
    let server = Server::start(&data);
    let mode = |name: &str| std::fs::metadata(data.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for name in ["admin-link", "admin.sock", "keys/audit.key", "keys/masks.key", "keys/serving.key", "identity.json"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    let link = std::fs::read_to_string(data.join("admin-link")).unwrap();
    let secret = link.split_once("/link#").expect("a page and a secret").1;
    assert!(link.starts_with(&server.listen), "{link}");
    assert!(!std::fs::read_to_string(&server.log).unwrap().contains(secret), "not in the log");
    assert!(!server.ready.to_string().contains(secret), "nor on standard output");
    assert_eq!(server.ready["admin_link"].as_str(), data.join("admin-link").to_str());
    std::fs::remove_file(data.join("admin-link")).unwrap();
    server.kill();
    Server::start(&data).kill();
    assert!(!data.join("admin-link").exists(), "only the first start makes one");
}

#[tokio::test]
async fn the_file_with_the_first_link_is_there_as_long_as_the_link_works() {
    let folder = Folder::new();
    let data = folder.data();
    let file = data.join("admin-link");
    let server = Server::start(&data);
    let first = std::fs::read_to_string(&file).unwrap();
    server.kill();
    let server = Server::start(&data);
    let moved = std::fs::read_to_string(&file).unwrap();
    let secret = moved.strip_prefix(&format!("{}/link#", server.listen)).expect("the address of this start").to_owned();
    assert!(first.ends_with(&format!("/link#{secret}")), "the same link");
    let body = json!({ "link": secret, "password": "correct horse battery" });
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let redeemed = client.post(format!("{}/api/v1/links/redeem", server.listen)).json(&body).send().await.unwrap();
    assert_eq!(redeemed.status().as_u16(), 200);
    server.kill();
    let server = Server::start(&data);
    assert!(!file.exists() && server.ready["admin_link"].is_null(), "it was used");
}

#[test]
fn a_file_that_holds_anything_but_the_first_administrators_link_goes() {
    let folder = Folder::new();
    let data = folder.data();
    let file = data.join("admin-link");
    let server = Server::start(&data);
    let first = std::fs::read(&file).unwrap();
    let made = testkit::run(&["admin", "link", "--data", text(&data), "--user", "pat"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server.kill();
    let damaged = [first.as_slice(), b"\xff"].concat();
    for wrong in [&first[..first.len() - 1], damaged.as_slice(), made.stdout.as_slice()] {
        std::fs::write(&file, wrong).unwrap();
        let server = Server::start(&data);
        assert!(!file.exists() && server.ready["admin_link"].is_null(), "{}", String::from_utf8_lossy(wrong));
        server.kill();
    }
    std::fs::write(&file, &first).unwrap();
    let server = Server::start(&data);
    assert_eq!(server.ready["admin_link"].as_str(), file.to_str(), "the link itself works all the while");
}

#[test]
fn a_new_link_for_the_administrator_takes_the_place_of_the_first() {
    let folder = Folder::new();
    let data = folder.data();
    let _server = Server::start(&data);
    let make = |more: &[&str]| testkit::run(&[&["admin", "link", "--data", text(&data)], more].concat());
    assert!(make(&["--user", "pat"]).status.success());
    assert!(data.join("admin-link").exists(), "another's link leaves it as it is");
    assert!(make(&[]).status.success());
    assert!(!data.join("admin-link").exists());
}

#[tokio::test]
async fn the_serving_port_is_answered_by_a_process_that_outlives_the_server() {
    let folder = Folder::new();
    let data = folder.data();
    let server = Server::start(&data);
    let serving = server.serving.clone();
    let (status, said) = ask("GET", &format!("{serving}/v2/health/live"), "x", None).await;
    assert_eq!((status, said["live"].as_bool()), (200, Some(true)), "{said}");
    let (status, said) = ask("POST", &format!("{serving}/v2/models/prod.pd/infer"), "x", Some(json!({}))).await;
    // 503 until it has read its first manifest.
    assert!(matches!(status, 401 | 503) && said["error"].is_string(), "{status} {said}");
    server.kill();
    let (status, _) = ask("GET", &format!("{serving}/v2/health/live"), "x", None).await;
    assert_eq!(status, 200, "it lives on");
    let process = std::fs::read_to_string(data.join("serving/process.json")).unwrap();
    let server = Server::start(&data);
    assert_eq!(server.serving, serving, "and is taken up by the next");
    assert_eq!(std::fs::read_to_string(data.join("serving/process.json")).unwrap(), process);
    server.terminate();
    assert!(server.wait().0.success());
    assert!(TcpStream::connect(serving.trim_start_matches("http://")).is_err(), "a server that stops stops it, too");
}

#[tokio::test]
async fn a_log_that_cannot_be_written_ends_nothing() {
    let folder = Folder::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let server = Server::start_with(&folder.data(), |command| {
        command.env("LOCKGATE__LOG__LEVEL", "debug").stderr(full);
    });
    let token = server.token(&folder.data(), "pat", &["platform-admins", "auditors"]);
    let call = |method, path: &str, body| {
        let (url, token) = (format!("{}/api/v1{path}", server.listen), token.clone());
        async move { ask(method, &url, &token, body).await }
    };
    // A refusal is logged, too.
    assert_eq!(call("POST", "/people", Some(json!({ "id": "a b" }))).await.0, 400);
    let (status, answer) = call("POST", "/people", Some(json!({ "id": "late" }))).await;
    assert!(status < 300, "{status} {answer}");
    let sealed = async {
        while call("GET", "/audit/status", None).await.1["unsealed"] != 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), sealed).await.expect("the sealer goes on");
    server.terminate();
    let (status, _) = server.wait();
    assert!(status.success(), "{status}");
}
