use super::compare::{ENOUGH, interval_of_saving, median};
use super::model::{Measured, Outcome, Stage, standing_for};
use crate::baselines::{Baseline, Line};
use base::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One way through a stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockMeasured)]
pub struct MeasuredView {
    /// What it is of: `request r-7`.
    pub about: String,
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Null: it goes on, or ended on the way.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Whether it goes on; then it has taken at least so long.
    pub open: bool,
    /// Why it ended on the way; then nobody knows how long it would have taken.
    pub ended: Option<String>,
    /// Until it arrived, ended, or now.
    pub seconds: f64,
    /// Of these, waiting for people's decisions.
    pub people_s: f64,
    /// Of these, waiting for machines.
    pub machines_s: f64,
    /// The rest.
    pub working_s: f64,
    pub note: Option<String>,
}

/// A stage of a project. The first way through that arrived stands for it; else the first that goes on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockStageOfProject)]
pub struct StageView {
    pub stage: Stage,
    /// Between what it is measured.
    pub definition_from: String,
    pub definition_to: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Null where nothing is measured.
    pub seconds: Option<f64>,
    pub people_s: Option<f64>,
    pub machines_s: Option<f64>,
    pub working_s: Option<f64>,
    /// Whether nothing has arrived: then it has taken at least so long.
    pub open: bool,
    /// Why it is open, or not measured.
    pub note: Option<String>,
    pub measured: Vec<MeasuredView>,
}

/// How long something takes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClockRunTime)]
pub struct RunTimeView {
    /// `train`, `provision`, `score` or `step_start`.
    pub what: String,
    /// Null where there is none.
    pub median_s: Option<f64>,
    pub n: usize,
}

/// The clock of a project.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProjectClock)]
pub struct ClockView {
    pub project: String,
    pub title: String,
    pub stages: Vec<StageView>,
    pub run_times: Vec<RunTimeView>,
}

/// A stage beside a line of the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ClockComparison)]
pub struct ComparisonView {
    pub baseline_s: f64,
    /// How many cases the baseline is from.
    pub n: u64,
    pub source: String,
    pub definition_from: String,
    pub definition_to: String,
    /// Whether it measured what we measure; else the two numbers only stand beside each other.
    pub same_definition: bool,
    /// How much less it takes now.
    pub saving_s: Option<f64>,
    /// How many times faster.
    pub ratio: Option<f64>,
    /// The 95 % interval of the saving.
    pub saving_low_s: Option<f64>,
    pub saving_high_s: Option<f64>,
    /// What is not claimed, and why.
    pub note: Option<String>,
}

/// A stage over all projects that you may see.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ClockStageSummary)]
pub struct StageSummary {
    pub stage: Stage,
    /// These words in a baseline say that it measured the same.
    pub definition_from: String,
    pub definition_to: String,
    /// Of projects; open ones count as longer. Null where too many are open to say.
    pub median_s: Option<f64>,
    pub n: usize,
    /// How many of them are open.
    pub open: usize,
    pub comparisons: Vec<ComparisonView>,
}

/// The clock of a deployment: a page of projects, and every stage over all of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeploymentClock {
    pub items: Vec<ClockView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    pub total: u64,
    pub stages: Vec<StageSummary>,
    pub run_times: Vec<RunTimeView>,
    /// What may be said of the saving: a sentence per stage that the baseline defines as we do.
    pub headline: Vec<String>,
    /// Projects that the summary does not look at.
    pub left_out: u64,
}

impl From<&Measured> for MeasuredView {
    fn from(measured: &Measured) -> Self {
        let (to, ended) = match &measured.outcome {
            Outcome::Arrived(at) => (Some(*at), None),
            Outcome::Open => (None, None),
            Outcome::Ended(_, why) => (None, Some(why.clone())),
        };
        Self {
            about: measured.about.clone(),
            from: measured.span.from,
            to,
            open: measured.outcome == Outcome::Open,
            ended,
            seconds: measured.span.seconds(),
            people_s: measured.split.people_s,
            machines_s: measured.split.machines_s,
            working_s: measured.split.working_s,
            note: measured.note.clone(),
        }
    }
}

