//! Tolerances: how far a metric may go. The same object holds at the gate and in the monitor.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What monitors measure: limits of other metrics are the gate's alone.
pub const METRICS: [&str; 6] = ["psi", "ks", "null_share", "auc", "accuracy", "demographic_parity"];

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
}

impl Better {
    /// Returns whether `value` is on the wrong side of `limit`; at the limit it is not.
    pub fn is_beyond(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Higher => value < limit,
            Self::Lower => value > limit,
        }
    }
}

/// How far a metric may go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// `auc`.
    pub metric: String,
    pub better: Better,
    /// Beyond this it is a warning.
    pub amber: f64,
    /// Beyond this it fails.
    pub red: f64,
    /// Why these limits.
    pub rationale: String,
}

/// Returns the limits of drift that hold until somebody says otherwise.
pub fn usual() -> Vec<Tolerance> {
    let at_most = |metric: &str, amber, red, rationale: &str| Tolerance {
        metric: metric.to_owned(),
        better: Better::Lower,
        amber,
        red,
        rationale: rationale.to_owned(),
    };
    vec![
        at_most("psi", 0.1, 0.25, "the limits that banks use: below 0.1 stable, above 0.25 another population"),
        at_most("ks", 0.15, 0.3, "a shift that a histogram shows at a glance"),
        at_most("null_share", 0.05, 0.1, "more missing values than the model was trained on"),
    ]
}

/// Returns a number as people read it: four digits behind the point at most, unless it is smaller than that.
pub fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.001 {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
