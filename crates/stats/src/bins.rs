//! Columns of numbers, cut at thresholds: groups of bias, slices of quality.
use crate::error::wrong;
use crate::{Column, StatsError};
use kernels::bias::bin_codes;
use kernels::profile::Value;

/// Refuses bins of another column than those that `is_there` knows, bins of one column twice, and thresholds that are none.
///
/// `name` is that of the argument, `columns` says which columns there may be bins of.
pub(crate) fn check(
    name: &str,
    bins: &[(String, Vec<f64>)],
    columns: &str,
    is_there: impl Fn(&str) -> bool,
) -> Result<(), StatsError> {
    for (place, (column, thresholds)) in bins.iter().enumerate() {
        if !is_there(column) {
            return Err(wrong(name, format!("of `{column}`"), columns));
        }
        if bins.iter().take(place).any(|(other, _)| other == column) {
            return Err(wrong(name, format!("of `{column}` twice"), "bins of a column once"));
        }
        let ascend = thresholds.windows(2).all(|pair| pair.first() < pair.last());
        if thresholds.is_empty() || !ascend || !thresholds.iter().all(|threshold| threshold.is_finite()) {
            return Err(wrong(name, format!("{thresholds:?} of `{column}`"), "finite thresholds that ascend"));
        }
    }
    Ok(())
}

/// Returns the thresholds of a column, if it has any.
pub(crate) fn thresholds<'a>(bins: &'a [(String, Vec<f64>)], column: &str) -> Option<&'a [f64]> {
    bins.iter().find(|(name, _)| name == column).map(|(_, thresholds)| thresholds.as_slice())
}

/// Returns the bin of each row, as [`bin_codes`] has them; `name` is that of the argument that the column is given as.
///
/// - **Errors**: [`StatsError::Argument`] for a column without numbers and times, or thresholds that do not ascend.
pub(crate) fn codes(name: &str, column: &Column, thresholds: &[f64]) -> Result<Vec<u32>, StatsError> {
    let numbers = column.to_numbers().ok_or_else(|| {
        let found = format!("`{}`, a column without numbers", column.name);
        wrong(name, found, "a column of numbers or times: a threshold was given")
    })?;
    Ok(bin_codes(&numbers, thresholds)?)
}

/// Returns what the bins are called: `≤ 25`, `> 25 ≤ 40`, `> 40` for 25 and 40.
pub(crate) fn names(thresholds: &[f64]) -> Vec<String> {
    let mut names = Vec::with_capacity(thresholds.len() + 1);
    let mut above = String::new();
    for &threshold in thresholds {
        let shown = Value::real(threshold).to_string();
        names.push(if above.is_empty() { format!("≤ {shown}") } else { format!("> {above} ≤ {shown}") });
        above = shown;
    }
    names.push(format!("> {above}"));
    names
}
