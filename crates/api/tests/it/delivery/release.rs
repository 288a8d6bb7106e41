use super::given::{Served, passes};
use super::releasing::{good, serve, started, with};
use crate::runs::given::{body, ok};
use axum::body::Body;
use axum::http::Request;
use expect_test::expect;
use serde_json::{Value, json};
use tower::ServiceExt;

const TRAIN: &str = include_str!("../../../../../templates/tabular-classification/pipelines/train.json");

/// Returns name and state of each gate.
fn gates(promotion: &Value) -> String {
    let all = promotion["gates"].as_array().unwrap();
    let line = |gate: &Value| format!("{} {}", gate["name"].as_str().unwrap(), gate["state"].as_str().unwrap());
    all.iter().map(line).collect::<Vec<_>>().join(", ")
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

/// What a model's file says of itself may be rows that its step read and nobody else may.
#[tokio::test]
async fn no_word_of_an_exported_model_reaches_its_project() {
    let (served, _serving) = started().await;
    served.talks.store(true, std::sync::atomic::Ordering::SeqCst);
    let red = served.release("talking", &good()).await;
    assert_eq!(red["state"], "not_cut", "{red}");
    expect!["the exported model cannot be served: output 3 of the model is not called `label` or `probabilities` (`output_label`, `output_probability`), nor `variable` where it predicts a number"]
        .assert_eq(red["reason"].as_str().unwrap());
    served.talks.store(false, std::sync::atomic::Ordering::SeqCst);
    let cut = served.release("quiet", &good()).await;
    assert_eq!(cut["candidate"], 1, "{cut}");
    served.to_preprod(1).await;
    let endpoint = ok(&served.app.user("ana").get("/endpoints/preprod/credit-risk").await);
    let label = json!({"name": "label", "datatype": "BYTES", "shape": [-1], "values": ["bad", "good"]});
    assert_eq!(endpoint["outputs"][0], label, "no other text is answered");
}

#[tokio::test]
async fn a_model_exported_without_its_rows_is_told_what_is_missing_and_not_to_merge_again() {
    let (served, _serving) = started().await;
    let mut pipeline: Value = serde_json::from_str(TRAIN).unwrap();
    let mut steps = pipeline["steps"].as_array_mut().unwrap().iter_mut();
    steps.find(|step| step["name"] == "export").unwrap()["outputs"] = json!(["onnx"]);
    let pipeline = pipeline.to_string();
    let commit = served.push("bare", "origin/main", &[("pipelines/train.json", pipeline.as_str())]).await;
    served.judge("branch=bare", &passes(), &passes()).await;
    assert!(served.merge("ana", "bare").await.starts_with("200"));
    let red = served.cut(&commit, &good()).await;
    assert_eq!((&red["state"], &red["candidate"]), (&json!("not_cut"), &json!(null)), "{red}");
    expect!["the pipeline has no step `export` with the outputs `onnx` and `rows`: there is no model to judge"]
        .assert_eq(red["reason"].as_str().unwrap());
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
    let watched = served.watched(2).await;
    assert_eq!((&watched["endpoint"], &watched["policy"]), (&json!("prod.credit-risk"), &json!(0)));
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
    assert_eq!(served.watched(1).await["id"], watched["id"], "an endpoint has one monitor");
    let gone = ok(&app.user("ana").get(&format!("/promotions/{second}")).await);
    assert_eq!((&gone["state"], &gone["reason"]), (&json!("rolled_back"), &json!("drift")));
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[1]["live"], &production[0]["live"]), (&json!(1), &json!(2)));
    let nothing = served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "more"})).await;
    assert!(nothing.contains("delivery.nothing_before"), "{nothing}");
}

