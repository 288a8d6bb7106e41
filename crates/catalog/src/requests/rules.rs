//! The rules of a request: who may decide what, and that nothing widens.
use super::*;
use crate::grants::{ColumnTerm, Literal, RowFilter, RowOp, RowRule, RowValue, Scope, Terms, Use};
use crate::sensitivity::Level;
use crate::sides::Side;
use access::Right;
use base::{PersonId, Principal, Timestamp};
use expect_test::{Expect, expect};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn day(n: i64) -> Timestamp {
    Timestamp(1_767_225_600_000_000).plus_days(n)
}

fn terms<const N: usize>(columns: [(&str, ColumnTerm); N]) -> Terms {
    Terms { columns: columns.map(|(column, term)| (column.to_owned(), term)).into(), ..Terms::default() }
}

fn at_most(column: &str, value: i64) -> RowFilter {
    let value = RowValue::One(Literal::Number(value.into()));
    RowFilter::new(vec![RowRule { column: column.into(), op: RowOp::AtMost, value }]).unwrap()
}

/// `age` and `iban` in clear, `sex` for the check alone, until day 90.
fn ask() -> Ask {
    let columns = [("age", ColumnTerm::Clear), ("iban", ColumnTerm::Clear), ("sex", ColumnTerm::Check)];
    let columns = columns.map(|(column, term)| (column.to_owned(), term)).into();
    let scope = Scope { columns, row_filter: RowFilter::default(), starts_at: None, expires_at: day(90) };
    Ask { purpose: "pd".into(), text: "to prove a model".into(), uses: [Use::Train, Use::Check].into(), scope }
}

fn ask_facts() -> AskFacts {
    AskFacts {
        now: day(10),
        allowed_uses: [Use::Explore, Use::Train, Use::Check].into(),
        columns: columns(),
        longest_days: 731,
    }
}

fn columns() -> Option<BTreeMap<String, ColumnFamily>> {
    let columns = [
        ("age", ColumnFamily::Whole),
        ("born", ColumnFamily::Time),
        ("iban", ColumnFamily::Text),
        ("rate", ColumnFamily::Fraction),
        ("sex", ColumnFamily::Text),
    ];
    Some(columns.map(|(column, family)| (column.to_owned(), family)).into())
}

/// A request that Ana wrote; submitted on day 10 unless a draft.
fn given(state: RequestState) -> Request {
    let submission = Submission { by: "ana".into(), at: day(10), approvals_needed: 1, answer_by: day(40) };
    Request {
        id: "r-214".into(),
        kind: RequestKind::Read,
        object: "retail.core.customers".into(),
        scope: "lake/retail/core/customers".into(),
        team: None,
        principal: Principal::Person("ana".into()),
        ask: ask(),
        state,
        submissions: i64::from(state != RequestState::Draft),
        submission: (state != RequestState::Draft).then_some(submission),
        approvals: Vec::new(),
        decided: None,
        granted: None,
        created_at: day(9),
        asked_by: "ana".into(),
        hands: [PersonId::from("ana")].into(),
        changed_by: "ana".into(),
        revision: 1,
    }
}

/// `who`, steward by Pat since day 1, deciding on day 11.
fn by(who: &str) -> Facts {
    let right = Right { holder: who.into(), given_by: "pat".into(), given_at: day(1), role: None };
    Facts {
        now: day(11),
        right,
        side: Side::Other,
        object_active: true,
        columns: columns(),
        levels: levels(),
        approvals_needed: 1,
        void: BTreeSet::new(),
    }
}

fn levels() -> BTreeMap<String, Level> {
    let levels = [("age", Level::Internal), ("iban", Level::Restricted), ("sex", Level::Confidential)];
    levels.map(|(column, level)| (column.to_owned(), level)).into()
}

fn approve(terms: Terms) -> Decision {
    Decision::Approve { terms, levels: levels() }
}

