//! Quality of a model: its predictions and scores against the truth, and estimates of it while there is no truth.
//!
//! Owns what rows count, which classes there are under which name, slices, and the report; every number is `kernels::quality`'s,
//! whose ids are scikit-learn's names. Reading order: [`Asked`] and [`Inputs`] → `labels` (classes of columns) and `rows` (which
//! rows count) → a table of each task (`binary`, `classes`, `quantity`, `ranking`) → `measure` (numbers and their intervals) and
//! `slices` → [`Quality`].
//!
//! Invariants:
//! - **A row counts if it has a truth, a prediction (where there is a column of them) and a weight above 0**; what does not is
//!   counted by its first lack. A row without a score is left out of what is about scores only.
//! - **A bootstrap draws a row by its place in the inputs**, so that intervals depend on neither threads nor slices beside.
//! - It deliberately does not judge: limits do, of whoever asks.
#![expect(clippy::cast_possible_truncation, reason = "rows fit in memory, and classes in 32 bits")]
mod asked;
mod binary;
mod classes;
mod estimate;
mod inputs;
mod json;
mod labels;
mod measure;
mod quantity;
mod ranking;
mod report;
mod rows;
mod slices;
#[cfg(test)]
mod tests;
mod wanted;
mod words;

pub use asked::{Asked, ClassCost, Costs, Interval, Task};
pub use estimate::{EstimateAsked, Estimated, EstimatedMetric, Method, estimate};
pub use inputs::{Inputs, Names, ScoreName, read_inputs};
pub(crate) use labels::distinct;
pub use report::{
    BinaryDetail, Bins, Calibration, ClassDetail, Curve, Detail, Metric, Quality, RowCounts, Slice, SliceColumn,
};

use crate::columns::notes_of_rounding;
use crate::{Run, StatsError, bins};
use measure::{Table, measure};
use wanted::Wanted;

/// Returns how good predictions and scores are, on all processors; see [`quality_on`].
pub fn quality(inputs: &Inputs, asked: &Asked) -> Result<Quality, StatsError> {
    quality_on(inputs, asked, &Run::quiet())
}

/// Returns how good predictions and scores are: every metric of the task, or those that are asked for, the interval of each
/// if one is asked for, curves, and the same metrics of each slice.
///
/// - **Errors**: [`StatsError::Argument`] for what is missing or does not fit: columns of different lengths, texts where numbers are
///   needed, settings out of their range; [`StatsError::Stopped`]. Odd data is none: its numbers have a reason.
/// - **Memory**: beside the inputs, of the order of 60 bytes a row, and 16 for each thread while intervals are computed.
/// - **Numerics**: equal bits whatever the number of threads.
pub fn quality_on(inputs: &Inputs, asked: &Asked, run: &Run<'_>) -> Result<Quality, StatsError> {
    asked.check()?;
    let wanted = Wanted::of(asked)?;
    inputs.check(&asked.task)?;
    let is_slice = |name: &str| inputs.slices.iter().any(|column| column.name == name);
    bins::check("slice_bins", &asked.slice_bins, "bins of columns in `slices`", is_slice)?;
    let mut quality = match &asked.task {
        Task::Binary { positive } => {
            of_table(&binary::BinaryTable::of(inputs, positive.as_deref(), asked, wanted)?, inputs, asked, run)
        }
        Task::Multiclass => of_table(&classes::ClassTable::of(inputs, asked, wanted)?, inputs, asked, run),
        Task::Regression => of_table(&quantity::QuantityTable::of(inputs, asked, wanted)?, inputs, asked, run),
        Task::Ranking => of_table(&ranking::RankingTable::of(inputs, asked, wanted)?, inputs, asked, run),
    }?;
    quality.notes.extend(slices::notes(&quality.slices));
    quality.notes.extend(notes_of_rounding(inputs.of_numbers(asked)));
    Ok(quality)
}

fn of_table(table: &dyn Table, inputs: &Inputs, asked: &Asked, run: &Run<'_>) -> Result<Quality, StatsError> {
    let (ready, common) = (table.ready(None)?, table.common());
    Ok(Quality {
        metrics: measure(&*ready, &common.wanted, asked.interval.as_ref(), run)?,
        detail: table.detail()?,
        slices: slices::slices(table, &inputs.slices, asked, run)?,
        rows: common.kept.counts.clone(),
        notes: common.notes.clone(),
        asked: asked.clone(),
    })
}

/// Names in backticks, the first five of them, each cut to what a sentence holds.
fn list(names: &[String]) -> String {
    let cut = |name: &String| match name.char_indices().nth(60) {
        Some((end, _)) => format!("`{}…`", &name[..end]),
        None => format!("`{name}`"),
    };
    let mut shown: Vec<String> = names.iter().take(5).map(cut).collect();
    if names.len() > shown.len() {
        shown.push(format!("and {} more", names.len() - shown.len()));
    }
    shown.join(", ")
}
