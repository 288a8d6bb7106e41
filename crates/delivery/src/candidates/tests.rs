use super::model::{next_of_release, shared_purposes};
use super::signature::accepted;
use super::store::CandidateStore;
use super::{Candidate, Content, DatasetVersion, ModelVersion, ReleaseOutcome, ReleaseState, Serving};
use crate::authors::Authors;
use crate::release::store::{Release, ReleaseStore};
use base::{Digest, ProjectId, Timestamp};
use runs::steps::Governed;
use serde_json::{Value, json};
use serving::{Datatype, Signature, Tensor};
use testkit::{NEW_YEAR, on_each_engine};

fn content() -> Content {
    let tensor = |name: &str| tensor(name, Datatype::Fp32, &[-1, 1]);
    Content {
        commit: "c".repeat(40),
        models: vec![ModelVersion { model: "credit".into(), version: 1, onnx: Digest::of("onnx") }],
        lock: Some(Digest::of("lock")),
        datasets: vec![DatasetVersion { dataset: "retail.core.customers".into(), version: 4 }],
        pipeline: Digest::of("pipeline"),
        serving: Serving {
            endpoint: "credit".into(),
            signature: Signature { inputs: vec![tensor("age")], outputs: vec![tensor("p")], columns: Vec::new() },
        },
        monitoring: None,
        purposes: vec!["credit-scoring".into()],
    }
}

/// A candidate for the tests of what is done with it.
pub(crate) fn candidate(number: i64) -> Candidate {
    let content = content();
    Candidate {
        project: "credit-risk".into(),
        number,
        digest: content.digest().unwrap(),
        content,
        subject: "Better".into(),
        run: format!("r-{number}").into(),
        checks: Vec::new(),
        authors: Authors::default(),
        grants: Vec::new(),
        made_by: "ana".into(),
        created_at: Timestamp(number),
    }
}

#[test]
fn the_digest_is_of_all_that_a_candidate_is() {
    let base = content();
    let digest = |change: &dyn Fn(&mut Content)| {
        let mut changed = content();
        change(&mut changed);
        changed.digest().unwrap()
    };
    let changes: [&dyn Fn(&mut Content); 9] = [
        &|one| one.commit = "d".repeat(40),
        &|one| one.models[0].version = 2,
        &|one| one.models[0].onnx = Digest::of("other"),
        &|one| one.lock = None,
        &|one| one.datasets[0].version = 5,
        &|one| one.pipeline = Digest::of("other"),
        &|one| one.serving.signature.inputs[0].name = "income".into(),
        &|one| one.monitoring = Some(Digest::of("monitors")),
        &|one| one.purposes.clear(),
    ];
    let mut all: Vec<Digest> = changes.iter().map(|change| digest(*change)).collect();
    all.push(base.digest().unwrap());
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 10, "each of them is another candidate");
    assert_eq!(content().digest().unwrap(), base.digest().unwrap());
}

#[test]
fn grants_without_a_purpose_in_common_make_no_candidate() {
    let read = |purpose: &str| Governed {
        dataset: "retail.core.customers".into(),
        version: 1,
        for_use: catalog::grants::Use::Train,
        purpose: purpose.into(),
        grant: "g-1".into(),
        policy: Digest::of("terms"),
    };
    assert_eq!(shared_purposes(&[]), Ok(Vec::new()));
    assert_eq!(shared_purposes(&[read("scoring"), read("scoring")]), Ok(vec!["scoring".into()]));
    let why = shared_purposes(&[read("scoring"), read("marketing")]).unwrap_err();
    assert_eq!(why, "the grants that it was trained under share no purpose: `marketing`, `scoring`");
}

fn tensor(name: &str, datatype: Datatype, shape: &[i64]) -> Tensor {
    Tensor { name: name.into(), datatype, shape: shape.to_vec(), values: Vec::new() }
}

/// A model as the template exports it.
fn exported() -> Signature {
    Signature {
        inputs: vec![tensor("amount", Datatype::Int64, &[-1, 1]), tensor("my col", Datatype::Bytes, &[-1, 1])],
        outputs: vec![tensor("label", Datatype::Bytes, &[-1]), tensor("probabilities", Datatype::Fp32, &[-1, 2])],
        columns: Vec::new(),
    }
}

/// Like it, of a model that takes all features in one tensor.
fn joined() -> Signature {
    let inputs = vec![tensor("X", Datatype::Fp32, &[-1, 2])];
    Signature { inputs, columns: vec!["amount".into(), "my col".into()], ..exported() }
}

fn contract(values: &Value) -> Value {
    json!({"features": [{"name": "amount", "type": "integer"}, {"name": "my col", "type": null}],
        "target": {"name": "outcome", "positive": null, "values": values}})
}

#[test]
fn a_signature_is_accepted_where_the_contract_knows_its_words() {
    let contract = contract(&json!(["bad", "good"]));
    for signature in [exported(), joined()] {
        let accepted = accepted(signature.clone(), &contract).unwrap();
        assert_eq!(accepted.outputs[0].values, ["bad", "good"], "what else the label says is not answered");
        assert_eq!((&accepted.inputs, &accepted.columns), (&signature.inputs, &signature.columns));
        assert_eq!(accepted.outputs[1], signature.outputs[1]);
    }
    let numbers = Signature { outputs: vec![tensor("variable", Datatype::Fp32, &[-1, 1])], ..exported() };
    assert_eq!(accepted(numbers.clone(), &contract), Ok(numbers));
    let whole = Signature { outputs: vec![tensor("output_label", Datatype::Int64, &[-1])], ..exported() };
    assert_eq!(accepted(whole.clone(), &self::contract(&Value::Null)), Ok(whole), "numbers need no list");
}