fn show(done: Result<Request>) -> String {
    let request = match done {
        Ok(request) => request,
        Err(error) => return error.to_string(),
    };
    let Some(scope) = &request.granted else {
        return request.fact().map_or(request.state.to_string(), |fact| format!("{}: {fact}", request.state));
    };
    let columns: Vec<_> = scope.columns.iter().map(|(column, term)| format!("{column} {}", term.as_str())).collect();
    format!("{}: {}; {}; until {}", request.state, columns.join(", "), scope.row_filter, scope.expires_at)
}

#[track_caller]
fn decides(decision: Decision, facts: Facts, expected: Expect) {
    expected.assert_eq(&show(given(RequestState::Submitted).decide(&decision, &facts)));
}

#[test]
fn an_approval_only_narrows() {
    let as_asked = expect!["approved: age clear, iban clear, sex check; all rows; until 2026-04-01T00:00:00Z"];
    decides(approve(Terms::default()), by("dora"), as_asked);
    let narrow = Terms { row_filter: at_most("rate", 4), until: Some(day(30)), ..terms([("iban", ColumnTerm::Token)]) };
    let narrowed = expect!["approved: age clear, iban token, sex check; rate is at most 4; until 2026-01-31T00:00:00Z"];
    decides(approve(narrow), by("dora"), narrowed);
    let out = terms([("sex", ColumnTerm::LeftOut), ("age", ColumnTerm::Null)]);
    let left = expect!["approved: age null, iban clear; all rows; until 2026-04-01T00:00:00Z"];
    decides(approve(out), by("dora"), left);
    let wider = terms([("sex", ColumnTerm::Clear)]);
    decides(approve(wider), by("dora"), expect!["column `sex` was asked for as `check`, and `clear` is not narrower"]);
    let across = terms([("sex", ColumnTerm::Token)]);
    decides(approve(across), by("dora"), expect!["column `sex` was asked for as `check`, and `token` is not narrower"]);
    let unasked = terms([("born", ColumnTerm::Null)]);
    decides(approve(unasked), by("dora"), expect!["column `born` was not asked for"]);
    let longer = Terms { until: Some(day(91)), ..Terms::default() };
    let late = expect!["`2026-04-02T00:00:00Z` is later than the end asked for, `2026-04-01T00:00:00Z`"];
    decides(approve(longer), by("dora"), late);
    let past = Terms { until: Some(day(5)), ..Terms::default() };
    let empty = expect!["the period from `2026-01-12T00:00:00Z` to `2026-01-06T00:00:00Z` is empty"];
    decides(approve(past), by("dora"), empty);
    let nothing = ["age", "iban", "sex"].map(|column| (column, ColumnTerm::LeftOut));
    decides(approve(terms(nothing)), by("dora"), expect!["these terms leave nothing of what was asked"]);
    let rule = Terms { row_filter: at_most("iban", 4), ..Terms::default() };
    decides(approve(rule), by("dora"), expect!["4 is no value of column `iban`"]);
}

#[test]
fn a_level_that_changed_since_it_was_shown_stops_the_approval() {
    let showing = |terms: Terms, column: &str, level: Option<Level>| {
        let mut levels = levels();
        levels.remove(column);
        levels.extend(level.map(|level| (column.to_owned(), level)));
        Decision::Approve { terms, levels }
    };
    let shown = |level| showing(Terms::default(), "age", Some(level));
    let as_asked = expect!["approved: age clear, iban clear, sex check; all rows; until 2026-04-01T00:00:00Z"];
    decides(shown(Level::Internal), by("dora"), as_asked);
    decides(shown(Level::Public), by("dora"), expect!["column `age` was shown as public, and is internal"]);
    let gone = showing(Terms::default(), "ssn", Some(Level::Public));
    decides(gone, by("dora"), expect!["column `ssn` was shown as public, and is gone"]);
    let not_shown = expect!["the level of column `iban` was not shown: it is restricted"];
    decides(showing(Terms::default(), "iban", None), by("dora"), not_shown);
    let left_out = expect!["approved: age clear, sex check; all rows; until 2026-04-01T00:00:00Z"];
    decides(showing(terms([("iban", ColumnTerm::LeftOut)]), "iban", None), by("dora"), left_out);
    let mut without = by("dora");
    without.levels.remove("iban");
    without.columns = without.columns.map(|columns| columns.into_iter().filter(|(name, _)| name != "iban").collect());
    let absent = expect!["the level of column `iban` was not shown: it is gone"];
    decides(showing(Terms::default(), "iban", None), without.clone(), absent);
    let left_out = expect!["approved: age clear, sex check; all rows; until 2026-04-01T00:00:00Z"];
    decides(showing(terms([("iban", ColumnTerm::LeftOut)]), "iban", None), without, left_out);
}

