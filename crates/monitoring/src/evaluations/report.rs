//! What the platform's step measured. It judges nothing.
use crate::Context;
use crate::error::Result;
use runs::steps::{Step, StepState};
use serde::Deserialize;

/// The step, and its output.
pub(super) const STEP: &str = "monitor";
pub(super) const REPORT: &str = "report";
/// The largest report that is read.
const LARGEST: u64 = 1 << 20;
/// The most metrics of one.
const MOST: usize = 1_000;
/// The longest text in it.
const LONGEST: usize = 500;

/// What a step says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Report {
    pub metrics: Vec<Metric>,
    /// What was read, and what was left out.
    pub note: String,
}

/// One number, with its 95 % interval where there is one; or why there is none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Metric {
    pub name: String,
    /// The column that it is of.
    pub group: Option<String>,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Of how many rows.
    pub n: u64,
    pub reason: Option<String>,
}

impl Report {
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

/// Returns what the step of an evaluation says, or why there is nothing.
pub(super) async fn report_of(cx: &Context, steps: &[Step]) -> Result<std::result::Result<Report, String>> {
    let Some(step) = steps.iter().find(|step| step.name == STEP) else {
        return Ok(Err("its run has no step that measures".to_owned()));
    };
    if step.state != StepState::Succeeded {
        let why = step.why.as_deref().unwrap_or("no reason is known");
        return Ok(Err(format!("what measures {}: {}", step.state, crate::shown(why, 300))));
    }
    let Some(output) = step.outputs.get(REPORT) else { return Ok(Err("it wrote no report".to_owned())) };
    let bytes = runs::read_output(&cx.runs, output, LARGEST).await?;
    Ok(bytes.and_then(|bytes| Report::read(&bytes)).ok_or_else(|| "its report cannot be read".to_owned()))
}
