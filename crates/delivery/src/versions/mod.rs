//! Versions of models as releases see them: approved by going live in *prod*, suspended by the stop button. What a version is made of
//! lies in `tracking`, and never changes.
mod model;
pub(crate) mod store;
mod told;

pub use model::{NotPossible, ReleasedState, ReleasedVersion};
pub use told::find;

#[cfg(test)]
mod tests;
