//! What is served now: made anew with each manifest, and read by every call without waiting.
use super::capture::Handle;
use crate::manifest::{FRESH_FOR, Manifest, unhex};
use crate::onnx::Model;
use base::{Digest, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// How many calls may compute at once, of all endpoints together; each model has a few places of its own.
const COMPUTE: usize = 64;

/// How long a call with a token that nobody named yet waits for a newer manifest: the server looks for new tokens every 300 ms, and
/// this process for its manifest every 250.
const NEWS_WITHIN: Duration = Duration::from_millis(700);
/// How many such calls may wait; others are refused at once.
const WAIT_FOR_NEWS: usize = 64;
/// Of how many tokens it is kept that they were waited for in vain: the next call with one of them is refused at once.
const IN_VAIN: usize = 4_096;

/// A model that answers for an endpoint.
#[derive(Debug)]
pub(super) struct Release {
    pub rollout: String,
    pub version: String,
    pub model: Arc<Model>,
}

/// An endpoint as the manifest has it.
#[derive(Debug, Default)]
pub(super) struct Endpoint {
    pub name: String,
    /// None before its first model is in memory.
    pub serving: Option<Release>,
    pub stopped: Option<String>,
    pub counts: Arc<Counts>,
}

/// How often an endpoint was called.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub answered: AtomicU64,
    pub refused: AtomicU64,
    pub captured: AtomicU64,
    pub dropped: AtomicU64,
    /// When somebody outside the project was answered first, in microseconds; 0 before.
    outside_us: AtomicI64,
}

impl Counts {
    /// Takes note of an answer to somebody outside the project.
    pub fn answered_outside(&self, now: Timestamp) {
        let _ = self.outside_us.compare_exchange(0, now.0, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Returns them as they are reported.
    pub fn captured(&self) -> super::Captured {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        super::Captured {
            calls: read(&self.captured),
            dropped: read(&self.dropped),
            answered: read(&self.answered),
            refused: read(&self.refused),
            outside_at: Some(Timestamp(self.outside_us.load(Ordering::Relaxed))).filter(|at| at.0 > 0),
        }
    }
}

#[derive(Debug)]
struct Caller {
    until: Timestamp,
    endpoints: Vec<u32>,
    outside: Vec<u32>,
    captured: bool,
}

/// An endpoint as one token may call it.
#[derive(Clone, Debug)]
pub(super) struct Called {
    pub endpoint: Arc<Endpoint>,
    /// Whether the caller does not belong to its project.
    pub from_outside: bool,
    pub captured: bool,
}

/// What a manifest says, ready for calls.
#[derive(Debug)]
pub(super) struct Table {
    pub sequence: i64,
    made_at: Timestamp,
    endpoints: Vec<Arc<Endpoint>>,
    by_name: HashMap<String, u32>,
    callers: HashMap<[u8; 32], Caller>,
    /// Whether every model that answers is in memory.
    whole: bool,
}

impl Default for Table {
    fn default() -> Self {
        let (endpoints, by_name, callers) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { sequence: 0, made_at: Timestamp(0), endpoints, by_name, callers, whole: false }
    }
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The manifest does not name it.
    No,
    /// It was ours, and has ended.
    Ended,
    Yes,
}

impl Table {
    /// Makes the table of a manifest with the models that are in memory.
    pub fn of(
        manifest: &Manifest,
        models: &BTreeMap<String, Arc<Model>>,
        counts: &mut BTreeMap<String, Arc<Counts>>,
    ) -> Self {
        let mut table = Self { sequence: manifest.sequence, made_at: manifest.made_at, whole: true, ..Self::default() };
        for (number, endpoint) in (0..).zip(&manifest.endpoints) {
            let named = endpoint.serving.as_ref();
            let release =
                named.and_then(|rollout| endpoint.releases.iter().find(|release| release.rollout == *rollout));
            let serving = release.and_then(|release| {
                let model = models.get(&release.rollout)?.clone();
                Some(Release { rollout: release.rollout.clone(), version: release.version.to_string(), model })
            });
            table.whole &= named.is_none() || serving.is_some();
            let counts = counts.entry(endpoint.name.clone()).or_default().clone();
            let (name, stopped) = (endpoint.name.clone(), endpoint.stopped.clone());
            table.by_name.insert(name.clone(), number);
            table.endpoints.push(Arc::new(Endpoint { name, serving, stopped, counts }));
        }
        for caller in &manifest.callers {
            if let Some(token) = unhex::<32>(caller.token.as_bytes()) {
                let (endpoints, outside) = (caller.endpoints.clone(), caller.outside.clone());
                let (until, captured) = (caller.until, caller.captured);
                table.callers.insert(token, Caller { until, endpoints, outside, captured });
            }
        }
        table
    }

    /// Returns the rollout that each endpoint answers with.
    pub fn answers(&self) -> BTreeMap<String, String> {
        let endpoints = self.endpoints.iter().filter(|endpoint| endpoint.stopped.is_none());
        let answering = endpoints.filter_map(|endpoint| Some((endpoint.name.clone(), endpoint.serving.as_ref()?)));
        answering.map(|(name, release)| (name, release.rollout.clone())).collect()
    }

    /// Returns whether the manifest may still be used.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.sequence > 0 && is_fresh(self.made_at, now)
    }

    /// Returns whether all that should answer can.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        self.is_fresh(now) && self.whole
    }

