//! What follows a move of `main`: the pipeline `train` runs as *preprod*, on the sources, under preprod's own grants. Only what
//! such a run makes can be released.
mod error;
mod jobs;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use jobs::register;

#[cfg(test)]
mod tests;
