//! What Python calls our errors.
use arrow::error::ArrowError;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::{PyErr, PyResult};
use stats::StatsError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

pyo3::import_exception!(lockgate.stats.errors, UnknownColumnError);

/// Returns the exception that says `error`.
pub(crate) fn raised(error: &StatsError) -> PyErr {
    let words = error.to_string();
    match error {
        StatsError::NoColumn { .. } => UnknownColumnError::new_err(words),
        StatsError::File { .. } => PyOSError::new_err(words),
        // Only Ctrl-C stops a computation, and that has an exception of its own.
        StatsError::Stopped => PyRuntimeError::new_err(words),
        StatsError::Argument { .. } => PyValueError::new_err(words),
    }
}

/// Returns the exception for a path that is not there or may not be looked at: Python makes it the class of its number.
pub(crate) fn not_opened(path: &Path, error: &std::io::Error) -> PyErr {
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, error.kind().to_string(), path.to_string_lossy().into_owned())),
        None => PyOSError::new_err(format!("`{}` cannot be read: {error}", path.display())),
    }
}

/// Returns the exception for data that its maker could not hand over.
pub(crate) fn not_handed_over(error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("the data could not be taken over as Arrow: {error}"))
}

/// Takes data over. Arrow panics where it is not laid out as it must be, which in Python nobody could catch as an `Exception`.
pub(crate) fn caught<T>(take: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let panicked = |_| PyValueError::new_err("it does not lie in memory as Arrow asks");
    // What is left half taken is dropped with `take`.
    catch_unwind(AssertUnwindSafe(take)).map_err(panicked)?
}