/// A step of the project, with every verb that there is, on what really waits.
#[tokio::test]
async fn a_step_decides_nothing_of_what_waits() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let id = served.promote("ana", 1, "prod").await;
    let waits = served.promotion(&id, "awaiting_approval").await;
    let (project, promotion) = ("/projects/credit-risk", format!("/promotions/{id}"));
    let terms = served.terms(1).await;
    let orders = [
        (format!("{promotion}/approve"), json!({"comment": "fine"})),
        (format!("{promotion}/reject"), json!({"reason": "not yet"})),
        (format!("{promotion}/abandon"), json!({"reason": "not yet"})),
        (format!("{project}/promotions"), json!({"candidate": 1, "environment": "prod"})),
        (format!("{project}/suspend"), json!({"environment": "preprod", "reason": "it harms somebody"})),
        (format!("{project}/rollback"), json!({"environment": "preprod", "reason": "drift"})),
        (format!("{project}/resume"), json!({"environment": "preprod"})),
        (format!("{project}/holds"), json!({"environment": "prod", "reason": "stop"})),
        (format!("{project}/merges"), json!({"branch": "one"})),
        (format!("{project}/gates/prod"), terms.clone()),
    ];
    let before = (app.count("audit_entries").await, served.see("ivo", "/production").await);
    for environment in ["credit-risk/dev", "credit-risk/preprod", "credit-risk/prod", "marketing/prod"] {
        let token = crate::authority::attempt(app, environment).await;
        for (path, body) in &orders {
            let post = |router: &axum::Router| {
                let request = Request::post(format!("/api/v1{path}"))
                    .header("content-type", "application/json")
                    .header("authorization", format!("Bearer {token}"));
                router.clone().oneshot(request.body(Body::from(body.to_string())).unwrap())
            };
            let (inside, outside) = (post(&app.services.runners).await, post(&app.services.public).await);
            let inside = inside.unwrap().status().as_u16();
            assert!([403, 404].contains(&inside), "{environment} {path}: {inside}");
            assert_eq!(outside.unwrap().status().as_u16(), 401, "{environment} {path}");
        }
    }
    assert_eq!(ok(&app.user("ana").get(&promotion).await)["state"], waits["state"]);
    assert_eq!(ok(&app.user("ana").get(&promotion).await)["approvals"], json!([]));
    assert_eq!(served.see("ivo", "/production").await, before.1);
    assert!(!app.audit_log().await.lines().any(|line| line.starts_with("allowed environment:")), "nothing was done");
    assert!(
        served.say("vera", "/gates/prod", &terms).await.starts_with('2'),
        "those were orders that somebody may give"
    );
}

#[tokio::test]
async fn what_is_suspended_answers_again_by_a_promotion_with_approvals() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
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
    served.resumed(&id).await;
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[1]["live"], &production[1]["suspended"]), (&json!(1), &json!(null)));
    let none = served.say("ben", "/resume", &json!({"environment": "prod"})).await;
    assert!(none.contains("delivery.not_suspended"), "{none}");
}

#[tokio::test]
async fn what_was_suspended_is_live_only_once_it_answers() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    served.answers.store(false, std::sync::atomic::Ordering::SeqCst);
    let resumed = || async {
        let id = served.ask_to_resume().await;
        served.approve(&id).await;
        id
    };
    let silent = resumed().await;
    served.promotion(&silent, "verifying").await;
    let production = served.see("ivo", "/production").await;
    assert_eq!(production[1]["suspended"], json!(null), "it is let answer, and does not yet");
    app.turn_clock(121);
    let failed = served.promotion(&silent, "failed").await;
    assert_eq!(failed["reason"], "it did not answer in time");
    let stopped = served.see("ivo", "/production").await[1]["suspended"].clone();
    assert_eq!(stopped["reason"], "it was to answer again: it did not answer in time", "callers are told, as before");
    assert_eq!(version(&served, 1).await, "suspended");
    served.answers.store(true, std::sync::atomic::Ordering::SeqCst);
    let again = resumed().await;
    served.resumed(&again).await;
    assert_eq!(version(&served, 1).await, "approved");
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
    assert_eq!(
        (&waits["state"], &waits["next"]["text"]),
        (&json!("awaiting_approval"), &json!("Candidate 1 waits to be deployed."))
    );
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
    let prod = &gates[1];
    assert_eq!((&prod["version"], &prod["by"], &prod["next"]["action"]), (&json!(0), &json!("lockgate"), &json!(null)));
    let mut prod = served.terms(1).await;
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

