//! The store contract on every engine, and the promise of lists: just the rows that each decision would allow.
use crate::audit::store::{AuditStore, EntryColumn};
use crate::audit::{AuditKey, Checkpoint, Sealer, SealerSettings};
use crate::http::{Caller, Gate, Permit};
use crate::people::store::PeopleStore;
use crate::people::{Membership, Person, PersonState};
use crate::roles::store::RoleStore;
use crate::roles::{Ended, Place, Role, RoleAssignment};
use crate::tokens::store::TokenStore;
use crate::{AttemptToken, Columns, Entry, Once, OnceError, Policies};
use base::{GroupId, PersonId, Principal, Resource, Timestamp};
use db::{Db, Tx};
use proptest::prelude::*;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Condition, Expr, Query};
use std::collections::BTreeSet;
use testkit::{NEW_YEAR, clock, ids, on_each_engine};

const POLICIES: &str = r#"
    @id("read-thing") permit(principal is Person, action == Action::"ReadThing", resource)
    when { context.asks || context.listed || context.roles.containsAny(["data_steward", "auditor"]) };
    @id("cut-thing") permit(principal is Person, action == Action::"CutThing", resource)
    when { context.roles.contains("data_steward") };"#;

crate::actions! {
    /// See a thing.
    ReadThing,
    /// Cut a thing.
    CutThing,
}

pub(crate) fn gate(db: &Db, company: &[(String, String)]) -> Gate {
    let policies = format!("{}{POLICIES}", crate::POLICIES);
    Gate::new(db.clone(), clock(), ids(), Policies::parse(&policies, company).unwrap())
}

pub(crate) async fn add_person(db: &Db, id: &str, groups: &[&str]) {
    let person = Person {
        id: id.into(),
        display_name: id.to_uppercase(),
        state: PersonState::Active,
        created_by: "pat".into(),
        created_at: NEW_YEAR,
        has_password: false,
        revision: 1,
    };
    let (person, groups) = (&person, &groups);
    let added = db.write(|tx| async move {
        tx.insert_person(person).await?;
        for group in *groups {
            tx.insert_membership(&membership(group, person.id.as_str())).await?;
        }
        Ok::<_, db::Error>(())
    });
    added.await.unwrap();
}

fn membership(group: &str, person: &str) -> Membership {
    let (given_by, given_at) = ("pat".into(), NEW_YEAR.plus_days(-9));
    Membership { group: group.into(), person: person.into(), role: None, given_by, given_at }
}

fn assignment(id: &str, holder: &str, role: Role, place: &str) -> RoleAssignment {
    let (holder, place) = (holder.parse().unwrap(), place.parse().unwrap());
    let (given_by, given_at) = ("pat".into(), NEW_YEAR.plus_days(-9));
    RoleAssignment { id: id.into(), holder, role, place, given_by, given_at, ended: None }
}

async fn give(db: &Db, assignment: RoleAssignment) -> db::Result<()> {
    let assignment = &assignment;
    db.write(|tx| async move { tx.insert_assignment(assignment).await }).await
}

fn thing(scope: &str, team: Option<&str>, asker: Option<&str>, listed: bool) -> Resource {
    let asker = asker.map(|asker| asker.parse().unwrap());
    Resource { kind: "thing", id: "t-1".into(), scope: scope.into(), team: team.map(Into::into), asker, listed }
}

#[tokio::test]
async fn a_person_is_stored_once_and_saved_by_revision() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let found = db.read(|tx| async move { tx.find_person(&"ana".into()).await }).await.unwrap().unwrap();
        let twice = db
            .write(|tx| {
                let found = found.clone();
                async move { tx.insert_person(&found).await }
            })
            .await;
        assert!(matches!(twice, Err(db::Error::Taken)), "{twice:?}");
        let stale = Person { revision: 7, ..found.clone() };
        let stale = db
            .write(|tx| {
                let stale = stale.clone();
                async move { tx.save_person(stale).await }
            })
            .await;
        assert!(matches!(stale, Err(db::Error::Stale)), "{stale:?}");
        for (number, state) in PersonState::ALL.iter().enumerate() {
            let person = Person { id: format!("p-{number}").into(), state: *state, ..found.clone() };
            db.write(|tx| {
                let person = person.clone();
                async move { tx.insert_person(&person).await }
            })
            .await
            .unwrap();
        }
        let hash = db.write(|tx| async move {
            tx.set_password_hash(&"ana".into(), "$argon2id$x", &"pat".into(), NEW_YEAR).await?;
            Ok::<_, db::Error>((tx.find_password_hash(&"ana".into()).await?, tx.find_link_maker(&"ana".into()).await?))
        });
        assert_eq!(hash.await.unwrap(), (Some("$argon2id$x".to_owned()), Some("pat".into())));
    })
    .await;
}

