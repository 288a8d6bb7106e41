use super::model::{next_of_release, shared_purposes};
use super::store::CandidateStore;
use super::{Candidate, Content, DatasetVersion, ModelVersion, ReleaseOutcome, ReleaseState, Serving};
use crate::authors::Authors;
use crate::release::store::{Release, ReleaseStore};
use base::{Digest, ProjectId, Timestamp};
use runs::steps::Governed;
use serving::{Datatype, Signature, Tensor};
use testkit::{NEW_YEAR, on_each_engine};

fn content() -> Content {
    let tensor = |name: &str| Tensor { name: name.into(), datatype: Datatype::Fp32, shape: vec![-1, 1] };
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
