use super::given::{Client, PROJECT, attempt, client, start};
use crate::app::TestApp;
use serde_json::{Value, json};

const MARKETING: &str = "/mlflow/marketing";

/// Registers a version of `credit` from a new run and returns the run.
async fn version(client: &Client<'_>, content: &str) -> String {
    let run = client.run("0").await;
    client.put("0", &run, "model/MLmodel", content).await;
    client.post("registered-models/create", json!({"name": "credit"})).await;
    let new = json!({"name": "credit", "source": format!("runs:/{run}/model"), "run_id": run});
    let made = client.post("model-versions/create", new).await;
    assert_eq!((made.status, made.text("/model_version/status").as_str()), (200, "READY"), "{made:?}");
    run
}

async fn started() -> TestApp {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    version(&ana, "one").await;
    version(&ana, "two").await;
    app
}

#[tokio::test]
async fn a_version_keeps_its_files_whatever_becomes_of_its_run() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let run = version(&ana, "trained").await;
    let uri = ana.get("model-versions/get-download-uri?name=credit&version=1").await.text("/artifact_uri");
    let path =
        format!("/api/2.0/mlflow-artifacts/artifacts/{}/MLmodel", uri.strip_prefix("mlflow-artifacts:/").unwrap());
    ana.put("0", &run, "model/MLmodel", "changed").await;
    assert_eq!(ana.send("GET", &path, "".into()).await.body, json!("trained"));
    let gone = format!("/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model");
    assert_eq!(ana.send("DELETE", &gone, "".into()).await.status, 200);
    assert_eq!(ana.send("GET", &path, "".into()).await.body, json!("trained"));
    for method in ["PUT", "DELETE"] {
        assert_eq!(ana.send(method, &path, "x".into()).await.status, 400, "{method}");
    }
    assert_eq!(client(&app, "", "cho").send("GET", &path, "".into()).await.status, 404);
    assert_eq!(app.count("outbox WHERE name = 'VersionRegistered'").await, 1);
    let named = ana.get("registered-models/get?name=credit").await;
    assert_eq!(named.text("/registered_model/latest_versions/0/version"), "1");
}

#[tokio::test]
async fn a_source_is_of_this_server_and_of_the_run_that_is_named() {
    let app = started().await;
    let ana = client(&app, PROJECT, "ana");
    let (run, other) = (ana.run("0").await, ana.run("0").await);
    ana.put("0", &run, "model/MLmodel", "x").await;
    let theirs = client(&app, MARKETING, "ben").run("0").await;
    for (source, run_id, status) in [
        (format!("runs:/{run}/model"), other.clone(), 400),
        (format!("mlflow-artifacts:/0/{run}/artifacts/model"), other.clone(), 400),
        (format!("runs:/{run}/absent"), run.clone(), 400),
        (format!("runs:/{run}/../model"), run.clone(), 400),
        (format!("mlflow-artifacts:/0/{run}/artifacts/%2e%2e/model"), run.clone(), 400),
        ("file:///etc/passwd".into(), run.clone(), 400),
        ("/etc/passwd".into(), run.clone(), 400),
        ("https://example.com/x".into(), run.clone(), 400),
        (format!("runs:/{theirs}/model"), theirs.clone(), 404),
        ("models:/m-0".into(), String::new(), 404),
        (format!("mlflow-artifacts:/0/{run}/artifacts/model"), run.clone(), 200),
        ("models:/credit/1".into(), String::new(), 200),
    ] {
        let new = json!({"name": "credit", "source": source, "run_id": run_id});
        let answer = ana.post("model-versions/create", new).await;
        assert_eq!(answer.status, status, "{source}: {answer:?}");
    }
}

