//! Roles: held by a person or group for a place, given by someone, ended one day. Four eyes rest on who gave what when,
//! so an assignment is never changed: it ends, and another begins.
mod error;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{RoleAssignmentView, routes};
pub use model::{BadPlace, DEPLOYMENT, Ended, Holding, Place, Right, Role, RoleAssignment, UnknownRole};
pub use service::{NewAssignment, assign, held_at, holders, is_somebodys};

crate::actions! {
    /// Give a role for a place.
    AssignRole,
    /// See who holds which role.
    ReadRoleAssignment,
    /// End a role.
    EndRoleAssignment,
}
