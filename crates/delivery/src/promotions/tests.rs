use super::model::Decider;
use super::store::PromotionStore;
use super::{Approval, Decision, Error, Facts, GateState, Promotion, PromotionKind, PromotionState, facts, gates};
use crate::authors::{Author, Authors};
use crate::candidates::tests::candidate;
use crate::gates::{GatePolicy, GatePolicyState, Needed, Terms};
use crate::versions::ReleasedState;
use access::{Right, Role};
use base::{Digest, Fault, PersonId, ProjectId, Timestamp};
use expect_test::expect;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

const ASKED: Timestamp = Timestamp(1_000);

fn authors(known: &[&str], unmapped: &[&str]) -> Authors {
    let author = |name: &&str| Author { person: (*name).into(), name: (*name).into(), why: "pushed it".into() };
    let unmapped = unmapped.iter().map(|name| (*name).to_owned()).collect();
    Authors { known: known.iter().map(author).collect(), unmapped, since: None, policies: vec![0, 0] }
}

fn given(id: &str, state: PromotionState) -> Promotion {
    Promotion {
        id: id.into(),
        project: "credit-risk".into(),
        environment: "prod".into(),
        team: Some("risk".into()),
        endpoint: "prod.credit-risk".into(),
        candidate: 3,
        digest: Digest::of("three"),
        kind: PromotionKind::Release,
        state,
        reason: None,
        policy: 0,
        asked_by: "ben".into(),
        asked_at: Some(ASKED),
        authors: Some(authors(&["ana"], &[])),
        rollout: None,
        run: None,
        answered_before: None,
        bakes_until: None,
        due_at: None,
        created_at: Timestamp(1),
        changed_at: Timestamp(1),
        live_at: None,
        ended_at: None,
        approvals: Vec::new(),
        revision: 1,
    }
}

fn right(holder: &str, role: Role, given_by: &str, at: i64) -> Right {
    Right { holder: holder.into(), role: Some(role), given_by: given_by.into(), given_at: Timestamp(at) }
}

fn decider(person: &str, rights: Vec<Right>) -> Decider {
    Decider { person: person.into(), rights, link_by: None, asked: vec![Role::ModelValidator] }
}

fn vera() -> Decider {
    decider("vera", vec![right("vera", Role::ModelValidator, "pat", 5)])
}

fn facts_for(approvals: Vec<Needed>, holders: &[Right]) -> Facts {
    let mut held: BTreeMap<Role, Vec<Right>> = BTreeMap::new();
    for right in holders {
        held.entry(right.role.unwrap()).or_default().push(right.clone());
    }
    Facts {
        now: NEW_YEAR,
        candidate: candidate(3),
        policy: GatePolicy {
            project: "credit-risk".into(),
            environment: "prod".into(),
            team: None,
            version: 0,
            state: GatePolicyState::InForce,
            terms: Terms { approvals, ..Terms::usual("prod") },
            by: "lockgate".into(),
            at: Timestamp(0),
        },
        checks: Vec::new(),
        in_the_way: Vec::new(),
        verified_before: Some(Ok(())),
        version: ReleasedState::Registered,
        was_suspended_here: false,
        grant_ended: None,
        holds: Vec::new(),
        live: None,
        is_stopped: false,
        moving: None,
        holders: held,
    }
}

fn one_validator() -> Vec<Needed> {
    vec![Needed { role: Role::ModelValidator, count: 1 }]
}

