use crate::breaches::Open;
use crate::error::{Error, reason_of};
use crate::evaluations::{Evaluation, EvaluationState};
use crate::tolerances::Tolerance;
use base::{DatasetId, EnvironmentId, Next, PersonId, ProjectId, Resource, Securable, TeamId, Timestamp, Tone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

base::states! {
    /// Where a monitor stands.
    MonitorState {
        Active "active" => Good "eye" "Watching" [evaluate pause],
        Paused "paused" => Warn "player-pause" "Paused" [resume],
    }
}

/// How often a monitor looks unless somebody says otherwise, in seconds.
const EVERY_S: i64 = 3_600;
/// How far back it looks unless somebody says otherwise, in hours.
const WINDOW_H: i64 = 24;
const MOST_EVERY_S: i64 = 86_400;
const LEAST_EVERY_S: i64 = 60;
const MOST_WINDOW_H: i64 = 31 * 24;

/// Where outcomes stand that came later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MonitorTruth)]
pub struct Truth {
    /// `lake.schema.table`; it holds the record key, too.
    #[schema(value_type = String)]
    pub dataset: DatasetId,
    pub column: String,
}

/// A dataset of the contract, with the columns that are read, for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub dataset: DatasetId,
    pub columns: Vec<String>,
    /// What the pipeline reads it for, for environments that hold no grant for monitoring.
    pub for_use: String,
    pub purpose: Option<String>,
}

/// What was released to an endpoint, and by which limits it is judged there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Released {
    pub candidate: i64,
    /// The candidate's digest.
    pub digest: String,
    pub model: String,
    pub version: i64,
    /// What the contract says, as the platform's steps are told it.
    pub facts: serde_json::Value,
    pub sources: Vec<Source>,
    pub tolerances: Vec<Tolerance>,
    /// Metrics with a limit that may be not computable.
    pub excused: Vec<String>,
    /// The version of the gate policy that the limits are of.
    pub policy: i64,
    /// Who brought it there: evaluations on schedule run on their behalf.
    pub by: PersonId,
}

/// What `delivery` asks to have watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    pub project: ProjectId,
    pub environment: EnvironmentId,
    /// `prod.credit`.
    pub endpoint: String,
    pub team: Option<TeamId>,
    pub released: Released,
}

/// What people may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// None for the target of the contract.
    pub truth: Option<Truth>,
    pub every_s: i64,
    pub window_h: i64,
}

/// Who paused or resumed a monitor, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// Empty for who resumed it.
    pub reason: String,
    pub by: PersonId,
    pub at: Timestamp,
}

/// What watches one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Monitor {
    pub id: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub endpoint: String,
    pub team: Option<TeamId>,
    pub state: MonitorState,
    pub released: Released,
    pub settings: Settings,
    /// The dataset of captured calls, once one was written.
    pub capture: Option<DatasetId>,
    pub switched: Option<Switched>,
    /// When the schedule wants the next evaluation.
    pub due_at: Timestamp,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Monitor {
    fn resource(&self) -> Resource {
        place("monitor", &self.id, &self.environment, self.team.as_ref())
    }
}

/// Returns the place of a thing of kind `kind` that belongs to a monitor.
pub(crate) fn place(kind: &'static str, id: &str, environment: &EnvironmentId, team: Option<&TeamId>) -> Resource {
    let scope = format!("project/{environment}");
    Resource { kind, id: id.to_owned(), scope, team: team.cloned(), asker: None, listed: false }
}

impl Settings {
    /// Checks what somebody wants.
    ///
    /// # Errors
    /// The first thing that does not fit.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |why: String| Err(Error::Settings(why));
        if !(LEAST_EVERY_S..=MOST_EVERY_S).contains(&self.every_s) {
            return bad(format!("`every_s` lies between {LEAST_EVERY_S} and {MOST_EVERY_S}"));
        }
        if !(1..=MOST_WINDOW_H).contains(&self.window_h) {
            return bad(format!("`window_h` lies between 1 and {MOST_WINDOW_H}"));
        }
        let Some(Truth { dataset, column }) = &self.truth else { return Ok(()) };
        let parts: Vec<&str> = dataset.as_str().split('.').collect();
        if dataset.as_str().len() > 200 || parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
            return bad(format!(
                "`truth` names a dataset as `lake.schema.table`, not `{}`",
                crate::shown(&dataset.0, 60)
            ));
        }
        if column.trim().is_empty() || column.chars().count() > 200 {
            return bad("`truth` names a column of 1 to 200 characters".into());
        }
        Ok(())
    }
}

impl Monitor {
    /// Begins to watch an endpoint.
    pub fn new(id: String, watch: &Watch, now: Timestamp) -> Self {
        Self {
            id,
            project: watch.project.clone(),
            environment: watch.environment.clone(),
            endpoint: watch.endpoint.clone(),
            team: watch.team.clone(),
            state: MonitorState::Active,
            released: watch.released.clone(),
            settings: Settings { truth: None, every_s: EVERY_S, window_h: WINDOW_H },
            capture: None,
            switched: None,
            due_at: now.plus_seconds(EVERY_S),
            created_at: now,
            changed_at: now,
            revision: 1,
        }
    }

    fn not_possible(&self, verb: &'static str) -> Error {
        Error::NotPossible { id: self.id.clone(), found: self.state, verb }
    }

