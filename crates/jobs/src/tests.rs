//! The queue's contract, on every engine.
use crate::model::MOST_ATTEMPTS;
use crate::store::QueueStore;
use crate::*;
use base::{Clock, JobId, Principal, Timestamp};
use db::{Db, Tx};
use events::{GrantEnded, RequestDecided};
use sea_orm::{Condition, ConnectionTrait, Statement};
use sea_orm_migration::MigrationTrait;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{NEW_YEAR, on_each_engine};
use tokio::sync::mpsc;

const KINDS: &[&str] = &["test.work"];

fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(db::schema::CreateOutbox), Box::new(CreateJobs)]
}

fn context(db: &Db) -> Context {
    Context { db: db.clone(), clock: testkit::clock(), ids: testkit::ids() }
}

fn turn(clock: &Clock, seconds: i64) {
    let Clock::Fixed(at) = clock else { unreachable!("tests turn a fixed clock") };
    at.fetch_add(seconds * Timestamp::SECOND, Ordering::SeqCst);
}

fn job(cx: &Context) -> NewJob {
    NewJob::new(&cx.ids, cx.clock.now(), "test.work", "lake/retail").payload(&"input")
}

async fn put(cx: &Context, job: NewJob) -> JobId {
    cx.db
        .write(|tx| {
            let job = job.clone();
            async move { enqueue(&tx, job).await }
        })
        .await
        .unwrap()
}

async fn claim(cx: &Context) -> Option<Job> {
    let (now, until) = (cx.clock.now(), cx.clock.now().plus_seconds(30));
    cx.db.write(|tx| async move { tx.claim("by-hand", KINDS, now, until).await }).await.unwrap()
}

async fn get(cx: &Context, id: &JobId) -> Job {
    cx.db.read(|tx| async move { find_job(&tx, id).await }).await.unwrap().unwrap()
}

/// One statement, so one snapshot.
async fn count(db: &Db, what: &str) -> i64 {
    let select = Statement::from_string(db.engine(), format!("SELECT {what} AS n"));
    db.migrator().query_one_raw(select).await.unwrap().unwrap().try_get("", "n").unwrap()
}

/// Workers whose handler tells which job it ran, then does what the test says.
async fn start<R>(
    cx: &Context,
    then: impl Fn(Work) -> R + Clone + Send + Sync + 'static,
) -> (Workers, mpsc::Receiver<JobId>)
where
    R: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (tell, told) = mpsc::channel(1_000);
    let mut registry = Registry::new();
    registry.handle("test.work", (), move |(), work: Work, input: String| {
        let (tell, then) = (tell.clone(), then.clone());
        async move {
            assert_eq!(input, "input");
            tell.send(work.job().id.clone()).await.unwrap();
            then(work).await
        }
    });
    let options = Options { poll: Duration::from_millis(2), ..Options::new(cx.ids.next("server")) };
    (Workers::start(cx.clone(), registry, options).await.unwrap(), told)
}

/// Waits until job `id` is in `state`, for as long as the test's engine takes.
async fn until(cx: &Context, id: &JobId, state: JobState) -> Job {
    loop {
        let job = get(cx, id).await;
        if job.state == state {
            return job;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_never_run_one_lease() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let mut asked = Vec::new();
        for _ in 0..40 {
            asked.push(put(&cx, job(&cx)).await);
        }
        let (one, mut by_one) = start(&cx, async |_| Ok(())).await;
        let (two, mut by_two) = start(&cx, async |_| Ok(())).await;
        for id in &asked {
            until(&cx, id, JobState::Done).await;
        }
        one.stop(Duration::from_secs(5)).await;
        two.stop(Duration::from_secs(5)).await;
        let mut ran = Vec::new();
        while let Ok(id) = by_one.try_recv().or_else(|_| by_two.try_recv()) {
            ran.push(id);
        }
        ran.sort();
        asked.sort();
        assert_eq!(ran, asked, "each once");
    })
    .await;
}

