//! Experiments, runs, metrics, artifacts and the model registry, as stock `mlflow` speaks to them.
//!
//! Invariants: a name is unique in its space, and a space is a project's or a person's own; an attempt writes only in its
//! own project; nothing of a caller's text gets into a statement unbound, and no path or URI of theirs is resolved on the
//! server's file system; a point, once logged, is never changed or counted twice; a version's files never change.
//! It deliberately approves no version: `delivery` does, with a promotion.
mod about;
pub mod artifacts;
mod error;
pub mod experiments;
pub mod logged_models;
pub mod migrations;
pub mod registry;
mod rows;
pub mod runs;
mod search;
pub mod spaces;
mod wire;

pub use error::Error;
pub use wire::mlflow;

use base::{Clock, Ids};
use db::Db;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// The verbs that a step needs to log to its project and to register what it made.
pub const STEP_VERBS: &[&str] =
    &["ReadExperiment", "CreateExperiment", "ChangeExperiment", "LogRun", "ReadModel", "RegisterModel", "ChangeModel"];

/// Below which paths at the root failures are in MLflow's form.
const PREFIXES: &[&str] = &[
    "/api/2.0",
    "/api/2.0mlflow",
    "/api/3.0",
    "/ajax-api",
    "/v1",
    "/get-artifact",
    "/model-versions/get-artifact",
    "/mlflow/{project}",
];

/// What this crate uses from outside.
#[derive(Clone, Debug)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// Where artifacts lie.
    pub blobs: objects::Blobs,
    /// What is taken at most.
    pub limits: Limits,
    /// The last run that an earlier process made, once somebody asked: it may not have been answered.
    pub last_before: std::sync::Arc<std::sync::OnceLock<i64>>,
}

/// What is taken at most.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of a file, in bytes.
    pub artifact_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { artifact_bytes: 10 << 30 }
    }
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    let routes = experiments::routes(web::Routes::new());
    let routes = runs::routes(routes);
    registry::routes(routes)
}

/// The routes of MLflow's REST API, for the root and for below `/mlflow/{project}`; both render failures alike.
pub fn mlflow_routes() -> web::Routes<Context> {
    let routes = experiments::mlflow_routes(web::Routes::new());
    let routes = runs::mlflow_routes(routes);
    let routes = logged_models::mlflow_routes(routes);
    let routes = registry::mlflow_routes(routes);
    let routes = artifacts::mlflow_routes(routes);
    about::routes(routes).render_with(mlflow).render_below(PREFIXES, mlflow)
}

/// The routes, for the root alone, that MLflow's tools look for whether the server is there, open to all; and what answers
/// to those who are signed in where no route below a project's address does.
pub fn open_routes() -> web::Routes<Context> {
    about::open_routes(web::Routes::new())
}

/// Handles this context's jobs: there are none.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}

/// Returns a caller's text fit for a message: short, and with nothing that a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(500).filter(|letter| !letter.is_control()).collect()
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
