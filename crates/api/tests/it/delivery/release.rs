use super::given::Served;
use super::releasing::{good, serve, with};
use crate::runs::given::{body, ok};
use expect_test::expect;
use serde_json::{Value, json};

/// Returns name and state of each gate.
fn gates(promotion: &Value) -> String {
    let all = promotion["gates"].as_array().unwrap();
    let line = |gate: &Value| format!("{} {}", gate["name"].as_str().unwrap(), gate["state"].as_str().unwrap());
    all.iter().map(line).collect::<Vec<_>>().join(", ")
}

async fn started() -> (Served, tokio::task::JoinSet<()>) {
    let served = Served::start().await;
    // Rights are older than what is asked for now.
    served.app.turn_clock(60);
    let serving = serve(&served);
    served.clone().await;
    (served, serving)
}

#[tokio::test]
async fn a_green_release_run_cuts_a_candidate_and_a_red_one_says_which_metric() {
    let (served, _serving) = started().await;
    let red = served.release("red", &with("bias", "demographic_parity", 0.31)).await;
    assert_eq!((&red["state"], &red["candidate"]), (&json!("not_cut"), &json!(null)), "{red}");
    expect!["bias: `demographic_parity` is 0.31, and has to be at most 0.2"].assert_eq(red["reason"].as_str().unwrap());
    let cut = served.release("good", &good()).await;
    assert_eq!((&cut["state"], &cut["candidate"]), (&json!("cut"), &json!(1)), "{cut}");
    let candidate = served.see("ivo", "/candidates/1").await;
    assert_eq!((&candidate["model"], &candidate["version"]), (&json!("credit-risk"), &json!(1)));
    assert!(candidate["digest"].as_str().unwrap().len() >= 64 && candidate["unmapped"] == json!([]), "{candidate}");
    let authors: Vec<_> =
        candidate["authors"].as_array().unwrap().iter().map(|one| one["person"].as_str().unwrap()).collect();
    assert_eq!(authors, ["ana"]);
    assert_eq!(candidate["promotions"][0]["state"], "offered", "it is offered to preprod by itself");
    assert_eq!(served.see("ivo", "/candidates").await["total"], 1);
    let model = served.app.user("ana").get("/models").await;
    assert!(model.contains("credit-risk"), "{model}");
    for (person, status) in [("eli", "404"), ("ivo", "200")] {
        let seen = served.app.user(person).get("/projects/credit-risk/candidates/1").await;
        assert_eq!(&seen[..3], status, "{person}: {seen}");
    }
    let log = served.app.audit_log().await;
    assert!(log.contains("allowed delivery CutCandidate candidate/credit-risk/1"), "{log}");
}

#[tokio::test]
async fn a_candidate_goes_through_preprod_and_four_eyes_to_prod_and_back() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    // Prod is closed before preprod was live.
    let early = served.say("ana", "/promotions", &json!({"candidate": 1, "environment": "prod"})).await;
    assert!(early.starts_with("409") && early.contains("previous_environment"), "{early}");
    served.to_preprod(1).await;
    let verified = served.see("ana", "/promotions?environment=preprod").await;
    let run = verified["items"][0]["run"].as_str().unwrap();
    let run = ok(&app.user("ana").get(&format!("/runs/{run}")).await);
    assert_eq!((&run["why"], &run["environment"]), (&json!("verify"), &json!("credit-risk/preprod")));

    let id = served.promote("ana", 1, "prod").await;
    assert_eq!(served.promote("ana", 1, "prod").await, id, "the same person asks again");
    let waits = served.promotion(&id, "awaiting_approval").await;
    expect!["checks passed, previous_environment passed, version passed, grants passed, authors passed, holds passed, approvals open, verification waiting"]
        .assert_eq(&gates(&waits));
    let approve = format!("/promotions/{id}/approve");
    for (person, code) in [
        ("ana", "delivery.role_not_asked"),
        ("ben", "delivery.role_not_asked"),
        ("pat", "delivery.role_not_asked"),
        ("cho", "delivery.role_not_asked"),
    ] {
        let refused = app.user(person).post(&approve, &json!({})).await;
        assert!(refused.starts_with("403") && refused.contains(code), "{person}: {refused}");
    }
    let decisions = |answer: String| ok(&answer)["total"].clone();
    assert_eq!(decisions(app.user("ana").get("/decisions/promotions").await), 0);
    assert_eq!(decisions(app.user("vera").get("/decisions/promotions").await), 1);
    let review = served.see("vera", "/candidates/1/review?environment=prod").await;
    assert_eq!((&review["next"]["action"], &review["live"]), (&json!("approve_promotion"), &json!(null)), "{review}");
    let approved = ok(&app.user("vera").post(&approve, &json!({"comment": "fine"})).await);
    assert_eq!(approved["approvals"][0]["by"], "vera");
    let again = ok(&app.user("vera").post(&approve, &json!({"comment": "fine"})).await);
    assert_eq!(again["approvals"], approved["approvals"], "the same call again");
    let bakes = served.promotion(&id, "verifying").await;
    assert!(bakes["bakes_until"].is_string());
    app.turn_clock(601);
    served.promotion(&id, "live").await;

    served.release("two", &good()).await;
    served.to_preprod(2).await;
    let second = served.to_prod(2).await;
    let first = ok(&app.user("ana").get(&format!("/promotions/{id}")).await);
    assert_eq!(first["state"], "superseded");
    let review = served.see("vera", "/candidates/2/review?environment=prod").await;
    assert_eq!(review["live"], 2);
    let refused = served.say("ana", "/rollback", &json!({"environment": "prod", "reason": "drift"})).await;
    assert!(refused.starts_with("403"), "{refused}");
    let back = served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "drift"})).await;
    assert!(back.starts_with("201"), "{back}");
    let back = body(&back);
    assert_eq!((&back["kind"], &back["candidate"], &back["needed"]), (&json!("rollback"), &json!(1), &json!([])));
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    let gone = ok(&app.user("ana").get(&format!("/promotions/{second}")).await);
    assert_eq!((&gone["state"], &gone["reason"]), (&json!("rolled_back"), &json!("drift")));
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[1]["live"], &production[0]["live"]), (&json!(1), &json!(2)));
    let nothing = served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "more"})).await;
    assert!(nothing.contains("delivery.nothing_before"), "{nothing}");
}

