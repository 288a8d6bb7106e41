use crate::ACTOR;
use crate::error::{Error, reason_of};
use crate::evaluations::{EvaluatedMetric, Evaluation};
use crate::monitors::{Monitor, place};
use base::{EnvironmentId, Next, PersonId, ProjectId, Resource, Securable, TeamId, Timestamp, Tone};
use serde::{Deserialize, Serialize};

base::states! {
    /// Where a breach stands.
    BreachState {
        Open "open" => Bad "alert-triangle" "Open" [acknowledge mute],
        Acknowledged "acknowledged" => Warn "user-check" "Acknowledged" [resolve mute],
        Resolved "resolved" => Idle "circle-check" "Resolved" [],
    }
}

base::states! {
    /// How bad a breach is.
    Severity {
        Amber "amber" => Warn "alert-triangle" "Amber" [],
        Red "red" => Bad "alert-triangle" "Red" [],
    }
}

/// How long alerts may be hidden, in days.
const MOST_MUTED_DAYS: i64 = 90;

/// Who acknowledged or resolved a breach, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub reason: String,
    /// A person, or `monitoring` where a later evaluation found it within.
    pub by: String,
    pub at: Timestamp,
}

/// Who hides the alerts of a breach until when, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted {
    pub until: Timestamp,
    pub reason: String,
    pub by: PersonId,
    pub at: Timestamp,
}

/// What a breach holds besides what it is found by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// `psi of duration_months`.
    pub what: String,
    /// As it was seen last.
    pub value: f64,
    /// The limit that it is beyond.
    pub limit: f64,
    pub candidate: i64,
    /// How many evaluations found it in a row.
    pub count: i64,
    /// The evaluation that found it last.
    pub evaluation: String,
    pub acknowledged: Option<Answered>,
    pub resolved: Option<Answered>,
    pub muted: Option<Muted>,
}

/// What a monitor found beyond a limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breach {
    pub id: String,
    pub monitor: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub endpoint: String,
    pub team: Option<TeamId>,
    pub metric: String,
    /// The column that it is of; none where it is of all rows.
    pub column: Option<String>,
    pub state: BreachState,
    pub severity: Severity,
    pub content: Content,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
    #[serde(skip)]
    pub revision: i64,
}

/// How many breaches of a monitor are not resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    pub red: i64,
    pub amber: i64,
}

impl Open {
    /// Says how many there are: "1 red and 2 amber breaches are open."
    pub fn sentence(self) -> String {
        let colours = [(self.red, "red"), (self.amber, "amber")];
        let some = colours.iter().filter(|(count, _)| *count > 0).map(|(count, colour)| format!("{count} {colour}"));
        let verb = if self.red + self.amber == 1 { "breach is" } else { "breaches are" };
        format!("{} {verb} open.", some.collect::<Vec<_>>().join(" and "))
    }
}

/// What a viewer may do with a breach.
#[derive(Clone, Copy, Debug, Default)]
pub struct May {
    pub acknowledge: bool,
    pub resolve: bool,
}

impl Securable for Breach {
    fn resource(&self) -> Resource {
        place("breach", &self.id, &self.environment, self.team.as_ref())
    }
}

impl Breach {
    /// A monitor finds a metric beyond a limit; none where it is not.
    pub fn raise(
        id: String,
        monitor: &Monitor,
        (evaluation, metric): (&Evaluation, &EvaluatedMetric),
        now: Timestamp,
    ) -> Option<Self> {
        let (severity, value, limit) = (metric.severity()?, metric.value?, metric.limit()?);
        let content = Content {
            what: metric.what(),
            value,
            limit,
            candidate: evaluation.looked.candidate,
            count: 1,
            evaluation: evaluation.id.clone(),
            acknowledged: None,
            resolved: None,
            muted: None,
        };
        Some(Self {
            id,
            monitor: monitor.id.clone(),
            project: monitor.project.clone(),
            environment: monitor.environment.clone(),
            endpoint: monitor.endpoint.clone(),
            team: monitor.team.clone(),
            metric: metric.name.clone(),
            column: metric.column.clone(),
            state: BreachState::Open,
            severity,
            content,
            first_seen_at: now,
            last_seen_at: now,
            revision: 1,
        })
    }

    /// Returns whether it is not over.
    pub fn is_open(&self) -> bool {
        self.state != BreachState::Resolved
    }

