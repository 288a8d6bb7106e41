//! From what was measured to a verdict: steps measure, this judges, by the tolerances of the policy in force.
use super::{Better, Terms};
pub(crate) use monitoring::number;
use monitoring::{Metric, Report};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

base::states! {
    /// How a check or one of its metrics was judged.
    GateVerdict {
        Passed "passed" => Good "circle-check" "Passed" [],
        Failed "failed" => Bad "circle-x" "Failed" [],
        NotComputable "not_computable" => Warn "alert-triangle" "Not computable" [],
    }
}

/// What one platform step reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The check's name: `parity`.
    pub name: String,
    /// What was measured and a sentence on it, or why there is nothing.
    pub report: Result<Report, String>,
}

/// A metric with the limits that it was judged by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedMetric {
    pub name: String,
    /// The group that it is of; null where it is of all rows.
    pub group: Option<String>,
    /// Null where it could not be computed.
    pub value: Option<f64>,
    /// The lower end of the 95 % interval.
    pub low: Option<f64>,
    /// The upper end of it.
    pub high: Option<f64>,
    /// How many rows it was computed from.
    pub n: u64,
    /// Why it has no value.
    pub reason: Option<String>,
    /// Which way is better; null where the policy says nothing of it.
    pub better: Option<Better>,
    /// Beyond this it is a warning.
    pub amber: Option<f64>,
    /// Beyond this it fails.
    pub red: Option<f64>,
    pub verdict: GateVerdict,
}

/// A platform check of a candidate, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JudgedCheck {
    /// `parity`, `quality` or `bias`.
    pub name: String,
    pub verdict: GateVerdict,
    /// What was computed on what, or why nothing was.
    pub note: String,
    pub metrics: Vec<JudgedMetric>,
}

/// Where the metrics are measured that no gate asks for.
const MONITOR: &str = "monitor";

/// Returns the check that a metric of a policy is looked for in.
pub(super) fn check_of(metric: &str) -> Option<&'static str> {
    Some(match metric {
        "parity_difference" | "parity_labels" => "parity",
        "auc" | "accuracy" | "r2" => "quality",
        "demographic_parity" => "bias",
        // No candidate is measured so: what serves is.
        "psi" | "ks" | "null_share" => MONITOR,
        _ => return None,
    })
}

impl JudgedMetric {
    /// Returns what was measured, without how it was judged.
    fn measured(&self) -> Metric {
        let Self { name, group, value, low, high, n, reason, .. } = self.clone();
        Metric { name, group, value, low, high, n, reason }
    }

    fn of(metric: Metric, terms: &Terms) -> Self {
        // A limit is one for groups, too: else a number would pass by being told group by group.
        let tolerance = terms.tolerances.iter().find(|one| one.metric == metric.name);
        let verdict = match (metric.value, tolerance) {
            (None, _) => GateVerdict::NotComputable,
            (Some(value), _) if !value.is_finite() => GateVerdict::NotComputable,
            (Some(value), Some(tolerance)) if tolerance.better.is_beyond(value, tolerance.red) => GateVerdict::Failed,
            (Some(_), _) => GateVerdict::Passed,
        };
        let Metric { name, group, value, low, high, n, reason } = metric;
        Self {
            name,
            group,
            value,
            low,
            high,
            n,
            reason,
            better: tolerance.map(|one| one.better),
            amber: tolerance.map(|one| one.amber),
            red: tolerance.map(|one| one.red),
            verdict,
        }
    }
}

impl JudgedCheck {
    /// Returns what was measured, to be judged by another policy.
    pub fn measured(&self) -> Measured {
        let report = if self.metrics.is_empty() && self.verdict == GateVerdict::NotComputable {
            Err(self.note.clone())
        } else {
            let metrics = self.metrics.iter().map(JudgedMetric::measured).collect();
            Ok(Report { metrics, note: self.note.clone() })
        };
        Measured { name: self.name.clone(), report }
    }
}

impl Terms {
    /// Returns the metrics with a limit that may be not computable.
    pub fn excused(&self) -> Vec<String> {
        let may = |metric: &str| {
            check_of(metric).is_some_and(|check| self.may_be_not_computable.iter().any(|one| one == check))
        };
        self.tolerances.iter().filter(|one| may(&one.metric)).map(|one| one.metric.clone()).collect()
    }
}

