use super::Everyone;
use crate::monitoring::given::{Watched, psi};
use crate::runs::given::ok;
use serde_json::{Value, json};

/// Who looks after what is live.
const KEEPERS: [&str; 2] = ["vera", "ben"];

#[tokio::test]
async fn a_monitor_is_set_and_its_breaches_answered_by_those_who_look_after_what_is_live() {
    let watched = Watched::start().await;
    let app = &watched.app;
    let everyone = Everyone::of(app).await;
    let monitor = format!("/monitors/{}", watched.id);
    let because = json!({"reason": "holidays"});
    let readers = ["ana", "cho", "ben", "vera", "dana", "ivo", "pat", "mo"];
    everyone.send("PUT", &monitor, &json!({"every_s": 600, "window_h": 48}), &KEEPERS).await;
    everyone.post(&format!("{monitor}/pause"), &because, &KEEPERS).await;
    everyone.post(&format!("{monitor}/resume"), &Value::Null, &KEEPERS).await;
    everyone.get(&monitor, &readers).await;
    let begun = everyone.post(&format!("{monitor}/evaluate"), &Value::Null, &["ana", "cho", "vera", "ben"]).await;
    watched.report(&begun, &json!({"metrics": psi(0.4), "note": "40 calls"}).to_string()).await;
    let found = ok(&app.user("ana").get("/breaches?project=credit-risk").await);
    let breach = format!("/breaches/{}", found["items"][0]["id"].as_str().unwrap());
    everyone.get(&breach, &readers).await;
    let until = json!({"reason": "known", "until": "2026-01-02T00:00:00Z"});
    everyone.post(&format!("{breach}/mute"), &until, &KEEPERS).await;
    everyone.post(&format!("{breach}/acknowledge"), &because, &KEEPERS).await;
    everyone.post(&format!("{breach}/resolve"), &because, &KEEPERS).await;
}
