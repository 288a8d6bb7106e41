use super::judge::{EvaluatedMetric, Verdict};
use crate::monitors::{Monitor, place};
use base::{DatasetId, EnvironmentId, Next, PersonId, ProjectId, Resource, RunId, Securable, TeamId, Timestamp};
use serde::{Deserialize, Serialize};

base::states! {
    /// How an evaluation goes, or ended.
    EvaluationState {
        Running "running" => Working "loader-2" "Evaluating" [end],
        Within "within" => Good "circle-check" "Within tolerance" [],
        Breached "breached" => Bad "alert-triangle" "Breached" [],
        NotComputable "not_computable" => Bad "help" "Not computable" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
    }
}

/// What is evaluated, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Looked {
    pub candidate: i64,
    pub model: String,
    pub version: i64,
    /// The version of the gate policy that it was judged by.
    pub policy: i64,
    pub capture: Option<DatasetId>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub metrics: Vec<EvaluatedMetric>,
    /// What was read, and what was left out.
    pub note: String,
}

/// One look of a monitor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub id: String,
    pub monitor: String,
    pub project: ProjectId,
    pub environment: EnvironmentId,
    pub endpoint: String,
    pub team: Option<TeamId>,
    pub state: EvaluationState,
    /// Why it could not be computed, or what failed; of a breach, what is beyond its limit.
    pub reason: Option<String>,
    /// Who asked for it; none where the schedule did.
    pub asked_by: Option<PersonId>,
    pub run: Option<RunId>,
    pub looked: Looked,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    #[serde(skip)]
    pub revision: i64,
}

impl Securable for Evaluation {
    fn resource(&self) -> Resource {
        place("evaluation", &self.id, &self.environment, self.team.as_ref())
    }
}

impl Evaluation {
    /// A monitor begins to look.
    pub fn begin(id: String, monitor: &Monitor, by: Option<&PersonId>, now: Timestamp) -> Self {
        let released = &monitor.released;
        let looked = Looked {
            candidate: released.candidate,
            model: released.model.clone(),
            version: released.version,
            policy: released.policy,
            capture: monitor.capture.clone(),
            from: now.plus_seconds(-3_600 * monitor.settings.window_h),
            until: now,
            metrics: Vec::new(),
            note: String::new(),
        };
        Self {
            id,
            monitor: monitor.id.clone(),
            project: monitor.project.clone(),
            environment: monitor.environment.clone(),
            endpoint: monitor.endpoint.clone(),
            team: monitor.team.clone(),
            state: EvaluationState::Running,
            reason: None,
            asked_by: by.cloned(),
            run: None,
            looked,
            started_at: now,
            ended_at: None,
            revision: 1,
        }
    }

    /// What was measured is judged. What has ended stays as it is.
    #[must_use]
    pub fn end(&self, verdict: &Verdict, policy: i64, note: &str, now: Timestamp) -> Self {
        let looked = Looked { metrics: verdict.metrics.clone(), policy, note: note.to_owned(), ..self.looked.clone() };
        self.ended(verdict.state, verdict.reason.clone(), looked, now)
    }

    /// Nothing was measured.
    #[must_use]
    pub fn without(&self, state: EvaluationState, reason: &str, now: Timestamp) -> Self {
        self.ended(state, Some(reason.to_owned()), self.looked.clone(), now)
    }

    fn ended(&self, state: EvaluationState, reason: Option<String>, looked: Looked, now: Timestamp) -> Self {
        if self.state != EvaluationState::Running {
            return self.clone();
        }
        Self { state, reason, looked, ended_at: Some(now), ..self.clone() }
    }

    /// Returns what its viewer should know.
    pub fn next(&self) -> Next {
        let (tone, ..) = self.state.look();
        let text = match self.state {
            EvaluationState::Running => "It is being evaluated.",
            EvaluationState::Within => "Within tolerance.",
            EvaluationState::Breached => "Beyond a limit.",
            EvaluationState::NotComputable => {
                "It could not be computed: nobody knows whether the model keeps its promises."
            }
            EvaluationState::Failed => "The evaluation failed.",
        };
        let reason = match &self.reason {
            Some(reason) => reason.clone(),
            None => self.looked.note.clone(),
        };
        Next { tone, text: text.to_owned(), reason, action: None }
    }
}
