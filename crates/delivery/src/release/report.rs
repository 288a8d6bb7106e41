//! What the platform's steps say of an exported model. They judge nothing; the gate policy does.
use super::compose::{EXPORT, REQUIRED};
use super::error::Result;
use crate::Context;
use monitoring::Report;
use runs::protocol::{Output, OutputKind};
use runs::steps::{Step, StepState};

/// Returns what step `name` says in its report, or why there is none.
///
/// # Errors
/// The store's, where the report's bytes are gone.
pub async fn report_of(cx: &Context, steps: &[Step], name: &str) -> Result<std::result::Result<Report, String>> {
    let Some(step) = steps.iter().find(|step| step.name == name) else {
        return Ok(Err(why_not_judged(steps).unwrap_or_else(|| format!("its run has no step `{name}`"))));
    };
    Ok(Report::of(&cx.runs, step).await?)
}

/// Returns the model that the repository's step exported; nothing before that step succeeded.
pub fn onnx_of(steps: &[Step]) -> Option<Output> {
    let step = steps.iter().find(|step| step.name == EXPORT && step.state == StepState::Succeeded)?;
    step.outputs.get("onnx").copied().filter(|output| output.kind == OutputKind::File)
}

/// Returns why nothing can be cut of a run, whatever it makes; nothing if the platform's steps stand in it.
pub fn why_not_judged(steps: &[Step]) -> Option<String> {
    let judged = REQUIRED.iter().all(|name| steps.iter().any(|step| step.name == *name));
    let why = "the pipeline has no step `export` with the outputs `onnx` and `rows`: there is no model to judge";
    (!judged).then(|| why.to_owned())
}
