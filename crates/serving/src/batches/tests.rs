use super::model::{minutes_of, next_after, time_of};
use super::pipeline::{columns_of, compose};
use super::store::BatchStore;
use super::*;
use crate::signature::{Datatype, Signature, Tensor};
use base::Timestamp;
use expect_test::expect;
use std::collections::{BTreeMap, BTreeSet};
use testkit::{NEW_YEAR, on_each_engine};

fn batch(state: BatchState) -> Batch {
    Batch {
        id: "b-1".into(),
        endpoint: "prod.credit".into(),
        project: "credit-risk".into(),
        environment: "credit-risk/prod".into(),
        team: Some("risk".into()),
        name: "nightly".into(),
        datasets: vec!["retail.core.customers".into(), "risk.credit.cases".into()],
        key: "record_id".into(),
        output: "retail.predictions.credit_scores".into(),
        daily_at: Some(120),
        next_at: None,
        state,
        run: (state == BatchState::Running).then(|| "r-1".into()),
        last: None,
        made_by: "ana".into(),
        created_at: NEW_YEAR,
        changed_at: NEW_YEAR,
        revision: 0,
    }
}

fn outcome() -> Outcome {
    Outcome { run: "r-1".into(), rows: Some(5), version: Some(1), model_version: Some(3), reason: None, at: NEW_YEAR }
}

