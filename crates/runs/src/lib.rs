//! Pipelines and their runs: scheduler, attempts, content cache, the engines and the runner protocol.
//!
//! - Truth is here, engines give hints: an attempt is what its rows say, and a report without the current **fence** changes nothing.
//! - A step has at most one attempt that succeeded (index `attempts_one_success`); its outputs become visible by that commit alone.
//! - A result is taken from the cache only inside its project and environment, while the grants it came from are active.
//! - It deliberately runs no user code itself: that is a runner, in a process of its own.
pub mod archive;
pub mod attempts;
pub mod cache;
pub mod engine;
pub mod logs;
pub mod migrations;
pub mod pipelines;
pub mod protocol;
pub mod runner;
mod runs;
mod scheduler;
mod sources;
pub mod steps;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod tests;

pub use pipelines::Pipeline;
pub use runs::{
    AttemptView, Code, Error, KeyView, NewRun, OutputView, Reason, Run, RunState, RunView, StartRun, StepView,
    attempts_of, definition_of, find, of_project, read_output, start, starts_of, steps_of,
};
pub use scheduler::{CALL_ENDPOINT, READ_HELD_OUT, Scheduler, drain, look_after, resume, wake};

use base::{Clock, Ids, Timestamp};
use db::Db;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

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
    /// Where attempts run.
    pub engine: Arc<dyn engine::Engine>,
    /// Which runs have their turn.
    pub scheduler: Scheduler,
    /// The logs of attempts.
    pub logs: logs::Logs,
    /// Who watches which run.
    pub live: logs::Live,
    /// Where runners reach the API; told once it is known.
    pub address: Arc<OnceLock<String>>,
    /// The folder that holds the SDK as steps see it.
    pub sdk: PathBuf,
    /// The folder that attempts work in.
    pub folder: PathBuf,
    /// Since when this server hears runners.
    pub awake_since: Timestamp,
}

/// What a [`Context`] is opened with.
#[derive(Debug)]
pub struct Parts {
    pub access: access::Context,
    pub blobs: objects::Blobs,
    pub git: git::Context,
    pub environments: environments::Context,
    pub engine: Arc<dyn engine::Engine>,
    /// The library of the SDK, for `lockgate.stats` in steps; see [`engine::sdk::library_beside`].
    pub library: Option<PathBuf>,
    /// The folder that attempts work in.
    pub folder: PathBuf,
}

impl Context {
    /// Opens what this crate keeps on the disk. Blocks: call it at start.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(parts: Parts) -> std::io::Result<Self> {
        let Parts { access, blobs, git, environments, engine, library, folder } = parts;
        sources::prepare(&folder)?;
        Ok(Self {
            db: access.db.clone(),
            clock: access.clock.clone(),
            ids: access.ids.clone(),
            blobs,
            git,
            environments,
            engine,
            scheduler: Scheduler::default(),
            logs: logs::Logs::new(folder.join("logs")),
            live: logs::Live::default(),
            address: Arc::default(),
            sdk: engine::sdk::unpack(&folder.join("sdk"), library.as_deref())?,
            folder,
            awake_since: access.clock.now(),
            access,
        })
    }

    /// Says where runners reach the API: before [`resume`] and before jobs run.
    pub fn serve_at(&self, address: &str) {
        let _first_stays = self.address.set(address.to_owned());
    }

    fn server(&self) -> String {
        self.address.get().cloned().unwrap_or_default()
    }
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    let routes = runs::routes(web::Routes::new());
    let routes = logs::routes(routes);
    attempts::routes(routes)
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    registry.handle(scheduler::JOB, cx.clone(), scheduler::advance);
    registry.every(scheduler::LOST, scheduler::LOST_SECONDS, cx.clone(), scheduler::look_for_lost);
}
