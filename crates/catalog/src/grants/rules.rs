//! The rules of a grant: which read it allows, and that no order of events can lengthen it.
use super::*;
use crate::requests::{Approval, Ask, AskFacts, Decision, Facts, Policy, Request, RequestKind, RequestState};
use crate::sensitivity::Level;
use crate::sides::Side;
use access::Right;
use base::{Fault, GrantId, Period, PersonId, Principal, PurposeId, Timestamp};
use expect_test::{Expect, expect};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn day(n: i64) -> Timestamp {
    Timestamp(1_767_225_600_000_000).plus_days(n)
}

fn ended(by: &str) -> Ended {
    Ended { by: by.into(), at: day(3), reason: "a leak is suspected".into() }
}

/// Ana's grant for `age` in clear and `iban` as a token, to train and explore under `pd`, from day 0 to day 10.
fn grant(id: &str) -> Grant {
    Grant {
        id: id.into(),
        request: Some("r-1".into()),
        kind: RequestKind::Read,
        object: "retail.core.customers".into(),
        scope: "lake/retail/core/customers".into(),
        team: None,
        principal: Principal::Person("ana".into()),
        hands: [PersonId::from("ana")].into(),
        purpose: "pd".into(),
        uses: [Use::Explore, Use::Train].into(),
        columns: [("age".to_owned(), ColumnTerm::Clear), ("iban".to_owned(), ColumnTerm::Token)].into(),
        row_filter: RowFilter::default(),
        period: Period::new(day(0), day(10)).unwrap(),
        state: GrantState::Active,
        ended: None,
        created_at: day(0),
        revision: 1,
    }
}

struct Asked {
    principals: Vec<Principal>,
    object: &'static str,
    stated_use: Use,
    purpose: PurposeId,
    grant: Option<GrantId>,
    now: Timestamp,
}

fn asked() -> Asked {
    Asked {
        principals: vec![Principal::Person("ana".into()), Principal::Group("analysts".into())],
        object: "retail.core.customers",
        stated_use: Use::Train,
        purpose: "pd".into(),
        grant: None,
        now: day(5),
    }
}

#[track_caller]
fn check(held: &[Grant], asked: Asked, expected: Expect) {
    let reading = Reading {
        principals: &asked.principals,
        kind: RequestKind::Read,
        object: asked.object,
        stated_use: asked.stated_use,
        purpose: &asked.purpose,
        grant: asked.grant.as_ref(),
        now: asked.now,
    };
    expected.assert_eq(&match reading.pick(held) {
        Ok(allowed) => format!("under {}", allowed.grant),
        Err(why) => format!("{}: {why}; {}", why.fault().1, why.hint().unwrap_or_default()),
    });
}

#[test]
fn a_read_needs_one_grant_that_fits_now() {
    let one = [grant("g-1")];
    check(&one, asked(), expect!["under g-1"]);
    check(
        &[],
        asked(),
        expect![
            "catalog.no_grant: you hold no grant for `retail.core.customers`; ask for access to `retail.core.customers` with a purpose"
        ],
    );
    check(
        &one,
        Asked { principals: vec![Principal::Person("cho".into())], ..asked() },
        expect![
            "catalog.no_grant: you hold no grant for `retail.core.customers`; ask for access to `retail.core.customers` with a purpose"
        ],
    );
    check(
        &one,
        Asked { object: "retail.core.orders", ..asked() },
        expect![
            "catalog.no_grant: you hold no grant for `retail.core.orders`; ask for access to `retail.core.orders` with a purpose"
        ],
    );
    check(
        &one,
        Asked { purpose: "marketing".into(), ..asked() },
        expect![
            "catalog.grant_does_not_fit: no grant that you hold for `retail.core.customers` is for purpose `marketing`; yours are for: `pd`"
        ],
    );
    check(
        &one,
        Asked { stated_use: Use::Score, ..asked() },
        expect![
            "catalog.grant_does_not_fit: no grant that you hold for `retail.core.customers` is for `score`; yours are for: `explore`, `train`"
        ],
    );
    check(
        &one,
        Asked { now: day(-1), ..asked() },
        expect![
            "catalog.grant_not_in_force: grant `g-1` for `retail.core.customers` starts at 2026-01-01T00:00:00Z; read once it has started"
        ],
    );
    check(
        &one,
        Asked { now: day(10), ..asked() },
        expect![
            "catalog.grant_not_in_force: grant `g-1` for `retail.core.customers` ended at 2026-01-11T00:00:00Z; ask for access to `retail.core.customers` again"
        ],
    );
    check(
        &[grant("g-1").suspend(ended("dora")).unwrap()],
        asked(),
        expect![
            "catalog.grant_not_in_force: grant `g-1` for `retail.core.customers` is suspended: a leak is suspected; a data steward of retail can let it go on"
        ],
    );
    check(
        &[grant("g-1").revoke(ended("dora")).unwrap()],
        asked(),
        expect![
            "catalog.grant_not_in_force: grant `g-1` for `retail.core.customers` was revoked: a leak is suspected; ask for access to `retail.core.customers` again"
        ],
    );
}