#[tokio::test]
async fn pointers_have_a_history() {
    let app = started().await;
    let ana = client(&app, PROJECT, "ana");
    for number in ["1", "2", "2", "1"] {
        let set = json!({"name": "credit", "alias": "champion", "version": number});
        assert_eq!(ana.post("registered-models/alias", set).await.status, 200);
    }
    let at = ana.get("registered-models/alias?name=credit&alias=champion").await;
    assert_eq!(
        (at.text("/model_version/version"), at.text("/model_version/aliases/0")),
        ("1".into(), "champion".into())
    );
    for (number, archive) in [("1", false), ("2", true)] {
        let moved =
            json!({"name": "credit", "version": number, "stage": "production", "archive_existing_versions": archive});
        let moved = ana.post("model-versions/transition-stage", moved).await;
        assert_eq!(moved.text("/model_version/current_stage"), "Production", "{moved:?}");
    }
    let first = ana.get("model-versions/get?name=credit&version=1").await;
    assert_eq!(first.text("/model_version/current_stage"), "Archived");
    let listed: Value =
        serde_json::from_str(&app.user("vera").get("/models?space=project/credit-risk").await[4..]).unwrap();
    let id = listed["items"][0]["id"].as_str().unwrap();
    let page: Value = serde_json::from_str(&app.user("vera").get(&format!("/models/{id}")).await[4..]).unwrap();
    let pointers: Vec<String> = page["pointers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| {
            format!(
                "{} {} {}",
                at["name"].as_str().unwrap(),
                at["version"],
                if at["ended_at"].is_null() { "now" } else { "ended" }
            )
        })
        .collect();
    assert_eq!(
        pointers,
        [
            "Production 2 now",
            "Archived 1 now",
            "Production 1 ended",
            "champion 1 now",
            "champion 2 ended",
            "champion 1 ended"
        ]
    );
    assert_eq!(page["aliases"], json!({"champion": 1}));
    assert_eq!(app.user("vera").get(&format!("/models/{id}/versions/2")).await[..3], *"200");
    assert_eq!(app.user("ben").get(&format!("/models/{id}")).await[..3], *"404");
    let gone = json!({"name": "credit", "version": "1"});
    assert_eq!(ana.call("DELETE", "model-versions/delete", &gone).await.status, 200);
    let freed = ana.get("registered-models/alias?name=credit&alias=champion").await;
    assert_eq!(freed.refusal(), "400 INVALID_PARAMETER_VALUE Registered model alias champion not found.");
}

#[tokio::test]
async fn another_projects_model_goes_by_its_project_for_those_who_may_see_it() {
    let app = started().await;
    let both = json!({"principal": "person:ben", "role": "model_validator", "scope": "project/credit-risk"});
    app.user("pat").post("/role-assignments", &both).await;
    let ben = client(&app, MARKETING, "ben");
    let seen = ben.get("model-versions/get?name=credit-risk.credit&version=1").await;
    assert_eq!(seen.text("/model_version/name"), "credit-risk.credit");
    assert_eq!(
        ben.get("model-versions/get?name=credit&version=1").await.status,
        404,
        "bare names are of the own space"
    );
    for (method, path, body) in changes("credit-risk.credit", "absent") {
        let refused = ben.call(method, path, &body).await;
        assert_eq!(refused.status, 403, "he may see it, no more: {method} {path}: {refused:?}");
    }
    let step = attempt(&app, "", "marketing/dev").await;
    assert_eq!(step.get("model-versions/get?name=credit-risk.credit&version=1").await.status, 404);
}

/// Starts with two models that `credit-risk.credit` means to Ben at `marketing`, where he has `role` for `credit-risk`, too:
/// that project's `credit`, and one that Cho registered, who does not see that project. Returns the run of hers as well.
async fn with_two_meanings(role: &str) -> (TestApp, String) {
    let app = started().await;
    for (person, role, scope) in [("ben", role, "project/credit-risk"), ("cho", "model_developer", "project/marketing")]
    {
        let role = json!({"principal": format!("person:{person}"), "role": role, "scope": scope});
        app.user("pat").post("/role-assignments", &role).await;
    }
    // A refusal would tell her that `credit-risk` is there.
    let cho = client(&app, MARKETING, "cho");
    let run = cho.run("0").await;
    cho.put("0", &run, "model/MLmodel", "hers").await;
    let hers = cho.post("registered-models/create", json!({"name": "credit-risk.credit"})).await;
    assert_eq!(hers.status, 200, "{hers:?}");
    let new = json!({"name": "credit-risk.credit", "source": format!("runs:/{run}/model"), "run_id": run});
    assert_eq!(cho.post("model-versions/create", new).await.status, 200);
    (app, run)
}

