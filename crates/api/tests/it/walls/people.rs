use super::Everyone;
use crate::app::TestApp;
use serde_json::{Value, json};

#[tokio::test]
async fn people_and_roles_are_the_administrators_and_a_token_is_its_owners() {
    let app = TestApp::start().await;
    let everyone = Everyone::of(&app).await;
    let pat = &["pat"];
    everyone.post("/people", &json!({"id": "eve", "name": "Eve"}), pat).await;
    everyone.post("/people/eve/link", &Value::Null, pat).await;
    everyone.post("/groups/auditors/members", &json!({"person": "eve"}), pat).await;
    everyone.post("/groups/auditors/members/eve/remove", &Value::Null, pat).await;
    let role = json!({"principal": "person:eve", "role": "data_steward", "scope": "lake/risk"});
    let held = everyone.post("/role-assignments", &role, pat).await;
    everyone.post(&format!("/role-assignments/{}/end", held["id"].as_str().unwrap()), &Value::Null, pat).await;
    everyone.post("/git-addresses", &json!({"address": "eve@example.com", "person": "eve"}), pat).await;
    let token = crate::runs::given::ok(&app.user("cho").post("/tokens", &json!({"name": "laptop"})).await);
    everyone.post(&format!("/tokens/{}/revoke", token["id"].as_str().unwrap()), &Value::Null, &["cho", "pat"]).await;
    everyone.post("/people/eve/deactivate", &Value::Null, pat).await;
    everyone.get("/audit/status", &["ivo"]).await;
}
