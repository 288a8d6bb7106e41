//! What a viewer of a grant should know and do next.
use super::{Grant, GrantStanding};
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
                let reason = format!("State purpose `{}` and one of its uses with every read.", self.purpose);
                (format!("Yours until {ends}."), reason, revoke)
            }
            GrantStanding::Active => (format!("In force until {ends}."), format!("For {}.", self.principal), revoke),
            GrantStanding::Suspended if viewer.resumes => {
                ("Suspended: nothing is read under it.".to_owned(), why, Some("resume_grant"))
            }
            GrantStanding::Suspended => {
                let reason = format!("{why}. A data steward of {} can let it go on.", self.lake());
                ("Suspended: nothing is read under it.".to_owned(), reason, None)
            }
            GrantStanding::Expired => {
                let again = viewer.holds.then_some("create_request");
                (format!("Ended at {ends}."), "A longer time is a new request.".to_owned(), again)
            }
            GrantStanding::Revoked => (format!("{word}."), why, viewer.holds.then_some("create_request")),
        };
        Next { tone, text, reason, action }
    }
}
