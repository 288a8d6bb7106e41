//! What quality may be expected of rows whose truth is not known yet.
mod cbpe;
mod dle;
mod report;

use super::asked::check_costs;
use super::{Costs, RowCounts, ScoreName, Task};
use crate::error::wrong;
use crate::{Column, Data, Run, StatsError, read_columns};
use kernels::Computed;
use kernels::quality::{Estimate, Gaps};

/// How quality is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Confidence-based performance estimation, of classifiers: from their scores. `kernels::quality::{Cbpe, ClassCbpe}`.
    Cbpe,
    /// Direct loss estimation, of predicted quantities: a second model learns how large errors are. `kernels::quality::dle`.
    Dle,
}

impl Method {
    /// Returns the method's name, as dictionaries and arguments have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cbpe => "cbpe",
            Self::Dle => "dle",
        }
    }

    /// Returns the method of a name.
    ///
    /// - **Errors**: [`StatsError::Argument`] for another name.
    pub fn of_name(name: &str) -> Result<Self, StatsError> {
        match name {
            "cbpe" => Ok(Self::Cbpe),
            "dle" => Ok(Self::Dle),
            other => Err(wrong("method", format!("`{other}`"), "`cbpe` (classifiers) or `dle` (quantities)")),
        }
    }
}

/// Which columns an estimate is from.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateAsked {
    /// How.
    pub method: Method,
    /// The column of the truth, in the reference. The current table need not have it, and it is not looked at there.
    pub truth: String,
    /// The column of predictions in both. CBPE may go without: then binary scores give ROC-AUC and average precision only, and of more
    /// classes the one of the highest score is the prediction.
    pub prediction: Option<String>,
    /// CBPE: one column of the probability of the positive class, or one for each class.
    pub scores: Vec<ScoreName>,
    /// CBPE with one score: the positive class, as [`Task::Binary`] has it.
    pub positive: Option<String>,
    /// DLE: what errors may depend on, beside the prediction; `None`: all other columns that both tables have.
    pub features: Option<Vec<String>>,
    /// CBPE: what decisions cost; gives the metric `cost`.
    pub costs: Option<Costs>,
    /// CBPE of several classes: what means do with a class that has no number.
    pub gaps: Gaps,
    /// Chooses the splits that calibration is tried on.
    pub seed: u64,
}

impl EstimateAsked {
    /// Returns the question with this truth; set the other fields.
    pub fn of(method: Method, truth: &str) -> Self {
        Self {
            method,
            truth: truth.to_owned(),
            prediction: None,
            scores: Vec::new(),
            positive: None,
            features: None,
            costs: None,
            gaps: Gaps::Zero,
            seed: 0,
        }
    }

    fn check(&self) -> Result<(), StatsError> {
        let given = |name: &str, given: bool| match given {
            true => Err(wrong(name, "given", format!("none, for the method is `{}`", self.method.name()))),
            false => Ok(()),
        };
        match self.method {
            Method::Cbpe => {
                given("features", self.features.is_some())?;
                if self.scores.is_empty() {
                    return Err(wrong(
                        "score",
                        "missing",
                        "a column of the positive class's probability, or one for each class",
                    ));
                }
                given("positive", self.positive.is_some() && self.scores.len() > 1)?;
                check_costs(self.costs.as_ref(), &self.task())
            }
            Method::Dle => {
                given("score", !self.scores.is_empty())?;
                given("positive", self.positive.is_some())?;
                given("costs", self.costs.is_some())?;
                match self.prediction {
                    Some(_) => Ok(()),
                    None => Err(wrong("prediction", "missing", "a column of numbers")),
                }
            }
        }
    }

    fn task(&self) -> Task {
        match (self.method, self.scores.len()) {
            (Method::Dle, _) => Task::Regression,
            (Method::Cbpe, 1) => Task::Binary { positive: self.positive.clone() },
            (Method::Cbpe, _) => Task::Multiclass,
        }
    }
}

/// What quality may be expected of the current rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimated {
    /// What was asked.
    pub asked: EstimateAsked,
    /// The metrics of the task.
    pub metrics: Vec<EstimatedMetric>,
    /// Rows of the reference.
    pub reference: RowCounts,
    /// Rows of the current table.
    pub current: RowCounts,
    /// CBPE: of each class with a score (of a binary task, the positive one) why its scores are taken as they are; `None`: they are
    /// calibrated.
    pub calibration: Vec<(String, Option<&'static str>)>,
    /// DLE: what errors were learnt from.
    pub features: Vec<String>,
    notes: Vec<String>,
}

/// An estimate, by the id that the metric has where the truth is known.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatedMetric {
    /// Its id.
    pub id: &'static str,
    /// The estimate with its band of three sampling errors, or why there is none.
    pub value: Computed<Estimate>,
    /// What the metric was on the reference.
    pub reference: Computed,
}

/// Estimates quality on `current`, whose truth is not known, by what is known of `reference`.
///
/// - **Assumes** that what scores or features say of errors holds as in the reference; the report says so, for it cannot be checked.
/// - **Errors**: [`StatsError::Argument`] and [`StatsError::NoColumn`] for what is missing or does not fit; files that cannot be read;
///   [`StatsError::Stopped`]. Odd data is none: its numbers have a reason.
/// - **Memory**: the columns that are used, read whole, several times over: of the order of 100 bytes a row and class, or feature.
pub fn estimate(
    reference: &Data,
    current: &Data,
    asked: &EstimateAsked,
    run: &Run<'_>,
) -> Result<Estimated, StatsError> {
    asked.check()?;
    match (asked.method, asked.scores.len()) {
        (Method::Dle, _) => dle::estimate(reference, current, asked, run),
        (Method::Cbpe, 1) => cbpe::estimate_binary(reference, current, asked, run),
        (Method::Cbpe, _) => cbpe::estimate_classes(reference, current, asked, run),
    }
}

/// The columns of one table, by what they are.
struct Columns {
    truth: Option<Column>,
    prediction: Option<Column>,
    /// Scores, or features.
    others: Vec<Column>,
    rows: u64,
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &Column> {
        self.truth.iter().chain(&self.prediction).chain(&self.others)
    }

    /// Reads them, each once; `others` with the argument that names them.
    fn read(
        data: &Data,
        truth: Option<&str>,
        prediction: Option<&str>,
        (argument, others): (&'static str, &[&str]),
        run: &Run<'_>,
    ) -> Result<Self, StatsError> {
        let single = truth.map(|name| ("truth", name)).into_iter().chain(prediction.map(|name| ("prediction", name)));
        let side = if truth.is_some() { "the reference" } else { "the current side" };
        data.check_columns(single.chain(others.iter().map(|name| (argument, *name)))).map_err(|error| match error {
            StatsError::NoColumn { argument, name, hint, .. } if data.is_in_memory() => {
                StatsError::NoColumn { argument, name, of: side.to_owned(), hint }
            }
            other => other,
        })?;
        let mut wanted: Vec<&str> = Vec::new();
        for name in truth.into_iter().chain(prediction).chain(others.iter().copied()) {
            if !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        let columns = read_columns(data, &wanted, run)?;
        let get =
            |name: &str| columns.iter().zip(&wanted).find(|(_, wanted)| **wanted == name).map(|found| found.0.clone());
        Ok(Self {
            truth: truth.and_then(get),
            prediction: prediction.and_then(get),
            others: others.iter().filter_map(|name| get(name)).collect(),
            rows: columns.first().map_or(0, Column::rows),
        })
    }
}
