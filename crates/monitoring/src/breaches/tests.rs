use super::model::May;
use super::store::BreachStore;
use super::{Breach, BreachState, Open, Severity};
use crate::evaluations::{EvaluatedMetric, Evaluation, judge, metric_for_tests};
use crate::monitors::monitor_for_tests;
use base::{Fault, PersonId, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn evaluation(number: i64) -> Evaluation {
    Evaluation::begin(format!("ev-{number}"), &monitor_for_tests(), None, Timestamp(number))
}

fn psi(value: f64) -> EvaluatedMetric {
    judge(vec![metric_for_tests("psi", Some("amount"), value)], &crate::usual(), &[]).metrics.remove(0)
}

fn raised(value: f64) -> Option<Breach> {
    Breach::raise("br-1".into(), &monitor_for_tests(), (&evaluation(1), &psi(value)), NEW_YEAR)
}

fn vera() -> PersonId {
    "vera".into()
}

const LATER: Timestamp = Timestamp(NEW_YEAR.0 + 1_000_000);

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    let open = raised(0.2).unwrap();
    let acknowledged = open.acknowledge("I look", &vera(), NEW_YEAR).unwrap();
    let resolved = acknowledged.resolve("it is over", &vera(), NEW_YEAR).unwrap();
    let red = raised(0.4).unwrap();
    for from in [open, red, acknowledged, resolved] {
        let tried = [
            ("acknowledge", from.acknowledge("x", &vera(), NEW_YEAR)),
            ("resolve", from.resolve("x", &vera(), NEW_YEAR)),
            ("mute", from.mute(LATER, "x", &vera(), NEW_YEAR)),
            ("recover", Ok(from.recover("within again", NEW_YEAR))),
        ];
        let said = tried.into_iter().map(|(verb, came)| match came {
            Ok(after) => format!("{verb} → {}", after.state),
            Err(why) => format!("{verb}: {}", why.fault().1),
        });
        writeln!(page, "{} {}: {}", from.severity, from.state, said.collect::<Vec<_>>().join(", ")).unwrap();
    }
    expect![[r#"
        amber open: acknowledge → acknowledged, resolve: monitoring.breach_not_possible, mute → open, recover → resolved
        red open: acknowledge → acknowledged, resolve: monitoring.breach_not_possible, mute → open, recover → open
        amber acknowledged: acknowledge: monitoring.breach_not_possible, resolve → resolved, mute → acknowledged, recover → resolved
        amber resolved: acknowledge: monitoring.breach_not_possible, resolve: monitoring.breach_not_possible, mute: monitoring.breach_not_possible, recover → resolved
    "#]]
    .assert_eq(&page);
}

#[test]
fn a_breach_is_what_is_beyond_amber_and_only_gets_worse() {
    assert_eq!(raised(0.1), None, "at the limit it is within");
    let amber = raised(0.2).unwrap();
    assert_eq!((amber.severity, amber.content.limit, amber.content.count), (Severity::Amber, 0.1, 1));
    let red = amber.seen(&evaluation(2), &psi(0.4), LATER);
    assert_eq!((red.severity, red.content.count, red.last_seen_at), (Severity::Red, 2, LATER));
    assert_eq!(red.seen(&evaluation(2), &psi(0.4), LATER), red, "an evaluation counts once");
    let still = red.seen(&evaluation(3), &psi(0.15), LATER);
    assert_eq!((still.severity, still.content.value, still.content.count), (Severity::Red, 0.15, 3));
}

#[test]
fn muting_hides_alerts_for_a_while_and_never_the_breach() {
    let muted = raised(0.3).unwrap().mute(LATER, "known", &vera(), NEW_YEAR).unwrap();
    assert_eq!(muted.state, BreachState::Open);
    assert!(muted.is_muted(NEW_YEAR) && !muted.is_muted(LATER));
    assert!(muted.was_muted(LATER, "known", &vera()) && !muted.was_muted(LATER, "known", &"ben".into()));
    let next = muted.next(&May { acknowledge: true, resolve: true }, NEW_YEAR);
    assert_eq!((next.text.as_str(), next.action), ("psi of amount is 0.3, beyond 0.25.", Some("acknowledge_breach")));
    assert!(next.reason.contains("alerts are hidden until"), "{}", next.reason);
    for until in [NEW_YEAR, Timestamp(0), NEW_YEAR.plus_days(91)] {
        let refused = muted.mute(until, "x", &vera(), NEW_YEAR).unwrap_err();
        assert_eq!(refused.fault().1, "monitoring.muted_until");
    }
}

proptest! {
    /// In whatever order it happens: what is resolved stays so, a severity never falls, a count never does, and muting changes no state.
    #[test]
    fn no_order_of_verbs_hides_a_breach(steps in proptest::collection::vec((0..5_u8, 0.0..0.5_f64), 0..20)) {
        let mut breach = raised(0.2).unwrap();
        for (number, (step, value)) in (2_i64..).zip(steps) {
            let (before, now) = (breach.clone(), Timestamp(NEW_YEAR.0 + number));
            let tried = match step {
                0 => breach.acknowledge("x", &vera(), now),
                1 => breach.resolve("x", &vera(), now),
                2 => breach.mute(now.plus_days(1), "x", &vera(), now),
                3 => Ok(breach.seen(&evaluation(number), &psi(value), now)),
                _ => Ok(breach.recover("within again", now)),
            };
            breach = tried.unwrap_or(breach);
            prop_assert!(before.is_open() || breach == before);
            prop_assert!(before.severity == Severity::Amber || breach.severity == Severity::Red);
            prop_assert!(breach.content.count >= before.content.count);
            prop_assert!(step != 2 || breach.state == before.state);
            let is_unseen_red = before.severity == Severity::Red && before.state == BreachState::Open;
            prop_assert!(!is_unseen_red || breach.state != BreachState::Resolved);
            prop_assert_eq!(breach.state == BreachState::Resolved, breach.content.resolved.is_some());
            prop_assert!(breach.state != BreachState::Acknowledged || breach.content.acknowledged.is_some());
        }
    }
}

#[tokio::test]
async fn of_a_metric_and_column_one_breach_is_open() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let first = &raised(0.2).unwrap();
        let again = &Breach { id: "br-2".into(), ..first.clone() };
        db.write(|tx| async move { tx.insert_breach(first).await }).await.unwrap();
        let taken = db.write(|tx| async move { tx.insert_breach(again).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let acknowledged = &first.acknowledge("x", &vera(), NEW_YEAR).unwrap();
        let saved = db.write(|tx| async move { tx.save_breach(acknowledged.clone()).await }).await.unwrap();
        let taken = db.write(|tx| async move { tx.insert_breach(again).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "acknowledged is not over: {taken:?}");
        let whole = &Breach { id: "br-3".into(), column: None, severity: Severity::Red, ..first.clone() };
        db.write(|tx| async move { tx.insert_breach(whole).await }).await.unwrap();
        let open = db.write(|tx| async move { tx.lock_open_breaches("mo-1").await }).await.unwrap();
        assert_eq!(open, [saved.clone(), whole.clone()]);
        let counted = db.read(|tx| async move { tx.count_open("mo-1").await }).await.unwrap();
        assert_eq!(counted, Open { red: 1, amber: 1 });
        let over = &saved.recover("within again", NEW_YEAR).clone();
        db.write(|tx| async move { tx.save_breach(over.clone()).await }).await.unwrap();
        db.write(|tx| async move { tx.insert_breach(again).await }).await.unwrap();
        let stale = db.write(|tx| async move { tx.save_breach(over.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        let found = db.write(|tx| async move { tx.lock_breach("br-1").await }).await.unwrap().unwrap();
        assert_eq!((found.state, found.content.resolved.unwrap().by), (BreachState::Resolved, "monitoring".to_owned()));
    })
    .await;
}
