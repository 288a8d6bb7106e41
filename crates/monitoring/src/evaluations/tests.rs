use super::store::EvaluationStore;
use super::{Evaluation, EvaluationState, judge};
use crate::monitors::monitor_for_tests;
use crate::report::Metric;
use crate::tolerances::{Better, Tolerance};
use base::Timestamp;
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

/// Returns what a step measured.
pub(crate) fn metric(name: &str, column: Option<&str>, value: impl Into<Option<f64>>) -> Metric {
    let value = value.into();
    let reason = value.is_none().then(|| "no grant".to_owned());
    Metric { name: name.into(), group: column.map(Into::into), value, low: None, high: None, n: 200, reason }
}

fn limits() -> Vec<Tolerance> {
    let (better, amber, red, rationale) = (Better::Higher, 0.7, 0.6, "0.5 is chance".to_owned());
    let mut limits = crate::usual();
    limits.push(Tolerance { metric: "auc".into(), better, amber, red, rationale });
    limits
}

fn good() -> Vec<Metric> {
    vec![metric("auc", None, 0.8), metric("psi", Some("amount"), 0.02), metric("null_share", Some("amount"), 0.0)]
}

#[test]
fn what_has_no_number_is_never_within() {
    let mut page = String::new();
    let mut show = |what: &str, measured: Vec<Metric>, excused: &[String]| {
        let verdict = judge(measured, &limits(), excused);
        writeln!(page, "{what}: {} {}", verdict.state, verdict.reason.unwrap_or_default()).unwrap();
    };
    show("good", good(), &[]);
    let mut moved = good();
    moved[1] = metric("psi", Some("amount"), 0.1);
    show("at the limit", moved.clone(), &[]);
    moved[1] = metric("psi", Some("amount"), 0.12);
    moved[0] = metric("auc", None, 0.55);
    show("red before amber", moved, &[]);
    let mut blind = good();
    blind[0] = metric("auc", None, None);
    show("no outcome", blind.clone(), &[]);
    show("excused", blind.clone(), &["auc".into()]);
    blind[1] = metric("psi", Some("amount"), 0.3);
    show("a breach is a breach", blind, &[]);
    show("not reported", good()[1..].to_vec(), &[]);
    show("nothing", Vec::new(), &["auc".into(), "psi".into(), "null_share".into()]);
    show("only excused", vec![metric("auc", None, None)], &["auc".into(), "psi".into(), "null_share".into()]);
    let mut other = good();
    other.push(metric("accuracy", None, 0.1));
    show("without a limit", other, &[]);
    expect![[r#"
        good: within 
        at the limit: within 
        red before amber: breached auc is 0.55, and has to be at least 0.6; psi of amount is 0.12, and has to be at most 0.1
        no outcome: not_computable auc: no grant
        excused: within 
        a breach is a breach: breached psi of amount is 0.3, and has to be at most 0.25
        not reported: not_computable auc was not reported
        nothing: not_computable nothing was reported
        only excused: not_computable auc: no grant
        without a limit: within 
    "#]]
    .assert_eq(&page);
}

#[test]
fn an_evaluation_ends_once() {
    let running = Evaluation::begin("ev-1".into(), &monitor_for_tests(), Some(&"ana".into()), NEW_YEAR);
    assert_eq!(running.looked.from, NEW_YEAR.plus_seconds(-86_400));
    let ended = running.end(&judge(good(), &limits(), &[]), 4, "a note", Timestamp(9));
    assert_eq!((ended.state, ended.looked.policy, ended.looked.metrics.len()), (EvaluationState::Within, 4, 3));
    assert_eq!(ended.without(EvaluationState::Failed, "late", Timestamp(10)), ended);
}

proptest! {
    /// Whatever is measured: within means that each limited metric that is not excused has a number, none of them beyond.
    #[test]
    fn within_means_looked_at(values in proptest::collection::vec(proptest::option::of(-0.5..1.5_f64), 3)) {
        let names = [("auc", None), ("psi", Some("a")), ("null_share", Some("a"))];
        let measured = names.iter().zip(&values).map(|((name, column), value)| metric(name, *column, *value)).collect();
        let verdict = judge(measured, &limits(), &[]);
        let fits = |(at, value): (usize, &Option<f64>)| match (at, value) {
            (_, None) => false,
            (0, Some(value)) => *value >= 0.7,
            (1, Some(value)) => *value <= 0.1,
            (_, Some(value)) => *value <= 0.05,
        };
        prop_assert_eq!(verdict.state == EvaluationState::Within, values.iter().enumerate().all(fits));
        prop_assert_eq!(verdict.reason.is_none(), verdict.state == EvaluationState::Within);
    }
}

#[tokio::test]
async fn of_a_monitor_one_evaluation_runs() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let begun = Evaluation::begin("ev-1".into(), &monitor_for_tests(), Some(&"ana".into()), NEW_YEAR);
        let first = &Evaluation { run: Some("r-1".into()), ..begun };
        let second = &Evaluation::begin("ev-2".into(), &monitor_for_tests(), None, Timestamp(NEW_YEAR.0 + 1));
        db.write(|tx| async move { tx.insert_evaluation(first).await }).await.unwrap();
        let both = db.write(|tx| async move { tx.insert_evaluation(second).await }).await;
        assert!(matches!(both, Err(db::Error::Taken)), "{both:?}");
        let found = db.read(|tx| async move { tx.find_running("mo-1").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(first));
        let running = db.read(|tx| async move { tx.list_running(Timestamp(NEW_YEAR.0 + 1), 9).await }).await.unwrap();
        assert_eq!(running, ["r-1".into()]);
        for state in EvaluationState::ALL.iter().filter(|state| **state != EvaluationState::Running) {
            let ended = first.without(*state, "why", Timestamp(9));
            let other = &Evaluation { id: format!("ev-{state}"), ..ended };
            db.write(|tx| async move { tx.insert_evaluation(other).await }).await.unwrap();
        }
        let ended = &first.end(&judge(good(), &limits(), &[]), 1, "note", Timestamp(9));
        let saved = db.write(|tx| async move { tx.save_evaluation(ended.clone()).await }).await.unwrap();
        let found = db.write(|tx| async move { tx.lock_evaluation("ev-1").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(&saved));
        let stale = db.write(|tx| async move { tx.save_evaluation(ended.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        db.write(|tx| async move { tx.insert_evaluation(second).await }).await.unwrap();
        let last = db.read(|tx| async move { tx.find_last_evaluation("mo-1").await }).await.unwrap();
        assert_eq!(last.map(|last| last.id), Some("ev-2".to_owned()));
        let without = &Evaluation { state: EvaluationState::NotComputable, id: "ev-9".into(), ..second.clone() };
        let silent = db.write(|tx| async move { tx.insert_evaluation(without).await }).await;
        assert!(silent.is_err(), "what could not be computed says why");
    })
    .await;
}
