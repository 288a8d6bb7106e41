//! Runs as their viewers see them.
use super::service::{Shown, Why};
use super::{Reason, Run, RunState};
use crate::attempts::{Attempt, AttemptState, FailureKind};
use crate::cache::Compared;
use crate::engine::Capabilities;
use crate::pipelines;
use crate::protocol::{OutputKind, Usage};
use crate::steps::{Step, StepKind, StepState};
use base::{Next, Timestamp, Tone};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A run of a pipeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunView {
    pub id: String,
    pub project: String,
    /// `credit-risk/dev`.
    pub environment: String,
    pub pipeline: String,
    pub state: RunState,
    /// Why it was started.
    pub why: Reason,
    pub started_by: String,
    /// The branch or commit asked for; nothing for a pipeline without code.
    pub revision: Option<String>,
    pub commit: Option<String>,
    #[schema(value_type = Object)]
    pub parameters: BTreeMap<String, Value>,
    /// Why it failed, where no step says so.
    pub reason: Option<String>,
    pub cancelled_by: Option<String>,
    pub steps_total: i64,
    pub steps_done: i64,
    pub steps_failed: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What it runs on, and how steps are kept apart there.
    pub engine: Capabilities,
    /// In the order of the pipeline; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepView>>,
    pub next: Next,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    pub name: String,
    pub state: StepState,
    pub kind: Option<StepKind>,
    /// Why it waits, failed or was skipped.
    pub why: Option<String>,
    /// The run whose result it took.
    pub cached_from: Option<String>,
    /// The steps that it waits for.
    pub after: Vec<String>,
    /// What it reads, by name, as the pipeline says it.
    #[schema(value_type = Object)]
    pub inputs: BTreeMap<String, Value>,
    pub outputs: Vec<OutputView>,
    pub attempts: Vec<AttemptView>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// Something that a step wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutputView {
    pub name: String,
    pub kind: OutputKind,
    pub digest: String,
    pub size_bytes: u64,
}

/// One try of a step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttemptView {
    pub id: String,
    /// From 1 within the step.
    pub number: i64,
    pub state: AttemptState,
    pub failure: Option<FailureKind>,
    pub exit_code: Option<i32>,
    pub detail: Option<String>,
    pub usage: Option<Usage>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// Why a step ran, or did not have to: what its result depends on, beside the run before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KeyView {
    pub step: String,
    /// The answer in a sentence.
    pub sentence: String,
    /// The run that it is compared with.
    pub before: Option<String>,
    pub parts: Vec<Compared>,
    pub next: Next,
}

impl RunView {
    /// Returns a run without its steps.
    pub(super) fn brief(run: Run, engine: Capabilities, may_cancel: bool) -> Self {
        let next = run.next(may_cancel);
        let (revision, commit) = run.code.map(|code| (code.revision, code.commit)).unzip();
        Self {
            id: run.id.0,
            project: run.project.0,
            environment: run.environment.0,
            pipeline: run.pipeline,
            state: run.state,
            why: run.why,
            started_by: run.started_by.0,
            revision,
            commit,
            parameters: run.parameters,
            reason: run.reason,
            cancelled_by: run.cancelled_by.map(|by| by.0),
            steps_total: run.steps,
            steps_done: run.steps - run.open_steps,
            steps_failed: run.failed_steps,
            created_at: run.created_at,
            started_at: run.started_at,
            ended_at: run.ended_at,
            engine,
            steps: None,
            next,
        }
    }

    /// Returns a run with its steps.
    pub(super) fn of(shown: Shown, engine: Capabilities) -> Self {
        let mut attempts: BTreeMap<String, Vec<AttemptView>> = BTreeMap::new();
        for attempt in shown.attempts {
            attempts.entry(attempt.step.clone()).or_default().push(AttemptView::of(attempt));
        }
        let plan = shown.plan.as_ref();
        let steps = shown.steps.into_iter().map(|step| {
            let attempts = attempts.remove(&step.name).unwrap_or_default();
            let planned = plan.and_then(|plan| plan.graph.step(&step.name));
            StepView::of(step, planned, attempts)
        });
        let steps = Some(steps.collect());
        Self { steps, ..Self::brief(shown.run, engine, shown.may_cancel) }
    }
}

