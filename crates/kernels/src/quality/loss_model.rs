use super::encoder::{Encoder, Feature};
use super::loss_tree::Tree;
use super::{argument, check_lengths, sum};
use crate::{Computed, KernelError, Reason};
use serde::Serialize;

/// The loss that rows may be expected to have, by their features: the loss model of [`super::dle`].
///
/// Boosted trees: the mean loss, then 100 trees, each fitted to what those before it leave over and taken by a tenth.
/// A tree's answers are means of its rows, so on the rows learnt from, the mean expectation is the true mean. As
/// NannyML's LightGBM, with its rate, number of trees and rows of a leaf; trees here are at most 5 splits deep (32
/// leaves), there they have 31 leaves of any depth. Beyond the reference's range it goes on with the outermost leaf.
///
/// - **Features**: numbers are cut at up to 255 quantiles of the reference; missing ones go where they fit better.
///   Categories are ordered by their mean loss first (Fisher 1958).
/// - **Numerics**: sums in row order; equal inputs give equal models. **Cost**: `O(trees · rows · features · depth)`.
/// - **Source**: Friedman (2001).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LossModel {
    encoders: Vec<Encoder>,
    mean: f64,
    rate: f64,
    pub(super) trees: Vec<Tree>,
}

/// How far trees may follow their data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub trees: usize,
    /// The share of a tree's answer that is taken.
    pub rate: f64,
    /// Splits from root to leaf at most.
    pub depth: usize,
    /// Rows of a leaf at least, and of a category that is known.
    pub rows: usize,
    /// Bins of a feature at most.
    pub bins: u16,
}

const LIMITS: Limits = Limits { trees: 100, rate: 0.1, depth: 5, rows: 20, bins: 255 };

impl LossModel {
    /// Trees that a model has at most.
    pub const TREES: u64 = LIMITS.trees as u64;

    /// Learns from a reference whose losses are known.
    ///
    /// - **Shapes**: `features`: one or more columns `[n]`; `losses`: `[n]`. Rows whose loss is NaN are left out.
    /// - **`goes_on`** is asked before each of up to [`LossModel::TREES`] trees: after a `false` the model is of those that there are.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ or there are no features; a [`Reason`] for fewer rows
    ///   than 20, or an infinite loss.
    pub fn fit(
        features: &[Feature<'_>],
        losses: &[f64],
        goes_on: impl FnMut() -> bool,
    ) -> Result<Computed<Self>, KernelError> {
        Self::fit_within(features, losses, LIMITS, goes_on)
    }

    pub(super) fn fit_within(
        features: &[Feature<'_>],
        losses: &[f64],
        limits: Limits,
        mut goes_on: impl FnMut() -> bool,
    ) -> Result<Computed<Self>, KernelError> {
        if features.is_empty() {
            return Err(argument("features", "empty", "one column or more"));
        }
        for feature in features {
            check_lengths(losses.len(), &[("features", feature.len())])?;
        }
        if losses.iter().any(|loss| loss.is_infinite()) {
            return Ok(Err(Reason::Undefined("a loss is infinite".to_owned())));
        }
        let rows: Vec<usize> = (0..losses.len()).filter(|&row| !losses[row].is_nan()).collect();
        if rows.len() < limits.rows {
            let (have, need) = (rows.len() as u64, limits.rows as u64);
            return Ok(Err(Reason::TooFew { what: "rows with a loss".to_owned(), have, need }));
        }
        let encoders: Vec<Encoder> =
            features.iter().map(|feature| Encoder::learn(feature, losses, &rows, limits)).collect();
        let bins: Vec<Vec<u16>> =
            encoders.iter().zip(features).filter_map(|(encoder, feature)| encoder.encode(feature)).collect();
        let mean = sum(rows.iter().map(|&row| losses[row])) / rows.len() as f64;
        let mut model = Self { encoders, mean, rate: limits.rate, trees: Vec::new() };
        let mut left_over: Vec<f64> = losses.iter().map(|loss| loss - mean).collect();
        for _ in 0..limits.trees {
            if !goes_on() {
                break;
            }
            let tree = Tree::grow(&bins, &left_over, rows.clone(), limits);
            let alone = tree.nodes.len() == 1;
            for &row in &rows {
                left_over[row] -= limits.rate * tree.at(&bins, row);
            }
            model.trees.push(tree);
            if alone {
                break; // no cut helps: nor would it in the next tree
            }
        }
        Ok(Ok(model))
    }

    /// Returns the loss expected of each row.
    ///
    /// - **Shapes**: `features`: columns of the same kinds, in the same order, as [`LossModel::fit`] had.
    /// - **Errors**: [`KernelError::Argument`] if they are not.
    pub fn expect(&self, features: &[Feature<'_>]) -> Result<Vec<f64>, KernelError> {
        if features.len() != self.encoders.len() {
            return Err(argument("features", format!("{} columns", features.len()), "those of the reference"));
        }
        let rows = features.first().map_or(0, Feature::len);
        let mut bins = Vec::with_capacity(features.len());
        for (encoder, feature) in self.encoders.iter().zip(features) {
            check_lengths(rows, &[("features", feature.len())])?;
            let other = || argument("features", "of another kind", "numbers or categories as in the reference");
            bins.push(encoder.encode(feature).ok_or_else(other)?);
        }
        let one = |row| self.trees.iter().fold(self.mean, |loss, tree| loss + self.rate * tree.at(&bins, row));
        Ok((0..rows).map(one).collect())
    }
}
