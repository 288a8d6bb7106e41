//! People and groups: who may come in, and the memberships that give built-in roles.
mod error;
mod http;
mod model;
mod service;
pub(crate) mod store;

pub use error::Error;
pub use http::{GroupView, MemberView, PersonView, routes};
pub use model::{Group, Membership, Person, PersonState};
pub(crate) use service::{add_member, find_or_create};
pub use service::{is_active, is_known, known_groups};

crate::actions! {
    /// Add a person.
    CreatePerson,
    /// See a person.
    ReadPerson,
    /// End a person's way in.
    DeactivatePerson,
    /// Make a one-time link with which a person sets a password.
    CreateLink,
    /// See groups and their members.
    ReadGroup,
    /// Add a member to a group, or remove one.
    ChangeMembers,
}
