//! Drift between two tables.
use crate::data::Data;
use crate::error::raised;
use crate::profile::Profile;
use crate::report::Report;
use crate::run::compute;
use pyo3::prelude::*;
use stats::drift::Asked;

/// One side: a table, or its profile.
#[derive(FromPyObject)]
pub(crate) enum Side<'py> {
    Profile(Bound<'py, Profile>),
    Data(Bound<'py, Data>),
}

impl Side<'_> {
    fn get(&self) -> stats::drift::Side<'_> {
        match self {
            Self::Profile(profile) => stats::drift::Side::Profile(&profile.get().0),
            Self::Data(data) => stats::drift::Side::Data(&data.get().0),
        }
    }
}

/// Compares two tables.
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
#[pyfunction]
#[pyo3(signature = (reference, current, *, columns, tests, domain_classifier, alpha, seed, threads))]
pub(crate) fn drift(
    py: Python<'_>,
    reference: Side<'_>,
    current: Side<'_>,
    columns: Option<Vec<String>>,
    tests: Option<Vec<String>>,
    domain_classifier: Option<bool>,
    alpha: f64,
    seed: u64,
    threads: usize,
) -> PyResult<Report> {
    let mut asked = Asked { columns, tests: None, domain_classifier, alpha, seed };
    if let Some(ids) = tests {
        asked = asked.with_tests(ids.iter().map(String::as_str)).map_err(|error| raised(&error))?;
    }
    let (reference, current) = (reference.get(), current.get());
    let found = compute(py, threads, |run| stats::drift::drift(reference, current, &asked, run))?;
    Ok(Report(Box::new(found)))
}