#[tokio::test]
async fn a_membership_is_current_once_and_may_begin_anew() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "dora", &["data-stewards"]).await;
        let again = async || {
            db.write(|tx| async move { tx.insert_membership(&membership("data-stewards", "dora")).await }).await
        };
        assert!(matches!(again().await, Err(db::Error::Taken)));
        let of = async || db.read(|tx| async move { tx.list_memberships_of(&"dora".into()).await }).await.unwrap();
        assert_eq!(of().await[0].role, Some(Role::DataSteward));
        let (group, dora) = (&GroupId::from("data-stewards"), &PersonId::from("dora"));
        let ended = async || {
            db.write(|tx| async move { tx.end_membership(group, dora, &"pat".into(), NEW_YEAR).await }).await.unwrap()
        };
        assert!(ended().await && !ended().await, "ending again changes nothing");
        assert!(of().await.is_empty());
        again().await.unwrap();
        let groups = db.read(|tx| async move { tx.list_groups().await }).await.unwrap();
        let built_in: BTreeSet<_> = groups.iter().map(|g| (g.id.as_str(), g.role)).collect();
        assert_eq!(built_in, Role::ALL.iter().map(|role| (role.group(), Some(*role))).collect());
    })
    .await;
}

#[tokio::test]
async fn a_role_is_held_once_per_place_and_ends() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let given = assignment("ra-1", "person:dora", Role::DataSteward, "lake/retail");
        give(&db, given.clone()).await.unwrap();
        let twice = RoleAssignment { id: "ra-2".into(), ..given.clone() };
        assert!(matches!(give(&db, twice.clone()).await, Err(db::Error::Taken)));
        give(&db, RoleAssignment { id: "ra-3".into(), place: "team:retail".parse().unwrap(), ..given.clone() })
            .await
            .unwrap();
        let ended = Ended { at: NEW_YEAR, by: "pat".into() };
        let ended = &ended;
        db.write(|tx| async move { tx.end_assignment("ra-1", ended).await }).await.unwrap();
        give(&db, twice).await.unwrap();
        let read = db.read(|tx| async move { tx.lock_assignment("ra-1").await }).await.unwrap().unwrap();
        assert_eq!(read, RoleAssignment { ended: Some(ended.clone()), ..given });
        let holder = ["person:dora".parse::<Principal>().unwrap()];
        let held = db
            .read(|tx| {
                let holder = holder.clone();
                async move { tx.list_assignments_of(&holder).await }
            })
            .await
            .unwrap();
        assert_eq!(held.iter().map(|held| held.id.as_str()).collect::<Vec<_>>(), ["ra-2", "ra-3"]);
    })
    .await;
}

#[tokio::test]
async fn an_attempts_token_dies_with_its_attempt() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "ana", &[]).await;
        let cx = gate(&db, &[]).context();
        let environment = "credit-risk/preprod".into();
        let what = AttemptToken {
            attempt: "at-1",
            environment: &environment,
            on_behalf_of: Some(&"ana".into()),
            verbs: &["RunQuery"],
            reads: &[crate::AttemptRead { dataset: "a.b.c".into(), version: 2, declared: true }],
            expires_at: NEW_YEAR.plus_days(1),
        };
        let (cx, what) = (&cx, &what);
        let issued = db.write(|tx| async move { crate::issue_attempt_token(cx, &tx, what).await });
        let (token, secret) = issued.await.unwrap();
        let hash = &secret.hash();
        let found = async || {
            db.read(|tx| async move {
                Ok::<_, db::Error>((crate::tokens::revision(&tx).await?, crate::tokens::find_usable(&tx, hash).await?))
            })
            .await
            .unwrap()
        };
        assert_eq!(found().await, (0, Some(token)));
        let revoke = async || {
            db.write(|tx| async move { crate::revoke_attempt_tokens(&tx, "at-1", NEW_YEAR).await }).await.unwrap();
        };
        revoke().await;
        let (revision, ended) = found().await;
        assert_eq!((revision, ended.unwrap().ended.unwrap().by.0), (1, "scheduler".to_owned()));
        revoke().await;
        assert_eq!(found().await.0, 1, "again changes nothing");
        let unknown = db.read(|tx| async move { tx.find_token_by_hash("0").await }).await.unwrap();
        assert_eq!(unknown, None);
    })
    .await;
}

