use base::{Fault, Ids, JobId, Kind, Next, Principal, Resource, Securable, Timestamp, Tone};

base::states! {
    /// Where a job stands. The verbs are the workers' own; nobody calls them.
    JobState {
        Queued "queued" => Idle "clock" "Queued" [claim],
        Leased "leased" => Working "loader-2" "Running" [finish retry bury],
        Done "done" => Good "circle-check" "Done" [],
        Dead "dead" => Bad "alert-triangle" "Failed" [],
    }
}

/// How often a job is tried before it is dead.
pub(crate) const MOST_ATTEMPTS: i64 = 8;

/// How far a job has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    /// 0 while unknown.
    pub total: u64,
    /// What it does now, in a few words.
    pub text: String,
}

/// A piece of background work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    /// What it does, by the context that handles it: `catalog.crawl`.
    pub kind: String,
    pub state: JobState,
    /// What it works on, as roles are held for it: `lake/retail`.
    pub scope: String,
    /// Who asked for it, and may see it without a role.
    pub asker: Option<Principal>,
    /// The handler's input as JSON.
    pub payload: String,
    /// Not before.
    pub run_at: Timestamp,
    /// How often it was claimed.
    pub attempts: i64,
    /// Grows with each claim.
    pub fence: i64,
    pub progress: Progress,
    /// Why the last attempt failed.
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

impl Securable for Job {
    fn resource(&self) -> Resource {
        let (id, scope, asker) = (self.id.0.clone(), self.scope.clone(), self.asker.clone());
        Resource { kind: "job", id, scope, team: None, asker, listed: false }
    }
}

impl Job {
    /// Returns what its viewer should know.
    pub fn next(&self) -> Next {
        let (tone, _, word) = self.state.look();
        let why = self.reason.clone().unwrap_or_default();
        let (tone, text, reason) = match self.state {
            JobState::Queued if self.reason.is_some() => (Tone::Warn, format!("Tries again at {}.", self.run_at), why),
            JobState::Queued => (tone, format!("Starts at {} or soon after.", self.run_at), String::new()),
            JobState::Leased => (tone, format!("{word}."), self.progress.text.clone()),
            JobState::Done => (tone, format!("{word}."), String::new()),
            JobState::Dead => (tone, format!("Gave up after {} attempts.", self.attempts), why),
        };
        Next { tone, text, reason, action: None }
    }

    /// Returns how long to wait before the next attempt, in seconds: 1, 2, 4… up to five minutes, and up to a half more
    /// so that jobs which failed together do not come back together.
    pub(crate) fn backoff_seconds(&self) -> i64 {
        let base = 1_i64 << (self.attempts - 1).clamp(0, 8);
        let spread = self.id.0.bytes().fold(self.attempts, |sum, byte| (sum * 31 + i64::from(byte)) % 1_000);
        base.min(300) + base.min(300) * spread / 2_000
    }
}

/// A job to be put on the queue.
#[derive(Clone, Debug)]
pub struct NewJob {
    pub id: JobId,
    /// Which handler: `catalog.crawl`.
    pub kind: &'static str,
    /// Of the jobs of a kind with this key, at most one is open.
    pub key: Option<String>,
    /// What it works on, as roles are held for it; `deployment` where it belongs to nobody.
    pub scope: String,
    /// Who asked for it, and may see it without a role.
    pub asker: Option<Principal>,
    /// The handler's input.
    pub payload: serde_json::Value,
    pub created_at: Timestamp,
    /// Not before.
    pub run_at: Timestamp,
}

impl NewJob {
    /// Returns a job that runs at once.
    pub fn new(ids: &Ids, now: Timestamp, kind: &'static str, scope: impl Into<String>) -> Self {
        let (id, scope, payload) = (JobId(ids.next("j")), scope.into(), serde_json::Value::Null);
        Self { id, kind, key: None, scope, asker: None, payload, created_at: now, run_at: now }
    }

    /// Gives the handler its input.
    #[must_use]
    pub fn payload(self, payload: &impl serde::Serialize) -> Self {
        Self { payload: serde_json::to_value(payload).expect("our types serialise"), ..self }
    }

    /// Joins an open job of this kind with the same key, if there is one.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Waits until `run_at`.
    #[must_use]
    pub fn at(self, run_at: Timestamp) -> Self {
        Self { run_at, ..self }
    }

    /// Lets who asked see the job.
    #[must_use]
    pub fn asked_by(self, asker: Principal) -> Self {
        Self { asker: Some(asker), ..self }
    }
}

/// Work that comes back: every `every_seconds`, one job of `kind`, never two at once.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Unique; saying it again changes the rest.
    pub name: String,
    pub kind: String,
    pub scope: String,
    /// The handler's input.
    pub payload: serde_json::Value,
    pub every_seconds: i64,
    /// When it is due first; an existing schedule keeps its time.
    pub first_at: Timestamp,
}

/// How a handler fails. From a [`Fault`] it is made by kind: what may pass is tried again, what cannot succeed is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Try again later. The reason is shown to people.
    Retry(String),
    /// It cannot succeed. The reason is shown to people.
    Dead(String),
    /// Another worker has the job now: stop, and report nothing.
    Lost,
}

impl<F: Fault> From<F> for Failure {
    fn from(fault: F) -> Self {
        let (kind, code) = fault.fault();
        match kind {
            Kind::Unavailable | Kind::Stale | Kind::Full | Kind::TooMany => Self::Retry(fault.to_string()),
            Kind::Internal => {
                let cause = fault.source().map(ToString::to_string);
                tracing::error!(code, error = %fault, cause, "a job failed");
                Self::Retry("internal error".into())
            }
            _ => Self::Dead(fault.to_string()),
        }
    }
}
