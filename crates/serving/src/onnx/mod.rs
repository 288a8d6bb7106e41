//! ONNX models: what their file says, and sessions that run them. Only the serving process runs any.
mod enforce;
mod inspect;
mod library;
mod operators;
mod protobuf;
mod session;

pub use enforce::{Checked, check};
pub use inspect::{Inspected, LARGEST, ModelError, columns_of, inspect, signature_of};
pub use library::{Library, LibraryError};
pub use session::{Halt, Model, RunError};

#[cfg(test)]
mod tests;
