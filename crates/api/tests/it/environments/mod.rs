//! Environments over HTTP: what each shows, who sees them, and Python environments by their key.
use crate::app::{TestApp, pretty};
use base::{EnvironmentId, ProjectId};
use expect_test::expect;
use serde_json::{Value, json};

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.get(4..).unwrap()).expect(answer)
}

async fn given() -> TestApp {
    let app = TestApp::start().await;
    let cx = &app.build.environments;
    app.db
        .write(|tx| async move {
            for project in ["credit-risk", "churn"] {
                environments::provision(cx, &tx, &ProjectId::from(project), &environments::NAMES, None).await?;
            }
            environments::set_available(cx, &tx, &"credit-risk/dev".into(), &"r-1".into()).await?;
            environments::set_error(cx, &tx, &"credit-risk/prod".into(), "no room").await
        })
        .await
        .unwrap();
    let role = json!({"principal": "person:dora", "role": "model_developer", "scope": "project/credit-risk"});
    app.user("pat").post("/role-assignments", &role).await;
    app
}

#[tokio::test]
async fn an_environment_says_how_it_stands() {
    let app = given().await;
    expect![[r#"
        200 {
          "id": "credit-risk/dev",
          "project": "credit-risk",
          "name": "dev",
          "state": "available",
          "engine": "local",
          "isolation": "bubblewrap",
          "smoke_run": "r-1",
          "reason": null,
          "created_at": "2026-01-01T00:00:00Z",
          "changed_at": "2026-01-01T00:00:00Z",
          "next": {
            "tone": "good",
            "text": "Runs can start here.",
            "reason": "",
            "action": null
          }
        }"#]]
    .assert_eq(&pretty(&app.user("dora").get("/environments/credit-risk/dev").await));
    let failed = body(&app.user("dora").get("/environments/credit-risk/prod").await);
    assert_eq!((&failed["state"], &failed["next"]["reason"]), (&json!("error"), &json!("no room")));
}

#[tokio::test]
async fn a_list_holds_what_each_may_see_page_by_page() {
    let app = given().await;
    let ids = |list: &Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let of_dora = body(&app.user("dora").get("/environments").await);
    assert_eq!(ids(&of_dora), ["credit-risk/dev", "credit-risk/preprod", "credit-risk/prod"]);
    assert_eq!(ids(&body(&app.user("dora").get("/environments?project=churn").await)), Vec::<String>::new());
    assert_eq!(ids(&body(&app.user("pat").get("/environments?project=churn").await)).len(), 3);
    assert_eq!(ids(&body(&app.user("eli").get("/environments").await)), Vec::<String>::new());
    let first = body(&app.user("pat").get("/environments?limit=4").await);
    let rest = format!("/environments?limit=4&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = body(&app.user("pat").get(&rest).await);
    assert_eq!((ids(&first).len(), ids(&rest), &rest["next_cursor"]), (4, ids(&rest), &Value::Null));
    assert_eq!([ids(&first), ids(&rest)].concat().len(), 6);
    for (person, _) in crate::app::PEOPLE {
        for id in ["credit-risk/dev", "churn/prod"] {
            let alone = app.user(person).get(&format!("/environments/{id}")).await.starts_with("200");
            let listed = ids(&body(&app.user(person).get("/environments").await)).iter().any(|one| one == id);
            assert_eq!(alone, listed, "{person} {id}: a list shows just what may be seen alone");
        }
    }
}

#[tokio::test]
async fn an_attempt_sees_its_own_environment_alone() {
    let app = given().await;
    let cx = &app.gate.context();
    let token = |environment: &'static str| async move {
        let environment = &EnvironmentId::from(environment);
        let issued = cx.db.write(|tx| async move {
            let what = access::AttemptToken {
                attempt: "a-1",
                environment,
                on_behalf_of: None,
                verbs: &["ReadEnvironment"],
                reads: &[],
                expires_at: cx.clock.now().plus_days(1),
            };
            access::issue_attempt_token(cx, &tx, &what).await
        });
        issued.await.unwrap().1.reveal().to_owned()
    };
    let token = token("credit-risk/dev").await;
    let attempt = app.with_token(&token);
    assert!(attempt.get("/environments/credit-risk/dev").await.starts_with("200"));
    assert!(attempt.get("/environments/credit-risk/prod").await.starts_with("404"));
    assert!(attempt.get("/environments/churn/dev").await.starts_with("404"));
    assert!(attempt.get("/projects").await.starts_with("403"), "the token carries one verb");
}

#[tokio::test]
async fn a_python_environment_is_known_by_its_key() {
    let app = TestApp::start().await;
    let asked = environments::python_env(&app.build.environments, b"# nothing\n").await.unwrap();
    let shown = body(&app.user("dora").get(&format!("/python-environments/{}", asked.key)).await);
    assert_eq!((&shown["state"], &shown["packages"]), (&json!("building"), &json!([])));
    assert_eq!(shown["next"]["text"], "It is being built.");
    expect![[r#"404 {"status":404,"code":"environments.python_not_found","detail":"Python environment `none` does not exist"}"#]]
        .assert_eq(&app.user("dora").get("/python-environments/none").await);
    assert!(app.nobody().get("/python-environments/none").await.starts_with("401"));
    let refused = environments::python_env(&app.build.environments, b"--index-url http://x").await.unwrap_err();
    assert!(refused.to_string().starts_with("line 1 of the lock"), "{refused}");
}
