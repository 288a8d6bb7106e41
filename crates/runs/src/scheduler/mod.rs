//! The scheduler: brings runs forward, one turn at a time. A turn is cheap, may happen twice, and must not matter then: all it
//! decides stands in rows that it locks. A report and a start wake it at once; a job per run is behind it, so that a run goes
//! on after a kill, and looks after attempts that fell silent.
mod ends;
mod grants;
mod keys;
mod launch;
mod look;
mod plan;
mod turn;
mod watch;

pub(crate) use ends::{Settled, settle};
pub(crate) use grants::policy_of;
pub use launch::{CALL_ENDPOINT, READ_HELD_OUT};
pub(crate) use launch::{runner_name, spec_of};
pub(crate) use plan::Plan;

use crate::Context;
use crate::attempts::store::AttemptStore;
use crate::runs::store::RunStore;
use crate::steps::store::StepStore;
use base::{RunId, Timestamp};
use db::Tx;
use jobs::{Failure, NewJob, Work};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

/// The kind of the job behind every run.
pub(crate) const JOB: &str = "runs.advance";
/// The kind of the job that brings those back.
pub(crate) const LOST: &str = "runs.look_after";
/// How often it does, in seconds.
pub(crate) const LOST_SECONDS: i64 = 30;
/// How often the job looks after a run that nothing wakes, in seconds.
const LOOK_SECONDS: i64 = 10;
/// How long an attempt waits at most until the engine is asked again whether it has room.
const ASK_FOR_ROOM: Duration = Duration::from_millis(250);
/// How many plans are kept in memory.
const PLANS: usize = 64;

