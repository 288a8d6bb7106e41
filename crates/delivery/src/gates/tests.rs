use super::store::PolicyStore;
use super::{Better, GatePolicy, GatePolicyState, GateVerdict, Measured, Needed, Terms, in_the_way, judge};
use access::Role;
use base::{Fault, ProjectId, Timestamp};
use expect_test::expect;
use monitoring::{Metric, Report};
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn metric(name: &str, value: impl Into<Option<f64>>) -> Metric {
    let value = value.into();
    let reason = value.is_none().then(|| "one class only".to_owned());
    Metric { name: name.into(), group: None, value, low: None, high: None, n: 200, reason }
}

fn measured(name: &str, metrics: Vec<Metric>) -> Measured {
    Measured { name: name.into(), report: Ok(Report { metrics, note: "on the held-out fifth".into() }) }
}

fn good() -> Vec<Measured> {
    vec![
        measured("parity", vec![metric("parity_difference", 1e-7), metric("parity_labels", 0.0)]),
        measured("quality", vec![metric("auc", 0.79), metric("accuracy", 0.75)]),
        measured("bias", vec![metric("demographic_parity", 0.08)]),
    ]
}

fn policy() -> GatePolicy {
    GatePolicy {
        project: "p".into(),
        environment: "prod".into(),
        team: None,
        version: 0,
        state: GatePolicyState::InForce,
        terms: Terms::usual("prod"),
        by: "lockgate".into(),
        at: NEW_YEAR,
    }
}

