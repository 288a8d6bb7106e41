use super::*;
use base::Timestamp;
use expect_test::expect;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1);

use crate::tests::run;

type Verb = (&'static str, fn(&Run) -> Option<Run>);
const VERBS: [Verb; 3] = [
    ("begin", |r| r.begin(NOW).ok()),
    ("cancel", |r| r.cancel(&"ana".into(), NOW).ok()),
    ("finish", |r| r.finish(NOW).ok()),
];

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for &state in RunState::ALL {
        let fits: Vec<_> = VERBS.iter().filter_map(|(verb, go)| Some((*verb, go(&run(state))?.state))).collect();
        let verbs: Vec<&str> = fits.iter().map(|(verb, _)| *verb).collect();
        assert_eq!(verbs, state.possible(), "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
    }
    expect![[r#"
        queued: begin → running, cancel → cancelling
        running: cancel → cancelling, finish → succeeded
        cancelling: finish → cancelled
        succeeded: final
        failed: final
        cancelled: final
    "#]]
    .assert_eq(&table);
}

#[test]
fn one_failed_step_fails_the_run_and_a_cancelled_one_never_looks_like_success() {
    let failed = Run { failed_steps: 1, ..run(RunState::Running) };
    assert_eq!(failed.finish(NOW).unwrap().state, RunState::Failed);
    let cancelled = failed.cancel(&"ana".into(), NOW).unwrap();
    assert_eq!(cancelled.finish(NOW).unwrap().state, RunState::Cancelled);
    let broken = Run { reason: Some("no such commit".into()), ..run(RunState::Running) };
    assert_eq!(broken.finish(NOW).unwrap().state, RunState::Failed);
}

proptest! {
    #[test]
    fn an_end_stays_and_what_was_cancelled_does_not_succeed(order in prop::collection::vec(0..VERBS.len(), 0..12)) {
        let mut now = run(RunState::Queued);
        for n in order {
            let Some(next) = VERBS[n].1(&now) else { continue };
            prop_assert!(!now.has_ended());
            prop_assert!(next.cancelled_by.is_none() || next.state != RunState::Succeeded);
            prop_assert_eq!(next.has_ended(), next.ended_at.is_some());
            prop_assert_eq!(next.next(true).action.is_some(), next.cancel(&"ana".into(), NOW).is_ok());
            now = next;
        }
    }
}
