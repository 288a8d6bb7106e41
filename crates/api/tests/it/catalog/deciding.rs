//! Who may decide at all: nobody whose password the asking side may know, and never nobody without a word.
use super::given::{DATASET, approve, ask, asked, dataset, field, id_of, start};
use crate::app::TestApp;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

/// Redeems a link that `admin` made for `person`: whoever has it can do this.
async fn redeem(app: &TestApp, admin: &str, person: &str) {
    let made = app.user(admin).post(&format!("/people/{person}/link"), &json!({})).await;
    redeem_link(app, &field(&made, "/link")).await;
}

async fn redeem_link(app: &TestApp, link: &str) {
    let body = json!({"link": link, "password": "correct horse battery"});
    let request =
        Request::builder().method("POST").uri("/api/v1/links/redeem").header("content-type", "application/json");
    let answer = app.raw(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_can_sign_in_as_a_steward_cannot_approve_their_own_request() {
    testkit::on_each_engine(&api::migrations(), async |db| {
        let app = TestApp::start_on(db).await;
        dataset(&app).await;
        let request = id_of(&app.user("pat").post("/requests", &ask()).await);
        let path = format!("/requests/{request}/decide");
        redeem(&app, "pat", "dora").await; // and is signed in as Dora now
        let own = app.user("dora").post(&path, &approve(&json!({}))).await;
        assert_eq!((&own[..3], field(&own, "/code").as_str()), ("403", "catalog.own_side"), "{own}");
        let counting = app.user("dora").post(&format!("/requests/{request}/effect"), &json!({"terms": {}})).await;
        assert_eq!(field(&counting, "/code"), "catalog.own_side", "nor search hidden values: {counting}");
        let seen = app.user("dora").get(&format!("/requests/{request}")).await;
        assert_eq!(field(&seen, "/next/action"), "", "and the page does not offer it");
        let waiting = app.user("dora").get("/requests?view=waiting").await;
        assert!(waiting.contains("\"total\":0"), "{waiting}");
        let others = asked(&app).await;
        let approved = app.user("dora").post(&format!("/requests/{others}/decide"), &approve(&json!({}))).await;
        assert_eq!(field(&approved, "/state"), "approved", "what others ask is Dora's to decide: {approved}");
        let grant = format!("/grants/{}", field(&approved, "/grant"));
        assert!(
            app.user("dana").post(&format!("{grant}/suspend"), &json!({"reason": "an audit"})).await.starts_with("200")
        );

        let quin = json!({"user": "quin", "groups": ["platform-admins"], "ttl_seconds": 3_600});
        let made = app.operate("/admin/tokens", &quin).await;
        let link = app.with_token(&field(&made, "/token")).post("/people/dora/link", &json!({})).await;
        redeem_link(&app, &field(&link, "/link")).await;
        let approved = app.user("dora").post(&path, &approve(&json!({}))).await;
        assert_eq!(
            field(&approved, "/state"),
            "approved",
            "a link of somebody else makes Dora her own again: {approved}"
        );
    })
    .await;
}

/// However they hold their role: for the project, for the team that owns it, or everywhere.
#[tokio::test]
async fn who_may_work_in_an_environment_does_not_decide_what_it_asks_for() {
    let app = start().await;
    let give = async |person: &str, place: &str| {
        let role = json!({"principal": format!("person:{person}"), "role": "model_developer", "scope": place});
        id_of(&app.user("pat").post("/role-assignments", &role).await)
    };
    let end = async |role: &str| {
        let ended = app.user("pat").post(&format!("/role-assignments/{role}/end"), &json!({})).await;
        assert!(ended.starts_with("200"), "{ended}");
    };
    give("ana", "project/credit-risk").await; // who works everywhere asks for no environment
    let mut ask = ask();
    ask["principal"] = json!("environment:credit-risk/dev");
    let request = id_of(&app.user("ana").post("/requests", &ask).await);
    let (path, decide) = (format!("/requests/{request}"), format!("/requests/{request}/decide"));
    let refused = async |how: &str| {
        let said = app.user("dora").post(&decide, &approve(&json!({}))).await;
        assert_eq!((&said[..3], field(&said, "/code").as_str()), ("403", "catalog.own_side"), "{how}: {said}");
        let counting = app.user("dora").post(&format!("{path}/effect"), &json!({"terms": {}})).await;
        assert_eq!(field(&counting, "/code"), "catalog.own_side", "{how}: {counting}");
        let seen = app.user("dora").get(&path).await;
        assert_ne!(field(&seen, "/next/action"), "decide_request", "{how}: the page does not offer it");
    };
    for place in ["project/credit-risk/prod", "team:risk"] {
        let role = give("dora", place).await;
        refused(place).await;
        end(&role).await;
    }
    let group = app.user("pat").post("/groups/model-developers/members", &json!({"person": "dora"})).await;
    assert!(group.starts_with("200"), "{group}");
    refused("everywhere").await;
    // What another person asks for themselves is hers to decide all the same.
    let others = asked(&app).await;
    let approved = app.user("dora").post(&format!("/requests/{others}/decide"), &approve(&json!({}))).await;
    assert_eq!(field(&approved, "/state"), "approved", "{approved}");
    let removed = app.user("pat").post("/groups/model-developers/members/dora/remove", &Value::Null).await;
    assert!(removed.starts_with("200"), "{removed}");
    let approved = app.user("dora").post(&decide, &approve(&json!({}))).await;
    assert_eq!(field(&approved, "/state"), "approved", "{approved}");
}

#[tokio::test]
async fn what_nobody_could_decide_is_not_left_to_wait() {
    let app = start().await;
    let holders = app.user("pat").get("/role-assignments?role=data_steward").await;
    let holders: Value = serde_json::from_str(&holders[4..]).unwrap();
    for held in holders["items"].as_array().unwrap().iter().filter(|held| held["principal"] == "person:eli") {
        app.user("pat").post(&format!("/role-assignments/{}/end", held["id"].as_str().unwrap()), &json!({})).await;
    }
    let own = app.user("dora").post("/requests", &ask()).await;
    assert_eq!((&own[..3], field(&own, "/code").as_str()), ("409", "catalog.nobody_decides"), "{own}");
    assert_eq!(field(&own, "/hint"), "ask your administrator for another data steward of `retail`");
    let mut draft = ask();
    draft["submit"] = json!(false);
    let draft = id_of(&app.user("dora").post("/requests", &draft).await);
    let submitted = app.user("dora").post(&format!("/requests/{draft}/submit"), &Value::Null).await;
    assert_eq!(field(&submitted, "/code"), "catalog.nobody_decides", "{submitted}");
    let two = json!({"approvals_needed": 2, "answer_days": 10, "longest_days": 366});
    app.user("dora").post(&format!("/datasets/{DATASET}/access-policy"), &two).await;
    let ana = app.user("ana").post("/requests", &ask()).await;
    assert_eq!(field(&ana, "/code"), "catalog.nobody_decides", "one of two is not enough: {ana}");
}

#[tokio::test]
async fn a_policy_holds_for_what_lies_below_until_a_nearer_one_does() {
    let app = start().await;
    let policy = |approvals: i64| json!({"approvals_needed": approvals, "answer_days": 10, "longest_days": 366});
    let needed = async |id: &str| {
        let seen = app.user("ana").get(&format!("/datasets/{id}/access-policy")).await;
        serde_json::from_str::<Value>(&seen[4..]).unwrap()["approvals_needed"].clone()
    };
    assert_eq!(&app.user("ana").post("/datasets/retail/access-policy", &policy(2)).await[..3], "403");
    assert_eq!(&app.user("dora").post("/datasets/retail/access-policy", &policy(2)).await[..3], "200");
    assert_eq!((needed("retail.core").await, needed(DATASET).await), (json!(2), json!(2)));
    assert_eq!(&app.user("dora").post("/datasets/retail.core/access-policy", &policy(3)).await[..3], "200");
    assert_eq!((needed("retail").await, needed(DATASET).await), (json!(2), json!(3)));
    let looser = app.user("dora").post(&format!("/datasets/{DATASET}/access-policy"), &policy(1)).await;
    assert_eq!(field(&looser, "/code"), "catalog.access_policy_loosens", "nor around it from below");
    for absent in ["nowhere", "nowhere.core", "retail.a%2Fb"] {
        let answer = app.user("dora").post(&format!("/datasets/{absent}/access-policy"), &policy(2)).await;
        assert_eq!(&answer[..3], "404", "{absent}: {answer}");
    }
}

#[tokio::test]
async fn a_retired_dataset_is_out_of_use_for_good() {
    let app = start().await;
    let request = asked(&app).await;
    let path = format!("/datasets/{DATASET}/retire");
    assert_eq!(&app.user("ana").post(&path, &Value::Null).await[..3], "403");
    let retired = app.user("dora").post(&path, &Value::Null).await;
    assert_eq!(field(&retired, "/state"), "retired", "{retired}");
    assert_eq!(app.user("dora").post(&path, &Value::Null).await, retired, "again is the same");
    assert_eq!(
        app.count("audit_entries WHERE action = 'RetireDataset' AND outcome = 'allowed'").await,
        1,
        "and written once"
    );
    let late = app.user("dora").post(&format!("/requests/{request}/decide"), &approve(&json!({}))).await;
    assert_eq!(field(&late, "/code"), "catalog.dataset_not_active", "{late}");
    let history = app.user("cho").get(&format!("/datasets/{DATASET}/history")).await;
    assert!(
        history.contains("it was taken out of use") && !history.contains("RetireDataset\",\"state\":\"\""),
        "{history}"
    );
}

#[tokio::test]
async fn who_decides_on_models_decides_nothing_on_data_and_counts_no_rows() {
    let app = start().await;
    let request = asked(&app).await;
    // Ben is a model owner for the whole deployment.
    let said = [
        app.user("ben").post(&format!("/requests/{request}/effect"), &json!({})).await,
        app.user("ben").post(&format!("/requests/{request}/decide"), &approve(&json!({}))).await,
    ];
    for answer in &said {
        assert!(answer.starts_with("403") && answer.contains("catalog.not_the_decider"), "{answer}");
    }
    let (_, grant) = granted_to(&app, &request).await;
    let reason = json!({"reason": "it is not his"});
    for verb in ["suspend", "revoke"] {
        let answer = app.user("ben").post(&format!("/grants/{grant}/{verb}"), &reason).await;
        assert!(answer.starts_with("403") && answer.contains("catalog.not_the_decider"), "{verb}: {answer}");
    }
}

/// Approves as Dora, and returns the ids of request and grant.
async fn granted_to(app: &TestApp, request: &str) -> (String, String) {
    let approved = app.user("dora").post(&format!("/requests/{request}/decide"), &approve(&json!({}))).await;
    assert!(approved.starts_with("200"), "{approved}");
    (request.to_owned(), field(&approved, "/grant"))
}
