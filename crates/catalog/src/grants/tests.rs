//! The store contract of grants, on every engine.
use super::store::GrantStore;
use super::{
    ColumnTerm, Ended, Grant, GrantState, RowFilter, Use, clear_columns, no_longer, projects_trained_on, readable,
};
use crate::requests::RequestKind;
use base::{GrantId, Period, PersonId, Principal, RequestId};
use db::Db;
use testkit::{NEW_YEAR, on_each_engine};

fn grant(id: &str, request: Option<&str>) -> Grant {
    Grant {
        id: id.into(),
        request: request.map(RequestId::from),
        kind: RequestKind::Read,
        object: "retail.core.customers".into(),
        scope: "lake/retail/core/customers".into(),
        team: Some("retail".into()),
        principal: Principal::Person("ana".into()),
        hands: [PersonId::from("ana")].into(),
        purpose: "pd".into(),
        uses: [Use::Explore].into(),
        columns: [("age".to_owned(), ColumnTerm::Clear), ("iban".to_owned(), ColumnTerm::Token)].into(),
        row_filter: RowFilter::default(),
        period: Period::new(NEW_YEAR, NEW_YEAR.plus_days(10)).unwrap(),
        state: GrantState::Active,
        ended: None,
        created_at: NEW_YEAR,
        revision: 1,
    }
}

async fn insert(db: &Db, grant: &Grant) -> db::Result<()> {
    db.write(|tx| async move { tx.insert_grant(grant).await }).await
}

fn ana() -> Vec<Principal> {
    vec![Principal::Person("ana".into()), Principal::Group("analysts".into())]
}

#[tokio::test]
async fn a_request_has_one_grant_and_an_import_has_none() {
    on_each_engine(&crate::migrations::all(), async |db| {
        insert(&db, &grant("g-1", Some("r-214"))).await.unwrap();
        assert!(matches!(insert(&db, &grant("g-2", Some("r-214"))).await, Err(db::Error::Taken)));
        insert(&db, &grant("g-3", None)).await.unwrap();
        insert(&db, &grant("g-4", None)).await.unwrap();
        let found = db.read(|tx| async move { tx.find_grant(&"g-1".into()).await }).await.unwrap();
        assert_eq!(found, Some(grant("g-1", Some("r-214"))));
        let of = db.read(|tx| async move { tx.find_grant_of(&"r-214".into()).await }).await.unwrap();
        assert_eq!(of, Some(GrantId::from("g-1")));
    })
    .await;
}

#[tokio::test]
async fn a_save_changes_state_and_reason_and_nothing_else() {
    on_each_engine(&crate::migrations::all(), async |db| {
        insert(&db, &grant("g-1", None)).await.unwrap();
        let ended = Some(Ended { by: "dora".into(), at: NEW_YEAR, reason: "a leak".into() });
        let longer = Period::new(NEW_YEAR, NEW_YEAR.plus_days(999)).unwrap();
        let changed = Grant {
            state: GrantState::Suspended,
            ended: ended.clone(),
            period: longer,
            columns: [("sex".to_owned(), ColumnTerm::Clear)].into(),
            principal: Principal::Person("cho".into()),
            ..grant("g-1", None)
        };
        let save = async |grant: &Grant| db.write(|tx| async move { tx.save_grant(grant.clone()).await }).await;
        save(&changed).await.unwrap();
        let found = db.read(|tx| async move { tx.lock_grant(&"g-1".into()).await }).await.unwrap();
        assert_eq!(found, Some(Grant { state: GrantState::Suspended, ended, revision: 2, ..grant("g-1", None) }));
        assert!(matches!(save(&changed).await, Err(db::Error::Stale)));
    })
    .await;
}