#[tokio::test]
async fn who_set_a_policy_is_not_forgotten_by_a_rollback() {
    let (served, _serving) = started().await;
    let app = &served.app;
    for (number, name) in [(1, "one"), (2, "two")] {
        served.to_live(number, name).await;
        app.turn_clock(1);
    }
    let mut prod = served.terms(1).await;
    prod["baking_s"] = 10.into();
    ok(&served.say("vera", "/gates/prod", &prod).await);
    app.turn_clock(1);
    let back = body(&served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "drift"})).await);
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    served.release("three", &good()).await;
    served.to_preprod(3).await;
    let id = served.promote("ana", 3, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    let refused = app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await;
    assert!(refused.starts_with("403") && refused.contains("set the gate policy"), "{refused}");
}

/// Returns the state of a released version, and why.
async fn version(served: &Served, number: i64) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = format!("SELECT state FROM released_versions WHERE version = {number}");
    let select = Statement::from_string(served.app.db.engine(), sql);
    let row = served.app.db.migrator().query_one_raw(select).await.unwrap().unwrap();
    row.try_get("", "state").unwrap()
}

#[tokio::test]
async fn a_stop_while_a_candidate_bakes_is_for_what_answers() {
    let (served, _serving) = started().await;
    served.to_live(1, "one").await;
    served.release("two", &good()).await;
    served.to_preprod(2).await;
    let id = served.to_baking(2).await;
    served.app.turn_clock(1);
    let stop = json!({"environment": "prod", "reason": "it harms somebody"});
    ok(&served.say("vera", "/suspend", &stop).await);
    let gone = served.promotion(&id, "rolled_back").await;
    assert!(gone["reason"].as_str().unwrap().contains("it harms somebody"), "{gone}");
    assert_eq!((version(&served, 1).await.as_str(), version(&served, 2).await.as_str()), ("approved", "suspended"));
    let production = served.see("ivo", "/production").await;
    assert_eq!(production[0]["suspended"]["reason"], "it harms somebody", "it is live in preprod: {production}");
    assert_eq!((&production[1]["live"], &production[1]["back_to"]), (&json!(1), &json!(1)), "nobody stopped that one");
    let back = body(&served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "back to one"})).await);
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    let prod = served.see("ivo", "/production").await[1].clone();
    assert_eq!((&prod["live"], &prod["answers"], &prod["suspended"]), (&json!(1), &json!(1), &json!(null)));
}

#[tokio::test]
async fn what_was_suspended_stays_so_when_what_bakes_over_it_fails() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "one is bad"})).await);
    served.release("two", &good()).await;
    served.to_preprod(2).await;
    let id = served.to_baking(2).await;
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["answers"], &prod["back_to"]), (&json!(2), &json!(null)), "one may not serve");
    let order = json!({"reason": "not this one either"});
    ok(&app.user("ben").post(&format!("/promotions/{id}/abandon"), &order).await);
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["answers"], &prod["suspended"]["reason"]), (&json!(null), &json!("one is bad")), "{prod}");
    let endpoint = ok(&app.user("ana").get("/endpoints/prod/credit-risk").await);
    assert_eq!(endpoint["state"], "stopped");
}