/// Workers with two slots, whose jobs of `test.slow` never end.
async fn with_slow_jobs(cx: &Context, slow: usize) -> (Workers, mpsc::Receiver<String>) {
    let (tell, told) = mpsc::channel(1_000);
    let mut registry = Registry::new();
    let told_too = tell.clone();
    registry.handle("test.work", (), move |(), work: Work, _: String| {
        let tell = told_too.clone();
        async move {
            tell.send(work.job().kind.clone()).await.unwrap();
            Ok::<(), Failure>(())
        }
    });
    registry.handle("test.slow", (), move |(), work: Work, _: String| {
        let tell = tell.clone();
        async move {
            tell.send(work.job().kind.clone()).await.unwrap();
            std::future::pending::<Result<(), Failure>>().await
        }
    });
    registry.at_most("test.slow", slow);
    registry.subscribe("test.event", (), async |(), _: Work, _: RequestDecided| Ok::<(), Failure>(()));
    let options = Options { poll: Duration::from_millis(2), slots: 2, ..Options::new(cx.ids.next("server")) };
    (Workers::start(cx.clone(), registry, options).await.unwrap(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_takes_no_more_slots_than_it_may() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        for _ in 0..3 {
            put(&cx, NewJob { kind: "test.slow", ..job(&cx) }).await;
        }
        let other = put(&cx, job(&cx)).await;
        let (workers, _told) = with_slow_jobs(&cx, 1).await;
        let done = tokio::time::timeout(Duration::from_secs(60), until(&cx, &other, JobState::Done)).await;
        done.expect("one slot is left for the others");
        assert_eq!(count(&cx.db, "(SELECT count(*) FROM jobs WHERE state = 'leased' AND kind = 'test.slow')").await, 1);
        workers.stop(Duration::from_millis(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_handed_on_while_every_slot_is_taken() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        for _ in 0..2 {
            put(&cx, NewJob { kind: "test.slow", ..job(&cx) }).await;
        }
        let (workers, mut told) = with_slow_jobs(&cx, 2).await;
        told.recv().await.unwrap();
        told.recv().await.unwrap();
        let event = RequestDecided { request: "r-1".into(), state: "approved".into(), at: NEW_YEAR };
        let publish = cx.db.write(|tx| {
            let event = event.clone();
            async move { tx.publish(event).await }
        });
        publish.await.unwrap();
        let handed_on = async {
            while count(&cx.db, "(SELECT count(*) FROM outbox)").await > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), handed_on).await.expect("no slot is needed for that");
        assert_eq!(count(&cx.db, "(SELECT count(*) FROM jobs WHERE kind = 'test.event')").await, 1);
        workers.stop(Duration::from_millis(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_at_once_get_different_jobs() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        for _ in 0..3 {
            put(&cx, job(&cx)).await;
        }
        let claims = tokio::join!(claim(&cx), claim(&cx), claim(&cx), claim(&cx));
        let claims = [claims.0, claims.1, claims.2, claims.3];
        let mut ids: Vec<_> = claims.iter().flatten().map(|job| job.id.clone()).collect();
        ids.sort();
        ids.dedup();
        // Where the last free row was locked by another claim, that claim passes it over and asks again later.
        assert_eq!(ids.len(), claims.iter().flatten().count(), "{claims:?}");
        assert!(claim(&cx).await.is_none() || ids.len() < 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_taken_over_when_its_lease_ends() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let id = put(&cx, job(&cx)).await;
        let (killed, mut told) = start(&cx, async |_| std::future::pending().await).await;
        assert_eq!(told.recv().await.unwrap(), id);
        drop(killed);
        assert!(claim(&cx).await.is_none(), "the lease still runs");
        turn(&cx.clock, 31);
        let (workers, mut told) = start(&cx, async |_| Ok(())).await;
        assert_eq!(told.recv().await.unwrap(), id);
        let done = until(&cx, &id, JobState::Done).await;
        assert_eq!((done.fence, done.attempts), (2, 2));
        workers.stop(Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test]
async fn a_restarted_server_takes_back_its_own_leases_at_once_and_no_others() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        put(&cx, job(&cx)).await;
        let before = claim(&cx).await.unwrap();
        let start = async |server: &str| {
            let workers = Workers::start(cx.clone(), Registry::new(), Options::new(server)).await.unwrap();
            workers.stop(Duration::from_secs(5)).await;
        };
        start("another").await;
        assert!(claim(&cx).await.is_none());
        start("by-hand").await;
        let again = claim(&cx).await.expect("its predecessor is dead");
        assert_eq!((again.id, again.fence, again.attempts), (before.id, 2, 2));
    })
    .await;
}

#[tokio::test]
async fn a_stale_fence_changes_nothing() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let id = put(&cx, job(&cx)).await;
        let old = &claim(&cx).await.unwrap();
        turn(&cx.clock, 31);
        let new = &claim(&cx).await.unwrap();
        assert_eq!((old.id.clone(), old.fence, new.fence), (new.id.clone(), 1, 2));
        let before = get(&cx, &id).await;
        let now = cx.clock.now();
        let text = Progress { done: 1, total: 2, text: "half".into() };
        let progress = &text;
        let reports = cx.db.write(|tx: Tx| async move {
            let states =
                [tx.end(old, JobState::Done, None, now).await?, tx.end(old, JobState::Dead, Some("x"), now).await?];
            let rest = [tx.renew(old, now).await?, tx.save_progress(old, progress).await?, tx.hold(old).await?];
            let back = [tx.retry(old, "x", now).await?, tx.release(old).await?];
            Ok::<_, db::Error>([&states[..], &rest, &back].concat())
        });
        assert_eq!(reports.await.unwrap(), [false; 7]);
        assert_eq!(get(&cx, &id).await, before);
        let held: db::Result<bool> = cx.db.write(|tx| async move { tx.save_progress(new, progress).await }).await;
        assert!(held.unwrap());
        assert_eq!(get(&cx, &id).await.progress, text);
    })
    .await;
}

#[tokio::test]
async fn an_event_becomes_one_job_per_subscriber_whenever_the_worker_dies() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let mut registry = Registry::new();
        for kind in ["test.first", "test.second"] {
            registry.subscribe(kind, (), async |(), _: Work, _: RequestDecided| Ok::<(), Failure>(()));
        }
        let registry = &registry;
        for number in 0..3 {
            let event = RequestDecided {
                request: format!("r-{number}").as_str().into(),
                state: "approved".into(),
                at: NEW_YEAR,
            };
            let unheard = GrantEnded { grant: "g-1".into(), at: NEW_YEAR };
            let publish = cx.db.write(|tx| {
                let (event, unheard) = (event.clone(), unheard.clone());
                async move {
                    tx.publish(event).await?;
                    tx.publish(unheard).await
                }
            });
            publish.await.unwrap();
        }
        let (cx, all) = (&cx, "(SELECT count(*) FROM outbox) * 1000 + (SELECT count(*) FROM jobs)");
        let deliver = async || {
            let done: db::Result<()> = cx.db.write(|tx| async move { workers::deliver(cx, registry, &tx).await }).await;
            done.unwrap();
        };
        let all_or_nothing = async || {
            let found = count(&cx.db, all).await;
            assert!([6_000, 6].contains(&found), "all events wait, or all are jobs: {found}");
        };
        testkit::drop_at_a_lock(&cx.db, "outbox", deliver).await;
        all_or_nothing().await;
        testkit::drop_at_every_wait(deliver, all_or_nothing).await;
        deliver().await;
        assert_eq!(count(&cx.db, all).await, 6, "three events, two subscribers each; nobody listens to the others");
    })
    .await;
}