#[test]
fn a_level_that_rose_since_an_earlier_approval_stops_the_last_one() {
    let two = |who| Facts { approvals_needed: 2, ..by(who) };
    let mut request = given(RequestState::Submitted);
    request.submission.as_mut().unwrap().approvals_needed = 2;
    let once = request.decide(&approve(Terms::default()), &two("dora")).unwrap();
    let raised: BTreeMap<_, _> = levels().into_iter().chain([("age".to_owned(), Level::Restricted)]).collect();
    let facts = Facts { levels: raised.clone(), ..two("eli") };
    let second = Decision::Approve { terms: Terms::default(), levels: raised };
    expect!["column `age` was internal when `dora` approved, and is restricted"]
        .assert_eq(&show(once.decide(&second, &facts)));
    let void = Facts { void: [PersonId::from("dora")].into(), ..facts };
    assert_eq!(
        once.decide(&second, &void).unwrap().state,
        RequestState::Submitted,
        "what no longer counts misleads no one"
    );
}

#[test]
fn a_decider_is_of_another_side_and_had_the_right_before() {
    let no = || Decision::Reject { reason: "no lawful basis".into() };
    decides(no(), by("dora"), expect!["rejected"]);
    decides(
        Decision::Reject { reason: " ".into() },
        by("dora"),
        expect!["the text is empty or longer than 4000 bytes"],
    );
    let own = Facts { side: Side::Asks, ..by("dora") };
    decides(no(), own, expect!["`dora` belongs to the side that asks"]);
    let linked = Facts { side: Side::LinkBy("ana".into()), ..by("dora") };
    decides(no(), linked, expect!["`dora` came in by a one-time link that `ana`, of the side that asks, made"]);
    decides(no(), by("ana"), expect!["`ana` belongs to the side that asks"]);
    let self_made = Facts { right: Right { given_by: "dora".into(), ..by("dora").right }, ..by("dora") };
    decides(no(), self_made, expect!["`dora` got this right from `dora` at 2026-01-02T00:00:00Z"]);
    let late = Facts { right: Right { given_at: day(10), ..by("dora").right }, ..by("dora") };
    decides(no(), late, expect!["`dora` got this right from `pat` at 2026-01-11T00:00:00Z"]);
    let missing = Facts { object_active: false, ..by("dora") };
    decides(no(), missing, expect!["`retail.core.customers` is not active"]);
    let overdue = Facts { now: day(40), ..by("dora") };
    decides(no(), overdue, expect!["access request `r-214` ended unanswered at 2026-02-10T00:00:00Z"]);
}

#[test]
fn whoever_had_a_hand_in_it_never_decides_it() {
    let edited = given(RequestState::Submitted).edit(&"dora".into(), ask(), &ask_facts()).unwrap();
    let submitted = edited.submit(&"eli".into(), true, &Policy::default(), &ask_facts()).unwrap();
    for hand in ["ana", "dora", "eli"] {
        let refused = submitted.decide(&approve(Terms::default()), &by(hand));
        assert!(matches!(refused, Err(Error::OwnSide(_))), "{hand}");
    }
    assert!(submitted.decide(&approve(Terms::default()), &by("fay")).is_ok());
}

