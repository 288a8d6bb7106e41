//! Repositories of projects: smart HTTP for stock `git`, protected `main`, a record of every push.
mod error;
pub mod migrations;
pub mod repositories;

pub use error::{Error, Result};
pub use repositories::{Commit, NewFile, Signature, create, export, fast_forward, read_file, resolve};

use base::{Clock, Ids};
use db::Db;
use std::path::PathBuf;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// What this crate uses from outside.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// The folder that the repositories lie in.
    pub folder: PathBuf,
}

impl Context {
    /// Returns the context of repositories that lie in `folder`.
    pub fn open(db: Db, clock: Clock, ids: Ids, folder: PathBuf) -> Self {
        Self { db, clock, ids, folder }
    }
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// The routes of git's own protocol, below `/git`.
pub fn protocol_routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// Handles this context's jobs.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}