/// Every verb that people and the server do to a promotion, with what it came to.
fn tried(promotion: &Promotion) -> Vec<(&'static str, Option<PromotionState>)> {
    let open = gates(PromotionKind::Rollback, None, &facts_for(Vec::new(), &[]));
    let state = |after: super::Result<Promotion>| after.ok().map(|after| after.state);
    let now = NEW_YEAR;
    vec![
        ("check", state(promotion.check(&"ben".into(), 0, now))),
        ("await_approval", state(promotion.await_approval(now))),
        ("decide", state(promotion.decide(&vera(), Decision::Rejected, Some("no"), now))),
        ("deploy", state(promotion.deploy(&open, "ro-1", now))),
        ("verify", state(promotion.verify(600, now))),
        ("go_live", state(promotion.go_live(now))),
        ("supersede", state(promotion.supersede(now))),
        ("fail", state(promotion.fail("why", now))),
        ("roll_back", state(promotion.roll_back("why", now))),
        ("abandon", state(promotion.abandon("why", now))),
    ]
}

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    for &state in PromotionState::ALL {
        let fits: Vec<_> =
            tried(&given("pm-1", state)).into_iter().filter_map(|(verb, to)| Some((verb, to?))).collect();
        let (mut verbs, mut said): (Vec<&str>, Vec<&str>) =
            (fits.iter().map(|(verb, _)| *verb).collect(), state.possible().to_vec());
        verbs.sort_unstable();
        said.sort_unstable();
        assert_eq!(verbs, said, "what {state} says of itself");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        writeln!(page, "{state}: {}", if cells.is_empty() { "final".to_owned() } else { cells.join(", ") }).unwrap();
    }
    expect![[r#"
        offered: check → checking, fail → failed, abandon → abandoned
        checking: await_approval → awaiting_approval, fail → failed, abandon → abandoned
        awaiting_approval: decide → rejected, deploy → deploying, fail → failed, abandon → abandoned
        deploying: verify → verifying, fail → failed, abandon → abandoned
        verifying: go_live → live, fail → failed, roll_back → rolled_back, abandon → abandoned
        live: supersede → superseded, roll_back → rolled_back
        superseded: final
        rejected: final
        failed: final
        abandoned: final
        rolled_back: final
    "#]]
    .assert_eq(&page);
}

#[test]
fn who_had_a_hand_in_it_or_got_the_right_too_late_does_not_decide() {
    let mut page = String::new();
    let waits = given("pm-1", PromotionState::AwaitingApproval);
    let mut ask = |what: &str, promotion: &Promotion, decider: &Decider| {
        let said = promotion
            .may_decide(decider)
            .map_or_else(|error| format!("{} {error}", error.fault().1), |()| "may".into());
        writeln!(page, "{what}: {said}").unwrap();
    };
    let with = |person: &str, by: &str, at| decider(person, vec![right(person, Role::ModelValidator, by, at)]);
    ask("a validator", &waits, &vera());
    ask("nobody of the role", &waits, &decider("pat", Vec::new()));
    ask("an author", &waits, &with("ana", "pat", 5));
    ask("who asked for it", &waits, &with("ben", "pat", 5));
    ask("who gave it to themselves", &waits, &with("pat", "pat", 5));
    ask("who got it afterwards", &waits, &with("vera", "pat", 1_000));
    ask("let in by an author", &waits, &Decider { link_by: Some("ana".into()), ..vera() });
    ask("let in by another", &waits, &Decider { link_by: Some("pat".into()), ..vera() });
    let odd = Promotion { authors: Some(authors(&["ana"], &["Eve <eve@x>"])), ..waits.clone() };
    ask("an author nobody knows", &odd, &vera());
    let twice = waits.decide(&vera(), Decision::Approved, None, NEW_YEAR).unwrap();
    ask("twice", &twice, &vera());
    ask("under another policy anew", &twice.under(1), &vera());
    ask("too early", &given("pm-1", PromotionState::Checking), &vera());
    expect![[r#"
        a validator: may
        nobody of the role: delivery.role_not_asked this gate asks for `model_validator`, and `pat` is none
        an author: delivery.author_decides `ana` had a hand in it: pushed it
        who asked for it: delivery.author_decides `ben` had a hand in it: asked for this promotion
        who gave it to themselves: delivery.right_not_independent `pat` got this right from `pat` at 1970-01-01T00:00:00.000005Z
        who got it afterwards: delivery.right_not_independent `vera` got this right from `pat` at 1970-01-01T00:00:00.001Z
        let in by an author: delivery.link_by_author `vera` came in by a one-time link that `ana` made, who had a hand in it
        let in by another: may
        an author nobody knows: delivery.author_unmapped `Eve <eve@x>` belongs to nobody on record
        twice: delivery.already_decided `vera` has decided promotion `pm-1` already
        under another policy anew: may
        too early: delivery.promotion_not_possible promotion `pm-1` is `checking`: `decide` is not possible
    "#]]
    .assert_eq(&page);
    assert!(matches!(waits.decide(&vera(), Decision::Rejected, Some(" "), NEW_YEAR), Err(Error::Reason)));
}

fn gate_of(promotion: &Promotion, facts: &Facts, name: &str) -> (GateState, String) {
    let found = gates(promotion.kind, Some(promotion), facts).into_iter().find(|gate| gate.name == name).unwrap();
    (found.state, found.note)
}

#[test]
fn an_approval_counts_for_this_content_this_policy_and_while_its_right_stands() {
    let facts = facts_for(one_validator(), &[right("vera", Role::ModelValidator, "pat", 5)]);
    let waits = given("pm-1", PromotionState::AwaitingApproval);
    let approved = waits.decide(&vera(), Decision::Approved, Some("fine"), NEW_YEAR).unwrap();
    let state = |promotion: &Promotion, facts: &Facts| gate_of(promotion, facts, "approvals").0;
    assert_eq!(state(&waits, &facts), GateState::Open);
    assert_eq!(state(&approved, &facts), GateState::Passed);
    assert_eq!(state(&approved.under(1), &facts), GateState::Open, "the policy was changed");
    let other = Promotion { digest: Digest::of("four"), ..approved.clone() };
    assert_eq!(state(&other, &facts), GateState::Open, "the content is another");
    assert_eq!(state(&approved, &facts_for(one_validator(), &[])), GateState::Open, "the right was taken away");
    let hand = Promotion { authors: Some(authors(&["vera"], &[])), ..approved.clone() };
    assert_eq!(state(&hand, &facts), GateState::Open, "something older is live, and Vera wrote what followed");
    assert!(approved.deploy(&gates(PromotionKind::Release, Some(&approved), &facts), "ro-1", NEW_YEAR).is_ok());
    let early = waits.deploy(&gates(PromotionKind::Release, Some(&waits), &facts), "ro-1", NEW_YEAR).unwrap_err();
    assert_eq!(early.to_string(), "a gate is closed: approvals: 0 of 1: 1 × model_validator");
}

#[test]
fn one_person_counts_for_one_role() {
    let needed = vec![Needed { role: Role::ModelValidator, count: 1 }, Needed { role: Role::ModelOwner, count: 1 }];
    let both = [right("vera", Role::ModelValidator, "pat", 5), right("vera", Role::ModelOwner, "pat", 5)];
    let mut holders = both.to_vec();
    holders.push(right("olga", Role::ModelValidator, "pat", 5));
    let facts = facts_for(needed, &holders);
    let waits = given("pm-1", PromotionState::AwaitingApproval);
    let one = waits.decide(&decider("vera", both.to_vec()), Decision::Approved, None, NEW_YEAR).unwrap();
    assert_eq!(
        gate_of(&one, &facts, "approvals"),
        (GateState::Open, "1 of 2: 1 × model_validator, 1 × model_owner".into())
    );
    let olga = decider("olga", vec![holders[2].clone()]);
    let two = one.decide(&olga, Decision::Approved, None, NEW_YEAR).unwrap();
    assert_eq!(gate_of(&two, &facts, "approvals").0, GateState::Passed, "Vera gives way to who can only validate");
}

#[test]
fn a_rollback_waits_for_nobody_but_brings_back_nothing_suspended() {
    let mut facts = facts_for(one_validator(), &[]);
    facts.in_the_way = vec!["quality".into()];
    let names = |kind, facts: &Facts| {
        let all = gates(kind, None, facts);
        all.iter().filter(|gate| gate.blocks_deploying()).map(|gate| gate.name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(PromotionKind::Rollback, &facts), "");
    assert_eq!(names(PromotionKind::Release, &facts), "checks approvals");
    facts.version = ReleasedState::Suspended;
    facts.verified_before = Some(Err("it was not live in preprod yet".into()));
    facts.grant_ended = Some("g-1".into());
    assert_eq!(names(PromotionKind::Rollback, &facts), "version grants", "what nobody granted any more does not serve");
    assert_eq!(names(PromotionKind::Release, &facts), "checks previous_environment version grants approvals");
    (facts.live, facts.is_stopped) = (Some(given("pm-0", PromotionState::Live)), true);
    assert_eq!(names(PromotionKind::Resume, &facts), "checks previous_environment grants approvals");
}

#[test]
fn what_is_resumed_is_live_and_stopped_and_decided_in_prod() {
    let mut facts = facts_for(one_validator(), &[]);
    let waits = Promotion { kind: PromotionKind::Resume, ..given("pm-1", PromotionState::AwaitingApproval) };
    let live = |candidate| Some(Promotion { candidate, ..given("pm-0", PromotionState::Live) });
    let version = |facts: &Facts| gate_of(&waits, facts, "version").0;
    facts.version = ReleasedState::Suspended;
    (facts.live, facts.is_stopped) = (live(3), true);
    assert_eq!(version(&facts), GateState::Passed);
    facts.is_stopped = false;
    assert_eq!(version(&facts), GateState::Failed, "it was started by what went live meanwhile");
    (facts.live, facts.is_stopped) = (live(4), true);
    assert_eq!(version(&facts), GateState::Failed, "another is live");
    let deploying = Promotion { state: PromotionState::Deploying, ..waits.clone() };
    facts.live = live(3);
    facts.is_stopped = false;
    assert_eq!(gate_of(&deploying, &facts, "version").0, GateState::Passed, "it is what started the endpoint");
    facts.is_stopped = true;
    facts.policy.environment = "preprod".into();
    assert_eq!(version(&facts), GateState::Failed, "nobody approves in preprod");
    facts.version = ReleasedState::Approved;
    assert_eq!(version(&facts), GateState::Passed, "resumed in prod, it may answer in preprod again");
}

#[test]
fn what_was_counted_before_the_run_does_not_verify_it() {
    let verified = |before: i64| given("pm-1", PromotionState::Verifying).verified_by(&"r-1".into(), before);
    let called = |before: i64, now: i64| verified(before).was_called(now);
    assert!(!called(0, 0) && !called(7, 7), "nobody called");
    assert!(called(0, 1) && called(7, 8));
    assert!(called(7, 3) && !called(7, 0), "the process started anew, and counts from there");
    assert!(verified(7).seen_called().was_called(0), "what was seen stays seen");
}

#[test]
fn authors_are_counted_from_what_is_live_and_who_set_the_policies() {
    let counted = Authors { since: Some("c1".into()), policies: vec![0, 2], ..authors(&["ana"], &[]) };
    assert!(counted.are_counted(Some("c1"), &[0, 2]));
    assert!(!counted.are_counted(Some("c2"), &[0, 2]) && !counted.are_counted(None, &[0, 2]), "something else is live");
    assert!(!counted.are_counted(Some("c1"), &[1, 2]), "somebody changed the policy of preprod since");
    let before = serde_json::from_str::<Authors>(r#"{"known":[],"unmapped":[],"since":"c1"}"#).unwrap();
    assert!(!before.are_counted(Some("c1"), &[0, 0]), "stored before that was known: they are counted anew");
}

#[test]
fn what_failed_in_preprod_since_it_was_live_is_not_verified() {
    let at = |states: &[PromotionState]| {
        let all: Vec<_> = states.iter().map(|state| given("pm", *state)).collect();
        facts::verified(&all).is_ok()
    };
    use PromotionState::{Abandoned, Failed, Live, Offered, RolledBack, Superseded, Verifying};
    assert!(at(&[Live]) && at(&[Superseded]) && at(&[Offered, Abandoned, Superseded]) && at(&[Live, Failed]));
    assert!(!at(&[]) && !at(&[Verifying]) && !at(&[Failed, Live]) && !at(&[RolledBack, Superseded]));
}

fn person(number: usize) -> PersonId {
    format!("p{number}").into()
}

proptest! {
    /// Whoever approves in whatever order: nothing is deployed unless as many people as policy asks for said yes to this very content
    /// under this very policy, none of whom had a hand in it, gave themselves the right or got it afterwards.
    #[test]
    fn four_eyes_hold(
        needed in 1..4_i64,
        people in proptest::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 0..6),
        said in proptest::collection::vec((0..6_usize, 0..2_i64, any::<bool>(), any::<bool>()), 0..12),
    ) {
        let role = Role::ModelValidator;
        let rights: Vec<Right> = people.iter().enumerate().filter(|(_, (holds, ..))| *holds).map(|(number, (_, own, late, _))| {
            let by = if *own { person(number) } else { "pat".into() };
            Right { holder: person(number), role: Some(role), given_by: by, given_at: Timestamp(if *late { 1_000 } else { 999 }) }
        }).collect();
        let hands: Vec<String> = people.iter().enumerate().filter(|(_, one)| one.3).map(|(number, _)| person(number).0).collect();
        let hands: Vec<&str> = hands.iter().map(String::as_str).collect();
        let mut promotion = Promotion { authors: Some(authors(&hands, &[])), ..given("pm-1", PromotionState::AwaitingApproval) };
        // Whatever got into the table, by whatever way.
        promotion.approvals = said.iter().map(|(who, policy, yes, same)| Approval {
            by: person(*who),
            decision: if *yes { Decision::Approved } else { Decision::Rejected },
            comment: None,
            digest: if *same { promotion.digest } else { Digest::of("other") },
            policy: *policy,
            at: NEW_YEAR,
        }).collect();
        let facts = facts_for(vec![Needed { role, count: needed }], &rights);
        let fine = |who: usize| people.get(who).is_some_and(|(holds, own, late, hand)| *holds && !own && !late && !hand);
        let counting: std::collections::BTreeSet<usize> =
            said.iter().filter(|(who, policy, yes, same)| *policy == 0 && *yes && *same && fine(*who)).map(|one| one.0).collect();
        let enough = counting.len() as i64 >= needed;
        prop_assert_eq!(gate_of(&promotion, &facts, "approvals").0 == GateState::Passed, enough);
        let all = gates(PromotionKind::Release, Some(&promotion), &facts);
        prop_assert_eq!(promotion.deploy(&all, "ro-1", NEW_YEAR).is_ok(), enough);
    }

    /// In whatever order the verbs come: what ended stays as it is, and nothing is live that was not verified.
    #[test]
    fn what_ended_stays_ended(verbs in proptest::collection::vec(0..10_usize, 0..40)) {
        let mut promotion = given("pm-1", PromotionState::Offered);
        let mut states = vec![promotion.state];
        for verb in verbs {
            let (name, to) = tried(&promotion)[verb];
            let Some(to) = to else { continue };
            prop_assert!(!promotion.state.possible().is_empty(), "{name} from {}", promotion.state);
            promotion = Promotion { state: to, ..promotion };
            states.push(to);
        }
        if states.contains(&PromotionState::Live) {
            let at = |wanted| states.iter().position(|state| *state == wanted);
            prop_assert!(at(PromotionState::Verifying) < at(PromotionState::Live));
            prop_assert!(at(PromotionState::Deploying) < at(PromotionState::Verifying));
            prop_assert!(at(PromotionState::AwaitingApproval) < at(PromotionState::Deploying));
        }
    }
}

#[tokio::test]
async fn every_state_and_all_that_is_known_is_stored() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        for (number, &state) in (0..).zip(PromotionState::ALL) {
            let promotion = &Promotion {
                endpoint: format!("prod.e{number}"),
                candidate: number,
                created_at: Timestamp(number),
                reason: Some("because".into()),
                rollout: Some("ro-1".into()),
                run: Some("r-1".into()),
                answered_before: Some(6),
                bakes_until: Some(Timestamp(7)),
                due_at: Some(Timestamp(8)),
                live_at: Some(Timestamp(9)),
                ended_at: Some(Timestamp(10)),
                ..given(&format!("pm-{number}"), state)
            };
            db.write(|tx| async move { tx.insert_promotion(promotion).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_promotion(&promotion.id).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(promotion));
        }
        let project = &ProjectId::from("credit-risk");
        let after = &(9, "pm-9".to_owned());
        let (first, then, count) = db
            .read(|tx| async move {
                Ok::<_, db::Error>((
                    tx.list_promotions(project, Some("prod"), None, 2).await?,
                    tx.list_promotions(project, None, Some(after), 2).await?,
                    tx.count_promotions(project, Some("preprod")).await?,
                ))
            })
            .await
            .unwrap();
        let ids = |all: &[Promotion]| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(
            (ids(&first), ids(&then), count),
            (vec!["pm-10".into(), "pm-9".into()], vec!["pm-8".into(), "pm-7".into()], 0)
        );
        let going = db.read(|tx| async move { tx.list_going(10).await }).await.unwrap();
        assert_eq!(going, ["pm-1", "pm-2", "pm-3", "pm-4"], "offered ones wait for somebody");
    })
    .await;
}

#[tokio::test]
async fn a_decision_is_kept_once_and_with_its_promotion() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let waits = &given("pm-1", PromotionState::AwaitingApproval);
        db.write(|tx| async move { tx.insert_promotion(waits).await }).await.unwrap();
        let approved = &waits.decide(&vera(), Decision::Approved, Some("fine"), NEW_YEAR).unwrap();
        let saved = db.write(|tx| async move { tx.save_promotion(approved.clone()).await }).await.unwrap();
        let found = db.read(|tx| async move { tx.find_promotion("pm-1").await }).await.unwrap();
        assert_eq!(found, Some(saved));
        let stale = db.write(|tx| async move { tx.save_promotion(approved.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
    })
    .await;
}

/// Numbers that look random, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Any order of events, concurrent ones included: of an endpoint one promotion moves, and one is live.
#[tokio::test]
async fn one_moves_and_one_is_live_whatever_happens() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        for seed in 0..6 {
            let (mut dice, endpoint) = (Dice(seed), format!("prod.s{seed}"));
            for number in 0..4 {
                let candidate = i64::from(number);
                let id = format!("pm-{seed}-{number}");
                let project = ProjectId(format!("s{seed}"));
                let fresh = &Promotion {
                    endpoint: endpoint.clone(),
                    candidate,
                    project,
                    ..given(&id, PromotionState::Offered)
                };
                db.write(|tx| async move { tx.insert_promotion(fresh).await }).await.unwrap();
            }
            for _ in 0..40 {
                let pairs = [(dice.roll(4), dice.roll(10)), (dice.roll(4), dice.roll(10))];
                let step = async |(number, verb): (usize, usize)| {
                    let id = &format!("pm-{seed}-{number}");
                    let result = db.write(|tx| async move {
                        let Some(found) = tx.lock_promotion(id).await? else { return Ok(()) };
                        let Some(to) = tried(&found)[verb].1 else { return Ok(()) };
                        tx.save_promotion(Promotion { state: to, ..found }).await.map(|_| ())
                    });
                    match result.await {
                        Ok(()) | Err(db::Error::Taken | db::Error::Stale) => {}
                        Err(other) => panic!("seed {seed}: {other:?}"),
                    }
                };
                tokio::join!(step(pairs[0]), step(pairs[1]));
                let all = db
                    .read(|tx| async move { tx.list_promotions(&ProjectId(format!("s{seed}")), None, None, 10).await });
                let all = all.await.unwrap();
                let moving = all.iter().filter(|one| one.state.is_moving()).count();
                let live = all.iter().filter(|one| one.state == PromotionState::Live).count();
                assert!(moving <= 1 && live <= 1, "seed {seed}: {moving} move, {live} are live");
            }
        }
    })
    .await;
}