#[test]
fn two_approvals_are_two_people_and_meet() {
    let two = |who| Facts { approvals_needed: 2, ..by(who) };
    let mut request = given(RequestState::Submitted);
    request.submission.as_mut().unwrap().approvals_needed = 2;
    let first = approve(terms([("iban", ColumnTerm::Token), ("age", ColumnTerm::Null)]));
    let once = request.decide(&first, &two("dora")).unwrap();
    expect!["submitted: 1 of 2 approvals"].assert_eq(&show(Ok(once.clone())));
    assert!(once.was_decided(&"dora".into(), &first), "the same call again has the same answer");
    let again = once.decide(&approve(Terms::default()), &two("dora"));
    expect!["`dora` has already approved access request `r-214`"].assert_eq(&show(again));
    let second =
        approve(Terms { until: Some(day(60)), ..terms([("iban", ColumnTerm::Null), ("sex", ColumnTerm::LeftOut)]) });
    let both = once.decide(&second, &two("eli"));
    expect!["approved: age null, iban null; all rows; until 2026-03-02T00:00:00Z"].assert_eq(&show(both));
    let across = once.decide(&approve(terms([("iban", ColumnTerm::Check)])), &two("eli"));
    expect!["approved: age null, sex check; all rows; until 2026-04-01T00:00:00Z"].assert_eq(&show(across));
    // Lowering the number later does not lower it for what is submitted; raising it does raise it.
    assert_eq!(request.decide(&first, &by("dora")).unwrap().state, RequestState::Submitted);
    let three = once.decide(&second, &Facts { approvals_needed: 3, ..by("eli") }).unwrap();
    assert_eq!(three.state, RequestState::Submitted);
    // Somebody who lost the right meanwhile no longer counts, though what they took away stays away.
    let void = Facts { void: [PersonId::from("dora")].into(), ..two("eli") };
    assert_eq!(once.decide(&second, &void).unwrap().state, RequestState::Submitted);
    let no = once.decide(&Decision::Reject { reason: "no".into() }, &two("eli"));
    expect!["rejected"].assert_eq(&show(no));
}

#[test]
fn an_edit_voids_approvals() {
    let two = |who| Facts { approvals_needed: 2, ..by(who) };
    let policy = Policy { approvals_needed: 2, ..Policy::default() };
    let once = given(RequestState::Submitted).decide(&approve(Terms::default()), &two("dora")).unwrap();
    let edited = once.edit(&"ana".into(), ask(), &ask_facts()).unwrap();
    let again = edited.submit(&"ana".into(), true, &policy, &ask_facts()).unwrap();
    assert_eq!((edited.state, again.approvals.len(), again.submissions), (RequestState::Draft, 0, 2));
    let alone = again.decide(&approve(Terms::default()), &two("eli")).unwrap();
    assert_eq!(alone.state, RequestState::Submitted, "the approval from before the edit does not count");
}

#[track_caller]
fn asks(kind: RequestKind, change: impl FnOnce(&mut Ask), expected: Expect) {
    let mut ask = ask();
    change(&mut ask);
    expected.assert_eq(&ask.check(kind, &ask_facts()).map_or_else(|error| error.to_string(), |()| "fits".into()));
}

