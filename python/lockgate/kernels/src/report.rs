//! What was computed, as it is shown.
use pyo3::prelude::*;
use stats::Outcome;

/// What was computed, ready to be shown.
#[pyclass(frozen, module = "lockgate._kernels")]
pub(crate) struct Report(pub(crate) Box<dyn stats::Report + Send + Sync>);

#[pymethods]
impl Report {
    /// Returns the public dictionary, as JSON.
    fn json(&self, py: Python<'_>) -> String {
        py.detach(|| self.0.to_json().to_string())
    }

    /// Returns the report for a terminal of so many columns.
    fn text(&self, width: usize) -> String {
        stats::to_text(self.0.as_ref(), width)
    }

    /// Returns the report for a merge request.
    fn markdown(&self) -> String {
        stats::to_markdown(self.0.as_ref())
    }

    /// Returns the report as a piece of HTML.
    fn html(&self) -> String {
        stats::to_html(self.0.as_ref())
    }

    /// Returns what the exit code of the command line says, in a word.
    fn outcome(&self) -> &'static str {
        match self.0.outcome() {
            Outcome::Within => "within",
            Outcome::Breached => "breached",
            Outcome::NotComputable => "not_computable",
        }
    }
}