#[tokio::test]
async fn the_right_behind_a_decision_serves_four_eyes_best() {
    on_each_engine(&crate::migrations::all(), async |db| {
        add_person(&db, "dora", &[]).await;
        let gate = gate(&db, &[]);
        let own = RoleAssignment {
            given_by: "dora".into(),
            ..assignment("ra-1", "person:dora", Role::DataSteward, "lake/retail")
        };
        give(&db, own).await.unwrap();
        let cut: Permit<CutThing> = gate.permit(Caller::person_named("dora"));
        let right = async || {
            let cut = &cut;
            db.read(|tx| async move { cut.on(&tx, Some(thing("lake/retail/core", None, None, false))).await })
                .await
                .unwrap()
                .unwrap()
                .1
        };
        assert_eq!(right().await.given_by, "dora".into());
        let given_at = NEW_YEAR.plus_days(-2);
        let later =
            RoleAssignment { given_at, ..assignment("ra-2", "person:dora", Role::DataSteward, "lake/retail/core") };
        give(&db, later).await.unwrap();
        assert_eq!((right().await.given_by, right().await.given_at), ("pat".into(), given_at));
        let elsewhere = db
            .read(|tx| {
                let cut = &cut;
                async move { cut.on(&tx, Some(thing("lake/risk", None, None, false))).await }
            })
            .await
            .unwrap();
        assert!(elsewhere.is_none(), "hidden, as if absent");
        let listed = db
            .read(|tx| {
                let cut = &cut;
                async move { cut.on(&tx, Some(thing("lake/risk", None, None, true))).await }
            })
            .await;
        assert!(matches!(listed, Err(crate::Refused::Forbidden("CutThing", "thing", _))), "{listed:?}");
    })
    .await;
}

/// A row of a list as its table keeps it.
type Row = (String, Option<String>, Option<String>, bool);

fn rows() -> Vec<Row> {
    let scopes = [
        "lake/retail",
        "lake/retail/core/customers",
        "lake/retail-eu/core/x",
        "lake/risk/a_b",
        "deployment",
        "project/pd/prod",
    ];
    let askers =
        [None, Some("person:ana"), Some("group:staff"), Some("environment:pd/prod"), Some("environment:pd-x/prod")];
    let mut rows = Vec::new();
    for scope in scopes {
        for team in [None, Some("retail"), Some("risk")] {
            for asker in askers {
                for listed in [false, true] {
                    rows.push((scope.to_owned(), team.map(Into::into), asker.map(Into::into), listed));
                }
            }
        }
    }
    rows
}

/// Returns which rows the predicate shows in SQL, in memory, and which a decision on each allows.
async fn three_ways(tx: &Tx, permit: &Permit<ReadThing>) -> [BTreeSet<usize>; 3] {
    let visible = permit.visible(tx).await.unwrap();
    let columns = Columns::scope(Expr::col("scope")).team(Expr::col("team")).asker(Expr::col("asker"));
    let columns = columns.listed(Expr::col("listed"));
    let mut select = Query::select();
    select.column("number").from("things").cond_where(visible.condition(&columns));
    let in_sql = tx.conn().query_all(&select).await.unwrap();
    let in_sql = in_sql.iter().map(|row| usize::try_from(row.try_get::<i64>("", "number").unwrap()).unwrap()).collect();
    let (mut in_memory, mut each) = (BTreeSet::new(), BTreeSet::new());
    for (number, (scope, team, asker, listed)) in rows().into_iter().enumerate() {
        let thing = thing(&scope, team.as_deref(), asker.as_deref(), listed);
        if visible.allows(&thing) {
            in_memory.insert(number);
        }
        if permit.on(tx, Some(thing)).await.unwrap().is_some() {
            each.insert(number);
        }
    }
    [in_sql, in_memory, each]
}

async fn with_things(db: &Db) {
    let create = "CREATE TABLE things (number bigint, scope text, team text, asker text, listed boolean)";
    db.migrator().execute_unprepared(create).await.unwrap();
    let text = |value: Option<String>| value.map_or("NULL".to_owned(), |value| format!("'{value}'"));
    let values = rows().into_iter().enumerate().map(|(number, (scope, team, asker, listed))| {
        format!("({number}, '{scope}', {}, {}, {listed})", text(team), text(asker))
    });
    let insert = format!("INSERT INTO things VALUES {}", values.collect::<Vec<_>>().join(", "));
    db.migrator().execute_unprepared(&insert).await.unwrap();
}

