use super::*;
use crate::cache::Key;
use base::Timestamp;
use expect_test::expect;
use proptest::prelude::*;

fn step(state: StepState) -> Step {
    crate::tests::step("fit", state)
}

type Verb = (&'static str, fn(&Step) -> Option<Step>);
const NOW: Timestamp = Timestamp(1);
const VERBS: [Verb; 8] = [
    ("release", |s| s.release().ok()),
    ("dispatch", |s| s.dispatch(Key::default(), vec![], NOW).ok()),
    ("reuse", |s| s.reuse(Key::default(), vec![], "r-0".into(), Outputs::new(), NOW).ok()),
    ("succeed", |s| s.succeed(Outputs::new(), NOW).ok()),
    ("retry", |s| s.retry("lost".into(), NOW).ok()),
    ("fail", |s| s.fail("exit 1".into(), NOW).ok()),
    ("skip", |s| s.skip("`prepare` failed".into(), NOW).ok()),
    ("cancel", |s| s.cancel(NOW).ok()),
];

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for &state in StepState::ALL {
        let fits: Vec<_> = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&step(state))?.state))).collect();
        let mut verbs: Vec<&str> = fits.iter().map(|(verb, _)| *verb).collect();
        let mut said = state.possible().to_vec();
        verbs.sort_unstable();
        said.sort_unstable();
        assert_eq!(verbs, said, "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
    }
    expect![[r#"
        waiting: release → ready, skip → skipped, cancel → cancelled
        ready: dispatch → running, reuse → succeeded, fail → failed, skip → skipped, cancel → cancelled
        running: succeed → succeeded, retry → ready, fail → failed, cancel → cancelled
        succeeded: final
        failed: final
        skipped: final
        cancelled: final
    "#]]
    .assert_eq(&table);
}

proptest! {
    #[test]
    fn an_end_stays_and_tries_only_grow(order in prop::collection::vec(0..VERBS.len(), 0..20)) {
        let mut now = step(StepState::Waiting);
        for n in order {
            let Some(next) = VERBS[n].1(&now) else { continue };
            prop_assert!(!now.has_ended(), "{} left {}", VERBS[n].0, now.state);
            prop_assert!(next.tries >= now.tries);
            prop_assert_eq!(next.has_ended(), next.ended_at.is_some());
            prop_assert!(next.state != StepState::Running || next.tries > 0);
            now = next;
        }
    }
}
