//! Models that are live in production: what people of other teams find, read about, and ask to use. What is on a card comes from
//! `delivery`, whenever what is live changes; nobody edits one here.
mod error;
mod http;
mod model;
mod store;

pub use error::Error;
pub use http::routes;
pub use model::{LiveModel, LiveModelState, Measured, Tensor};
pub(crate) use store::LiveModelStore;

use base::Timestamp;
use db::Tx;

access::actions! {
    /// See a model that is live.
    ReadLiveModel,
}

/// Puts the card of an endpoint on show, in place of the one before.
///
/// # Errors
/// The store's.
pub async fn put(tx: &Tx, model: &LiveModel) -> db::Result<()> {
    tx.put_live_model(model).await
}

/// Says on its card, if it has one, that an endpoint no longer answers. Again changes nothing.
///
/// # Errors
/// The store's.
pub async fn suspend(tx: &Tx, endpoint: &str, now: Timestamp) -> db::Result<()> {
    tx.set_live_model_state(endpoint, LiveModelState::Suspended, now).await
}
