use super::model::May;
use super::store::MonitorStore;
use super::{Monitor, MonitorState, Released, Settings, Truth, Watch};
use crate::breaches::Open;
use crate::evaluations::{Evaluation, EvaluationState};
use base::{Fault, PersonId, Timestamp};
use expect_test::expect;
use serde_json::json;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

/// Returns what was released to `prod.credit`.
pub(crate) fn released() -> Released {
    Released {
        candidate: 3,
        digest: "d3".into(),
        model: "credit-risk.credit".into(),
        version: 2,
        facts: json!({
            "features": [{"name": "amount", "type": "number"}], "key": ["record_id"],
            "target": {"name": "outcome", "positive": "bad", "values": ["bad", "good"]}, "sensitive": [],
            "sources": {"retail.core.loans": {"amount": "credit_amount", "record_id": "id"},
                        "risk.core.outcomes": {"outcome": "result", "record_id": "id"}},
        }),
        sources: Vec::new(),
        tolerances: crate::usual(),
        excused: Vec::new(),
        policy: 0,
        by: "ana".into(),
    }
}

/// Returns the monitor of `prod.credit`.
pub(crate) fn monitor() -> Monitor {
    let watch = Watch {
        project: "credit-risk".into(),
        environment: "credit-risk/prod".into(),
        endpoint: "prod.credit".into(),
        team: Some("risk".into()),
        released: released(),
    };
    Monitor::new("mo-1".into(), &watch, NEW_YEAR)
}

fn ana() -> PersonId {
    "ana".into()
}

#[test]
fn settings_of_people_survive_the_next_release() {
    let truth = Some(Truth { dataset: "risk.core.later".into(), column: "repaid".into() });
    let settings = Settings { truth, every_s: 600, window_h: 48 };
    let set = monitor().set(&settings, NEW_YEAR).unwrap();
    assert_eq!(set.due_at, NEW_YEAR.plus_seconds(600), "sooner than it was due");
    let next = Released { candidate: 4, ..released() };
    let watched = set.watch(&next, Some(&"risk".into()), Timestamp(7));
    assert_eq!((watched.released.candidate, &watched.settings), (4, &settings));
    assert_eq!(watched.watch(&next, Some(&"risk".into()), Timestamp(9)), watched, "the same again changes nothing");
    assert_eq!(watched.truth().unwrap().column, "repaid");
    let usual = monitor().truth().unwrap();
    assert_eq!((usual.dataset.as_str(), usual.column.as_str()), ("risk.core.outcomes", "result"));
}

