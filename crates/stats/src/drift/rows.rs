//! Two tables, compared by their rows.
use super::categories::Pooled;
use super::kind::{Sorts, compared, of_missing, of_types, with_rounding};
use super::together::{Sampled, classify, not_asked, together};
use super::values::of_rows;
use super::{Asked, ColumnDrift, ColumnSide, Compared, Drift, Kind, Look, Side, TableSide};
use crate::run::{Pieces, in_parallel};
use crate::{Cells, Column, Data, Progress, Run, StatsError, read_columns};
use kernels::bias::MISSING;
use kernels::drift::{Counts, Rows, Settings, domain_rows, of_categories};
use kernels::profile::Value;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What is read of both sides at a time, in bytes.
const AT_ONCE: u64 = 1 << 30;

pub(super) fn drift(reference: &Data, current: &Data, asked: &Asked, run: &Run<'_>) -> Result<Drift, StatsError> {
    let names = asked.names(&names_of(reference), &names_of(current))?;
    let known = reference.rows().zip(current.rows()).map(|(left, right)| left.saturating_add(right));
    let at_once = match known {
        Some(rows) => (AT_ONCE / rows.saturating_mul(8).max(1)).max(run.threads.get() as u64) as usize,
        None => names.len(),
    };
    let groups: Vec<&[String]> = names.chunks(at_once.max(1)).collect();
    let mut told = Told { before: 0, of: known.map(|rows| rows * groups.len() as u64) };
    let compared = Pieces::new(names.len() as u64, "columns compared");
    let (mut columns, mut samples) = (vec![], vec![]);
    let mut rows = [0, 0];
    for group in groups {
        let left = read(reference, group, &mut told, run)?;
        let right = read(current, group, &mut told, run)?;
        rows = [left.rows, right.rows];
        let sampled = |rows| if asked.asks_model() { domain_rows(rows, names.len(), asked.seed) } else { vec![] };
        let places = rows.map(sampled);
        let settings = asked.settings(names.len());
        for found in compare_all(group, [left, right], &places, asked, &settings, &compared, run)? {
            samples.extend(found.1.map(|sample| (found.0.name.clone(), sample)));
            columns.push(found.0);
        }
    }
    if names.is_empty() {
        rows = [reference, current].map(|data| data.rows().unwrap_or(0));
    }
    let sides = [TableSide::of(&Side::Data(reference), rows[0]), TableSide::of(&Side::Data(current), rows[1])];
    let (domain, used) = if asked.asks_model() {
        let ask = || classify(samples, &asked.settings(names.len()));
        Pieces::new(1, "model that tells the sides apart").each(run, ask)?
    } else {
        (not_asked(), vec![])
    };
    together(columns, domain, used, sides, asked)
}

fn names_of(data: &Data) -> Vec<&str> {
    data.schema().fields().iter().map(|field| field.name().as_str()).collect()
}

/// How far the reading of both sides is, all groups of columns together.
struct Told {
    before: u64,
    of: Option<u64>,
}

/// Columns of one side, each with the place of its name; none where the side does not have it.
struct Read {
    columns: Vec<Option<Column>>,
    rows: u64,
}

fn read(data: &Data, names: &[String], told: &mut Told, run: &Run<'_>) -> Result<Read, StatsError> {
    let has = names_of(data);
    let mut wanted: Vec<&str> = names.iter().map(String::as_str).filter(|name| has.contains(name)).collect();
    let is_counted = wanted.is_empty() && data.rows().is_none();
    if is_counted {
        wanted.extend(has.first()); // only reading tells how many rows there are
    }
    let (before, of) = (told.before, told.of);
    let progress = |own: Progress| (run.progress)(Progress { done: before + own.done, of, what: own.what });
    let found = read_columns(data, &wanted, &Run { threads: run.threads, progress: &progress })?;
    let rows = found.first().map(Column::rows).or(data.rows()).unwrap_or(0);
    told.before += rows;
    let mut named: HashMap<String, Column> = found.into_iter().map(|column| (column.name.clone(), column)).collect();
    Ok(Read { columns: names.iter().map(|name| named.remove(name)).collect(), rows })
}

type Found = (ColumnDrift, Option<Sampled>);

/// Compares columns on the threads of the run; each is dropped as soon as it was.
fn compare_all(
    names: &[String],
    [left, right]: [Read; 2],
    places: &[Vec<u64>; 2],
    asked: &Asked,
    settings: &Settings,
    compared: &Pieces,
    run: &Run<'_>,
) -> Result<Vec<Found>, StatsError> {
    let rows = [left.rows, right.rows];
    let pairs: Vec<Mutex<Option<[Option<Column>; 2]>>> =
        left.columns.into_iter().zip(right.columns).map(|(left, right)| Mutex::new(Some([left, right]))).collect();
    let found: Vec<Mutex<Option<Found>>> = names.iter().map(|_| Mutex::new(None)).collect();
    in_parallel(run.threads, names.len(), |at| {
        let (Some(name), Some(pair), Some(into)) = (names.get(at), pairs.get(at), found.get(at)) else { return Ok(()) };
        let pair = pair.lock().unwrap_or_else(PoisonError::into_inner).take();
        let [left, right] = pair.unwrap_or_default();
        let sides = [Own::of(left, rows[0]), Own::of(right, rows[1])];
        let found = compared.each(run, || compare(name, sides, places, asked, settings))?;
        *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(())
    })?;
    Ok(found.into_iter().filter_map(|found| found.into_inner().unwrap_or_else(PoisonError::into_inner)).collect())
}

/// One side of a column and what is counted of it.
struct Own {
    cells: Option<Cells>,
    rows: u64,
    sorts: Sorts,
    /// Of categories, the rows of each.
    counts: Vec<u64>,
}

