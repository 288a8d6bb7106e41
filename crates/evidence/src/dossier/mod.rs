//! The dossier of a candidate: everything on record about it, in one signed document that is checked without a server.
//!
//! Each section has its own SHA-256 in the signed header, so that a check says which one was changed. A section holds facts from rows; what
//! is absent is named with the reason.
mod ci;
mod gather;
mod http;
mod people;
mod sections;
mod service;
mod verify;
mod work;

pub(crate) use gather::ENVIRONMENTS;
pub use http::routes;
pub use sections::Sections;
pub use service::{KIND, VERSION, sign};
pub use verify::{Altered, Header, SectionDigest, Verified, verify};

access::actions! {
    /// Export the dossier of a candidate.
    ReadDossier,
    /// See the public key that dossiers are checked with.
    ReadEvidenceKey,
}

#[cfg(test)]
mod tests;
