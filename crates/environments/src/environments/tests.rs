use super::store::EnvironmentStore;
use super::{Environment, InstanceState, list_of, provision, retry, set_available, set_error};
use crate::Context;
use base::{EnvironmentId, ProjectId, RunId, Timestamp};
use db::Db;
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

pub(crate) fn context(db: &Db, folder: &std::path::Path) -> Context {
    Context {
        db: db.clone(),
        clock: testkit::clock(),
        ids: testkit::ids(),
        folder: folder.to_owned(),
        python: crate::Python::find(crate::Settings { python: Some("/no/python".into()), ..Default::default() }),
    }
}

fn given(state: InstanceState) -> Environment {
    let smoke_run = matches!(state, InstanceState::Available).then(|| RunId::from("r-0"));
    Environment {
        id: "credit-risk/dev".into(),
        project: "credit-risk".into(),
        name: "dev".into(),
        team: Some("risk".into()),
        state,
        engine: "local".into(),
        isolation: "bubblewrap".into(),
        smoke_run,
        reason: None,
        created_at: NEW_YEAR,
        changed_at: NEW_YEAR,
        revision: 0,
    }
}

fn apply(environment: &Environment, verb: &str, now: Timestamp) -> Result<Environment, super::Error> {
    match verb {
        "set_available" => environment.set_available(&"r-1".into(), now),
        "set_error" => environment.set_error("no room", now),
        "retry" => environment.retry(now),
        other => unreachable!("{other}"),
    }
}

const VERBS: [&str; 3] = ["set_available", "set_error", "retry"];

#[test]
fn every_verb_from_every_state() {
    let mut page = String::new();
    for state in InstanceState::ALL {
        let fits =
            |verb: &&str| apply(&given(*state), verb, NEW_YEAR).ok().map(|after| format!("{verb} → {}", after.state));
        let fits: Vec<String> = VERBS.iter().filter_map(fits).collect();
        let named: Vec<&str> = VERBS.into_iter().filter(|verb| apply(&given(*state), verb, NEW_YEAR).is_ok()).collect();
        assert_eq!(named, state.possible(), "the page of states says what fits");
        writeln!(page, "{state}: {}", if fits.is_empty() { "–".to_owned() } else { fits.join(", ") }).unwrap();
    }
    expect![[r#"
        provisioning: set_available → available, set_error → error
        available: –
        under_change: –
        tainted: –
        error: retry → provisioning
        terminating: –
        terminated: –
    "#]]
    .assert_eq(&page);
    let refused = apply(&given(InstanceState::Available), "set_error", NEW_YEAR).unwrap_err();
    assert_eq!(refused.to_string(), "environment `credit-risk/dev` is `available`: `set_error` is not possible");
}

proptest! {
    /// In whatever order runs report: available means shown by a run, and failed means a reason.
    #[test]
    fn available_means_that_a_run_showed_it(verbs in proptest::collection::vec(0..3_usize, 0..20)) {
        let mut environment = given(InstanceState::Provisioning);
        for (step, verb) in (1..).zip(verbs) {
            environment = apply(&environment, VERBS[verb], Timestamp(step)).unwrap_or(environment);
            prop_assert_eq!(environment.state == InstanceState::Available, environment.smoke_run.is_some());
            prop_assert_eq!(environment.state == InstanceState::Error, environment.reason.is_some());
        }
    }
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        for state in InstanceState::ALL {
            let id = EnvironmentId(format!("p/{}", state.as_str().replace('_', "-")));
            let environment = Environment { id: id.clone(), ..given(*state) };
            let (environment, id) = (&environment, &id);
            db.write(|tx| async move { tx.insert_environment(environment).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_environment(id).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(environment));
        }
        let changed = Environment {
            id: "p/error".into(),
            state: InstanceState::Error,
            reason: Some("why".into()),
            changed_at: Timestamp(7),
            ..given(InstanceState::Error)
        };
        let changed = &changed;
        let saved = db.write(|tx| async move { tx.save_environment(changed.clone()).await }).await.unwrap();
        let found = db.read(|tx| async move { tx.lock_environment(&changed.id).await });
        let found = if db.engine() == sea_orm::DbBackend::Postgres {
            db.write(|tx| async move { tx.lock_environment(&changed.id).await }).await
        } else {
            found.await
        };
        assert_eq!(found.unwrap(), Some(saved));
        let stale = db.write(|tx| async move { tx.save_environment(changed.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        // Nothing is available that no run showed.
        let unshown = Environment { id: "p/unshown".into(), smoke_run: None, ..given(InstanceState::Available) };
        let unshown = &unshown;
        db.write(|tx| async move { tx.insert_environment(unshown).await }).await.unwrap_err();
    })
    .await;
}

#[tokio::test]
async fn environments_are_set_up_once_and_each_change_is_on_record_once() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let cx = &context(&db, std::path::Path::new("/nowhere"));
        let (project, dev, preprod) =
            (&ProjectId::from("p"), &EnvironmentId::from("p/dev"), &EnvironmentId::from("p/preprod"));
        for _ in 0..2 {
            let all = |tx| async move { provision(cx, &tx, project, &crate::NAMES, None).await };
            db.write(all).await.unwrap();
        }
        let run = &RunId::from("r-9");
        for _ in 0..2 {
            db.write(|tx| async move { set_available(cx, &tx, dev, run).await }).await.unwrap();
            db.write(|tx| async move { set_error(cx, &tx, preprod, "it failed").await }).await.unwrap();
        }
        for _ in 0..2 {
            db.write(|tx| async move { retry(cx, &tx, preprod).await }).await.unwrap();
        }
        let late = db.write(|tx| async move { set_available(cx, &tx, dev, &"r-10".into()).await }).await.unwrap_err();
        assert_eq!(late.to_string(), "environment `p/dev` is `available`: `set_available` is not possible");
        let found = db.read(|tx| async move { list_of(&tx, project).await }).await.unwrap();
        let states: Vec<String> = found.iter().map(|found| format!("{} {}", found.id, found.state)).collect();
        assert_eq!(states, ["p/dev available", "p/preprod provisioning", "p/prod provisioning"]);
        let log = db.read(|tx| async move { access::audit_log(&tx).await }).await.unwrap();
        expect![[r#"
            allowed provisioner ProvisionEnvironment environment/p/dev
            allowed provisioner ProvisionEnvironment environment/p/preprod
            allowed provisioner ProvisionEnvironment environment/p/prod
            allowed provisioner SetEnvironmentAvailable environment/p/dev
            allowed provisioner SetEnvironmentError environment/p/preprod
            allowed provisioner RetryEnvironment environment/p/preprod"#]]
        .assert_eq(&log);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_could_be_a_path_is_refused() {
    let db = testkit::sqlite(&crate::migrations_for_tests()).await;
    let cx = &context(&db, std::path::Path::new("/nowhere"));
    for (project, name) in [("p", "../x"), ("p", "a/b"), ("p/q", "dev"), ("p", "")] {
        let project = &ProjectId::from(project);
        let done = db.write(|tx| async move { provision(cx, &tx, project, &[name], None).await }).await;
        assert!(matches!(done, Err(super::Error::Name(_))), "{project} {name}: {done:?}");
    }
}