#[test]
fn what_stands_in_the_way_names_metric_value_and_limit() {
    let mut page = String::new();
    let terms = Terms::usual("preprod");
    let mut show = |what: &str, measured: &[Measured]| {
        let checks = judge(measured, &terms);
        let verdicts: Vec<_> = checks.iter().map(|check| format!("{} {}", check.name, check.verdict)).collect();
        writeln!(page, "{what}: {} | {}", verdicts.join(", "), in_the_way(&checks, &terms).join("; ")).unwrap();
    };
    show("good", &good());
    let mut red = good();
    red[2] = measured("bias", vec![metric("demographic_parity", 0.31)]);
    show("red", &red);
    red[1] = measured("quality", vec![metric("auc", 0.6), metric("accuracy", 0.5)]);
    show("at the limit is fine, beyond is not", &red);
    let mut none = good();
    none[1] = Measured { name: "quality".into(), report: Err("the contract names no dataset".into()) };
    none[2] = Measured { name: "bias".into(), report: Err("no column is tagged `sensitive`".into()) };
    show("bias may be not computable, quality may not", &none);
    none[1] = measured("quality", vec![metric("auc", None), metric("accuracy", 0.8)]);
    show("one of two", &none);
    none[1] = measured("quality", vec![metric("accuracy", 0.8)]);
    show("not reported", &none);
    show("not run", &good()[..1]);
    let of =
        |group: &str, value: Option<f64>| Metric { group: Some(group.into()), ..metric("demographic_parity", value) };
    let mut grouped = |what: &str, metrics: Vec<Metric>| {
        let mut all = good();
        all[2] = measured("bias", metrics);
        show(what, &all);
    };
    grouped("told by column, and one is beyond", vec![of("age", Some(0.1)), of("sex", Some(0.77))]);
    grouped("all rows are fine, a column is not", vec![metric("demographic_parity", 0.1), of("sex", Some(1.0))]);
    grouped("told by column, and all are fine", vec![of("age", Some(0.1)), of("sex", Some(0.2))]);
    grouped("told by column, and one is not known", vec![of("age", Some(0.1)), of("sex", None)]);
    let auc = Metric { name: "auc".into(), ..of("≤ 25", None) };
    let quality = measured("quality", vec![metric("auc", 0.8), metric("accuracy", 0.8), auc.clone()]);
    show("a group that has none, beside a number of all rows", &[good()[0].clone(), quality]);
    let quality = measured("quality", vec![metric("accuracy", 0.8), auc]);
    show("a group that has none, and no number of all rows", &[good()[0].clone(), quality]);
    expect![[r#"
        good: parity passed, quality passed, bias passed | 
        red: parity passed, quality passed, bias failed | bias: `demographic_parity` is 0.31, and has to be at most 0.2
        at the limit is fine, beyond is not: parity passed, quality failed, bias failed | quality: `accuracy` is 0.5, and has to be at least 0.55; bias: `demographic_parity` is 0.31, and has to be at most 0.2
        bias may be not computable, quality may not: parity passed, quality not_computable, bias not_computable | quality: not computable: the contract names no dataset
        one of two: parity passed, quality not_computable, bias not_computable | quality: not computable: `auc`: one class only
        not reported: parity passed, quality not_computable, bias not_computable | quality: not computable: `auc` was not reported
        not run: parity passed | quality: it did not run; bias: it did not run
        told by column, and one is beyond: parity passed, quality passed, bias failed | bias: `demographic_parity` of `sex` is 0.77, and has to be at most 0.2
        all rows are fine, a column is not: parity passed, quality passed, bias failed | bias: `demographic_parity` of `sex` is 1, and has to be at most 0.2
        told by column, and all are fine: parity passed, quality passed, bias passed | 
        told by column, and one is not known: parity passed, quality passed, bias not_computable | 
        a group that has none, beside a number of all rows: parity passed, quality not_computable | quality: not computable: `auc`: one class only; bias: it did not run
        a group that has none, and no number of all rows: parity passed, quality not_computable | quality: not computable: `auc`: one class only; bias: it did not run
    "#]]
    .assert_eq(&page);
}

#[test]
fn what_was_judged_is_judged_anew_by_another_policy() {
    let lenient = Terms { tolerances: Vec::new(), ..Terms::usual("preprod") };
    let mut red = good();
    red[2] = measured("bias", vec![metric("demographic_parity", 0.31)]);
    let checks = judge(&red, &lenient);
    assert!(in_the_way(&checks, &lenient).is_empty());
    let again: Vec<Measured> = checks.iter().map(super::JudgedCheck::measured).collect();
    assert_eq!(again, red);
    assert_eq!(in_the_way(&judge(&again, &Terms::usual("prod")), &Terms::usual("prod")).len(), 1);
}

#[test]
fn numbers_are_shown_as_people_read_them() {
    let shown = [0.31, 0.2, 1e-7, 0.0, 1.0, 0.123_456].map(super::judge::number);
    assert_eq!(shown, ["0.31", "0.2", "1.0e-7", "0", "1", "0.1235"]);
}

#[test]
fn a_policy_that_does_not_fit_is_refused() {
    let mut page = String::new();
    let usual = Terms::usual("prod");
    let mut check = |terms: Terms| {
        let said = terms.check("prod").map_or_else(|error| format!("{} {error}", error.fault().1), |()| "fits".into());
        writeln!(page, "{said}").unwrap();
    };
    check(usual.clone());
    check(Terms { required: vec!["lint".into()], may_be_not_computable: Vec::new(), ..usual.clone() });
    check(Terms { required: vec!["bias".into(), "bias".into()], ..usual.clone() });
    check(Terms { tolerances: usual.tolerances[..4].to_vec(), ..usual.clone() });
    check(Terms { may_be_not_computable: vec!["x".into()], ..usual.clone() });
    check(Terms { approvals: Vec::new(), ..usual.clone() });
    check(Terms { approvals: vec![Needed { role: Role::ModelOwner, count: 0 }], ..usual.clone() });
    let twice = Needed { role: Role::ModelOwner, count: 1 };
    check(Terms { approvals: vec![twice, twice], ..usual.clone() });
    check(Terms { baking_s: -1, ..usual.clone() });
    let tolerance = |change: &dyn Fn(&mut super::Tolerance)| {
        let mut terms = usual.clone();
        change(&mut terms.tolerances[2]);
        terms
    };
    check(tolerance(&|one| one.metric = "magic".into()));
    check(tolerance(&|one| one.metric = "accuracy".into()));
    check(tolerance(&|one| one.better = Better::Lower));
    check(tolerance(&|one| one.red = f64::NAN));
    check(tolerance(&|one| one.amber = 0.1));
    check(tolerance(&|one| one.rationale = " ".into()));
    expect![[r#"
        fits
        delivery.gate_policy the policy does not fit: `lint` is no check of the platform
        delivery.gate_policy the policy does not fit: `bias` is required twice
        delivery.gate_policy the policy does not fit: check `bias` is required, and none of its metrics has a limit
        delivery.gate_policy the policy does not fit: `x` is not required, so need not be excused
        delivery.gate_policy the policy does not fit: prod asks for one approval at least
        delivery.gate_policy the policy does not fit: of role `model_owner` 1 to 10 approvals can be asked for
        delivery.gate_policy the policy does not fit: role `model_owner` stands there twice
        delivery.gate_policy the policy does not fit: `baking_s` lies between 0 and 604800
        delivery.gate_policy the policy does not fit: `magic` is no metric of the platform's checks
        delivery.gate_policy the policy does not fit: `accuracy` stands there twice
        delivery.gate_policy the policy does not fit: of `auc`, the other way is better
        delivery.gate_policy the policy does not fit: the limits of `auc` are not finite
        delivery.gate_policy the policy does not fit: of `auc`, amber lies beyond red
        delivery.gate_policy the policy does not fit: the limits of `auc` need a rationale of 1 to 1000 characters
    "#]]
    .assert_eq(&page);
}

#[test]
fn a_version_is_replaced_by_the_next_and_the_same_again_is_the_same() {
    let (first, terms) = (policy(), Terms { baking_s: 10, ..Terms::usual("prod") });
    let (before, after) = first.replace(terms.clone(), &"vera".into(), Timestamp(9)).unwrap().unwrap();
    assert_eq!((before.state, after.state, after.version), (GatePolicyState::Replaced, GatePolicyState::InForce, 1));
    assert_eq!((first.editor(), after.editor().map(base::PersonId::as_str)), (None, Some("vera")));
    assert_eq!(after.replace(terms.clone(), &"vera".into(), Timestamp(10)).unwrap(), None);
    let by_another = after.replace(terms.clone(), &"ivo".into(), Timestamp(10)).unwrap();
    assert_eq!(by_another, None, "whoever saves what holds anyway is no author for it");
    assert_eq!(
        before.replace(terms, &"ivo".into(), Timestamp(10)).unwrap_err().fault().1,
        "delivery.gate_policy_moved"
    );
}

proptest! {
    /// However measured and limited: what fails is on the wrong side of red, and a value at its limit passes.
    #[test]
    fn a_verdict_is_a_comparison(value in -1.0..2.0_f64, red in -1.0..2.0_f64, higher in any::<bool>()) {
        let mut terms = Terms::usual("preprod");
        let better = if higher { Better::Higher } else { Better::Lower };
        terms.tolerances.retain(|one| one.metric == "auc");
        terms.tolerances[0] = super::Tolerance { better, amber: red, red, ..terms.tolerances[0].clone() };
        let verdict = |value: f64| judge(&[measured("quality", vec![metric("auc", value)])], &terms)[0].verdict;
        let wrong = if higher { value < red } else { value > red };
        prop_assert_eq!(verdict(value), if wrong { GateVerdict::Failed } else { GateVerdict::Passed });
        prop_assert_eq!(verdict(red), GateVerdict::Passed);
    }
}

#[tokio::test]
async fn one_version_is_in_force() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let project = &ProjectId::from("p");
        let first = &GatePolicy { version: 1, by: "vera".into(), ..policy() };
        let second = &GatePolicy { version: 2, by: "ivo".into(), at: Timestamp(5), ..policy() };
        db.write(|tx| async move { tx.insert_policy(first).await }).await.unwrap();
        let both = db.write(|tx| async move { tx.insert_policy(second).await }).await;
        assert!(matches!(both, Err(db::Error::Taken)), "{both:?}");
        let replaced = db.write(|tx| async move {
            assert_eq!(tx.lock_policy(project, "prod").await?.as_ref(), Some(first));
            tx.replace_policy(first).await?;
            tx.insert_policy(second).await
        });
        replaced.await.unwrap();
        let found = db.read(|tx| async move { tx.find_policy(project, "prod").await }).await.unwrap();
        assert_eq!(found.as_ref(), Some(second));
        let makers = |then: i64| {
            let db = &db;
            async move {
                let made = db.read(|tx| async move { tx.list_policy_makers(project, "prod", Timestamp(then)).await });
                made.await.unwrap().into_iter().map(|by| by.0).collect::<Vec<_>>()
            }
        };
        assert_eq!(makers(0).await, ["ivo", "vera"]);
        assert_eq!(makers(NEW_YEAR.0 + 1).await, ["ivo"], "who made what is in force counts, however long ago");
        let draft = &GatePolicy { version: 3, state: GatePolicyState::Draft, ..policy() };
        db.write(|tx| async move { tx.insert_policy(draft).await }).await.unwrap();
        let stale = db.write(|tx| async move { tx.replace_policy(first).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
    })
    .await;
}
