use super::given::{CAPTURE, Watched};
use crate::runs::given::{body, ok};
use serde_json::json;

#[tokio::test]
async fn members_see_owners_and_validators_set_and_others_learn_nothing() {
    let watched = Watched::start().await;
    let (app, id) = (&watched.app, &watched.id);
    let settings = json!({"every_s": 600, "window_h": 48});
    let because = json!({"reason": "holidays"});
    for (person, sees, sets, evaluates) in [
        ("eli", "404", "404", "404"),
        ("ivo", "200", "403", "403"),
        ("ana", "200", "403", "200"), // who made the model does not say what it is compared with
        ("vera", "200", "200", "200"),
        ("ben", "200", "200", "200"),
    ] {
        let user = app.user(person);
        let seen = user.get(&format!("/monitors/{id}")).await;
        let listed = user.get(&format!("/monitors/{id}/evaluations")).await;
        let set = user.send("PUT", &format!("/monitors/{id}"), &settings).await;
        let evaluated = watched.evaluate(person).await;
        assert_eq!((&seen[..3], &listed[..3], &set[..3], &evaluated[..3]), (sees, sees, sets, evaluates), "{person}");
        if sets != "200" {
            let paused = user.post(&format!("/monitors/{id}/pause"), &because).await;
            assert_eq!(&paused[..3], sets, "{person}: {paused}");
        }
    }
    let absent = app.user("eli").get("/monitors/mo-none").await;
    let hidden = app.user("eli").get(&format!("/monitors/{id}")).await;
    assert_eq!(absent.replace("mo-none", id), hidden, "absent and hidden look the same");
    let absent = app.user("eli").get("/monitors/mo-none/evaluations").await;
    let hidden = app.user("eli").get(&format!("/monitors/{id}/evaluations")).await;
    assert_eq!(absent.replace("mo-none", id), hidden);
    assert_eq!(ok(&app.user("eli").get("/monitors").await)["items"], json!([]));
    assert_eq!(ok(&app.user("ivo").get("/monitors?project=other").await)["items"], json!([]));
    assert_eq!(ok(&app.user("ivo").get("/monitors").await)["items"][0]["id"], json!(id));
}

#[tokio::test]
async fn settings_survive_a_release_and_a_repeat_writes_nothing() {
    let watched = Watched::start().await;
    let (ben, path) = (watched.app.user("ben"), format!("/monitors/{}", watched.id));
    let truth = json!({"dataset": "risk.core.later", "column": "repaid"});
    let settings = json!({"truth": truth, "every_s": 600, "window_h": 48});
    let first = ben.send("PUT", &path, &settings).await;
    assert_eq!(ben.send("PUT", &path, &settings).await, first);
    let log = watched.app.audit_log().await;
    assert_eq!(log.matches("person:ben SetMonitor").count(), 1, "{log}");
    watched.release(4).await;
    watched.release(4).await;
    let now = ok(&ben.get(&path).await);
    assert_eq!((&now["candidate"], &now["every_s"], &now["truth"]), (&json!(4), &json!(600), &truth));
    assert_eq!((&now["truth_is_set"], &now["capture"]), (&json!(true), &json!(CAPTURE)));
    assert_eq!(watched.app.count("monitors").await, 1);
    let odd = ben.send("PUT", &path, &json!({"every_s": 5, "window_h": 48})).await;
    assert!(odd.starts_with("400") && odd.contains("monitoring.settings"), "{odd}");
    let back = ok(&ben.send("PUT", &path, &json!({"every_s": 600, "window_h": 48})).await);
    assert_eq!(back["truth"], json!({"dataset": "retail.core.loans", "column": "outcome"}));
}

#[tokio::test]
async fn a_paused_monitor_is_not_evaluated() {
    let watched = Watched::start().await;
    let (app, path) = (&watched.app, format!("/monitors/{}", watched.id));
    let because = json!({"reason": "holidays"});
    let paused = app.user("vera").post(&format!("{path}/pause"), &because).await;
    assert_eq!(app.user("vera").post(&format!("{path}/pause"), &because).await, paused, "the same again");
    assert_eq!(body(&paused)["paused"]["reason"], "holidays");
    let other = app.user("ben").post(&format!("{path}/pause"), &because).await;
    assert!(other.starts_with("409") && other.contains("monitoring.monitor_not_possible"), "{other}");
    let refused = watched.evaluate("ana").await;
    assert!(refused.starts_with("409") && refused.contains("possible from here: resume"), "{refused}");
    let resumed = ok(&app.user("ben").post(&format!("{path}/resume"), &json!({})).await);
    assert_eq!((&resumed["state"], &resumed["paused"]), (&json!("active"), &json!(null)));
    assert!(app.user("ben").post(&format!("{path}/resume"), &json!({})).await.starts_with("200"));
    assert!(app.user("vera").post(&format!("{path}/resume"), &json!({})).await.starts_with("409"));
}

#[tokio::test]
async fn a_limit_that_is_tightened_at_the_gate_is_tightened_here() {
    let watched = Watched::without_calls().await;
    let (app, path) = (&watched.app, format!("/monitors/{}", watched.id));
    let gates = ok(&app.user("vera").get("/projects/credit-risk/gates").await);
    let prod = gates.as_array().unwrap().iter().find(|gate| gate["environment"] == "prod").unwrap();
    let mut order = json!({});
    for name in ["version", "required", "may_be_not_computable", "approvals", "baking_s", "tolerances"] {
        order[name] = prod[name].clone();
    }
    let psi = order["tolerances"].as_array_mut().unwrap().iter_mut().find(|one| one["metric"] == "psi").unwrap();
    psi["red"] = json!(0.12);
    ok(&app.user("vera").post("/projects/credit-risk/gates/prod", &order).await);
    let monitor = ok(&app.user("ana").get(&path).await);
    assert_eq!((&monitor["policy"], &monitor["may_be_not_computable"]), (&json!(1), &json!(["demographic_parity"])));
    let held = monitor["tolerances"].as_array().unwrap();
    assert_eq!(held, order["tolerances"].as_array().unwrap());
}