/// Judges what was measured by the tolerances of a policy. A check fails where one metric is beyond its limit, be it of all rows or of a
/// group; it could not be computed where one that the policy sets a limit for has no value.
pub fn judge(measured: &[Measured], terms: &Terms) -> Vec<JudgedCheck> {
    measured.iter().map(|one| judge_one(one, terms)).collect()
}

fn judge_one(measured: &Measured, terms: &Terms) -> JudgedCheck {
    let name = measured.name.clone();
    let (metrics, note) = match &measured.report {
        Ok(Report { metrics, note }) => (metrics.clone(), note.clone()),
        Err(why) => {
            let verdict = GateVerdict::NotComputable;
            return JudgedCheck { name, verdict, note: why.clone(), metrics: Vec::new() };
        }
    };
    let metrics: Vec<JudgedMetric> = metrics.into_iter().map(|metric| JudgedMetric::of(metric, terms)).collect();
    let limited = terms.tolerances.iter().filter(|one| check_of(&one.metric) == Some(name.as_str()));
    let mut verdict = GateVerdict::Passed;
    let mut nothing_judged = true;
    for tolerance in limited {
        match verdict_of(&metrics, &tolerance.metric) {
            GateVerdict::Failed => {
                (verdict, nothing_judged) = (GateVerdict::Failed, false);
                break;
            }
            GateVerdict::NotComputable => verdict = GateVerdict::NotComputable,
            GateVerdict::Passed => nothing_judged = false,
        }
    }
    // Without any limit there is nothing that it could pass.
    if nothing_judged && verdict == GateVerdict::Passed && metrics.iter().all(|metric| metric.value.is_none()) {
        verdict = GateVerdict::NotComputable;
    }
    JudgedCheck { name, verdict, note, metrics }
}

/// Returns the verdict on everything that is reported under one name. Beyond the limit in one group is beyond it, and what cannot be
/// computed for one cannot be computed: nothing passes by being told group by group.
fn verdict_of(metrics: &[JudgedMetric], name: &str) -> GateVerdict {
    let any = |verdict: GateVerdict| metrics.iter().any(|one| one.name == name && one.verdict == verdict);
    if any(GateVerdict::Failed) {
        GateVerdict::Failed
    } else if any(GateVerdict::NotComputable) || !any(GateVerdict::Passed) {
        GateVerdict::NotComputable
    } else {
        GateVerdict::Passed
    }
}

/// Returns what stands in the way of a candidate with these checks: of each required one that did not pass, which metric, value and
/// limit; nothing where all is well.
pub fn in_the_way(checks: &[JudgedCheck], terms: &Terms) -> Vec<String> {
    let mut found = Vec::new();
    for name in &terms.required {
        let Some(check) = checks.iter().find(|check| check.name == *name) else {
            found.push(format!("{name}: it did not run"));
            continue;
        };
        match check.verdict {
            GateVerdict::Passed => {}
            GateVerdict::Failed => found.extend(check.metrics.iter().filter_map(|metric| beyond(name, metric))),
            GateVerdict::NotComputable if terms.may_be_not_computable.contains(name) => {}
            GateVerdict::NotComputable => found.push(format!("{name}: not computable: {}", why(check, terms))),
        }
    }
    found
}

fn beyond(check: &str, metric: &JudgedMetric) -> Option<String> {
    let (GateVerdict::Failed, Some(value), Some(red), Some(better)) =
        (metric.verdict, metric.value, metric.red, metric.better)
    else {
        return None;
    };
    let limit = match better {
        Better::Higher => "at least",
        Better::Lower => "at most",
    };
    let of = metric.group.as_ref().map_or(String::new(), |group| format!(" of `{group}`"));
    Some(format!("{check}: `{}`{of} is {}, and has to be {limit} {}", metric.name, number(value), number(red)))
}

fn why(check: &JudgedCheck, terms: &Terms) -> String {
    for tolerance in terms.tolerances.iter().filter(|one| check_of(&one.metric) == Some(check.name.as_str())) {
        if check.metrics.is_empty() || verdict_of(&check.metrics, &tolerance.metric) != GateVerdict::NotComputable {
            continue;
        }
        let without = |one: &&JudgedMetric| one.name == tolerance.metric && one.verdict == GateVerdict::NotComputable;
        let Some(metric) = check.metrics.iter().filter(without).min_by_key(|one| one.group.is_some()) else {
            return format!("`{}` was not reported", tolerance.metric);
        };
        return format!("`{}`: {}", tolerance.metric, metric.reason.as_deref().unwrap_or("no reason is known"));
    }
    check.note.clone()
}
