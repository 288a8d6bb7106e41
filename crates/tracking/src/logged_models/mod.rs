//! Logged models: what a client of MLflow 3 makes of a model before anyone registers it, apart from the run that made it.
mod http;
mod model;
mod service;
pub(crate) mod store;

pub(crate) use http::{metrics, routes as mlflow_routes};
pub use model::{LoggedModel, LoggedModelState};
pub(crate) use service::find_model;

#[cfg(test)]
mod tests;
