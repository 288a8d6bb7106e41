//! Bias between the groups of protected columns.
use crate::data::Data;
use crate::report::Report;
use crate::run::compute;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use stats::bias::{Asked, Chosen, Compat};

/// Some values of a column, as texts, or a threshold.
#[derive(FromPyObject)]
pub(crate) enum Picked {
    Above(f64),
    Values(Vec<String>),
}

impl From<Picked> for Chosen {
    fn from(picked: Picked) -> Self {
        match picked {
            Picked::Above(threshold) => Self::Above(threshold),
            Picked::Values(values) => Self::Values(values),
        }
    }
}

/// Compares the groups of protected columns.
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
#[pyfunction]
#[pyo3(signature = (data, *, facet, disadvantaged, bins, label, positive, prediction, group, features, metrics, min_group, compat, confidence, threads))]
pub(crate) fn bias(
    py: Python<'_>,
    data: &Data,
    facet: Vec<String>,
    disadvantaged: Option<Picked>,
    bins: Vec<(String, Vec<f64>)>,
    label: String,
    positive: Picked,
    prediction: Option<String>,
    group: Option<String>,
    features: Vec<String>,
    metrics: Option<Vec<String>>,
    min_group: u64,
    compat: Option<&str>,
    confidence: f64,
    threads: usize,
) -> PyResult<Report> {
    let compat = match compat {
        None => None,
        Some("clarify") => Some(Compat::Clarify),
        Some(other) => {
            return Err(PyValueError::new_err(format!("`compat` is `{other}`: expected `clarify`, or none")));
        }
    };
    let least = Asked::new(&[], &label, positive.into());
    let disadvantaged = disadvantaged.map(Chosen::from);
    let asked = Asked {
        facet,
        disadvantaged,
        bins,
        prediction,
        group,
        features,
        metrics,
        min_group,
        compat,
        confidence,
        ..least
    };
    let data = &data.0;
    compute(py, threads, |run| stats::bias::bias(data, &asked, run)).map(|found| Report(Box::new(found)))
}