    /// Returns whether its alerts are hidden.
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.is_open() && self.content.muted.as_ref().is_some_and(|muted| now < muted.until)
    }

    /// A later evaluation finds it again: it counts, and may get worse, never better. Again for the same evaluation changes nothing.
    #[must_use]
    pub fn seen(&self, evaluation: &Evaluation, metric: &EvaluatedMetric, now: Timestamp) -> Self {
        let (Some(severity), Some(value), Some(limit)) = (metric.severity(), metric.value, metric.limit()) else {
            return self.clone();
        };
        if !self.is_open() || self.content.evaluation == evaluation.id {
            return self.clone();
        }
        let severity = if severity == Severity::Red { severity } else { self.severity };
        let content = Content {
            value,
            limit,
            candidate: evaluation.looked.candidate,
            count: self.content.count + 1,
            evaluation: evaluation.id.clone(),
            ..self.content.clone()
        };
        Self { severity, content, last_seen_at: now, ..self.clone() }
    }

    /// A later evaluation finds it within again. A red one that nobody acknowledged stays open: whoever may call the endpoint could
    /// bring about numbers that are within. What is resolved stays so.
    #[must_use]
    pub fn recover(&self, reason: &str, now: Timestamp) -> Self {
        if !self.is_open() || (self.severity == Severity::Red && self.state == BreachState::Open) {
            return self.clone();
        }
        self.resolved(Answered { reason: reason.to_owned(), by: ACTOR.to_owned(), at: now })
    }

    fn resolved(&self, resolved: Answered) -> Self {
        let content = Content { resolved: Some(resolved), ..self.content.clone() };
        Self { state: BreachState::Resolved, content, ..self.clone() }
    }

    fn not_possible(&self, verb: &'static str) -> Error {
        Error::BreachNotPossible { id: self.id.clone(), found: self.state, verb }
    }

    /// Somebody looks after it.
    ///
    /// # Errors
    /// A reason that is none; a breach that is not open.
    pub fn acknowledge(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        let reason = reason_of(reason)?;
        if self.state != BreachState::Open {
            return Err(self.not_possible("acknowledge"));
        }
        let acknowledged = Some(Answered { reason, by: by.0.clone(), at: now });
        let content = Content { acknowledged, ..self.content.clone() };
        Ok(Self { state: BreachState::Acknowledged, content, ..self.clone() })
    }

    /// Somebody says that it is over. Where it is not, the next evaluation raises another.
    ///
    /// # Errors
    /// A reason that is none; a breach that nobody acknowledged, or that is over.
    pub fn resolve(&self, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        let reason = reason_of(reason)?;
        if self.state != BreachState::Acknowledged {
            return Err(self.not_possible("resolve"));
        }
        Ok(self.resolved(Answered { reason, by: by.0.clone(), at: now }))
    }

    /// Somebody hides its alerts for a while.
    ///
    /// # Errors
    /// A reason or an end that is none; a breach that is over.
    pub fn mute(&self, until: Timestamp, reason: &str, by: &PersonId, now: Timestamp) -> Result<Self, Error> {
        let reason = reason_of(reason)?;
        if until <= now || until > now.plus_days(MOST_MUTED_DAYS) {
            return Err(Error::Until);
        }
        if !self.is_open() {
            return Err(self.not_possible("mute"));
        }
        let muted = Some(Muted { until, reason, by: by.clone(), at: now });
        Ok(Self { content: Content { muted, ..self.content.clone() }, ..self.clone() })
    }

    /// Returns whether `by` has acknowledged it with this very reason.
    pub fn was_acknowledged(&self, reason: &str, by: &PersonId) -> bool {
        was(self.content.acknowledged.as_ref(), reason, by)
    }

    /// Returns whether `by` has resolved it with this very reason.
    pub fn was_resolved(&self, reason: &str, by: &PersonId) -> bool {
        was(self.content.resolved.as_ref(), reason, by)
    }

    /// Returns whether `by` has muted it until then with this very reason.
    pub fn was_muted(&self, until: Timestamp, reason: &str, by: &PersonId) -> bool {
        let same = |muted: &Muted| muted.until == until && muted.by == *by && muted.reason == reason.trim();
        self.is_open() && self.content.muted.as_ref().is_some_and(same)
    }

    /// Returns what its viewer should know.
    pub fn next(&self, may: &May, now: Timestamp) -> Next {
        let content = &self.content;
        let found = crate::number(content.value);
        let text = format!("{} is {found}, beyond {}.", content.what, crate::number(content.limit));
        let red = self.severity == Severity::Red;
        let (tone, mut reason, action) = match (self.state, &content.acknowledged, &content.resolved) {
            (BreachState::Open, ..) => {
                let stays = if red { "; a red one stays open until somebody does" } else { "" };
                let why = format!("Nobody looks after it yet{stays}");
                (if red { Tone::Bad } else { Tone::Warn }, why, may.acknowledge.then_some("acknowledge_breach"))
            }
            (BreachState::Acknowledged, Some(Answered { reason, by, .. }), _) => {
                (Tone::Warn, format!("{by}: {reason}"), may.resolve.then_some("resolve_breach"))
            }
            (BreachState::Resolved, _, Some(Answered { reason, by, .. })) => {
                (Tone::Idle, format!("{by}: {reason}"), None)
            }
            _ => (Tone::Warn, String::new(), None),
        };
        if let Some(muted) = content.muted.as_ref().filter(|_| self.is_muted(now)) {
            reason = format!("{reason}; alerts are hidden until {} by {}: {}", muted.until, muted.by, muted.reason);
        }
        let text = if self.is_open() { text } else { format!("{} is over.", content.what) };
        Next { tone, text, reason, action }
    }
}

fn was(answered: Option<&Answered>, reason: &str, by: &PersonId) -> bool {
    answered.is_some_and(|answered| answered.by == by.0 && answered.reason == reason.trim())
}
