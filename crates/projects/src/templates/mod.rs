//! Templates: working repositories inside the binary, with placeholders that a new project's facts take.
mod embedded;
mod error;
mod http;
mod parameters;
mod render;

pub use embedded::Template;
pub(crate) use embedded::find;
#[cfg(test)]
pub(crate) use embedded::names;
pub use error::Error;
pub use http::{TemplateView, routes};
pub(crate) use parameters::Parameters;
pub(crate) use render::{Facts, render};

access::actions! {
    /// See what projects can be made from.
    ReadTemplate,
}
