//! What a viewer of a grant should know and do next.
use super::{Grant, GrantStanding};
use crate::requests::RequestKind;
use base::{Next, Timestamp};

/// What the viewer may do: the decisions that the calls themselves would make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Viewer {
    /// Is the holder, or belongs to it.
    pub holds: bool,
    /// May end it.
    pub revokes: bool,
    /// May let it go on.
    pub resumes: bool,
}

impl Grant {
    /// Returns what this viewer should know and do next at `now`.
    pub fn next(&self, viewer: Viewer, now: Timestamp) -> Next {
        let (tone, _, word) = self.look(now);
        let (starts, ends) = (self.period.starts_at(), self.period.expires_at());
        let why = self.ended.as_ref().map_or(String::new(), |ended| format!("{}: {}", ended.by, ended.reason));
        let revoke = viewer.revokes.then_some("revoke_grant");
        let (text, reason, action) = match self.standing(now) {
            GrantStanding::Scheduled => (format!("Starts at {starts}."), format!("It ends at {ends}."), revoke),
            GrantStanding::Active if viewer.holds => {
                let reason = match self.kind {
                    RequestKind::Use => "Call it with any token of yours.".to_owned(),
                    _ => format!("State purpose `{}` and one of its uses with every read.", self.purpose),
                };
                (format!("Yours until {ends}."), reason, revoke)
            }
            GrantStanding::Active => (format!("In force until {ends}."), format!("For {}.", self.principal), revoke),
            GrantStanding::Suspended if viewer.resumes => (self.said_suspended(), why, Some("resume_grant")),
            GrantStanding::Suspended => {
                let reason = format!("{why}. A {} can let it go on.", self.decided_by());
                (self.said_suspended(), reason, None)
            }
            GrantStanding::Expired => {
                let again = viewer.holds.then_some("create_request");
                (format!("Ended at {ends}."), "A longer time is a new request.".to_owned(), again)
            }
            GrantStanding::Revoked => (format!("{word}."), why, viewer.holds.then_some("create_request")),
        };
        Next { tone, text, reason, action }
    }

    fn said_suspended(&self) -> String {
        let what = match self.kind {
            RequestKind::Read => "read",
            RequestKind::Write => "written",
            RequestKind::Use => "answered",
        };
        format!("Suspended: nothing is {what} under it.")
    }
}