#[tokio::test]
async fn what_is_suspended_answers_again_by_a_promotion_with_approvals() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    served.to_prod(1).await;
    app.turn_clock(1);
    let stop = json!({"environment": "prod", "reason": "it harms somebody"});
    assert!(served.say("ana", "/suspend", &stop).await.starts_with("403"));
    let stopped = ok(&served.say("vera", "/suspend", &stop).await);
    assert_eq!((&stopped["live"], &stopped["suspended"]["by"]), (&json!(1), &json!("vera")));
    assert_eq!(ok(&served.say("vera", "/suspend", &stop).await)["suspended"], stopped["suspended"], "again");
    let everywhere = served.see("ivo", "/production").await;
    assert_eq!(everywhere[0]["suspended"]["reason"], "it harms somebody", "wherever the same version is live");
    let endpoint = ok(&app.user("ana").get("/endpoints/prod/credit-risk").await);
    assert_eq!(endpoint["state"], "stopped");
    let resume = served.say("ben", "/resume", &json!({"environment": "prod"})).await;
    assert!(resume.starts_with("201"), "{resume}");
    let id = body(&resume)["id"].as_str().unwrap().to_owned();
    let waits = served.promotion(&id, "awaiting_approval").await;
    assert_eq!(waits["kind"], "resume");
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    served.promotion(&id, "live").await;
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[1]["live"], &production[1]["suspended"]), (&json!(1), &json!(null)));
    let none = served.say("ben", "/resume", &json!({"environment": "prod"})).await;
    assert!(none.contains("delivery.not_suspended"), "{none}");
}

#[tokio::test]
async fn a_hold_keeps_a_candidate_from_being_deployed_until_it_is_lifted() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    let hold = served.say("vera", "/holds", &json!({"environment": "preprod", "reason": "an incident"})).await;
    assert!(hold.starts_with("201"), "{hold}");
    assert!(served.say("ana", "/holds", &json!({"environment": "preprod", "reason": "x"})).await.starts_with("403"));
    let id = served.promote("ana", 1, "preprod").await;
    let path = format!("/promotions/{id}");
    let held = |found: &Value| found["reason"].as_str().is_some_and(|why| why.contains("an incident"));
    let waits = served.wait(&path, (&good(), true), held).await;
    assert_eq!(waits["state"], "awaiting_approval");
    let lift = format!("/holds/{}/lift", body(&hold)["id"].as_str().unwrap());
    let lifted = ok(&app.user("ben").post(&lift, &json!({"reason": "over"})).await);
    assert_eq!(lifted["lifted"]["by"], "ben");
    // Red tests against the real endpoint: nothing was live before, so nothing is.
    let failed = served.wait(&path, (&good(), false), |found| found["state"] == "failed").await;
    assert!(failed["reason"].as_str().unwrap().contains("step `integration` failed"), "{failed}");
    assert_eq!(served.see("ivo", "/production").await[0]["live"], json!(null));
    let endpoint = ok(&app.user("ana").get("/endpoints/preprod/credit-risk").await);
    assert_eq!(endpoint["state"], "empty");
    let prod = served.say("ana", "/promotions", &json!({"candidate": 1, "environment": "prod"})).await;
    assert!(prod.contains("it failed in preprod"), "{prod}");
}

#[tokio::test]
async fn gate_policies_are_set_by_who_authors_nothing_and_a_change_voids_approvals() {
    let (served, _serving) = started().await;
    let app = &served.app;
    let gates = served.see("ana", "/gates").await;
    let mut prod = gates[1].clone();
    assert_eq!((&prod["version"], &prod["by"], &prod["next"]["action"]), (&json!(0), &json!("lockgate"), &json!(null)));
    let terms = prod.as_object_mut().unwrap();
    terms.retain(|key, _| {
        ["required", "may_be_not_computable", "approvals", "baking_s", "tolerances"].contains(&key.as_str())
    });
    prod["baking_s"] = 10.into();
    for (person, status) in [("ana", "403"), ("ben", "403"), ("pat", "403"), ("eli", "404")] {
        let refused = served.say(person, "/gates/prod", &prod).await;
        assert_eq!(&refused[..3], status, "{person}: {refused}");
    }
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let id = served.promote("ana", 1, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    app.turn_clock(1);
    let edited = ok(&served.say("vera", "/gates/prod", &prod).await);
    assert_eq!((&edited["version"], &edited["by"], &edited["baking_s"]), (&json!(1), &json!("vera"), &json!(10)));
    assert_eq!(ok(&served.say("vera", "/gates/prod", &prod).await)["version"], 1, "the same again");
    let refused = app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await;
    assert!(refused.starts_with("403") && refused.contains("set the gate policy"), "{refused}");
    let old = json!({"version": 0, "required": [], "approvals": prod["approvals"], "baking_s": 0, "tolerances": []});
    let moved = served.say("vera", "/gates/prod", &old).await;
    assert!(moved.starts_with("409") && moved.contains("delivery.gate_policy_moved"), "{moved}");
    let abandoned = app.user("ana").post(&format!("/promotions/{id}/abandon"), &json!({"reason": "another way"})).await;
    assert_eq!(ok(&abandoned)["state"], "abandoned");
}
