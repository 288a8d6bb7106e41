use crate::model::{Failure, Job, JobState, MOST_ATTEMPTS, NewJob, Progress};
use crate::registry::Registry;
use crate::store::{QueueStore, enqueue, schedule};
use crate::{Context, db_error};
use db::Tx;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How the workers of one process behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// This server, over restarts. Two that run at once must differ: what a server of this name had leased is taken back
    /// at start, without waiting for the leases to run out.
    pub server: String,
    /// How many jobs run at once.
    pub slots: usize,
    /// How often to look for work when there was none.
    pub poll: Duration,
    /// How long a job stays with a worker that is silent.
    pub lease_seconds: i64,
}

impl Options {
    /// Returns the usual options for `server`.
    pub fn new(server: impl Into<String>) -> Self {
        Self { server: server.into(), slots: 4, poll: Duration::from_millis(200), lease_seconds: 30 }
    }
}

/// A claimed job in its handler's hands.
#[derive(Clone, Debug)]
pub struct Work {
    cx: Context,
    job: Arc<Job>,
}

impl Work {
    /// Returns the job as it was claimed.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Shows people how far the work is; `total` is 0 while unknown. [`Failure::Lost`] says to stop.
    pub async fn progress(&self, done: u64, total: u64, text: impl Into<String>) -> Result<(), Failure> {
        let progress = &Progress { done, total, text: text.into() };
        let kept: db::Result<bool> =
            self.cx.db.write(|tx| async move { tx.save_progress(&self.job, progress).await }).await;
        if kept? { Ok(()) } else { Err(Failure::Lost) }
    }

    /// Makes sure that no other worker has the job until `tx` ends; call it in the transaction that writes the result.
    pub async fn hold(&self, tx: &Tx) -> Result<(), Failure> {
        if tx.hold(&self.job).await? { Ok(()) } else { Err(Failure::Lost) }
    }
}

/// The workers of this process. Stop them with [`Workers::stop`]; dropped, they vanish like a killed process, and their
/// jobs are taken over when the leases run out.
#[derive(Debug)]
pub struct Workers {
    stop: watch::Sender<Stop>,
    task: JoinSet<()>,
}

/// How far a shutdown is: no new jobs, then none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    Claiming,
    Running,
}

struct Shop {
    cx: Context,
    registry: Registry,
    kinds: Vec<&'static str>,
    options: Options,
    stop: watch::Receiver<Stop>,
    /// How many jobs of each kind run.
    running: Mutex<HashMap<String, usize>>,
}

/// Counts a job as running until it is dropped.
struct Counted(Arc<Shop>, String);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count(&self.1, |running| running.saturating_sub(1));
    }
}

impl Workers {
    /// Adds the schedules of `registry`, takes back what this server held before it was killed, and starts to work.
    pub async fn start(cx: Context, mut registry: Registry, options: Options) -> db::Result<Self> {
        registry.every("jobs.prune", 3_600, cx.clone(), prune);
        let by = &options.server;
        cx.db.write(|tx| async move { tx.take_back(by).await }).await?;
        for due in &registry.schedules {
            cx.db.write(|tx| async move { schedule(&tx, due.clone()).await }).await?;
        }
        let (stop, stopping) = watch::channel(Stop::No);
        let shop = Arc::new(Shop {
            kinds: registry.kinds(),
            cx,
            registry,
            options,
            stop: stopping,
            running: Mutex::default(),
        });
        let mut task = JoinSet::new();
        task.spawn(work(shop));
        Ok(Self { stop, task })
    }

    /// Takes no new job, waits up to `grace` for those that run, then drops the rest and gives their leases back.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.send_replace(Stop::Claiming);
        if tokio::time::timeout(grace, self.task.join_next()).await.is_err() {
            self.stop.send_replace(Stop::Running);
            let gave_back = tokio::time::timeout(Duration::from_secs(2), self.task.join_next()).await;
            if gave_back.is_err() {
                tracing::warn!("jobs were cut off: they are taken over when their leases run out");
            }
        }
    }
}

async fn prune(cx: Context, _: Work, (): ()) -> Result<(), db::Error> {
    let now = cx.clock.now();
    cx.db.write(|tx| async move { tx.prune(now.plus_days(-7), now.plus_days(-90)).await }).await
}

