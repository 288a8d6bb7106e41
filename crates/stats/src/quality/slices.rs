//! The same metrics of parts of the rows.
use super::labels::distinct;
use super::measure::{Table, measure};
use super::{Asked, Slice, SliceColumn};
use crate::{Cells, Column, Run, StatsError, bins};
use kernels::Reason;
use kernels::profile::Value;
use std::cmp::Reverse;

/// A column of more values than this shows its largest: a report is to be read.
const MOST_SLICES: usize = 1_000;

/// So many thresholds are named in a sentence.
const MOST_CUTS: usize = 20;

/// What nulls are called.
const NULL: &str = "(missing)";

/// Returns the slices of each column, the largest first.
pub(super) fn slices(
    table: &dyn Table,
    columns: &[Column],
    asked: &Asked,
    run: &Run<'_>,
) -> Result<Vec<SliceColumn>, StatsError> {
    columns.iter().map(|column| slices_of(table, column, asked, run)).collect()
}

fn slices_of(table: &dyn Table, column: &Column, asked: &Asked, run: &Run<'_>) -> Result<SliceColumn, StatsError> {
    let cut = bins::thresholds(&asked.slice_bins, &column.name);
    let is_uncut = cut.is_none() && matches!(column.cells, Cells::Numbers { .. });
    let mut found = SliceColumn {
        column: column.name.clone(),
        values: Vec::new(),
        not_shown: (0, 0),
        cut: cut.map(<[f64]>::to_vec),
        is_uncut,
        reason: None,
    };
    let Some((codes, values)) = parts(column, cut)? else {
        found.reason = Some(Reason::Undefined(
            "it holds lists, structures, bytes or times beyond 64 bits, which are not looked into".to_owned(),
        ));
        return Ok(found);
    };
    let slot = |place: &u64| (codes[*place as usize] as usize).min(values.len()); // the last is of nulls
    let mut counts = vec![0u64; values.len() + 1];
    table.common().kept.places.iter().for_each(|place| counts[slot(place)] += 1);
    let mut order: Vec<usize> = (0..counts.len()).filter(|&slot| counts[slot] > 0).collect();
    order.sort_by_key(|&slot| (Reverse(counts[slot]), slot));
    let rest = order.split_off(order.len().min(MOST_SLICES));
    found.not_shown = (rest.len() as u64, rest.iter().map(|&slot| counts[slot]).sum());
    if cut.is_some() {
        order.sort_unstable();
    }
    let mut rows: Vec<Option<Vec<usize>>> = vec![None; counts.len()];
    order.iter().filter(|&&slot| counts[slot] >= asked.least_rows).for_each(|&slot| rows[slot] = Some(Vec::new()));
    for (row, place) in table.common().kept.places.iter().enumerate() {
        if let Some(rows) = &mut rows[slot(place)] {
            rows.push(row);
        }
    }
    let names = distinct(order.iter().map(|&slot| values.get(slot).cloned().unwrap_or_else(|| NULL.to_owned())));
    for (&slot, value) in order.iter().zip(names) {
        let metrics = match &rows[slot] {
            Some(rows) => {
                Ok(measure(&*table.ready(Some(rows))?, &table.common().wanted, asked.interval.as_ref(), run)?)
            }
            None => {
                Err(Reason::TooFew { what: "rows of the slice".to_owned(), have: counts[slot], need: asked.least_rows })
            }
        };
        found.values.push(Slice { value, rows: counts[slot], metrics });
    }
    Ok(found)
}

/// Returns the value or the bin of each row, [`MISSING`] where null, and what they are called; nothing for what is not looked into.
fn parts(column: &Column, cut: Option<&[f64]>) -> Result<Option<(Vec<u32>, Vec<String>)>, StatsError> {
    if let Some(thresholds) = cut {
        return Ok(Some((bins::codes("slices", column, thresholds)?, bins::names(thresholds))));
    }
    let named = |(codes, values): (Vec<u32>, Vec<Value>)| (codes, values.iter().map(Value::to_string).collect());
    Ok(column.to_categories().map(named))
}

/// What a reader must know of slices.
pub(super) fn notes(slices: &[SliceColumn]) -> Vec<String> {
    let mut notes = Vec::new();
    for column in slices {
        if let Some(reason) = &column.reason {
            notes.push(format!("The column `{}` has no slices: {reason}.", column.column));
        }
        if let Some(thresholds) = &column.cut {
            let shown: Vec<String> =
                thresholds.iter().take(MOST_CUTS).map(|cut| Value::real(*cut).to_string()).collect();
            let more = if thresholds.len() > shown.len() { " and so on" } else { "" };
            let shown = shown.join(", ");
            let column = &column.column;
            notes.push(format!(
                "The column `{column}` was cut at {shown}{more}: a threshold belongs to the bin below it."
            ));
        }
        let (values, rows) = column.not_shown;
        if values > 0 {
            notes.push(format!(
                "Of the column `{}` the {MOST_SLICES} values with the most rows are shown; {values} others have {rows} rows.",
                column.column
            ));
        }
        let small = column.values.iter().filter(|slice| slice.metrics.is_err()).count();
        if small > 0 {
            let what = if column.cut.is_some() { "bins" } else { "values" };
            let way_out = if column.is_uncut { ": cut it at thresholds, with `slice_bins`" } else { "" };
            notes.push(format!(
                "Of the column `{}` {small} {what} have too few rows for metrics of their own{way_out}.",
                column.column
            ));
        }
    }
    notes
}
