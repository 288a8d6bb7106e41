//! Nobody decides on levels that they did not see, whoever changes them meanwhile.
use super::given::{DATASET, approve, ask, asked, dataset, field, id_of, start};
use crate::app::TestApp;
use serde_json::{Value, json};

async fn level(app: &TestApp, column: &str, level: &str) {
    let path = format!("/datasets/{DATASET}/columns/{column}/classify");
    let said = app.user("dora").post(&path, &json!({"level": level})).await;
    assert!(said.starts_with("200"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_shows_no_levels_grants_and_confirms_nothing() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        dataset(&app).await;
        let path = format!("/requests/{}/decide", asked(&app).await);
        for levels in [json!({}), json!({"age": "internal", "sex": "confidential"})] {
            let blind = json!({"decision": "approve", "terms": {}, "levels": levels});
            let blind = app.user("dora").post(&path, &blind).await;
            assert_eq!((&blind[..3], field(&blind, "/code").as_str()), ("409", "catalog.level_changed"), "{blind}");
        }
        level(&app, "age", "restricted").await;
        let old = app.user("eli").post(&path, &approve(&json!({}))).await;
        assert_eq!((&old[..3], field(&old, "/code").as_str()), ("409", "catalog.level_changed"), "{old}");
        assert_eq!((app.count("grants").await, app.count("dataset_columns WHERE source = 'confirmed'").await), (0, 0));
        let narrower = json!({"decision": "approve", "terms": {"columns": {"age": "left_out", "iban": "left_out"}},
            "levels": {"sex": "confidential"}});
        let approved = app.user("eli").post(&path, &narrower).await;
        assert_eq!(field(&approved, "/state"), "approved", "what is left out need not be shown: {approved}");
        let confirmed = app.count("dataset_columns WHERE source = 'confirmed' AND name = 'sex'").await;
        assert_eq!(
            (confirmed, app.count("dataset_columns WHERE source = 'confirmed'").await),
            (1, 1),
            "only what was shown"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_rises_at_the_moment_of_approval_leaves_no_grant_that_reads_it() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        dataset(&app).await;
        for round in 0..8 {
            level(&app, "age", "internal").await;
            let path = format!("/requests/{}/decide", asked(&app).await);
            let (eli, yes) = (app.user("eli"), approve(&json!({})));
            let (decided, ()) = tokio::join!(eli.post(&path, &yes), level(&app, "age", "restricted"));
            let open = app.count("grants WHERE state = 'active'").await;
            assert_eq!(open, 0, "round {round}: granted before, and suspended, or refused: {decided}");
            if decided.starts_with("409") {
                let no = json!({"decision": "reject", "reason": "the level rose"});
                let rejected = app.user("eli").post(&path, &no).await;
                assert!(rejected.starts_with("200"), "{rejected}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_suspended_for_another_reason_does_not_come_back_in_clear_after_a_raise() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        dataset(&app).await;
        let mut narrow = ask();
        narrow["columns"] = json!({"age": "clear"});
        let request = id_of(&app.user("ana").post("/requests", &narrow).await);
        let yes = json!({"decision": "approve", "levels": {"age": "internal"}});
        let approved = app.user("dora").post(&format!("/requests/{request}/decide"), &yes).await;
        let path = format!("/grants/{}", field(&approved, "/grant"));
        app.user("dana").post(&format!("{path}/suspend"), &json!({"reason": "an audit"})).await;
        level(&app, "age", "restricted").await;
        let resume = format!("{path}/resume");
        for shown in [Value::Null, json!({"levels": {"age": "internal"}})] {
            let blind = app.user("eli").post(&resume, &shown).await;
            assert_eq!((&blind[..3], field(&blind, "/code").as_str()), ("409", "catalog.level_changed"), "{blind}");
        }
        let shown: Value = serde_json::from_str(&app.user("eli").get(&path).await[4..]).unwrap();
        assert_eq!(shown["levels"], json!({"age": "restricted"}));
        let resumed = app.user("eli").post(&resume, &json!({"levels": shown["levels"]})).await;
        assert_eq!(field(&resumed, "/state"), "active", "{resumed}");
    })
    .await;
}

#[tokio::test]
async fn of_two_approvals_the_first_does_not_stand_for_a_level_that_rose_since() {
    let app = start().await;
    let policy = json!({"approvals_needed": 2, "answer_days": 10, "longest_days": 366});
    app.user("dora").post(&format!("/datasets/{DATASET}/access-policy"), &policy).await;
    let path = format!("/requests/{}/decide", asked(&app).await);
    let first = app.user("dora").post(&path, &approve(&json!({}))).await;
    assert_eq!(field(&first, "/fact"), "1 of 2 approvals", "{first}");
    level(&app, "age", "restricted").await;
    let mut second = approve(&json!({}));
    second["levels"]["age"] = json!("restricted");
    let refused = app.user("eli").post(&path, &second).await;
    assert_eq!(field(&refused, "/detail"), "column `age` was internal when `dora` approved, and is restricted");
    assert_eq!(app.count("grants").await, 0);
}