#[test]
fn settings_that_do_not_fit_say_which() {
    let mut page = String::new();
    let truth = |dataset: &str, column: &str| Some(Truth { dataset: dataset.into(), column: column.into() });
    for (every_s, window_h, truth) in [
        (59, 24, None),
        (86_401, 24, None),
        (60, 0, None),
        (60, 745, None),
        (60, 24, truth("outcomes", "x")),
        (60, 24, truth("a.b.c", " ")),
        (60, 744, truth("a.b.c", "x")),
    ] {
        let said = Settings { truth, every_s, window_h }.check();
        writeln!(page, "{}", said.map_or_else(|why| format!("{} {why}", why.fault().1), |()| "fits".into())).unwrap();
    }
    expect![[r#"
        monitoring.settings `every_s` lies between 60 and 86400
        monitoring.settings `every_s` lies between 60 and 86400
        monitoring.settings `window_h` lies between 1 and 744
        monitoring.settings `window_h` lies between 1 and 744
        monitoring.settings `truth` names a dataset as `lake.schema.table`, not `outcomes`
        monitoring.settings `truth` names a column of 1 to 200 characters
        fits
    "#]]
    .assert_eq(&page);
}

#[test]
fn a_paused_monitor_looks_no_more_until_it_is_resumed() {
    let paused = monitor().pause(" holidays ", &ana(), NEW_YEAR).unwrap();
    assert_eq!(paused.state, MonitorState::Paused);
    assert!(paused.was_paused("holidays", &ana()) && !paused.was_paused("holidays", &"ben".into()));
    assert!(matches!(monitor().pause(" ", &ana(), NEW_YEAR), Err(crate::Error::Reason)));
    for refused in
        [paused.pause("again", &ana(), NEW_YEAR), paused.evaluate(NEW_YEAR), monitor().resume(&ana(), NEW_YEAR)]
    {
        assert_eq!(refused.unwrap_err().fault().1, "monitoring.monitor_not_possible");
    }
    let resumed = paused.resume(&"ben".into(), Timestamp(5)).unwrap();
    assert!(resumed.was_resumed(&"ben".into()) && !resumed.was_resumed(&ana()));
    assert_eq!(resumed.due_at, Timestamp(5), "at once");
    assert_eq!(resumed.evaluate(Timestamp(5)).unwrap().due_at, Timestamp(5).plus_seconds(3_600));
}

#[test]
fn the_strip_says_the_worst() {
    let (mut page, may) = (String::new(), May { evaluate: true, resume: true });
    let mut show = |monitor: &Monitor, last: Option<&Evaluation>, open: Open| {
        let next = monitor.next(last, open, &may);
        writeln!(page, "{:?} | {} | {} | {:?}", next.tone, next.text, next.reason, next.action).unwrap();
    };
    let running = Evaluation::begin("ev-1".into(), &monitor(), None, NEW_YEAR);
    let blind = running.without(EvaluationState::NotComputable, "no calls", NEW_YEAR);
    show(&monitor(), None, Open::default());
    show(&monitor(), Some(&running), Open::default());
    show(&monitor(), Some(&blind), Open::default());
    show(&monitor(), Some(&blind), Open { red: 0, amber: 2 });
    show(&monitor(), None, Open { red: 1, amber: 0 });
    show(&monitor(), None, Open { red: 1, amber: 2 });
    show(&monitor().pause("holidays", &ana(), NEW_YEAR).unwrap(), Some(&running), Open::default());
    expect![[r#"
        Idle | It was not evaluated yet. | The first evaluation is due at 2026-01-01T01:00:00Z | Some("evaluate_monitor")
        Working | It is being evaluated. | It reads what was asked and answered | None
        Bad | It could not be computed: nobody knows whether the model keeps its promises. | no calls | Some("evaluate_monitor")
        Warn | 2 amber breaches are open. | Acknowledge what is open, or correct what it says | Some("evaluate_monitor")
        Bad | 1 red breach is open. | Acknowledge what is open, or correct what it says | Some("evaluate_monitor")
        Bad | 1 red and 2 amber breaches are open. | Acknowledge what is open, or correct what it says | Some("evaluate_monitor")
        Warn | Paused: nobody looks. | ana: holidays | Some("resume_monitor")
    "#]]
    .assert_eq(&page);
}

#[tokio::test]
async fn an_endpoint_has_one_monitor_and_the_store_keeps_it() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let given = &monitor();
        db.write(|tx| async move { tx.insert_monitor(given).await }).await.unwrap();
        let other = &Monitor { id: "mo-2".into(), ..monitor() };
        let taken = db.write(|tx| async move { tx.insert_monitor(other).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let due = |at: Timestamp| {
            let db = &db;
            async move { db.read(|tx| async move { tx.list_due(at, 9).await }).await.unwrap() }
        };
        assert_eq!((due(NEW_YEAR).await.len(), due(given.due_at).await), (0, vec!["mo-1".to_owned()]));
        let truth = Some(Truth { dataset: "a.b.c".into(), column: "x".into() });
        let changed = given.set(&Settings { truth, every_s: 60, window_h: 1 }, NEW_YEAR).unwrap();
        let changed = &changed.captured(&"a.b.capture".into(), NEW_YEAR).pause("why", &ana(), NEW_YEAR).unwrap();
        let saved = db.write(|tx| async move { tx.save_monitor(changed.clone()).await }).await.unwrap();
        let found = db.write(|tx| async move { tx.lock_monitor_of("prod.credit").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(&saved));
        let stale = db.write(|tx| async move { tx.save_monitor(changed.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        assert_eq!(due(given.due_at).await.len(), 0, "it is paused");
        let there = db.read(|tx| async move { tx.list_monitors_in(&"credit-risk/prod".into()).await }).await.unwrap();
        assert_eq!(there, [saved]);
    })
    .await;
}
