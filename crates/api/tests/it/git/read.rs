//! Branches, commits, files and pushes below `/api/v1`.
use super::given::Served;
use crate::app::pretty;
use expect_test::expect;
use serde_json::Value;

#[tokio::test]
async fn a_folder_and_a_file_are_shown() {
    let served = Served::start().await;
    let ana = served.app.user("ana");
    let body = |answer: String| serde_json::from_str::<Value>(&answer[4..]).expect(&answer);
    let mut top = body(ana.get("/projects/credit/files").await);
    top["commit"].take();
    expect![[r#"
        200 {
          "commit": null,
          "path": "",
          "kind": "folder",
          "entries": [
            {
              "name": "README.md",
              "kind": "file",
              "size_bytes": 6
            },
            {
              "name": "src",
              "kind": "folder",
              "size_bytes": null
            }
          ],
          "has_more": false,
          "size_bytes": null,
          "text": null
        }"#]]
    .assert_eq(&pretty(&format!("200 {top}")));
    let readme = body(ana.get("/projects/credit/files?rev=main&path=README.md").await);
    assert_eq!((readme["text"].as_str(), readme["kind"].as_str()), (Some("hello\n"), Some("file")));
    assert_eq!(readme["commit"]["id"].as_str(), Some(served.first.id.as_str()));
    let by_id = body(ana.get(&format!("/projects/credit/files?rev={}&path=src", served.first.id)).await);
    assert_eq!(by_id["entries"][0]["name"], "train.py");
    for (query, status, code) in [
        ("path=nope", "404", "git.no_such_path"),
        ("path=README.md/x", "404", "git.no_such_path"),
        ("rev=nope", "404", "git.unknown_revision"),
        ("rev=--all", "404", "git.unknown_revision"),
        ("rev=main~1", "404", "git.unknown_revision"),
        ("path=../credit.git/config", "400", "git.bad_path"),
        ("path=/etc/passwd", "400", "git.bad_path"),
        ("path=a%0ab", "400", "git.bad_path"),
    ] {
        let answer = ana.get(&format!("/projects/credit/files?{query}")).await;
        assert!(answer.starts_with(status) && answer.contains(code), "{query}: {answer}");
    }
}

#[tokio::test]
async fn an_outsider_cannot_tell_a_repository_from_none() {
    let served = Served::start().await;
    for path in ["branches", "commits", "files", "pushes", "files?rev=main&path=README.md"] {
        let hidden = served.app.user("dora").get(&format!("/projects/credit/{path}")).await;
        let absent = served.app.user("dora").get(&format!("/projects/absent/{path}")).await;
        assert!(hidden.starts_with("404"), "{path}: {hidden}");
        assert_eq!(hidden.replace("credit", "absent"), absent);
        for person in ["ana", "ben", "vera", "ivo", "pat"] {
            let answer = served.app.user(person).get(&format!("/projects/credit/{path}")).await;
            assert!(answer.starts_with("200"), "{person} {path}: {answer}");
        }
    }
    for odd in ["..%2fcredit", "%2e%2e", "CREDIT", "credit.git"] {
        let answer = served.app.user("ana").get(&format!("/projects/{odd}/branches")).await;
        assert!(answer.starts_with("404"), "{odd}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_commits_branches_and_pushes_meet_each_once() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    for number in 0..5 {
        served.committed("a", &format!("change {number}")).await;
    }
    served.git("a", &["push", "--quiet", "origin", "HEAD:x", "HEAD~1:refs/heads/y", "HEAD~2:refs/heads/z"]).await.ok();
    let walk = async |path: &str, name: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = served.app.user("ana").get(&format!("/projects/credit/{path}limit=2{cursor}")).await;
            let page: Value = serde_json::from_str(&answer[4..]).expect(&answer);
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return seen,
            }
        }
    };
    let commits = walk("commits?branch=x&", "subject").await;
    assert_eq!(commits, ["change 4", "change 3", "change 2", "change 1", "change 0", "First"]);
    assert_eq!(walk("commits?", "subject").await, ["First"]);
    assert_eq!(walk("branches?", "name").await, ["main", "x", "y", "z"]);
    let mut pushes = walk("pushes?", "reference").await;
    pushes.sort();
    assert_eq!(pushes, ["refs/heads/main", "refs/heads/x", "refs/heads/y", "refs/heads/z"]);
    // A cursor that was made up reaches nothing else.
    let made_up = web::Cursor::encode(&("--all", 0));
    let answer = served.app.user("ana").get(&format!("/projects/credit/commits?cursor={made_up}")).await;
    assert!(answer.starts_with("404") && answer.contains("git.unknown_revision"), "{answer}");
}
