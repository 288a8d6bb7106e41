//! Tells who watches a run that something happened to it: in this process only, and only that it did.
use base::RunId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Who watches which run.
#[derive(Clone, Debug, Default)]
pub struct Live {
    watched: Arc<Mutex<HashMap<RunId, watch::Sender<u64>>>>,
    /// Cancelled at shutdown, so that open streams end.
    pub stop: CancellationToken,
}

impl Live {
    /// Says that something happened to a run: a state, or lines of a log.
    pub fn tell(&self, run: &RunId) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = watched.get(run) {
            if sender.receiver_count() == 0 {
                watched.remove(run);
            } else {
                sender.send_modify(|count| *count += 1);
            }
        }
    }

    /// Begins to watch a run. Look after this call and after each change, and nothing is missed.
    pub fn watch(&self, run: &RunId) -> watch::Receiver<u64> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|other, sender| other == run || sender.receiver_count() > 0);
        watched.entry(run.clone()).or_insert_with(|| watch::channel(0).0).subscribe()
    }
}