/// Returns every change of a model or a version by the model's name, in an order in which each can be done.
fn changes(name: &str, run: &str) -> [(&'static str, &'static str, Value); 13] {
    let source = format!("runs:/{run}/model");
    [
        ("POST", "model-versions/create", json!({"name": name, "source": source, "run_id": run})),
        ("PATCH", "model-versions/update", json!({"name": name, "version": "1", "description": "x"})),
        ("POST", "model-versions/set-tag", json!({"name": name, "version": "1", "key": "k", "value": "x"})),
        ("DELETE", "model-versions/delete-tag", json!({"name": name, "version": "1", "key": "k"})),
        ("POST", "model-versions/transition-stage", json!({"name": name, "version": "1", "stage": "Production"})),
        ("POST", "registered-models/alias", json!({"name": name, "alias": "champion", "version": "1"})),
        ("DELETE", "registered-models/alias", json!({"name": name, "alias": "champion"})),
        ("PATCH", "registered-models/update", json!({"name": name, "description": "x"})),
        ("POST", "registered-models/set-tag", json!({"name": name, "key": "k", "value": "x"})),
        ("DELETE", "registered-models/delete-tag", json!({"name": name, "key": "k"})),
        ("DELETE", "model-versions/delete", json!({"name": name, "version": "1"})),
        ("POST", "registered-models/rename", json!({"name": name, "new_name": "renamed"})),
        ("DELETE", "registered-models/delete", json!({"name": name})),
    ]
}

#[tokio::test]
async fn no_change_is_made_by_a_name_that_means_two_models() {
    // Whether he may only read there or work there, the name means the same to him.
    for role in ["model_validator", "model_developer"] {
        let (app, run) = with_two_meanings(role).await;
        let (ana, ben) = (client(&app, PROJECT, "ana"), client(&app, MARKETING, "ben"));
        let cho = client(&app, MARKETING, "cho");
        for (who, name) in [(&ana, "credit"), (&cho, "credit-risk.credit")] {
            let champion = json!({"name": name, "alias": "champion", "version": "1"});
            assert_eq!(who.post("registered-models/alias", champion).await.status, 200);
            let tag = json!({"name": name, "key": "k", "value": "v"});
            assert_eq!(who.post("registered-models/set-tag", tag).await.status, 200);
        }
        let theirs = ana.get("registered-models/get?name=credit").await;
        let hers = cho.get("registered-models/get?name=credit-risk.credit").await;
        for (method, path, body) in changes("credit-risk.credit", &run) {
            let refused = ben.call(method, path, &body).await;
            assert_eq!(
                refused.refusal(),
                "400 INVALID_PARAMETER_VALUE 'credit-risk.credit' is the name of a model here and means 'credit' of \
                 project/credit-risk, too: nothing was changed. Use that project's address for its model; in a project, the \
                 one here is also called by the project's name, a dot, and this name.",
                "{role}: {method} {path}"
            );
        }
        assert_eq!(ana.get("registered-models/get?name=credit").await, theirs, "{role}");
        assert_eq!(cho.get("registered-models/get?name=credit-risk.credit").await, hers, "{role}");
    }
}

#[tokio::test]
async fn each_of_two_models_that_a_name_means_has_a_name_to_change_it_by() {
    let (app, run) = with_two_meanings("model_developer").await;
    let (ana, ben) = (client(&app, PROJECT, "ana"), client(&app, MARKETING, "ben"));
    let theirs = ana.get("registered-models/get?name=credit").await;
    // All but the last, which deletes the model.
    for (method, path, body) in &changes("marketing.credit-risk.credit", &run)[..12] {
        let done = ben.call(method, path, body).await;
        assert_eq!(done.status, 200, "{method} {path}: {done:?}");
    }
    assert_eq!(ben.get("registered-models/get?name=renamed").await.text("/registered_model/description"), "x");
    assert_eq!(ana.get("registered-models/get?name=credit").await, theirs, "the other is as it was");
    let run = ana.run("0").await;
    ana.put("0", &run, "model/MLmodel", "three").await;
    // Cho's has another name by now, so that this one means one model.
    for (method, path, body) in
        changes("credit-risk.credit", &run).into_iter().filter(|(_, path, _)| !path.ends_with("/rename"))
    {
        let done = ben.call(method, path, &body).await;
        assert_eq!(done.status, 200, "{method} {path}: {done:?}");
    }
    assert_eq!(ana.get("registered-models/get?name=credit").await.status, 404);
    assert_eq!(ben.get("registered-models/get?name=renamed").await.status, 200);
}

