use super::Error;
use base::{
    DatasetId, EnvironmentId, Next, PersonId, Principal, ProjectId, Resource, RunId, Securable, TeamId, Timestamp, Tone,
};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where a batch job stands.
    BatchState {
        Idle "idle" => Idle "clock" "Waits" [start remove],
        Running "running" => Working "loader-2" "Scores" [finish],
        Removed "removed" => Idle "archive" "Removed" [],
    }
}

/// The minutes of a day.
const DAY: i64 = 24 * 60;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BatchOutcome)]
pub struct Outcome {
    #[schema(value_type = String)]
    pub run: RunId,
    /// How many rows were scored and published.
    pub rows: Option<i64>,
    /// The version of the output that it made.
    pub version: Option<i64>,
    /// Of the model.
    pub model_version: Option<i64>,
    /// Why nothing was published.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A batch job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Batch {
    pub id: String,
    /// `prod.credit`.
    pub endpoint: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub team: Option<TeamId>,
    /// Unique for its endpoint.
    pub name: String,
    /// What is scored: the rows that are in all of them.
    pub datasets: Vec<DatasetId>,
    /// The column that a record is known by in each.
    pub key: String,
    /// Where predictions go.
    pub output: DatasetId,
    /// Minutes after midnight UTC; nothing = only when asked.
    pub daily_at: Option<i64>,
    /// When it starts by itself next.
    pub next_at: Option<Timestamp>,
    pub state: BatchState,
    /// The run that scores now.
    pub run: Option<RunId>,
    pub last: Option<Outcome>,
    pub made_by: PersonId,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Batch {
    fn resource(&self) -> Resource {
        Resource {
            kind: "batch",
            id: self.id.clone(),
            scope: format!("project/{}", self.environment),
            team: self.team.clone(),
            asker: Some(Principal::Environment(self.environment.clone())),
            listed: false,
        }
    }
}

/// Reads a time of day: `02:00`.
pub(super) fn minutes_of(text: &str) -> Result<i64, Error> {
    let bad = || Error::TimeOfDay(text.chars().take(20).flat_map(char::escape_debug).collect());
    let (hours, minutes) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(bad)?;
    let digits = |text: &str, most: i64| {
        let number = text.parse::<i64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        number.filter(|number| *number < most)
    };
    Ok(digits(hours, 24).ok_or_else(bad)? * 60 + digits(minutes, 60).ok_or_else(bad)?)
}

/// Writes a time of day.
pub(super) fn time_of(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Returns the first moment after `now` at which the clock shows `daily_at` in UTC.
pub(super) fn next_after(daily_at: i64, now: Timestamp) -> Timestamp {
    let minute = 60 * Timestamp::SECOND;
    let midnight = now.0.div_euclid(DAY * minute) * DAY * minute;
    let today = midnight + daily_at * minute;
    Timestamp(if today > now.0 { today } else { today + DAY * minute })
}

impl Batch {
    fn not_possible(&self, verb: &'static str) -> Error {
        Error::NotPossible { id: self.id.clone(), found: self.state, verb }
    }

    /// A run scores from now on.
    ///
    /// # Errors
    /// Another state.
    pub fn start(&self, run: &RunId, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            BatchState::Idle => Ok(Self { state: BatchState::Running, run: Some(run.clone()), ..self.on(now) }),
            BatchState::Running | BatchState::Removed => Err(self.not_possible("start")),
        }
    }

    /// Its run has ended.
    ///
    /// # Errors
    /// Another state.
    pub fn finish(&self, outcome: Outcome, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            BatchState::Running => Ok(Self { state: BatchState::Idle, run: None, last: Some(outcome), ..self.on(now) }),
            BatchState::Idle | BatchState::Removed => Err(self.not_possible("finish")),
        }
    }

    /// Nothing starts any more.
    ///
    /// # Errors
    /// Another state: one that scores is cancelled by its run first.
    pub fn remove(&self, now: Timestamp) -> Result<Self, Error> {
        match self.state {
            BatchState::Idle => Ok(Self { state: BatchState::Removed, next_at: None, ..self.on(now) }),
            BatchState::Running | BatchState::Removed => Err(self.not_possible("remove")),
        }
    }

    /// It could not be started when its time came.
    #[must_use]
    pub fn missed(&self, reason: &str, now: Timestamp) -> Self {
        let run = self.last.as_ref().map_or_else(|| RunId(String::new()), |last| last.run.clone());
        let reason = Some(format!("not started: {reason}"));
        let last = Outcome { run, rows: None, version: None, model_version: None, reason, at: now };
        Self { last: Some(last), ..self.on(now) }
    }

    /// Its next time is the one after `now`.
    #[must_use]
    pub fn rescheduled(&self, now: Timestamp) -> Self {
        Self { next_at: self.daily_at.map(|daily_at| next_after(daily_at, now)), ..self.clone() }
    }

    fn on(&self, now: Timestamp) -> Self {
        Self { changed_at: now, ..self.clone() }
    }

    /// Returns what its viewer should know.
    pub fn next(&self, may_start: bool) -> Next {
        let (tone, _, word) = self.state.look();
        match (&self.last, self.state) {
            (_, BatchState::Running) => {
                let reason = "The run shows how far it is; all rows are published at its end, or none.".to_owned();
                Next { tone, text: "Scores now.".into(), reason, action: None }
            }
            (Some(Outcome { reason: Some(why), .. }), BatchState::Idle) => {
                let (text, reason) = ("The last run published nothing.".to_owned(), why.clone());
                Next { tone: Tone::Bad, text, reason, action: may_start.then_some("start_batch") }
            }
            (last, _) => {
                let text = match last.as_ref().and_then(|last| last.rows) {
                    Some(rows) => format!("{word}: {rows} rows the last time."),
                    None => format!("{word}."),
                };
                let reason = match self.next_at {
                    Some(at) => format!("It starts by itself at {at}."),
                    None => String::new(),
                };
                let action = (may_start && self.state == BatchState::Idle).then_some("start_batch");
                Next { tone, text, reason, action }
            }
        }
    }
}