#[tokio::test]
async fn a_stop_ends_what_is_about_to_answer_where_the_endpoint_is_stopped_already() {
    let (served, serving) = started().await;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    served.release("two", &good()).await;
    served.app.turn_clock(1);
    let stop = |reason: &str| json!({"environment": "preprod", "reason": reason});
    ok(&served.say("vera", "/suspend", &stop("one is bad")).await);
    // The serving process is away: what is deployed stays so.
    drop(serving);
    let id = served.promote("ana", 2, "preprod").await;
    served.promotion(&id, "deploying").await;
    ok(&served.say("vera", "/suspend", &stop("so is two")).await);
    let ended = served.promotion(&id, "abandoned").await;
    assert_eq!(ended["reason"], "so is two");
    let _serving = serve(&served);
    served.app.turn_clock(20);
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[0]["live"], &production[0]["suspended"]["reason"]), (&json!(1), &json!("one is bad")));
    let log = served.app.audit_log().await;
    assert!(log.contains(&format!("allowed person:vera SuspendProduction promotion/{id}")), "{log}");
}

#[tokio::test]
async fn what_is_suspended_in_preprod_neither_enters_prod_nor_answers_again_by_one_person() {
    let (served, _serving) = started().await;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    served.app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "preprod", "reason": "it harms somebody"})).await);
    assert_eq!(version(&served, 1).await, "suspended");
    let prod = served.say("ana", "/promotions", &json!({"candidate": 1, "environment": "prod"})).await;
    assert!(prod.starts_with("409") && prod.contains("is suspended"), "{prod}");
    let resume = served.say("ben", "/resume", &json!({"environment": "preprod"})).await;
    assert!(resume.starts_with("409") && resume.contains("is suspended"), "{resume}");
}

#[tokio::test]
async fn a_rollback_that_is_asked_for_again_goes_back_once() {
    let (served, _serving) = started().await;
    for (number, branch) in [(1, "one"), (2, "two"), (3, "three")] {
        served.to_live(number, branch).await;
    }
    let order = json!({"environment": "prod", "reason": "drift"});
    let back = body(&served.say("ben", "/rollback", &order).await);
    assert_eq!(back["candidate"], 2);
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    let again = served.say("ben", "/rollback", &order).await;
    assert_eq!(body(&again)["id"], back["id"], "it took effect, and nothing is done: {again}");
    let production = served.see("ivo", "/production").await;
    assert_eq!((&production[1]["answers"], &production[1]["back_to"]), (&json!(2), &json!(1)));
    let further =
        body(&served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "drift in 2, too"})).await);
    assert_eq!(further["candidate"], 1, "another reason is another rollback");
}

#[tokio::test]
async fn what_was_suspended_and_rolled_back_may_answer_again() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    served.to_live(2, "two").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let second = served.say("ben", "/suspend", &json!({"environment": "prod", "reason": "I think so, too"})).await;
    assert!(second.starts_with("409") && second.contains("delivery.suspended_before"), "{second}");
    let back = body(&served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "until we know"})).await);
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["answers"], &prod["resumable"], &prod["suspended"]), (&json!(1), &json!([2]), &json!(null)));
    app.turn_clock(1);
    let none = served.say("ben", "/resume", &json!({"environment": "prod"})).await;
    assert!(none.contains("delivery.not_suspended"), "{none}");
    let resume = served.say("ben", "/resume", &json!({"environment": "prod", "candidate": 2})).await;
    assert!(resume.starts_with("201"), "{resume}");
    let id = body(&resume)["id"].as_str().unwrap().to_owned();
    let waits = served.promotion(&id, "awaiting_approval").await;
    assert!(waits["authors"]["commits"].as_array().is_none_or(|all| !all.is_empty()), "{waits}");
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    served.resumed(&id).await;
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["live"], &prod["answers"], &prod["resumable"]), (&json!(2), &json!(2), &json!([])));
    assert_eq!(version(&served, 2).await, "approved");
}

