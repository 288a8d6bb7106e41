use super::*;
use crate::engine::EngineRef;
use crate::protocol::{Outcome, Report, Runner};
use base::Timestamp;
use expect_test::expect;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1);

fn attempt(state: AttemptState) -> Attempt {
    crate::tests::attempt("a-1", state)
}

fn runner(pid: u32) -> Runner {
    Runner { host: "h".into(), pid, started_at: 7, boot_id: "b".into() }
}

fn report(fence: i64, outcome: Outcome) -> Report {
    let (exit_code, detail) = (None, None);
    Report { fence, outcome, exit_code, detail, outputs: Default::default(), usage: Default::default() }
}

type Verb = (&'static str, fn(&Attempt) -> Option<Attempt>);
const VERBS: [Verb; 8] = [
    ("submit", |a| a.submit(EngineRef("pid".into())).ok()),
    ("claim", |a| a.claim(&runner(1), NOW).ok()),
    ("beat", |a| a.beat(a.fence, NOW).ok()),
    ("report", |a| a.report(&report(a.fence, Outcome::User), NOW).ok()),
    ("supersede", |a| {
        a.report(&report(a.fence, Outcome::Succeeded), NOW).ok().filter(|a| a.state == AttemptState::Superseded)
    }),
    ("fail", |a| a.fail(FailureKind::Infrastructure, "no".into(), NOW).ok()),
    ("lose", |a| a.lose("silent".into(), NOW).ok()),
    ("cancel", |a| a.cancel(NOW).ok()),
];

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for &state in AttemptState::ALL {
        let fits: Vec<_> = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&attempt(state))?.state))).collect();
        let mut verbs: Vec<&str> = fits.iter().map(|(verb, _)| *verb).collect();
        let mut said = state.possible().to_vec();
        verbs.sort_unstable();
        said.sort_unstable();
        assert_eq!(verbs, said, "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
    }
    expect![[r#"
        planned: submit → submitted, claim → claimed, fail → failed, lose → lost, cancel → cancelled
        submitted: claim → claimed, fail → failed, lose → lost, cancel → cancelled
        claimed: claim → claimed, beat → running, report → failed, lose → lost, cancel → cancelled
        running: claim → claimed, beat → running, report → failed, lose → lost, cancel → cancelled
        succeeded: final
        failed: final
        lost: supersede → superseded
        cancelled: final
        superseded: final
    "#]]
    .assert_eq(&table);
}

#[test]
fn a_second_runner_silences_the_first_and_a_repeat_changes_nothing() {
    let first = attempt(AttemptState::Submitted).claim(&runner(1), NOW).unwrap();
    assert_eq!(first.claim(&runner(1), Timestamp(9)).unwrap(), first);
    let second = first.claim(&runner(2), NOW).unwrap();
    assert!(second.fence > first.fence);
    for late in [Outcome::Succeeded, Outcome::User] {
        assert!(matches!(second.report(&report(first.fence, late), NOW), Err(Error::StaleFence(_))));
    }
    assert_eq!(second.report(&report(second.fence, Outcome::Succeeded), NOW).unwrap().state, AttemptState::Succeeded);
}

proptest! {
    #[test]
    fn the_fence_only_grows_and_an_old_one_changes_nothing(order in prop::collection::vec((0..VERBS.len(), 1_u32..4, 0_i64..6), 0..30)) {
        let mut now = attempt(AttemptState::Planned);
        for (verb, pid, fence) in order {
            if fence < now.fence {
                prop_assert!(now.beat(fence, NOW).is_err());
                prop_assert!(now.report(&report(fence, Outcome::Succeeded), NOW).is_err());
            }
            let next = if VERBS[verb].0 == "claim" { now.claim(&runner(pid), NOW).ok() } else { VERBS[verb].1(&now) };
            let Some(next) = next else { continue };
            prop_assert!(next.fence >= now.fence);
            prop_assert!(now.is_open() || next.state == AttemptState::Superseded, "{} left {}", VERBS[verb].0, now.state);
            prop_assert!(next.runner == now.runner || next.fence > now.fence, "another runner has another fence");
            now = next;
        }
    }
}
