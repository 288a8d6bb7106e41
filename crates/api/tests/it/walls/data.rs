use super::Everyone;
use crate::catalog::given::{DATASET, approve, ask, purpose, start};
use crate::runs::given::ok;
use serde_json::{Value, json};

/// Those who look after the lake `retail`.
const STEWARDS: [&str; 2] = ["dora", "eli"];
const LEVELS: [&str; 3] = ["dora", "eli", "dana"];

#[tokio::test]
async fn what_lies_in_a_lake_is_described_and_bounded_by_those_who_look_after_it() {
    let app = start().await;
    let everyone = Everyone::of(&app).await;
    let at = |verb: &str| format!("/datasets/{DATASET}/{verb}");
    let lake = json!({"name": "risk", "root": "risk", "folder": "", "team": "risk", "description": ""});
    everyone.post("/lakes", &lake, &["eli"]).await;
    everyone.post("/lakes/risk/crawl", &Value::Null, &["eli"]).await;
    everyone.post(&at("describe"), &json!({"description": "who banks with us"}), &STEWARDS).await;
    everyone.post(&at("record-key"), &json!({"columns": ["age"]}), &STEWARDS).await;
    everyone.post(&at("columns/age/classify"), &json!({"level": "confidential"}), &LEVELS).await;
    let policy = json!({"approvals_needed": 1, "answer_days": 5, "longest_days": 90});
    everyone.post(&at("access-policy"), &policy, &LEVELS).await;
    // A purpose belongs to no lake: whoever looks after any may name one.
    everyone.post("/purposes", &purpose("pd2"), &["dora", "eli", "dana", "otto"]).await;
    everyone.post(&at("visibility"), &json!({"visibility": "hidden"}), &STEWARDS).await;
    everyone.get(&format!("/datasets/{DATASET}"), &["dora", "eli", "dana", "ivo", "pat"]).await;
    everyone.get(&at("profile"), &["dora", "eli", "dana", "ivo", "pat"]).await;
    everyone.post(&at("retire"), &Value::Null, &STEWARDS).await;
}

#[tokio::test]
async fn data_is_asked_for_by_one_person_and_decided_by_another() {
    let app = start().await;
    let everyone = Everyone::of(&app).await;
    let mut draft = ask();
    draft["submit"] = json!(false);
    let asked = async || {
        let made = ok(&app.user("ana").post("/requests", &draft).await);
        format!("/requests/{}", made["id"].as_str().unwrap())
    };
    let request = asked().await;
    let mut narrower = ask();
    narrower["columns"] = json!({"age": "clear", "iban": "clear", "sex": "check"});
    narrower.as_object_mut().unwrap().retain(|field, _| !["kind", "object", "submit"].contains(&field.as_str()));
    everyone.post(&format!("{request}/edit"), &narrower, &["ana"]).await;
    everyone.post(&format!("{request}/submit"), &Value::Null, &["ana"]).await;
    everyone.post(&format!("{request}/effect"), &json!({"terms": {}}), &STEWARDS).await;
    let decided = everyone.post(&format!("{request}/decide"), &approve(&json!({})), &STEWARDS).await;
    let other = asked().await;
    everyone.post(&format!("{other}/withdraw"), &Value::Null, &["ana"]).await;
    everyone.get(&request, &["ana", "dora", "eli", "dana", "ivo"]).await;

    let grant = format!("/grants/{}", decided["grant"].as_str().unwrap());
    let why = json!({"reason": "an audit"});
    everyone.get(&grant, &["ana", "dora", "eli", "dana", "ivo"]).await;
    everyone.post(&format!("{grant}/suspend"), &why, &LEVELS).await;
    let shown = ok(&app.user("eli").get(&grant).await);
    everyone.post(&format!("{grant}/resume"), &json!({"levels": shown["levels"]}), &STEWARDS).await;
    everyone.post(&format!("{grant}/revoke"), &why, &["dana", "dora", "eli", "ana"]).await;
}
