use crate::app::TestApp;
use access::audit::{AuditKey, Sealer, SealerSettings, last_known, verify};
use serde_json::{Value, json};

fn body(answer: &str) -> Value {
    serde_json::from_str(&answer[4..]).expect(answer)
}

#[tokio::test]
async fn an_auditor_exports_what_verifies_and_others_see_only_their_own() {
    let app = TestApp::start().await;
    app.user("pat").post("/people", &json!({"id": "eve", "name": "Eve"})).await;
    app.user("cho").post("/people", &json!({"id": "eva"})).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("checkpoints.jsonl"), AuditKey::from_seed([7; 32]));
    let sealer = Sealer::new(app.gate.context(), key.clone(), &file, SealerSettings::default());
    assert!(sealer.seal(true).await.unwrap() > 2);

    let refused = app.user("cho").get("/audit/export").await;
    assert_eq!(refused[..3], *"403", "{refused}");
    let export = app.user("ivo").get("/audit/export").await;
    let known = last_known(&file).unwrap().unwrap();
    let report = verify(&export.as_bytes()[4..], &key.public(), Some(&known)).unwrap();
    assert_eq!((report.sealed, report.checkpoints), (known.seq, 1));
    assert_eq!(report.unsealed, 2, "the refused export, and this one");
    let status = body(&app.user("ivo").get("/audit/status").await);
    assert_eq!((&status["intact"], &status["sealed"]), (&json!(true), &json!(known.seq)));

    let own = body(&app.user("cho").get("/audit/entries").await);
    let actors: Vec<_> =
        own["items"].as_array().unwrap().iter().map(|entry| entry["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["person:cho", "person:cho"]);
    let all = body(&app.user("ivo").get("/audit/entries?resource=person&actor=pat&limit=1").await);
    let entry = &all["items"][0];
    assert_eq!((&entry["action"], &entry["resource"]), (&json!("CreatePerson"), &json!("person/eve")));
    assert_eq!(
        (&entry["after"]["display_name"], &entry["policies"]),
        (&json!("Eve"), &json!(["access.people-administered"]))
    );
    assert!(entry["request_id"].is_string() && entry["hash"].is_string(), "{entry}");
}

#[tokio::test]
async fn a_changed_row_is_seen_by_status_and_export() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = AuditKey::from_seed([7; 32]);
    let sealer = Sealer::new(app.gate.context(), key.clone(), folder.path().join("c"), SealerSettings::default());
    sealer.seal(true).await.unwrap();
    app.sql("UPDATE audit_entries SET actor = 'person:cho' WHERE seq = 3").await;
    assert_eq!(body(&app.user("ivo").get("/audit/status").await)["intact"], json!(false));
    let export = app.user("ivo").get("/audit/export").await;
    assert!(verify(&export.as_bytes()[4..], &key.public(), None).is_err());
}