impl StageView {
    /// Returns a stage of a project from all that was measured.
    pub(super) fn of(stage: Stage, all: &[Measured]) -> Self {
        let own: Vec<Measured> = all.iter().filter(|one| one.stage == stage).cloned().collect();
        let standing = standing_for(&own).map(MeasuredView::from);
        let nothing = match stage {
            Stage::Find => "no look of a requester at a dataset is on record; looks are kept for 90 days",
            Stage::Access => "no access to read was asked for",
            Stage::Prove => "nothing was run in dev",
            Stage::Release => "no candidate was cut",
            Stage::Environment | Stage::Value => "nothing was measured",
        };
        let note = match &standing {
            None => Some(nothing.to_owned()),
            Some(one) => one.note.clone().or(one.ended.clone()),
        };
        let definition = stage.definition();
        Self {
            stage,
            definition_from: definition.from.to_owned(),
            definition_to: definition.to.to_owned(),
            from: standing.as_ref().map(|one| one.from),
            to: standing.as_ref().and_then(|one| one.to),
            seconds: standing.as_ref().map(|one| one.seconds),
            people_s: standing.as_ref().map(|one| one.people_s),
            machines_s: standing.as_ref().map(|one| one.machines_s),
            working_s: standing.as_ref().map(|one| one.working_s),
            open: standing.as_ref().is_none_or(|one| one.to.is_none()),
            note,
            measured: own.iter().map(MeasuredView::from).collect(),
        }
    }
}

impl ComparisonView {
    fn of(stage: Stage, line: &Line, durations: &[(f64, bool)]) -> Self {
        let (ours, same) = (median(durations), line.measures(stage));
        let interval = if same { interval_of_saving(durations, line.seconds()) } else { None };
        let both = ours.filter(|_| same);
        let note = match (same, ours) {
            (false, _) => Some("defined differently".to_owned()),
            (true, None) => Some("too many projects are open to say how long it takes".to_owned()),
            (true, Some(_)) if durations.len() < ENOUGH => {
                Some(format!("{} of {ENOUGH} projects that an interval needs", durations.len()))
            }
            (true, Some(_)) if interval.is_none() => {
                Some("the interval covers zero, or is open: no saving is claimed".to_owned())
            }
            (true, Some(_)) => None,
        };
        Self {
            baseline_s: line.seconds(),
            n: line.n,
            source: line.source.clone(),
            definition_from: line.definition_from.clone(),
            definition_to: line.definition_to.clone(),
            same_definition: same,
            saving_s: both.map(|ours| line.seconds() - ours),
            ratio: both.filter(|ours| *ours > 0.0).map(|ours| line.seconds() / ours),
            saving_low_s: interval.map(|(low, _)| low),
            saving_high_s: interval.map(|(_, high)| high),
            note,
        }
    }
}

impl StageSummary {
    /// Returns a stage over projects, beside what the baseline says of it.
    pub(super) fn of(stage: Stage, clocks: &[ClockView], baseline: Option<&Baseline>) -> Self {
        let stages = clocks.iter().flat_map(|clock| clock.stages.iter().filter(|one| one.stage == stage));
        let durations: Vec<(f64, bool)> =
            stages.filter_map(|one| one.seconds.map(|seconds| (seconds, !one.open))).collect();
        let lines = baseline.iter().flat_map(|baseline| baseline.lines.iter().filter(|line| line.stage == stage));
        let definition = stage.definition();
        Self {
            stage,
            definition_from: definition.from.to_owned(),
            definition_to: definition.to.to_owned(),
            median_s: median(&durations),
            n: durations.len(),
            open: durations.iter().filter(|(_, arrived)| !arrived).count(),
            comparisons: lines.map(|line| ComparisonView::of(stage, line, &durations)).collect(),
        }
    }

    /// Returns what may be said of the saving.
    pub(super) fn headline(&self) -> Vec<String> {
        let said = self.comparisons.iter().filter_map(|one| {
            let (ours, ratio) = (self.median_s?, one.ratio?);
            let numbers = format!(
                "{}: {} instead of {} (median of {} projects; {ratio:.1} times)",
                self.stage.as_str(),
                lasting(ours),
                lasting(one.baseline_s),
                self.n
            );
            Some(match (one.saving_low_s, one.saving_high_s) {
                (Some(low), Some(high)) if low > 0.0 => {
                    format!("{numbers}; saved {} to {} (95 %)", lasting(low), lasting(high))
                }
                (Some(low), Some(high)) => format!("{numbers}; {} to {} longer (95 %)", lasting(-high), lasting(-low)),
                _ => format!("{numbers}; no saving is claimed: {}", one.note.clone().unwrap_or_default()),
            })
        });
        said.collect()
    }
}

/// Returns a duration as people say it.
fn lasting(seconds: f64) -> String {
    let units = [(86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")];
    let fits = units.iter().find(|(size, _)| seconds >= 2.0 * size);
    fits.map_or_else(|| format!("{seconds:.0} seconds"), |(size, name)| format!("{:.1} {name}", seconds / size))
}
