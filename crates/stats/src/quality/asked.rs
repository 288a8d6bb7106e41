use crate::StatsError;
use crate::error::wrong;
use crate::names::hint;
use kernels::quality::{CostMatrix, Gaps};
use std::collections::HashSet;

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

impl Costs {
    /// Returns costs by name: of a binary task by outcome (`true_positive`, `false_positive`, `false_negative`, `true_negative`; one that
    /// is not named costs nothing), of a task of classes by truth and prediction.
    ///
    /// - **Errors**: [`StatsError::Argument`] for another outcome, one that is named twice, or names that do not fit the task.
    pub fn of_names(task: &Task, named: &[(Vec<String>, f64)]) -> Result<Self, StatsError> {
        let mut seen = HashSet::new();
        if let Some((twice, _)) = named.iter().find(|(names, _)| !seen.insert(names)) {
            return Err(wrong("costs", format!("of `{}` twice", twice.join("`, `")), "one cost of each"));
        }
        match task {
            Task::Binary { .. } => {
                let mut costs = CostMatrix::default();
                for (names, cost) in named {
                    *outcome(&mut costs, names)? = *cost;
                }
                Ok(Self::Binary(costs))
            }
            Task::Multiclass => {
                let one = |(names, cost): &(Vec<String>, f64)| match &names[..] {
                    [truth, prediction] => {
                        Ok(ClassCost { truth: truth.clone(), prediction: prediction.clone(), cost: *cost })
                    }
                    names => {
                        Err(wrong("costs", format!("of `{}`", names.join("`, `")), "pairs of truth and prediction"))
                    }
                };
                Ok(Self::Classes(named.iter().map(one).collect::<Result<_, _>>()?))
            }
            other => Err(wrong("costs", "given", format!("none, for the task is `{}`", other.name()))),
        }
    }
}

/// The cost of an outcome.
fn outcome<'a>(costs: &'a mut CostMatrix, names: &[String]) -> Result<&'a mut f64, StatsError> {
    let all = [
        ("true_positive", &mut costs.true_positive),
        ("false_positive", &mut costs.false_positive),
        ("false_negative", &mut costs.false_negative),
        ("true_negative", &mut costs.true_negative),
    ];
    let known = all.each_ref().map(|(name, _)| *name);
    let found = all.into_iter().find(|(name, _)| names == [*name]).map(|(_, cost)| cost);
    found.ok_or_else(|| {
        let asked = names.join("`, `");
        wrong("costs", format!("of `{asked}`"), format!("an outcome: {}", hint(&asked, known)))
    })
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
    /// The ids of metrics; none for all that the task has. Curves, tables and calibration are those that the metrics rest on. A metric
    /// that is named is in the report, with its number or a reason, and without its number the report is not computable.
    pub metrics: Option<Vec<String>>,
    /// Whether metrics have intervals.
    pub interval: Option<Interval>,
    /// What decisions cost; gives the metric `cost`, per row, and the threshold of the least cost.
    pub costs: Option<Costs>,
    /// Binary: at this score and above a row is predicted positive. Only where there is no column of predictions.
    pub threshold: Option<f64>,
    /// Regression: the quantile that predictions are of; gives the metric `mean_pinball_loss`.
    pub quantile: Option<f64>,
    /// Ranking: how many of the first places the metrics that end in `_at_k` are of.
    pub k: usize,
    /// Bins of the reliability curve.
    pub bins: usize,
    /// Points of a curve at most.
    pub points: usize,
    /// Thresholds, ascending, of slices that are numbers: `≤ 25`, `> 25 ≤ 40`, `> 40` for 25 and 40. Without them each value is a slice.
    pub slice_bins: Vec<(String, Vec<f64>)>,
    /// Rows that a slice must have, or it has no metrics.
    pub least_rows: u64,
    /// What a mean over classes does with a class that has no number. [`Gaps::Zero`] as in scikit-learn and the managed monitor:
    /// leaving a class out would reward a model for never predicting it.
    pub gaps: Gaps,
}

impl Asked {
    /// Returns the usual questions about a task: all metrics, no intervals, `k` of 10, 10 bins, 200 points, slices of 30 rows.
    pub fn of(task: Task) -> Self {
        Self {
            task,
            metrics: None,
            interval: None,
            costs: None,
            threshold: None,
            quantile: None,
            k: 10,
            bins: 10,
            points: 200,
            slice_bins: Vec::new(),
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
        check_count("k", self.k as u64, 1, u64::from(u32::MAX))?;
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