#[test]
fn an_ask_fits_its_purpose_its_object_and_the_policy() {
    let read = RequestKind::Read;
    asks(read, |_| (), expect!["fits"]);
    asks(read, |ask| ask.text = " ".into(), expect!["the text is empty or longer than 4000 bytes"]);
    asks(read, |ask| ask.uses.clear(), expect!["no use is asked for"]);
    asks(read, |ask| ask.uses = [Use::Score].into(), expect!["purpose `pd` does not allow `score`"]);
    let check = expect!["column `sex` is for the fairness check, and `check` is not among the uses"];
    asks(read, |ask| ask.uses = [Use::Train].into(), check);
    asks(read, |ask| ask.scope.columns.clear(), expect!["no column is asked for"]);
    let add = |ask: &mut Ask, column: &str, term| ask.scope.columns.insert(column.into(), term);
    let absent = expect!["column `ssn` does not exist in this dataset"];
    asks(read, |ask| _ = add(ask, "ssn", ColumnTerm::Clear), absent);
    let token = expect!["column `rate` can have no token, since it holds neither text nor whole numbers"];
    asks(read, |ask| _ = add(ask, "rate", ColumnTerm::Token), token);
    asks(read, |ask| _ = add(ask, "age", ColumnTerm::Token), expect!["fits"]);
    let absent = expect!["column `ssn` does not exist in this dataset"];
    asks(read, |ask| ask.scope.row_filter = at_most("ssn", 1), absent);
    asks(read, |ask| ask.scope.row_filter = at_most("born", 1), expect!["1 is no value of column `born`"]);
    let past = expect!["the period from `2026-01-11T00:00:00Z` to `2026-01-11T00:00:00Z` is empty"];
    asks(read, |ask| ask.scope.expires_at = day(10), past);
    asks(read, |ask| ask.scope.expires_at = day(800), expect!["a grant lasts 731 days at most here"]);
    let endpoints = expect!["`train` is no use of an endpoint"];
    asks(RequestKind::Use, |_| (), endpoints);
    let mut write = ask();
    write.uses = [Use::Train].into();
    let facts = AskFacts { columns: None, ..ask_facts() };
    expect!["a request to write, or to call an endpoint, has neither columns nor a row filter"]
        .assert_eq(&write.check(RequestKind::Write, &facts).unwrap_err().to_string());
    write.scope.columns.clear();
    assert!(write.check(RequestKind::Write, &facts).is_ok());
}

