//! Distribution functions and exact tests that drift, quality and bias rest on.
//!
//! From libraries: `erfc` and `lgamma` of `libm` (below 1 unit in the last place). Own code for the rest: `statrs` 0.19 is off by
//! 1e-10 in `erfc` and 2e-2 in the incomplete beta of a million, and its logarithms are the host's.
//!
//! These are functions of real numbers in the ranges each states; callers check before.
#![expect(clippy::many_single_char_names, reason = "the letters of the formulas cited")]
mod beta;
mod gamma;
mod kolmogorov;
mod normal;
mod saddle;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use beta::beta_regularised;
pub(crate) use gamma::{chi_square_critical, chi_square_sf, pearson_critical, pearson_sf};
pub(crate) use kolmogorov::{ks_critical, ks_exact, ks_large_sf, stephens};
pub(crate) use normal::{normal_quantile, normal_sf};
pub(crate) use saddle::hypergeometric_pmf;
pub(crate) use tables::{fisher_exact, hypergeometric_upper, newcombe_interval, two_proportion_z, wilson_interval};
