use super::given::{Served, fails, passes};
use crate::runs::given::{body, ok};
use expect_test::expect;
use serde_json::json;

#[tokio::test]
async fn a_push_is_checked_once_and_merged_when_it_is_green() {
    let served = Served::start().await;
    let app = &served.app;
    served.clone().await;
    let commit = served.push("try-c", "origin/main", &[("notes.md", "smaller\n")]).await;
    let of = "branch=try-c";
    let begun = served.until(of, |found| found["checks"][0]["state"] == "running").await;
    assert_eq!((&begun["commit"], &begun["passed"]), (&json!(commit), &json!(false)));
    let run = ok(&app.user("ana").get(&format!("/runs/{}", begun["checks"][0]["run"].as_str().unwrap())).await);
    assert_eq!((&run["why"], &run["environment"]), (&json!("checks"), &json!("credit-risk/dev")));
    assert_eq!((&run["started_by"], &run["commit"]), (&json!("ana"), &json!(commit)));
    let early = served.merge("ana", "try-c").await;
    assert!(early.starts_with("409") && early.contains("delivery.checks_open"), "{early}");
    served.judge(of, &passes(), &passes()).await;
    expect![[r#"
        lint passed: Passed. as it should be
        unit passed: Passed. as it should be
        contract passed: Passed. It is well-formed; no source is named yet"#]]
    .assert_eq(&served.lines(of).await);
    let green = served.checks(of).await;
    assert_eq!((&green["passed"], &green["next"]["action"]), (&json!(true), &json!("merge_branch")));
    // The same commit under another name: nothing is judged again.
    let pushed = served.git(&["push", "--quiet", "origin", "try-c:other"]).await;
    assert!(pushed.0, "{}", pushed.1);
    assert_eq!(served.checks("branch=other").await["checks"], green["checks"]);
    let merged = served.merge("ana", "try-c").await;
    assert!(merged.starts_with("200"), "{merged}");
    let shown = body(&merged);
    assert_eq!((&shown["state"], &shown["commit"]), (&json!("merged"), &json!(commit)));
    assert_eq!(body(&served.merge("ana", "try-c").await), shown, "the same merge again");
    let main = git::resolve(&app.build.git, &"credit-risk".into(), "main").await.unwrap();
    assert_eq!(main.id, commit);
    let pushes = ok(&app.user("ana").get("/projects/credit-risk/pushes").await);
    let moves = pushes["items"].as_array().unwrap().iter().filter(|push| push["branch"] == "main");
    let pushers: Vec<_> = moves.map(|push| push["pusher"].as_str().unwrap_or("-")).collect();
    assert_eq!(pushers, ["ana", "lockgate"], "who merges counts as pusher");
    let merges = ok(&app.user("ivo").get("/projects/credit-risk/merges").await);
    assert_eq!((&merges["total"], &merges["items"][0]["id"]), (&json!(1), &shown["id"]));
    assert_eq!(served.checks("branch=main").await["next"]["action"], json!(null), "it is on main");
    assert!(app.audit_log().await.contains("allowed person:ana MergeBranch merge/"));
}

#[tokio::test]
async fn what_is_red_stays_off_main_and_says_why() {
    let served = Served::start().await;
    served.clone().await;
    let of = "branch=red";
    let broken = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1\nstatus: active\nschema:\n  - name: t\n    properties:\n      - name: a\n        logicalType: integr\n";
    served.push("red", "origin/main", &[("contract.yaml", broken)]).await;
    served.judge(of, &fails("src/classifier/model.py", 7, "Line too long (81 > 79)"), &passes()).await;
    expect![[r#"
        lint failed: 1 finding. first in `src/classifier/model.py`, line 7: Line too long (81 > 79)
        unit passed: Passed. as it should be
        contract failed: 1 broken claim. `integr` is no logical type (column `a`); did you mean `integer`?"#]]
    .assert_eq(&served.lines(of).await);
    let refused = body(&served.merge("ana", "red").await);
    assert_eq!(refused["code"], "delivery.checks_red");
    let said = refused["detail"].as_str().unwrap();
    assert!(said.ends_with("are red: lint: 1 finding; contract: 1 broken claim"), "{said}");
    let finding = &served.checks(of).await["checks"][0]["findings"][0];
    assert_eq!((&finding["line"], &finding["column"], &finding["code"]), (&json!(7), &json!(80), &json!("E501")));
    let merges = ok(&served.app.user("ana").get("/projects/credit-risk/merges").await);
    assert_eq!(merges["total"], 0, "nothing was moved");
}

#[tokio::test]
async fn a_branch_that_main_left_behind_has_to_be_rebased() {
    let served = Served::start().await;
    served.clone().await;
    for branch in ["one", "two"] {
        served.push(branch, "origin/main", &[("notes.md", branch)]).await;
        served.judge(&format!("branch={branch}"), &passes(), &passes()).await;
    }
    let looked_at = json!({"branch": "one", "commit": "0".repeat(40)});
    let moved = served.app.user("ana").post("/projects/credit-risk/merges", &looked_at).await;
    assert!(moved.starts_with("409") && moved.contains("delivery.branch_moved"), "{moved}");
    assert!(served.merge("ana", "one").await.starts_with("200"));
    for _ in 0..2 {
        let behind = served.merge("ana", "two").await;
        assert!(behind.starts_with("409") && behind.contains("`main` has moved"), "{behind}");
    }
    let again = served.merge("ana", "main").await;
    assert!(again.contains("delivery.nothing_to_merge"), "{again}");
}

#[tokio::test]
async fn a_check_that_breaks_off_says_nothing_of_the_commit_and_a_push_has_it_looked_at_again() {
    let served = Served::start().await;
    served.clone().await;
    served.push("odd", "origin/main", &[]).await;
    served.judge("branch=odd", &passes(), &json!(null)).await;
    let lines = served.lines("branch=odd").await;
    assert!(lines.contains("unit error: Could not be judged. step `tests` failed"), "{lines}");
    let refused = served.merge("ana", "odd").await;
    assert!(refused.contains("delivery.checks_red") && refused.contains("unit: it could not be judged"), "{refused}");
    let pushed = served.git(&["push", "--quiet", "origin", "odd:again"]).await;
    assert!(pushed.0, "{}", pushed.1);
    served.until("branch=again", |found| found["checks"][1]["state"] == "running").await;
    served.judge("branch=again", &passes(), &passes()).await;
    assert!(served.merge("ana", "again").await.starts_with("200"));
}

#[tokio::test]
async fn members_see_developers_merge_and_others_learn_nothing() {
    let served = Served::start().await;
    served.clone().await;
    served.push("x", "origin/main", &[]).await;
    served.judge("branch=x", &passes(), &passes()).await;
    let app = &served.app;
    for (person, sees, merges) in [("eli", "404", "404"), ("ivo", "200", "403"), ("ben", "200", "403")] {
        let seen = app.user(person).get("/projects/credit-risk/checks?branch=x").await;
        let listed = app.user(person).get("/projects/credit-risk/merges").await;
        let merged = served.merge(person, "x").await;
        assert_eq!((&seen[..3], &listed[..3], &merged[..3]), (sees, sees, merges), "{person}: {seen} {merged}");
    }
    let absent = app.user("eli").get("/projects/no-such/checks").await;
    let hidden = app.user("eli").get("/projects/credit-risk/checks").await;
    assert_eq!(absent.replace("no-such", "credit-risk"), hidden, "absent and hidden look the same");
    let both = app.user("ana").get("/projects/credit-risk/checks?branch=x&commit=y").await;
    assert!(both.starts_with("400") && both.contains("delivery.branch_or_commit"), "{both}");
    let unknown = app.user("ana").get("/projects/credit-risk/checks?branch=nope").await;
    assert!(unknown.starts_with("404") && unknown.contains("git.unknown_revision"), "{unknown}");
}

#[tokio::test]
async fn a_merge_with_a_key_is_one_merge() {
    let served = Served::start().await;
    served.clone().await;
    served.push("x", "origin/main", &[]).await;
    served.judge("branch=x", &passes(), &passes()).await;
    let order = json!({"branch": "x"});
    let path = "/projects/credit-risk/merges";
    let (one, two) = (served.app.user("ana").with_key("k"), served.app.user("ana").with_key("k"));
    let (first, second) = tokio::join!(one.post(path, &order), two.post(path, &order));
    assert_eq!(ok(&first)["id"], ok(&second)["id"]);
    let other = served.app.user("ana").with_key("k").post(path, &json!({"branch": "y"})).await;
    assert!(other.starts_with("409"), "{other}");
    assert_eq!(served.app.count("merges").await, 1);
    // A kill before or behind git: the record says that it was asked for, and the call again carries it out.
    served.app.sql("UPDATE merges SET state = 'asked', ended_at_us = NULL").await;
    let again = ok(&served.app.user("ana").post(path, &order).await);
    assert_eq!((&again["id"], &again["state"]), (&ok(&first)["id"], &json!("merged")));
    assert_eq!(served.app.count("merges").await, 1);
}

#[tokio::test]
async fn what_main_moves_to_is_trained_as_preprod_once() {
    let served = Served::start().await;
    let app = &served.app;
    served.clone().await;
    let commit = served.push("x", "origin/main", &[("notes.md", "x")]).await;
    served.judge("branch=x", &passes(), &passes()).await;
    assert!(served.merge("ana", "x").await.starts_with("200"));
    let path = "/runs?environment=credit-risk/preprod&pipeline=train";
    let trained = async {
        loop {
            let runs = ok(&app.user("ana").get(path).await);
            if runs["items"].as_array().is_some_and(|runs| !runs.is_empty()) {
                return runs;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let runs = tokio::time::timeout(std::time::Duration::from_secs(30), trained).await.expect("it is trained");
    let run = &runs["items"][0];
    assert_eq!((&run["why"], &run["commit"], &run["started_by"]), (&json!("release"), &json!(commit), &json!("ana")));
    assert!(served.merge("ana", "x").await.starts_with("200"));
    assert_eq!(app.count("release_runs").await, 1, "the same move again is trained by the same run");
}
