use super::started;
use crate::app::{TestApp, audit_key};
use crate::delivery::releasing::good;
use crate::runs::given::{body, ok};
use axum::body::Body;
use axum::http::Request;
use evidence::dossier::{Altered, verify};
use expect_test::expect;
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// Lets a second pass and returns the moment in its middle of nothing, to ask about later.
fn moment(app: &TestApp) -> String {
    app.turn_clock(1);
    let now = app.gate.context().clock.now().to_string();
    app.turn_clock(1);
    now
}

/// Returns what was live in prod at a moment, a line each.
async fn live(app: &TestApp, at: &str) -> String {
    let found = ok(&app.user("ivo").get(&format!("/live?at={at}&environment=prod")).await);
    let line = |one: &Value| {
        let approvers = one["approved_by"].as_array().unwrap().iter();
        let approvers: Vec<String> =
            approvers.map(|by| format!("{} {}", by["person"].as_str().unwrap(), by["roles"][0])).collect();
        let suspended = one["suspended"]["by"].as_str().unwrap_or("-");
        let stands = if one["verifying"] == true { "verifying" } else { "live" };
        let (candidate, kind) = (&one["candidate"], one["kind"].as_str().unwrap());
        format!("{stands} {candidate} by {kind}, approved by {}, suspended by {suspended}", approvers.join(", "))
    };
    let all = found["items"].as_array().unwrap();
    if all.is_empty() { "nothing".to_owned() } else { all.iter().map(line).collect::<Vec<_>>().join("; ") }
}

