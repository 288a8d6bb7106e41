//! What the platform's steps say of an exported model. They judge nothing; the gate policy does.
use super::compose::{EXPORT, REQUIRED};
use super::error::Result;
use crate::Context;
use runs::protocol::{Output, OutputKind};
use runs::steps::{Step, StepState};
use serde::{Deserialize, Serialize};

/// The largest report that is read.
const LARGEST: u64 = 1 << 20;
/// The most metrics of one.
const MOST: usize = 100;
/// The longest text in it.
const LONGEST: usize = 500;

/// What a step says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    pub metrics: Vec<Metric>,
    /// One sentence about all of it.
    pub note: String,
}

/// One number, with its 95 % interval where there is one; or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: String,
    pub group: Option<String>,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of how many rows.
    pub n: u64,
    pub reason: Option<String>,
}

impl Judged {
    /// Reads the text of a report; `None` if it is none, or says more than one may.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut read: Self = serde_json::from_slice(bytes).ok()?;
        if read.metrics.len() > MOST || !read.metrics.iter().all(Metric::is_sound) {
            return None;
        }
        read.note = crate::shown(&read.note, LONGEST);
        for metric in &mut read.metrics {
            metric.reason = metric.reason.take().map(|reason| crate::shown(&reason, LONGEST));
            metric.group = metric.group.take().map(|group| crate::shown(&group, 100));
        }
        Some(read)
    }
}

impl Metric {
    /// Returns whether it is named by a word, and holds either a number or the reason why not.
    fn is_sound(&self) -> bool {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let named = (1..=63).contains(&self.name.len()) && self.name.bytes().all(letter);
        let numbers = [self.value, self.low, self.high];
        named && self.value.is_some() != self.reason.is_some() && numbers.into_iter().flatten().all(f64::is_finite)
    }
}

/// Returns what step `name` says in its report, or why there is none.
///
/// # Errors
/// The store's, where the report's bytes are gone.
pub async fn report_of(cx: &Context, steps: &[Step], name: &str) -> Result<std::result::Result<Judged, String>> {
    let Some(step) = steps.iter().find(|step| step.name == name) else {
        return Ok(Err(why_not_judged(steps).unwrap_or_else(|| format!("its run has no step `{name}`"))));
    };
    if step.state != StepState::Succeeded {
        let why = step.why.clone().unwrap_or_default();
        return Ok(Err(format!("step `{name}` {}: {}", step.state, crate::shown(&why, 300))));
    }
    let Some(output) = step.outputs.get("report") else { return Ok(Err(format!("step `{name}` wrote no report"))) };
    let bytes = runs::read_output(&cx.runs, output, LARGEST).await?;
    let read = bytes.and_then(|bytes| Judged::read(&bytes));
    Ok(read.ok_or_else(|| format!("the report of step `{name}` cannot be read")))
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
