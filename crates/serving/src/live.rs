//! What is known of the serving process: where it listens, and what it said last.
use crate::process::{Captured, Outcome, Report};
use crate::rollouts::RolloutId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known of the serving process; every clone sees the same.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    address: String,
    report: Option<Report>,
}

impl Live {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where callers come in: `http://127.0.0.1:8081`.
    pub fn listens_at(&self, address: &str) {
        address.trim_end_matches('/').clone_into(&mut self.known().address);
    }

    /// Returns where callers come in; empty while nobody said.
    pub fn address(&self) -> String {
        self.known().address.clone()
    }

    /// Keeps what the process said last.
    pub(crate) fn said(&self, report: Option<Report>) {
        self.known().report = report;
    }

    /// Returns why the process has a rollout not in memory, where it said so.
    pub fn trouble(&self, rollout: &RolloutId) -> Option<String> {
        let known = self.known();
        let told = known.report.as_ref()?.rollouts.get(rollout.as_str())?;
        let failed = told.outcome == Outcome::Failed;
        failed.then(|| told.reason.as_deref().unwrap_or("it could not be loaded").chars().take(1_000).collect())
    }

    /// Returns the rollout that an endpoint answers callers with, where the process said so.
    pub fn answers(&self, endpoint: &str) -> Option<RolloutId> {
        self.known().report.as_ref()?.answers.get(endpoint).cloned().map(RolloutId)
    }

    /// Returns what was captured of an endpoint, where the process said so.
    pub fn captured(&self, endpoint: &str) -> Option<Captured> {
        self.known().report.as_ref()?.captured.get(endpoint).cloned()
    }
}
