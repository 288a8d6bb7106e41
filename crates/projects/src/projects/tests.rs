use super::store::ProjectStore;
use super::{Error, NewProject, Project, advance};
use crate::templates;
use base::{ProjectId, Timestamp};
use environments::{Environment, InstanceState};
use expect_test::expect;
use proptest::prelude::*;
use std::fmt::Write;
use testkit::{NEW_YEAR, on_each_engine};

fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    let mut all: Vec<Box<dyn sea_orm_migration::MigrationTrait>> =
        vec![Box::new(db::schema::CreateOutbox), Box::new(jobs::CreateJobs)];
    all.extend(access::migrations::all());
    all.extend(crate::migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}

fn order() -> NewProject {
    serde_json::from_value(serde_json::json!({
        "name": "credit-risk", "title": "Credit risk", "team": "risk", "owner": "ben", "tier": 2,
        "intended_use": "Tell likely defaults apart.", "prohibited_use": "Decide on employment.",
        "template": "tabular-classification",
    }))
    .unwrap()
}

fn given(state: InstanceState) -> Project {
    let project = Project::begin(&order(), "1", [].into(), &"ana".into(), NEW_YEAR).unwrap();
    let reason = (state == InstanceState::Error).then(|| "why".to_owned());
    Project { state, reason, commit: Some("c".into()), ..project }
}

fn environment(state: InstanceState) -> Environment {
    Environment {
        id: "credit-risk/dev".into(),
        project: "credit-risk".into(),
        name: "dev".into(),
        team: None,
        state,
        engine: "local".into(),
        isolation: "bubblewrap".into(),
        smoke_run: None,
        reason: None,
        created_at: NEW_YEAR,
        changed_at: NEW_YEAR,
        revision: 0,
    }
}

