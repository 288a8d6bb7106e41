//! Pipelines and their runs: scheduler, attempts, content cache, the engines and the runner protocol.
//!
//! - Truth is here, engines give hints: an attempt is what its rows say, and a report without the current **fence** changes nothing.
//! - A step has at most one attempt that succeeded (index `attempts_one_success`); its outputs become visible by that commit alone.
//! - A result is taken from the cache only inside its project and environment, while the grants it came from are active.
//! - It deliberately runs no user code itself: that is a runner, in a process of its own.
pub mod engine;
pub mod migrations;
pub mod protocol;

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
