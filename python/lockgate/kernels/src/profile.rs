//! Profiles of tables.
use crate::data::Data;
use crate::error::raised;
use crate::report::Report;
use crate::run::compute;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// What is known of a table.
#[pyclass(frozen, module = "lockgate._kernels")]
pub(crate) struct Profile(pub(crate) stats::profile::Profile);

#[pymethods]
impl Profile {
    /// Reads `to_bytes`.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        py.detach(|| stats::profile::Profile::from_bytes(bytes)).map(Self).map_err(|error| raised(&error))
    }

    /// Returns the profile as bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.0.to_bytes());
        PyBytes::new(py, &bytes)
    }

    /// Returns what is known of both.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        py.detach(|| {
            let mut both = self.0.clone();
            both.merge(other.0.clone()).map_err(|error| raised(&error))?;
            Ok(Self(both))
        })
    }

    /// Returns the profile as it is shown.
    fn report(&self) -> Report {
        Report(Box::new(self.0.clone()))
    }
}

/// Profiles these partitions of a table, from one up to but not including another, or all of them.
#[pyfunction]
#[pyo3(signature = (data, *, seed, partitions, threads))]
pub(crate) fn profile(
    py: Python<'_>,
    data: &Data,
    seed: u64,
    partitions: Option<(u64, u64)>,
    threads: usize,
) -> PyResult<Profile> {
    let partitions = partitions.map(|(from, to)| from..to);
    compute(py, threads, |run| stats::profile::profile(&data.0, seed, partitions, run)).map(Profile)
}
