use crate::{StatsError, count, share};
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How far a computation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows that were read.
    pub rows: u64,
    /// Rows that there are, where it is known before the end.
    pub of: Option<u64>,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = count(self.rows);
        match self.of.filter(|of| *of > 0) {
            Some(of) => write!(f, "{rows} of {} rows, {}", count(of), share(self.rows.min(of) as f64 / of as f64)),
            None => write!(f, "{rows} rows"),
        }
    }
}

/// How much of the machine a computation may use, and who is told of its progress.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Threads; results do not depend on it.
    pub threads: NonZeroUsize,
    /// Called from any thread, often; [`ControlFlow::Break`] ends the computation with [`StatsError::Stopped`].
    pub progress: &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync),
}

impl Run<'_> {
    /// Returns a run on all processors that tells nobody.
    pub fn quiet() -> Run<'static> {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Run { threads, progress: &|_| ControlFlow::Continue(()) }
    }

    pub(crate) fn tell(&self, progress: Progress) -> Result<(), StatsError> {
        if (self.progress)(progress).is_break() { Err(StatsError::Stopped) } else { Ok(()) }
    }
}

/// Does pieces of work `0..count` on up to so many threads, each of which takes the next piece when it is done with one.
///
/// - **Errors**: that of the first piece, by number, that has one, whatever the number of threads: pieces are begun in order, none
///   after one failed, and those that were begun are finished.
pub(crate) fn in_parallel(
    threads: NonZeroUsize,
    count: usize,
    work: impl Fn(usize) -> Result<(), StatsError> + Sync,
) -> Result<(), StatsError> {
    let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let failed: Mutex<Option<(usize, StatsError)>> = Mutex::new(None);
    let take_pieces = || {
        while !has_failed.load(Ordering::Acquire) {
            let piece = next.fetch_add(1, Ordering::AcqRel);
            if piece >= count {
                return;
            }
            if let Err(error) = work(piece) {
                has_failed.store(true, Ordering::Release);
                let mut failed = failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(first, _)| piece < *first) {
                    *failed = Some((piece, error));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(count) {
            // A machine without more threads goes on with those that there are.
            if std::thread::Builder::new().spawn_scoped(scope, take_pieces).is_err() {
                break;
            }
        }
        take_pieces();
    });
    match failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_said_in_rows() {
        for (rows, of, said) in
            [(1_234, Some(10_000), "1,234 of 10,000 rows, 12.3 %"), (1_234, None, "1,234 rows"), (3, Some(0), "3 rows")]
        {
            assert_eq!(Progress { rows, of }.to_string(), said);
        }
    }
}