#[test]
fn every_verb_from_every_state() {
    let verbs: [(&str, fn(&Batch) -> Result<Batch, Error>); 3] = [
        ("start", |batch| batch.start(&"r-2".into(), NEW_YEAR)),
        ("remove", |batch| batch.remove(NEW_YEAR)),
        ("finish", |batch| batch.finish(outcome(), NEW_YEAR)),
    ];
    let mut table = String::new();
    for &state in BatchState::ALL {
        let given = batch(state);
        let fits: Vec<_> = verbs.iter().filter_map(|(verb, run)| Some((*verb, run(&given).ok()?.state))).collect();
        assert!(fits.iter().map(|(verb, _)| verb).eq(state.possible()), "`possible` of {state}");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += &format!("{state}: {}\n", cells.join(", "));
    }
    expect![[r#"
        idle: start → running, remove → removed
        running: finish → idle
        removed: 
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_time_of_day_is_read_and_the_next_one_lies_ahead() {
    for (text, minutes) in [("00:00", 0), ("02:05", 125), ("23:59", 1439)] {
        assert_eq!(minutes_of(text).unwrap(), minutes);
        assert_eq!(time_of(minutes), text);
    }
    for bad in ["", "2:00", "24:00", "02:60", "02-00", "+2:00", "0a:00", "02:00:00", "é2:00"] {
        assert!(minutes_of(bad).is_err(), "{bad}");
    }
    let hour = 3_600 * Timestamp::SECOND;
    assert_eq!(next_after(120, NEW_YEAR).0 - NEW_YEAR.0, 2 * hour);
    assert_eq!(next_after(120, NEW_YEAR.plus_seconds(2 * 3_600)).0 - NEW_YEAR.0, 26 * hour, "that moment is over");
}

fn signature() -> Signature {
    let tensor = |name: &str, datatype| Tensor { name: name.into(), datatype, shape: vec![-1, 1], values: Vec::new() };
    let inputs = vec![tensor("income", Datatype::Fp32), tensor("housing", Datatype::Bytes)];
    Signature { inputs, outputs: vec![tensor("label", Datatype::Bytes)], columns: Vec::new() }
}

fn known(customers: &[&str], cases: &[&str]) -> BTreeMap<base::DatasetId, BTreeSet<String>> {
    let set = |columns: &[&str]| columns.iter().map(|column| (*column).to_owned()).collect();
    [("retail.core.customers".into(), set(customers)), ("risk.credit.cases".into(), set(cases))].into()
}

#[test]
fn each_column_of_the_model_comes_from_one_dataset() {
    let said = |customers: &[&str], cases: &[&str]| {
        columns_of(&batch(BatchState::Idle), &signature(), &known(customers, cases)).map_err(|error| error.to_string())
    };
    let read = said(&["record_id", "income", "iban"], &["record_id", "housing"]).unwrap();
    let words: Vec<String> = read.iter().map(|(dataset, columns)| format!("{dataset}: {columns:?}")).collect();
    expect![[r#"
        retail.core.customers: {"income", "record_id"}
        risk.credit.cases: {"housing", "record_id"}"#]]
    .assert_eq(&words.join("\n"));
    let refused = [
        said(&["record_id", "income"], &["record_id"]),
        said(&["record_id", "income", "housing"], &["record_id", "housing"]),
        said(&["income"], &["record_id", "housing"]),
    ];
    expect![[r#"
        column `housing` of the model is in 0 of the datasets
        column `housing` of the model is in 2 of the datasets
        the record key `record_id` is no column of `retail.core.customers`"#]]
    .assert_eq(&refused.map(Result::unwrap_err).join("\n"));
}

#[test]
fn a_run_is_one_step_that_is_never_taken_from_the_cache() {
    let read =
        columns_of(&batch(BatchState::Idle), &signature(), &known(&["record_id", "income"], &["record_id", "housing"]));
    let pipeline = compose(&batch(BatchState::Idle), &signature(), &read.unwrap(), &"pd".into(), NEW_YEAR).unwrap();
    let [step] = pipeline.steps.as_slice() else { panic!("one step") };
    assert!(step.is_platform() && !step.cache);
    assert_eq!(step.inputs.len(), 3);
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given_and_names_and_outputs_are_free_again_once_removed() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let kept = db.write(|tx| async move {
            let due = batch(BatchState::Idle).rescheduled(NEW_YEAR);
            tx.insert_batch(&due).await?;
            assert_eq!(tx.find_batch("b-1").await?.unwrap(), due);
            let later = NEW_YEAR.plus_days(1);
            assert_eq!(tx.list_due_batches(later, 9).await?, ["b-1"]);
            assert!(tx.list_due_batches(NEW_YEAR, 9).await?.is_empty());
            let running = tx.save_batch(due.start(&"r-1".into(), later).unwrap()).await?;
            assert_eq!(tx.batch_of_run(&"r-1".into()).await?.as_deref(), Some("b-1"));
            assert_eq!(tx.list_running_batches(9).await?, ["b-1"]);
            let done = tx.save_batch(running.finish(outcome(), later).unwrap()).await?;
            assert_eq!(tx.lock_batch("b-1").await?.unwrap(), done);
            assert_eq!(tx.batch_of_run(&"r-1".into()).await?, None);
            tx.save_batch(done.remove(later).unwrap()).await?;
            assert_eq!(tx.batch_in_the_way(&batch(BatchState::Idle)).await?, None);
            tx.insert_batch(&Batch { id: "b-2".into(), ..batch(BatchState::Idle) }).await
        });
        kept.await.unwrap();
        let new = |name: &str, output: &str| {
            let (id, name, output) = ("b-3".into(), name.into(), output.into());
            Batch { id, name, output, ..batch(BatchState::Idle) }
        };
        let output = "retail.predictions.credit_scores";
        for (other, fits) in [
            (new("nightly", "retail.predictions.other"), false),
            (new("weekly", output), false),
            (new("weekly", "retail.predictions.other"), true),
        ] {
            let other = &other;
            let way = db.read(|tx| async move { tx.batch_in_the_way(other).await }).await.unwrap();
            assert_eq!(way.map(|found| found.id), (!fits).then(|| "b-2".to_owned()), "{}", other.name);
            let done = db.write(|tx| async move { tx.insert_batch(other).await }).await;
            assert_eq!(matches!(done, Err(db::Error::Taken)), !fits, "{done:?}");
        }
    })
    .await;
}
