//! Computing while the interpreter goes on, and saying how far it is.
use crate::error::raised;
use pyo3::exceptions::PyRuntimeError;
use pyo3::types::PyAnyMethods;
use pyo3::{Py, PyAny, PyResult, Python};
use stats::{Progress, Run, StatsError};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// How often the caller looks for Ctrl-C.
const LISTEN: Duration = Duration::from_millis(50);
/// What ends within so many looks needs no progress; it is then said at every so many.
const PATIENCE: u32 = 10;
const STEP: u32 = 4;

/// What the caller and the work tell each other.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    progress: Mutex<Option<Progress>>,
}

impl Shared {
    /// Takes how far the work is; says whether it goes on.
    fn tell(&self, progress: Progress) -> ControlFlow<()> {
        // Where two threads tell at once, one of them is enough.
        if let Ok(mut latest) = self.progress.try_lock() {
            *latest = Some(progress);
        }
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn progress(&self) -> Option<Progress> {
        self.progress.lock().map_or(None, |latest| *latest)
    }
}

/// Does `work` on a thread of its own, on so many threads (0: all processors), with the interpreter free for others.
///
/// The caller's thread waits, and listens: only the interpreter's main thread hears Ctrl-C, and whom the work tells of its progress
/// may be any other. It ends at the work's next word after that.
pub(crate) fn compute<T: Send>(
    py: Python<'_>,
    threads: usize,
    work: impl FnOnce(&Run<'_>) -> Result<T, StatsError> + Send,
) -> PyResult<T> {
    let shared = Shared::default();
    let threads = NonZeroUsize::new(threads).unwrap_or(Run::quiet().threads);
    py.detach(|| {
        std::thread::scope(|scope| {
            let (working, over) = sync_channel::<()>(1);
            let shared = &shared;
            let worker = std::thread::Builder::new().spawn_scoped(scope, move || {
                let _until_it_is_dropped = working;
                work(&Run { threads, progress: &|progress| shared.tell(progress) })
            });
            let worker = worker.map_err(|error| PyRuntimeError::new_err(format!("no thread is to be had: {error}")))?;
            wait(worker, &over, shared)
        })
    })
}

fn wait<T>(worker: ScopedJoinHandle<'_, Result<T, StatsError>>, over: &Receiver<()>, shared: &Shared) -> PyResult<T> {
    let (mut heard, mut looks, mut line) = (None, 0_u32, Line::default());
    while over.recv_timeout(LISTEN) == Err(RecvTimeoutError::Timeout) {
        if heard.is_none() {
            #[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, not of any")]
            let signals = Python::attach(|py| py.check_signals());
            heard = signals.err();
        }
        looks = looks.saturating_add(1);
        if heard.is_none() && looks >= PATIENCE && looks.is_multiple_of(STEP) {
            heard = shared.progress().and_then(|progress| line.show(&progress.to_string()).err());
        }
        shared.stop.store(heard.is_some(), Ordering::Relaxed);
    }
    if let Err(error) = line.end() {
        heard.get_or_insert(error);
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

/// A line of `lockgate.stats.progress`, from the first word on. What it raises is not of the line, which fails in silence, but what
/// was raised while it was written: Ctrl-C.
#[derive(Default)]
struct Line(Option<Py<PyAny>>);

impl Line {
    fn show(&mut self, text: &str) -> PyResult<()> {
        Python::attach(|py| {
            let line = match &mut self.0 {
                Some(line) => line,
                none => none.insert(py.import("lockgate.stats.progress")?.getattr("Line")?.call0()?.unbind()),
            };
            line.bind(py).call_method1("show", (text,)).map(drop)
        })
    }

    fn end(self) -> PyResult<()> {
        self.0.map_or(Ok(()), |line| Python::attach(|py| line.bind(py).call_method0("end").map(drop)))
    }
}
