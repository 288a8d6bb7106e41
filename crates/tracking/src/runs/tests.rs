//! The statements on runs and what they log, on every engine.
use super::batch::{Batch, Point};
use super::inputs_store::{InputStore, Profiles};
use super::model::{Dataset, ModelLink, Run};
use super::store::{DIALECT, RunStore, Wanted};
use super::values_store::ValueStore;
use super::{RunStatus, made_up_name};
use crate::experiments::Lifecycle;
use crate::experiments::store::ExperimentStore;
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::wire::{Fields, Tag};
use base::Timestamp;
use db::Db;
use serde_json::json;
use testkit::on_each_engine;

fn run(id: &str, experiment: i64, number: i64) -> Run {
    Run {
        number: 0,
        id: id.into(),
        experiment,
        name: made_up_name(id),
        status: RunStatus::Running,
        state: Lifecycle::Active,
        with_experiment: false,
        user: "ana".into(),
        created_by: "ana".into(),
        attempt: None,
        started_at: Timestamp(number * 1_000),
        ended_at: None,
    }
}

fn point(key: &str, value: f64, at_ms: i64, step: i64) -> Point {
    // JSON has no numbers for these.
    let number = if value.is_finite() { json!(value) } else { json!(value.to_string().replace("inf", "Infinity")) };
    let fields = Fields::of(json!({"key": key, "value": number, "timestamp": at_ms, "step": step})).unwrap();
    Point::of(&fields).unwrap()
}

/// Makes an experiment with runs `r0`, `r1`, … and returns their numbers.
async fn given(db: &Db, runs: i64) -> Vec<i64> {
    db.write(|tx| async move {
        let experiment = crate::experiments::tests::experiment("e-1", "project/a", "one");
        let experiment = tx.insert_experiment(&experiment).await?;
        let mut numbers = Vec::new();
        for number in 0..runs {
            numbers.push(tx.insert_run(&run(&format!("r{number}"), experiment, number)).await?);
        }
        Ok::<_, db::Error>(numbers)
    })
    .await
    .unwrap()
}

