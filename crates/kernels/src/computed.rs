//! A number, or why there is none for this data.
use serde::{Deserialize, Serialize};

/// A number that was computed, or why it does not exist for this data.
pub type Computed<T = f64> = Result<T, Reason>;

/// Why a number does not exist for this data. Odd data is no error: a report shows the reason where the number would stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Nothing to compute from.
    #[error("{0} has no values")]
    Empty(String),
    /// Fewer than the number needs.
    #[error("{what}: {have}, and {need} are needed")]
    TooFew { what: String, have: u64, need: u64 },
    /// A share of nothing.
    #[error("there are no {0}")]
    None(String),
    /// Everything is the same where differences are needed.
    #[error("{0} is the same everywhere")]
    Constant(String),
    /// Values that this number is not defined for.
    #[error("{0}")]
    Undefined(String),
}
