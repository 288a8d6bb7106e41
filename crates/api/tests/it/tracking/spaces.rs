use super::given::{API, PROJECT, attempt, client, start};
use axum::body::Body;
use serde_json::json;

#[tokio::test]
async fn the_root_is_the_one_project_or_the_persons_own_space() {
    let app = start().await;
    let at_root = client(&app, "", "ana").experiment("credit").await;
    let in_project = client(&app, PROJECT, "ana").get("experiments/get-by-name?experiment_name=credit").await;
    assert_eq!(in_project.text("/experiment/experiment_id"), at_root, "Ana has one project");
    let cho = client(&app, "", "cho");
    let own = cho.experiment("mine").await;
    assert_eq!(app.count("experiments WHERE space = 'person/cho' AND name = 'mine'").await, 1);
    assert_eq!(cho.get("experiments/get?experiment_id=0").await.text("/experiment/name"), "Default");
    for person in ["ana", "pat", "vera"] {
        let refused = client(&app, "", person).get(&format!("experiments/get?experiment_id={own}")).await;
        assert_eq!(refused.refusal(), format!("404 RESOURCE_DOES_NOT_EXIST No Experiment with id={own} exists"));
    }
    let role = json!({"principal": "person:ana", "role": "model_developer", "scope": "project/marketing"});
    app.user("pat").post("/role-assignments", &role).await;
    client(&app, "", "ana").experiment("two projects").await;
    assert_eq!(app.count("experiments WHERE space = 'person/ana'").await, 1, "of two projects, the root is neither");
}

#[tokio::test]
async fn experiment_zero_is_the_default_of_each_space() {
    let app = start().await;
    let (ana, ben) = (client(&app, PROJECT, "ana"), client(&app, "/mlflow/marketing", "ben"));
    let (first, second) = (ana.run("0").await, ben.run("0").await);
    let seen = ana.get(&format!("runs/get?run_id={first}")).await;
    assert_eq!(seen.text("/run/info/experiment_id"), "0");
    assert_eq!(seen.text("/run/info/artifact_uri"), format!("mlflow-artifacts:/0/{first}/artifacts"));
    assert_eq!(app.count("experiments WHERE is_default").await, 2);
    let found = ana.post("runs/search", json!({"experiment_ids": ["0"]})).await;
    assert!(
        found.body.to_string().contains(&format!("\"run_id\":\"{first}\""))
            && !found.body.to_string().contains(&format!("\"run_id\":\"{second}\"")),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_validator_sees_and_changes_nothing_and_an_outsider_sees_nothing() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let run = ana.run(&experiment).await;
    let vera = client(&app, PROJECT, "vera");
    assert_eq!(vera.get(&format!("runs/get?run_id={run}")).await.status, 200);
    let tag = json!({"run_id": run, "key": "k", "value": "v"});
    assert_eq!(vera.post("runs/set-tag", tag.clone()).await.status, 403);
    for (who, mount) in [("ben", PROJECT), ("ben", "/mlflow/marketing"), ("cho", ""), ("pat", "/mlflow/marketing")] {
        let outsider = client(&app, mount, who);
        let refused = outsider.post("runs/set-tag", tag.clone()).await;
        if who == "pat" {
            assert_eq!(refused.status, 403, "an administrator sees, and logs nothing");
            continue;
        }
        assert_eq!(refused.refusal(), format!("404 RESOURCE_DOES_NOT_EXIST Run with id={run} not found"));
        let absent = outsider.post("runs/set-tag", json!({"run_id": "absent", "key": "k", "value": "v"})).await;
        assert_eq!(refused.body.to_string().replace(&run, "absent"), absent.body.to_string());
        let search = outsider.post("runs/search", json!({"experiment_ids": [experiment]})).await;
        assert_eq!((search.status, search.body), (200, json!({})));
    }
    let refused = client(&app, PROJECT, "ben").post("experiments/create", json!({"name": "x"})).await;
    assert_eq!(refused.refusal(), "404 RESOURCE_DOES_NOT_EXIST space `project/credit-risk` does not exist");
    let typo = client(&app, "/mlflow/credit-rusk", "pat").post("experiments/create", json!({"name": "x"})).await;
    assert_eq!(typo.status, 403, "{typo:?}");
}

#[tokio::test]
async fn an_attempt_logs_to_its_own_project_and_nowhere_else() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let ben = client(&app, "/mlflow/marketing", "ben");
    let theirs = ben.run("0").await;
    let step = attempt(&app, "", "credit-risk/dev").await;
    let experiment = step.experiment("trained").await;
    let run = step.run(&experiment).await;
    assert_eq!(
        app.count("experiment_runs WHERE attempt = 'a-1' AND created_by = 'environment:credit-risk/dev'").await,
        1
    );
    assert_eq!(ana.get(&format!("runs/get?run_id={run}")).await.status, 200);
    assert_eq!(step.put(&experiment, &run, "model/MLmodel", "x").await.status, 200);
    for mount in ["/mlflow/marketing", "/mlflow/credit"] {
        let elsewhere = attempt(&app, mount, "credit-risk/dev").await;
        assert_eq!(elsewhere.post("experiments/create", json!({"name": "x"})).await.status, 404);
    }
    let tag = json!({"run_id": theirs, "key": "k", "value": "v"});
    assert_eq!(step.post("runs/set-tag", tag).await.status, 404);
    assert_eq!(step.get(&format!("runs/get?run_id={theirs}")).await.status, 404);
    assert_eq!(step.put("0", &theirs, "x", "y").await.status, 404);
    let deleted = step.post("runs/delete", json!({"run_id": run})).await;
    assert_eq!(deleted.status, 403, "its token carries no such verb");
    let near = attempt(&app, "", "credit-risk-2/dev").await;
    assert_eq!(near.get(&format!("runs/get?run_id={run}")).await.status, 404, "a name is not a prefix of another");
}

