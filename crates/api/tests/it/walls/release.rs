use super::Everyone;
use crate::delivery::given::passes;
use crate::delivery::releasing::{good, started};
use serde_json::{Value, json};

/// Who develops for the project: Ana who made it, and Cho, who develops for all.
const DEVELOPERS: [&str; 2] = ["ana", "cho"];
/// Who has a promotion, a run or a resumption made.
const MAKERS: [&str; 3] = ["ana", "cho", "ben"];
/// Who has a hold placed and lifted.
const HOLDERS: [&str; 4] = ["vera", "ben", "mo", "pat"];
/// Who stops what is live, and goes back.
const STOPPERS: [&str; 3] = ["vera", "ben", "pat"];
/// Who sees what a project does.
const READERS: [&str; 8] = ["ana", "cho", "ben", "vera", "dana", "ivo", "pat", "mo"];

#[tokio::test]
async fn at_each_gate_of_a_release_everyone_else_is_refused() {
    let (served, _serving) = started().await;
    let app = &served.app;
    let everyone = Everyone::of(app).await;
    let project = |path: &str| format!("/projects/credit-risk{path}");

    let order = json!({"project": "credit-risk", "environment": "dev", "pipeline": "train"});
    let run = everyone.post("/runs", &order, &MAKERS).await;
    let run = format!("/runs/{}", run["id"].as_str().unwrap());
    everyone.get(&run, &["ana", "cho", "ben", "vera", "dana", "ivo", "pat", "mo", "step"]).await;
    everyone.post(&format!("{run}/cancel"), &Value::Null, &["ana", "cho", "ben", "pat"]).await;

    let commit = served.push("one", "origin/main", &[("notes.md", "one")]).await;
    served.judge("branch=one", &passes(), &passes()).await;
    everyone.post(&project("/merges"), &json!({"branch": "one"}), &DEVELOPERS).await;
    served.cut(&commit, &good()).await;

    let to = |environment: &str| json!({"candidate": 1, "environment": environment});
    let id = |promotion: &Value| promotion["id"].as_str().unwrap().to_owned();
    let preprod = id(&everyone.post(&project("/promotions"), &to("preprod"), &MAKERS).await);
    served.promotion(&preprod, "live").await;

    let because = json!({"reason": "not yet"});
    for (verb, may) in [("abandon", &["ana", "cho", "ben", "vera", "mo"][..]), ("reject", &["vera"])] {
        let waiting = id(&everyone.post(&project("/promotions"), &to("prod"), &MAKERS).await);
        served.promotion(&waiting, "awaiting_approval").await;
        everyone.get(&format!("/promotions/{waiting}"), &READERS).await;
        everyone.post(&format!("/promotions/{waiting}/{verb}"), &because, may).await;
    }
    let mut terms = served.terms(1).await;
    terms["baking_s"] = 500.into();
    // Not Vera: who sets a gate approves nothing that it judges.
    everyone.post(&project("/gates/prod"), &terms, &["mo", "vera"]).await;
    let prod = id(&everyone.post(&project("/promotions"), &to("prod"), &MAKERS).await);
    served.promotion(&prod, "awaiting_approval").await;
    everyone.post(&format!("/promotions/{prod}/approve"), &json!({}), &["vera"]).await;
    served.baked(&prod).await;

    let stop = json!({"environment": "prod", "reason": "an incident"});
    let hold = everyone.post(&project("/holds"), &stop, &HOLDERS).await;
    let lift = format!("/holds/{}/lift", hold["id"].as_str().unwrap());
    everyone.post(&lift, &because, &["ben", "mo", "pat", "vera"]).await;
    everyone.post(&project("/suspend"), &stop, &STOPPERS).await;
    let again = id(&everyone
        .post(&project("/resume"), &json!({"environment": "prod"}), &["ben", "ana", "cho", "vera", "pat"])
        .await);
    served.promotion(&again, "awaiting_approval").await;
    everyone.post(&format!("/promotions/{again}/approve"), &json!({}), &["vera"]).await;
    served.resumed(&again).await;

    app.turn_clock(1);
    served.to_live(2, "two").await;
    everyone.post(&project("/rollback"), &stop, &STOPPERS).await;
    for path in ["", "/candidates/1", "/gates", "/holds", "/production", "/releases", "/merges"] {
        everyone.get(&project(path), &READERS).await;
    }
    everyone.get(&project("/candidates/1/dossier"), &["ana", "cho", "ben", "vera", "ivo"]).await;
}