fn company(number: usize) -> Vec<(String, String)> {
    let texts = [
        "",
        r#"forbid(principal, action == Action::"ReadThing", resource) when { context.asks };"#,
        r#"forbid(principal in Group::"staff", action, resource) unless { context.roles.contains("model_owner") };"#,
        r#"forbid(principal, action == Action::"ReadThing", resource) when { context.roles.contains("model_owner") && !context.listed };"#,
    ];
    vec![("company.cedar".to_owned(), texts[number].to_owned())]
}

#[test]
fn a_list_is_just_the_rows_that_each_decision_allows() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let holders = prop::sample::select(vec!["person:ana", "group:staff", "group:data-stewards"]);
    let roles = prop::sample::select(vec![Role::DataSteward, Role::Auditor, Role::ModelOwner]);
    let places = prop::sample::select(vec![
        "lake/retail",
        "lake/risk",
        "lake/retail/core",
        "team:retail",
        "project/pd",
        "project/pd/prod",
    ]);
    let given = prop::collection::btree_set((holders, roles, places), 0..6);
    let groups = prop::sample::subsequence(vec!["staff", "data-stewards", "auditors"], 0..=2);
    let strategy = (given, groups, 0..4_usize);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(16));
    let run = runner.run(&strategy, |(given, groups, policy)| {
        runtime.block_on(on_each_engine(&crate::migrations::all(), async |db| {
            with_things(&db).await;
            db.migrator().execute_unprepared("INSERT INTO groups (id, title) VALUES ('staff', 'Staff')").await.unwrap();
            add_person(&db, "ana", &groups).await;
            for (number, (holder, role, place)) in given.iter().enumerate() {
                give(&db, assignment(&format!("ra-{number}"), holder, *role, place)).await.unwrap();
            }
            let permit: Permit<ReadThing> = gate(&db, &company(policy)).permit(Caller::person_named("ana"));
            let permit = &permit;
            let ways = db.read(|tx| async move { Ok::<_, db::Error>(three_ways(&tx, permit).await) }).await.unwrap();
            assert_eq!(ways[0], ways[2], "SQL, and each row");
            assert_eq!(ways[1], ways[2], "memory, and each row");
        }));
        Ok(())
    });
    run.unwrap();
}

#[tokio::test]
async fn entries_are_sealed_in_order_once_and_the_checkpoint_is_copied_outside() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let cx = gate(&db, &[]).context();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.jsonl");
        let key = AuditKey::from_seed([7; 32]);
        let sealer = Sealer::new(cx.clone(), key.clone(), &file, SealerSettings::default());
        let other = Sealer::new(cx.clone(), key.clone(), &file, SealerSettings::default());
        for number in 0..3 {
            let entry = Entry {
                reason: Some("wörter".into()),
                ..Entry::new(NEW_YEAR, "person:ana", "ReadX", format!("x/{number}"))
            };
            let entry = &entry;
            db.write(|tx| async move { tx.insert_entry(entry).await }).await.unwrap();
        }
        assert_eq!(sealer.seal(false).await.unwrap(), 3);
        assert_eq!(other.seal(false).await.unwrap(), 0, "the lease is held");
        let entry = &Entry::new(NEW_YEAR, "person:ana", "ReadX", "x/3");
        db.write(|tx| async move { tx.insert_entry(entry).await }).await.unwrap();
        let known: Checkpoint = crate::audit::last_known(&file).unwrap().unwrap();
        assert_eq!(known.seq, 3);
        let export = export(&db).await;
        let report = crate::audit::verify(export.as_bytes(), &key.public(), Some(&known)).unwrap();
        assert_eq!((report.sealed, report.unsealed, report.checkpoints), (3, 1, 1));
        let sql = "UPDATE audit_entries SET reason = 'other words' WHERE resource = 'x/1'";
        db.migrator().execute_unprepared(sql).await.unwrap();
        let changed = self::export(&db).await;
        let changed = crate::audit::verify(changed.as_bytes(), &key.public(), Some(&known));
        assert!(matches!(changed, Err(crate::audit::Broken::Changed { seq: 2, .. })), "{changed:?}");
        let cut = "DELETE FROM audit_entries WHERE resource <> 'x/0'";
        db.migrator().execute_unprepared(cut).await.unwrap();
        db.migrator().execute_unprepared("DELETE FROM audit_checkpoints").await.unwrap();
        let cut = self::export(&db).await;
        let cut = crate::audit::verify(cut.as_bytes(), &key.public(), Some(&known));
        assert!(matches!(cut, Err(crate::audit::Broken::Truncated { end: 1, known: 3 })), "{cut:?}");
    })
    .await;
}

