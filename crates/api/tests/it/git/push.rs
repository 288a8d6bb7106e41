//! Pushes with stock git against a server that listens.
use super::given::{ASKS_TWICE, DOES_NOT_TELL, IS_WAITING, Served, WAITS};
use expect_test::expect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_cloned_pushed_recorded_and_published_once() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    let commit = served.committed("a", "a change").await;
    served.git("a", &["push", "origin", "HEAD:my-change"]).await.ok();
    assert_eq!(served.pushes().await, ["refs/heads/my-change applied ana", "refs/heads/main applied lockgate"]);
    assert_eq!(served.events().await, ["main by lockgate", "my-change by ana"]);
    let branches = served.list("ana", "branches").await;
    let shown = |branch: &Value| {
        let commit = branch["commit"]["id"].as_str().unwrap().to_owned();
        (branch["name"].as_str().unwrap().to_owned(), branch["is_protected"].as_bool().unwrap(), commit)
    };
    let first = served.first.id.clone();
    assert_eq!(
        branches.iter().map(shown).collect::<Vec<_>>(),
        [("main".into(), true, first), ("my-change".into(), false, commit.clone())]
    );
    // Ben, who may read, gets it by a fetch; so does a clone made anew, from a shallow one to a partial one.
    served.cloned("ben", "b").await;
    assert_eq!(served.git("b", &["rev-parse", "origin/my-change"]).await.ok(), commit);
    served.committed("a", "another change").await;
    served.git("a", &["push", "origin", "HEAD:my-change"]).await.ok();
    served.git("b", &["fetch", "--quiet"]).await.ok();
    let log = served.git("b", &["log", "--format=%s", "origin/my-change"]).await.ok();
    assert_eq!(log, "another change\na change\nFirst");
    served.git("c", &["clone", "--quiet", "--depth=1", "--filter=blob:none", &served.url("vera"), "."]).await.ok();
    // Nothing of the first call, which git makes without credentials, is on record; the pushes are.
    served.app.gate.write_counts(true).await;
    expect![[r#"
        allowed person:ana PushRepository repository/credit
        allowed person:ana PushRepository repository/credit"#]]
    .assert_eq(&served.app.audit_log().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn main_moves_by_merge_only() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    let commit = served.committed("a", "a change").await;
    let why = "remote: `main` moves by merge only: push a branch";
    served.git("a", &["push", "origin", "HEAD:main"]).await.refused(why);
    served.git("a", &["push", "--force", "origin", "HEAD:main"]).await.refused(why);
    served.git("a", &["push", "origin", "--delete", "main"]).await.refused("moves by merge only");
    served.git("a", &["push", "origin", "HEAD:main", "HEAD:beside"]).await.refused(why);
    assert_eq!(served.pushes().await, ["refs/heads/main applied lockgate"], "all of a push or nothing");
    assert_eq!(served.git("a", &["ls-remote", "origin"]).await.ok().lines().count(), 2);
    // What was refused is gone from the repository, too.
    let found = git::resolve(&served.app.build.git, &Served::project(), &commit).await;
    assert!(matches!(found, Err(git::Error::UnknownRevision(_))), "{found:?}");
    expect![[r#"
        refused person:ana PushRepository repository/credit
        refused person:ana PushRepository repository/credit
        refused person:ana PushRepository repository/credit
        refused person:ana PushRepository repository/credit"#]]
    .assert_eq(&served.app.audit_log().await);
    // By a merge it moves, and everybody gets it.
    served.git("a", &["push", "origin", "HEAD:beside"]).await.ok();
    let cx = &served.app.build.git;
    git::fast_forward(cx, &Served::project(), "main", &served.first.id, &commit, &"ben".into()).await.unwrap();
    served.cloned("ben", "b").await;
    assert_eq!(served.git("b", &["rev-parse", "HEAD"]).await.ok(), commit);
    assert_eq!(served.events().await, ["main by lockgate", "beside by ana", "main by ben"]);
}

/// Who wrote what is read of every commit of a candidate: none is so large that this cannot be done.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_with_an_endless_message_is_refused_and_named() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    let message = served.clones.path().join("message");
    let commit = async |bytes: usize| {
        std::fs::write(&message, "x".repeat(bytes)).unwrap();
        let words = ["commit", "--quiet", "--allow-empty", "--file", message.to_str().unwrap()];
        served.git("a", &words).await.ok();
        served.git("a", &["rev-parse", "HEAD"]).await.ok()
    };
    commit(60 << 10).await;
    served.git("a", &["push", "--quiet", "origin", "HEAD:long"]).await.ok();
    let large = commit(70 << 10).await;
    served.committed("a", "on top of it").await;
    let said = served.git("a", &["push", "origin", "HEAD:larger"]).await;
    said.refused(&format!("commit `{large}` is larger than 64 KiB: shorten its message"));
    served.git("a", &["push", "origin", "HEAD:refs/tags/larger"]).await.refused("is larger than 64 KiB");
    assert_eq!(served.pushes().await.len(), 2, "it is no push");
    let found = git::resolve(&served.app.build.git, &Served::project(), &large).await;
    assert!(matches!(found, Err(git::Error::UnknownRevision(_))), "{found:?}");
    expect![[r#"
        allowed person:ana PushRepository repository/credit
        refused person:ana PushRepository repository/credit
        refused person:ana PushRepository repository/credit"#]]
    .assert_eq(&served.app.audit_log().await);
    // What only deletes brings nothing; nor does what is there already.
    served.git("a", &["push", "--quiet", "origin", "origin/long:refs/heads/again"]).await.ok();
    served.git("a", &["push", "--quiet", "--delete", "origin", "again"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_may_be_rewritten_and_deleted_and_a_tag_stays() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    served.git("a", &["push", "--quiet", "origin", "HEAD:x", "HEAD:refs/tags/v1"]).await.ok();
    served.git("a", &["commit", "--quiet", "--amend", "--message", "better"]).await.ok();
    assert!(!served.git("a", &["push", "origin", "HEAD:x"]).await.ok, "not without force");
    served.git("a", &["push", "--quiet", "--force", "origin", "HEAD:x"]).await.ok();
    assert!(served.list("ana", "pushes").await[0]["rewritten"].as_bool().unwrap());
    served.git("a", &["push", "--quiet", "--force", "origin", "HEAD:refs/tags/v1"]).await.refused("tag `v1` stays");
    served.git("a", &["push", "--quiet", "--delete", "origin", "v1"]).await.refused("tag `v1` stays");
    served.git("a", &["push", "--quiet", "--delete", "origin", "x"]).await.ok();
    // The same commit once more: a move of its own.
    served.git("a", &["push", "--quiet", "origin", "HEAD:x"]).await.ok();
    assert_eq!(served.events().await, ["main by lockgate", "x by ana", "x by ana", "x by ana", "x by ana"]);
    for (reference, why) in [
        ("refs/notes/x", "neither a branch nor a tag"),
        ("refs/pull/1/head", "neither a branch nor a tag"),
        ("refs/heads/a;b", "cannot be a name here"),
        ("refs/heads/refs/-x", "cannot be a name here"),
        ("refs/heads/HEAD", "cannot be a name here"),
    ] {
        served.git("a", &["push", "--quiet", "origin", &format!("HEAD:{reference}")]).await.refused(why);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so_in_words_that_git_shows() {
    let served = Served::start().await;
    let clone = ["clone", "--quiet"];
    let of = |url: &str| [clone[0].to_owned(), clone[1].to_owned(), url.to_owned(), ".".to_owned()];
    let run = async |folder: &str, url: &str| {
        let arguments = of(url);
        served.git(folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).await
    };
    // Dora holds no role for the project: it is as if it were not there.
    run("d", &served.url("dora")).await.refused("not found");
    run("e", &served.url("ana").replace("credit.git", "absent.git")).await.refused("not found");
    run("f", &format!("http://{}/git/credit.git", served.address)).await.refused("could not read Username");
    run("g", &format!("http://x:wrong@{}/git/credit.git", served.address)).await.refused("Authentication failed");
    // Ben owns models and reads, but does not push.
    served.cloned("ben", "b").await;
    served.committed("b", "a change").await;
    served
        .git("b", &["push", "origin", "HEAD:x"])
        .await
        .refused("remote: `PushRepository` on repository `credit` is not allowed");
    // Nor does a token of Ana's that is limited to reading.
    let order = json!({"verbs": ["FetchRepository"], "ttl_seconds": 3600});
    let made = served.app.user("ana").post("/tokens", &order).await;
    let token = serde_json::from_str::<Value>(&made[4..]).unwrap()["token"].as_str().expect(&made).to_owned();
    let url = format!("http://ana:{token}@{}/git/credit.git", served.address);
    run("h", &url).await.ok();
    served.committed("h", "a change").await;
    served.git("h", &["push", "origin", "HEAD:x"]).await.refused("403");
    served.app.gate.write_counts(true).await;
    let log = served.app.audit_log().await;
    assert!(log.contains("refused person:dora FetchRepository /credit.git/info/refs"), "{log}");
    assert!(log.contains("refused person:ben FetchRepository /credit.git/info/refs"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_pushes_and_large_fetches_go_through() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    // Does not compress, so it goes above git's 1 MiB: tried first, then sent in chunks.
    let noise: Vec<u8> =
        (0..3_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2] ^ n.to_le_bytes()[1]).collect();
    std::fs::write(served.clones.path().join("a/noise"), noise).unwrap();
    served.git("a", &["add", "noise"]).await.ok();
    served.git("a", &["commit", "--quiet", "--message", "noise"]).await.ok();
    let told = served.git("a", &["-c", "http.postBuffer=65536", "push", "origin", "HEAD:noise"]).await.ok();
    assert!(told.contains("new branch"), "{told}");
    // So many branches that the list of what is wanted comes in gzip.
    let tree = served.git("a", &["rev-parse", "HEAD^{tree}"]).await.ok();
    let mut names = vec!["push".to_owned(), "--quiet".into(), "origin".into()];
    for number in 0..60 {
        let commit = served.git("a", &["commit-tree", "-m", &number.to_string(), &tree]).await.ok();
        names.push(format!("{commit}:refs/heads/many/{number}"));
    }
    served.git("a", &names.iter().map(String::as_str).collect::<Vec<_>>()).await.ok();
    served.cloned("ben", "b").await;
    assert_eq!(served.git("b", &["branch", "--remotes"]).await.ok().lines().count(), 63);
    served.git("b", &["fsck"]).await.ok();
    let all = served.list("ana", "branches?limit=200").await;
    assert_eq!(all.len(), 62);
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_at_once_are_made_one_by_one() {
    let served = Served::start().await;
    let clones = ["a", "b", "c", "d"];
    for clone in clones {
        served.cloned("ana", clone).await;
        served.committed(clone, &format!("by {clone}")).await;
    }
    let push = async |clone: &str| {
        let own = format!("HEAD:own-{clone}");
        let first = served.git(clone, &["push", "--quiet", "origin", &own]).await.ok;
        (first, served.git(clone, &["push", "--quiet", "origin", "HEAD:shared"]).await.ok)
    };
    let all = tokio::join!(push("a"), push("b"), push("c"), push("d"));
    let all = [all.0, all.1, all.2, all.3];
    assert!(all.iter().all(|(own, _)| *own), "{all:?}");
    assert_eq!(all.iter().filter(|(_, shared)| *shared).count(), 1, "the others have to fetch first: {all:?}");
    let events = served.events().await;
    assert_eq!(events.len(), 1 + 4 + 1);
    assert_eq!(events.iter().collect::<BTreeSet<_>>().len(), events.len(), "each once: {events:?}");
    let pushes = served.pushes().await;
    let open: Vec<_> =
        pushes.iter().filter(|push| !push.contains(" applied ") && !push.contains(" dropped ")).collect();
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(pushes.iter().filter(|push| push.contains(" applied ")).count(), events.len());
}

/// The secret of a push answers each of its two hooks once.
#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_push_is_good_for_one_answer() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    std::fs::write(served.app.folder.path().join(ASKS_TWICE), "").unwrap();
    served.git("a", &["push", "origin", "HEAD:x"]).await.refused("this push was asked about before");
    std::fs::remove_file(served.app.folder.path().join(ASKS_TWICE)).unwrap();
    assert_eq!(served.pushes().await[0], "refs/heads/x dropped ana", "allowed first, and never made");
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
    assert_eq!(served.events().await, ["main by lockgate", "x by ana"]);
}

/// The last hook is a shortcut: whoever waits for the push to end finds it published all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_published_even_if_its_last_hook_does_not_come() {
    let served = Served::start().await;
    served.cloned("ana", "a").await;
    served.committed("a", "a change").await;
    std::fs::write(served.app.folder.path().join(DOES_NOT_TELL), "").unwrap();
    served.git("a", &["push", "origin", "HEAD:x"]).await.ok();
    assert_eq!(served.events().await, ["main by lockgate", "x by ana"]);
    served.git("a", &["push", "origin", "HEAD:y"]).await.ok();
    assert_eq!(served.pushes().await[0], "refs/heads/y applied ana");
}

/// Asked at the last moment, not when the first byte came: of a role as of a token that ends meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn who_loses_role_or_token_while_pushing_does_not_push() {
    let served = Served::start().await;
    let given = json!({"principal": "person:eli", "role": "model_developer", "scope": "project/credit"});
    let given = served.app.user("pat").post("/role-assignments", &given).await;
    let role: Value = serde_json::from_str(&given[4..]).unwrap();
    let made = served.app.user("ana").post("/tokens", &json!({})).await;
    let made: Value = serde_json::from_str(&made[4..]).expect(&made);
    served.cloned("eli", "e").await;
    served.cloned("ana", "a").await;
    let url = format!("http://ana:{}@{}/git/credit.git", made["token"].as_str().unwrap(), served.address);
    served.git("a", &["remote", "set-url", "origin", &url]).await.ok();
    let end_role = format!("/role-assignments/{}/end", role["id"].as_str().unwrap());
    let end_token = format!("/tokens/{}/revoke", made["id"].as_str().unwrap());
    for (clone, by, path, why) in [
        ("e", "pat", end_role, "`PushRepository` on repository `credit` is not allowed"),
        ("a", "ana", end_token, "token that this was asked with has ended"),
    ] {
        served.committed(clone, "a change").await;
        let at = served.app.folder.path();
        std::fs::write(at.join(WAITS), "").unwrap();
        let push = served.git(clone, &["push", "origin", "HEAD:late"]);
        let meanwhile = async {
            let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
            while !at.join(IS_WAITING).exists() {
                assert!(std::time::Instant::now() < patience, "the hook was not called");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            let ended = served.app.user(by).post(&path, &Value::Null).await;
            assert!(ended.starts_with("200"), "{ended}");
            std::fs::remove_file(at.join(WAITS)).unwrap();
        };
        let (pushed, ()) = tokio::join!(push, meanwhile);
        pushed.refused(why);
        std::fs::remove_file(at.join(IS_WAITING)).unwrap();
    }
    assert_eq!(served.pushes().await, ["refs/heads/main applied lockgate"]);
}
