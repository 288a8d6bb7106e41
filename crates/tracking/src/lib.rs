//! Experiments, runs, metrics, artifacts and the model registry, as stock `mlflow` speaks to them.
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
    /// Where artifacts lie.
    pub blobs: objects::Blobs,
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// The routes of MLflow's REST API, at the root and below `/mlflow`.
pub fn mlflow_routes() -> web::Routes<Context> {
    web::Routes::new()
}

/// Handles this context's jobs.
pub fn register(_registry: &mut jobs::Registry, _cx: &Context) {}