async fn export(db: &Db) -> String {
    let (mut text, mut from) = (String::new(), Some(crate::audit::Place::Sealed(0)));
    while let Some(place) = from {
        let (page, next) = db.read(|tx| async move { crate::audit::export_page(&tx, place).await }).await.unwrap();
        text += &page;
        from = next;
    }
    text
}

#[tokio::test]
async fn an_entry_comes_back_as_it_was_written() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let entry = &Entry {
            on_behalf_of: Some("person:ana".into()),
            policies: vec!["a".into(), "b/c".into()],
            grant: Some("g-1".into()),
            purpose: Some("p-1".into()),
            before: Some(serde_json::json!({"a": [1, 0.5, null]})),
            after: Some(serde_json::json!("text")),
            request_id: Some("q-1".into()),
            origin: Some("10.0.0.1".into()),
            ..Entry::new(NEW_YEAR, "environment:pd/prod", "ReadX", "x/1")
        };
        db.write(|tx| async move { tx.insert_entry(entry).await }).await.unwrap();
        let fits = Condition::all().add(sea_orm::ColumnTrait::eq(&EntryColumn::Actor, "environment:pd/prod"));
        let listed = db
            .read(|tx| {
                let fits = fits.clone();
                async move { tx.list_entries(fits, None, 10).await }
            })
            .await
            .unwrap();
        assert_eq!((listed.0[0].entry.clone(), listed.1), (entry.clone(), 1));
    })
    .await;
}

#[tokio::test]
async fn a_key_answers_again_and_refuses_another_body() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let once = |body: &str| Once::of("k-1", "POST /things", body, NEW_YEAR);
        let ana = &Caller::person_named("ana");
        let call = async |once: Once, caller: &Caller| {
            let once = &once;
            db.write(|tx| async move {
                if let Some(kept) = once.kept::<u32>(&tx, caller).await? {
                    return Ok(kept);
                }
                once.keep(&tx, caller, &7).await?;
                Ok::<_, OnceError>(0)
            })
            .await
        };
        assert_eq!(call(once("a"), ana).await.unwrap(), 0);
        assert_eq!(call(once("a"), ana).await.unwrap(), 7);
        assert!(matches!(call(once("b"), ana).await, Err(OnceError::OtherBody(_))));
        let other_query = once("a").with_query("grant=g-2");
        assert!(matches!(call(other_query, ana).await, Err(OnceError::OtherBody(_))), "the query string asks, too");
        assert_eq!(call(once("a"), &Caller::person_named("cho")).await.unwrap(), 0, "keys are the caller's own");
        let later = Timestamp(NEW_YEAR.plus_days(3).0);
        db.write(|tx| async move { crate::once::sweep(&tx, later).await }).await.unwrap();
        assert_eq!(call(once("b"), ana).await.unwrap(), 0, "after its time a key is free");
    })
    .await;
}

#[tokio::test]
async fn whom_to_ask_is_everyone_who_holds_the_role_there() {
    on_each_engine(&crate::migrations::all(), async |db| {
        db.migrator().execute_unprepared("INSERT INTO groups (id, title) VALUES ('staff', 'Staff')").await.unwrap();
        add_person(&db, "dora", &["data-stewards"]).await;
        add_person(&db, "eli", &["staff"]).await;
        give(&db, assignment("ra-1", "group:staff", Role::DataSteward, "lake/risk")).await.unwrap();
        give(&db, assignment("ra-2", "person:dora", Role::DataSteward, "lake/risk")).await.unwrap();
        let asked = async |scope: &str| {
            let thing = thing(scope, None, None, false);
            let thing = &thing;
            let rights =
                db.read(|tx| async move { crate::holders(&tx, Role::DataSteward, thing).await }).await.unwrap();
            rights.into_iter().map(|right| right.holder.0).collect::<BTreeSet<_>>()
        };
        assert_eq!(asked("lake/risk/x").await, ["dora".to_owned(), "eli".to_owned()].into());
        assert_eq!(asked("lake/retail").await, ["dora".to_owned()].into());
        let place = "lake/retail".parse::<Place>().unwrap();
        assert!(!place.is_deployment());
    })
    .await;
}