    /// Something else was released there, or by other limits. What people set stays.
    #[must_use]
    pub fn watch(&self, released: &Released, team: Option<&TeamId>, now: Timestamp) -> Self {
        if self.released == *released && self.team.as_ref() == team {
            return self.clone();
        }
        Self { released: released.clone(), team: team.cloned(), changed_at: now, ..self.clone() }
    }

    /// Somebody changes the settings. The same again changes nothing.
    ///
    /// # Errors
    /// Settings that do not fit.
    pub fn set(&self, settings: &Settings, now: Timestamp) -> Result<Self, Error> {
        settings.check()?;
        if self.settings == *settings {
            return Ok(self.clone());
        }
        let sooner = now.plus_seconds(settings.every_s).min(self.due_at.max(now));
        let due_at = if settings.every_s < self.settings.every_s { sooner } else { self.due_at };
        Ok(Self { settings: settings.clone(), due_at, changed_at: now, ..self.clone() })
    }

    /// The schedule looks no more.
    ///
    /// # Errors
    /// A reason that is none; a monitor that is paused.
    pub fn pause(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        let reason = reason_of(reason)?;
        if self.state != MonitorState::Active {
            return Err(self.not_possible("pause"));
        }
        let switched = Some(Switched { reason, by: by.clone(), at: now });
        Ok(Self { state: MonitorState::Paused, switched, changed_at: now, ..self.clone() })
    }

    /// It looks again, at once.
    ///
    /// # Errors
    /// A monitor that is not paused.
    pub fn resume(&self, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        if self.state != MonitorState::Paused {
            return Err(self.not_possible("resume"));
        }
        let switched = Some(Switched { reason: String::new(), by: by.clone(), at: now });
        Ok(Self { state: MonitorState::Active, switched, due_at: now, changed_at: now, ..self.clone() })
    }

    /// Returns whether `by` has paused it with this very reason.
    pub fn was_paused(&self, reason: &str, by: &PersonId) -> bool {
        let same = |switched: &Switched| switched.by == *by && switched.reason == reason.trim();
        self.state == MonitorState::Paused && self.switched.as_ref().is_some_and(same)
    }

    /// Returns whether `by` has resumed it.
    pub fn was_resumed(&self, by: &PersonId) -> bool {
        self.state == MonitorState::Active && self.switched.as_ref().is_some_and(|switched| switched.by == *by)
    }

    /// An evaluation begins: the next is due one period later.
    ///
    /// # Errors
    /// A monitor that is paused.
    pub fn evaluate(&self, now: Timestamp) -> Result<Self, Error> {
        if self.state != MonitorState::Active {
            return Err(self.not_possible("evaluate"));
        }
        Ok(Self { due_at: now.plus_seconds(self.settings.every_s), ..self.clone() })
    }

    /// Calls of the endpoint were written down.
    #[must_use]
    pub fn captured(&self, dataset: &DatasetId, now: Timestamp) -> Self {
        if self.capture.as_ref() == Some(dataset) {
            return self.clone();
        }
        Self { capture: Some(dataset.clone()), changed_at: now, ..self.clone() }
    }

    /// Returns where outcomes come from: what somebody set, else the target of the contract, if a dataset holds it.
    pub fn truth(&self) -> Option<Truth> {
        if let Some(truth) = &self.settings.truth {
            return Some(truth.clone());
        }
        let target = self.released.facts["target"]["name"].as_str()?;
        let sources = self.released.facts["sources"].as_object()?;
        sources.iter().find_map(|(dataset, columns)| {
            let column = columns.get(target)?.as_str()?.to_owned();
            Some(Truth { dataset: DatasetId(dataset.clone()), column })
        })
    }

    /// Returns what its viewer should know: of the last evaluation, and of what is beyond a limit.
    pub fn next(&self, last: Option<&Evaluation>, open: Open, may: &May) -> Next {
        let says = |tone, text: String, reason: String, action| Next { tone, text, reason, action };
        let evaluate = may.evaluate.then_some("evaluate_monitor");
        if self.state == MonitorState::Paused {
            let switched = self.switched.as_ref();
            let why = switched.map_or_else(String::new, |switched| format!("{}: {}", switched.by, switched.reason));
            return says(Tone::Warn, "Paused: nobody looks.".into(), why, may.resume.then_some("resume_monitor"));
        }
        if last.is_some_and(|last| last.state == EvaluationState::Running) {
            return says(
                Tone::Working,
                "It is being evaluated.".into(),
                "It reads what was asked and answered".into(),
                None,
            );
        }
        if open.red + open.amber > 0 {
            let tone = if open.red > 0 { Tone::Bad } else { Tone::Warn };
            return says(tone, open.sentence(), "Acknowledge what is open, or correct what it says".into(), evaluate);
        }
        let Some(last) = last else {
            let reason = format!("The first evaluation is due at {}", self.due_at);
            return says(Tone::Idle, "It was not evaluated yet.".into(), reason, evaluate);
        };
        let Next { tone, text, reason, .. } = last.next();
        says(tone, text, reason, evaluate)
    }
}

/// What a viewer may do with a monitor.
#[derive(Clone, Copy, Debug, Default)]
pub struct May {
    pub evaluate: bool,
    pub resume: bool,
}
