//! Publishing launders neither levels nor purposes.
use serde_json::{Value, json};

use super::given::{CUSTOMERS, grant, granted, lake_on, ok};
use super::publish::{SCORES, may_write, parquet, send_as};
use crate::app::TestApp;

async fn publish(app: &TestApp, params: &str) -> (u16, Value) {
    send_as(app, "ana", SCORES, params, None, parquet(10)).await
}

async fn level(app: &TestApp, dataset: &str, column: &str, level: &str) {
    let path = format!("/datasets/{dataset}/columns/{column}/classify");
    ok(&app.user("dora").post(&path, &json!({"level": level})).await);
}

async fn levels(app: &TestApp) -> Vec<String> {
    let columns = ok(&app.user("dora").get(&format!("/datasets/{SCORES}/columns")).await);
    let of = |column: &Value| {
        ["name", "level", "level_source"].map(|key| column[key].as_str().unwrap().to_owned()).join(" ")
    };
    columns["items"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_as_sensitive_as_what_it_was_made_of() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = lake_on(TestApp::start_on(db).await).await;
        for (column, said) in [("id", "internal"), ("iban", "restricted"), ("age", "internal"), ("region", "public")] {
            level(&app, CUSTOMERS, column, said).await;
        }
        level(&app, CUSTOMERS, "notes", "internal").await;
        may_write(&app).await;
        let params = format!("purpose=pd&use=score&inputs={CUSTOMERS}");
        assert_eq!(publish(&app, &params).await.0, 201);
        // `score` may be the accounts under another name: it has the highest level of what was read.
        assert_eq!(levels(&app).await, ["id internal proposed", "score restricted proposed"]);
        // A person's word does not hide that what is read became more sensitive, and grants stop at once.
        level(&app, SCORES, "id", "public").await;
        let ask = json!({"kind": "read", "object": SCORES, "uses": ["explore"], "columns": {"id": "clear"}});
        let reads = grant(&app, "cho", &ask).await;
        level(&app, CUSTOMERS, "id", "restricted").await;
        let own = granted(&app).await; // `id` was raised, so the old one is suspended
        assert_eq!(publish(&app, &params).await.0, 201);
        assert_eq!(levels(&app).await[0], "id restricted proposed");
        let stopped = ok(&app.user("cho").get(&format!("/grants/{reads}")).await);
        assert_eq!((&stopped["state"], &stopped["ended"]["by"]), (&json!("suspended"), &json!("ana")), "{own}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_for_one_purpose_is_not_published_for_another() {
    let app = lake_on(TestApp::start().await).await;
    granted(&app).await;
    let purpose = json!({
        "id": "ads", "name": "Ads", "text": "to find customers", "lawful_basis": "consent", "controller": "Bank AG",
        "allowed_uses": ["score"], "retention_days": 30,
    });
    ok(&app.user("dora").post("/purposes", &purpose).await);
    let ask = json!({"kind": "write", "object": "retail.predictions", "purpose": "ads", "text": "ads", "uses": ["score"],
        "expires_at": "2026-04-01T00:00:00Z", "submit": true});
    let asked = ok(&app.user("ana").post("/requests", &ask).await);
    let path = format!("/requests/{}/decide", asked["id"].as_str().unwrap());
    ok(&app.user("dora").post(&path, &json!({"decision": "approve"})).await);
    let (status, problem) = publish(&app, &format!("purpose=ads&use=score&inputs={CUSTOMERS}")).await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("publish.input")), "{problem}");
    assert_eq!(publish(&app, "purpose=ads&use=score").await.0, 201);
    assert_eq!(levels(&app).await, ["id restricted unclassified", "score restricted unclassified"]);
}