#[tokio::test]
async fn what_cannot_answer_while_it_bakes_goes_back_by_itself() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    served.release("two", &good()).await;
    served.to_preprod(2).await;
    let id = served.to_baking(2).await;
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["live"], &prod["answers"], &prod["back_to"]), (&json!(1), &json!(2), &json!(1)));
    served.answers.store(false, std::sync::atomic::Ordering::SeqCst);
    let heard = async {
        while app.release.serving.live.answers("prod.credit-risk").is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), heard).await.expect("it answers on");
    app.turn_clock(601);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let live = served.see("ana", "/production").await[1]["live"].clone();
    assert_eq!(live, 1, "it baked long enough, and does not answer");
    app.turn_clock(3_600);
    let gone = served.promotion(&id, "rolled_back").await;
    assert_eq!(gone["reason"], "it did not answer in time");
    assert_eq!(version(&served, 2).await, "registered", "it was never live");
}

#[tokio::test]
async fn only_a_validator_loosens_a_gate() {
    let (served, _serving) = started().await;
    let mut prod = served.terms(1).await;
    let manager = json!({"principal": "person:dora", "role": "change_manager", "scope": "project/credit-risk"});
    ok(&served.app.user("pat").post("/role-assignments", &manager).await);
    served.app.turn_clock(1);
    for change in [
        json!({"required": [], "may_be_not_computable": []}),
        json!({"may_be_not_computable": ["bias", "quality"]}),
        json!({"approvals": [{"role": "change_manager", "count": 1}]}),
    ] {
        let mut looser = prod.clone();
        for (key, value) in change.as_object().unwrap() {
            looser[key] = value.clone();
        }
        let refused = served.say("dora", "/gates/prod", &looser).await;
        assert!(refused.starts_with("403") && refused.contains("delivery.gate_policy_loosens"), "{refused}");
    }
    prod["baking_s"] = 10.into();
    prod["tolerances"][0]["red"] = json!(0.0005);
    assert_eq!(ok(&served.say("dora", "/gates/prod", &prod).await)["version"], 1, "stricter, and baked for less long");
    prod["tolerances"][0]["red"] = json!(0.01);
    let refused = served.say("dora", "/gates/prod", &prod).await;
    assert!(refused.contains("a limit of `parity_difference` lies further out"), "{refused}");
    assert_eq!(ok(&served.say("vera", "/gates/prod", &prod).await)["version"], 2);
}

#[tokio::test]
async fn a_resumption_ends_once_another_is_live() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let id = served.ask_to_resume().await;
    served.to_live(2, "two").await;
    let ended = served.promotion(&id, "failed").await;
    assert!(ended["reason"].as_str().unwrap().contains("not what is live and suspended here any more"), "{ended}");
    let late = app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await;
    assert!(late.starts_with("409"), "{late}");
    assert_eq!(served.see("ivo", "/production").await[1]["live"], 2);
}

#[tokio::test]
async fn what_is_older_than_what_is_live_is_no_news_of_nobody() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    for (number, name) in [(2, "two"), (3, "three")] {
        served.release(name, &good()).await;
        served.to_preprod(number).await;
    }
    served.to_prod(3).await;
    let role = json!({"principal": "person:ana", "role": "model_validator", "scope": "project/credit-risk"});
    ok(&app.user("pat").post("/role-assignments", &role).await);
    app.turn_clock(1);
    // The commit of 2 is in the history of what is live.
    let id = served.promote("ana", 2, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    let own = app.user("ana").post(&format!("/promotions/{id}/approve"), &json!({})).await;
    assert!(own.starts_with("403") && own.contains("delivery.author_decides"), "{own}");
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
}

#[tokio::test]
async fn a_rollback_for_the_same_reason_goes_further_back_once_what_it_brought_back_is_stopped() {
    let (served, _serving) = started().await;
    let app = &served.app;
    for (number, name) in [(1, "one"), (2, "two"), (3, "three")] {
        served.to_live(number, name).await;
        app.turn_clock(1);
    }
    let order = json!({"environment": "prod", "reason": "drift"});
    let first = body(&served.say("ben", "/rollback", &order).await);
    served.promotion(first["id"].as_str().unwrap(), "live").await;
    assert_eq!(body(&served.say("ben", "/rollback", &order).await)["id"], first["id"], "the same order again");
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "two is bad, too"})).await);
    let second = body(&served.say("ben", "/rollback", &order).await);
    assert_ne!(second["id"], first["id"]);
    served.promotion(second["id"].as_str().unwrap(), "live").await;
    assert_eq!(served.see("ivo", "/production").await[1]["live"], 1);
}

