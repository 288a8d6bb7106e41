//! The statements on experiments and runs, on every engine.
use super::store::{DIALECT, ExperimentStore, Wanted};
use super::{Experiment, Lifecycle};
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::spaces::Space;
use crate::wire::Tag;
use base::Timestamp;
use testkit::on_each_engine;

pub(crate) fn experiment(id: &str, space: &str, name: &str) -> Experiment {
    Experiment {
        number: 0,
        id: id.into(),
        space: space.parse().unwrap(),
        name: name.into(),
        is_default: false,
        state: Lifecycle::Active,
        created_by: "ana".into(),
        created_at: Timestamp(1),
        changed_at: Timestamp(1),
        revision: 1,
    }
}

#[tokio::test]
async fn a_name_is_unique_while_active_and_a_space_has_one_default() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let insert = async |experiment: Experiment| {
            let experiment = &experiment;
            db.write(|tx| async move { tx.insert_experiment(experiment).await }).await
        };
        insert(experiment("e-1", "project/a", "one")).await.unwrap();
        assert!(matches!(insert(experiment("e-2", "project/a", "one")).await, Err(db::Error::Taken)));
        insert(experiment("e-3", "project/b", "one")).await.unwrap();
        insert(Experiment { state: Lifecycle::Deleted, ..experiment("e-4", "project/a", "one") }).await.unwrap();
        let default = |id: &str, name: &str| Experiment { is_default: true, ..experiment(id, "project/a", name) };
        insert(default("e-5", "Default")).await.unwrap();
        assert!(matches!(insert(default("e-6", "other")).await, Err(db::Error::Taken)));
        let space: &Space = &"project/a".parse().unwrap();
        db.read(|tx| async move {
            assert_eq!(tx.find_experiment_named(space, "one").await?.unwrap().id, "e-1");
            assert_eq!(tx.find_default_experiment(space).await?.unwrap().id, "e-5");
            assert_eq!(tx.list_experiment_spaces().await?.len(), 2);
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
        let stale = db.write(|tx| async move {
            let found = tx.lock_experiment("e-1").await?.unwrap();
            tx.save_experiment(found.clone()).await?;
            tx.save_experiment(found).await
        });
        assert!(matches!(stale.await, Err(db::Error::Stale)));
    })
    .await;
}

#[tokio::test]
async fn experiments_are_found_by_filter_and_page() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        db.write(|tx| async move {
            for number in 0..5 {
                let id = format!("e-{number}");
                let made = Experiment { created_at: Timestamp(number * 1_000), ..experiment(&id, "project/a", &id) };
                let row = tx.insert_experiment(&made).await?;
                let value = if number % 2 == 0 { "even" } else { "odd" }.to_owned();
                tx.set_experiment_tags(row, &[Tag { key: "kind".into(), value }]).await?;
            }
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
        let found = async |filter: &str, order: &str, after: Option<String>| {
            let after = &after;
            let read = db.read(|tx| async move {
                let mut sql = Sql::new(tx.engine());
                let clauses = parse(filter, &DIALECT)?;
                let given: Vec<String> = if order.is_empty() { vec![] } else { vec![order.to_owned()] };
                let last = [Term::column("e.number", Kind::Whole(1), true)];
                let order = parse_order(&mut sql, &given, &DIALECT, &last)?;
                let place = after.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
                let spaces = ["project/a".to_owned()];
                let (state, limit) = (Some(Lifecycle::Active), 2);
                let wanted = Wanted { spaces: &spaces, state, clauses: &clauses, after: place.as_deref(), limit };
                Ok::<_, crate::Error>(tx.list_experiments(&wanted, &order, sql).await?)
            });
            let (experiments, next) = read.await.unwrap();
            (experiments.into_iter().map(|experiment| experiment.id).collect::<Vec<_>>(), next)
        };
        assert_eq!(found("name = 'e-3'", "", None).await.0, ["e-3"]);
        assert_eq!(found("tags.kind = 'odd'", "name ASC", None).await.0, ["e-1", "e-3"]);
        assert_eq!(found("creation_time >= 3 AND name LIKE 'e-%'", "", None).await.0, ["e-4", "e-3"]);
        let (first, next) = found("", "creation_time DESC", None).await;
        let (second, next) = found("", "creation_time DESC", next).await;
        let (third, end) = found("", "creation_time DESC", next).await;
        assert_eq!([first, second, third].concat(), ["e-4", "e-3", "e-2", "e-1", "e-0"]);
        assert_eq!(end, None);
        // Texts that mean something to SQL are values like any other.
        for text in ["x' OR '1'='1", "%", "_", "\\", "'; DROP TABLE experiments; --", "e-1\"", "[*]?"] {
            let quoted = text.replace('\'', "''");
            for operator in ["=", "LIKE", "ILIKE"] {
                let (ids, _) = found(&format!("tags.kind {operator} '{quoted}'"), "", None).await;
                assert_eq!(ids.is_empty(), !(operator != "=" && text == "%"), "{operator} {text}");
            }
        }
    })
    .await;
}
