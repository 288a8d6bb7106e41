use super::judge::{Case, judge};
use super::model::{Column, Settings, Test, TestId};
use super::nulls::{Nulls, Rows};
use super::table::Table;
use crate::{KernelError, Reason};
use std::collections::{BTreeMap, BTreeSet};

/// One side of a column of categories.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts<'a> {
    /// Rows in each category; the categories of both sides are the same, in the same order.
    pub counts: &'a [u64],
    /// Rows without a value.
    pub nulls: u64,
}

/// Returns the drift between two sides of a column of categories, in no order.
///
/// - **Shapes**: `reference` and `current`: `[k]` counts; `k` may be 0. Categories that are empty on both sides do not count. `ids`:
///   what is wanted beside `chi_square` and `null_share`.
/// - **Units**: see [`TestId`]; measures that need an order have no value.
/// - **Errors**: [`KernelError::Argument`] for lengths that differ, more than 2⁵³ rows in all, or another `alpha`.
/// - **Law**: χ² where each cell expects 5 rows (`g_test`: 10, divergences: 40), more where α or the number of columns asks for rarer
///   events; Fisher's test of two categories; `l_infinity` by the sum over its cells; else permuted labels, or, for χ² with many cells,
///   a Pearson III tail with the moments that permuted labels have.
/// - **Size**: beyond 20,000 categories only `chi_square`, `cramers_v`, `l_infinity` and what follows its law get a verdict.
/// - **Numerics**: sums in the order of the cells; equal inputs and seed give equal bits.
/// - **Source**: golden values from scipy 1.17.1; formulas at each [`TestId`].
pub fn of_categories(
    reference: Counts<'_>,
    current: Counts<'_>,
    ids: &[TestId],
    settings: &Settings,
) -> Result<Column, KernelError> {
    settings.check()?;
    if reference.counts.len() != current.counts.len() {
        let found = format!("{} categories, not {}", current.counts.len(), reference.counts.len());
        return Err(KernelError::Argument { name: "current", found, expected: "the categories of `reference`" });
    }
    let nulls = Nulls::of(rows_of(&reference), rows_of(&current))?;
    let wanted: BTreeSet<TestId> = ids.iter().copied().chain([TestId::ChiSquare]).collect();
    let wanted: Vec<TestId> = wanted.into_iter().filter(|&id| id != TestId::NullShare).collect();
    if let Some(reason) = nulls.nothing_to_compare() {
        let tests = wanted.iter().map(|&id| (id, Test::not_computable(reason.clone()))).collect();
        return Ok(nulls.judge(tests, TestId::ChiSquare, settings));
    }
    let (ordered, fit): (Vec<TestId>, Vec<TestId>) = wanted.into_iter().partition(|&id| id.needs_order());
    let table = Table::of(reference.counts, current.counts);
    let mut tests: BTreeMap<TestId, Test> =
        judge(&Case { view: table.view(), sure: None, recut: None }, &fit, settings);
    let no_order = || Test::not_computable(Reason::Undefined("categories have no order".into()));
    tests.extend(ordered.into_iter().map(|id| (id, no_order())));
    Ok(nulls.judge(tests, TestId::ChiSquare, settings))
}

/// Returns what can be said of a column whose values are not compared: its nulls.
///
/// - **Input**: `default`, the test that such a column would have; `why` its values have no tests, such as too many categories for
///   a profile, another type on either side, or values that are not looked into.
/// - **Errors**: [`KernelError::Argument`] for more than 2⁵³ rows in all, or another `alpha`.
pub fn of_nulls(
    reference: Rows,
    current: Rows,
    default: TestId,
    why: &Reason,
    ids: &[TestId],
    settings: &Settings,
) -> Result<Column, KernelError> {
    settings.check()?;
    let nulls = Nulls::of(reference, current)?;
    let reason = nulls.nothing_to_compare().unwrap_or_else(|| why.clone());
    let wanted = ids.iter().copied().chain([default]).filter(|&id| id != TestId::NullShare);
    let tests = wanted.map(|id| (id, Test::not_computable(reason.clone()))).collect();
    Ok(nulls.judge(tests, default, settings))
}

/// The rows of one side; more than `u64` counts stay too many.
fn rows_of(side: &Counts<'_>) -> Rows {
    Rows { values: side.counts.iter().fold(0, |sum: u64, &count| sum.saturating_add(count)), nulls: side.nulls }
}
