//! Quality of a model, measured and estimated.
use crate::data::Data;
use crate::error::raised;
use crate::report::Report;
use crate::run::compute;
use pyo3::prelude::*;
use stats::quality::{Asked, Costs, EstimateAsked, Interval, Method, Names, ScoreName, Task};
use stats::{Run, StatsError};

/// Returns how good predictions and scores are. `score` are columns and the classes that they are of; `slices` parts the rows, columns
/// of numbers at the thresholds in `slice_bins`; `costs` are
/// by outcome, or by truth and prediction.
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
#[pyfunction]
#[pyo3(signature = (columns, *, prediction, score, query, weights, slices, slice_bins, task, positive, metrics, interval, costs, threshold, quantile, k, threads))]
pub(crate) fn quality(
    py: Python<'_>,
    columns: &Data,
    prediction: Option<String>,
    score: Vec<(String, Option<String>)>,
    query: Option<String>,
    weights: Option<String>,
    slices: Option<&Data>,
    slice_bins: Vec<(String, Vec<f64>)>,
    task: &str,
    positive: Option<String>,
    metrics: Option<Vec<String>>,
    interval: Option<(f64, u64, u64)>,
    costs: Option<Vec<(Vec<String>, f64)>>,
    threshold: Option<f64>,
    quantile: Option<f64>,
    k: usize,
    threads: usize,
) -> PyResult<Report> {
    let task = Task::of_name(task, positive).map_err(|error| raised(&error))?;
    let costs = costs.map(|named| Costs::of_names(&task, &named)).transpose().map_err(|error| raised(&error))?;
    let mut asked = Asked { metrics, costs, threshold, quantile, k, slice_bins, ..Asked::of(task) };
    asked.interval = interval.map(|(confidence, replicates, seed)| Interval { confidence, replicates, seed });
    let truth = "truth".to_owned();
    let names = Names { truth, prediction, scores: names_of(score), query, weights, slices: Vec::new() };
    let (columns, slices) = (&columns.0, slices.map(|slices| &slices.0));
    let found = compute(py, threads, |run| {
        let mut inputs = stats::quality::read_inputs(columns, &names, run)?;
        inputs.slices = slices.map(|slices| read_all(slices, run)).transpose()?.unwrap_or_default();
        stats::quality::quality_on(&inputs, &asked, run)
    })?;
    Ok(Report(Box::new(found)))
}

/// Returns how good predictions may be expected to be.
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
#[pyfunction]
#[pyo3(signature = (reference, current, *, method, truth, prediction, score, positive, features, threads))]
pub(crate) fn estimate(
    py: Python<'_>,
    reference: &Data,
    current: &Data,
    method: &str,
    truth: String,
    prediction: Option<String>,
    score: Vec<(String, Option<String>)>,
    positive: Option<String>,
    features: Option<Vec<String>>,
    threads: usize,
) -> PyResult<Report> {
    let method = Method::of_name(method).map_err(|error| raised(&error))?;
    let known = EstimateAsked::of(method, &truth);
    let asked = EstimateAsked { prediction, scores: names_of(score), positive, features, ..known };
    let (reference, current) = (&reference.0, &current.0);
    let found = compute(py, threads, |run| stats::quality::estimate(reference, current, &asked, run))?;
    Ok(Report(Box::new(found)))
}

fn names_of(score: Vec<(String, Option<String>)>) -> Vec<ScoreName> {
    score.into_iter().map(|(column, class)| ScoreName { column, class }).collect()
}

fn read_all(data: &stats::Data, run: &Run<'_>) -> Result<Vec<stats::Column>, StatsError> {
    let schema = data.schema();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    stats::read_columns(data, &names, run)
}