#[tokio::test]
async fn a_rollback_never_brings_back_what_was_left_by_one() {
    let (served, _serving) = started().await;
    let app = &served.app;
    for (number, name) in [(1, "one"), (2, "two")] {
        served.to_live(number, name).await;
        app.turn_clock(1);
    }
    // 2 was live twice: what it was before it was stopped stands on record, too.
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "a complaint"})).await);
    let again = served.ask_to_resume().await;
    served.approve(&again).await;
    served.resumed(&again).await;
    app.turn_clock(1);
    served.to_live(3, "three").await;
    for (person, back_to) in [("ben", 2), ("vera", 1)] {
        app.turn_clock(1);
        let order = json!({"environment": "prod", "reason": format!("{person} saw it drift")});
        let back = body(&served.say(person, "/rollback", &order).await);
        served.promotion(back["id"].as_str().unwrap(), "live").await;
        assert_eq!(served.see("ivo", "/production").await[1]["live"], back_to);
    }
    let further = served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "once more"})).await;
    assert!(further.starts_with("409") && further.contains("delivery.nothing_before"), "{further}");
}

#[tokio::test]
async fn what_callers_of_prod_are_answered_by_is_given_up_by_who_may_roll_back() {
    let (served, _serving) = started().await;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let id = served.to_baking(1).await;
    let abandon = format!("/promotions/{id}/abandon");
    let refused = served.app.user("ana").post(&abandon, &json!({"reason": "not this one"})).await;
    assert!(refused.starts_with("403") && refused.contains("access.forbidden"), "{refused}");
    ok(&served.app.user("ben").post(&abandon, &json!({"reason": "not this one"})).await);
}

#[tokio::test]
async fn what_is_not_to_answer_again_after_all_stays_stopped() {
    let (served, serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let id = served.ask_to_resume().await;
    // The serving process is away: it does not say that it answers.
    served.silent().await;
    drop(serving);
    served.approve(&id).await;
    served.promotion(&id, "verifying").await;
    ok(&app.user("ben").post(&format!("/promotions/{id}/abandon"), &json!({"reason": "no, not yet"})).await);
    let endpoint = ok(&app.user("ana").get("/endpoints/prod/credit-risk").await);
    assert_eq!(endpoint["state"], "stopped");
    let prod = served.see("vera", "/production").await[1].clone();
    assert_eq!((&prod["answers"], &prod["suspended"]["reason"]), (&json!(null), &json!("it harms somebody")), "{prod}");
}

#[tokio::test]
async fn a_hold_keeps_what_is_to_answer_again_from_being_live() {
    let (served, serving) = started().await;
    let app = &served.app;
    served.to_live(1, "one").await;
    app.turn_clock(1);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let id = served.ask_to_resume().await;
    served.silent().await;
    drop(serving);
    served.approve(&id).await;
    served.promotion(&id, "verifying").await;
    let hold = body(&served.say("vera", "/holds", &json!({"environment": "prod", "reason": "an incident"})).await);
    let _serving = serve(&served);
    served.look_until(&id, |found| found["reason"].as_str().is_some_and(|why| why.contains("an incident"))).await;
    let lift = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    ok(&app.user("ben").post(&lift, &json!({"reason": "over"})).await);
    served.resumed(&id).await;
}

#[tokio::test]
async fn what_bakes_is_looked_at_again_before_it_is_live() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let id = served.to_baking(1).await;
    let path = format!("/promotions/{id}");
    let hold = body(&served.say("vera", "/holds", &json!({"environment": "prod", "reason": "an incident"})).await);
    app.turn_clock(601);
    let held = |found: &Value| found["reason"].as_str().is_some_and(|why| why.contains("an incident"));
    let waits = served.wait(&path, (&good(), true), held).await;
    assert_eq!(waits["state"], "verifying");
    let lift = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    ok(&app.user("ben").post(&lift, &json!({"reason": "over"})).await);
    let live = served.promotion(&id, "live").await;
    assert_eq!(live["reason"], json!(null));

    served.release("two", &good()).await;
    served.to_preprod(2).await;
    let id = served.to_baking(2).await;
    app.sql("UPDATE released_versions SET state = 'withdrawn' WHERE version = 2").await;
    app.turn_clock(601);
    let undone = served.promotion(&id, "rolled_back").await;
    assert!(undone["reason"].as_str().unwrap().contains("is withdrawn"), "{undone}");
    assert_eq!(served.see("ivo", "/production").await[1]["live"], 1);
}

