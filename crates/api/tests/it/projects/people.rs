use super::given::{body, order, with};
use crate::app::{PEOPLE, TestApp, pretty};
use expect_test::expect;
use serde_json::json;

#[tokio::test]
async fn model_developers_make_projects_and_nobody_else() {
    let app = TestApp::start().await;
    let mut allowed = Vec::new();
    for (person, _) in PEOPLE {
        let answer = app.user(person).post("/projects", &with("name", format!("of-{person}"))).await;
        match &answer[..3] {
            "201" => allowed.push(person),
            "403" => assert!(answer.contains("access.forbidden"), "{answer}"),
            _ => panic!("{answer}"),
        }
    }
    assert_eq!(allowed, ["ana", "cho"]);
}

#[tokio::test]
async fn the_creator_develops_and_the_owner_owns() {
    let app = TestApp::start().await;
    app.user("ana").post("/projects", &with("owner", "dora")).await;
    let roles = body(&app.user("pat").get("/role-assignments?scope=project/credit-risk").await);
    let line = |one: &serde_json::Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} by {}", text("principal"), text("role"), text("given_by"))
    };
    let mut lines: Vec<String> = roles["items"].as_array().unwrap().iter().map(line).collect();
    lines.sort();
    assert_eq!(lines, ["person:ana model_developer by ana", "person:dora model_owner by ana"]);
}

#[tokio::test]
async fn a_project_is_hidden_from_who_holds_nothing_in_it() {
    let app = TestApp::start().await;
    app.user("ana").post("/projects", &order()).await;
    // Dora and Eli are stewards of their lakes; whoever is in a built-in group holds its role everywhere.
    for outsider in ["dora", "eli"] {
        for path in ["/projects/credit-risk", "/environments/credit-risk/dev"] {
            let there = app.user(outsider).get(path).await;
            let absent = app.user(outsider).get(&path.replace("credit-risk", "no-project")).await;
            assert!(there.starts_with("404"), "{there}");
            assert_eq!(there.replace("credit-risk", "no-project"), absent, "a refusal must not reveal that it exists");
        }
        let retry = app.user(outsider).post("/projects/credit-risk/retry", &json!(null)).await;
        assert!(retry.starts_with("404"), "{retry}");
        assert_eq!(body(&app.user(outsider).get("/projects").await)["items"], json!([]));
        assert_eq!(body(&app.user(outsider).get("/environments").await)["items"], json!([]));
    }
    for insider in ["ana", "ben", "vera", "ivo", "pat", "dana"] {
        assert!(app.user(insider).get("/projects/credit-risk").await.starts_with("200"), "{insider}");
        assert_eq!(body(&app.user(insider).get("/projects").await)["total"], 1, "{insider}");
    }
    let seen_only = app.user("vera").post("/projects/credit-risk/retry", &json!(null)).await;
    assert!(seen_only.starts_with("403"), "a validator may know it, but not set it up: {seen_only}");
    let role = json!({"principal": "person:dora", "role": "model_owner", "scope": "project/credit-risk"});
    app.user("pat").post("/role-assignments", &role).await;
    assert!(app.user("dora").get("/projects/credit-risk").await.starts_with("200"), "who was let in sees it");
    assert!(app.user("eli").get("/projects/credit-risk").await.starts_with("404"));
}

#[tokio::test]
async fn what_cannot_be_a_project_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let check = async |order: serde_json::Value, expected: &str| {
        let answer = app.user("ana").post("/projects", &order).await;
        assert!(answer.contains(expected), "{answer}");
    };
    check(with("name", "Credit Risk"), "`Credit Risk` is not a name").await;
    check(with("name", "../x"), "projects.name").await;
    check(with("tier", 4), r#""code":"projects.tier","detail":"a tier is 1, 2 or 3, not 4""#).await;
    check(with("owner", "nobody"), r#""code":"projects.owner_unknown","detail":"`nobody` cannot own a project"#).await;
    check(with("intended_use", " "), "`intended_use` is empty").await;
    check(with("template", "tabular-clasification"), "did you mean `tabular-classification`?").await;
    check(with("template", "tabular-clasification"), "404").await;
    check(with("parameters", json!({"color": "red"})), "parameter `color`: is not one of this template").await;
    check(with("parameter", json!({})), "unknown field `parameter`").await;
    assert_eq!((app.count("projects").await, app.count("environments").await), (0, 0));
    assert_eq!(app.count("role_assignments WHERE place LIKE 'project/%'").await, 0);
}

#[tokio::test]
async fn templates_say_what_they_take() {
    let app = TestApp::start().await;
    let list = body(&app.user("dora").get("/templates").await);
    assert!(list["items"].as_array().unwrap().iter().any(|one| one["name"] == "tabular-classification"), "{list}");
    let mut one = body(&app.user("dora").get("/templates/tabular-classification").await);
    assert!(one["files"].as_array().unwrap().contains(&json!("pipelines/train.json")), "{one}");
    one["files"] = json!([]);
    assert_eq!(one["parameters"]["type"], "object");
    assert_eq!(one["parameters"]["additionalProperties"], false);
    expect![[r#"
        404 {
          "status": 404,
          "code": "projects.template_not_found",
          "detail": "template `tabular` does not exist",
          "hint": "there are: tabular-classification"
        }"#]]
    .assert_eq(&pretty(&app.user("dora").get("/templates/tabular").await));
    assert!(app.nobody().get("/templates").await.starts_with("401"));
}
