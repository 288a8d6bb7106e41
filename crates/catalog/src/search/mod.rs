//! Search and browse: datasets by name, column, description and team. Values are never indexed.
//!
//! The index finds candidates; the database says which of them the viewer may know of, and everything that is answered
//! (hits, totals, facets) is counted after that.
mod error;
mod http;
mod index;
mod jobs;
mod service;
mod store;
mod words;

pub use error::Error;
pub use http::{DatasetHit, Facets, SearchPage, routes};
pub use index::Index;
#[cfg(test)]
pub(crate) use jobs::index;
pub use jobs::{rebuild, register};
pub(crate) use words::words;

#[cfg(test)]
mod tests;
