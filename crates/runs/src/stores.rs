//! The contract of every statement, on every engine.
use crate::attempts::store::{AttemptStore, InUse};
use crate::attempts::{Attempt, AttemptState};
use crate::cache::Key;
use crate::cache::store::CacheStore;
use crate::engine::EngineRef;
use crate::protocol::{Output, OutputKind, Runner};
use crate::runs::store::{Filter, RunStore};
use crate::runs::{Code, Run, RunState};
use crate::steps::store::StepStore;
use crate::steps::{Step, StepKind, StepState};
use crate::tests::{attempt, migrations, run, step};
use base::{Digest, Timestamp};
use db::{Db, Error, Result};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::Condition;
use testkit::on_each_engine;

async fn write<T>(db: &Db, work: impl AsyncFn(&db::Tx) -> Result<T>) -> Result<T> {
    let tx = db.write(|tx| async {
        let done = work(&tx).await;
        drop(tx);
        done
    });
    tx.await
}

fn full_run() -> Run {
    let code = Some(Code { revision: "main".into(), commit: "c".into(), tree: "t".into() });
    Run {
        code,
        parameters: [("seed".to_owned(), 7.into())].into(),
        reason: Some("why".into()),
        cancelled_by: Some("ben".into()),
        started_at: Some(Timestamp(2)),
        cancelled_at: Some(Timestamp(3)),
        ended_at: Some(Timestamp(4)),
        ..run(RunState::Cancelled)
    }
}

#[tokio::test]
async fn a_run_is_read_as_it_was_written_and_saved_once_per_revision() {
    on_each_engine(&migrations(), async |db| {
        for run in [full_run(), Run { id: "r-2".into(), ..run(RunState::Queued) }] {
            write(&db, async |tx| tx.insert_run(&run, "{}").await).await.unwrap();
            let found = db
                .read(|tx| {
                    let run = &run;
                    async move { tx.find_run(&run.id).await }
                })
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found, run);
        }
        let begun = run(RunState::Queued).begin(Timestamp(9)).unwrap();
        let begun = Run { id: "r-2".into(), open_steps: 1, failed_steps: 1, ..begun };
        let saved = write(&db, async |tx| tx.save_run(begun.clone()).await).await.unwrap();
        assert_eq!(saved.revision, 2);
        assert!(matches!(write(&db, async |tx| tx.save_run(begun.clone()).await).await, Err(Error::Stale)));
        let read = db.read(|tx| async move {
            let open = tx.list_open_runs().await?;
            Ok::<_, Error>((tx.find_run(&"r-2".into()).await?, tx.find_definition(&"r-1".into()).await?, open))
        });
        assert_eq!(read.await.unwrap(), (Some(saved), Some("{}".into()), vec!["r-2".into()]));
    })
    .await;
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_filtered() {
    on_each_engine(&migrations(), async |db| {
        for (n, state) in [(1, RunState::Queued), (2, RunState::Failed), (3, RunState::Queued)] {
            let new = Run { id: format!("r-{n}").into(), created_at: Timestamp(n / 2), ..run(state) };
            write(&db, async |tx| tx.insert_run(&new, "{}").await).await.unwrap();
        }
        let list = async |filter: Filter, after: Option<(i64, String)>| {
            let filter = &filter;
            let found = db.read(|tx| {
                let after = after.clone();
                async move { tx.list_runs(Condition::all(), filter, after, 10).await }
            });
            found.await.unwrap().into_iter().map(|run| run.id.0).collect::<Vec<_>>()
        };
        assert_eq!(list(Filter::default(), None).await, ["r-3", "r-2", "r-1"]);
        assert_eq!(list(Filter::default(), Some((1, "r-3".into()))).await, ["r-2", "r-1"]);
        assert_eq!(list(Filter { state: Some(RunState::Failed), ..Filter::default() }, None).await, ["r-2"]);
        assert_eq!(
            list(Filter { environment: Some("credit-risk/prod".into()), ..Filter::default() }, None).await,
            [""; 0]
        );
        let mine = Filter { project: Some("credit-risk".into()), pipeline: Some("train".into()), ..Filter::default() };
        assert_eq!(list(mine, None).await.len(), 3);
        let read = db.read(|tx| async move { tx.list_runs_of(&"credit-risk".into(), 2).await });
        assert_eq!(read.await.unwrap().into_iter().map(|run| run.id.0).collect::<Vec<_>>(), ["r-1", "r-2"]);
        let claimed = crate::attempts::Attempt {
            created_at: Timestamp(5),
            claimed_at: Some(Timestamp(9)),
            ..attempt("at-1", AttemptState::Claimed)
        };
        let planned = crate::attempts::Attempt { number: 2, claimed_at: None, ..attempt("at-2", AttemptState::Lost) };
        for new in [claimed, planned] {
            write(&db, async |tx| tx.insert_attempt(&new, 1).await).await.unwrap();
        }
        let read = db.read(|tx| async move { tx.list_starts(&"credit-risk".into(), 9).await });
        assert_eq!(read.await.unwrap(), [(Timestamp(5), Timestamp(9))]);
    })
    .await;
}

