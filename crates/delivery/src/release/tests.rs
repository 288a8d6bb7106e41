use super::compose::{Known, compose};
use super::store::{Release, ReleaseStore};
use super::verify::pipeline as verifying;
use super::{Error, onnx_of, why_not_judged};
use crate::contract::Contract;
use base::{Digest, ProjectId};
use expect_test::expect;
use runs::Pipeline;
use runs::protocol::{Output, OutputKind};
use runs::steps::{Outputs, Step, StepState};
use serde_json::{Value, json};
use testkit::{NEW_YEAR, on_each_engine};

#[tokio::test]
async fn a_commit_is_trained_by_one_run_and_the_newest_comes_first() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("p");
        let release = |commit: &str, run: Option<&str>, seconds: i64| Release {
            project: project.clone(),
            commit: commit.into(),
            run: run.map(Into::into),
            refused: run.is_none().then(|| "no pipeline".to_owned()),
            started_at: NEW_YEAR.plus_seconds(seconds),
        };
        let insert = async |release: Release| {
            let release = &release;
            db.write(|tx| async move { tx.insert_release(release).await }).await
        };
        insert(release("c1", Some("r-1"), 0)).await.unwrap();
        assert!(matches!(insert(release("c1", Some("r-2"), 0)).await, Err(db::Error::Taken)));
        insert(release("c2", Some("r-2"), 1)).await.unwrap();
        insert(release("c3", None, 1)).await.unwrap();
        insert(release("c4", None, 2)).await.unwrap();
        db.read(|tx| async move {
            let found = tx.find_release_of(project, "c1").await?;
            assert_eq!(found.and_then(|found| found.run), Some("r-1".into()));
            assert_eq!(tx.find_release_of(project, "c9").await?, None);
            assert_eq!(tx.find_release(&"r-2".into()).await?.map(|found| found.commit), Some("c2".to_owned()));
            assert_eq!(tx.find_release(&"r-9".into()).await?, None);
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = tx.list_releases(project, after.as_ref(), 2).await?;
                let Some(last) = page.last() else { break };
                after = Some((last.started_at.0, last.commit.clone()));
                seen.extend(page.into_iter().map(|found| (found.commit, found.refused.is_some())));
            }
            let wanted = [("c4", true), ("c3", true), ("c2", false), ("c1", false)];
            assert_eq!(seen, wanted.map(|(commit, refused)| (commit.to_owned(), refused)));
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}

const HEAD: &str = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n";
const TABLE: &str = "
schema:
  - name: applications
    properties:
      - {name: record_id, logicalType: string, primaryKey: true}
      - {name: amount, logicalType: integer, transformSourceObjects: [retail.core.loans], physicalName: credit_amount}
      - {name: housing, logicalType: string, transformSourceObjects: [risk.core.outcomes]}
      - name: age
        logicalType: integer
        tags: [sensitive]
        transformSourceObjects: [retail.core.loans]
        customProperties: [{property: groupBounds, value: [25]}]
      - name: outcome
        logicalType: string
        tags: [target]
        transformSourceObjects: [risk.core.outcomes]
        customProperties: [{property: positive, value: bad}]
        quality:
          - {metric: invalidValues, arguments: {validValues: [good, bad]}, mustBe: 0}
";

fn contract(schema: &str) -> Known {
    Ok(Contract::read(format!("{HEAD}{schema}").as_bytes()).unwrap())
}

fn train(steps: &Value) -> Pipeline {
    Pipeline::from_json(&json!({"version": 1, "name": "train", "steps": steps})).unwrap()
}

fn exporting() -> Value {
    json!([
        {"name": "fit", "run": {"command": ["fit"]}, "outputs": ["model"],
            "inputs": {"loans": {"dataset": "retail.core.loans", "use": "score", "purpose": "p-1", "fixture": "x.csv"}}},
        {"name": "export", "run": {"command": ["export"]}, "outputs": ["onnx", "rows"],
            "inputs": {"model": {"step": "fit", "output": "model"}}},
    ])
}

#[test]
fn behind_an_export_stand_the_platforms_steps_with_what_the_contract_says() {
    let composed = compose(&train(&exporting()), &contract(TABLE)).unwrap();
    let names: Vec<_> = composed.steps.iter().map(|step| (step.name.as_str(), step.is_platform())).collect();
    let wanted = [("fit", false), ("export", false), ("parity", true), ("quality", true), ("bias", true)];
    assert_eq!(names, wanted);
    let inputs = |step: usize| {
        let all = composed.steps[step].inputs.iter().filter(|(name, _)| *name != "contract");
        Value::Object(all.map(|(name, input)| (name.clone(), input.to_json())).collect())
    };
    let onnx = json!({"step": "export", "output": "onnx"});
    assert_eq!(inputs(2), json!({"onnx": onnx, "rows": {"step": "export", "output": "rows"}}));
    let loans = |columns: &[&str]| json!({"dataset": "retail.core.loans", "use": "score", "purpose": "p-1", "columns": columns});
    let outcomes = |columns: &[&str]| json!({"dataset": "risk.core.outcomes", "use": "train", "columns": columns});
    let (first, second) = (loans(&["credit_amount", "record_id"]), outcomes(&["housing", "outcome", "record_id"]));
    assert_eq!(inputs(3), json!({"onnx": onnx, "source_1": first, "source_2": second}));
    let (first, second) = (loans(&["age", "credit_amount", "record_id"]), outcomes(&["housing", "record_id"]));
    assert_eq!(inputs(4), json!({"onnx": onnx, "source_1": first, "source_2": second}));
    let facts = json!({
        "features": [{"name": "amount", "type": "integer"}, {"name": "housing", "type": "string"}],
        "key": ["record_id"],
        "target": {"name": "outcome", "positive": "bad", "values": ["bad", "good"]},
        "sensitive": [{"name": "age", "bounds": [25.0]}],
        "sources": {
            "retail.core.loans": {"age": "age", "amount": "credit_amount", "record_id": "record_id"},
            "risk.core.outcomes": {"housing": "housing", "outcome": "outcome", "record_id": "record_id"},
        },
    });
    for step in &composed.steps[2..] {
        assert_eq!(step.inputs["contract"].to_json(), json!({ "value": facts }), "{}", step.name);
    }
    // What the scheduler keeps as the plan of the run is read back as it was.
    assert_eq!(Pipeline::of_the_platform(&composed.to_json()).unwrap(), composed);
}

