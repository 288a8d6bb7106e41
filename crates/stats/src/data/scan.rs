//! Partitions and columns on threads.
use super::file::Place;
use super::folder::cannot;
use super::{Data, Partition, Source};
use crate::run::in_parallel;
use crate::{Progress, Run, StatsError};
use arrow::array::ArrayRef;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is made of the values of a table: of each column of each partition by itself, on whichever thread.
pub(crate) trait Reading: Sync {
    /// What is made of one column of one partition.
    type State;
    /// Begins it. `slot` is the place of the column among those that are asked for.
    fn begin(&self, partition: u64, slot: usize) -> Result<Self::State, StatsError>;
    /// Takes values; those of a column come in the order of the rows.
    fn take(&self, state: &mut Self::State, values: &ArrayRef) -> Result<(), StatsError>;
    /// Ends it; `None` if the partition, of so many rows, does not have the column.
    fn end(&self, partition: u64, slot: usize, state: Option<Self::State>, rows: u64) -> Result<(), StatsError>;
}

/// Reads these columns of these partitions on the threads of `run`: a column of a row group by itself, of other files up to 512.
pub(crate) fn scan<R: Reading>(
    data: &Data,
    columns: &[usize],
    partitions: Range<u64>,
    run: &Run<'_>,
    reading: &R,
) -> Result<(), StatsError> {
    let units = units(data, columns.len(), partitions);
    let of = units.iter().filter(|unit| unit.slots.start == 0).map(|unit| data.rows_of(unit.partition)).sum();
    let told = Told { run, columns: columns.len().max(1) as u64, of, cells: AtomicU64::new(0) };
    told.add(0)?;
    in_parallel(run.threads, units.len(), |at| match units.get(at) {
        Some(unit) => read(data, columns, unit, &told, reading).map_err(|error| data.named(unit.partition, error)),
        None => Ok(()),
    })
}

/// So many columns of a file that is read whole are known of at once; it is read again for more.
const ABREAST: usize = 512;

/// What one thread does at once.
struct Unit {
    partition: u64,
    slots: Range<usize>,
}

fn units(data: &Data, slots: usize, partitions: Range<u64>) -> Vec<Unit> {
    let mut units = Vec::new();
    for (partition, place) in (0..).zip(&data.partitions).filter(|(partition, _)| partitions.contains(partition)) {
        match place {
            Partition::File { .. } => units.extend(
                (0..slots).step_by(ABREAST).map(|slot| Unit { partition, slots: slot..slots.min(slot + ABREAST) }),
            ),
            _ => units.extend((0..slots).map(|slot| Unit { partition, slots: slot..slot + 1 })),
        }
    }
    units
}

/// Counts what was read.
struct Told<'a> {
    run: &'a Run<'a>,
    columns: u64,
    of: Option<u64>,
    cells: AtomicU64,
}

impl Told<'_> {
    fn add(&self, cells: u64) -> Result<(), StatsError> {
        let cells = self.cells.fetch_add(cells, Ordering::Relaxed) + cells;
        self.run.tell(Progress { done: cells / self.columns, of: self.of, what: "rows" })
    }
}

fn read<R: Reading>(
    data: &Data,
    columns: &[usize],
    unit: &Unit,
    told: &Told<'_>,
    reading: &R,
) -> Result<(), StatsError> {
    let partition = unit.partition;
    let Some(place) = data.partitions.get(partition as usize) else { return Ok(()) };
    let columns = columns.get(unit.slots.clone()).unwrap_or_default();
    match (place, &data.source, columns) {
        (&Partition::Rows { start, count }, Source::Memory(batches), &[column]) => {
            let mut state = reading.begin(partition, unit.slots.start)?;
            batches.read(column, start, count, &mut |array| {
                reading.take(&mut state, array)?;
                told.add(array.len() as u64)
            })?;
            reading.end(partition, unit.slots.start, Some(state), count)
        }
        (&Partition::Group { file, group, rows }, Source::Files(files), &[column]) => {
            let Some(file) = files.get(file) else { return Ok(()) };
            if matches!(file.place(column), Place::Absent) {
                told.add(rows)?;
                return reading.end(partition, unit.slots.start, None, rows);
            }
            let mut state = reading.begin(partition, unit.slots.start)?;
            file.read_group(group, rows, column, &mut |array| {
                reading.take(&mut state, array)?;
                told.add(array.len() as u64)
            })?;
            reading.end(partition, unit.slots.start, Some(state), rows)
        }
        (&Partition::File { file }, Source::Files(files), _) => {
            let Some(file) = files.get(file) else { return Ok(()) };
            read_file(file, columns, unit, told, reading)
        }
        _ => Ok(()),
    }
}

fn read_file<R: Reading>(
    file: &super::TableFile,
    columns: &[usize],
    unit: &Unit,
    told: &Told<'_>,
    reading: &R,
) -> Result<(), StatsError> {
    let slots = || unit.slots.clone();
    let mut states = Vec::with_capacity(columns.len());
    for (slot, &column) in slots().zip(columns) {
        let is_there = !matches!(file.place(column), Place::Absent);
        states.push(if is_there { Some(reading.begin(unit.partition, slot)?) } else { None });
    }
    let mut rows = 0;
    file.read_all(columns, &mut |count, arrays| {
        for (state, array) in states.iter_mut().zip(arrays) {
            if let (Some(state), Some(array)) = (state, array) {
                reading.take(state, array)?;
            }
        }
        rows += count as u64;
        told.add(count as u64 * columns.len() as u64)
    })?;
    for (slot, state) in slots().zip(states) {
        reading.end(unit.partition, slot, state, rows)?;
    }
    Ok(())
}

impl Data {
    /// Says of which file it is that the data is not what it must be: of several, nobody could tell.
    pub(super) fn named(&self, partition: u64, error: StatsError) -> StatsError {
        let (Source::Files(files), StatsError::Argument { name, found, .. }) = (&self.source, &error) else {
            return error;
        };
        let file = match self.partitions.get(partition as usize) {
            Some(&(Partition::Group { file, .. } | Partition::File { file })) => files.get(file),
            _ => None,
        };
        match file.filter(|_| name == "data") {
            Some(file) => cannot(file.shown(), found),
            None => error,
        }
    }

    fn rows_of(&self, partition: u64) -> Option<u64> {
        match (self.partitions.get(partition as usize)?, &self.source) {
            (Partition::Rows { count, .. }, _) => Some(*count),
            (Partition::Group { rows, .. }, _) => Some(*rows),
            (Partition::File { file }, Source::Files(files)) => files.get(*file)?.rows(),
            _ => None,
        }
    }
}
