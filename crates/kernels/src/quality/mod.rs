//! Quality of a model: metrics of truth against prediction or score, their curves and intervals, and estimates without
//! truth.
//!
//! Owns the definitions, by scikit-learn's names where it has one. Rows made ready for many looks are [`BinaryRows`],
//! [`ClassScores`] and [`ClassCells`], [`QuantityRows`]: each gives its metrics for any weights of its rows, so that a
//! bootstrap ([`Resampling`]) draws once for all of them. Counts and sums that merge are `Confusion`, `ClassConfusion`,
//! `RegressionSums`, `ProbabilitySums`, `Ranked` and `Reliability`.
//!
//! Invariants, everywhere in this module:
//! - **A row that cannot be used is left out and counted** (`left_out`): a score, truth or prediction that is NaN, a
//!   weight that is NaN, infinite or negative. Rows whose truth is null are the caller's to leave out: a `bool` has no
//!   null. [`Loss::of`] keeps such a row's place as NaN; a query with an item without score has no number.
//! - **A row of weight 0 is not there**: it is neither looked at nor counted, whatever it holds.
//! - **A number that the rows do not have is `Err(Reason)`**, never 0 or NaN: one class only, a constant truth, a
//!   single row. A number that *is* 0 is 0: a classifier that never hits has a precision of 0, one that never fires has
//!   none.
//! - A wrong argument is [`KernelError::Argument`] with its name; no rows at all is a `Reason`.
//! - Counts without weights are exact in any order and split (below 2⁵³). Weighted sums and sums of errors are added in
//!   row order, and another split may change their last places: give all rows in one order to have equal bits.
//!
//! Of scikit-learn's scorers for these tasks all are here; of its metrics without a scorer, those with a parameter
//! (Tweedie's deviance, D² of a pinball loss, hinge loss) are not. It deliberately does not choose thresholds, name good values or
//! say whether a model is fit: tolerances are monitoring's.
mod average;
mod binary;
mod bootstrap;
mod calibration;
mod calibrator;
mod cbpe;
mod cbpe_classes;
mod class_scores;
mod classes;
mod confusion;
mod constant;
mod cost;
mod curves;
mod dle;
mod encoder;
mod estimate;
mod isotonic;
mod loss_model;
mod loss_tree;
mod probability;
mod quantity;
mod ranked;
mod ranking;
mod regression;
mod slices;
mod spread;
#[cfg(test)]
mod tests;

pub use average::{Average, Gaps};
pub use binary::BinaryRows;
pub use bootstrap::{Resampled, Resampling, intervals, poisson};
pub use calibration::{Binning, Reliability, ReliabilityBin};
pub use calibrator::CbpeCalibration;
pub use cbpe::Cbpe;
pub use cbpe_classes::ClassCbpe;
pub use class_scores::ClassScores;
pub use classes::{ClassCells, ClassConfusion, ClassCount};
pub use confusion::Confusion;
pub use cost::{BestThreshold, CostMatrix};
pub use curves::{PrecisionRecallPoint, RocPoint};
pub use dle::{DleMetric, Loss, dle};
pub use encoder::Feature;
pub use estimate::{Estimate, Estimates};
pub use isotonic::Isotonic;
pub use loss_model::LossModel;
pub use probability::ProbabilitySums;
pub use quantity::{QuantityRows, mean_pinball_loss};
pub use ranked::{Block, Cut, Ranked};
pub use ranking::{
    average_precision_at, coverage_error, dcg, label_ranking_average_precision, label_ranking_loss, ndcg, per_query,
    precision_at, recall_at, reciprocal_rank,
};
pub use regression::RegressionSums;
pub use slices::slices;

use crate::{Computed, KernelError, Reason};

/// The metrics of a task, each by its id.
pub type Metrics = Vec<(&'static str, Computed)>;

fn argument(name: &'static str, found: impl ToString, expected: &'static str) -> KernelError {
    KernelError::Argument { name, found: found.to_string(), expected }
}

/// Refuses the first column that has not as many rows as the others.
fn check_lengths(rows: usize, columns: &[(&'static str, usize)]) -> Result<(), KernelError> {
    match columns.iter().find(|column| column.1 != rows) {
        Some(&(name, found)) => Err(argument(name, format!("{found} long"), "as many values as the others have rows")),
        None => Ok(()),
    }
}

/// As [`check_lengths`], with weights that may not be there.
fn check_columns(rows: usize, columns: &[(&'static str, usize)], weights: Option<&[f64]>) -> Result<(), KernelError> {
    check_lengths(rows, columns)?;
    check_lengths(rows, &[("weights", weights.map_or(rows, <[f64]>::len))])
}

/// The weight of a row: 1 without weights, `None` for one that leaves the row out.
fn weight_of(weights: Option<&[f64]>, row: usize) -> Option<f64> {
    match weights {
        None => Some(1.0),
        Some(weights) => weights.get(row).copied().filter(|&weight| weight >= 0.0 && weight.is_finite()),
    }
}

/// The sum in order; 0 of nothing, where `Iterator::sum` says −0.
fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |sum, value| sum + value)
}

/// `part / whole`, unless the whole is nothing: then `reason`.
fn share(part: f64, whole: f64, reason: impl FnOnce() -> Reason) -> Computed {
    if whole > 0.0 { finite(part / whole) } else { Err(reason()) }
}

fn finite(value: f64) -> Computed {
    if value.is_finite() { Ok(value) } else { Err(Reason::Undefined("the number is too large for a float".to_owned())) }
}

fn none(what: &str) -> Reason {
    Reason::None(what.to_owned())
}

fn empty() -> Reason {
    Reason::Empty("the set of rows".to_owned())
}

fn constant(what: &str) -> Reason {
    Reason::Constant(what.to_owned())
}
