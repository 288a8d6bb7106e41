//! How far a computation is, on one line of the terminal that goes away; nothing where errors go to a file.
use stats::{Progress, Run, StatsError};
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What ends sooner needs no progress; the line is then written anew after so long.
const PATIENCE_MS: u64 = 500;
const STEP_MS: u64 = 200;
/// Wide enough for the longest line, so that each covers the last; a narrow terminal cuts it.
const WIDTH: usize = 60;

/// Computes something on these threads, or on all processors, and says how far it is.
pub fn with_progress<T>(
    threads: Option<NonZeroUsize>,
    work: impl FnOnce(&Run<'_>) -> Result<T, StatsError>,
) -> Result<T, StatsError> {
    let threads = threads.unwrap_or_else(|| Run::quiet().threads);
    let is_watched = std::io::stderr().is_terminal();
    let (begun, next_ms) = (Instant::now(), AtomicU64::new(PATIENCE_MS));
    let tell = |progress: Progress| {
        let now_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let due_ms = next_ms.load(Ordering::Relaxed);
        // Of many threads, the one that moves the time on writes.
        if is_watched
            && now_ms >= due_ms
            && next_ms.compare_exchange(due_ms, now_ms + STEP_MS, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            write(&progress.to_string());
        }
        ControlFlow::Continue(())
    };
    let done = work(&Run { threads, progress: &tell });
    if next_ms.load(Ordering::Relaxed) > PATIENCE_MS {
        write("");
    }
    done
}

/// Writes over the line. A terminal that went away is no failure of the computation.
fn write(text: &str) {
    let mut errors = std::io::stderr().lock();
    let end = if text.is_empty() { "\r" } else { "" };
    let size = rustix::termios::tcgetwinsize(&errors).map_or(0, |size| usize::from(size.ws_col));
    let width = if size > 1 { WIDTH.min(size - 1) } else { WIDTH };
    if write!(errors, "\r{text:<width$.width$}{end}").is_ok() {
        // Nor is this.
        errors.flush().unwrap_or_default();
    }
}
