//! Drift of one column between a reference and what is current: effects, calibrated p-values, intervals and a verdict.
//!
//! - **Entries**: [`of_numbers`] takes rows or a profile's ranks, on either side; [`of_categories`] counts; [`of_nulls`] columns whose
//!   values are not compared. [`over_columns`] then judges many columns at once; [`domain_classifier`] looks at them together.
//! - **Default test**: `ks` for numbers, `chi_square` for categories; beside it `null_share`. [`Column::p_value`] comes from these two.
//! - **Calibrated**: where nothing drifted, a p-value is at most α with a probability of α, or less where a bound stands for it (`ks`
//!   of sketches, `new_share`, `l_infinity`). A closed form is used where simulation shows that it holds, down to `alpha / comparisons`;
//!   elsewhere labels are permuted under a seed. No fixed limits (PSI 0.1 and the like) are applied: they belong to a tolerance.
//! - **Missing values** are no category: shares are of rows with a value, and `null_share` compares the rest.
mod categories;
mod cells;
mod chi_square;
mod contingency;
mod cumulative;
mod dataset;
mod divergence;
mod domain;
mod hypergeometric;
mod interval;
mod judge;
mod ks;
mod model;
mod nulls;
mod numbers;
mod permutation;
mod recut;
mod side;
mod table;
#[cfg(test)]
mod tests;
mod unsorted;

pub use crate::classifier::Feature;
pub use categories::{Counts, of_categories, of_nulls};
pub use contingency::l_infinity_robust;
pub use dataset::{Control, Dataset, over_columns};
pub use domain::{Domain, domain_classifier, domain_rows};
pub use model::{Column, Settings, Test, TestId, Verdict};
pub use nulls::Rows;
pub use numbers::{Numbers, Values, of_numbers};
pub use unsorted::of_unsorted;
