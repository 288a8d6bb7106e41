//! Governed reads and writes: SQL over granted datasets, and publishing a dataset under a `write` grant.
//!
//! Invariants: an expression of the reader is evaluated on rows that the row filter lets through and on masked values,
//! never on anything else; no statistic, ordering, metadata or error text of what is hidden leaves a governed table; a
//! read leaves an audit entry before its first byte and one at its end.
//! It does not decide who gets which terms: that is the grant's.
mod effects;
mod engine;
mod held_out;
pub mod migrations;
pub mod publish;
pub mod queries;
mod reading;
mod row_filter;

pub use effects::DataEffects;
pub use engine::{Engine, Key, Limits, Side, Split};
pub use held_out::READ_HELD_OUT;
pub use queries::first_read_under;

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Ids};
use db::Db;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// The furthest that the database's clock may be from ours, in microseconds.
const SKEW_US: i64 = 1_000_000;
/// How often the reads of servers that are gone are ended, on record.
const CLOSE_EVERY_SECONDS: i64 = 30;

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

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    registry.every("query.close_lost", CLOSE_EVERY_SECONDS, cx.clone(), close_lost);
}

async fn close_lost(cx: Context, _work: jobs::Work, (): ()) -> Result<(), queries::Error> {
    queries::close_lost(&cx).await
}

/// Returns whether the server's clock and its database's differ by more than grants can bear, since they end by the clock.
/// A test's fixed clock is not compared.
async fn is_skewed(cx: &Context) -> db::Result<bool> {
    Ok(matches!(cx.clock, Clock::System) && (cx.db.now_us().await? - cx.clock.now().0).abs() > SKEW_US)
}

/// Stops the queries that run and waits until each has recorded its end, at most five seconds.
pub async fn drain(cx: &Context) {
    cx.stop.cancel();
    cx.tasks.close();
    if tokio::time::timeout(Duration::from_secs(5), cx.tasks.wait()).await.is_err() {
        tracing::warn!("queries still ran at shutdown; they count as lost");
    }
}
