use super::given::{API, PROJECT, client, start};
use axum::body::Body;
use expect_test::expect;
use serde_json::json;

#[tokio::test]
async fn an_order_that_an_earlier_process_took_is_not_taken_twice() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let now = app.gate.context().clock.now().0;
    // What the process before this one made, and did not come to answer.
    for (id, at) in [("earlier", now - 1_000_000), ("long-ago", now - 700_000_000)] {
        app.sql(&format!(
            "INSERT INTO experiment_runs (id, experiment, name, status, state, with_experiment, user_name, created_by, \
             started_at_us) SELECT '{id}', number, 'first', 'running', 'active', false, 'ana', 'ana', {at} \
             FROM experiments WHERE name = 'credit'"
        ))
        .await;
        app.sql(&format!("INSERT INTO run_tags SELECT number, 'note', 'one' FROM experiment_runs WHERE id = '{id}'"))
            .await;
        let name = "INSERT INTO run_tags SELECT number, 'mlflow.runName', 'first' FROM experiment_runs";
        app.sql(&format!("{name} WHERE id = '{id}'")).await;
    }
    let create = async |ago_ms: i64, note: &str| {
        let order = json!({"experiment_id": experiment, "run_name": "first", "user_id": "ana",
            "start_time": now / 1_000 - ago_ms, "tags": [{"key": "note", "value": note}]});
        ana.post("runs/create", order).await.text("/run/info/run_id")
    };
    assert_eq!(create(1_000, "one").await, "earlier", "the answer may have been lost with that process");
    assert_ne!(create(1_000, "two").await, "earlier", "another order");
    assert_ne!(create(700_000, "one").await, "long-ago", "nobody repeats for so long");
    let fresh = create(500, "one").await;
    assert_ne!(create(500, "one").await, fresh, "what this process took, it answered: two that start at once are two");
    ana.put(&experiment, "earlier", "note.txt", "kept").await;
    assert_ne!(create(1_000, "one").await, "earlier", "whoever logs to it was answered");
}