async fn work(shop: Arc<Shop>) {
    let mut running = JoinSet::new();
    let mut stop = shop.stop.clone();
    while *stop.borrow() == Stop::No {
        let pause = match shop.step(running.len() < shop.options.slots).await {
            Ok(Some(job)) => {
                let counted = Shop::counted(&shop, &job.kind);
                running.spawn(async move { counted.0.run(job).await });
                continue;
            }
            Ok(None) => shop.options.poll,
            Err(error) => {
                db_error("the queue could not be read", &error);
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            _ = stop.changed() => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

impl Shop {
    fn count(&self, kind: &str, change: impl FnOnce(usize) -> usize) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let now = running.entry(kind.to_owned()).or_default();
        *now = change(*now);
    }

    fn counted(shop: &Arc<Self>, kind: &str) -> Counted {
        shop.count(kind, |running| running + 1);
        Counted(shop.clone(), kind.to_owned())
    }

    /// Returns the kinds of which one more may run.
    fn open_kinds(&self) -> Vec<&'static str> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room =
            |kind: &&str| self.registry.bound(kind).is_none_or(|most| running.get(*kind).copied().unwrap_or(0) < most);
        self.kinds.iter().copied().filter(has_room).collect()
    }

    /// Hands events on, whether or not there is a slot; where there is one, hands due schedules on and claims a job.
    async fn step(&self, has_slot: bool) -> db::Result<Option<Job>> {
        let now = self.cx.clock.now();
        let (due, events) = self
            .cx
            .db
            .read(|tx| async move { Ok::<_, db::Error>((tx.anything_due(now).await?, tx.has_events().await?)) })
            .await?;
        if events {
            self.cx.db.write(|tx| async move { deliver(&self.cx, &self.registry, &tx).await }).await?;
        }
        if !has_slot || (!due && !events) {
            return Ok(None);
        }
        let kinds = &self.open_kinds();
        let until = now.plus_seconds(self.options.lease_seconds);
        self.cx
            .db
            .write(|tx| async move {
                for (name, kind, scope, payload) in tx.take_due_schedules(now).await? {
                    let Some(kind) = self.kinds.iter().find(|known| **known == kind) else { continue };
                    let payload: serde_json::Value = serde_json::from_str(&payload).unwrap_or_default();
                    let job = NewJob::new(&self.cx.ids, now, kind, scope).payload(&payload);
                    enqueue(&tx, job.key(format!("schedule/{name}"))).await?;
                }
                tx.claim(&self.options.server, kinds, now, until).await
            })
            .await
    }

    async fn run(&self, job: Job) {
        let job = Arc::new(job);
        let mut handler = JoinSet::new();
        handler.spawn(self.registry.run(Work { cx: self.cx.clone(), job: job.clone() }));
        let mut stop = self.stop.clone();
        let renewal = Duration::from_secs(self.options.lease_seconds.unsigned_abs().div_ceil(3));
        let outcome = loop {
            tokio::select! {
                Some(done) = handler.join_next() => break done.unwrap_or_else(|broke| {
                    tracing::error!(job = %job.id, kind = job.kind, error = %broke, "a job's handler broke down");
                    Err(Failure::Retry("internal error".into()))
                }),
                () = cut_off(&mut stop) => break Err(Failure::Lost),
                () = tokio::time::sleep(renewal) => {
                    let until = self.cx.clock.now().plus_seconds(self.options.lease_seconds);
                    let job = &job;
                    match self.cx.db.write(|tx| async move { tx.renew(job, until).await }).await {
                        Ok(true) => {}
                        Ok(false) => break Err(Failure::Lost),
                        Err(error) => db_error("a lease could not be renewed", &error),
                    }
                }
            }
        };
        handler.shutdown().await;
        if let Err(error) = self.report(&job, outcome).await {
            db_error("a job's end could not be written: it runs again when its lease ends", &error);
        }
    }

    async fn report(&self, job: &Job, outcome: Result<(), Failure>) -> db::Result<()> {
        let now = self.cx.clock.now();
        let at = now.plus_seconds(job.backoff_seconds());
        let outcome = &match outcome {
            Err(Failure::Retry(reason)) if job.attempts >= MOST_ATTEMPTS => Err(Failure::Dead(reason)),
            outcome => outcome,
        };
        let work = |tx: Tx| async move {
            match outcome {
                Ok(()) => tx.end(job, JobState::Done, None, now).await,
                Err(Failure::Retry(reason)) => tx.retry(job, reason, at).await,
                Err(Failure::Dead(reason)) => tx.end(job, JobState::Dead, Some(reason), now).await,
                Err(Failure::Lost) => tx.release(job).await,
            }
        };
        if !self.cx.db.write(work).await? {
            tracing::warn!(job = %job.id, "another worker has this job now: what this one did is not reported");
        }
        Ok(())
    }
}

/// Waits until a shutdown has run out of patience.
async fn cut_off(stop: &mut watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop == Stop::Running).await.is_err() {
        std::future::pending::<()>().await; // the workers were dropped, and this task with them
    }
}

/// Turns events into one job per subscriber, in the transaction that takes them off the outbox.
pub(crate) async fn deliver(cx: &Context, registry: &Registry, tx: &Tx) -> db::Result<()> {
    let now = cx.clock.now();
    for event in tx.take_events(100).await? {
        for kind in registry.subscribers(&event.name) {
            let payload = serde_json::from_str(&event.payload).map_err(|e| db::Error::Unknown(e.to_string()))?;
            enqueue(tx, NewJob { payload, ..NewJob::new(&cx.ids, now, kind, "deployment") }).await?;
        }
    }
    Ok(())
}
