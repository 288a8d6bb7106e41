//! What goes on in this process: a lock per repository, the pushes under way, how many clients there may be.
use crate::hooks::Operation;
use crate::{Error, Result};
use base::{Digest, ProjectId};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a move of refs waits for another one on the same repository.
const WAIT_FOR_LOCK: Duration = Duration::from_secs(30);

/// The bounds of what clients may do with repositories.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest push.
    pub push_bytes: u64,
    /// The most branches and tags that one push may name.
    pub push_refs: usize,
    /// The most branches and tags that a repository may have.
    pub refs: usize,
    /// The largest request of a fetch, inflated.
    pub fetch_request_bytes: u64,
    /// How long one call may take in all.
    pub time: Duration,
    /// How long a client may be silent.
    pub silence: Duration,
    /// How many fetches run at once.
    pub fetches: usize,
    /// How many pushes run at once.
    pub pushes: usize,
    /// How many trees are laid out at once.
    pub exports: usize,
    /// How many people look at branches, commits and files at once.
    pub browses: usize,
    /// How long one waits for its place.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            push_bytes: 512 << 20,
            push_refs: 1_000,
            refs: 5_000,
            fetch_request_bytes: 32 << 20,
            time: Duration::from_mins(30),
            silence: Duration::from_mins(2),
            fetches: 16,
            pushes: 8,
            exports: 2,
            browses: 8,
            wait: Duration::from_secs(20),
        }
    }
}

/// The right to move refs of one repository: nobody else does until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    project: ProjectId,
    _guard: OwnedMutexGuard<()>,
}

impl Held {
    /// Returns whose refs may be moved.
    pub(crate) fn project(&self) -> &ProjectId {
        &self.project
    }
}

/// What goes on in this process.
#[derive(Debug)]
pub(crate) struct Live {
    /// Where programs lie on this machine.
    pub(crate) path: OsString,
    /// `git`, by its place: a program that is looked for anew each time is started by a copy of this process, which takes long for
    /// a large one.
    pub(crate) program: PathBuf,
    pub(crate) limits: Limits,
    fetches: Arc<Semaphore>,
    pushes: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    browses: Arc<Semaphore>,
    locks: Mutex<HashMap<ProjectId, Arc<tokio::sync::Mutex<()>>>>,
    /// Pushes under way, by the digest of their secret.
    operations: Mutex<HashMap<String, Arc<Operation>>>,
    /// Children and those who watch them, to wait for at shutdown.
    pub(crate) tasks: TaskTracker,
    /// Stops them.
    pub(crate) stop: CancellationToken,
}

impl Live {
    pub(crate) fn new(limits: Limits) -> Self {
        let path = crate::process::search_path();
        Self {
            program: crate::process::program(&path),
            path,
            fetches: Arc::new(Semaphore::new(limits.fetches)),
            pushes: Arc::new(Semaphore::new(limits.pushes)),
            exports: Arc::new(Semaphore::new(limits.exports)),
            browses: Arc::new(Semaphore::new(limits.browses)),
            limits,
            locks: Mutex::default(),
            operations: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Waits until nobody else moves refs of `project`.
    ///
    /// # Errors
    /// [`Error::Busy`] if that takes too long.
    pub(crate) async fn hold(&self, project: &ProjectId) -> Result<Held> {
        let lock =
            self.locks.lock().unwrap_or_else(PoisonError::into_inner).entry(project.clone()).or_default().clone();
        let waited = tokio::time::timeout(WAIT_FOR_LOCK, lock.lock_owned()).await;
        Ok(Held { project: project.clone(), _guard: waited.map_err(|_| Error::Busy)? })
    }

    /// Waits for a place to fetch.
    ///
    /// # Errors
    /// [`Error::Busy`].
    pub(crate) async fn place_to_fetch(&self) -> Result<OwnedSemaphorePermit> {
        self.place(&self.fetches).await
    }

    /// Waits for a place to push.
    ///
    /// # Errors
    /// [`Error::Busy`].
    pub(crate) async fn place_to_push(&self) -> Result<OwnedSemaphorePermit> {
        self.place(&self.pushes).await
    }

    /// Waits for a place to lay a tree out.
    ///
    /// # Errors
    /// [`Error::Busy`].
    pub(crate) async fn place_to_export(&self) -> Result<OwnedSemaphorePermit> {
        self.place(&self.exports).await
    }

    /// Waits for a place to look at what is in a repository.
    ///
    /// # Errors
    /// [`Error::Busy`].
    pub(crate) async fn place_to_browse(&self) -> Result<OwnedSemaphorePermit> {
        self.place(&self.browses).await
    }

    async fn place(&self, places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(self.limits.wait, places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Error::Busy),
        }
    }

    /// Lets the hooks of a push ask about it, by its secret.
    pub(crate) fn begin(&self, secret: &str, operation: Arc<Operation>) {
        self.operations().insert(key(secret), operation);
    }

    /// Returns the push with this secret.
    pub(crate) fn operation(&self, secret: &str) -> Option<Arc<Operation>> {
        self.operations().get(&key(secret)).cloned()
    }

    /// Forgets a push: its secret means nothing from here on.
    pub(crate) fn end(&self, secret: &str) {
        self.operations().remove(&key(secret));
    }

    fn operations(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Operation>>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looked up by digest, so that the time a lookup takes says nothing about the secret.
fn key(secret: &str) -> String {
    Digest::of(secret).hex()
}
