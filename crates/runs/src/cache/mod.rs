//! The content cache: what a step's result depends on, as parts with names, so that a miss can say what changed.
mod key;
pub(crate) mod store;

pub use key::{Compared, Key, Part, compare};
