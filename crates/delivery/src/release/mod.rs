//! What follows a move of `main`: the pipeline `train` runs as *preprod*, on the sources, under preprod's own grants, and behind its
//! step `export` the platform's own steps judge the exported model. Only what such a run makes can be released; whether it may,
//! `candidates` decides from the reports read here.
mod compose;
mod error;
mod jobs;
mod report;
mod service;
pub(crate) mod store;
mod verify;

pub use compose::{EXPORT, REQUIRED};
pub use error::{Error, Result};
pub use jobs::register;
pub use report::{onnx_of, report_of, why_not_judged};
pub(crate) use service::promised;
pub use verify::verify_run;

#[cfg(test)]
mod tests;
