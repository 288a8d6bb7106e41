//! Endpoints that serve released models: rollouts to them, and the process that answers.
//!
//! Invariants: of an endpoint's rollouts one moves and one serves; what takes over was in memory and ran once before; the serving
//! process believes nothing but a manifest that the server signed, loads no file but the one it names by digest, and uses it for 15
//! minutes at most. A request is checked against the model's signature before the model sees it. Capture never holds a call up. This
//! crate deliberately decides on no release: `delivery` does, and calls [`deploy`].
mod batches;
mod endpoints;
pub mod keeper;
mod live;
pub mod manifest;
pub mod migrations;
pub mod onnx;
mod predictions;
pub mod process;
mod rollouts;
pub mod signature;
pub mod wire;

pub use batches::{Batch, BatchState, BatchView, Outcome as BatchOutcome};
pub use endpoints::{
    CallEndpoint, Deployment, Endpoint, EndpointState, EndpointView, Error, ReadEndpoint, RolloutView, cancel, deploy,
    endpoint_id, find_endpoint, find_rollout, first_outside_call, rollback, rollouts_of_candidate,
    rollouts_of_endpoint, start, stop, undeploy,
};
pub use live::Live;
pub use onnx::{LARGEST, ModelError, columns_of, signature_of};
pub use predictions::{Publisher, capture_table};
pub use rollouts::{NotPossible, Rollout, RolloutId, RolloutState};
pub use signature::{Datatype, Signature, Tensor};

use base::{Clock, Ids};
use db::Db;
use ed25519_dalek::SigningKey;
use std::path::PathBuf;
use std::sync::Arc;

/// Who may do what here, for `api` to join with the other contexts' policies.
pub const POLICIES: &str = include_str!("policies.cedar");

/// Verbs that no route stands for: the serving process decides them, from what it is told.
pub const INNER_ACTIONS: [&str; 1] = ["CallEndpoint"];

/// What this crate uses from outside.
#[derive(Clone)]
pub struct Context {
    /// The metadata database.
    pub db: Db,
    /// The process's clock.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// Where exported models lie.
    pub blobs: objects::Blobs,
    /// The folder that is shared with the serving process.
    pub folder: PathBuf,
    /// What manifests are signed with.
    pub key: Arc<SigningKey>,
    /// What is known of the serving process.
    pub live: Live,
    /// What batch jobs run on.
    pub runs: runs::Context,
}

/// Who acts here where no person does, in the audit log.
pub(crate) const SERVER: &str = "serving";

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The routes of this context.
pub fn routes() -> web::Routes<Context> {
    batches::routes(endpoints::routes(web::Routes::new()))
}

/// Handles this context's jobs.
pub fn register(registry: &mut jobs::Registry, cx: &Context) {
    batches::register(registry, cx);
}

/// Returns the key that manifests are signed with, from the 32 bytes that the deployment keeps.
pub fn key(seed: [u8; 32]) -> Arc<SigningKey> {
    Arc::new(SigningKey::from_bytes(&seed))
}

/// Returns the migrations that tests of this context need.
#[cfg(test)]
pub(crate) fn migrations_for_tests() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
    let mut all: Vec<Box<dyn sea_orm_migration::MigrationTrait>> = vec![Box::new(db::schema::CreateOutbox)];
    all.extend(access::migrations::all());
    all.extend(environments::migrations::all());
    all.extend(catalog::migrations::all());
    all.extend(migrations::all());
    all.sort_by(|a, b| a.name().cmp(b.name()));
    all
}
