//! The far side of the engine trait: it starts nothing, and the test plays the runner.
use base::AttemptId;
use runs::engine::{Capabilities, Engine, EngineError, EngineRef, Launch, Seen};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// An engine that takes down what it is asked.
#[derive(Debug)]
pub struct FakeEngine {
    known: Mutex<BTreeMap<AttemptId, Held>>,
    /// How often each attempt was submitted.
    submits: Mutex<BTreeMap<AttemptId, usize>>,
    stopped: Mutex<Vec<AttemptId>>,
    forgotten: Mutex<Vec<AttemptId>>,
    pub cpus: AtomicU32,
    pub memory_mib: AtomicU64,
    /// Whether it has no room, whatever the scheduler counts.
    pub full: AtomicBool,
    /// How often it still refuses to forget what it is asked to.
    pub holds_on: AtomicU32,
    /// Whether it answers nothing.
    pub away: AtomicBool,
    /// Whether it refuses what it is asked.
    pub refuses: AtomicBool,
}

#[derive(Clone, Debug)]
struct Held {
    launch: Launch,
    alive: bool,
}

impl Default for FakeEngine {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            submits: Mutex::default(),
            stopped: Mutex::default(),
            forgotten: Mutex::default(),
            cpus: AtomicU32::new(4),
            memory_mib: AtomicU64::new(16_384),
            full: AtomicBool::default(),
            holds_on: AtomicU32::default(),
            away: AtomicBool::default(),
            refuses: AtomicBool::default(),
        }
    }
}

impl FakeEngine {
    /// Returns the launches whose runner has not ended, by attempt.
    pub fn running(&self) -> Vec<Launch> {
        let known = self.known.lock().unwrap();
        known.values().filter(|held| held.alive).map(|held| held.launch.clone()).collect()
    }

    /// Returns the names of the steps that run.
    pub fn steps(&self) -> Vec<String> {
        let mut names: Vec<_> = self.running().into_iter().map(|launch| launch.spec.step).collect();
        names.sort();
        names
    }

    /// Returns the launch of the only attempt of `step` that runs.
    #[track_caller]
    pub fn launch(&self, step: &str) -> Launch {
        let mut found = self.running().into_iter().filter(|launch| launch.spec.step == step);
        let first = found.next();
        assert!(found.next().is_none(), "two attempts of `{step}` run");
        first.unwrap_or_else(|| panic!("no attempt of `{step}` runs, but {:?}", self.steps()))
    }

    /// The runner of an attempt is gone.
    pub fn end(&self, attempt: &AttemptId) {
        if let Some(held) = self.known.lock().unwrap().get_mut(attempt) {
            held.alive = false;
        }
    }

    pub fn submits(&self) -> BTreeMap<AttemptId, usize> {
        self.submits.lock().unwrap().clone()
    }

    pub fn stopped(&self) -> Vec<AttemptId> {
        self.stopped.lock().unwrap().clone()
    }

    pub fn forgotten(&self) -> Vec<AttemptId> {
        self.forgotten.lock().unwrap().clone()
    }

    fn answers(&self) -> Result<(), EngineError> {
        if self.away.load(Ordering::SeqCst) { Err(EngineError::Unavailable("away".into())) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl Engine for FakeEngine {
    async fn submit(&self, launch: Launch) -> Result<EngineRef, EngineError> {
        tokio::task::yield_now().await; // as one that is asked over a network
        self.answers()?;
        if self.refuses.load(Ordering::SeqCst) {
            return Err(EngineError::Refused("no bubblewrap here".into()));
        }
        if self.full.load(Ordering::SeqCst) {
            return Err(EngineError::Unavailable("all of its CPUs or its memory are taken".into()));
        }
        let attempt = launch.attempt.clone();
        *self.submits.lock().unwrap().entry(attempt.clone()).or_default() += 1;
        self.known.lock().unwrap().entry(attempt.clone()).or_insert(Held { launch, alive: true });
        tokio::task::yield_now().await;
        Ok(EngineRef(format!("fake {attempt}")))
    }

    async fn list(&self) -> Result<Vec<Seen>, EngineError> {
        self.answers()?;
        let known = self.known.lock().unwrap();
        let seen = known.iter().map(|(attempt, held)| Seen {
            attempt: attempt.clone(),
            engine_ref: EngineRef(format!("fake {attempt}")),
            alive: held.alive,
        });
        Ok(seen.collect())
    }

    async fn stop(&self, attempt: &AttemptId) -> Result<(), EngineError> {
        self.answers()?;
        self.stopped.lock().unwrap().push(attempt.clone());
        self.end(attempt);
        Ok(())
    }

    async fn forget(&self, attempt: &AttemptId) -> Result<(), EngineError> {
        self.answers()?;
        if self.holds_on.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |times| times.checked_sub(1)).is_ok() {
            return Err(EngineError::Unavailable(format!("the runner of `{attempt}` runs still")));
        }
        self.forgotten.lock().unwrap().push(attempt.clone());
        Ok(())
    }

    fn capabilities(&self) -> Capabilities {
        let (cpus, memory_mib) = (self.cpus.load(Ordering::SeqCst), self.memory_mib.load(Ordering::SeqCst));
        Capabilities { engine: "fake".into(), isolation: "none".into(), cpus, memory_mib }
    }
}
