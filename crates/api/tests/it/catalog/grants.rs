use super::given::{approve, ask, field, granted, id_of, start, turn_clock};
use crate::app::pretty;
use expect_test::expect;
use serde_json::{Value, json};

fn why() -> Value {
    json!({"reason": "a leak is suspected"})
}

#[tokio::test]
async fn a_grant_is_what_was_approved() {
    let app = start().await;
    let (request, grant) = granted(&app).await;
    let seen = app.user("ana").get(&format!("/grants/{grant}")).await;
    expect![[r#"
        200 {
          "id": "g-N",
          "state": "active",
          "ends_soon": false,
          "kind": "read",
          "object": "retail.core.customers",
          "principal": "person:ana",
          "request": "r-N",
          "purpose": "pd",
          "uses": [
            "explore",
            "train",
            "check"
          ],
          "columns": [
            {
              "name": "age",
              "as": "clear"
            },
            {
              "name": "iban",
              "as": "clear"
            },
            {
              "name": "sex",
              "as": "check"
            }
          ],
          "row_filter": [],
          "rows": "all rows",
          "starts_at": "2026-01-02T00:00:00Z",
          "expires_at": "2026-04-01T00:00:00Z",
          "ended": null,
          "levels": {},
          "created_at": "2026-01-02T00:00:00Z",
          "next": {
            "tone": "good",
            "text": "Yours until 2026-04-01T00:00:00Z.",
            "reason": "State purpose `pd` and one of its uses with every read.",
            "action": "revoke_grant"
          }
        }"#]]
    .assert_eq(&pretty(&seen).replace(&request, "r-N").replace(&grant, "g-N"));
}

#[tokio::test]
async fn holder_steward_and_data_protection_end_it_and_nobody_else() {
    for (who, status) in
        [("ana", "200"), ("dora", "200"), ("dana", "200"), ("ivo", "403"), ("cho", "404"), ("pat", "404")]
    {
        let app = start().await;
        let (_, grant) = granted(&app).await;
        let path = format!("/grants/{grant}/revoke");
        let first = app.user(who).post(&path, &why()).await;
        assert_eq!(&first[..3], status, "{who}: {first}");
        if status == "200" {
            assert_eq!(app.user(who).post(&path, &why()).await, first, "the same call again has the same answer");
            let other = app.user(who).post(&path, &json!({"reason": "another"})).await;
            assert_eq!((&other[..3], field(&other, "/code").as_str()), ("409", "catalog.grant_not_possible"));
            assert_eq!(app.count("grant_history").await, 2, "start, revoke");
            assert_eq!(app.count("outbox WHERE name = 'GrantEnded'").await, 1);
        }
    }
}

#[tokio::test]
async fn only_a_steward_of_another_side_lets_it_go_on() {
    let app = start().await;
    let approve = approve(&json!({}));
    let own = id_of(&app.user("eli").post("/requests", &ask()).await);
    let approved = app.user("dora").post(&format!("/requests/{own}/decide"), &approve).await;
    let grant = field(&approved, "/grant");
    let suspended = app.user("dana").post(&format!("/grants/{grant}/suspend"), &why()).await;
    assert_eq!(field(&suspended, "/state"), "suspended", "{suspended}");
    let resume = format!("/grants/{grant}/resume");
    assert_eq!(&app.user("dana").post(&resume, &json!({})).await[..3], "403", "data protection stops, stewards resume");
    let refused = app.user("eli").post(&resume, &json!({})).await;
    assert_eq!(field(&refused, "/code"), "catalog.own_side", "a steward, but it is his own: {refused}");
    let seen = app.user("eli").get(&format!("/grants/{grant}")).await;
    assert_eq!(field(&seen, "/next/action"), "", "and his page does not offer it");
    let shown = json!({"levels": {"iban": "restricted"}});
    let resumed = app.user("dora").post(&resume, &shown).await;
    assert_eq!(field(&resumed, "/state"), "active", "{resumed}");
    assert_eq!(app.user("dora").post(&resume, &shown).await, resumed);
    let history = app.user("eli").get(&format!("/grants/{grant}/history")).await;
    let lines: Value = serde_json::from_str(&history[4..]).unwrap();
    let verbs: Vec<_> = lines.as_array().unwrap().iter().map(|line| line["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["start", "suspend", "resume"]);
}

#[tokio::test]
async fn raising_a_level_suspends_what_reads_it_in_clear() {
    let app = start().await;
    let (_, grant) = granted(&app).await;
    let path = "/datasets/retail.core.customers/columns/age/classify";
    let raised = app.user("dora").post(path, &json!({"level": "confidential"})).await;
    assert_eq!(&raised[..3], "200", "{raised}");
    let state = async || field(&app.user("ana").get(&format!("/grants/{grant}")).await, "/state");
    assert_eq!(state().await, "active", "policy asks for no mask yet");
    app.user("dora").post(path, &json!({"level": "restricted"})).await;
    assert_eq!(state().await, "suspended");
    let resume = format!("/grants/{grant}/resume");
    let blind = app.user("eli").post(&resume, &Value::Null).await;
    assert_eq!((&blind[..3], field(&blind, "/code").as_str()), ("409", "catalog.level_changed"), "{blind}");
    assert_eq!(state().await, "suspended");
    let shown: Value = serde_json::from_str(&app.user("eli").get(&format!("/grants/{grant}")).await[4..]).unwrap();
    assert_eq!(shown["levels"], json!({"age": "restricted", "iban": "restricted"}));
    app.user("eli").post(&resume, &json!({"levels": shown["levels"]})).await;
    assert_eq!(state().await, "active", "a steward of another side may let it go on, knowing the level");
}

#[tokio::test]
async fn the_list_shows_what_each_may_see_and_no_more() {
    let app = start().await;
    let (_, of_ana) = granted(&app).await;
    let of_cho = id_of(&app.user("cho").post("/requests", &ask()).await);
    let approved = app.user("eli").post(&format!("/requests/{of_cho}/decide"), &approve(&json!({}))).await;
    let ids = [of_ana.clone(), field(&approved, "/grant")];
    for who in ["ana", "cho", "dora", "dana", "ivo", "pat"] {
        let user = app.user(who);
        let list = user.get("/grants").await;
        let body: Value = serde_json::from_str(&list[4..]).unwrap();
        let items = body["items"].as_array().unwrap();
        let mut listed: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        let mut allowed = Vec::new();
        for id in &ids {
            if user.get(&format!("/grants/{id}")).await.starts_with("200") {
                allowed.push(id.clone());
            }
        }
        listed.sort();
        allowed.sort();
        assert_eq!((body["total"].clone(), listed), (json!(allowed.len()), allowed), "{who}");
    }
    turn_clock(&app, 90);
    for (state, total) in [("active", 0), ("expired", 2), ("scheduled", 0), ("suspended", 0), ("revoked", 0)] {
        let list = app.user("dora").get(&format!("/grants?state={state}")).await;
        let body: Value = serde_json::from_str(&list[4..]).unwrap();
        assert_eq!(body["total"], json!(total), "{state}");
    }
}

#[tokio::test]
async fn the_end_of_a_grant_is_told_once() {
    let app = start().await;
    granted(&app).await;
    turn_clock(&app, 90);
    for _ in 0..2 {
        catalog::grants::tell_ends(&app.catalog).await.unwrap();
    }
    assert_eq!(app.count("outbox WHERE name = 'GrantEnded'").await, 1);
}