async fn log(db: &Db, run: i64, points: Vec<Point>) {
    let batch = &Batch { points, ..Batch::default() };
    db.write(|tx| async move {
        tx.insert_points(run, &batch.distinct()).await?;
        tx.raise_latest(run, &batch.latest()).await
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn every_status_is_stored_and_the_run_comes_back() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        given(&db, 1).await;
        for &status in RunStatus::ALL {
            let saved = db.write(|tx| async move {
                let mut found = tx.lock_run("r0").await?.unwrap();
                found.run.status = status;
                found.run.ended_at = Some(Timestamp(5));
                tx.save_run(&found.run).await?;
                let again = tx.find_run("r0").await?.unwrap();
                assert_eq!(again, found);
                Ok::<_, db::Error>(())
            });
            saved.await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn points_are_counted_once_and_the_newest_is_kept_whatever_the_order() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let run = given(&db, 1).await[0];
        log(&db, run, vec![point("loss", 0.5, 20, 2), point("loss", 0.9, 10, 1), point("loss", 0.5, 20, 2)]).await;
        log(&db, run, vec![point("loss", 0.9, 10, 1)]).await;
        log(
            &db,
            run,
            vec![point("loss", 0.4, 5, 0), point("loss", f64::NAN, 30, 3), point("loss", f64::INFINITY, 1, -1)],
        )
        .await;
        let many: Vec<Point> = (0..1_000)
            .map(|step| point(&format!("m{}", step % 50), f64::from(step), i64::from(step), i64::from(step)))
            .collect();
        log(&db, run, many).await;
        db.read(|tx| async move {
            let latest = tx.list_latest(&[run]).await?.remove(&run).unwrap();
            let loss = latest.iter().find(|one| one.key == "loss").unwrap();
            assert_eq!((loss.step, loss.at_ms, loss.is_nan, loss.value), (3, 30, true, 0.0));
            assert_eq!(latest.iter().find(|one| one.key == "m49").unwrap().value, 999.0);
            let points = tx.list_points(run, "loss", None, 100).await?;
            let order: Vec<_> = points.iter().map(|point| (point.at_ms, point.step)).collect();
            assert_eq!(order, [(1, -1), (5, 0), (10, 1), (20, 2), (30, 3)]);
            assert_eq!(points[0].value, f64::MAX);
            let after = points.get(1).map(|point| (point.at_ms, point.step, point.value, point.is_nan));
            assert_eq!(tx.list_points(run, "loss", after, 2).await?, points[2..4]);
            let thinned = tx.list_points_thinned(run, "m7", (i64::MIN, i64::MAX), 5).await?;
            assert!((3..=6).contains(&thinned.len()), "{}", thinned.len());
            assert_eq!((thinned[0].step, thinned.last().unwrap().step), (7, 957));
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_batches_at_once_neither_wait_for_ever_nor_lose_a_point() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let run = given(&db, 1).await[0];
        let batch = |from: i64| -> Vec<Point> {
            let points = (0..200).map(|n| point(&format!("k{}", (n * 7 + from) % 20), (from + n) as f64, n, from + n));
            points.collect()
        };
        tokio::join!(log(&db, run, batch(0)), log(&db, run, batch(1_000)), log(&db, run, batch(2_000)));
        db.read(|tx| async move {
            let latest = tx.list_latest(&[run]).await?.remove(&run).unwrap();
            assert_eq!(latest.len(), 20);
            assert!(latest.iter().all(|one| one.step >= 2_180), "{latest:?}");
            let mut all = 0;
            for number in 0..20 {
                all += tx.list_points(run, &format!("k{number}"), None, 1_000).await?.len();
            }
            assert_eq!(all, 600);
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
    })
    .await;
}

async fn found(
    db: &Db,
    filter: &str,
    order: &[&str],
    after: Option<String>,
    limit: u32,
) -> (Vec<String>, Option<String>) {
    let after = &after;
    let read = db.read(|tx| async move {
        let mut sql = Sql::new(tx.engine());
        let clauses = parse(filter, &DIALECT)?;
        let given: Vec<String> = order.iter().map(|text| (*text).to_owned()).collect();
        let last = [Term::column("r.started_at_us", Kind::Whole(1), true), Term::column("r.id", Kind::Text, false)];
        let order = parse_order(&mut sql, &given, &DIALECT, &last)?;
        let place = after.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
        let (experiments, state) = ([1], Some(Lifecycle::Active));
        let wanted = Wanted {
            experiments: &experiments,
            state,
            clauses: &clauses,
            after: place.as_deref(),
            limit,
            bytes: 100_000,
        };
        Ok::<_, crate::Error>(tx.list_runs(&wanted, &order, sql).await?)
    });
    let (runs, next) = read.await.unwrap_or_else(|error| panic!("{filter}: {error}"));
    (runs.into_iter().map(|run| run.id).collect(), next)
}

#[tokio::test]
async fn runs_are_found_by_every_kind_of_condition_and_order() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let runs = given(&db, 6).await;
        for (number, run) in runs.iter().enumerate() {
            let value = if number == 2 { f64::NAN } else { number as f64 / 4.0 };
            if number != 5 {
                log(&db, *run, vec![point("auc", value, 1, 0)]).await;
            }
            let tag = |key: &str, value: String| Tag { key: key.into(), value };
            let params = &[tag("seed", number.to_string()), tag("learning rate", "0.1".into())];
            let tags = &[tag("mlflow.note", format!("Note {number}"))];
            db.write(|tx| async move {
                tx.insert_params(*run, params).await?;
                tx.set_run_tags(*run, tags).await
            })
            .await
            .unwrap();
        }
        let all = async |filter: &str, order: &[&str]| found(&db, filter, order, None, 10).await.0;
        assert_eq!(all("metrics.auc > 0.25 and metrics.auc < 2", &["metrics.auc DESC"]).await, ["r4", "r3"]);
        assert_eq!(
            all("", &["metrics.auc DESC"]).await,
            ["r4", "r3", "r1", "r0", "r5", "r2"],
            "NaN and absent come last"
        );
        assert_eq!(all("", &["metrics.auc"]).await, ["r0", "r1", "r3", "r4", "r5", "r2"]);
        assert_eq!(all("params.seed != '3'", &["params.seed DESC"]).await, ["r5", "r4", "r2", "r1", "r0"]);
        assert_eq!(all("params.\"learning rate\" = '0.1' AND params.seed = '1'", &[]).await, ["r1"]);
        assert_eq!(
            all("tags.`mlflow.note` LIKE 'Note %' AND attributes.start_time <= 1", &["start_time"]).await,
            ["r0", "r1"]
        );
        assert_eq!(all("tags.`mlflow.note` LIKE 'note %'", &[]).await.len(), 0, "LIKE minds the case");
        assert_eq!(all("tags.`mlflow.note` ILIKE 'note _'", &[]).await.len(), 6);
        assert_eq!(all("run_id IN ('r1', 'r2', 'x') AND status = 'RUNNING'", &["run_id"]).await, ["r1", "r2"]);
        assert_eq!(all("run_id NOT IN ('r1', 'r2')", &["attributes.run_id DESC"]).await, ["r5", "r4", "r3", "r0"]);
        assert_eq!(all("params.absent IS NULL AND params.seed IS NOT NULL", &["end_time DESC"]).await.len(), 6);
        assert_eq!(all("artifact_uri = 'mlflow-artifacts:/e-1/r3/artifacts'", &[]).await, ["r3"]);
        // Pages of one go through all of them, in the very same order.
        let order = ["metrics.auc DESC", "params.seed ASC"];
        let (mut pages, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = found(&db, "", &order, token, 1).await;
            pages.extend(page);
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages, all("", &order).await);
    })
    .await;
}

#[tokio::test]
async fn inputs_are_kept_once_and_runs_go_with_their_experiment() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let runs = &given(&db, 3).await;
        let dataset = &Dataset {
            name: "customers".into(),
            digest: "d".into(),
            source_type: "local".into(),
            source: "{}".into(),
            schema: String::new(),
            profile: String::new(),
            tags: vec![Tag { key: "mlflow.data.context".into(), value: "train".into() }],
        };
        db.write(|tx| async move {
            for run in &runs[..2] {
                tx.put_dataset(1, *run, dataset).await?;
                tx.put_dataset(1, *run, dataset).await?;
                tx.put_models(*run, &[ModelLink { model: "m-1".into(), step: 2, made: true }]).await?;
            }
            let summaries = tx.list_summaries(&[1], 10).await?;
            assert_eq!((summaries.len(), summaries[0].context.as_str()), (1, "train"));
            assert_eq!(tx.list_datasets(runs, Profiles::With).await?[&runs[1]], std::slice::from_ref(dataset));
            assert!(tx.list_models(runs).await?[&runs[0]][0].made);
            let mut deleted = tx.lock_run("r2").await?.unwrap().run;
            deleted.state = Lifecycle::Deleted;
            tx.save_run(&deleted).await?;
            tx.move_runs_with_experiment(1, Lifecycle::Deleted).await?;
            assert_eq!(tx.find_run("r0").await?.unwrap().run.state, Lifecycle::Deleted);
            tx.move_runs_with_experiment(1, Lifecycle::Active).await?;
            assert_eq!(tx.find_run("r0").await?.unwrap().run.state, Lifecycle::Active);
            assert_eq!(tx.find_run("r2").await?.unwrap().run.state, Lifecycle::Deleted, "it was deleted before");
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
        let with_data =
            found(&db, "dataset.name = 'customers' AND datasets.context IN ('train')", &["run_id"], None, 10);
        assert_eq!(with_data.await.0, ["r0", "r1"]);
    })
    .await;
}

#[tokio::test]
async fn an_answer_holds_so_much_and_the_next_page_the_rest() {
    on_each_engine(&crate::migrations_for_tests(), async |db| {
        let runs = &given(&db, 4).await;
        let (large, profile) = (Tag { key: "note".into(), value: "x".repeat(60_000) }, "p".repeat(500_000));
        let dataset = &Dataset {
            name: "customers".into(),
            digest: "d".into(),
            source_type: "local".into(),
            source: "{}".into(),
            schema: String::new(),
            profile,
            tags: Vec::new(),
        };
        let large = std::slice::from_ref(&large);
        db.write(|tx| async move {
            tx.set_run_tags(runs[0], large).await?;
            tx.insert_params(runs[1], large).await?;
            let two = [large[0].clone(), Tag { key: "more".into(), ..large[0].clone() }];
            tx.set_run_tags(runs[2], &two).await?;
            tx.put_dataset(1, runs[3], dataset).await?;
            let listed = tx.list_datasets(runs, Profiles::Without).await?;
            assert_eq!(listed[&runs[3]], [Dataset { profile: String::new(), ..dataset.clone() }]);
            Ok::<_, db::Error>(())
        })
        .await
        .unwrap();
        let (mut pages, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = found(&db, "", &["run_id"], token, 10).await;
            pages.push(page.join(" "));
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(pages, ["r0", "r1", "r2", "r3"], "the third is too large by itself, and comes all the same");
    })
    .await;
}