/// Why a turn did not come to its end. The next one goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Run(#[from] crate::runs::Error),
    #[error(transparent)]
    Attempt(#[from] crate::attempts::Error),
    #[error(transparent)]
    Sources(#[from] crate::sources::Error),
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    #[error(transparent)]
    Token(#[from] access::tokens::Error),
    #[error(transparent)]
    Python(#[from] environments::PythonError),
    #[error(transparent)]
    Misfit(#[from] crate::steps::Misfit),
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl base::Fault for Error {
    fn fault(&self) -> (base::Kind, &'static str) {
        match self {
            Self::Run(inner) => inner.fault(),
            Self::Attempt(inner) => inner.fault(),
            Self::Token(inner) => inner.fault(),
            Self::Python(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
            Self::Sources(_) | Self::Misfit(_) => (base::Kind::Internal, "runs.failed"),
            Self::Engine(_) => (base::Kind::Unavailable, "runs.engine"),
        }
    }
}

/// Which runs have their turn in this process.
#[derive(Clone, Debug, Default)]
pub struct Scheduler(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    tasks: TaskTracker,
    /// Told whenever a turn ended.
    ended: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Runs that have their turn; `true` if they were woken meanwhile.
    busy: HashMap<RunId, bool>,
    /// Runs with steps that wait for a CPU or for memory.
    hungry: BTreeSet<RunId>,
    /// Runs with an attempt that the engine had no room for.
    turned_down: BTreeSet<RunId>,
    plans: HashMap<RunId, Arc<Plan>>,
    stopped: bool,
}

impl Scheduler {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a run's turn, unless it has one: then that one goes on for longer.
    fn begin(&self, run: &RunId) -> bool {
        let mut state = self.state();
        if state.stopped {
            return false;
        }
        if let Some(again) = state.busy.get_mut(run) {
            *again = true;
            return false;
        }
        state.busy.insert(run.clone(), false);
        true
    }

    /// Ends a turn, unless the run was woken meanwhile.
    fn goes_on(&self, run: &RunId) -> bool {
        let mut state = self.state();
        let again = state.busy.remove(run).unwrap_or(false) && !state.stopped;
        if again {
            state.busy.insert(run.clone(), false);
        }
        again
    }

    pub(crate) fn hungry(&self, run: &RunId, is: bool) {
        let mut state = self.state();
        if is {
            state.hungry.insert(run.clone());
        } else {
            state.hungry.remove(run);
        }
    }

    /// Returns the plan of a run, read once.
    pub(crate) async fn plan(&self, tx: &Tx, run: &RunId) -> db::Result<Option<Arc<Plan>>> {
        if let Some(plan) = self.state().plans.get(run) {
            return Ok(Some(plan.clone()));
        }
        let Some(definition) = tx.find_definition(run).await? else { return Ok(None) };
        let plan = Arc::new(Plan::read(&definition)?);
        let mut state = self.state();
        if state.plans.len() >= PLANS {
            state.plans.clear(); // they are read again; a bound, not a policy
        }
        state.plans.insert(run.clone(), plan.clone());
        Ok(Some(plan))
    }

    fn forget(&self, run: &RunId) {
        let mut state = self.state();
        state.plans.remove(run);
        state.hungry.remove(run);
    }

    /// Waits until no run has its turn.
    pub async fn idle(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.state().busy.is_empty() {
                return;
            }
            ended.await;
        }
    }
}

/// Ends the turn of a run whose future is dropped in the middle.
struct Turn<'a>(&'a Scheduler, &'a RunId);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().busy.remove(self.1);
        self.0.0.ended.notify_waiters();
    }
}

/// Lets a run have its turn now; call it after the commit that gives it something to do. It returns at once.
pub fn wake(cx: &Context, run: &RunId) {
    cx.live.tell(run);
    if !cx.scheduler.begin(run) {
        return;
    }
    let (cx, run) = (cx.clone(), run.clone());
    cx.scheduler.0.tasks.clone().spawn(async move { take_turns(&cx, &run, false).await });
}

/// Wakes a run once the engine may have room for its attempt, or soon: a runner that has reported takes a moment to be gone.
fn wake_with_room(cx: &Context, run: &RunId) {
    if !cx.scheduler.state().turned_down.insert(run.clone()) {
        return; // somebody waits for it already
    }
    let (cx, run) = (cx.clone(), run.clone());
    cx.scheduler.0.tasks.clone().spawn(async move {
        let stopped = tokio::select! {
            () = cx.engine.room() => false,
            () = tokio::time::sleep(ASK_FOR_ROOM) => false,
            () = cx.live.stop.cancelled() => true,
        };
        cx.scheduler.state().turned_down.remove(&run);
        if !stopped {
            wake(&cx, &run);
        }
    });
}

/// Wakes the runs that wait for a CPU or for memory.
pub(crate) fn wake_hungry(cx: &Context) {
    let hungry: Vec<RunId> = cx.scheduler.state().hungry.iter().cloned().collect();
    for run in hungry {
        wake(cx, &run);
    }
}

/// Brings a run forward for as long as it is woken; the caller has begun its turn.
async fn take_turns(cx: &Context, run: &RunId, mut hard: bool) {
    let turn = Turn(&cx.scheduler, run);
    loop {
        match turn::turn(cx, run, hard).await {
            Ok(()) => {}
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%run, %error, cause, "a run did not get on; its job tries again");
            }
        }
        hard = false;
        cx.live.tell(run);
        if !cx.scheduler.goes_on(run) {
            break;
        }
    }
    drop(turn);
}

/// Puts the job behind a run on the queue. Joins the caller's transaction.
pub(crate) async fn enqueue(cx: &Context, tx: &Tx, run: &crate::runs::Run, at: Timestamp) -> db::Result<()> {
    let job = NewJob::new(&cx.ids, cx.clock.now(), JOB, format!("project/{}", run.environment));
    jobs::enqueue(tx, job.key(run.id.as_str()).payload(&run.id).at(at)).await?;
    Ok(())
}

/// Looks after a run; as a job. It comes back until the run has ended, then clears away what the run left.
pub(crate) async fn advance(cx: Context, _: Work, run: RunId) -> Result<(), Failure> {
    look_after(&cx, &run).await?;
    let (id, now) = (&run, cx.clock.now());
    let ended = cx
        .db
        .write(|tx| {
            let cx = &cx;
            async move {
                let Some(run) = tx.find_run(id).await? else { return Ok::<_, db::Error>(true) };
                if !run.has_ended() {
                    let mut at = now.plus_seconds(LOOK_SECONDS);
                    if let Some(next) = tx.next_step_at(id, now).await? {
                        at = at.min(next);
                    }
                    if cx.scheduler.state().plans.get(id).is_some_and(|plan| plan.waits_for_python()) {
                        at = at.min(now.plus_seconds(1));
                    }
                    enqueue(cx, &tx, &run, at).await?;
                }
                Ok(run.has_ended())
            }
        })
        .await?;
    if ended {
        clear_away(&cx, &run).await?;
    }
    Ok(())
}

/// Lets a run have a thorough turn and waits for its end.
pub async fn look_after(cx: &Context, run: &RunId) -> db::Result<()> {
    while !cx.scheduler.begin(run) {
        if cx.scheduler.state().stopped {
            return Ok(());
        }
        cx.scheduler.idle_of(run).await;
    }
    take_turns(cx, run, true).await;
    Ok(())
}

impl Scheduler {
    async fn idle_of(&self, run: &RunId) {
        loop {
            let ended = self.0.ended.notified();
            if !self.state().busy.contains_key(run) {
                return;
            }
            ended.await;
        }
    }
}

/// Lets the engine forget the attempts of a run that has ended; what cannot be forgotten yet, such as one whose runner is just
/// about to end, is tried again by the job.
async fn clear_away(cx: &Context, run: &RunId) -> Result<(), Failure> {
    cx.scheduler.forget(run);
    let attempts = cx.db.read(|tx| async move { tx.list_attempts(run).await }).await?;
    let mut left = None;
    for attempt in attempts {
        if let Err(error) = cx.engine.forget(&attempt.id).await {
            tracing::warn!(attempt = %attempt.id, %error, "what an attempt left could not be removed");
            left = Some(format!("what `{}` left could not be removed", attempt.id));
        }
    }
    left.map_or(Ok(()), |why| Err(Failure::Retry(why)))
}

/// Takes up every run that has not ended, after a start: what still runs is adopted, nothing is started twice. What the engine
/// still keeps of runs that have ended is cleared away, and so is what was being stored when a server was killed.
///
/// # Errors
/// The store's.
pub async fn resume(cx: &Context) -> db::Result<()> {
    bring_back(cx).await?;
    forget_ended(cx).await?;
    // No upload lasts a day.
    if let Err(error) = cx.blobs.sweep(cx.clock.now().plus_days(-1)).await {
        tracing::warn!(%error, "what killed uploads left could not be removed");
    }
    let open = cx.db.read(|tx| async move { tx.list_open_runs().await }).await?;
    for run in open {
        if cx.scheduler.begin(&run) {
            let cx = cx.clone();
            cx.scheduler.0.tasks.clone().spawn(async move { take_turns(&cx, &run, true).await });
        }
    }
    Ok(())
}

/// Puts the job behind every open run on the queue, where it is not: one may have failed too often, or been pruned.
async fn bring_back(cx: &Context) -> db::Result<()> {
    let open = cx.db.read(|tx| async move { tx.list_open_runs().await }).await?;
    for id in &open {
        let at = cx.clock.now().plus_seconds(LOOK_SECONDS);
        cx.db
            .write(|tx| async move {
                let Some(run) = tx.find_run(id).await?.filter(|run| !run.has_ended()) else { return Ok(()) };
                if !jobs::is_open(&tx, JOB, id.as_str()).await? {
                    enqueue(cx, &tx, &run, at).await?;
                }
                Ok::<_, db::Error>(())
            })
            .await?;
    }
    Ok(())
}

/// Brings back what only a job brings on; as a job of its own, on a schedule.
pub(crate) async fn look_for_lost(cx: Context, _: Work, (): ()) -> db::Result<()> {
    bring_back(&cx).await
}

/// Has the job of each run that has ended clear away what the engine still keeps of it.
async fn forget_ended(cx: &Context) -> db::Result<()> {
    let Ok(kept) = cx.engine.list().await else { return Ok(()) }; // it is away: after the next start, then
    let (kept, now) = (&kept, cx.clock.now());
    cx.db
        .write(|tx| async move {
            let mut runs = BTreeSet::new();
            for seen in kept {
                runs.extend(tx.find_attempt(&seen.attempt).await?.map(|attempt| attempt.run));
            }
            for run in runs {
                if let Some(ended) = tx.find_run(&run).await?.filter(crate::runs::Run::has_ended) {
                    enqueue(cx, &tx, &ended, now).await?;
                }
            }
            Ok(())
        })
        .await
}

/// Ends open streams and waits for turns under way, at most five seconds; what is left goes on after the next start.
pub async fn drain(cx: &Context) {
    cx.live.stop.cancel();
    cx.scheduler.state().stopped = true;
    cx.scheduler.0.tasks.close();
    if tokio::time::timeout(Duration::from_secs(5), cx.scheduler.0.tasks.wait()).await.is_err() {
        tracing::warn!("runs still had their turn at shutdown; they go on after the next start");
    }
}