fn apply(project: &Project, verb: &str, now: Timestamp) -> Result<Project, Error> {
    match verb {
        "set_available" => project.set_available(&[environment(InstanceState::Available)], now),
        "set_error" => project.set_error("no room", now),
        "retry" => project.retry(now),
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
}

#[test]
fn it_is_available_only_as_a_whole() {
    let project = given(InstanceState::Provisioning);
    let with = |states: &[InstanceState]| {
        let environments: Vec<Environment> = states.iter().map(|state| environment(*state)).collect();
        project.set_available(&environments, NEW_YEAR).is_ok()
    };
    assert!(with(&[InstanceState::Available; 3]));
    assert!(!with(&[]), "without environments there is nothing to run in");
    assert!(!with(&[InstanceState::Available, InstanceState::Provisioning]));
    assert!(!with(&[InstanceState::Available, InstanceState::Error]));
    let without_code = Project { commit: None, ..project.clone() };
    assert!(without_code.set_available(&[environment(InstanceState::Available)], NEW_YEAR).is_err());
}

proptest! {
    /// In whatever order runs end and people retry: failed means a reason, and available means code.
    #[test]
    fn a_reason_goes_with_failure(verbs in proptest::collection::vec(0..3_usize, 0..20), code in any::<bool>()) {
        let mut project = Project { commit: code.then(|| "c".into()), ..given(InstanceState::Provisioning) };
        for (step, verb) in (1..).zip(verbs) {
            project = apply(&project, VERBS[verb], Timestamp(step)).unwrap_or(project);
            prop_assert_eq!(project.state == InstanceState::Error, project.reason.is_some());
            prop_assert!(project.state != InstanceState::Available || code);
            prop_assert_eq!(project.state == InstanceState::Available, project.available_at.is_some());
        }
    }
}

#[track_caller]
fn refused(change: impl Fn(&mut NewProject), expected: &str) {
    let mut new = order();
    change(&mut new);
    let error = Project::begin(&new, "1", [].into(), &"ana".into(), NEW_YEAR).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_people_write_is_checked() {
    refused(|new| new.name = "../etc".into(), "`../etc` is not a name");
    refused(|new| new.team = String::new(), "`` is not a name");
    refused(|new| new.owner = "Ben".into(), "`Ben` is not a name");
    refused(|new| new.tier = 0, "a tier is 1, 2 or 3, not 0");
    refused(|new| new.tier = 4, "a tier is 1, 2 or 3, not 4");
    refused(|new| new.title = "  ".into(), "`title` is empty");
    refused(
        |new| new.title = "a\nb".into(),
        "`title` is empty, longer than 120 characters, or holds control characters",
    );
    refused(|new| new.intended_use = "x".repeat(4_001), "`intended_use` is empty, longer than 4000 characters");
    refused(|new| new.prohibited_use = "a\u{7}".into(), "`prohibited_use` is empty");
}

#[test]
fn next_says_what_this_viewer_may_do() {
    let environments = [environment(InstanceState::Available), environment(InstanceState::Provisioning)];
    let show = |state, retry, run| {
        let next = given(state).next(&environments, retry, run);
        format!("{:?}: {} {} {:?}", next.tone, next.text, next.reason, next.action)
    };
    expect!["Working: It is being set up. The repository is made, 1 of 2 environments are available. None"]
        .assert_eq(&show(InstanceState::Provisioning, true, true));
    expect![[r#"Bad: It could not be set up. why Some("retry_project")"#]].assert_eq(&show(
        InstanceState::Error,
        true,
        true,
    ));
    expect!["Bad: It could not be set up. why None"].assert_eq(&show(InstanceState::Error, false, true));
    expect![[r#"Good: It is set up. Push a branch, then start a run in dev. Some("start_run")"#]].assert_eq(&show(
        InstanceState::Available,
        true,
        true,
    ));
}

#[test]
fn every_template_becomes_a_repository_whatever_people_write() {
    let known = templates::names();
    assert!(known.iter().any(|name| name == "tabular-classification"), "{known:?}");
    for name in known {
        let nasty = "Title \"quoted\" {{ project }} \\ ' ${HOME} <script>".to_owned();
        let new = NewProject { template: name.clone(), title: nasty.clone(), ..order() };
        let project = Project::begin(&new, "1", [].into(), &"ana".into(), NEW_YEAR).unwrap();
        let files = advance::files_of(&project).unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert!(paths.contains(&"README.md") && paths.contains(&"lockgate.json"), "{paths:?}");
        assert!(!paths.iter().any(|path| path.contains("__pycache__") || *path == "template.json"), "{paths:?}");
        for file in &files {
            let text = String::from_utf8_lossy(&file.bytes).replace(&nasty, "");
            assert!(!text.contains("{{ project }}"), "{}: a placeholder is left", file.path);
        }
        let origin = files.iter().find(|file| file.path == "lockgate.json").unwrap();
        let origin: serde_json::Value = serde_json::from_slice(&origin.bytes).unwrap();
        assert_eq!((&origin["project"], &origin["template"]), (&"credit-risk".into(), &name.as_str().into()));
        assert_eq!(files, advance::files_of(&project).unwrap(), "made anew after a kill, they are the same");
    }
}

#[tokio::test]
async fn the_store_keeps_what_it_is_given() {
    on_each_engine(&migrations(), async |db| {
        for state in InstanceState::ALL {
            let project = Project { id: state.as_str().replace('_', "-").into(), ..given(*state) };
            let project = &project;
            db.write(|tx| async move { tx.insert_project(project).await }).await.unwrap();
            let found = db.read(|tx| async move { tx.find_project(&project.id).await }).await.unwrap();
            assert_eq!(found.as_ref(), Some(project));
        }
        let again = &Project { id: "error".into(), ..given(InstanceState::Error) };
        let taken = db.write(|tx| async move { tx.insert_project(again).await }).await;
        assert!(matches!(taken, Err(db::Error::Taken)), "{taken:?}");
        let changed = &Project {
            reason: Some("another".into()),
            commit: None,
            changed_at: Timestamp(5),
            available_at: Some(Timestamp(6)),
            ..again.clone()
        };
        let saved = db.write(|tx| async move { tx.save_project(changed.clone()).await }).await.unwrap();
        let found = db.write(|tx| async move { tx.lock_project(&changed.id).await }).await.unwrap();
        assert_eq!(found, Some(saved));
        let stale = db.write(|tx| async move { tx.save_project(changed.clone()).await }).await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        let open = |then| db.read(move |tx| async move { tx.list_provisioning(then, 10).await });
        assert_eq!(open(NEW_YEAR).await.unwrap(), [ProjectId::from("provisioning")]);
        assert!(open(Timestamp(NEW_YEAR.0 - 1)).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_the_smoke_runs_of_an_environment_the_last_one_counts() {
    on_each_engine(&migrations(), async |db| {
        let (project, dev) = (&ProjectId::from("p"), &"p/dev".into());
        let put =
            |run: &'static str| db.write(move |tx| async move { tx.put_smoke_run(project, dev, &run.into()).await });
        put("r-1").await.unwrap();
        put("r-2").await.unwrap();
        let found = db.read(|tx| async move {
            let (first, second) = (tx.find_project_of(&"r-1".into()).await?, tx.find_project_of(&"r-2".into()).await?);
            Ok::<_, db::Error>((tx.find_smoke_run(dev).await?, first, second))
        });
        assert_eq!(found.await.unwrap(), (Some("r-2".into()), None, Some(project.clone())));
        db.write(|tx| async move { tx.delete_smoke_run(dev).await }).await.unwrap();
        assert_eq!(db.read(|tx| async move { tx.find_smoke_run(dev).await }).await.unwrap(), None);
    })
    .await;
}