#[tokio::test]
async fn no_model_of_ones_own_stands_in_the_place_of_another_projects() {
    let (app, _) = with_two_meanings("model_validator").await;
    let (ana, ben) = (client(&app, PROJECT, "ana"), client(&app, MARKETING, "ben"));
    let cho = client(&app, MARKETING, "cho");
    let champion = json!({"name": "credit", "alias": "champion", "version": "1"});
    ana.post("registered-models/alias", champion).await;

    let uri = "model-versions/get-download-uri?version=1&name=";
    let meant = ana.get(&format!("{uri}credit")).await;
    assert_eq!(ben.get(&format!("{uri}credit-risk.credit")).await, meant);
    let own = cho.get(&format!("{uri}credit-risk.credit")).await;
    assert!(own.status == 200 && own != meant, "{own:?}");
    let latest = ben.get("registered-models/get-latest-versions?name=credit-risk.credit").await;
    assert_eq!(latest.text("/model_versions/0/version"), "2");
    let by_alias = ben.get("registered-models/alias?name=credit-risk.credit&alias=champion").await;
    assert_eq!(by_alias.text("/model_version/version"), "1");
    let file = "/model-versions/get-artifact?path=MLmodel&version=1&name=credit-risk.credit";
    assert_eq!(ben.send("GET", file, "".into()).await.body, json!("one"));
    let qualified = ben.get(&format!("{uri}marketing.credit-risk.credit")).await;
    assert_eq!(qualified, own, "and hers has a name that means it alone");
}

#[tokio::test]
async fn a_name_that_means_another_projects_model_is_refused_to_whoever_may_see_that_project() {
    let app = started().await;
    let both = json!({"principal": "person:ben", "role": "model_validator", "scope": "project/credit-risk"});
    app.user("pat").post("/role-assignments", &both).await;
    let ben = client(&app, MARKETING, "ben");
    let refused = ben.post("registered-models/create", json!({"name": "credit-risk.credit"})).await;
    assert_eq!(
        refused.refusal(),
        "400 INVALID_PARAMETER_VALUE Invalid model name 'credit-risk.credit'. 'credit-risk' is a project, so this means the \
         model 'credit' of that project. Register it there, at '/mlflow/credit-risk', under its bare name, or choose a name \
         that does not begin with 'credit-risk.'."
    );
    for (name, status) in [
        ("credit-risk.absent", 400),
        ("marketing.own", 400),
        ("absent.own", 200),
        ("credit-risk", 200),
        ("own.v2", 200),
    ] {
        let made = ben.post("registered-models/create", json!({"name": name})).await;
        assert_eq!(made.status, status, "{name}: {made:?}");
    }
    let renamed = json!({"name": "own.v2", "new_name": "credit-risk.own"});
    assert_eq!(ben.post("registered-models/rename", renamed).await.status, 400);
    assert_eq!(ben.post("registered-models/rename", json!({"name": "own.v2", "new_name": "own"})).await.status, 200);
}

#[tokio::test]
async fn prompts_are_models_that_a_search_leaves_out() {
    let app = started().await;
    let ana = client(&app, PROJECT, "ana");
    let prompt = json!({"name": "greeting", "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]});
    ana.post("registered-models/create", prompt).await;
    let text = json!({"name": "greeting", "source": "prompt-template", "tags": [{"key": "mlflow.prompt.text", "value": "Hi"}]});
    assert_eq!(ana.post("model-versions/create", text).await.status, 200);
    let names = async |filter: &str| {
        let found = ana.get(&format!("registered-models/search?filter={filter}")).await;
        let models = found.body["registered_models"].as_array().cloned().unwrap_or_default();
        models.iter().map(|model| model["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["credit"]);
    assert_eq!(names("tag.%60mlflow.prompt.is_prompt%60%20!%3D%20'true'").await, ["credit"]);
    assert_eq!(names("tags.%60mlflow.prompt.is_prompt%60%20%3D%20'true'").await, ["greeting"]);
}
