//! Projects made from templates: repository, three environments, owner and intended use.
pub mod migrations;

use base::{Clock, Ids};
use db::Db;

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
    /// The projects' repositories.
    pub git: git::Context,
    /// Their environments.
    pub environments: environments::Context,
    /// What runs in them.
    pub runs: runs::Context,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// Handles this context's jobs.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}
