//! Spaces: what names are unique in. Each project has one, and each person. Which one a call means comes from where it
//! arrives: `/mlflow/<project>` names a project; at the root it is the attempt's project, else the one project that the
//! person holds a role for, else their own.
mod model;
mod mount;

pub use model::Space;
pub(crate) use model::{Placed, see};
pub(crate) use mount::{Mount, enter, found};
