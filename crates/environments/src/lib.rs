//! Environments of projects and what their steps run on: interpreters, and a Python environment per lock.
pub mod migrations;

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
    /// The folder that Python environments are built in.
    pub folder: PathBuf,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// Handles this context's jobs.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}
