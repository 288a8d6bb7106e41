//! Repositories of projects: smart HTTP for stock `git`, protected `main`, a record of every push.
//!
//! Invariants: `main` moves by [`fast_forward`] only; every move of a ref is on record before git makes it, and
//! `BranchUpdated` is published once for each that was made, also after a kill in between; a ref that moved without a
//! record is an incident, never a push; nothing that a client sends reaches a command line or the environment of a child
//! unchecked; no commit is ever thrown away. This crate deliberately does not read code: what is in a commit is the
//! matter of those who run or check it.
mod error;
mod hooks;
mod live;
pub mod migrations;
mod names;
mod process;
mod protocol;
pub mod pushes;
pub mod repositories;

#[cfg(test)]
mod tests;

pub use error::{Error, Result};
pub use hooks::{Hooks, run_hook, serve};
pub use live::Limits;
pub use names::MAIN;
pub use protocol::routes as protocol_routes;
pub use repositories::{
    Commit, Linked, MAKER, NewFile, Signature, Written, create, export, fast_forward, has_folder, history, links,
    read_file, resolve,
};

use base::{Clock, Ids};
use db::Db;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// How long pushes and fetches may go on at shutdown.
const GRACE: Duration = Duration::from_secs(5);

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
    /// The program that git's hooks call as `PROGRAM git-hook NAME`; it calls [`run_hook`].
    pub hook_program: PathBuf,
    pub(crate) live: Arc<live::Live>,
}

impl Context {
    /// Returns the context of repositories that lie in `folder`; its hooks call the binary that runs now.
    pub fn open(db: Db, clock: Clock, ids: Ids, folder: PathBuf) -> Self {
        Self::open_with(db, clock, ids, folder, Limits::default())
    }

    /// Like [`Context::open`], with other bounds.
    pub fn open_with(db: Db, clock: Clock, ids: Ids, folder: PathBuf, limits: Limits) -> Self {
        // Without it no hook says yes, so nothing can be pushed.
        let hook_program = std::env::current_exe().unwrap_or_default();
        let live = Arc::new(live::Live::new(limits));
        Self { db, clock, ids, folder, hook_program, live }
    }
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    pushes::routes(repositories::routes(web::Routes::new()))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    pushes::jobs::register(registry, cx);
}

/// Lets pushes and fetches end, for as long as the grace lasts, then breaks them off and stops listening to hooks.
pub async fn drain(cx: &Context) {
    cx.live.tasks.close();
    if tokio::time::timeout(GRACE, cx.live.tasks.wait()).await.is_err() {
        tracing::warn!("pushes or fetches were broken off");
    }
    cx.live.stop.cancel();
    if tokio::time::timeout(Duration::from_secs(2), cx.live.tasks.wait()).await.is_err() {
        tracing::warn!("a push was left behind; the next start looks what became of it");
    }
}
