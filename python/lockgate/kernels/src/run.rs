//! Computing while the interpreter goes on.
use crate::error::raised;
use pyo3::exceptions::PyRuntimeError;
use pyo3::{PyResult, Python};
use stats::{Progress, Run, StatsError};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// How often the caller looks for Ctrl-C.
const LISTEN: Duration = Duration::from_millis(50);

/// Does `work` on a thread of its own, on so many threads (0: all processors), with the interpreter free for others.
///
/// The caller's thread waits, and listens: only the interpreter's main thread hears Ctrl-C, and whom the work tells of its progress
/// may be any other. It ends at the work's next word after that.
pub(crate) fn compute<T: Send>(
    py: Python<'_>,
    threads: usize,
    work: impl FnOnce(&Run<'_>) -> Result<T, StatsError> + Send,
) -> PyResult<T> {
    let stop = AtomicBool::new(false);
    let threads = NonZeroUsize::new(threads).unwrap_or(Run::quiet().threads);
    py.detach(|| {
        std::thread::scope(|scope| {
            let (working, over) = sync_channel::<()>(1);
            let stop = &stop;
            let worker = scope.spawn(move || {
                let _until_it_is_dropped = working;
                let progress = |_: Progress| {
                    if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                work(&Run { threads, progress: &progress })
            });
            wait(worker, &over, stop)
        })
    })
}

fn wait<T>(worker: ScopedJoinHandle<'_, Result<T, StatsError>>, over: &Receiver<()>, stop: &AtomicBool) -> PyResult<T> {
    let mut heard = None;
    while over.recv_timeout(LISTEN) == Err(RecvTimeoutError::Timeout) {
        if heard.is_none() {
            #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, not of any")]
            let signals = Python::attach(|py| py.check_signals());
            heard = signals.err();
            stop.store(heard.is_some(), Ordering::Relaxed);
        }
    }
    let ended = worker.join();
    if let Some(interrupt) = heard {
        return Err(interrupt);
    }
    match ended {
        Ok(result) => result.map_err(|error| raised(&error)),
        Err(_) => Err(PyRuntimeError::new_err("the computation broke off: a fault of Lockgate's, please report it")),
    }
}