fn full_step() -> Step {
    let output = Output { digest: Digest::of("x"), size_bytes: 1, kind: OutputKind::Folder };
    Step {
        kind: Some(StepKind::CachedFrom),
        why: Some("why".into()),
        cached_from: Some("r-0".into()),
        key: Some(Key::new().with("code", "t")),
        outputs: [("out".to_owned(), output)].into(),
        run_at: Timestamp(5),
        started_at: Some(Timestamp(6)),
        ended_at: Some(Timestamp(7)),
        ..step("a", StepState::Succeeded)
    }
}

#[tokio::test]
async fn steps_are_read_as_they_were_written_in_their_order() {
    on_each_engine(&migrations(), async |db| {
        write(&db, async |tx| tx.insert_run(&run(RunState::Running), "{}").await).await.unwrap();
        let many: Vec<Step> =
            (0..900).map(|n| Step { position: n, ..step(&format!("s{n}"), StepState::Ready) }).collect();
        write(&db, async |tx| tx.insert_steps(&many).await).await.unwrap();
        write(&db, async |tx| tx.insert_steps(&[Step { position: 900, ..full_step() }]).await).await.unwrap();
        let names: Vec<String> = many.iter().map(|step| step.name.clone()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let names = &names;
        let (all, ready, named, one) = db
            .read(|tx| async move {
                let id = &"r-1".into();
                let (all, ready) = (tx.list_steps(id).await?, tx.list_steps_in(id, StepState::Ready, 3).await?);
                Ok::<_, Error>((all, ready, tx.find_steps(id, names).await?, tx.find_step(id, "a").await?))
            })
            .await
            .unwrap();
        assert_eq!((all.len(), named.len()), (901, 900));
        assert_eq!(ready.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["s0", "s1", "s2"]);
        assert_eq!(one, Some(Step { position: 900, ..full_step() }));
        let later = Step { run_at: Timestamp(50), key: Some(Key::new()), ..many[1].clone() };
        write(&db, async |tx| tx.save_step(later.clone()).await).await.unwrap();
        assert!(matches!(write(&db, async |tx| tx.save_step(later.clone()).await).await, Err(Error::Stale)));
        let key = &Key::new().digest().to_string();
        let found = db.read(|tx| async move {
            let at = tx.next_step_at(&"r-1".into(), Timestamp(10)).await?;
            let none = tx.next_step_at(&"r-1".into(), Timestamp(50)).await?;
            let other = tx.list_waiting_for_key(&"credit-risk/prod".into(), key).await?;
            Ok::<_, Error>((at, none, tx.list_waiting_for_key(&"credit-risk/dev".into(), key).await?, other))
        });
        assert_eq!(found.await.unwrap(), (Some(Timestamp(50)), None, vec!["r-1".into()], vec![]));
    })
    .await;
}

#[tokio::test]
async fn the_key_before_is_that_of_the_last_run_that_has_one() {
    on_each_engine(&migrations(), async |db| {
        for n in 1..=3 {
            let id: base::RunId = format!("r-{n}").into();
            write(&db, async |tx| {
                tx.insert_run(&Run { id: id.clone(), created_at: Timestamp(n), ..run(RunState::Running) }, "{}").await
            })
            .await
            .unwrap();
            let new = Step {
                run: id.clone(),
                key: (n == 1).then(|| Key::new().with("code", "t1")),
                ..step("fit", StepState::Ready)
            };
            write(&db, async |tx| tx.insert_steps(std::slice::from_ref(&new)).await).await.unwrap();
        }
        let before = async |n: i64| {
            let this = &Run { id: format!("r-{n}").into(), created_at: Timestamp(n), ..run(RunState::Running) };
            db.read(|tx| async move { tx.find_key_before(this, "fit").await }).await.unwrap()
        };
        assert_eq!(before(3).await, Some(("r-1".into(), Key::new().with("code", "t1").parts)));
        assert_eq!(before(1).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_step_has_one_open_attempt_and_one_success() {
    on_each_engine(&migrations(), async |db| {
        let new = |id: &str, state| attempt(id, state);
        let insert = async |attempt: Attempt| write(&db, async |tx| tx.insert_attempt(&attempt, 512).await).await;
        insert(new("a-1", AttemptState::Planned)).await.unwrap();
        assert!(matches!(insert(new("a-2", AttemptState::Running)).await, Err(Error::Taken)), "attempts_one_open");
        let lost = new("a-1", AttemptState::Planned).lose("silent".into(), Timestamp(9)).unwrap();
        write(&db, async |tx| tx.save_attempt(lost.clone()).await).await.unwrap();
        insert(new("a-2", AttemptState::Succeeded)).await.unwrap();
        let late = Attempt { state: AttemptState::Succeeded, revision: 2, ..lost };
        let refused = write(&db, async |tx| tx.save_attempt(late.clone()).await).await;
        assert!(matches!(refused, Err(Error::Taken)), "attempts_one_success: {refused:?}");
        insert(Attempt { step: "other".into(), ..new("a-3", AttemptState::Succeeded) }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_read_as_it_was_written_and_a_fence_is_checked_by_the_statement() {
    on_each_engine(&migrations(), async |db| {
        let full = Attempt {
            failure: Some(crate::attempts::FailureKind::Timeout),
            engine_ref: Some(EngineRef("pid 7".into())),
            runner: Some(Runner { host: "h".into(), pid: 7, started_at: 8, boot_id: "b".into() }),
            exit_code: Some(-9),
            detail: Some("too long".into()),
            outputs: full_step().outputs,
            usage: Some(Default::default()),
            claimed_at: Some(Timestamp(1)),
            ended_at: Some(Timestamp(2)),
            ..attempt("a-1", AttemptState::Failed)
        };
        write(&db, async |tx| tx.insert_attempt(&full, 512).await).await.unwrap();
        let open = Attempt { cpus: 3, ..attempt("a-2", AttemptState::Submitted) };
        write(&db, async |tx| tx.insert_attempt(&open, 700).await).await.unwrap();
        let claimed = open.claim(full.runner.as_ref().unwrap(), Timestamp(5)).unwrap();
        let claimed = write(&db, async |tx| tx.save_attempt(claimed.clone()).await).await.unwrap();
        let touch = async |id: &str, fence, at| {
            let id = &id.into();
            write(&db, async |tx| tx.touch_attempt(id, fence, Timestamp(at)).await).await.unwrap()
        };
        assert!(!touch("a-2", claimed.fence - 1, 9).await);
        assert!(!touch("a-1", full.fence, 9).await, "it has ended");
        assert!(touch("a-2", claimed.fence, 9).await);
        let found = db.read(|tx| async move {
            let (all, open) = (tx.list_attempts(&"r-1".into()).await?, tx.list_open_attempts(&"r-1".into()).await?);
            let in_use = (tx.in_use("local").await?, tx.in_use("slurm").await?);
            Ok::<_, Error>((all, open, in_use, tx.list_attempts_of(&"r-1".into(), "fit").await?.len()))
        });
        let (all, open, in_use, of_step) = found.await.unwrap();
        assert_eq!((all.len(), of_step), (2, 2));
        assert_eq!(in_use, (InUse { cpus: 3, memory_mib: 700 }, InUse { cpus: 0, memory_mib: 0 }));
        assert_eq!(all.iter().find(|one| one.id.as_str() == "a-1"), Some(&full));
        assert_eq!((open[0].state, open[0].seen_at, open[0].fence), (AttemptState::Running, Timestamp(9), 2));
    })
    .await;
}

#[tokio::test]
async fn an_attempt_waits_for_its_engine_until_that_has_it() {
    on_each_engine(&migrations(), async |db| {
        let planned = attempt("a-1", AttemptState::Planned);
        write(&db, async |tx| tx.insert_attempt(&planned, 1).await).await.unwrap();
        let touch =
            async |at| write(&db, async |tx| tx.touch_planned(&"a-1".into(), Timestamp(at)).await).await.unwrap();
        let find = async || {
            let found = db.read(|tx| async move {
                let waits = tx.has_planned(&"r-1".into()).await?;
                Ok::<_, Error>((tx.find_attempt(&"a-1".into()).await?, waits, tx.has_planned(&"r-2".into()).await?))
            });
            let (found, waits, of_another) = found.await.unwrap();
            assert!(!of_another);
            (found.unwrap(), waits)
        };
        touch(5).await;
        let (found, waits) = find().await;
        assert_eq!((found.seen_at, waits), (Timestamp(5), true));
        let submitted = found.submit(EngineRef("process 7".into())).unwrap();
        write(&db, async |tx| tx.save_attempt(submitted.clone()).await).await.unwrap();
        touch(9).await;
        let (found, waits) = find().await;
        assert_eq!((found.seen_at, waits), (Timestamp(5), false), "its runner is to say so now");
    })
    .await;
}

#[tokio::test]
async fn of_those_that_compute_a_key_one_is_first_and_its_result_is_there_once() {
    on_each_engine(&migrations(), async |db| {
        let (environment, key) = (&"credit-risk/dev".into(), "sha256:k");
        let begin = async |run: &str| {
            let run = &run.into();
            write(&db, async |tx| tx.begin_entry(environment, key, run, "fit", Timestamp(1)).await).await.unwrap()
        };
        let find = async |environment: &base::EnvironmentId| {
            db.read(|tx| async move { tx.find_entry(environment, key).await }).await.unwrap()
        };
        assert_eq!((begin("r-1").await, begin("r-2").await), (true, false));
        assert!(!find(environment).await.unwrap().is_ready);
        assert_eq!(find(&"credit-risk/prod".into()).await, None, "another environment's is not this one's");
        write(&db, async |tx| tx.drop_computing(&"r-1".into(), "fit").await).await.unwrap();
        assert!(begin("r-2").await);
        let outputs = full_step().outputs;
        write(&db, async |tx| tx.finish_entry(&"r-2".into(), "fit", &outputs, &[], Timestamp(2)).await).await.unwrap();
        write(&db, async |tx| tx.drop_computing(&"r-2".into(), "fit").await).await.unwrap();
        let entry = find(environment).await.unwrap();
        assert_eq!((entry.is_ready, entry.run.as_str(), entry.outputs), (true, "r-2", full_step().outputs));
        write(&db, async |tx| tx.drop_entry(environment, key).await).await.unwrap();
        assert_eq!(find(environment).await, None);
    })
    .await;
}

#[tokio::test]
async fn the_schema_knows_every_state() {
    on_each_engine(&migrations(), async |db| {
        for &state in RunState::ALL {
            let new = Run { id: state.as_str().into(), ..run(state) };
            write(&db, async |tx| tx.insert_run(&new, "{}").await).await.unwrap();
        }
        for &state in StepState::ALL {
            write(&db, async |tx| tx.insert_steps(&[step(state.as_str(), state)]).await).await.unwrap();
        }
        for &state in AttemptState::ALL {
            let new = Attempt { step: state.as_str().into(), ..attempt(state.as_str(), state) };
            write(&db, async |tx| tx.insert_attempt(&new, 512).await).await.unwrap();
        }
        let bad = "INSERT INTO cache_entries (environment, cache_key, state, run, step, outputs, governed, at_us) \
            VALUES ('e', 'k', 'other', 'r', 's', '{}', '[]', 0)";
        assert!(db.migrator().execute_unprepared(bad).await.is_err());
    })
    .await;
}
