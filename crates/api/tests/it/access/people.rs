use crate::app::TestApp;
use serde_json::{Value, json};

fn body(answer: &str) -> Value {
    serde_json::from_str(&answer[4..]).expect(answer)
}

#[tokio::test]
async fn only_administrators_let_people_in_and_give_roles() {
    let app = TestApp::start().await;
    let calls = [
        ("/people", json!({"id": "eve", "name": "Eve"})),
        ("/people/cho/link", json!({})),
        ("/groups/auditors/members", json!({"person": "cho"})),
        ("/role-assignments", json!({"principal": "person:cho", "role": "data_steward", "scope": "lake/risk"})),
        ("/people/eli/deactivate", json!({})),
    ];
    for (path, order) in &calls {
        for person in ["ana", "dora", "ivo"] {
            let refused = app.user(person).post(path, order).await;
            assert_eq!(refused[..3], *"403", "{person} {path} {refused}");
        }
        assert_eq!(app.nobody().post(path, order).await[..3], *"401");
        let done = app.user("pat").post(path, order).await;
        assert_eq!(done[..3], *"200", "{path} {done}");
    }
    let log = app.audit_log().await;
    for line in [
        "allowed person:pat CreatePerson person/eve",
        "allowed person:pat CreateLink person/cho",
        "allowed person:pat ChangeMembers group/auditors",
        "refused person:ana CreatePerson /people",
    ] {
        assert!(log.contains(line), "{line} in\n{log}");
    }
}

#[tokio::test]
async fn a_leaver_is_out_at_once_and_the_last_administrator_stays() {
    let app = TestApp::start().await;
    assert_eq!(app.user("dora").get("/me").await[..3], *"200");
    let left = app.user("pat").post("/people/dora/deactivate", &json!({})).await;
    assert_eq!(body(&left)["state"], "deactivated");
    assert_eq!(app.user("dora").get("/me").await[..3], *"401");
    assert_eq!(app.count("role_assignments WHERE holder = 'person:dora' AND ended_at_us IS NULL").await, 0);
    assert_eq!(app.user("pat").post("/people/dora/deactivate", &json!({})).await[..3], *"200", "again is the same");
    let link = app.user("pat").post("/people/dora/link", &json!({})).await;
    assert_eq!((&link[..3], body(&link)["code"].as_str().unwrap()), ("409", "access.person_deactivated"));
    let last = app.user("pat").post("/people/pat/deactivate", &json!({})).await;
    assert_eq!(body(&last)["code"], "access.last_administrator");
    let last = app.user("pat").post("/groups/platform-admins/members/pat/remove", &json!({})).await;
    assert_eq!(body(&last)["code"], "access.last_administrator");
}

