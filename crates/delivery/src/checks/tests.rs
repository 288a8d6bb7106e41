use super::store::CheckStore;
use super::{Check, CheckName, CheckState, ColumnVerdict, Finding, Report, Standing, Verdict, run, standing};
use base::{ProjectId, RunId, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn report(verdict: Verdict) -> Report {
    let finding =
        Finding { path: "src/a.py".into(), line: Some(3), column: Some(80), code: "E501".into(), text: "x".into() };
    let findings = if verdict == Verdict::Failed { vec![finding] } else { vec![] };
    Report { verdict, count: findings.len() as u64, findings, columns: vec![], note: "a note".into() }
}

fn check(name: CheckName, state: CheckState) -> Check {
    let report = match state {
        CheckState::Passed => Some(report(Verdict::Passed)),
        CheckState::Failed => Some(report(Verdict::Failed)),
        _ => None,
    };
    let reason = (state == CheckState::Error).then(|| "no room".to_owned());
    Check { state, report, reason, ..Check::queue(&"p".into(), "c1", name, &"ana".into(), NEW_YEAR) }
}

type Verb = (&'static str, fn(&Check) -> Option<Check>);
const VERBS: [Verb; 5] = [
    ("start", |check| check.start(Some("r-1".into()), NEW_YEAR).ok()),
    ("judge", |check| check.judge(report(Verdict::Passed), NEW_YEAR).ok()),
    ("judge", |check| check.judge(report(Verdict::Failed), NEW_YEAR).ok()),
    ("give_up", |check| check.give_up("why".into(), NEW_YEAR).ok()),
    ("begin_anew", |check| check.begin_anew(&"ben".into()).ok()),
];

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    for &state in CheckState::ALL {
        let from = check(CheckName::Unit, state);
        let fits: Vec<_> = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&from)?.state))).collect();
        let mut verbs: Vec<&str> = fits.iter().map(|(verb, _)| *verb).collect();
        verbs.dedup();
        assert_eq!(verbs, state.possible(), "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        writeln!(page, "{state}: {}", if cells.is_empty() { "final".to_owned() } else { cells.join(", ") }).unwrap();
    }
    expect![[r#"
        queued: start → running, give_up → error
        running: judge → passed, judge → failed, give_up → error
        passed: final
        failed: begin_anew → queued
        error: begin_anew → queued
    "#]]
    .assert_eq(&page);
    let style = check(CheckName::Lint, CheckState::Failed);
    assert!(style.begin_anew(&"ben".into()).is_err(), "the same text has the same style");
}

proptest! {
    /// In whatever order things happen: passed stays, and verdicts rest on a report; an error has a reason.
    #[test]
    fn a_verdict_rests_on_a_report_and_passed_stays(order in prop::collection::vec(0..VERBS.len(), 0..20)) {
        let mut now = check(CheckName::Unit, CheckState::Queued);
        for n in order {
            let Some(next) = VERBS[n].1(&now) else { continue };
            prop_assert!(now.state != CheckState::Passed, "left {}", now.state);
            let judged = matches!(next.state, CheckState::Passed | CheckState::Failed);
            prop_assert_eq!(judged, next.report.is_some());
            prop_assert_eq!(next.state == CheckState::Error, next.reason.is_some());
            prop_assert_eq!(judged || next.state == CheckState::Error, next.ended_at.is_some());
            now = next;
        }
    }
}

#[test]
fn a_commit_is_green_only_when_every_check_passed() {
    let of = |states: &[CheckState]| -> Vec<Check> {
        CheckName::ALL.into_iter().zip(states).map(|(name, state)| check(name, *state)).collect()
    };
    use CheckState::{Error, Failed, Passed, Queued, Running};
    assert_eq!(standing(&of(&[Passed, Passed, Passed])), Standing::Green);
    assert_eq!(standing(&of(&[Passed, Passed])), Standing::Unknown);
    assert_eq!(standing(&[]), Standing::Unknown);
    for open in [Queued, Running] {
        assert_eq!(standing(&of(&[Passed, open, Passed])), Standing::Open);
    }
    let red = standing(&of(&[Failed, Running, Error]));
    let said = ["lint: 1 finding".to_owned(), "contract: it could not be judged (no room)".to_owned()];
    assert_eq!(red, Standing::Red(said.to_vec()));
    assert_eq!(red.next(true).action, None);
    assert_eq!(Standing::Green.next(true).action, Some("merge_branch"));
    assert_eq!(Standing::Green.next(false).action, None);
    let next = check(CheckName::Lint, Failed).next();
    assert_eq!((next.text.as_str(), next.reason.as_str()), ("1 finding.", "first in `src/a.py`, line 3: x"));
}

#[test]
fn a_report_is_bounded_and_plain() {
    let finding =
        serde_json::json!({"path": "a\u{1b}[31m", "line": 1, "column": null, "code": "E", "text": "x".repeat(9_000)});
    let findings = vec![finding; 1_500];
    let text = serde_json::json!({"verdict": "failed", "count": 1_500, "findings": findings, "note": "n"}).to_string();
    let report = Report::read(text.as_bytes()).unwrap();
    assert_eq!((report.count, report.findings.len(), report.findings[0].text.len()), (1_500, 1_000, 500));
    assert_eq!(report.findings[0].path, "a[31m");
    for wrong in [&b"{}"[..], b"", br#"{"verdict": "great", "count": 0}"#] {
        assert_eq!(Report::read(wrong), None);
    }
}

#[test]
fn what_judges_is_ours_and_only_the_tests_are_theirs() {
    let pipeline = run::pipeline().unwrap();
    let steps: Vec<(&str, bool, bool)> =
        pipeline.steps.iter().map(|step| (step.name.as_str(), step.is_platform(), step.cache)).collect();
    assert_eq!(steps, [("lint", true, true), ("tests", false, false), ("unit", true, true)]);
    assert!(runs::Pipeline::from_json(&pipeline.to_json()).is_err(), "no repository can write it");
}

#[tokio::test]
async fn checks_belong_to_a_commit_and_are_found_by_their_run() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let (project, run) = (&ProjectId::from("p"), &RunId::from("r-1"));
        for (name, commit) in [(CheckName::Contract, "c1"), (CheckName::Lint, "c1"), (CheckName::Lint, "c2")] {
            let new = &Check { commit: commit.into(), ..check(name, CheckState::Queued) };
            db.write(|tx| async move { tx.insert_check(new).await }).await.unwrap();
            let again = db.write(|tx| async move { tx.insert_check(new).await }).await;
            assert!(matches!(again, Err(db::Error::Taken)), "{again:?}");
        }
        let found = db.read(|tx| async move { tx.list_checks(project, "c1").await }).await.unwrap();
        assert_eq!(found.iter().map(|check| check.name).collect::<Vec<_>>(), [CheckName::Lint, CheckName::Contract]);
        let queued = db.read(|tx| async move { tx.list_queued(NEW_YEAR, 9).await }).await.unwrap();
        assert_eq!(queued, [(project.clone(), "c1".to_owned()), (project.clone(), "c2".to_owned())]);
        assert_eq!(db.read(|tx| async move { tx.list_queued(Timestamp(0), 9).await }).await.unwrap(), []);
        let started = &found[0].start(Some(run.clone()), NEW_YEAR).unwrap();
        let saved = &db.write(|tx| async move { tx.save_check(started.clone()).await }).await.unwrap();
        let judging = db.read(|tx| async move { tx.list_judging(NEW_YEAR, 9).await }).await.unwrap();
        assert_eq!(judging, std::slice::from_ref(run));
        let verdict = ColumnVerdict {
            table: "t".into(),
            column: Some("age".into()),
            verdict: Verdict::NotComputable,
            reason: "hidden".into(),
        };
        let judged = &saved.judge(Report { columns: vec![verdict], ..report(Verdict::Failed) }, NEW_YEAR).unwrap();
        let judged = db.write(|tx| async move { tx.save_check(judged.clone()).await }).await.unwrap();
        assert_eq!(db.read(|tx| async move { tx.list_checks_of(run).await }).await.unwrap(), [judged]);
        let stale = db.write(|tx| async move { tx.save_check(started.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        for &state in CheckState::ALL {
            let one = &Check { commit: format!("s-{state}"), ..check(CheckName::Unit, state) };
            db.write(|tx| async move { tx.insert_check(one).await }).await.unwrap();
        }
    })
    .await;
}