#[tokio::test]
async fn a_run_is_answered_as_the_genuine_server_does() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let new = json!({"experiment_id": experiment, "run_name": "first", "user_id": "ana", "start_time": "1500",
        "tags": [{"key": "mlflow.user", "value": "ana"}], "unheard": {"of": 1}});
    let run = ana.post("runs/create", new).await.text("/run/info/run_id");
    let batch = json!({"run_id": run, "run_uuid": run,
        "metrics": [{"key": "auc", "value": 0.75, "timestamp": 2_000, "step": 1}, {"key": "nan", "value": "NaN", "timestamp": 1}],
        "params": [{"key": "seed", "value": "7"}], "tags": [{"key": "note", "value": ""}]});
    assert_eq!(ana.post("runs/log-batch", batch.clone()).await.body, json!({}));
    assert_eq!(ana.post("runs/log-batch", batch).await.body, json!({}), "a repeat is harmless");
    let ended = json!({"run_id": run, "status": "FINISHED", "end_time": 3_000});
    assert_eq!(ana.post("runs/update", ended).await.status, 200);
    let seen = ana.get(&format!("runs/get?run_id={run}&run_uuid={run}")).await;
    expect![[r#"
        {
          "run": {
            "info": {
              "run_id": "R",
              "run_uuid": "R",
              "run_name": "first",
              "experiment_id": "E",
              "user_id": "ana",
              "status": "FINISHED",
              "start_time": 1500,
              "end_time": 3000,
              "artifact_uri": "mlflow-artifacts:/E/R/artifacts",
              "lifecycle_stage": "active"
            },
            "data": {
              "metrics": [
                {
                  "key": "auc",
                  "value": 0.75,
                  "timestamp": 2000,
                  "step": 1
                },
                {
                  "key": "nan",
                  "value": "NaN",
                  "timestamp": 1,
                  "step": 0
                }
              ],
              "params": [
                {
                  "key": "seed",
                  "value": "7"
                }
              ],
              "tags": [
                {
                  "key": "mlflow.runName",
                  "value": "first"
                },
                {
                  "key": "mlflow.user",
                  "value": "ana"
                },
                {
                  "key": "note",
                  "value": ""
                }
              ]
            },
            "inputs": {}
          }
        }"#]]
    .assert_eq(&format!("{:#}", seen.body).replace(&experiment, "E").replace(&run, "R"));
    assert_eq!(app.count("run_metrics").await, 2);
    assert_eq!(ana.get(&format!("metrics/get-history?run_id={run}&metric_key=absent")).await.body, json!({}));
}

#[tokio::test]
async fn refusals_have_mlflows_words() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let run = ana.run(&experiment).await;
    let mut said = String::new();
    for (path, body) in [
        ("experiments/create", json!({"name": "credit"})),
        ("experiments/create", json!({})),
        ("experiments/create", json!({"name": "x", "artifact_location": "s3://bucket"})),
        ("runs/log-metric", json!({"run_id": run, "key": "k", "value": "x", "timestamp": 1})),
        ("runs/log-metric", json!({"run_id": run, "key": "../x", "value": 1, "timestamp": 1})),
        ("runs/log-metric", json!({"run_id": "nobody", "key": "k", "value": 1, "timestamp": 1})),
        ("runs/log-metric", json!({"run_id": run, "key": "k", "value": 1, "timestamp": 1, "model_id": "m-0"})),
        ("runs/delete-tag", json!({"run_id": run, "key": "absent"})),
        ("runs/search", json!({"experiment_ids": [experiment], "filter": "a.b = 'c'"})),
        ("runs/search", json!({"experiment_ids": [experiment], "filter": "params.a ~ 'c'"})),
        ("runs/search", json!({"experiment_ids": [experiment], "filter": "params.a = 'c' OR params.b = 'd'"})),
        ("runs/search", json!({"experiment_ids": [experiment], "page_token": "%"})),
        ("runs/search", json!({"experiment_ids": [experiment], "max_results": 50_001})),
        ("runs/search", json!({"experiment_ids": [experiment], "order_by": ["metrics.a; DROP TABLE experiments"]})),
    ] {
        said += &format!("{}\n", ana.post(path, body).await.refusal().replace(&run, "RUN"));
    }
    expect![[r#"
        400 RESOURCE_ALREADY_EXISTS Experiment(name=credit) already exists.
        400 INVALID_PARAMETER_VALUE Missing value for required parameter 'name'. See the API docs for more information about request parameters.
        400 INVALID_PARAMETER_VALUE Artifacts are kept by this server: leave `artifact_location` out.
        400 INVALID_PARAMETER_VALUE Invalid value "x" for parameter 'value' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.
        400 INVALID_PARAMETER_VALUE Invalid metric name: '../x'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such.
        404 RESOURCE_DOES_NOT_EXIST Run with id=nobody not found
        404 RESOURCE_DOES_NOT_EXIST Logged model with ID 'm-0' not found.
        404 RESOURCE_DOES_NOT_EXIST No tag with name: absent in run with id RUN
        400 INVALID_PARAMETER_VALUE Invalid entity type 'a'. Valid values are ['attribute', 'metric', 'parameter', 'tag', 'dataset']
        400 INVALID_PARAMETER_VALUE Invalid comparator '~' not one of ['!=', '<', '<=', '=', '>', '>=', 'ILIKE', 'IN', 'LIKE', 'NOT IN', 'IS NULL', 'IS NOT NULL']
        400 INVALID_PARAMETER_VALUE Invalid clause(s) in filter string: 'OR'
        400 INVALID_PARAMETER_VALUE Invalid page token
        400 INVALID_PARAMETER_VALUE Invalid value for request parameter max_results. It must be at most 50000, but got value 50001
        400 INVALID_PARAMETER_VALUE Invalid order_by clause 'metrics.a; DROP TABLE experiments'
    "#]]
    .assert_eq(&said);
    let (status, _, _) =
        ana.raw("POST", &format!("{API}runs/create"), &[("content-type", "text/plain")], Body::empty()).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_parameter_is_written_once_and_a_batch_whole_or_not_at_all() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let run = ana.run(&experiment).await;
    let param = |value: &str| json!({"run_id": run, "key": "p", "value": value});
    assert_eq!(ana.post("runs/log-parameter", param("1")).await.status, 200);
    assert_eq!(ana.post("runs/log-parameter", param("1")).await.status, 200);
    let batch = json!({"run_id": run, "metrics": [{"key": "m", "value": 1, "timestamp": 1}],
        "params": [{"key": "p", "value": "2"}], "tags": [{"key": "t", "value": "x"}]});
    let refused = ana.post("runs/log-batch", batch).await;
    assert_eq!(
        refused.refusal().replace(&run, "R"),
        "400 INVALID_PARAMETER_VALUE Changing param values is not allowed. Param with key='p' was already logged with \
         value='1' for run ID='R'. Attempted logging new value '2'."
    );
    assert_eq!((app.count("run_metrics").await, app.count("run_tags WHERE key = 't'").await), (0, 0));
}

#[tokio::test]
async fn the_pages_see_what_clients_logged() {
    let app = start().await;
    let ana = client(&app, PROJECT, "ana");
    let experiment = ana.experiment("credit").await;
    let mut runs = Vec::new();
    for number in 0..5 {
        let run = ana.run(&experiment).await;
        let points: Vec<_> = (0..900)
            .map(|step| json!({"key": "loss", "value": step * number, "timestamp": step, "step": step}))
            .collect();
        ana.post("runs/log-batch", json!({"run_id": run, "metrics": points})).await;
        runs.push(run);
    }
    let vera = app.user("vera");
    let list = vera.get("/experiments?space=project/credit-risk").await;
    assert!(list.starts_with("200") && list.contains("\"name\":\"credit\""), "{list}");
    let page = vera.get(&format!("/experiments/{experiment}/runs?order_by=metrics.loss%20DESC&limit=2")).await;
    let first: serde_json::Value = serde_json::from_str(&page[4..]).unwrap();
    assert_eq!((&first["items"][0]["id"], &first["items"][1]["id"]), (&json!(runs[4]), &json!(runs[3])), "{page}");
    let cursor = first["next_cursor"].as_str().unwrap();
    let next =
        vera.get(&format!("/experiments/{experiment}/runs?order_by=metrics.loss%20DESC&limit=2&cursor={cursor}")).await;
    assert!(
        [(2, true), (1, true), (3, false)]
            .iter()
            .all(|(at, there)| next.contains(&format!("\"id\":\"{}\"", runs[*at])) == *there),
        "{next}"
    );
    let history = vera.get(&format!("/experiment-runs/{}/metrics/loss", runs[1])).await;
    let history: serde_json::Value = serde_json::from_str(&history[4..]).unwrap();
    assert_eq!(history["points"].as_array().unwrap().len(), 900);
    for path in [
        format!("/experiments/{experiment}"),
        format!("/experiments/{experiment}/runs"),
        format!("/experiment-runs/{}", runs[0]),
        format!("/experiment-runs/{}/metrics/loss", runs[0]),
        format!("/experiment-runs/{}/artifacts", runs[0]),
    ] {
        assert_eq!(vera.get(&path).await[..3], *"200", "{path}");
        let outsider = app.user("ben").get(&path).await;
        let absent = app.user("ben").get(&path.replace(&experiment, "absent").replace(&runs[0], "absent")).await;
        let hidden = outsider.replace(&experiment, "absent").replace(&runs[0], "absent");
        assert_eq!(hidden, absent, "a refusal must not reveal that it exists");
        assert_eq!(outsider[..3], *"404");
    }
}
