use crate::Role;
use base::{GroupId, Next, PersonId, Principal, Resource, Timestamp, Tone};
use serde::Serialize;

base::states! {
    /// Whether a person may come in.
    PersonState {
        Active "active" => Good "user-check" "Active" [deactivate],
        Deactivated "deactivated" => Idle "user-off" "Deactivated" [],
    }
}

/// A person of this deployment. Their password, if they have one, is a hash that never leaves the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub id: PersonId,
    pub display_name: String,
    pub state: PersonState,
    pub created_by: PersonId,
    pub created_at: Timestamp,
    pub has_password: bool,
    #[serde(skip)]
    pub revision: i64,
}

/// A group. Built-in ones give their role for the whole deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    pub id: GroupId,
    pub title: String,
    pub role: Option<Role>,
}

/// That a person belongs to a group: given by someone, and ended one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Membership {
    pub group: GroupId,
    pub person: PersonId,
    /// The role that the group gives, if it is a built-in one.
    pub role: Option<Role>,
    pub given_by: PersonId,
    pub given_at: Timestamp,
}

impl Person {
    /// Ends a person's way in; what they did stands.
    #[must_use]
    pub fn deactivate(&self) -> Self {
        Self { state: PersonState::Deactivated, ..self.clone() }
    }

    /// Returns what this viewer should know and do next.
    pub fn next(&self, may_administer: bool) -> Next {
        let (tone, text, reason, action) = match (self.state, self.has_password) {
            (PersonState::Deactivated, _) => {
                (Tone::Idle, "Deactivated.", "Sessions, tokens and roles ended; what was done stands.", None)
            }
            (PersonState::Active, true) => (Tone::Good, "Active.", "Signs in with a password.", None),
            (PersonState::Active, false) => {
                (Tone::Waiting, "Has no password yet.", "A one-time link lets them set it.", Some("create_link"))
            }
        };
        let action = action.filter(|_| may_administer);
        Next { tone, text: text.to_owned(), reason: reason.to_owned(), action }
    }
}

impl base::Securable for Person {
    fn resource(&self) -> Resource {
        let asker = Some(Principal::Person(self.id.clone()));
        let (id, scope) = (self.id.0.clone(), crate::DEPLOYMENT.to_owned());
        Resource { kind: "person", id, scope, team: None, asker, listed: false }
    }
}

impl base::Securable for Group {
    fn resource(&self) -> Resource {
        let asker = Some(Principal::Group(self.id.clone()));
        let (id, scope) = (self.id.0.clone(), crate::DEPLOYMENT.to_owned());
        Resource { kind: "group", id, scope, team: None, asker, listed: false }
    }
}