#[tokio::test]
async fn tests_that_never_call_the_endpoint_verify_nothing() {
    let (served, _serving) = started().await;
    served.release("one", &good()).await;
    served.tests_call.store(false, std::sync::atomic::Ordering::SeqCst);
    let id = served.promote("ana", 1, "preprod").await;
    let run = served.wait(&format!("/promotions/{id}"), (&good(), true), |found| found["run"].is_string()).await;
    let run = format!("/runs/{}", run["run"].as_str().unwrap());
    served.wait(&run, (&good(), true), |found| found["state"] == "succeeded").await;
    served.app.turn_clock(20);
    let failed = served.promotion(&id, "failed").await;
    assert_eq!(failed["reason"], "its tests called the endpoint not once");
}

#[tokio::test]
async fn the_way_back_passes_over_what_is_suspended_and_is_not_given_up_by_a_developer() {
    let (served, serving) = started().await;
    let app = &served.app;
    for number in 1..4 {
        served.release(&format!("n{number}"), &good()).await;
        served.to_preprod(number).await;
        served.to_prod(number).await;
    }
    app.sql("UPDATE released_versions SET state = 'suspended' WHERE version = 2").await;
    // The serving process is away, so that the rollback is on its way for a while. What is warm is back in a moment otherwise.
    drop(serving);
    let back = body(&served.say("vera", "/rollback", &json!({"environment": "prod", "reason": "drift"})).await);
    assert_eq!((&back["kind"], &back["candidate"]), (&json!("rollback"), &json!(1)), "{back}");
    let abandon = format!("/promotions/{}/abandon", back["id"].as_str().unwrap());
    let refused = app.user("ana").post(&abandon, &json!({"reason": "mine is better"})).await;
    assert!(refused.starts_with("403"), "{refused}");
    let given_up = ok(&app.user("ben").post(&abandon, &json!({"reason": "another way"})).await);
    assert_eq!(given_up["state"], "abandoned");
}

#[tokio::test]
async fn who_asks_is_on_record_while_the_clock_runs() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let running = served.run_clock();
    let id = served.promote("ana", 1, "prod").await;
    assert_eq!(served.promote("ana", 1, "prod").await, id);
    drop(running);
    let log = app.audit_log().await;
    assert_eq!(log.matches(&format!("allowed person:ana CreatePromotion promotion/{id}")).count(), 1, "{log}");
    served.promotion(&id, "awaiting_approval").await;
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    served.promotion(&id, "verifying").await;
    app.turn_clock(601);
    served.promotion(&id, "live").await;
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let running = served.run_clock();
    let resume = body(&served.say("ben", "/resume", &json!({"environment": "prod"})).await);
    drop(running);
    let id = resume["id"].as_str().unwrap();
    let log = app.audit_log().await;
    assert_eq!(log.matches(&format!("allowed person:ben ResumeProduction promotion/{id}")).count(), 1, "{log}");
}

