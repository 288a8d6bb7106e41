use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::statement::STACK_BYTES;

/// The bounds of governed reads.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What one query may use to sort, group and join.
    pub memory_bytes: usize,
    /// How many queries run at once; more wait.
    pub at_once: usize,
    /// How long one waits before it is told to come back.
    pub wait: Duration,
    /// How long one runs, from its start to its last byte.
    pub time: Duration,
    /// How long a reader may take nothing of an answer.
    pub patience: Duration,
    /// How many rows one answers at most.
    pub rows: usize,
    /// How many threads compute for all of them together.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            memory_bytes: 512 << 20,
            at_once: 8,
            wait: Duration::from_secs(10),
            time: Duration::from_mins(10),
            patience: Duration::from_secs(30),
            rows: 50_000_000,
            threads,
        }
    }
}

/// Where queries compute: threads of their own, so that a heavy query never holds up the rest of the server.
#[derive(Debug)]
pub struct Engine {
    runtime: Option<Runtime>,
    slots: Arc<Semaphore>,
    /// Those of each who has any.
    shares: Mutex<HashMap<String, Weak<Semaphore>>>,
    limits: Limits,
}

/// A place among the queries that run. It is free again once nothing of the query is left on any thread: the session and
/// what its memory is counted in hold it too.
#[derive(Clone, Debug)]
pub struct Slot {
    _held: Arc<(OwnedSemaphorePermit, OwnedSemaphorePermit)>,
}

impl Engine {
    /// Starts the threads.
    pub fn start(limits: Limits) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(limits.threads)
            .max_blocking_threads(limits.threads * 4)
            .thread_stack_size(STACK_BYTES)
            .thread_name("query")
            .enable_time()
            .build()?;
        let slots = Arc::new(Semaphore::new(limits.at_once));
        Ok(Self { runtime: Some(runtime), slots, shares: Mutex::default(), limits })
    }

    /// Returns the bounds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits for a place among the queries that run, or gives up with `None`. Nobody holds more than half of the places:
    /// then there is always one for others.
    pub async fn slot(&self, of: &str) -> Option<Slot> {
        let share = self.share(of);
        let both = async {
            let share = share.acquire_owned().await.ok()?;
            let place = Arc::clone(&self.slots).acquire_owned().await.ok()?;
            Some(Slot { _held: Arc::new((share, place)) })
        };
        tokio::time::timeout(self.limits.wait, both).await.ok().flatten()
    }

    fn share(&self, of: &str) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.retain(|_, share| share.strong_count() > 0);
        if let Some(share) = shares.get(of).and_then(Weak::upgrade) {
            return share;
        }
        let share = Arc::new(Semaphore::new((self.limits.at_once / 2).max(1)));
        shares.insert(of.to_owned(), Arc::downgrade(&share));
        share
    }

    /// Runs `work` on the engine's threads; dropping what is returned stops it at its next wait.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Working<T> {
        let runtime = self.runtime.as_ref().expect("taken when the engine is dropped, and not before");
        Working(runtime.spawn(work))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A runtime waits for its threads when it is dropped, which an async caller must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Work on the engine's threads; it ends when this is dropped.
#[derive(Debug)]
pub struct Working<T>(JoinHandle<T>);

impl<T> Working<T> {
    /// Waits for its end; `None` if it panicked, which the log shows.
    pub async fn done(mut self) -> Option<T> {
        (&mut self.0).await.inspect_err(|error| tracing::error!(%error, "a query's work broke off")).ok()
    }
}

impl<T> Drop for Working<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