#[tokio::test]
async fn what_preprod_logs_is_seen_by_preprod_alone() {
    let app = start().await;
    let step = attempt(&app, "", "credit-risk/preprod").await;
    let experiment = step.experiment("trained").await;
    let run = step.run(&experiment).await;
    assert_eq!(step.put(&experiment, &run, "rows.csv", "what nobody was granted").await.status, 200);
    let again = attempt(&app, PROJECT, "credit-risk/preprod").await;
    assert_eq!(
        again.get(&format!("runs/get?run_id={run}")).await.status,
        200,
        "by the project's address as by the root's"
    );
    let (dev, prod) = (attempt(&app, "", "credit-risk/dev").await, attempt(&app, "", "credit-risk/prod").await);
    let people = ["ana", "vera", "pat", "ivo"].map(|person| client(&app, PROJECT, person));
    for other in people.iter().chain([&dev, &prod]) {
        let refused = other.get(&format!("runs/get?run_id={run}")).await;
        assert_eq!(refused.refusal(), format!("404 RESOURCE_DOES_NOT_EXIST Run with id={run} not found"));
        let found = other.post("runs/search", json!({"experiment_ids": [experiment]})).await;
        assert_eq!((found.status, found.body), (200, json!({})));
    }
    // And it leaves nothing where others read.
    let theirs = client(&app, PROJECT, "ana").run("0").await;
    let left = step.post("runs/log-parameter", json!({"run_id": theirs, "key": "k", "value": "a value"})).await;
    assert_eq!(left.status, 404);
}

