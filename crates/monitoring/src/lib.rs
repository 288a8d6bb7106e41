//! Monitors of what serves in production: evaluations against what was promised, and the breaches that they raise.
//!
//! Invariants: an endpoint has one monitor; of its evaluations one runs; of each metric and column one breach is open. What cannot be
//! computed is said as loudly as a breach, and never passes for within. Settings that a person made survive the next release. This crate
//! deliberately stops nothing and holds nothing: `delivery` does, when it hears of a breach.
mod breaches;
mod error;
mod evaluations;
pub mod migrations;
mod monitors;
pub mod record;
mod report;
mod tolerances;

pub use breaches::{Breach, BreachState, BreachView, Severity};
pub use error::{Error, Result};
pub use evaluations::{Evaluation, EvaluationState, EvaluationView, MetricVerdict};
pub use monitors::{MonitorState, MonitorView, Released, Source, Truth, Watch, retune, watch};
pub use report::{Metric, Report};
pub use tolerances::{Better, METRICS, Tolerance, number, usual};

use base::{Clock, Ids};
use db::Db;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// Who acts here where no person does, in the audit log.
pub(crate) const ACTOR: &str = "monitoring";

/// What this crate uses from outside.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// What evaluations run on.
    pub runs: runs::Context,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    breaches::routes(evaluations::routes(monitors::routes(web::Routes::new())))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    monitors::register(registry, cx);
    evaluations::register(registry, cx);
}

/// Returns text from outside fit for a message: cut, and with nothing that a terminal would obey.
pub(crate) fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).flat_map(char::escape_debug).collect()
}

/// Returns the migrations that tests of this context need: with the outbox, the audit log and the jobs.
#[cfg(test)]
pub(crate) fn migrations_for_tests() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    let mut all: Vec<Box<dyn sea_orm_migration::MigrationTrait>> =
        vec![Box::new(db::schema::CreateOutbox), Box::new(jobs::CreateJobs)];
    all.extend(access::migrations::all());
    all.extend(migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}
