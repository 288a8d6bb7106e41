//! What an auditor asks for: the dossier of a candidate, what was live on a day and who approved it, and the route-to-live clock.
//!
//! Invariants: every fact is read from the rows of the context that owns it, in one transaction, and where one is absent it is said why; a
//! dossier is signed, so that a changed byte of it is noticed without a server; an open stage is counted as open, never left out. This crate
//! deliberately decides nothing and changes nothing but its own baselines.
pub mod baselines;
pub mod clock;
pub mod dossier;
mod error;
pub mod live;
pub mod migrations;

pub use error::{Error, Result};

use access::audit::AuditKey;
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
    /// The deployment's audit key: it signs dossiers, too.
    pub key: AuditKey,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    let routes = live::routes(dossier::routes(web::Routes::new()));
    baselines::routes(clock::routes(routes))
}

/// Returns text from outside fit for a message: cut, and with nothing that a terminal would obey.
pub(crate) fn shown(text: &str, most: usize) -> String {
    text.chars().take(most).flat_map(char::escape_debug).collect()
}

/// Returns the migrations that tests of this context need.
#[cfg(test)]
pub(crate) fn migrations_for_tests() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    let mut all: Vec<Box<dyn sea_orm_migration::MigrationTrait>> = vec![Box::new(db::schema::CreateOutbox)];
    all.extend(access::migrations::all());
    all.extend(migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}