#[tokio::test]
async fn the_schema_knows_every_state() {
    on_each_engine(&crate::migrations::all(), async |db| {
        for &state in GrantState::ALL {
            insert(&db, &Grant { state, ..grant(state.as_str(), None) }).await.unwrap();
        }
        for kind in [RequestKind::Write, RequestKind::Use] {
            insert(&db, &Grant { kind, ..grant(kind.as_str(), None) }).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_seen_outside_a_read_follows_the_grants_in_force() {
    on_each_engine(&crate::migrations::all(), async |db| {
        insert(&db, &grant("g-1", None)).await.unwrap();
        let other = Grant { object: "retail.core.orders".into(), state: GrantState::Suspended, ..grant("g-2", None) };
        insert(&db, &other).await.unwrap();
        let seen = async |days: i64| {
            db.read(|tx| async move {
                let now = NEW_YEAR.plus_days(days);
                let clear = clear_columns(&tx, &"retail.core.customers".into(), &ana(), now).await?;
                Ok::<_, db::Error>((clear, readable(&tx, &ana(), now).await?))
            })
            .await
            .unwrap()
        };
        assert_eq!(seen(5).await, (["age".to_owned()].into(), ["retail.core.customers".to_owned()].into()));
        for outside in [-1, 10] {
            assert_eq!(seen(outside).await, ([].into(), [].into()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_running_read_sees_that_its_grant_no_longer_stands() {
    on_each_engine(&crate::migrations::all(), async |db| {
        insert(&db, &grant("g-1", None)).await.unwrap();
        insert(&db, &Grant { state: GrantState::Revoked, ..grant("g-2", None) }).await.unwrap();
        let stops = async |ids: &[&str], days: i64| {
            let ids: Vec<GrantId> = ids.iter().map(|id| GrantId::from(*id)).collect();
            let ids = &ids;
            db.read(|tx| async move { no_longer(&tx, ids, NEW_YEAR.plus_days(days)).await }).await.unwrap()
        };
        assert_eq!(stops(&["g-1"], 5).await, None);
        assert_eq!(stops(&["g-1"], 10).await, Some("g-1".into()), "it has run out");
        assert_eq!(stops(&["g-1", "g-2"], 5).await, Some("g-2".into()), "it was revoked");
        assert_eq!(stops(&["g-9"], 5).await, Some("g-9".into()), "it never was");
    })
    .await;
}

#[tokio::test]
async fn an_end_is_told_once_and_the_revision_only_grows() {
    on_each_engine(&crate::migrations::all(), async |db| {
        insert(&db, &grant("g-1", None)).await.unwrap();
        let untold = async |days: i64| {
            db.read(|tx| async move { tx.list_untold(NEW_YEAR.plus_days(days), 9).await }).await.unwrap()
        };
        assert_eq!((untold(9).await, untold(10).await), (vec![], vec![GrantId::from("g-1")]));
        let tell = async || db.write(|tx| async move { tx.set_told(&"g-1".into()).await }).await.unwrap();
        assert_eq!((tell().await, tell().await, untold(10).await), (true, false, vec![]));
        let revision = async || db.read(|tx| async move { super::grants_revision(&tx).await }).await.unwrap();
        let before = revision().await;
        db.write(|tx| async move { tx.bump_revision().await }).await.unwrap();
        assert_eq!(revision().await, before + 1);
    })
    .await;
}

#[tokio::test]
async fn projects_are_known_to_have_read_a_dataset_for_good() {
    on_each_engine(&crate::migrations::all(), async |db| {
        let of = |id: &str, environment: &str| Grant {
            principal: Principal::Environment(environment.into()),
            ..grant(id, None)
        };
        let revoked = Grant { state: GrantState::Revoked, ..of("g-2", "churn/dev") };
        let other = Grant { object: "retail.core.loans".into(), ..of("g-3", "loans/dev") };
        let written = Grant { kind: RequestKind::Write, ..of("g-4", "scores/dev") };
        for grant in
            [of("g-1", "credit-risk/preprod"), revoked, other, written, of("g-5", "served/prod"), grant("g-6", None)]
        {
            insert(&db, &grant).await.unwrap();
        }
        let found = db.read(|tx| async move { projects_trained_on(&tx, &"retail.core.customers".into()).await });
        let found: Vec<String> = found.await.unwrap().into_iter().map(|project| project.0).collect();
        assert_eq!(found, ["churn", "credit-risk"]);
    })
    .await;
}
