//! Repositories of projects: bare, one per project.
mod model;
mod service;

pub use model::{Commit, NewFile, Signature};
pub use service::{create, export, fast_forward, read_file, resolve};
