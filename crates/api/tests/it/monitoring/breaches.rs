use super::given::{Watched, psi};
use crate::runs::given::{body, ok};
use serde_json::{Value, json};

async fn only_breach(watched: &Watched) -> Value {
    let listed = ok(&watched.app.user("ana").get("/breaches?project=credit-risk").await);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    listed["items"][0].clone()
}

#[tokio::test]
async fn a_red_breach_holds_prod_once_and_a_person_lifts_that() {
    let watched = Watched::start().await;
    let app = &watched.app;
    let ended = watched.measure(psi(0.4)).await;
    assert_eq!(ended["state"], "breached");
    assert_eq!(ended["reason"], "psi of amount is 0.4, and has to be at most 0.25");
    let breach = only_breach(&watched).await;
    assert_eq!((&breach["severity"], &breach["what"]), (&json!("red"), &json!("psi of amount")));
    let holds = watched.until("/projects/credit-risk/holds", |holds| holds[0].is_object()).await;
    let hold = &holds[0];
    assert_eq!(
        (&hold["breach"], &hold["environment"], &hold["state"]),
        (&breach["id"], &json!("prod"), &json!("placed"))
    );
    assert_eq!(hold["by"], json!(format!("monitor:{}", watched.id)));
    watched.measure(psi(0.5)).await;
    assert_eq!(only_breach(&watched).await["count"], 2);
    let raised = events::BreachRaised {
        breach: breach["id"].as_str().unwrap().into(),
        monitor: watched.id.clone(),
        environment: "credit-risk/prod".into(),
        endpoint: "prod.credit".into(),
        what: "psi of amount".into(),
        severity: "red".into(),
        at: testkit::NEW_YEAR,
    };
    let raised = &raised;
    app.db.write(|tx| async move { tx.publish(raised.clone()).await }).await.unwrap();
    watched.measure(psi(0.0)).await;
    assert_eq!(app.count("holds").await, 1, "however often it is told of");
    assert_eq!(only_breach(&watched).await["state"], "open", "it is red, and nobody looks after it");
    let acknowledge = format!("/breaches/{}/acknowledge", breach["id"].as_str().unwrap());
    ok(&app.user("ben").post(&acknowledge, &json!({"reason": "I look into it"})).await);
    watched.measure(psi(0.0)).await;
    let over = only_breach(&watched).await;
    assert_eq!((&over["state"], &over["resolved"]["by"]), (&json!("resolved"), &json!("monitoring")));
    let holds = ok(&app.user("ben").get("/projects/credit-risk/holds").await);
    assert_eq!((&holds[0]["state"], &holds[0]["next"]["action"]), (&json!("placed"), &json!("lift_hold")));
    let path = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    assert_eq!(ok(&app.user("ben").post(&path, &json!({"reason": "looked at"})).await)["state"], "lifted");
    let log = app.audit_log().await;
    for line in ["allowed monitoring RaiseBreach breach/", "allowed delivery PlaceHold hold/"] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[tokio::test]
async fn an_amber_breach_holds_nothing_until_it_is_red() {
    let watched = Watched::start().await;
    watched.measure(psi(0.15)).await;
    watched.measure(psi(0.2)).await;
    assert_eq!(watched.app.count("holds").await, 0);
    watched.measure(psi(0.3)).await;
    let holds = watched.until("/projects/credit-risk/holds", |holds| holds[0].is_object()).await;
    assert_eq!(holds[0]["breach"], only_breach(&watched).await["id"]);
}

#[tokio::test]
async fn owners_and_validators_answer_a_breach() {
    let watched = Watched::start().await;
    let app = &watched.app;
    watched.measure(psi(0.15)).await;
    let breach = only_breach(&watched).await;
    let path = format!("/breaches/{}", breach["id"].as_str().unwrap());
    let because = json!({"reason": "I look"});
    let until = json!({"reason": "known", "until": "2026-01-20T00:00:00Z"});
    for (person, status) in [("eli", "404"), ("ana", "403"), ("ivo", "403"), ("pat", "403")] {
        for (verb, order) in [("acknowledge", &because), ("resolve", &because), ("mute", &until)] {
            let refused = app.user(person).post(&format!("{path}/{verb}"), order).await;
            assert_eq!(&refused[..3], status, "{person} {verb}: {refused}");
        }
    }
    let absent = app.user("eli").get("/breaches/br-none").await;
    let hidden = app.user("eli").get(&path).await;
    assert_eq!(absent.replace("br-none", breach["id"].as_str().unwrap()), hidden);
    let early = app.user("vera").post(&format!("{path}/resolve"), &because).await;
    assert!(early.starts_with("409") && early.contains("monitoring.breach_not_possible"), "{early}");
    let muted = ok(&app.user("vera").post(&format!("{path}/mute"), &until).await);
    assert_eq!((&muted["state"], &muted["muted"]["by"]), (&json!("open"), &json!("vera")));
    let first = app.user("vera").post(&format!("{path}/acknowledge"), &because).await;
    assert_eq!(app.user("vera").post(&format!("{path}/acknowledge"), &because).await, first, "the same again");
    assert_eq!(body(&first)["next"]["action"], "resolve_breach");
    let other = app.user("ben").post(&format!("{path}/acknowledge"), &because).await;
    assert!(other.starts_with("409"), "{other}");
    let late =
        app.user("vera").post(&format!("{path}/mute"), &json!({"reason": "x", "until": "2020-01-01T00:00:00Z"})).await;
    assert!(late.starts_with("400") && late.contains("monitoring.muted_until"), "{late}");
    let over = app.user("ben").post(&format!("{path}/resolve"), &json!({"reason": "it is over"})).await;
    assert_eq!(app.user("ben").post(&format!("{path}/resolve"), &json!({"reason": "it is over"})).await, over);
    assert_eq!(ok(&app.user("ana").get("/breaches?state=open").await)["items"], json!([]));
    assert_eq!(ok(&app.user("ana").get("/breaches?state=resolved").await)["items"][0]["id"], breach["id"]);
    assert!(app.user("ana").get("/breaches?state=odd").await.starts_with("400"));
    watched.measure(psi(0.15)).await;
    let listed = ok(&app.user("ana").get("/breaches?project=credit-risk").await);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "where it is not over, another is raised: {listed}");
}