#[tokio::test]
async fn a_key_joins_what_is_open_and_asks_again_for_what_runs() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let keyed = |payload: &str| job(&cx).key("lake/retail").payload(&payload);
        let first = put(&cx, keyed("one").at(NEW_YEAR.plus_seconds(60))).await;
        assert_eq!(put(&cx, keyed("two")).await, first);
        let running = &claim(&cx).await.expect("the earlier time counts");
        assert_eq!(running.payload, "\"two\"", "and the later input");
        assert_eq!(put(&cx, keyed("three")).await, first);
        assert!(claim(&cx).await.is_none(), "never two at once");
        let now = cx.clock.now();
        let end = async |job: &Job| cx.db.write(|tx| async move { tx.end(job, JobState::Done, None, now).await }).await;
        assert!(end(running).await.unwrap());
        let again = claim(&cx).await.expect("it was asked for while it ran");
        assert_eq!((again.id.clone(), again.payload.as_str(), again.attempts), (first.clone(), "\"three\"", 1));
        assert!(end(&again).await.unwrap());
        assert_eq!(get(&cx, &first).await.state, JobState::Done);
        let open =
            async || cx.db.read(|tx| async move { is_open(&tx, "test.work", "lake/retail").await }).await.unwrap();
        assert!(!open().await);
        assert_ne!(put(&cx, keyed("four")).await, first, "an ended job is not joined");
        assert!(open().await);
        assert_ne!(put(&cx, job(&cx)).await, put(&cx, job(&cx)).await, "nor one without a key");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_is_tried_again_and_what_cannot_succeed_is_not() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let failures = Arc::new(Mutex::new(vec![Failure::Retry("no answer".into())]));
        let (workers, mut told) = start(&cx, move |_| {
            let failure = failures.lock().unwrap().pop();
            async move { failure.map_or(Ok(()), Err) }
        })
        .await;
        let id = put(&cx, job(&cx)).await;
        told.recv().await.unwrap();
        let waiting = until(&cx, &id, JobState::Queued).await;
        assert_eq!((waiting.reason.as_deref(), waiting.attempts), (Some("no answer"), 1));
        assert!(waiting.run_at > NEW_YEAR && waiting.run_at <= NEW_YEAR.plus_seconds(2));
        turn(&cx.clock, 3);
        assert_eq!(until(&cx, &id, JobState::Done).await.attempts, 2);
        workers.stop(Duration::from_secs(5)).await;

        let (workers, _told) = start(&cx, async |_| Err(Failure::Dead("no such lake".into()))).await;
        let id = put(&cx, job(&cx)).await;
        let dead = until(&cx, &id, JobState::Dead).await;
        assert_eq!((dead.reason.as_deref(), dead.attempts), (Some("no such lake"), 1));
        workers.stop(Duration::from_secs(5)).await;

        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let (workers, _told) = start(&cx, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { panic!("a defect in a handler") }
        })
        .await;
        let id = put(&cx, job(&cx)).await;
        loop {
            let job = get(&cx, &id).await;
            if job.state == JobState::Dead {
                break;
            }
            let Clock::Fixed(at) = &cx.clock else { unreachable!("tests turn a fixed clock") };
            at.fetch_max(job.run_at.0, Ordering::SeqCst); // just far enough, or its lease would run out
            tokio::task::yield_now().await;
        }
        assert_eq!(calls.load(Ordering::SeqCst), usize::try_from(MOST_ATTEMPTS).unwrap());
        let dead = until(&cx, &id, JobState::Dead).await;
        assert_eq!((dead.reason.as_deref(), dead.attempts), (Some("internal error"), MOST_ATTEMPTS));
        workers.stop(Duration::from_secs(5)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_and_gives_back_what_does_not_end() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let id = put(&cx, job(&cx)).await;
        let (workers, mut told) = start(&cx, async |_| std::future::pending().await).await;
        told.recv().await.unwrap();
        workers.stop(Duration::from_millis(1)).await;
        let back = get(&cx, &id).await;
        assert_eq!((back.state, back.attempts), (JobState::Queued, 0));

        let (go, gone) = tokio::sync::watch::channel(false);
        let (workers, mut told) = start(&cx, move |work| {
            let mut gone = gone.clone();
            async move {
                gone.wait_for(|gone| *gone).await.unwrap();
                work.progress(1, 1, "the last stretch").await
            }
        })
        .await;
        told.recv().await.unwrap();
        tokio::join!(workers.stop(Duration::from_secs(5)), async { go.send_replace(true) });
        assert_eq!(get(&cx, &id).await.state, JobState::Done);
    })
    .await;
}

