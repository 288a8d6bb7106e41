//! What a viewer of a request should know and do next.
use super::{Decided, Decision, Request, RequestKind, RequestState};
use base::{Next, Tone};

/// How the viewer stands to the request: the decisions that the calls themselves would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// May decide it now.
    Decides,
    /// Holds the role, and may not decide this one; why.
    MayNotDecide(String),
    /// Is the asking side.
    Asks,
    /// May see it.
    Reads,
}

impl Request {
    /// Returns who decides it: `data steward of retail`.
    pub fn decided_by(&self) -> String {
        super::model::decider_of(self.kind, &self.scope)
    }

    /// Returns the fact beside the state, where there is one: `1 of 2 approvals`, `with terms`.
    pub fn fact(&self) -> Option<String> {
        match (self.state, &self.submission, &self.granted) {
            (RequestState::Submitted, Some(submission), _) if submission.approvals_needed > 1 => {
                Some(format!("{} of {} approvals", self.approvals.len(), submission.approvals_needed))
            }
            (RequestState::Approved, _, Some(granted)) if *granted != self.ask.scope => Some("with terms".into()),
            _ => None,
        }
    }

    /// Returns what this viewer should know and do next.
    pub fn next(&self, viewer: &Viewer) -> Next {
        let (tone, _, word) = self.state.look();
        let asks = *viewer == Viewer::Asks;
        let strip = |tone: Tone, text: String, reason: String, action| Next { tone, text, reason, action };
        match self.state {
            RequestState::Draft if asks => {
                let reason = format!("The {} sees it once it is submitted.", self.decided_by());
                strip(tone, "Not sent yet.".into(), reason, Some("submit_request"))
            }
            RequestState::Draft => strip(tone, "Not sent yet.".into(), "The asking side still writes it.".into(), None),
            RequestState::Submitted => self.next_submitted(viewer),
            RequestState::Approved => self.next_approved(asks),
            RequestState::Rejected => {
                let reason = match &self.decided {
                    Some(Decided { decision: Decision::Reject { reason }, by, .. }) => format!("{by}: {reason}"),
                    _ => String::new(),
                };
                strip(tone, "Rejected.".into(), reason, asks.then_some("create_request"))
            }
            RequestState::Withdrawn => {
                strip(tone, "Withdrawn.".into(), format!("By {}.", self.changed_by), asks.then_some("create_request"))
            }
            RequestState::ExpiredUnanswered => {
                let reason = format!("No {} answered in time.", self.decided_by());
                strip(tone, format!("{word}."), reason, asks.then_some("create_request"))
            }
        }
    }

    fn next_submitted(&self, viewer: &Viewer) -> Next {
        let waits = match self.fact() {
            Some(fact) => format!("Waits for {}: {fact}.", self.decided_by()),
            None => format!("Waits for {}.", self.decided_by()),
        };
        let until = self
            .submission
            .as_ref()
            .map_or(String::new(), |submission| format!("Unanswered, it ends at {}.", submission.answer_by));
        let (text, reason, action) = match viewer {
            Viewer::Decides => {
                let reason = format!("Approve as asked or with terms that narrow, or refuse. {until}");
                ("Waits for you.".to_owned(), reason, Some("decide_request"))
            }
            Viewer::MayNotDecide(why) => (waits, format!("You may not decide this one: {why}. {until}"), None),
            Viewer::Asks => (waits, until, Some("withdraw_request")),
            Viewer::Reads => (waits, until, None),
        };
        Next { tone: Tone::Waiting, text, reason, action }
    }

    fn next_approved(&self, asks: bool) -> Next {
        let Some(granted) = &self.granted else {
            return Next { tone: Tone::Good, text: "Approved.".into(), reason: String::new(), action: None };
        };
        let start = granted.starts_at.filter(|start| self.decided.as_ref().is_some_and(|decided| *start > decided.at));
        let reason = match (start, asks) {
            (Some(start), _) => format!("It starts at {start}."),
            (None, true) if self.kind == RequestKind::Use => "It works at once, with any token of yours.".to_owned(),
            (None, true) => "It works at once: name the purpose and the use.".to_owned(),
            (None, false) => String::new(),
        };
        let with = if *granted == self.ask.scope { "" } else { " with terms" };
        let text = format!("Approved{with} until {}.", granted.expires_at);
        Next { tone: Tone::Good, text, reason, action: None }
    }
}
