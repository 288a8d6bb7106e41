//! The ONNX runtime: a shared library, loaded when the first model is.
use ort::environment::Environment;
use std::path::{Path, PathBuf};

/// What mends a missing library.
pub const MEND: &str = "run `scripts/need onnxruntime`, or set `[serving] onnxruntime` to the file `libonnxruntime.so.…`";

/// Why models cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    #[error("the ONNX runtime is not installed: {MEND}")]
    Absent,
    #[error("the ONNX runtime cannot be loaded ({0}): {MEND}")]
    Unusable(String),
}

/// The loaded library with its one environment; a process can have no second.
#[derive(Clone, Debug)]
pub struct Library {
    pub(super) environment: Environment,
    /// Where it lies.
    pub path: PathBuf,
    /// What its build says of itself.
    pub info: &'static str,
}

impl Library {
    /// Loads the library from `path`. Blocks; call it once.
    ///
    /// # Errors
    /// A file that is not there or cannot be loaded.
    pub fn load(path: Option<&Path>) -> Result<Self, LibraryError> {
        let path = path.filter(|path| path.is_file()).ok_or(LibraryError::Absent)?;
        let unusable = |error: &dyn std::fmt::Display| LibraryError::Unusable(error.to_string().chars().take(300).collect());
        let builder = ort::init_from(path).map_err(|error| unusable(&error))?;
        let environment = builder.with_name("lockgate").with_telemetry(false).build();
        let environment = environment.map_err(|error| unusable(&error))?;
        Ok(Self { environment, path: path.to_owned(), info: ort::info() })
    }
}
