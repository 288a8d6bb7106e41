use super::store::RolloutStore;
use super::{Rollout, RolloutState};
use crate::signature::{Datatype, Signature, Tensor};
use base::{Digest, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

pub(crate) fn rollout(id: &str, state: RolloutState) -> Rollout {
    let tensor =
        |name: &str| Tensor { name: name.into(), datatype: Datatype::Fp32, shape: vec![-1, 1], values: Vec::new() };
    Rollout {
        id: id.into(),
        endpoint: "prod.credit".into(),
        candidate: Digest::of("candidate"),
        model: "credit".into(),
        version: 3,
        onnx: Digest::of("onnx"),
        signature: Signature { inputs: vec![tensor("x")], outputs: vec![tensor("y")], columns: vec!["amount".into()] },
        datasets: vec!["retail.core.customers".into()],
        state,
        reason: matches!(state, RolloutState::Failed).then(|| "why".into()),
        back_to: None,
        started_by: "ana".into(),
        created_at: NEW_YEAR,
        changed_at: NEW_YEAR,
        served_at: None,
        revision: 0,
    }
}

const VERBS: [&str; 6] = ["load", "make_ready", "serve", "drain", "retire", "fail"];

fn apply(rollout: &Rollout, verb: &str, now: Timestamp) -> Result<Rollout, super::NotPossible> {
    match verb {
        "load" => rollout.load(now),
        "make_ready" => rollout.make_ready(now),
        "serve" => rollout.serve(now),
        "drain" => rollout.drain(now),
        "retire" => rollout.retire(now),
        "fail" => rollout.fail("why", now),
        other => unreachable!("{other}"),
    }
}

#[test]
fn going_back_goes_on_backwards_and_never_to_what_was_left() {
    // When each began to serve, which version, and what it brought back; the last one serves.
    let history = |served: &[(i64, Option<usize>)]| {
        let mut known: Vec<Rollout> = Vec::new();
        for (number, (version, back_to)) in served.iter().enumerate() {
            let at = NEW_YEAR.plus_seconds(i64::try_from(number).unwrap());
            let serves = number + 1 == served.len();
            known.push(Rollout {
                candidate: Digest::of(format!("candidate {version}")),
                version: *version,
                back_to: back_to.map(|earlier| known[earlier].id.clone()),
                created_at: at,
                served_at: Some(at),
                ..rollout(&format!("ro-{number}"), if serves { RolloutState::Serving } else { RolloutState::Retired })
            });
        }
        known.reverse();
        super::before(&known).map(|found| found.id.0.clone())
    };
    let is = |number: usize| Some(format!("ro-{number}"));
    assert_eq!(history(&[]), None);
    assert_eq!(history(&[(1, None)]), None);
    assert_eq!(history(&[(1, None), (2, None)]), is(0));
    assert_eq!(history(&[(1, None), (2, None), (1, Some(0))]), None, "2 was left");
    assert_eq!(history(&[(1, None), (2, None), (3, None), (2, Some(1))]), is(0), "3 was left");
    assert_eq!(history(&[(1, None), (2, None), (3, None), (2, Some(1)), (1, Some(0))]), None);
    assert_eq!(history(&[(1, None), (2, None), (1, Some(0)), (3, None)]), is(2), "what served before 3");
    assert_eq!(history(&[(1, None), (2, None), (1, Some(0)), (3, None), (1, Some(2))]), None);
    assert_eq!(history(&[(1, None), (2, None), (1, Some(0)), (2, None)]), is(2), "deployed anew");
}

#[test]
fn a_rollback_is_known_again_while_it_lives() {
    let asked =
        |state| Rollout { back_to: Some("ro-0".into()), reason: Some("it drifts".into()), ..rollout("ro-1", state) };
    let same = |rollout: &Rollout, by: &str, reason: &str| rollout.is_rollback_asked_by(&by.into(), reason);
    for state in RolloutState::ALL {
        let lives = state.is_moving() || *state == RolloutState::Serving;
        assert_eq!(same(&asked(*state), "ana", "it drifts"), lives, "{state}");
    }
    let serving = asked(RolloutState::Serving);
    assert!(!same(&serving, "ben", "it drifts") && !same(&serving, "ana", "it is slow"));
    assert!(!same(&Rollout { back_to: None, ..serving }, "ana", "it drifts"), "a deployment is none");
    let long = "x".repeat(2_000);
    assert!(same(&Rollout { reason: Some(super::kept(&long)), ..asked(RolloutState::Ready) }, "ana", &long));
}

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    for state in RolloutState::ALL {
        let given = rollout("ro-1", *state);
        let after = |verb: &str| apply(&given, verb, NEW_YEAR).ok();
        let named: Vec<&str> = VERBS.into_iter().filter(|verb| after(verb).is_some()).collect();
        assert_eq!(named, state.possible(), "the page of states says what fits");
        let fits: Vec<String> =
            VERBS.iter().filter_map(|verb| Some(format!("{verb} → {}", after(verb)?.state))).collect();
        writeln!(page, "{state}: {}", if fits.is_empty() { "–".to_owned() } else { fits.join(", ") }).unwrap();
    }
    expect![[r#"
        created: load → loading, fail → failed
        loading: make_ready → ready, fail → failed
        ready: serve → serving, fail → failed
        serving: drain → draining
        draining: retire → retired
        retired: –
        failed: –
    "#]]
    .assert_eq(&page);
    let refused = apply(&rollout("ro-1", RolloutState::Serving), "fail", NEW_YEAR).unwrap_err();
    assert_eq!(refused.to_string(), "rollout `ro-1` is `serving`: `fail` is not possible");
}

proptest! {
    /// In whatever order it happens: what served was ready before, what failed says why and never served.
    #[test]
    fn what_fails_never_served(verbs in proptest::collection::vec(0..6_usize, 0..20)) {
        let mut rollout = rollout("ro-1", RolloutState::Created);
        for (step, verb) in (1..).zip(verbs) {
            rollout = apply(&rollout, VERBS[verb], Timestamp(step)).unwrap_or(rollout);
            let served = matches!(rollout.state, RolloutState::Serving | RolloutState::Draining | RolloutState::Retired);
            prop_assert_eq!(served, rollout.served_at.is_some());
            prop_assert_eq!(rollout.state == RolloutState::Failed, rollout.reason.is_some());
        }
    }
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given_and_one_moves_and_one_serves() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        for (number, state) in RolloutState::ALL.iter().enumerate() {
            let given = &Rollout { endpoint: format!("e.{number}"), ..rollout(&format!("ro-{number}"), *state) };
            db.write(|tx| async move { tx.insert_rollout(given).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_rollout(&given.id).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(given));
            let of = db.read(|tx| async move { tx.list_rollouts_of(&given.endpoint, 9).await }).await.unwrap();
            assert_eq!(of.len(), 1);
            let same = db.read(|tx| async move { tx.list_rollouts_for(&given.candidate, 99).await }).await.unwrap();
            assert!(same.contains(given), "by what it serves");
            // A second that moves, or serves, beside one that does.
            for other in [RolloutState::Created, RolloutState::Loading, RolloutState::Ready, RolloutState::Serving] {
                let second = &Rollout { endpoint: given.endpoint.clone(), ..rollout("ro-second", other) };
                let done = db.write(|tx| async move { tx.insert_rollout(second).await }).await;
                let both = (state.is_moving() && other.is_moving()) || (*state == other);
                assert_eq!(matches!(done, Err(db::Error::Taken)), both, "{other} beside {state}: {done:?}");
                if done.is_ok() {
                    db.write(|tx| async move {
                        let sql = "DELETE FROM rollouts WHERE id = 'ro-second'";
                        db::sql::run(&tx, sql, Vec::new()).await
                    })
                    .await
                    .unwrap();
                }
            }
        }
        let open = db.read(|tx| async move { tx.list_open_rollouts(99).await }).await.unwrap();
        assert_eq!(open.len(), 5);
        let changed = &Rollout { served_at: Some(Timestamp(9)), changed_at: Timestamp(9), ..open[0].clone() };
        let saved = db.write(|tx| async move { tx.save_rollout(changed.clone()).await }).await.unwrap();
        let locked = db.write(|tx| async move { tx.lock_rollout(&changed.id).await }).await.unwrap();
        assert_eq!(locked, Some(saved));
        let stale = db.write(|tx| async move { tx.save_rollout(changed.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        let silent = &Rollout { reason: None, endpoint: "e.x".into(), ..rollout("ro-x", RolloutState::Failed) };
        db.write(|tx| async move { tx.insert_rollout(silent).await }).await.unwrap_err();
    })
    .await;
}
