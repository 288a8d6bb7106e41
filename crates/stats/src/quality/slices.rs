//! The same metrics of parts of the rows.
use super::labels::distinct;
use super::measure::{Table, measure};
use super::{Asked, Slice, SliceColumn};
use crate::{Cells, Column, Run, StatsError};
use kernels::Reason;
use kernels::bias::MISSING;
use std::cmp::Reverse;

/// A column of more values than this shows its largest: a report is to be read.
const MOST_SLICES: usize = 1_000;

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
    let mut found = SliceColumn { column: column.name.clone(), values: Vec::new(), not_shown: (0, 0), reason: None };
    let (codes, values) = match (&column.cells, column.to_categories()) {
        (Cells::Nothing { rows }, _) => (vec![MISSING; *rows as usize], Vec::new()),
        (_, Some(categories)) => categories,
        (_, None) => {
            found.reason =
                Some(Reason::Undefined("it holds lists, structures or bytes, which are not looked into".to_owned()));
            return Ok(found);
        }
    };
    let slot = |place: &u64| (codes[*place as usize] as usize).min(values.len()); // the last is of nulls
    let mut counts = vec![0u64; values.len() + 1];
    table.places().iter().for_each(|place| counts[slot(place)] += 1);
    let mut order: Vec<usize> = (0..counts.len()).filter(|&slot| counts[slot] > 0).collect();
    order.sort_by_key(|&slot| (Reverse(counts[slot]), slot));
    let rest = order.split_off(order.len().min(MOST_SLICES));
    found.not_shown = (rest.len() as u64, rest.iter().map(|&slot| counts[slot]).sum());
    let mut rows: Vec<Option<Vec<usize>>> = vec![None; counts.len()];
    order.iter().filter(|&&slot| counts[slot] >= asked.least_rows).for_each(|&slot| rows[slot] = Some(Vec::new()));
    for (row, place) in table.places().iter().enumerate() {
        if let Some(rows) = &mut rows[slot(place)] {
            rows.push(row);
        }
    }
    let names =
        distinct(order.iter().map(|&slot| values.get(slot).map_or_else(|| NULL.to_owned(), ToString::to_string)));
    for (&slot, value) in order.iter().zip(names) {
        let metrics = match &rows[slot] {
            Some(rows) => Ok(measure(&*table.ready(Some(rows))?, table.wanted(), asked.interval.as_ref(), run)?),
            None => {
                Err(Reason::TooFew { what: "rows of the slice".to_owned(), have: counts[slot], need: asked.least_rows })
            }
        };
        found.values.push(Slice { value, rows: counts[slot], metrics });
    }
    Ok(found)
}

/// What a reader must know of slices.
pub(super) fn notes(slices: &[SliceColumn]) -> Vec<String> {
    let mut notes = Vec::new();
    for column in slices {
        if let Some(reason) = &column.reason {
            notes.push(format!("The column `{}` has no slices: {reason}.", column.column));
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
            notes.push(format!(
                "Of the column `{}` {small} values have too few rows for metrics of their own.",
                column.column
            ));
        }
    }
    notes
}