#[tokio::test]
async fn names_groups_and_scopes_are_checked_and_the_nearest_is_named() {
    let app = TestApp::start().await;
    let near = app.operate("/admin/tokens", &json!({"user": "zoe", "groups": ["data-steward"]})).await;
    assert_eq!(body(&near)["hint"], "did you mean `data-stewards`?");
    assert_eq!(app.count("people WHERE id = 'zoe'").await, 0, "nothing half done");
    for bad in ["", "Zoe", "a b", "../x", "operator", "anonymous", "ä"] {
        let refused = app.user("pat").post("/people", &json!({"id": bad})).await;
        assert_eq!(body(&refused)["code"], "access.bad_name", "{bad}");
    }
    let twice = app.user("pat").post("/people", &json!({"id": "ana"})).await;
    assert_eq!(body(&twice)["code"], "access.person_exists");
    let give = async |role: &str, scope: &str, holder: &str| {
        let order = json!({"principal": holder, "role": role, "scope": scope});
        body(&app.user("pat").post("/role-assignments", &order).await)
    };
    assert_eq!(give("data_steward", "deployment", "person:ana").await["code"], "access.role_too_wide");
    assert_eq!(give("data_steward", "lake/../x", "person:ana").await["code"], "web.malformed");
    for (scope, meant) in [("team/zteam", "team:zteam"), ("lakes/retail", "lake/retail"), ("projct/x", "project/x")] {
        let refused = give("data_steward", scope, "person:ana").await;
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("`{scope}` is not a place: did you mean `{meant}`?")), "{refused}");
        assert_eq!(refused["code"], "web.malformed");
    }
    assert_eq!(app.count("role_assignments WHERE holder = 'person:ana'").await, 0, "none is held");
    assert_eq!(give("data_steward", "lake/x", "person:zoe").await["code"], "access.unknown_holder");
    assert_eq!(give("data_steward", "lake/x", "environment:a/b").await["code"], "access.unknown_holder");
    let given = give("data_steward", "lake/x", "person:ana").await;
    assert_eq!(given["scope"], "lake/x");
    assert_eq!(give("data_steward", "lake/x", "person:ana").await["code"], "access.role_held");
    let id = given["id"].as_str().unwrap();
    let ended = app.user("pat").post(&format!("/role-assignments/{id}/end"), &json!({})).await;
    assert_eq!(body(&ended)["ended_by"], "pat");
    assert_eq!(give("data_steward", "lake/x", "person:ana").await["scope"], "lake/x", "it may begin anew");
}

#[tokio::test]
async fn everyone_sees_their_own_roles_and_auditors_all() {
    let app = TestApp::start().await;
    let total = async |person: &str| body(&app.user(person).get("/role-assignments").await)["total"].clone();
    assert_eq!((total("ana").await, total("dora").await, total("ivo").await), (json!(0), json!(1), json!(2)));
    let me = body(&app.user("dora").get("/me").await);
    assert_eq!(me["roles"][0]["scope"], "lake/retail");
    assert!(me["can"].as_array().unwrap().contains(&json!("DecideRequest")), "{me}");
    assert!(!body(&app.user("cho").get("/me").await)["can"].as_array().unwrap().contains(&json!("DecideRequest")));
    let people = body(&app.user("cho").get("/people?q=do&limit=1").await);
    assert_eq!((people["items"][0]["id"].as_str(), people["total"].as_i64()), (Some("dora"), Some(1)));
}

#[tokio::test]
async fn a_role_that_an_earlier_release_gave_for_no_place_is_listed_and_ends() {
    let app = TestApp::start().await;
    app.sql("UPDATE role_assignments SET place = 'lakes/retail' WHERE holder = 'person:dora'").await;
    let me = body(&app.user("dora").get("/me").await);
    assert_eq!(me["roles"][0]["scope"], "lakes/retail", "{me}");
    let listed = body(&app.user("pat").get("/role-assignments?principal=person:dora").await);
    let end = format!("/role-assignments/{}/end", listed["items"][0]["id"].as_str().unwrap());
    assert_eq!(body(&app.user("pat").post(&end, &json!({})).await)["ended_by"], "pat");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_take_each_other_out_at_once_leave_one() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        for round in 0..8 {
            let quin = json!({"user": "quin", "groups": ["platform-admins"], "ttl_seconds": 3_600});
            let quin = body(&app.operate("/admin/tokens", &quin).await)["token"].as_str().unwrap().to_owned();
            let pat = json!({"user": "pat", "groups": ["platform-admins"], "ttl_seconds": 3_600});
            let pat = body(&app.operate("/admin/tokens", &pat).await)["token"].as_str().unwrap().to_owned();
            let (pat, quin) = (app.with_token(&pat), app.with_token(&quin));
            let order = json!({});
            let (one, other) = tokio::join!(
                pat.post("/groups/platform-admins/members/quin/remove", &order),
                quin.post("/groups/platform-admins/members/pat/remove", &order)
            );
            let left = app.count("memberships WHERE group_id = 'platform-admins' AND ended_at_us IS NULL").await;
            assert_eq!(left, 1, "round {round}: {one}\n{other}");
        }
    })
    .await;
}
