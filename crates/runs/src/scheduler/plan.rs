use super::Error;
use crate::Context;
use crate::pipelines::{Graph, Pipeline};
use crate::runs::Run;
use crate::sources::{self, Laid};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// What does not change while a run lasts, worked out once per process.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) graph: Graph,
    laid: OnceCell<Arc<Laid>>,
    /// Ready steps that were looked up in the cache and missed: they only wait for a CPU.
    missed: Mutex<HashSet<String>>,
    waits_for_python: AtomicBool,
}

impl Plan {
    pub(super) fn read(definition: &str) -> db::Result<Self> {
        let pipeline = Pipeline::read(definition.as_bytes()).map_err(db::sql::unknown)?;
        let (laid, missed, waits_for_python) = (OnceCell::new(), Mutex::default(), AtomicBool::new(false));
        Ok(Self { graph: Graph::of(pipeline), laid, missed, waits_for_python })
    }

    /// Returns the run's code, laid out; again after a failure.
    pub(super) async fn laid(&self, cx: &Context, run: &Run) -> Result<Arc<Laid>, Error> {
        let laid = self.laid.get_or_try_init(async || sources::lay_out(cx, run, &self.graph).await.map(Arc::new));
        Ok(laid.await?.clone())
    }

    pub(super) fn has_missed(&self, step: &str) -> bool {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).contains(step)
    }

    pub(super) fn misses(&self, step: &str) {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).insert(step.to_owned());
    }

    pub(super) fn set_waits_for_python(&self, waits: bool) {
        self.waits_for_python.store(waits, Ordering::Relaxed);
    }

    pub(super) fn waits_for_python(&self) -> bool {
        self.waits_for_python.load(Ordering::Relaxed)
    }
}
