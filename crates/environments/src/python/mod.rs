//! Python environments: what a lock names, installed once for this interpreter and platform, and shared by every step with that lock.
mod build;
mod error;
mod http;
mod installer;
mod interpreter;
mod jobs;
mod lock;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{PythonEnvironmentView, routes};
pub use interpreter::{Interpreter, Python, Settings, is_passed};
pub use jobs::register;
pub use model::{BuildState, PythonEnv};
pub use service::{interpreter, lock_key, python_env};

access::actions! {
    /// See a Python environment: its state, its packages, the end of its log.
    ReadPythonEnvironment,
}

#[cfg(test)]
mod tests;