type Verb = (&'static str, fn(&Request) -> Result<Request>);
const VERBS: [Verb; 5] = [
    ("edit", |r| r.edit(&"ana".into(), ask(), &ask_facts())),
    ("submit", |r| r.submit(&"ana".into(), true, &Policy::default(), &ask_facts())),
    ("decide", |r| r.decide(&approve(Terms::default()), &by("dora"))),
    ("withdraw", |r| r.withdraw(&"ana".into())),
    ("expire", |r| r.expire(day(40))),
];

#[test]
fn every_verb_from_every_state() {
    let mut table = String::new();
    for &state in RequestState::ALL {
        let fits = VERBS.iter().filter_map(|(verb, run)| Some((*verb, run(&given(state)).ok()?.state)));
        let fits: Vec<_> = fits.collect();
        assert!(fits.iter().map(|(verb, _)| verb).eq(state.possible()), "`possible` of {state}");
        let cells: Vec<_> = fits.iter().map(|(verb, to)| format!("{verb} → {to}")).collect();
        table += format!("{state}: {}\n", cells.join(", ")).replace(": \n", ": final\n").as_str();
    }
    expect![[r#"
        draft: edit → draft, submit → submitted, withdraw → withdrawn
        submitted: edit → draft, decide → approved, withdraw → withdrawn, expire → expired_unanswered
        approved: final
        rejected: final
        withdrawn: final
        expired_unanswered: final
    "#]]
    .assert_eq(&table);
    assert!(given(RequestState::Submitted).expire(day(39)).is_err(), "not before its time");
}

#[test]
fn what_comes_next_for_each_viewer() {
    let mut table = String::new();
    let viewers = [
        ("asks", Viewer::Asks),
        ("decides", Viewer::Decides),
        ("may not", Viewer::MayNotDecide("`dora` belongs to the side that asks".into())),
        ("reads", Viewer::Reads),
    ];
    let approved = given(RequestState::Submitted).decide(&approve(Terms::default()), &by("dora")).unwrap();
    for request in [given(RequestState::Draft), given(RequestState::Submitted), approved] {
        for (name, viewer) in &viewers {
            let next = request.next(viewer);
            let action = next.action.unwrap_or("-");
            table += &format!("{} {name}: {} {} [{action}]\n", request.state, next.text, next.reason);
        }
    }
    expect![[r#"
        draft asks: Not sent yet. The data steward of retail sees it once it is submitted. [submit_request]
        draft decides: Not sent yet. The asking side still writes it. [-]
        draft may not: Not sent yet. The asking side still writes it. [-]
        draft reads: Not sent yet. The asking side still writes it. [-]
        submitted asks: Waits for data steward of retail. Unanswered, it ends at 2026-02-10T00:00:00Z. [withdraw_request]
        submitted decides: Waits for you. Approve as asked or with terms that narrow, or refuse. Unanswered, it ends at 2026-02-10T00:00:00Z. [decide_request]
        submitted may not: Waits for data steward of retail. You may not decide this one: `dora` belongs to the side that asks. Unanswered, it ends at 2026-02-10T00:00:00Z. [-]
        submitted reads: Waits for data steward of retail. Unanswered, it ends at 2026-02-10T00:00:00Z. [-]
        approved asks: Approved until 2026-04-01T00:00:00Z. It works at once: name the purpose and the use. [-]
        approved decides: Approved until 2026-04-01T00:00:00Z.  [-]
        approved may not: Approved until 2026-04-01T00:00:00Z.  [-]
        approved reads: Approved until 2026-04-01T00:00:00Z.  [-]
    "#]].assert_eq(&table);
}

fn any_term() -> impl Strategy<Value = ColumnTerm> {
    proptest::sample::select(ColumnTerm::ALL.to_vec())
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let columns = btree_map(proptest::sample::select(vec!["age", "iban", "sex", "born"]), any_term(), 0..4);
    (columns, proptest::option::of(0_i64..5), proptest::option::of(-5_i64..200)).prop_map(|(columns, rate, until)| {
        let columns = columns.into_iter().map(|(column, term)| (column.to_owned(), term)).collect();
        let row_filter = rate.map_or_else(RowFilter::default, |most| at_most("rate", most));
        Terms { columns, row_filter, until: until.map(day) }
    })
}

fn any_decision() -> impl Strategy<Value = Decision> {
    prop_oneof![6 => any_terms().prop_map(approve), 1 => Just(Decision::Reject { reason: "no".into() })]
}

proptest! {
    #[test]
    fn no_order_of_verbs_grants_more_than_was_asked(
        steps in vec((0..VERBS.len(), any_decision(), 0..4_usize, 1..4_i64), 1..20),
    ) {
        let mut request = given(RequestState::Draft);
        for (verb, decision, decider, needed) in steps {
            let facts = Facts { approvals_needed: needed, ..by(["ana", "dora", "eli", "fay"][decider]) };
            let done = if VERBS[verb].0 == "decide" { request.decide(&decision, &facts) } else { VERBS[verb].1(&request) };
            let Ok(after) = done else { continue };
            prop_assert!(!request.state.possible().is_empty(), "{} is final", request.state);
            let deciders: BTreeSet<_> = after.approvals.iter().map(|approval| &approval.by).collect();
            prop_assert_eq!(deciders.len(), after.approvals.len(), "each decider counts once");
            prop_assert!(!deciders.iter().any(|decider| after.hands.contains(decider)), "four eyes");
            prop_assert_eq!(after.granted.is_some(), after.state == RequestState::Approved);
            if let Some(granted) = &after.granted {
                prop_assert!(granted.lies_within(&after.ask.scope));
                for approval in &after.approvals {
                    prop_assert!(granted.lies_within(&after.ask.scope.meet(&approval.terms).unwrap()));
                }
                prop_assert!(i64::try_from(after.approvals.len()).unwrap() >= needed);
            }
            request = after;
        }
    }

    #[test]
    fn an_approval_only_narrows_whatever_its_terms(first in any_terms(), second in any_terms()) {
        let asked = ask().scope;
        if let (Ok(one), Ok(two)) = (asked.meet(&first), asked.meet(&second)) {
            let met = one.with(&two).unwrap();
            prop_assert!(one.lies_within(&asked) && met.lies_within(&one) && met.lies_within(&two));
            let other = two.with(&one).unwrap();
            prop_assert_eq!(&met.columns, &other.columns);
            prop_assert_eq!(met.expires_at, other.expires_at);
        }
    }
}
