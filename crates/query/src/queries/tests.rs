use base::{Principal, Timestamp};
use catalog::grants::Use;
use sea_orm::sea_query::Condition;
use testkit::on_each_engine;

use super::store::QueryStore;
use super::*;
use crate::migrations;

fn query(id: &str, started: i64) -> Query {
    Query {
        id: id.into(),
        asker: Principal::Person("ana".into()),
        sql: "SELECT 1".into(),
        purpose: Some("credit-scoring".into()),
        stated_use: Use::Explore,
        encoding: "arrow".into(),
        reads: vec![Read { dataset: "retail.core.customers".into(), version: 3, grant: "g-1".into() }],
        state: QueryState::Running,
        rows: 0,
        bytes: 0,
        truncated: false,
        started_at: Timestamp(started),
        ended_at: None,
        why: None,
        seen_at: Timestamp(started),
        revision: 1,
    }
}

async fn write<T>(db: &db::Db, work: impl AsyncFn(&db::Tx) -> db::Result<T>) -> db::Result<T> {
    let work = &work;
    db.write(|tx| async move { work(&tx).await }).await
}

#[tokio::test]
async fn a_query_is_kept_in_every_state_and_guarded_by_its_revision() {
    on_each_engine(&migrations::all(), async |db| {
        for (number, &state) in QueryState::ALL.iter().enumerate() {
            let why = Some(Why { code: "query.failed".into(), detail: "division by zero".into(), hint: None });
            let new = Query { state, why, purpose: None, ..query(&format!("q-{number}"), 1) };
            write(&db, async |tx| tx.insert_query(&new).await).await.unwrap();
            let found = write(&db, async |tx| tx.find_query(&new.id).await).await.unwrap();
            assert_eq!(found, Some(new));
        }
        let before = query("q-9", 1);
        write(&db, async |tx| tx.insert_query(&before).await).await.unwrap();
        let changed = Query { rows: 7, bytes: 90, ended_at: Some(Timestamp(5)), ..before.clone() };
        let saved = write(&db, async |tx| tx.save_query(changed.clone()).await).await.unwrap();
        assert_eq!(saved, Query { revision: 2, ..changed });
        let stale = write(&db, async |tx| tx.save_query(before.clone()).await).await;
        assert!(matches!(stale, Err(db::Error::Stale)));
    })
    .await;
}

#[tokio::test]
async fn pages_go_back_in_time_and_meet_every_query_once() {
    on_each_engine(&migrations::all(), async |db| {
        for (id, started) in [("q-1", 10), ("q-2", 20), ("q-3", 20), ("q-4", 30)] {
            write(&db, async |tx| tx.insert_query(&query(id, started)).await).await.unwrap();
        }
        let mut seen = vec![];
        let mut after = None;
        loop {
            let after_this = &after;
            let page =
                write(&db, async |tx| tx.list_queries(Condition::all(), after_this.clone(), 3).await).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.started_at.0, last.id.0.clone()));
            seen.extend(page.iter().map(|query| query.id.0.clone()));
        }
        assert_eq!(seen, ["q-4", "q-3", "q-2", "q-1"]);
    })
    .await;
}

#[tokio::test]
async fn only_what_shows_no_sign_of_life_counts_as_lost() {
    on_each_engine(&migrations::all(), async |db| {
        for id in ["q-1", "q-2"] {
            write(&db, async |tx| tx.insert_query(&query(id, 0)).await).await.unwrap();
        }
        write(&db, async |tx| tx.insert_query(&Query { state: QueryState::Succeeded, ..query("q-3", 0) }).await)
            .await
            .unwrap();
        let now = Timestamp(model::LOST_AFTER_US + 1);
        write(&db, async |tx| tx.touch_query(&"q-2".into(), now).await).await.unwrap();
        let lost = write(&db, async |tx| tx.lock_lost_queries(now).await).await.unwrap();
        assert_eq!(lost, [query("q-1", 0)]);
    })
    .await;
}

#[tokio::test]
async fn the_first_read_under_a_grant_stays_the_first() {
    on_each_engine(&migrations::all(), async |db| {
        let under = |id: &str, grants: &[&str], at| {
            let read =
                |grant: &&str| Read { dataset: "retail.core.customers".into(), version: 3, grant: (*grant).into() };
            Query { reads: grants.iter().map(read).collect(), ..query(id, at) }
        };
        for new in [under("q-1", &["g-1", "g-1"], 10), under("q-2", &["g-1", "g-2"], 20), under("q-3", &[], 30)] {
            write(&db, async |tx| tx.insert_query(&new).await).await.unwrap();
        }
        for (grant, first) in [("g-1", Some(Timestamp(10))), ("g-2", Some(Timestamp(20))), ("g-3", None)] {
            let found = write(&db, async |tx| tx.first_under(&grant.into()).await).await.unwrap();
            assert_eq!(found, first, "{grant}");
        }
    })
    .await;
}
