//! Governed reads and writes: SQL over granted datasets, and publishing a dataset under a `write` grant.
//!
//! Invariants: an expression of the reader is evaluated on rows that the row filter lets through and on masked values,
//! never on anything else; no statistic, ordering, metadata or error text of what is hidden leaves a governed table; a
//! read leaves an audit entry before its first byte and one at its end.
//! It does not decide who gets which terms: that is the grant's.
mod effects;
mod engine;
pub mod migrations;
pub mod publish;
pub mod queries;
mod reading;

pub use effects::DataEffects;
pub use engine::{Engine, Key, Limits, Side, Split};

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Ids};
use db::Db;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

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
    /// Where queries compute.
    pub engine: Arc<Engine>,
    /// The folders that lakes lie in.
    pub catalog: catalog::Context,
    /// The deployment's secret; the keys behind tokens are derived from it.
    pub key: Key,
    /// The queries under way, to wait for at shutdown.
    pub tasks: TaskTracker,
    /// Stops them.
    pub stop: CancellationToken,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    let routes = queries::routes(web::Routes::new());
    publish::routes(routes)
}

/// Stops the queries that run and waits until each has recorded its end, at most five seconds.
pub async fn drain(cx: &Context) {
    cx.stop.cancel();
    cx.tasks.close();
    if tokio::time::timeout(Duration::from_secs(5), cx.tasks.wait()).await.is_err() {
        tracing::warn!("queries still ran at shutdown; they count as lost");
    }
}