#[test]
fn of_several_that_fit_the_reader_names_one_and_they_are_never_added_up() {
    let group = Grant { principal: Principal::Group("analysts".into()), ..grant("g-2") };
    let two = [grant("g-1"), group];
    check(
        &two,
        asked(),
        expect![
            "catalog.several_grants: 2 grants for `retail.core.customers` fit: `g-1`, `g-2`; name the one to read under; they are never added up"
        ],
    );
    check(&two, Asked { grant: Some("g-2".into()), ..asked() }, expect!["under g-2"]);
    check(
        &two,
        Asked { grant: Some("g-9".into()), ..asked() },
        expect![
            "catalog.no_grant: grant `g-9` is not one that you hold for `retail.core.customers`; name one of yours, or none"
        ],
    );
    let revoked = [grant("g-1").revoke(ended("dora")).unwrap(), grant("g-2")];
    check(&revoked, asked(), expect!["under g-2"]);
    check(
        &revoked,
        Asked { grant: Some("g-1".into()), ..asked() },
        expect![
            "catalog.grant_not_in_force: grant `g-1` for `retail.core.customers` was revoked: a leak is suspected; ask for access to `retail.core.customers` again"
        ],
    );
}

#[test]
fn what_is_named_to_choose_from_is_in_force_where_anything_is() {
    let old = Grant { purpose: "fraud".into(), uses: [Use::Score].into(), ..grant("g-0") };
    let old = old.revoke(ended("dora")).unwrap();
    let nameless = || Asked { purpose: "".into(), ..asked() };
    check(
        &[old.clone(), grant("g-1")],
        nameless(),
        expect![
            "catalog.grant_does_not_fit: no grant that you hold for `retail.core.customers` is for purpose ``; yours are for: `pd`"
        ],
    );
    check(
        &[old],
        nameless(),
        expect![
            "catalog.grant_does_not_fit: no grant that you hold for `retail.core.customers` is for purpose ``; yours are for: `fraud`"
        ],
    );
}