#[track_caller]
fn not_accepted(signature: Signature, change: impl FnOnce(&mut Signature), words: &str) {
    let mut changed = signature;
    change(&mut changed);
    let said = accepted(changed, &contract(&json!(["bad", "good"]))).unwrap_err();
    assert!(said.contains(words) && !said.contains("1169"), "{said}");
}

/// What a model's file says of itself may be rows: 0,6,1169 and so on.
#[test]
fn no_name_or_shape_that_a_file_makes_up_is_accepted_or_repeated() {
    let rows = || ",duration_in_month,credit_amount\n0,6,1169\n".to_owned();
    let more = |datatype, shape: &[i64]| Tensor { name: rows(), ..tensor("", datatype, shape) };
    let outputs = "is not called `label` or `probabilities`";
    not_accepted(exported(), |s| s.inputs[1].name = rows(), "input 2 of the model is not called as a feature");
    not_accepted(exported(), |s| s.inputs[0].shape = vec![-1, 1_169], "input 1 of the model is no tensor `[n, 1]`");
    not_accepted(
        exported(),
        |s| s.outputs.push(more(Datatype::Bytes, &[-1])),
        &format!("output 3 of the model {outputs}"),
    );
    not_accepted(exported(), |s| s.outputs[0].name = rows(), &format!("output 1 of the model {outputs}"));
    not_accepted(exported(), |s| s.outputs[0].name = "reason".into(), outputs);
    not_accepted(exported(), |s| s.outputs[1].name = "output_label".into(), "output 2 of the model is one too many");
    not_accepted(exported(), |s| s.outputs[1].name = "variable".into(), "output 2 of the model is one too many");
    not_accepted(exported(), |s| s.outputs[0].shape = vec![-1, 1_169], "output 1 of the model is no tensor `[n]`");
    for shape in [vec![-1], vec![-1, -1], vec![-1, 0], vec![-1, 1_169], vec![2, 2], vec![-1, 2, 2]] {
        not_accepted(exported(), |s| s.outputs[1].shape = shape, "output 2 of the model is no tensor `[n, classes]`");
    }
    not_accepted(exported(), |s| s.outputs[1].datatype = Datatype::Bytes, "output 2 of the model is no tensor");
    not_accepted(joined(), |s| s.inputs[0].name = rows(), "not called one of `X`, ");
    not_accepted(joined(), |s| s.columns[1] = rows(), "column 2 that the model takes is no feature");
}

#[test]
fn a_label_of_texts_needs_a_contract_that_lists_them() {
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    for values in [Value::Null, json!([]), json!(many)] {
        let why = accepted(exported(), &contract(&values)).unwrap_err();
        assert!(why.contains("does not list the 1 to 100 values of the target"), "{why}");
    }
    let why = json!({"why": "the repository has no `contract.yaml`"});
    assert_eq!(accepted(exported(), &why).unwrap_err(), "the repository has no `contract.yaml`");
}

#[test]
fn a_release_run_says_what_came_of_it() {
    let said = |state, number, reason| {
        let next = next_of_release(state, number, reason);
        format!("{} {}", next.text, next.reason)
    };
    assert_eq!(said(ReleaseState::Cut, Some(3), None), "Candidate 3. It may be promoted to preprod");
    assert_eq!(said(ReleaseState::NotCut, None, Some("bias: red")), "No candidate. bias: red");
}

#[tokio::test]
async fn a_run_makes_one_candidate_and_a_commit_has_one_outcome() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("credit-risk");
        for number in 1..=3 {
            let candidate = &candidate(number);
            db.write(|tx| async move { tx.insert_candidate(candidate).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_candidate(project, number).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(candidate));
        }
        let again = &Candidate { number: 4, ..candidate(3) };
        let taken = db.write(|tx| async move { tx.insert_candidate(again).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let (listed, last, count) = db
            .read(|tx| async move {
                Ok::<_, db::Error>((
                    tx.list_candidates(project, Some(3), 1).await?,
                    tx.last_candidate(project).await?,
                    tx.count_candidates(project).await?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((listed[0].number, last, count), (2, 3, 3));
        for (number, &state) in (0..).zip(ReleaseState::ALL) {
            let (commit, run) = (format!("{number}").repeat(40), format!("r-{number}"));
            let release = &Release {
                project: project.clone(),
                commit: commit.clone(),
                run: Some(run.as_str().into()),
                refused: None,
                started_at: Timestamp(number),
            };
            let outcome = &ReleaseOutcome {
                project: project.clone(),
                commit,
                run: run.as_str().into(),
                state,
                subject: "Better".into(),
                reason: Some("why".into()),
                candidate: Some(1),
                checks: Vec::new(),
                ended_at: NEW_YEAR,
            };
            db.write(|tx| async move { tx.insert_release(release).await }).await.unwrap();
            let open = db.read(|tx| async move { tx.list_without_outcome(NEW_YEAR, 10).await }).await.unwrap();
            assert_eq!(open, [run.as_str().into()]);
            db.write(|tx| async move { tx.insert_outcome(outcome).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_outcome(project, &outcome.commit).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(outcome));
            let twice = db.write(|tx| async move { tx.insert_outcome(outcome).await }).await;
            assert!(matches!(twice, Err(db::Error::Taken)), "{twice:?}");
        }
    })
    .await;
}
