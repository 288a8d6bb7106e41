//! The run that judges lint and unit tests: in *dev*, at the commit.
use super::error::Result;
use super::report::LARGEST;
use super::{CheckName, Report};
use crate::Context;
use base::{EnvironmentId, PersonId};
use runs::pipelines::Parameters;
use runs::steps::{Step, StepState};
use runs::{Code, NewRun, Pipeline, Reason};
use serde_json::json;

/// Runs the repository's tests in the repository's own environment; it judges nothing.
const TESTS: &str = include_str!("../../../../python/lockgate/src/lockgate/checks/pytest_run.py");
/// How long the tests may take, in seconds.
const TESTS_SECONDS: u64 = 1_800;
/// How long our own checks may take, in seconds.
const OURS_SECONDS: u64 = 300;

/// Returns the pipeline: `lint` and `unit` are platform steps, and the tests between them the only code of the repository that
/// runs. Those are never taken from the cache: a test that failed by chance must not fail for good.
pub(super) fn pipeline() -> Result<Pipeline> {
    let steps = json!([
        { "name": "lint", "run": { "platform": "lint" }, "outputs": ["report"], "timeout_s": OURS_SECONDS, "retries": 1 },
        { "name": "tests", "run": { "command": ["python", "-c", TESTS] }, "outputs": ["junit", "ended"], "cache": false,
          "timeout_s": TESTS_SECONDS, "memory_mib": 2_048 },
        { "name": "unit", "run": { "platform": "unit" }, "outputs": ["report"], "timeout_s": OURS_SECONDS, "retries": 1,
          "inputs": {
            "junit": { "step": "tests", "output": "junit" }, "ended": { "step": "tests", "output": "ended" } } },
    ]);
    let pipeline = json!({ "version": 1, "name": "checks", "steps": steps });
    Ok(Pipeline::of_the_platform(&pipeline).map_err(runs::Error::from)?)
}

/// Returns the run to be started for a commit.
pub(super) fn new_run(environment: EnvironmentId, commit: git::Commit, by: PersonId) -> Result<NewRun> {
    let code = Code { revision: commit.id.clone(), commit: commit.id, tree: commit.tree };
    let (pipeline, parameters) = (pipeline()?, Parameters::new());
    Ok(NewRun { environment, code: Some(code), pipeline, parameters, by, why: Reason::Checks })
}

/// Returns what a step's report says, or why there is none.
pub(super) async fn report_of(
    cx: &Context,
    steps: &[Step],
    name: CheckName,
) -> Result<std::result::Result<Report, String>> {
    let find = |name: &str| steps.iter().find(|step| step.name == name);
    let Some(step) = find(name.as_str()) else { return Ok(Err("its run has no such step".into())) };
    if step.state != StepState::Succeeded {
        // A test run that was cut off says more than that the step behind it was skipped.
        let before = find("tests").filter(|tests| name == CheckName::Unit && tests.state != StepState::Succeeded);
        let step = before.unwrap_or(step);
        let why = step.why.clone().unwrap_or_default();
        return Ok(Err(format!("step `{}` {}: {}", step.name, step.state, crate::shown(&why, 300))));
    }
    let Some(output) = step.outputs.get("report") else { return Ok(Err("it wrote no report".into())) };
    let bytes = runs::read_output(&cx.runs, output, LARGEST).await?;
    Ok(bytes.and_then(|bytes| Report::read(&bytes)).ok_or_else(|| "its report cannot be read".into()))
}
