//! From what was measured to a verdict, by tolerances. Beyond amber or red is a breach; where a limited metric has no number and nobody
//! excused it, nothing is within.
use super::EvaluationState;
use crate::breaches::Severity;
use crate::report::Metric;
use crate::tolerances::{Better, METRICS, Tolerance, number};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

base::states! {
    /// How a metric was judged.
    MetricVerdict {
        Within "within" => Good "circle-check" "Within" [],
        Amber "amber" => Warn "alert-triangle" "Amber" [],
        Red "red" => Bad "alert-triangle" "Red" [],
        NotComputable "not_computable" => Bad "help" "Not computable" [],
        NoLimit "no_limit" => Idle "circle-dashed" "No limit" [],
    }
}

/// The one metric that is reported of numbers alone: a model without any has none.
const OF_NUMBERS: &str = "ks";
/// How many reasons an evaluation repeats.
const MOST_SAID: usize = 3;

/// A metric with the limits that it was judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvaluatedMetric {
    /// `psi`.
    pub name: String,
    /// The column that it is of; null where it is of all rows.
    pub column: Option<String>,
    /// Null where it could not be computed.
    pub value: Option<f64>,
    /// The lower end of the 95 % interval.
    pub low: Option<f64>,
    /// The upper end of it.
    pub high: Option<f64>,
    /// How many rows it was computed from.
    pub n: u64,
    /// Which way is better; null where the policy says nothing of it.
    pub better: Option<Better>,
    /// Beyond this it is an amber breach.
    pub amber: Option<f64>,
    /// Beyond this it is a red one.
    pub red: Option<f64>,
    pub verdict: MetricVerdict,
    /// Why it has no value.
    pub reason: Option<String>,
}

impl EvaluatedMetric {
    fn of(metric: Metric, tolerances: &[Tolerance]) -> Self {
        let tolerance = tolerances.iter().find(|one| one.metric == metric.name);
        let verdict = match (metric.value, tolerance) {
            (None, _) => MetricVerdict::NotComputable,
            (Some(_), None) => MetricVerdict::NoLimit,
            (Some(value), Some(limit)) if limit.better.is_beyond(value, limit.red) => MetricVerdict::Red,
            (Some(value), Some(limit)) if limit.better.is_beyond(value, limit.amber) => MetricVerdict::Amber,
            (Some(_), Some(_)) => MetricVerdict::Within,
        };
        Self {
            name: metric.name,
            column: metric.group,
            value: metric.value,
            low: metric.low,
            high: metric.high,
            n: metric.n,
            better: tolerance.map(|one| one.better),
            amber: tolerance.map(|one| one.amber),
            red: tolerance.map(|one| one.red),
            verdict,
            reason: metric.reason,
        }
    }

    /// Returns how far it is beyond its limits, if it is.
    pub fn severity(&self) -> Option<Severity> {
        match self.verdict {
            MetricVerdict::Amber => Some(Severity::Amber),
            MetricVerdict::Red => Some(Severity::Red),
            MetricVerdict::Within | MetricVerdict::NotComputable | MetricVerdict::NoLimit => None,
        }
    }

    /// Returns what it is, in words for people: `psi of duration_months`.
    pub fn what(&self) -> String {
        self.column.as_ref().map_or_else(|| self.name.clone(), |column| format!("{} of {column}", self.name))
    }

    /// Returns the limit that it is beyond, if it is.
    pub fn limit(&self) -> Option<f64> {
        match self.severity()? {
            Severity::Amber => self.amber,
            Severity::Red => self.red,
        }
    }

    fn said(&self) -> String {
        match (self.value, self.limit(), &self.reason) {
            (Some(value), Some(limit), _) => {
                let side = if self.better == Some(Better::Higher) { "at least" } else { "at most" };
                format!("{} is {}, and has to be {side} {}", self.what(), number(value), number(limit))
            }
            (_, _, Some(reason)) => format!("{}: {reason}", self.what()),
            _ => self.what(),
        }
    }
}

/// What an evaluation comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub state: EvaluationState,
    pub reason: Option<String>,
    pub metrics: Vec<EvaluatedMetric>,
}

/// Judges what was measured.
pub fn judge(measured: Vec<Metric>, tolerances: &[Tolerance], excused: &[String]) -> Verdict {
    let metrics: Vec<_> = measured.into_iter().map(|metric| EvaluatedMetric::of(metric, tolerances)).collect();
    let mut beyond: Vec<_> = metrics.iter().filter(|metric| metric.severity().is_some()).collect();
    beyond.sort_by_key(|metric| metric.verdict != MetricVerdict::Red);
    if !beyond.is_empty() {
        let reason = joined(beyond.iter().map(|metric| metric.said()).collect());
        return Verdict { state: EvaluationState::Breached, reason: Some(reason), metrics };
    }
    let mut unknown = Vec::new();
    for name in tolerances.iter().map(|one| one.metric.as_str()).filter(|name| METRICS.contains(name)) {
        if excused.iter().any(|one| one == name) {
            continue;
        }
        let mut of_name = metrics.iter().filter(|metric| metric.name == name).peekable();
        if of_name.peek().is_none() && name != OF_NUMBERS {
            unknown.push(format!("{name} was not reported"));
        }
        let without = of_name.filter(|metric| metric.verdict == MetricVerdict::NotComputable);
        unknown.extend(without.map(EvaluatedMetric::said));
    }
    // Without any number there is nothing that could be within.
    if unknown.is_empty() && metrics.iter().all(|metric| metric.value.is_none()) {
        unknown.extend(metrics.iter().map(EvaluatedMetric::said));
        if unknown.is_empty() {
            unknown.push("nothing was reported".to_owned());
        }
    }
    let state = if unknown.is_empty() { EvaluationState::Within } else { EvaluationState::NotComputable };
    let reason = (!unknown.is_empty()).then(|| joined(unknown));
    Verdict { state, reason, metrics }
}

fn joined(mut said: Vec<String>) -> String {
    let more = said.len().saturating_sub(MOST_SAID);
    said.truncate(MOST_SAID);
    let text = said.join("; ");
    if more == 0 { text } else { format!("{text}; and {more} more") }
}
