//! The ONNX runtime: a shared library, loaded when the first model is.
use ort::environment::Environment;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// What mends a missing library.
pub const MEND: &str = "run `scripts/need onnxruntime`, or set `[serving] onnxruntime` to the file `libonnxruntime.so.…`, and restart the server";

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
}

/// What was loaded: the runtime allows a process one environment, ever, so this cannot belong to anyone in it.
static LOADED: Mutex<Option<Library>> = Mutex::new(None);

impl Library {
    /// Loads the library from `path`; where one is loaded already, that is the one. Blocks.
    ///
    /// # Errors
    /// A file that is not there or cannot be loaded.
    pub fn load(path: Option<&Path>) -> Result<Self, LibraryError> {
        let path = path.filter(|path| path.is_file()).ok_or(LibraryError::Absent)?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*loaded {
            return Ok(loaded.clone());
        }
        let unusable =
            |error: &dyn std::fmt::Display| LibraryError::Unusable(error.to_string().chars().take(300).collect());
        let builder = ort::init_from(path).map_err(|error| unusable(&error))?;
        let environment = builder.with_name("lockgate").with_telemetry(false).build();
        let environment = environment.map_err(|error| unusable(&error))?;
        tracing::info!(path = %path.display(), build = ort::info(), "the ONNX runtime is loaded");
        let found = Self { environment };
        *loaded = Some(found.clone());
        Ok(found)
    }
}
