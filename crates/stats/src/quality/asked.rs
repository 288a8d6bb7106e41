use super::wrong;
use crate::StatsError;
use kernels::quality::{CostMatrix, Gaps};

/// What a model says of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Yes or no. `positive` is the value that is a yes, as text; without it: true, or 1 where the others are 0 or −1.
    Binary { positive: Option<String> },
    /// One of several classes.
    Multiclass,
    /// A quantity.
    Regression,
    /// An order of the items of a query, by score; the truth is how relevant each is.
    Ranking,
}

impl Task {
    /// Returns the task's name, as dictionaries and arguments have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Binary { .. } => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
            Self::Ranking => "ranking",
        }
    }

    /// Returns the task of a name.
    ///
    /// - **Errors**: [`StatsError::Argument`] for another name, or a positive value where the task is not binary.
    pub fn of_name(name: &str, positive: Option<String>) -> Result<Self, StatsError> {
        let task = match name {
            "binary" => return Ok(Self::Binary { positive }),
            "multiclass" => Self::Multiclass,
            "regression" => Self::Regression,
            "ranking" => Self::Ranking,
            other => {
                return Err(wrong("task", format!("`{other}`"), "`binary`, `multiclass`, `regression` or `ranking`"));
            }
        };
        match positive {
            Some(value) => Err(wrong("positive", format!("`{value}`"), "none, unless the task is `binary`")),
            None => Ok(task),
        }
    }
}

/// The interval of every metric, by a bootstrap over rows (for rankings, over queries).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The share of replicates inside, above 0 and below 1.
    pub confidence: f64,
    /// How often rows are drawn anew: 1 to 100,000. An interval needs 2 / (1 − confidence), and deserves 1,000.
    pub replicates: u64,
    /// What the draws depend on, beside the places of rows.
    pub seed: u64,
}

impl Default for Interval {
    fn default() -> Self {
        Self { confidence: 0.95, replicates: 1_000, seed: 0 }
    }
}

/// What decisions cost, in any one unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Costs {
    /// Of a binary task.
    Binary(CostMatrix),
    /// Of a task of classes: each pair that is not free. Right ones are, unless they are named.
    Classes(Vec<ClassCost>),
}

/// What it costs to predict a class where another is true.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCost {
    /// The class in truth, as text.
    pub truth: String,
    /// The class predicted, as text.
    pub prediction: String,
    /// The cost; a gain is below 0.
    pub cost: f64,
}

/// What is asked of predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What they are of.
    pub task: Task,
    /// Whether metrics have intervals.
    pub interval: Option<Interval>,
    /// What decisions cost; gives the metric `cost`, per row, and the threshold of the least cost.
    pub costs: Option<Costs>,
    /// Binary: at this score and above a row is predicted positive. Only where there is no column of predictions.
    pub threshold: Option<f64>,
    /// Regression: the quantile that predictions are of; gives the metric `mean_pinball_loss`.
    pub quantile: Option<f64>,
    /// Ranking: how many places the metrics that end in `_at_k` are of.
    pub places: usize,
    /// Bins of the reliability curve.
    pub bins: usize,
    /// Points of a curve at most.
    pub points: usize,
    /// Rows that a slice must have, or it has no metrics.
    pub least_rows: u64,
    /// What a mean over classes does with a class that has no number. [`Gaps::Zero`] as in scikit-learn and the managed monitor:
    /// leaving a class out would reward a model for never predicting it.
    pub gaps: Gaps,
}

impl Asked {
    /// Returns the usual questions about a task: no intervals, 10 places, 10 bins, 200 points, slices of 30 rows.
    pub fn of(task: Task) -> Self {
        Self {
            task,
            interval: None,
            costs: None,
            threshold: None,
            quantile: None,
            places: 10,
            bins: 10,
            points: 200,
            least_rows: 30,
            gaps: Gaps::Zero,
        }
    }

    pub(super) fn check(&self) -> Result<(), StatsError> {
        if let Some(Interval { confidence, replicates, .. }) = self.interval {
            if !(confidence > 0.0 && confidence < 1.0) {
                return Err(wrong("confidence", confidence.to_string(), "a number between 0 and 1"));
            }
            check_count("replicates", replicates, 1, 100_000)?;
        }
        check_count("places", self.places as u64, 1, u64::from(u32::MAX))?;
        check_count("bins", self.bins as u64, 1, 10_000)?;
        check_count("points", self.points as u64, 2, 1_000_000)?;
        let binary = matches!(self.task, Task::Binary { .. });
        match self.threshold {
            Some(threshold) if !binary => {
                return Err(wrong("threshold", threshold.to_string(), "none, unless the task is `binary`"));
            }
            Some(threshold) if threshold.is_nan() => return Err(wrong("threshold", "NaN", "a number")),
            _ => {}
        }
        match self.quantile {
            Some(quantile) if self.task != Task::Regression => {
                return Err(wrong("quantile", quantile.to_string(), "none, unless the task is `regression`"));
            }
            Some(quantile) if !(0.0..=1.0).contains(&quantile) => {
                return Err(wrong("quantile", quantile.to_string(), "a number from 0 to 1"));
            }
            _ => {}
        }
        check_costs(self.costs.as_ref(), &self.task)
    }
}

fn check_count(name: &str, found: u64, least: u64, most: u64) -> Result<(), StatsError> {
    if (least..=most).contains(&found) {
        Ok(())
    } else {
        Err(wrong(name, found.to_string(), format!("a number from {least} to {most}")))
    }
}

/// Refuses costs of another task, or that are not finite.
pub(super) fn check_costs(costs: Option<&Costs>, task: &Task) -> Result<(), StatsError> {
    let each: Vec<f64> = match (costs, task) {
        (None, _) => return Ok(()),
        (Some(Costs::Binary(costs)), Task::Binary { .. }) => {
            vec![costs.true_positive, costs.false_positive, costs.false_negative, costs.true_negative]
        }
        (Some(Costs::Classes(costs)), Task::Multiclass) => costs.iter().map(|cost| cost.cost).collect(),
        (Some(_), Task::Binary { .. }) => {
            return Err(wrong("costs", "of pairs of classes", "those of the four outcomes of a binary task"));
        }
        (Some(_), Task::Multiclass) => {
            return Err(wrong("costs", "of the outcomes of a binary task", "those of pairs of classes"));
        }
        (Some(_), task) => return Err(wrong("costs", "given", format!("none, for the task is `{}`", task.name()))),
    };
    match each.iter().find(|cost| !cost.is_finite()) {
        Some(cost) => Err(wrong("costs", cost.to_string(), "finite numbers")),
        None => Ok(()),
    }
}