    /// Returns whether a secret is that of a token that may call something.
    pub fn knows(&self, secret: &str, now: Timestamp) -> Known {
        match self.callers.get(Digest::of(secret).bytes()) {
            Some(caller) if now < caller.until => Known::Yes,
            Some(_) => Known::Ended,
            None => Known::No,
        }
    }

    /// Returns an endpoint that the token may call; none for others and for those that are not there.
    pub fn endpoint(&self, secret: &str, name: &str) -> Option<Called> {
        let caller = self.callers.get(Digest::of(secret).bytes());
        let number = self.by_name.get(name);
        let (caller, number) = (caller?, number?);
        let may = caller.endpoints.contains(number);
        let endpoint = self.endpoints.get(usize::try_from(*number).ok()?).filter(|_| may)?.clone();
        Some(Called { endpoint, from_outside: caller.outside.contains(number), captured: caller.captured })
    }
}

/// Returns whether what was made then may be used now; a clock that went back a little does no harm.
pub(super) fn is_fresh(made_at: Timestamp, now: Timestamp) -> bool {
    let most = i64::try_from(FRESH_FOR.as_micros()).unwrap_or(i64::MAX);
    (now.0 - made_at.0).abs() <= most
}

/// What calls and the poller share.
#[derive(Debug)]
pub(super) struct Shared {
    table: RwLock<Arc<Table>>,
    /// Who may compute.
    pub compute: Arc<Semaphore>,
    pub capture: Handle,
    counts: Mutex<BTreeMap<String, Arc<Counts>>>,
    /// That another table is served.
    news: Notify,
    /// Who may wait for one.
    waiting: Semaphore,
    /// The tokens that none came for.
    in_vain: Mutex<HashSet<[u8; 32]>>,
}

impl Shared {
    /// Returns what serves nothing yet.
    pub fn new(capture: Handle) -> Self {
        let compute = Arc::new(Semaphore::new(COMPUTE));
        let waiting = Semaphore::new(WAIT_FOR_NEWS);
        let (table, counts, news, in_vain) = (RwLock::default(), Mutex::default(), Notify::new(), Mutex::default());
        Self { table, compute, capture, counts, news, waiting, in_vain }
    }

    /// Returns what is served now.
    pub fn table(&self) -> Arc<Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves a manifest from now on.
    pub fn put(&self, manifest: &Manifest, models: &BTreeMap<String, Arc<Model>>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|name, _| manifest.endpoints.iter().any(|endpoint| endpoint.name == *name));
        let table = Table::of(manifest, models, &mut counts);
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
        self.news.notify_waiters();
    }

    /// Returns the table that names the token, which may have been made a moment ago; what is served now where none comes in time, or
    /// was waited for before.
    pub async fn table_that_knows(&self, secret: &str, now: Timestamp) -> Arc<Table> {
        let token = *Digest::of(secret).bytes();
        let in_vain = || self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        if in_vain().contains(&token) {
            return self.table();
        }
        let Ok(_place) = self.waiting.try_acquire() else { return self.table() };
        let named = async {
            loop {
                let news = self.news.notified();
                let table = self.table();
                if table.knows(secret, now) != Known::No {
                    return table;
                }
                news.await;
            }
        };
        if let Ok(table) = tokio::time::timeout(NEWS_WITHIN, named).await {
            return table;
        }
        let mut known = in_vain();
        if known.len() >= IN_VAIN {
            known.clear();
        }
        known.insert(token);
        drop(known);
        self.table()
    }

    /// Returns how often each endpoint was called.
    pub fn captured(&self) -> BTreeMap<String, super::Captured> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(name, counts)| (name.clone(), counts.captured())).collect()
    }
}
