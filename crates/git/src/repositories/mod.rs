//! Repositories of projects: bare, one per project, read and written by stock git alone.
mod browse;
mod export;
mod history;
mod http;
pub(crate) mod leftovers;
mod make;
mod model;
mod service;
mod tidy;

pub use export::export;
pub use history::{Linked, Written, history, links};
pub use http::routes;
pub use make::{MAKER, create};
pub use model::{Commit, NewFile, Repository, Signature};
pub use service::{fast_forward, has_folder, read_file, resolve};
pub(crate) use tidy::tidy_all;

access::actions! {
    /// See a repository: its branches, commits, files and pushes.
    ReadRepository,
    /// Clone a repository, or fetch from it.
    FetchRepository,
    /// Push branches and tags to a repository.
    PushRepository,
}

#[cfg(test)]
mod tests;