#[test]
fn what_cannot_be_judged_runs_as_it_is_and_a_contract_without_sources_names_none() {
    let mut plain = exporting();
    plain[1]["outputs"] = json!(["onnx"]);
    let plain = train(&plain);
    assert_eq!(compose(&plain, &contract(TABLE)).unwrap(), plain);
    let composed = compose(&train(&exporting()), &Err("the repository has no `contract.yaml`".into())).unwrap();
    let quality: Vec<_> = composed.steps[3].inputs.keys().collect();
    assert_eq!(quality, ["contract", "onnx"]);
    let why = json!({"value": {"why": "the repository has no `contract.yaml`"}});
    assert_eq!(composed.steps[3].inputs["contract"].to_json(), why);
    let bare = contract("schema: [{name: t, properties: [{name: id, primaryKey: true}, {name: y, tags: [target]}]}]\n");
    let composed = compose(&train(&exporting()), &bare).unwrap();
    assert_eq!(composed.steps[4].inputs.len(), 2);
}

#[test]
fn the_names_of_the_platforms_steps_are_taken() {
    let mut steps = exporting();
    steps[0]["name"] = json!("bias");
    steps[1]["inputs"]["model"]["step"] = json!("bias");
    let refused = compose(&train(&steps), &contract(TABLE)).unwrap_err();
    assert!(matches!(&refused, Error::ReservedStep(name) if name == "bias"), "{refused}");
}

#[test]
fn what_a_column_is_for_is_read_strictly() {
    let read = |column: &str| {
        let schema = format!("{HEAD}schema: [{{name: t, properties: [{{name: x, {column}}}]}}]\n");
        Contract::read(schema.as_bytes()).map(|contract| format!("{:?}", contract.tables[0].columns[0].part))
    };
    let shown = |column: &str| read(column).unwrap_or_else(|error| error.to_string());
    expect!["Feature"].assert_eq(&shown("tags: [other]"));
    expect!["Key"].assert_eq(&shown("primaryKey: true"));
    expect![[r#"Target { positive: Some("1") }"#]]
        .assert_eq(&shown("tags: [target], customProperties: [{property: positive, value: 1}]"));
    expect!["Sensitive { bounds: [25.0, 60.0] }"]
        .assert_eq(&shown("tags: [sensitive], customProperties: [{property: groupBounds, value: [25, 60]}]"));
    expect!["column `x` is both `target` and `sensitive`"].assert_eq(&shown("tags: [target, sensitive]"));
    expect!["`groupBounds` of column `x` is not a list of numbers, each larger than the last"]
        .assert_eq(&shown("tags: [sensitive], customProperties: [{property: groupBounds, value: [60, 25]}]"));
    expect!["`positive` of column `x` is not one value"]
        .assert_eq(&shown("tags: [target], customProperties: [{property: positive, value: [1, 2]}]"));
}

#[test]
fn the_run_that_verifies_calls_the_endpoint_and_is_never_cached() {
    let pipeline = verifying("preprod.credit-risk").unwrap();
    let said: Vec<_> =
        pipeline.steps.iter().map(|step| (step.name.as_str(), step.cache, step.after.join(","))).collect();
    assert_eq!(said, [("integration", false, String::new()), ("e2e", false, "integration".into())]);
    for step in &pipeline.steps {
        assert_eq!(step.env["LOCKGATE_ENDPOINT"], "preprod.credit-risk");
        assert!(!step.is_platform());
    }
}

fn step(name: &str, state: StepState) -> Step {
    Step {
        run: "r-1".into(),
        name: name.into(),
        position: 0,
        state,
        waiting_for: 0,
        tries: 0,
        kind: None,
        why: None,
        cached_from: None,
        key: None,
        governed: Vec::new(),
        outputs: Outputs::new(),
        run_at: NEW_YEAR,
        started_at: None,
        ended_at: None,
        revision: 1,
    }
}

#[test]
fn the_model_is_what_a_finished_export_wrote_as_a_file() {
    let mut export = step("export", StepState::Succeeded);
    assert_eq!(onnx_of(std::slice::from_ref(&export)), None);
    let file = Output { digest: Digest::of(b"onnx"), size_bytes: 4, kind: OutputKind::File };
    export.outputs.insert("onnx".into(), file);
    assert_eq!(onnx_of(std::slice::from_ref(&export)), Some(file));
    assert_eq!(onnx_of(&[Step { state: StepState::Running, ..export.clone() }]), None);
    export.outputs.insert("onnx".into(), Output { kind: OutputKind::Folder, ..file });
    assert_eq!(onnx_of(&[export]), None);
    let judged = ["export", "parity", "quality", "bias"].map(|name| step(name, StepState::Waiting));
    assert_eq!(why_not_judged(&judged), None);
    assert!(why_not_judged(&judged[..3]).unwrap().contains("no step `export`"));
}
