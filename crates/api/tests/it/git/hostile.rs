//! What no git would send.
use super::given::Served;
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use http_body_util::BodyExt;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Returns status, headers and body of a call with Ana's token as a password.
async fn call(
    served: &Served,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> (u16, String) {
    let pair = format!("any:{}", served.app.token("ana"));
    let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let mut request = Request::builder().method(method).uri(path).header("authorization", basic);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = served.app.raw(request.body(body.into()).unwrap()).await;
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
    let bytes = response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (status, format!("{kind}\n{}", String::from_utf8_lossy(&bytes)))
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_smart_protocol_and_only_of_this_repository() {
    let served = Served::start().await;
    for query in [
        "",
        "?service=",
        "?service=git-archive",
        "?service=git-upload-archive",
        "?service=-x",
        "?service=git-upload-pack%20--x",
    ] {
        let (status, said) =
            call(&served, "GET", &format!("/git/credit.git/info/refs{query}"), &[], Body::empty()).await;
        assert_eq!(status, 400, "{query}");
        assert!(said.starts_with("text/plain") && said.contains("smart protocol"), "{said}");
    }
    let ask = "info/refs?service=git-upload-pack";
    for name in [
        "..",
        "%2e%2e",
        "..%2fgit%2fcredit.git",
        "-x",
        "--upload-pack=x",
        "hooks",
        "tmp",
        "CREDIT.git",
        "credit.git.git",
        "%2Fetc",
        "credit%0a",
    ] {
        let (status, said) = call(&served, "GET", &format!("/git/{name}/{ask}"), &[], Body::empty()).await;
        assert_eq!(status, 404, "{name}: {said}");
        assert!(!said.contains(served.app.folder.path().to_str().unwrap()), "{said}");
    }
    for path in [
        "credit.git/HEAD",
        "credit.git/config",
        "credit.git/objects/info/packs",
        "credit.git/../hooks.sock",
        "credit.git",
    ] {
        let (status, said) = call(&served, "GET", &format!("/git/{path}"), &[], Body::empty()).await;
        assert!(status == 404 && said.starts_with("text/plain"), "{path}: {status} {said}");
    }
    // With or without the end; version 2 where it is asked for in these very words.
    let (status, said) =
        call(&served, "GET", &format!("/git/credit/{ask}"), &[("git-protocol", "version=2")], Body::empty()).await;
    assert!(status == 200 && said.contains("version 2"), "{said}");
    for odd in ["version=2:x=y", "version=3", "GIT_DIR=/tmp", "version=2\tx"] {
        let (status, said) =
            call(&served, "GET", &format!("/git/credit/{ask}"), &[("git-protocol", odd)], Body::empty()).await;
        assert!(status == 200 && said.contains("refs/heads/main") && !said.contains("version 2"), "{odd}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_no_git_sends_do_no_harm() {
    let served = Served::start().await;
    let (zero, first) = ("0".repeat(40), &served.first.id);
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let create = line(&format!("{zero} {first} refs/heads/x\0report-status"));
    let push = "/git/credit.git/git-receive-pack";
    let fetch = "/git/credit.git/git-upload-pack";
    let gzip = [("content-encoding", "gzip")];
    let many = (0..1_001).map(|n| line(&format!("{zero} {first} refs/heads/x{n}"))).collect::<String>();
    for (path, headers, body, expected) in [
        (push, &[][..], "0000".to_owned(), 200), // what git tries first before a large push
        (push, &[], String::new(), 400),
        (push, &[], "hello".into(), 400),
        (push, &[], "0003".into(), 400),
        (push, &[], "00ff".into(), 400),
        (push, &[], many + "0000", 413),
        (push, &gzip, "not gzip".into(), 400),
        (push, &[("content-encoding", "br")], "0000".into(), 400),
        (fetch, &gzip, "not gzip".into(), 400),
        // Git's own words for what it cannot read.
        (push, &[], format!("{create}0000PACKgarbage"), 200),
        (push, &[], format!("{}0000", line(&format!("{zero} {first} ../../x\0report-status"))), 200),
        (push, &[], format!("{}0000", line(&format!("{zero} {first} refs/heads/../../hooks/x\0report-status"))), 200),
    ] {
        let shown: String = body.chars().take(60).collect();
        let (status, said) = call(&served, "POST", path, headers, body).await;
        assert_eq!(status, expected, "{path} {shown:?}: {said}");
        assert!(!said.contains(served.app.folder.path().to_str().unwrap()), "{said}");
    }
    assert_eq!(served.pushes().await.len(), 1, "nothing was recorded, let alone moved");
    assert_eq!(served.events().await, ["main by lockgate"]);
    // Afterwards all is as before.
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_in_gits_own_words() {
    let served = Served::within(git::Limits { push_bytes: 200_000, refs: 3, ..git::Limits::default() }).await;
    served.cloned("ana", "a").await;
    let noise: Vec<u8> =
        (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2] ^ n.to_le_bytes()[1]).collect();
    std::fs::write(served.clones.path().join("a/noise"), noise).unwrap();
    served.git("a", &["add", "noise"]).await.ok();
    served.git("a", &["commit", "--quiet", "--message", "noise"]).await.ok();
    served.git("a", &["push", "origin", "HEAD:noise"]).await.refused("exceeds maximum allowed size");
    served
        .git("a", &["-c", "http.postBuffer=65536", "push", "origin", "HEAD:noise"])
        .await
        .refused("exceeds maximum allowed size");
    served.git("a", &["reset", "--quiet", "--hard", "HEAD~1"]).await.ok();
    served.git("a", &["push", "--quiet", "origin", "HEAD:one", "HEAD:two"]).await.ok();
    served.git("a", &["push", "--quiet", "origin", "HEAD:three"]).await.refused("more than 3 branches and tags");
    served.git("a", &["push", "--quiet", "origin", "--delete", "one"]).await.ok();
    served.git("a", &["push", "--quiet", "origin", "HEAD:three"]).await.ok();
}

/// Returns the command lines of the processes that work in this folder.
fn children(folder: &std::path::Path) -> Vec<String> {
    let name = folder.to_str().unwrap().as_bytes();
    let lines =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    let ours = lines.filter(|line| line.windows(name.len()).any(|part| part == name));
    ours.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

/// A client that goes away in the midst of a push takes its git with it, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let served = Served::start().await;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("any:{}", served.app.token("ana")));
    let (zero, first) = ("0".repeat(40), &served.first.id);
    let text = format!("{zero} {first} refs/heads/x\0report-status");
    let begun = format!("{:04x}{text}0000PACK\0\0\0\u{2}", text.len() + 4);
    let folder = served.app.folder.path().join("git");
    for _ in 0..3 {
        let mut stream = tokio::net::TcpStream::connect(&served.address).await.unwrap();
        let head = format!(
            "POST /git/credit.git/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: Basic {pair}\r\n\
             transfer-encoding: chunked\r\n\r\n{:x}\r\n{begun}\r\n",
            begun.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let patience = Instant::now() + Duration::from_secs(30);
        while !children(&folder).iter().any(|line| line.contains("receive-pack")) {
            assert!(Instant::now() < patience, "git was not started");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(stream);
        while !children(&folder).is_empty() {
            assert!(Instant::now() < patience, "still there: {:?}", children(&folder));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert_eq!(served.pushes().await.len(), 1);
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
}

/// A client that is silent in the midst of a push is not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_is_not_waited_for() {
    let silence = Duration::from_millis(300);
    let served = Served::within(git::Limits { silence, pushes: 1, ..git::Limits::default() }).await;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("any:{}", served.app.token("ana")));
    let mut stream = tokio::net::TcpStream::connect(&served.address).await.unwrap();
    let head = format!(
        "POST /git/credit.git/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: Basic {pair}\r\ncontent-length: 999\r\n\r\n00"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read_to_string(&mut answer)).await;
    assert!(read.is_ok() && answer.starts_with("HTTP/1.1 400"), "{answer}");
    // The one place is free again.
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
}

/// Nothing of the server's environment gets to git, but for what it needs.
#[tokio::test(flavor = "multi_thread")]
async fn git_sees_nothing_of_the_servers_environment() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    // The hook's program is started by git, with git's environment: it writes down the names.
    let program = &served.app.build.git.hook_program;
    let script = std::fs::read_to_string(program).unwrap();
    let seen = served.app.folder.path().join("seen");
    std::fs::write(program, script.replacen('\n', &format!("\nenv | cut -d= -f1 | sort > '{}'\n", seen.display()), 1))
        .unwrap();
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
    let names = std::fs::read_to_string(seen).unwrap();
    let odd: Vec<_> = names
        .lines()
        .filter(|name| {
            !name.starts_with("GIT_") && !["PATH", "HOME", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"].contains(name)
        })
        .collect();
    assert_eq!(odd, ["LOCKGATE_HOOKS_SOCKET", "LOCKGATE_HOOK_PROGRAM", "LOCKGATE_OPERATION"]);
}