impl StepView {
    fn of(step: Step, planned: Option<&pipelines::Step>, attempts: Vec<AttemptView>) -> Self {
        let why = match step.state {
            StepState::Ready if step.why.is_none() => Some("waits for a CPU or for memory".to_owned()),
            _ => step.why,
        };
        let outputs = step.outputs.into_iter().map(|(name, output)| OutputView {
            name,
            kind: output.kind,
            digest: output.digest.to_string(),
            size_bytes: output.size_bytes,
        });
        let inputs = planned.map(|planned| planned.inputs.iter().map(|(name, input)| (name.clone(), input.to_json())));
        let after = planned.map(|planned| planned.waits_for().into_iter().map(ToOwned::to_owned).collect());
        Self {
            name: step.name,
            state: step.state,
            kind: step.kind,
            why,
            cached_from: step.cached_from.map(|run| run.0),
            after: after.unwrap_or_default(),
            inputs: inputs.map(Iterator::collect).unwrap_or_default(),
            outputs: outputs.collect(),
            attempts,
            started_at: step.started_at,
            ended_at: step.ended_at,
        }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        Self {
            id: attempt.id.0,
            number: attempt.number,
            state: attempt.state,
            failure: attempt.failure,
            exit_code: attempt.exit_code,
            detail: attempt.detail,
            usage: attempt.usage,
            created_at: attempt.created_at,
            claimed_at: attempt.claimed_at,
            ended_at: attempt.ended_at,
        }
    }
}

impl KeyView {
    pub(super) fn of(why: Why) -> Self {
        let sentence = sentence(&why);
        let (tone, _, label) = why.step.state.look();
        let reason = why.step.why.clone().unwrap_or_default();
        let next = Next { tone, text: format!("{label}."), reason, action: None };
        let next = if why.step.kind == Some(StepKind::CachedFrom) { Next { tone: Tone::Good, ..next } } else { next };
        let before = why.before.map(|run| run.0);
        Self { step: why.step.name, sentence, before, parts: why.parts, next }
    }
}

/// Says why a step ran, or did not have to.
fn sentence(why: &Why) -> String {
    let changed: Vec<&Compared> = why.parts.iter().filter(|part| !part.same).collect();
    match (&why.step.kind, &why.before, changed.as_slice()) {
        (Some(StepKind::CachedFrom), ..) => {
            let from = why.step.cached_from.as_ref().map_or("an earlier run", base::RunId::as_str);
            format!("It did not have to run: all that its result depends on is as it was in `{from}`.")
        }
        _ if why.parts.is_empty() => "What its result depends on is not known yet: it has not been ready.".to_owned(),
        _ if !why.cached => "It always runs: it says that it has effects outside its outputs.".to_owned(),
        (_, None, _) => "It runs because no run before it had this step.".to_owned(),
        (_, Some(before), []) => {
            format!(
                "All is as it was in `{before}`, whose result is not there to be taken: it failed, or its outputs are gone."
            )
        }
        (_, Some(before), changed) => {
            let named: Vec<String> = changed.iter().take(3).map(|part| what_changed(part)).collect();
            let more = if changed.len() > 3 { format!(" and {} more", changed.len() - 3) } else { String::new() };
            format!("It runs again because, since `{before}`, {}{more}.", named.join(", "))
        }
    }
}

fn what_changed(part: &Compared) -> String {
    let short = |text: &String| text.chars().count() <= 40 && !text.starts_with("sha256:");
    match (&part.before, &part.after) {
        (Some(before), Some(after))
            if short(before) && short(after) && part.part != "code" && part.part != "python" =>
        {
            format!("{} changed from `{before}` to `{after}`", part.part)
        }
        (Some(_), Some(_)) => format!("{} changed", part.part),
        (None, _) => format!("{} is new", part.part),
        (_, None) => format!("{} is gone", part.part),
    }
}
