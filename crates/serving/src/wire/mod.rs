//! The Open Inference Protocol's bodies, as JSON and as binary tensors. Pure: bytes in, values out, and the other way round.
//!
//! Every refusal names the tensor it is about. What a body asks for is bounded by its own size: nothing is made room for that did not come.
mod binary;
mod data;
mod json;
mod reply;
mod request;

pub use data::Data;
pub use reply::{Reply, Written, error_body, write};
pub use request::{InferRequest, Named, Wanted, read};

/// The header that says how many bytes of a body are its JSON; tensors follow.
pub const HEADER_LENGTH: &str = "inference-header-content-length";

/// Why a request is not answered, in the caller's words; the status is 400 unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// Returns a refusal that names a tensor.
pub(crate) fn about(kind: &str, name: &str, what: impl std::fmt::Display) -> Refused {
    // A name is the caller's own text: cut, and shown without what a terminal would obey.
    let name: String = name.chars().take(100).flat_map(char::escape_debug).collect();
    Refused(format!("{kind} `{name}`: {what}"))
}

#[cfg(test)]
mod tests;
