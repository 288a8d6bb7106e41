use crate::{StatsError, count, share};
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// How far a computation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So many are done.
    pub done: u64,
    /// Of so many, where it is known before the end.
    pub of: Option<u64>,
    /// What is counted, in the plural: rows, replicates of a bootstrap, columns.
    pub what: &'static str,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, what) = (count(self.done), self.what);
        match self.of.filter(|of| *of > 0) {
            Some(of) => write!(f, "{done} of {} {what}, {}", count(of), share(self.done.min(of) as f64 / of as f64)),
            None => write!(f, "{done} {what}"),
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

/// Counts pieces of one kind, over all threads.
pub(crate) struct Pieces {
    done: AtomicU64,
    of: u64,
    what: &'static str,
}

impl Pieces {
    /// Returns a count of so many pieces, none of which is done.
    pub fn new(of: u64, what: &'static str) -> Self {
        Self { done: AtomicU64::new(0), of, what }
    }

    /// Tells how many are done, and does one more.
    pub fn each<T>(&self, run: &Run<'_>, work: impl FnOnce() -> Result<T, StatsError>) -> Result<T, StatsError> {
        self.several(run, 1, work)
    }

    /// Tells how many are done, and does so many more.
    pub fn several<T>(
        &self,
        run: &Run<'_>,
        more: u64,
        work: impl FnOnce() -> Result<T, StatsError>,
    ) -> Result<T, StatsError> {
        run.tell(Progress { done: self.done.load(Ordering::Relaxed), of: Some(self.of), what: self.what })?;
        let found = work()?;
        self.done.fetch_add(more, Ordering::Relaxed);
        Ok(found)
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
    fn progress_is_said_in_what_is_counted() {
        for (done, of, said) in
            [(1_234, Some(10_000), "1,234 of 10,000 rows, 12.3 %"), (1_234, None, "1,234 rows"), (3, Some(0), "3 rows")]
        {
            assert_eq!(Progress { done, of, what: "rows" }.to_string(), said);
        }
    }

    #[test]
    fn pieces_are_told_from_none_to_nearly_all() {
        let told = Mutex::new(Vec::new());
        let progress = |progress: Progress| {
            told.lock().unwrap().push(progress);
            ControlFlow::Continue(())
        };
        let run = Run { threads: NonZeroUsize::new(3).unwrap(), progress: &progress };
        let pieces = Pieces::new(40, "columns");
        in_parallel(run.threads, 40, |_| pieces.each(&run, || Ok(()))).unwrap();
        let told = told.into_inner().unwrap();
        assert_eq!((told.len(), told[0].done, told[0].of, told[0].what), (40, 0, Some(40), "columns"));
        assert!(told.iter().all(|progress| progress.done < 40));
        assert_eq!(pieces.done.load(Ordering::Relaxed), 40);
    }
}