impl Own {
    fn of(column: Option<Column>, rows: u64) -> Self {
        let cells = column.map(|column| column.cells);
        let (mut sorts, mut counts) = (Sorts::default(), vec![]);
        let present = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).count() as u64;
        match &cells {
            Some(Cells::Numbers { values, .. }) => sorts.counts[0] = present(values),
            Some(Cells::Times { micros, kind, .. }) => {
                sorts.counts[2] = present(micros);
                sorts.times = Some(*kind);
            }
            Some(Cells::Categories { codes, names, .. }) => {
                counts = vec![0; names.len()];
                for &code in codes {
                    if let Some(count) = counts.get_mut(code as usize) {
                        *count += 1;
                    }
                }
                names.iter().zip(&counts).for_each(|(name, &count)| sorts.add(name, count));
            }
            Some(Cells::Other { rows, nulls }) => sorts.counts[4] = rows.saturating_sub(*nulls),
            Some(Cells::Nothing { .. }) | None => {}
        }
        Self { cells, rows, sorts, counts }
    }

    fn is_rounded(&self) -> bool {
        match &self.cells {
            Some(Cells::Numbers { exact, .. } | Cells::Times { exact, .. }) => exact.is_rounded(),
            _ => false,
        }
    }

    fn side(&self) -> ColumnSide {
        let kind = if self.cells.is_some() { self.sorts.kind() } else { Kind::Absent };
        ColumnSide { kind, rows: self.rows, missing: self.rows - self.sorts.values().min(self.rows) }
    }

    /// Numbers of the rows, flags as 0 and 1, NaN where missing; none at all where nothing is there.
    fn into_numbers(self) -> Vec<f64> {
        match self.cells {
            Some(Cells::Numbers { values, .. }) => values,
            Some(Cells::Times { micros, .. }) => micros,
            Some(Cells::Categories { codes, names, .. }) => {
                let numbers: Vec<f64> = names.iter().map(|name| name.number().unwrap_or(f64::NAN)).collect();
                codes.iter().map(|&code| numbers.get(code as usize).copied().unwrap_or(f64::NAN)).collect()
            }
            _ => vec![],
        }
    }

    fn categories(&self) -> (&[u32], &[Value]) {
        match &self.cells {
            Some(Cells::Categories { codes, names, .. }) => (codes, names),
            _ => (&[], &[]),
        }
    }
}

fn compare(
    name: &str,
    sides: [Own; 2],
    places: &[Vec<u64>; 2],
    asked: &Asked,
    settings: &Settings,
) -> Result<Found, StatsError> {
    let [reference, current] = [sides[0].side(), sides[1].side()];
    let (how, note) = compared(reference.kind, current.kind);
    let note = with_rounding(note, how, sides.iter().any(Own::is_rounded));
    let rows = |side: ColumnSide| Rows { values: side.rows - side.missing, nulls: side.missing };
    let (found, look, sample) = match how {
        Compared::Numbers | Compared::Times => of_values(sides, [reference, current], places, asked, settings)?,
        Compared::Categories => of_codes(&sides, [reference, current], places, asked, settings)?,
        Compared::Types => {
            let sorts = [(&sides[0].sorts, reference.missing), (&sides[1].sorts, current.missing)];
            (of_types(sorts, asked.tests(), settings)?, Look::Nothing, None)
        }
        Compared::Missing => {
            let sides = [(reference.kind, rows(reference)), (current.kind, rows(current))];
            (of_missing(sides, asked.tests(), settings)?, Look::Nothing, None)
        }
    };
    Ok((ColumnDrift::new(name, how, note, found, [reference, current], look), sample))
}

type Judged = (kernels::drift::Column, Look, Option<Sampled>);

fn of_values(
    sides: [Own; 2],
    about: [ColumnSide; 2],
    places: &[Vec<u64>; 2],
    asked: &Asked,
    settings: &Settings,
) -> Result<Judged, StatsError> {
    let [mut left, mut right] = sides.map(Own::into_numbers);
    let sample = |values: &[f64], places: &[u64]| -> Vec<f64> {
        places.iter().map(|&row| values.get(row as usize).copied().unwrap_or(f64::NAN)).collect()
    };
    let sampled = Sampled::Numbers([sample(&left, &places[0]), sample(&right, &places[1])]);
    for values in [&mut left, &mut right] {
        values.retain(|value| !value.is_nan());
    }
    let (found, look) = of_rows([left, right], about.map(|side| side.missing), asked.tests(), settings)?;
    Ok((found, look, Some(sampled)))
}

fn of_codes(
    sides: &[Own; 2],
    about: [ColumnSide; 2],
    places: &[Vec<u64>; 2],
    asked: &Asked,
    settings: &Settings,
) -> Result<Judged, StatsError> {
    let [(left, left_names), (right, right_names)] = [sides[0].categories(), sides[1].categories()];
    let pooled = Pooled::of(left_names.iter(), right_names.iter());
    let [reference, current] = [0, 1].map(|side| pooled.spread(side, sides[side].counts.iter().copied()));
    let look = Look::of_categories(&pooled.values, &reference, &current);
    let sample = |codes: &[u32], side: usize| -> Vec<u32> {
        let own = |row: u64| codes.get(row as usize).copied().unwrap_or(MISSING);
        let place = |code: u32| pooled.places[side].get(code as usize).copied().unwrap_or(MISSING);
        places[side].iter().map(|&row| place(own(row))).collect()
    };
    let sampled = Sampled::of_codes([sample(left, 0), sample(right, 1)]);
    let counts = |counts, side: ColumnSide| Counts { counts, nulls: side.missing };
    let found = of_categories(counts(&reference, about[0]), counts(&current, about[1]), asked.tests(), settings)?;
    Ok((found, look, Some(sampled)))
}
