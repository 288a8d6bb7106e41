//! Lakes: folders where data already lies, each owned by a team. Configuration names the roots they may lie below.
mod error;
mod folder;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use folder::{LakeDir, LakeRef, Roots, Stamp};
pub(crate) use folder::{shown, why};
pub use http::{LakeView, NewLake, routes};
pub use model::Lake;
pub(crate) use model::plain_part;
pub use service::{connect, folder_of, get, list, place_of};

access::actions! {
    /// See a lake, its root and folder.
    ReadLake,
    /// Connect a folder as a lake.
    ConnectLake,
}