async fn bytes(app: &TestApp, person: &str, path: &str) -> Vec<u8> {
    let request =
        Request::get(format!("/api/v1{path}")).header("authorization", format!("Bearer {}", app.token(person)));
    let answer = app.raw(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.unwrap().to_bytes().to_vec()
}

#[tokio::test]
async fn what_was_live_is_right_across_releases_rollbacks_stops_and_resumptions() {
    let (served, _serving) = started().await;
    let app = &served.app;
    let nothing = moment(app);
    served.release("one", &good()).await;
    served.to_preprod(1).await;
    served.to_baking(1).await;
    let baking = moment(app);
    app.turn_clock(601);
    let first = ok(&app.user("ana").get("/projects/credit-risk/promotions?environment=prod").await);
    served.promotion(first["items"][0]["id"].as_str().unwrap(), "live").await;
    let one = moment(app);
    served.release("two", &good()).await;
    served.to_preprod(2).await;
    served.to_prod(2).await;
    let two = moment(app);
    let back = body(&served.say("ben", "/rollback", &json!({"environment": "prod", "reason": "drift"})).await);
    served.promotion(back["id"].as_str().unwrap(), "live").await;
    let rolled_back = moment(app);
    ok(&served.say("vera", "/suspend", &json!({"environment": "prod", "reason": "it harms somebody"})).await);
    let suspended = moment(app);
    let again = served.ask_to_resume().await;
    served.approve(&again).await;
    served.resumed(&again).await;
    let resumed = moment(app);
    let mut said = String::new();
    for (name, at) in [
        ("before", &nothing),
        ("baking", &baking),
        ("one", &one),
        ("two", &two),
        ("rolled back", &rolled_back),
        ("suspended", &suspended),
        ("resumed", &resumed),
    ] {
        said += &format!("{name}: {}\n", live(app, at).await);
    }
    expect![[r#"
        before: nothing
        baking: verifying 1 by release, approved by vera "model_validator", suspended by -
        one: live 1 by release, approved by vera "model_validator", suspended by -
        two: live 2 by release, approved by vera "model_validator", suspended by -
        rolled back: live 1 by rollback, approved by vera "model_validator", suspended by -
        suspended: live 1 by rollback, approved by vera "model_validator", suspended by vera
        resumed: live 1 by resume, approved by vera "model_validator", suspended by -
    "#]]
    .assert_eq(&said);
    let others = ok(&app.user("eli").get(&format!("/live?at={one}")).await);
    assert_eq!(others["items"], json!([]), "an outsider sees nothing");
    for (at, code) in [("2026-01-01T00:00:00", "evidence.date"), ("2999-01-01T00:00:00Z", "evidence.date_in_future")] {
        let refused = app.user("ivo").get(&format!("/live?at={at}")).await;
        assert!(refused.starts_with("400") && body(&refused)["code"] == code, "{at}: {refused}");
    }
    let refused = app.user("ivo").get("/live?environment=dev").await;
    assert!(refused.contains("evidence.environment"), "{refused}");
    let mut terms = served.terms(1).await;
    for baking_s in [10, 11] {
        terms["baking_s"] = baking_s.into();
        ok(&served.say("vera", "/gates/prod", &terms).await);
    }
    dossier_of_both(app).await;
    ci_of_the_first(app).await;
}

/// Returns section `ci` of the first candidate's dossier, which holds.
async fn ci(app: &TestApp) -> Value {
    let document = bytes(app, "ivo", "/projects/credit-risk/candidates/1/dossier").await;
    assert!(verify(&document, &audit_key().public()).unwrap().header.sections.contains_key("ci"));
    let value: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(value["sections"]["ci"]["commit"], value["sections"]["commit"]["id"]);
    value["sections"]["ci"].clone()
}

/// What the merge of the first candidate's commit rested on; and the same of one that has no checks.
async fn ci_of_the_first(app: &TestApp) {
    let found = ci(app).await;
    let word = |check: &Value, name: &str| check[name].as_str().unwrap().to_owned();
    let line = |check: &Value| {
        let (name, state, note) = (word(check, "name"), word(check, "state"), word(check, "note"));
        format!("{name} {state} for {}, {} found: {note}", word(check, "asked_by"), check["count"])
    };
    expect![[r#"
        lint passed for ana, 0 found: as it should be
        unit passed for ana, 0 found: as it should be
        contract passed for ana, 0 found: It is well-formed; no source is named yet"#]]
    .assert_eq(&found["checks"].as_array().unwrap().iter().map(line).collect::<Vec<_>>().join("\n"));
    assert_eq!((&found["passed"], &found["not_passed"]), (&json!(true), &Value::Null));
    let (lint, unit, contract) = (&found["checks"][0], &found["checks"][1], &found["checks"][2]);
    assert!(lint["started_at"].is_string() && contract["ended_at"].is_string(), "{found}");
    assert_eq!((&lint["run"], &contract["run"]), (&unit["run"], &Value::Null));
    let run = &found["runs"][0];
    assert_eq!((found["runs"].as_array().unwrap().len(), &run["id"]), (1, &lint["run"]), "one run judged both");
    assert_eq!((&run["environment"], &run["pipeline"]), (&json!("credit-risk/dev"), &json!("checks")));
    assert_eq!((&run["commit"], &run["state"]), (&found["commit"], &json!("succeeded")));
    app.sql("DELETE FROM checks").await;
    let none = ci(app).await;
    assert_eq!((&none["passed"], &none["checks"], &none["runs"]), (&json!(false), &json!([]), &json!([])));
    let why = none["not_passed"].as_str().unwrap();
    assert!(why.starts_with("no check of the commit is on record"), "{why}");
}

/// The dossiers of what that history is about.
async fn dossier_of_both(app: &TestApp) {
    let document = bytes(app, "ivo", "/projects/credit-risk/candidates/1/dossier").await;
    let key = audit_key().public();
    let verified = verify(&document, &key).unwrap();
    assert_eq!((verified.header.candidate, verified.header.made_by.as_str()), (1, "ivo"));
    let shown = ok(&app.user("ana").get("/evidence/key").await);
    assert_eq!(shown["key"], key.to_string());
    let text = String::from_utf8(document.clone()).unwrap();
    let forged = text.replacen("\"person\":\"ana\"", "\"person\":\"eve\"", 1);
    assert_eq!(verify(forged.as_bytes(), &key), Err(Altered::Section("commit".into())));
    let value: Value = serde_json::from_slice(&document).unwrap();
    let sections = &value["sections"];
    assert_eq!(sections["commit"]["merge"]["merged_by"], "ana");
    assert!(!sections["commit"]["pushes"].as_array().unwrap().is_empty());
    let judged: Vec<&str> =
        sections["checks"]["judged"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(judged, ["parity", "quality", "bias"]);
    let policies = sections["checks"]["policies"].as_array().unwrap().iter();
    let of_prod: Vec<i64> =
        policies.filter(|one| one["environment"] == "prod").map(|one| one["version"].as_i64().unwrap()).collect();
    assert_eq!(of_prod, [0, 1, 2], "the one that judged, the one that holds, and who changed it between");
    let promotions = sections["promotions"].as_array().unwrap().iter();
    let kinds: Vec<String> = promotions
        .clone()
        .map(|one| {
            format!(
                "{} {} {}",
                one["environment"].as_str().unwrap(),
                one["kind"].as_str().unwrap(),
                one["state"].as_str().unwrap()
            )
        })
        .collect();
    expect![[r#"
        [
            "preprod release superseded",
            "prod release superseded",
            "prod rollback superseded",
            "prod resume live",
        ]
    "#]]
    .assert_debug_eq(&kinds);
    let release = promotions.clone().find(|one| one["kind"] == "release" && one["environment"] == "prod").unwrap();
    let decision = &release["decisions"][0];
    assert_eq!((&decision["by"], &decision["roles"][0]), (&json!("vera"), &json!("model_validator")));
    assert_eq!((&decision["digest"], &decision["counts"]), (&json!(verified.header.digest), &json!(true)));
    let preprod = promotions.clone().find(|one| one["environment"] == "preprod").unwrap();
    assert_eq!(preprod["verification"]["state"], "succeeded");
    assert!(
        sections["run"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|step| !step["attempts"].as_array().unwrap().is_empty())
    );
    let stops: Vec<&str> = sections["stops"]["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|stop| stop["endpoint"].as_str().unwrap().starts_with("prod."))
        .map(|stop| stop["what"].as_str().unwrap())
        .collect();
    assert_eq!(stops, ["suspended", "resumed"]);
    assert!(sections["audit"]["entries"].as_array().unwrap().len() > 10);
    let log = app.audit_log().await;
    assert!(log.contains("allowed person:ivo ReadDossier dossier/credit-risk/1"), "{log}");
    for person in ["vera", "ben", "ana"] {
        bytes(app, person, "/projects/credit-risk/candidates/2/dossier").await;
    }
    // Absent and hidden look the same.
    let hidden = app.user("eli").get("/projects/credit-risk/candidates/1/dossier").await;
    let absent = app.user("eli").get("/projects/no-such/candidates/1/dossier").await;
    assert!(hidden.starts_with("404"), "{hidden}");
    assert_eq!(absent.replace("no-such", "credit-risk"), hidden);
    let refused = app.user("pat").get("/projects/credit-risk/candidates/1/dossier").await;
    assert!(refused.starts_with("403"), "who runs the platform sees the project, and takes no dossier: {refused}");
    let none = app.user("ivo").get("/projects/credit-risk/candidates/9/dossier").await;
    assert!(none.starts_with("404") && none.contains("evidence.candidate_not_found"), "{none}");
}