#[tokio::test]
async fn every_failure_is_in_mlflows_form() {
    let app = start().await;
    for mount in ["", PROJECT] {
        let ana = client(&app, mount, "ana");
        let basic = |text: &str| {
            use base64::Engine;
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
        };
        let path = format!("{API}experiments/search?max_results=1");
        let good = basic(&format!("ana:{}", app.token("ana")));
        assert_eq!(ana.raw("GET", &path, &[("authorization", &good)], Body::empty()).await.0, 200);
        let wrong = basic("ana:wrong");
        let (status, headers, body) = ana.raw("GET", &path, &[("authorization", &wrong)], Body::empty()).await;
        assert_eq!((status, headers["www-authenticate"].to_str().unwrap().starts_with("Basic")), (401, true));
        assert!(String::from_utf8(body).unwrap().contains("\"error_code\":\"UNAUTHENTICATED\""));
        for (method, path, expected) in [
            ("POST", "/api/2.0/mlflow/absent", "404 ENDPOINT_NOT_FOUND"),
            ("GET", "/ajax-api/2.0/mlflow/absent", "404 ENDPOINT_NOT_FOUND"),
            ("GET", "/api/2.0/mlflow/runs/create", "405 BAD_REQUEST"),
            ("POST", "/api/2.0/mlflow/traces/search", "501 NOT_IMPLEMENTED"),
            ("POST", "/api/3.0/mlflow/traces", "501 NOT_IMPLEMENTED"),
            ("POST", "/api/2.0/mlflow-artifacts/mpu/create/0/x", "501 NOT_IMPLEMENTED"),
            ("GET", "/api/2.0/mlflow-artifacts/presigned/0/x", "501 NOT_IMPLEMENTED"),
        ] {
            let answer = ana.send(method, path, Body::from("{}")).await;
            assert_eq!(format!("{} {}", answer.status, answer.text("/error_code")), expected, "{mount}{path}");
        }
        let large = json!({"run_id": "x", "key": "k", "value": "x".repeat(2 << 20)}).to_string();
        let answer = ana.send("POST", &format!("{API}runs/set-tag"), Body::from(large)).await;
        assert_eq!((answer.status, answer.text("/error_code").as_str()), (413, "BAD_REQUEST"));
        assert_eq!(ana.send("GET", "/api/3.0/mlflow/server-info", Body::empty()).await.text("/store_type"), "SqlStore");
    }
    assert_eq!(client(&app, "", "ana").send("GET", "/health", Body::empty()).await.body, json!("OK"));
}

#[tokio::test]
async fn a_projects_address_answers_as_the_root_does_and_the_page_stands_in_for_no_call() {
    let app = start().await;
    let (root, ana) = (client(&app, "", "ana"), client(&app, PROJECT, "ana"));
    for path in ["/health", "/version"] {
        let at_root = root.send("GET", path, Body::empty()).await;
        assert_eq!(at_root.status, 200, "{path}");
        assert_eq!(ana.send("GET", path, Body::empty()).await, at_root, "{path}");
    }
    for (method, path, expected) in [
        ("GET", "/absent", "404 ENDPOINT_NOT_FOUND"),
        ("GET", "/api/absent", "404 ENDPOINT_NOT_FOUND"),
        ("GET", "/experiments/search", "404 ENDPOINT_NOT_FOUND"),
        ("POST", "/runs/create", "404 ENDPOINT_NOT_FOUND"),
        ("GET", "/graphql", "501 NOT_IMPLEMENTED"),
        ("DELETE", "/gateway/x", "501 NOT_IMPLEMENTED"),
        ("POST", "/health", "405 BAD_REQUEST"),
    ] {
        let answer = ana.send(method, path, Body::from("{}")).await;
        assert_eq!(format!("{} {}", answer.status, answer.text("/error_code")), expected, "{method} {path}");
    }
    let named_as_a_family = client(&app, "/mlflow/jobs", "ana").send("GET", "/absent", Body::empty()).await;
    assert_eq!(named_as_a_family.status, 404, "{named_as_a_family:?}");
    for address in ["", "/"] {
        let (status, _, page) = ana.raw("GET", address, &[], Body::empty()).await;
        let page = String::from_utf8(page).unwrap();
        assert!(status == 200 && page.contains("<html"), "where the links lead that clients print: {page}");
    }
}
