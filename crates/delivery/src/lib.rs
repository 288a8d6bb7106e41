//! From a push to what is live: checks of every commit, the one way in which `main` moves, the run that follows, candidates, and the
//! gates that they go through.
//!
//! Invariants: a commit is checked once, whatever branches name it; lint and contract are judged by our own code, which the
//! repository cannot loosen; checks run as *dev*, which reads no source; `main` moves to a commit only when all of its checks
//! are passed; what it moved to is trained as *preprod*, once; a candidate never changes; of an endpoint one promotion moves and one is
//! live; nobody approves what they had a hand in. This crate deliberately runs nothing itself: `runs` does, git moves the branch, and
//! `serving` serves.
pub mod authors;
pub mod candidates;
mod cards;
pub mod checks;
pub mod contract;
pub mod gates;
pub mod holds;
pub mod merges;
pub mod migrations;
mod operation;
pub mod production;
pub mod promotions;
pub mod release;
pub mod versions;

use base::{Clock, Ids};
use db::Db;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// Who acts here where no person does, in the audit log.
pub(crate) const ACTOR: &str = "delivery";

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
    /// What checks run on.
    pub runs: runs::Context,
    /// Where versions of models are registered.
    pub tracking: tracking::Context,
    /// What candidates are served by.
    pub serving: serving::Context,
    /// What watches that.
    pub monitoring: monitoring::Context,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    let routes = merges::routes(checks::routes(web::Routes::new()));
    let routes = promotions::routes(candidates::routes(routes));
    let routes = production::routes(holds::routes(routes));
    authors::routes(gates::routes(routes))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    checks::register(registry, cx);
    release::register(registry, cx);
    candidates::register(registry, cx);
    promotions::register(registry, cx);
    operation::register(registry, cx);
}

/// Returns the first digits of a commit's id, as people write it.
pub(crate) fn short(commit: &str) -> String {
    shown(commit, 10)
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
