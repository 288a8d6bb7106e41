use serde::{Deserialize, Serialize};

/// Where a number of the populations lies, at the confidence that the caller asked for; `low` is at most `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end, in the unit of the number.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}
