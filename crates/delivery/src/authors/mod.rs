//! Who made a candidate: whoever pushed, wrote, merged or trained it, or set its test. None of them may approve it.
//!
//! What a commit says of its author anybody can write; who pushed is authenticated. Both count. An address belongs to the person whom
//! an administrator says it belongs to, else to whoever has its first part as their name here. One that belongs to nobody blocks.
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use http::{AuthorView, GitAddressView, NewGitAddress, routes};
pub use model::{Author, Authors, GitAddress};
pub(crate) use service::{Asked, find};

access::actions! {
    /// See which address in commits belongs to whom.
    ReadGitAddress,
    /// Say to whom an address in commits belongs.
    MapGitAddress,
}

#[cfg(test)]
mod tests;
