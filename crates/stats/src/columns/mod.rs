//! Columns that are read whole: for what needs rows, not profiles.
#![expect(clippy::cast_possible_truncation, reason = "microseconds that came as 64 bits")]
mod exact;
mod gather;
mod said;
#[cfg(test)]
mod tests;
mod texts;

use crate::data::{Reading, scan, values_of};
use crate::{Data, Run, StatsError};
use arrow::array::ArrayRef;
pub use exact::Exact;
use gather::{Part, join};
use kernels::bias::MISSING;
use kernels::profile::{TimeKind, Value};
pub(crate) use said::{number_said, says_number};
use std::sync::{Mutex, PoisonError};

/// A column of a table, in memory.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the table.
    pub name: String,
    /// Its values, in the order of the rows.
    pub cells: Cells,
}

/// The values of a column; nulls are said by each kind in its own way.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Integers, floats, decimals and durations as `[rows]` floats; NaN where the file has null or NaN, of which `nulls` are null.
    /// `integers` says that they came as integers; `exact` has what floats do not tell apart.
    Numbers { values: Vec<f64>, nulls: u64, integers: bool, exact: Exact },
    /// Dates and times, in microseconds since 1970 as floats; NaN where null. Of kinds that are mixed, the last one of [`TimeKind::ALL`].
    Times { micros: Vec<f64>, nulls: u64, kind: TimeKind, exact: Exact },
    /// Texts, flags and dictionaries, as `[rows]` places in `names`, which ascend and are distinct; `kernels::bias::MISSING` where null.
    /// Texts are there in full, however long. Numbers and times are among them where files of one table disagree.
    Categories { codes: Vec<u32>, names: Vec<Value>, nulls: u64 },
    /// Lists, structures, bytes, and times of which some are beyond 64 bits of microseconds: counted, not looked into.
    Other { rows: u64, nulls: u64 },
    /// Nothing but nulls, whatever the type; a column without rows as well.
    Nothing { rows: u64 },
}

impl Column {
    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        match &self.cells {
            Cells::Numbers { values, .. } => values.len() as u64,
            Cells::Times { micros, .. } => micros.len() as u64,
            Cells::Categories { codes, .. } => codes.len() as u64,
            Cells::Other { rows, .. } | Cells::Nothing { rows } => *rows,
        }
    }

    /// Returns how many of them are null.
    pub fn nulls(&self) -> u64 {
        match &self.cells {
            Cells::Numbers { nulls, .. }
            | Cells::Times { nulls, .. }
            | Cells::Categories { nulls, .. }
            | Cells::Other { nulls, .. } => *nulls,
            Cells::Nothing { rows } => *rows,
        }
    }

    /// Whether it has values of more digits than 64-bit floats hold, so that its numbers are the nearest ones. Its codes are not:
    /// see [`Column::to_categories`].
    pub fn is_rounded(&self) -> bool {
        match &self.cells {
            Cells::Numbers { exact, .. } | Cells::Times { exact, .. } => exact.is_rounded(),
            _ => false,
        }
    }

    /// Returns the column as codes, whatever it holds: numbers by their value (NaN is missing), or `None` for what is not looked into.
    ///
    /// The names ascend and are distinct; whole numbers are [`Value::Integer`], also where they came as floats. Numbers of up to 38 digits
    /// are told apart, and those of more by their nearest floats.
    pub fn to_categories(&self) -> Option<(Vec<u32>, Vec<Value>)> {
        match &self.cells {
            Cells::Numbers { values, exact, .. } => Some(gather::codes_of_numbers(values, exact)),
            Cells::Times { micros, kind, exact, .. } => Some(gather::codes_of_times(micros, *kind, exact)),
            Cells::Categories { codes, names, .. } => Some((codes.clone(), names.clone())),
            Cells::Nothing { rows } => Some((vec![MISSING; usize::try_from(*rows).ok()?], Vec::new())),
            Cells::Other { .. } => None,
        }
    }

    /// Returns the column as numbers: those, times, and flags as 0 and 1; `None` for texts and what is not looked into.
    ///
    /// Null is NaN; a column of nothing but nulls is nothing but NaN. What floats do not hold is the nearest one: [`Column::is_rounded`].
    pub fn to_numbers(&self) -> Option<Vec<f64>> {
        match &self.cells {
            Cells::Numbers { values, .. } => Some(values.clone()),
            Cells::Times { micros, .. } => Some(micros.clone()),
            Cells::Categories { codes, names, .. } => {
                let numbers: Vec<f64> = names
                    .iter()
                    .map(|name| if let Value::Flag(flag) = name { Some(f64::from(u8::from(*flag))) } else { None })
                    .collect::<Option<_>>()?;
                let number = |code: &u32| numbers.get(*code as usize).copied().unwrap_or(f64::NAN);
                Some(codes.iter().map(number).collect())
            }
            Cells::Nothing { rows } => Some(vec![f64::NAN; usize::try_from(*rows).ok()?]),
            Cells::Other { .. } => None,
        }
    }
}

/// Returns a sentence of each column whose numbers are not quite its values, for reports that are made of its numbers.
pub(crate) fn notes_of_rounding<'a>(columns: impl IntoIterator<Item = &'a Column>) -> Vec<String> {
    let mut names: Vec<&str> =
        columns.into_iter().filter(|column| column.is_rounded()).map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let note = |name: &str| format!("`{name}` has values of more digits than 64-bit floats hold: they were rounded.");
    names.into_iter().map(note).collect()
}

/// Reads these columns, in this order, on the threads of `run`.
///
/// - **Errors**: [`StatsError::NoColumn`] for a name that the data does not have; files that cannot be read.
/// - **Memory**: that of the columns, 8 bytes a number and 4 a category, and as much again for the one that is put together; of
///   categories each name once. Integers beyond 2⁵³ and decimals of more than 15 digits are kept beside their floats, as they came.
/// - **Numerics**: as numbers, those are the nearest floats; as categories they are what they are.
pub fn read_columns(data: &Data, names: &[&str], run: &Run<'_>) -> Result<Vec<Column>, StatsError> {
    let places: Vec<usize> = names.iter().map(|name| data.column(name)).collect::<Result<_, _>>()?;
    let gathering = Gathering { parts: places.iter().map(|_| Mutex::default()).collect() };
    scan(data, &places, 0..data.partitions(), run, &gathering)?;
    let columns = names.iter().zip(gathering.parts).map(|(name, parts)| {
        let mut parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_unstable_by_key(|(partition, _)| *partition);
        Column { name: (*name).to_owned(), cells: join(parts.into_iter().map(|(_, part)| part).collect()) }
    });
    Ok(columns.collect())
}

/// The parts of each column, by partition, in the order in which they came.
struct Gathering {
    parts: Vec<Mutex<Vec<(u64, Part)>>>,
}

impl Reading for Gathering {
    type State = Part;

    fn begin(&self, _: u64, _: usize) -> Result<Part, StatsError> {
        Ok(Part::default())
    }

    fn take(&self, part: &mut Part, values: &ArrayRef) -> Result<(), StatsError> {
        part.take(values_of(values)?);
        Ok(())
    }

    fn end(&self, partition: u64, slot: usize, part: Option<Part>, rows: u64) -> Result<(), StatsError> {
        if let Some(parts) = self.parts.get(slot) {
            let part = part.unwrap_or_else(|| Part::of_nulls(rows));
            parts.lock().unwrap_or_else(PoisonError::into_inner).push((partition, part));
        }
        Ok(())
    }
}
