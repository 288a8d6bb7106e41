//! How long runs and the starts of steps take.
use super::compare::median;
use super::gather::Known;
use super::marks::Span;
use super::view::RunTimeView;
use base::Timestamp;
use db::{Result, Tx};
use runs::steps::{Step, StepKind, StepState};
use runs::{Reason, Run, RunState};

/// How many of the newest runs are looked into for their steps.
const MOST_RUNS: usize = 50;
/// How many starts of attempts.
const MOST_STARTS: u64 = 2_000;

/// What was measured, one list of seconds each.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    train: Vec<f64>,
    provision: Vec<f64>,
    score: Vec<f64>,
    step_start: Vec<f64>,
}

impl Times {
    /// Adds those of another project.
    pub(super) fn extend(&mut self, other: Self) {
        self.train.extend(other.train);
        self.provision.extend(other.provision);
        self.score.extend(other.score);
        self.step_start.extend(other.step_start);
    }

    /// Returns the medians.
    pub(super) fn views(&self) -> Vec<RunTimeView> {
        let all = [
            ("train", &self.train),
            ("provision", &self.provision),
            ("score", &self.score),
            ("step_start", &self.step_start),
        ];
        let view = |(what, seconds): (&str, &Vec<f64>)| RunTimeView {
            what: what.to_owned(),
            median_s: median(&seconds.iter().map(|one| (*one, true)).collect::<Vec<_>>()),
            n: seconds.len(),
        };
        all.into_iter().map(view).collect()
    }
}

/// Returns how long the project's own steps of a release took together, from the first that began to the last that ended, those of
/// the platform left out; `None` where not all of them were computed: what came from the cache took no time.
pub(super) fn training(steps: &[Step]) -> Option<f64> {
    let own = steps.iter().filter(|step| !delivery::release::REQUIRED.contains(&step.name.as_str()));
    let spans = own.map(|step| {
        let done = step.kind == Some(StepKind::Executed) && step.state == StepState::Succeeded;
        done.then_some((step.started_at?, step.ended_at?))
    });
    let (began, ended): (Vec<_>, Vec<_>) = spans.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    Some(Span::new(began.into_iter().min()?, ended.into_iter().max()?).seconds())
}

/// Reads how long a project's runs took. Joins the transaction.
pub(super) async fn times(tx: &Tx, known: &Known) -> Result<Times> {
    let between = |from: Option<Timestamp>, to: Option<Timestamp>| Some(Span::new(from?, to?).seconds());
    let done = |run: &&Run| run.state == RunState::Succeeded;
    let mut times = Times::default();
    let trained = known.runs.iter().rev().filter(done).filter(|run| run.why == Reason::Release).take(MOST_RUNS);
    for run in trained {
        let steps = runs::steps_of(tx, &run.id).await?;
        times.train.extend(training(&steps));
    }
    let scored = known.runs.iter().filter(done).filter(|run| run.why == Reason::Batch);
    times.score.extend(scored.filter_map(|run| between(run.started_at, run.ended_at)));
    times.provision.extend(between(Some(known.project.created_at), known.project.available_at));
    let starts = runs::starts_of(tx, &known.project.id, MOST_STARTS).await?;
    times.step_start.extend(starts.into_iter().map(|(planned, claimed)| Span::new(planned, claimed).seconds()));
    Ok(times)
}
