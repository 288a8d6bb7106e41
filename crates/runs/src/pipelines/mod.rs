//! Pipelines: the JSON that a repository holds as `pipelines/<name>.json`, read strictly. A mistake is named with its place
//! and, where a word is near one that is known, with that word.
mod error;
mod graph;
mod model;
mod read;

pub use error::Error;
pub use graph::Graph;
pub use model::{DatasetInput, Input, Parameter, ParameterKind, Parameters, Pipeline, Step};
pub(crate) use read::is_name;

#[cfg(test)]
mod tests;
