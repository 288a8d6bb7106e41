//! Pipelines and their runs: scheduler, attempts, content cache, the local engine and the runner protocol.
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
    /// Where the outputs of steps lie.
    pub blobs: objects::Blobs,
    /// The repositories that code comes from.
    pub git: git::Context,
    /// What steps run on.
    pub environments: environments::Context,
    /// Whom attempts come in as.
    pub access: access::Context,
    /// The folder that attempts work in.
    pub folder: PathBuf,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// Handles this context's jobs.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}
