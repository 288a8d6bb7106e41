//! Which metrics each task has, and which of them are asked for.
use super::binary::binning_id;
use super::{Asked, Metric, Task, ranking};
use crate::StatsError;
use crate::error::wrong;
use crate::names::hint;
use kernels::Reason;
use kernels::quality::{
    Binning, ClassConfusion, ClassScores, Confusion, Gaps, Metrics, ProbabilitySums, QuantityRows, Ranked,
};
use std::collections::BTreeSet;

/// Metrics that come from one look at the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Predicted classes, or quantities, against the truth.
    Predictions,
    /// Medians of quantities.
    Medians,
    /// Scores as probabilities.
    Probabilities,
    /// The order of scores.
    Order,
    /// Scores of classes, as probabilities and by their order.
    ClassScores,
    /// What was said against what came true, in bins.
    Calibration,
    /// What decisions cost.
    Costs,
    /// A predicted quantile.
    Quantile,
    /// The order of items.
    Items,
}

impl Part {
    /// Why its metrics are not there.
    fn reason(self) -> Reason {
        let what = match self {
            Self::Predictions | Self::Medians => "there are no predictions",
            Self::Probabilities | Self::Order | Self::ClassScores | Self::Calibration | Self::Items => {
                "there are no scores"
            }
            Self::Costs => "there are no predictions, or no `costs`",
            Self::Quantile => "there is no `quantile`",
        };
        Reason::Undefined(what.to_owned())
    }
}

/// The metrics that are asked for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// By part; none for all that there are.
    ids: Option<BTreeSet<(Part, &'static str)>>,
}

impl Wanted {
    /// Finds out what is asked for.
    ///
    /// - **Errors**: [`StatsError::Argument`] for a metric that the task does not have, with the one that is nearest.
    pub fn of(asked: &Asked) -> Result<Self, StatsError> {
        let Some(names) = &asked.metrics else { return Ok(Self { ids: None }) };
        if names.is_empty() {
            return Err(wrong("metrics", "empty", "one metric or more, or none at all for all of them"));
        }
        let known = parts(&asked.task);
        let one = |name: &String| {
            known.iter().find(|(_, id)| id == name).copied().ok_or_else(|| {
                let hint = hint(name, known.iter().map(|(_, id)| *id));
                wrong("metrics", format!("`{name}`"), format!("a metric of the task `{}`: {hint}", asked.task.name()))
            })
        };
        Ok(Self { ids: Some(names.iter().map(one).collect::<Result<_, _>>()?) })
    }

    /// Whether any metric of this part is.
    pub fn needs(&self, part: Part) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.iter().any(|(of, _)| *of == part))
    }

    /// Whether this metric is.
    pub fn has(&self, id: &str) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.iter().any(|(_, wanted)| *wanted == id))
    }

    /// Returns those of the metrics that are.
    pub fn of_all(&self, mut metrics: Metrics) -> Metrics {
        metrics.retain(|(id, _)| self.has(id));
        metrics
    }

    /// Returns every metric of a task, each with what has to be done for it where it is not there.
    pub fn possible(asked: &Asked) -> Vec<(&'static str, String)> {
        let is_named = |id: &str| asked.metrics.as_ref().is_none_or(|names| names.iter().any(|name| name == id));
        let one = |(part, id): (Part, &'static str)| {
            (id, if is_named(id) { part.reason().to_string() } else { "name it in `metrics`".to_owned() })
        };
        parts(&asked.task).into_iter().map(one).collect()
    }

    /// Returns the metrics that are asked for and are not among these, each with its reason.
    pub fn lacking(&self, found: &[Metric]) -> Vec<Metric> {
        let is_lacking = |id: &str| found.iter().all(|metric| metric.id != id);
        let ids = self.ids.iter().flatten().filter(|(_, id)| is_lacking(id));
        ids.map(|&(part, id)| Metric { id, value: Err(part.reason()), interval: None }).collect()
    }
}

/// Returns every metric of a task. What computes them is asked of no rows, so that their names stand in one place each.
fn parts(task: &Task) -> Vec<(Part, &'static str)> {
    let calibration: Vec<&'static str> = vec![binning_id(Binning::EqualWidth), binning_id(Binning::EqualFrequency)];
    let all: Vec<(Part, Vec<&'static str>)> = match task {
        Task::Binary { .. } => {
            let none = Confusion::default();
            vec![
                (Part::Predictions, ids(none.metrics())),
                (Part::Probabilities, ids(ProbabilitySums::default().metrics())),
                (Part::Order, ids(Ranked::default().metrics())),
                (Part::Predictions, ids(none.best_constant_metrics())),
                (Part::Costs, vec!["cost"]),
                (Part::Calibration, calibration),
            ]
        }
        Task::Multiclass => {
            let none = ClassConfusion::default();
            let scores = ClassScores::of(&[], &[&[], &[]], None).and_then(|scores| scores.metrics(&[]));
            vec![
                (Part::Predictions, ids(none.metrics(Gaps::Zero))),
                (Part::ClassScores, ids(scores.unwrap_or_default())),
                (Part::Predictions, ids(none.best_constant_metrics())),
                (Part::Costs, vec!["cost"]),
                (Part::Calibration, calibration),
            ]
        }
        Task::Regression => {
            let rows = QuantityRows::of(&[], &[], &[], None);
            let of =
                |metrics: fn(&QuantityRows) -> _| rows.as_ref().ok().and_then(metrics).map(ids).unwrap_or_default();
            vec![
                (Part::Predictions, of(|rows| rows.means(&[]).ok())),
                (Part::Medians, of(|rows| rows.medians(&[]).ok())),
                (Part::Quantile, vec!["mean_pinball_loss"]),
            ]
        }
        Task::Ranking => vec![(Part::Items, ranking::ids().collect())],
    };
    all.into_iter().flat_map(|(part, ids)| ids.into_iter().map(move |id| (part, id))).collect()
}

fn ids(metrics: Metrics) -> Vec<&'static str> {
    metrics.into_iter().map(|(id, _)| id).collect()
}