#[tokio::test]
async fn a_schedule_makes_one_job_however_long_nobody_was_there() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let nightly = Schedule {
            name: "crawl retail".into(),
            kind: "test.work".into(),
            scope: "lake/retail".into(),
            payload: "input".into(),
            every_seconds: 3_600,
            first_at: NEW_YEAR.plus_seconds(1_800),
        };
        let set = async || {
            cx.db
                .write(|tx| {
                    let nightly = nightly.clone();
                    async move { schedule(&tx, nightly).await }
                })
                .await
        };
        let due = async |now: Timestamp| {
            cx.db.write(|tx| async move { tx.take_due_schedules(now).await }).await.unwrap().len()
        };
        set().await.unwrap();
        assert_eq!(due(NEW_YEAR).await, 0);
        assert_eq!(due(NEW_YEAR.plus_days(3)).await, 1);
        set().await.unwrap();
        assert_eq!(due(NEW_YEAR.plus_days(3)).await, 0, "saying it again keeps its time");
        assert_eq!(due(NEW_YEAR.plus_days(3).plus_seconds(1_799)).await, 0);
        assert_eq!(due(NEW_YEAR.plus_days(3).plus_seconds(1_800)).await, 1);
        cx.db.write(|tx| async move { unschedule(&tx, "crawl retail").await }).await.unwrap();
        assert_eq!(due(NEW_YEAR.plus_days(9)).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_list_shows_what_the_viewer_may_see_newest_first() {
    on_each_engine(&migrations(), async |db| {
        let cx = context(&db);
        let ana = Principal::Person("ana".into());
        for asker in [Some(&ana), None, Some(&ana)] {
            put(&cx, NewJob { asker: asker.cloned(), ..job(&cx) }).await;
        }
        let list = async |filter: &Filter, before: Option<&JobId>| {
            let seen = || Condition::all().add(sea_orm::sea_query::Expr::cust("asker = 'person:ana'"));
            let found = cx.db.read(|tx| async move { list_jobs(&tx, seen(), filter, before, 10).await }).await.unwrap();
            found.into_iter().map(|job| job.id.0).collect::<Vec<_>>()
        };
        assert_eq!(list(&Filter::default(), None).await, ["j-3", "j-1"]);
        assert_eq!(list(&Filter::default(), Some(&"j-3".into())).await, ["j-1"]);
        assert_eq!(list(&Filter { state: Some(JobState::Dead), ..Filter::default() }, None).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn the_schema_knows_every_state() {
    on_each_engine(&migrations(), async |db| {
        for state in JobState::ALL {
            let sql = format!(
                "INSERT INTO jobs (id, kind, state, scope, payload, run_at_us, attempts, fence, again, progress_done, \
                 progress_total, progress_text, created_at_us) VALUES ('{state}', 'k', '{state}', 's', 'null', 0, 0, 0, FALSE, 0, 0, '', 0)"
            );
            db.migrator().execute_unprepared(&sql).await.unwrap();
        }
    })
    .await;
}