type Verb = (&'static str, fn(&Grant) -> Result<Grant, Error>);
const VERBS: [Verb; 3] = [
    ("suspend", |grant| grant.suspend(ended("dora"))),
    ("resume", |grant| grant.resume(&"dora".into(), &Side::Other, &levels(), &BTreeMap::new())),
    ("revoke", |grant| grant.revoke(ended("dora"))),
];

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for &state in GrantState::ALL {
        let given = Grant { state, ..grant("g-1") };
        let fits: Vec<_> = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&given).ok()?.state))).collect();
        assert!(fits.iter().map(|(verb, _)| verb).eq(state.possible()), "`possible` of {state}");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
    }
    expect![[r#"
        active: suspend → suspended, revoke → revoked
        suspended: resume → active, revoke → revoked
        revoked: final
    "#]]
    .assert_eq(&table);
}

#[test]
fn only_another_side_lets_a_suspended_grant_go_on() {
    let suspended = grant("g-1").suspend(ended("dora")).unwrap();
    let (now, none) = (levels(), BTreeMap::new());
    let resume = |by: &str, side: &Side| suspended.resume(&by.into(), side, &now, &none);
    assert!(matches!(resume("ana", &Side::Other), Err(Error::OwnSide(_))), "who wrote the request");
    assert!(matches!(resume("ben", &Side::Asks), Err(Error::OwnSide(_))), "who belongs to the holder");
    let linked = resume("eli", &Side::LinkBy("ana".into()));
    assert!(matches!(linked, Err(Error::LinkByOwnSide { .. })), "whose password Ana may know");
    assert_eq!(resume("eli", &Side::Other).unwrap(), grant("g-1"));
}

#[test]
fn a_grant_goes_on_as_stored_only_for_whom_the_level_was_shown() {
    let suspended = grant("g-1").suspend(ended("dora")).unwrap();
    let column = grant("g-1").columns.into_iter().find(|(_, term)| *term == ColumnTerm::Clear).expect("one in clear").0;
    let raised: BTreeMap<String, Level> = [(column.clone(), Level::Restricted)].into();
    let resume = |shown: &BTreeMap<String, Level>| suspended.resume(&"eli".into(), &Side::Other, &raised, shown);
    assert!(matches!(resume(&BTreeMap::new()), Err(Error::LevelNotShown { .. })));
    let before = [(column, Level::Internal)].into();
    assert!(matches!(resume(&before), Err(Error::LevelNotShown { .. })), "as it was before");
    assert_eq!(resume(&raised).unwrap(), grant("g-1"));
}

fn levels() -> BTreeMap<String, Level> {
    grant("g-1").columns.into_keys().map(|column| (column, Level::Internal)).collect()
}

#[test]
fn how_a_grant_stands_is_its_state_seen_through_its_dates() {
    let mut table = String::new();
    for at in [-1, 0, 4, 10] {
        for &state in GrantState::ALL {
            let given = Grant { state, ..grant("g-1") };
            let (standing, look) = (given.standing(day(at)), given.look(day(at)).2);
            assert_eq!(given.permits(day(at)), standing == GrantStanding::Active);
            table += &format!("day {at} {state}: {standing} ({look})\n");
        }
    }
    expect![[r#"
        day -1 active: scheduled (Starts later)
        day -1 suspended: suspended (Suspended)
        day -1 revoked: revoked (Revoked)
        day 0 active: active (Active)
        day 0 suspended: suspended (Suspended)
        day 0 revoked: revoked (Revoked)
        day 4 active: active (Ends soon)
        day 4 suspended: suspended (Suspended)
        day 4 revoked: revoked (Revoked)
        day 10 active: expired (Expired)
        day 10 suspended: expired (Expired)
        day 10 revoked: revoked (Revoked)
    "#]]
    .assert_eq(&table);
}

#[test]
fn what_comes_next_for_holder_and_steward() {
    let mut table = String::new();
    let holder = Viewer { holds: true, revokes: true, resumes: false };
    let steward = Viewer { holds: false, revokes: true, resumes: true };
    let suspended = grant("g-1").suspend(ended("dora")).unwrap();
    let given = [
        (grant("g-1"), -1),
        (grant("g-1"), 1),
        (suspended, 1),
        (grant("g-1"), 10),
        (grant("g-1").revoke(ended("dora")).unwrap(), 1),
    ];
    for (grant, at) in given {
        for (name, viewer) in [("holder", holder), ("steward", steward)] {
            let next = grant.next(viewer, day(at));
            table += &format!("{name}: {} {} [{}]\n", next.text, next.reason, next.action.unwrap_or("-"));
        }
    }
    expect![[r#"
        holder: Starts at 2026-01-01T00:00:00Z. It ends at 2026-01-11T00:00:00Z. [revoke_grant]
        steward: Starts at 2026-01-01T00:00:00Z. It ends at 2026-01-11T00:00:00Z. [revoke_grant]
        holder: Yours until 2026-01-11T00:00:00Z. State purpose `pd` and one of its uses with every read. [revoke_grant]
        steward: In force until 2026-01-11T00:00:00Z. For person:ana. [revoke_grant]
        holder: Suspended: nothing is read under it. dora: a leak is suspected. A data steward of retail can let it go on. [-]
        steward: Suspended: nothing is read under it. dora: a leak is suspected [resume_grant]
        holder: Ended at 2026-01-11T00:00:00Z. A longer time is a new request. [create_request]
        steward: Ended at 2026-01-11T00:00:00Z. A longer time is a new request. [-]
        holder: Revoked. dora: a leak is suspected [create_request]
        steward: Revoked. dora: a leak is suspected [-]
    "#]].assert_eq(&table);
}

#[test]
fn policy_asks_for_a_mask_on_restricted_columns() {
    for term in ColumnTerm::ALL {
        assert_eq!(policy_allows(Level::Restricted, term), term != ColumnTerm::Clear);
        assert!(policy_allows(Level::Confidential, term));
    }
}

/// One thing that may happen, in any order.
#[derive(Clone, Debug)]
enum Event {
    Wait(i64),
    Edit(i64),
    Submit,
    Approve(Option<i64>),
    Withdraw,
    Expire,
    Suspend,
    Resume,
    Revoke,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0_i64..20).prop_map(Event::Wait),
        2 => (1_i64..60).prop_map(Event::Edit),
        3 => Just(Event::Submit),
        3 => proptest::option::of(1_i64..60).prop_map(Event::Approve),
        1 => Just(Event::Withdraw),
        1 => Just(Event::Expire),
        2 => Just(Event::Suspend),
        2 => Just(Event::Resume),
        1 => Just(Event::Revoke),
    ]
}

fn ask(until: i64) -> Ask {
    let columns = [("age".to_owned(), ColumnTerm::Clear)].into();
    let scope = Scope { columns, row_filter: RowFilter::default(), starts_at: None, expires_at: day(until) };
    Ask { purpose: "pd".into(), text: "to prove a model".into(), uses: [Use::Train].into(), scope }
}

fn draft() -> Request {
    Request {
        id: "r-1".into(),
        kind: RequestKind::Read,
        object: "retail.core.customers".into(),
        scope: "lake/retail/core/customers".into(),
        team: None,
        principal: Principal::Person("ana".into()),
        asked_by: "ana".into(),
        ask: ask(30),
        state: RequestState::Draft,
        submissions: 0,
        submission: None,
        approvals: Vec::<Approval>::new(),
        decided: None,
        granted: None,
        created_at: day(0),
        hands: [PersonId::from("ana")].into(),
        changed_by: "ana".into(),
        revision: 1,
    }
}

fn happen(event: &Event, now: Timestamp, request: &Request) -> Option<Request> {
    let facts = AskFacts { now, allowed_uses: [Use::Train].into(), columns: None, longest_days: 731 };
    let columns = Some([("age".to_owned(), crate::requests::ColumnFamily::Whole)].into());
    let facts = AskFacts { columns, ..facts };
    match event {
        Event::Edit(days) => request.edit(&"ana".into(), ask(*days), &facts).ok(),
        Event::Submit => request.submit(&"ana".into(), true, &Policy::default(), &facts).ok(),
        Event::Approve(until) => {
            let right = Right { holder: "dora".into(), given_by: "pat".into(), given_at: day(-9), role: None };
            let terms = Terms { until: until.map(day), ..Terms::default() };
            let facts = Facts {
                now,
                right,
                side: Side::Other,
                object_active: true,
                columns: facts.columns,
                levels: [("age".to_owned(), Level::Internal)].into(),
                approvals_needed: 1,
                void: BTreeSet::new(),
            };
            request.decide(&Decision::Approve { terms, levels: facts.levels.clone() }, &facts).ok()
        }
        Event::Withdraw => request.withdraw(&"ana".into()).ok(),
        Event::Expire => request.expire(now).ok(),
        _ => None,
    }
}

fn issued(request: &Request, now: Timestamp) -> Option<Grant> {
    let scope = request.granted.as_ref()?;
    let (columns, period) = (scope.columns.clone(), scope.period(now).ok()?);
    Some(Grant { columns, period, created_at: now, ..grant("g-1") })
}

proptest! {
    /// What STATES.md promises in bold: whatever happens to request and grant, in whatever order, no read is allowed
    /// after the end that was approved, none after a revocation, and nothing about the grant but its state changes.
    #[test]
    fn no_order_of_events_can_lengthen_access(events in vec(any_event(), 1..60)) {
        let (mut now, mut request, mut held, mut grants_made) = (day(0), draft(), None::<Grant>, 0);
        for event in &events {
            if let Event::Wait(days) = event {
                now = now.plus_days(*days);
            }
            if let Some(after) = happen(event, now, &request) {
                if after.state == RequestState::Approved {
                    grants_made += 1;
                    held = issued(&after, now);
                    prop_assert!(held.is_some(), "an approval is refused if it cannot become a grant");
                }
                request = after;
            }
            let Some(before) = held.clone() else { continue };
            let after = match event {
                Event::Suspend => before.suspend(ended("dora")),
                Event::Resume => before.resume(&"eli".into(), &Side::Other, &BTreeMap::new(), &BTreeMap::new()),
                Event::Revoke => before.revoke(ended("dora")),
                _ => continue,
            };
            let after = after.unwrap_or_else(|_| before.clone());
            let unchanged = Grant { state: before.state, ended: before.ended.clone(), ..after.clone() };
            prop_assert_eq!(&unchanged, &before, "only its state changes");
            prop_assert!(before.state != GrantState::Revoked || after.state == GrantState::Revoked);
            prop_assert!(after.period.expires_at() <= request.ask.scope.expires_at);
            for days in 0..40 {
                let later = now.plus_days(days);
                if later >= after.period.expires_at() || after.state != GrantState::Active {
                    prop_assert!(!after.permits(later));
                }
            }
            held = Some(after);
        }
        prop_assert!(grants_made <= 1, "a request becomes one grant");
    }
}
