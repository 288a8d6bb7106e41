//! Files of runs, logged models and versions: paths of ours that name objects by digest. No path of a client is ever
//! one of the server's file system.
mod http;
mod path;
mod service;
pub(crate) mod store;
mod transfer;

pub(crate) use http::{listing, routes as mlflow_routes};
pub(crate) use path::{Owner, Place, clean, folder};
pub(crate) use service::{list_of_model, list_of_run};
pub(crate) use store::Entry;
pub(crate) use store::File;

#[cfg(test)]
mod tests;