#[tokio::test]
async fn whoever_changes_a_policy_after_their_approval_did_not_approve() {
    let (served, _serving) = started().await;
    let app = &served.app;
    let mut preprod = served.terms(0).await;
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    let hold = body(&served.say("ben", "/holds", &json!({"environment": "prod", "reason": "an incident"})).await);
    let id = served.promote("ana", 1, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    ok(&app.user("vera").post(&format!("/promotions/{id}/approve"), &json!({})).await);
    app.turn_clock(1);
    preprod["baking_s"] = 1.into();
    ok(&served.say("vera", "/gates/preprod", &preprod).await);
    let lift = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    ok(&app.user("ben").post(&lift, &json!({"reason": "over"})).await);
    let open = |found: &Value| gates(found).contains("holds passed") && gates(found).contains("approvals open");
    let waits = served.wait(&format!("/promotions/{id}"), (&good(), true), open).await;
    assert_eq!(waits["state"], "awaiting_approval");
}

/// Asserts that a promotion waits in `state` since its repository cannot be read, and says so without where that lies.
#[track_caller]
fn waits_unread(served: &Served, waits: &Value, state: &str) {
    let reason = "who made it cannot be read from its repository: ask your administrator";
    assert_eq!((&waits["state"], &waits["reason"]), (&json!(state), &json!(reason)), "{waits}");
    assert_eq!(waits["next"]["reason"], reason);
    let folder = served.app.folder.path().to_str().unwrap();
    assert!(!waits.to_string().contains(folder), "{waits}");
}

#[tokio::test]
async fn what_cannot_be_read_from_its_repository_waits_with_that_reason_until_it_can() {
    let (served, _serving) = started().await;
    let app = &served.app;
    served.release("one", &good()).await;
    let repository = app.build.git.folder.join("credit-risk.git");
    let away = app.build.git.folder.join("away");
    std::fs::rename(&repository, &away).unwrap();
    let id = served.promote("ana", 1, "preprod").await;
    let path = format!("/promotions/{id}");
    let waits = served.wait(&path, (&good(), true), |found| found["reason"].is_string()).await;
    waits_unread(&served, &waits, "checking");
    std::fs::rename(&away, &repository).unwrap();
    app.turn_clock(20);
    let live = served.promotion(&id, "live").await;
    assert_eq!(live["reason"], json!(null));

    // Approved, and held until its repository is damaged: git names the folder in its complaint.
    let manager = json!({"principal": "person:dora", "role": "change_manager", "scope": "project/credit-risk"});
    ok(&app.user("pat").post("/role-assignments", &manager).await);
    app.turn_clock(1);
    let hold = body(&served.say("ben", "/holds", &json!({"environment": "prod", "reason": "an incident"})).await);
    let id = served.promote("ana", 1, "prod").await;
    served.promotion(&id, "awaiting_approval").await;
    served.approve(&id).await;
    let path = format!("/promotions/{id}");
    let held = |found: &Value| found["reason"].as_str().map(|why| why.contains("an incident"));
    served.wait(&path, (&good(), true), |found| held(found) == Some(true)).await;
    std::fs::rename(repository.join("HEAD"), &away).unwrap();
    // Who sets a policy is an author: they are counted anew, by what the repository says.
    let mut preprod = served.terms(0).await;
    preprod["baking_s"] = 1.into();
    ok(&served.say("dora", "/gates/preprod", &preprod).await);
    let lift = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    ok(&app.user("ben").post(&lift, &json!({"reason": "over"})).await);
    let waits = served.wait(&path, (&good(), true), |found| held(found) == Some(false)).await;
    waits_unread(&served, &waits, "awaiting_approval");
    assert!(gates(&waits).contains("holds passed, approvals passed"), "nothing else keeps it: {}", gates(&waits));
    let refused = app.user("dora").post(&format!("{path}/approve"), &json!({})).await;
    assert!(refused.starts_with("503") && refused.contains("delivery.authors_unreadable"), "{refused}");
    ok(&app.user("vera").post(&format!("{path}/approve"), &json!({})).await); // as before: a repeat asks nobody
    std::fs::rename(&away, repository.join("HEAD")).unwrap();
    app.turn_clock(20);
    served.baked(&id).await;
}
