//! Two profiles, compared by what they keep.
use super::categories::Pooled;
use super::kind::{Sorts, compared, of_missing, of_types, with_rounding};
use super::together::{not_asked, together};
use super::{Asked, ColumnDrift, ColumnSide, Compared, Drift, Kind, Look, TableSide};
use crate::run::{Pieces, in_parallel};
use crate::{Run, StatsError};
use kernels::drift::{
    Column, Counts, Domain, Numbers, Rows, Settings, TestId, Values, of_categories, of_nulls, of_numbers,
};
use kernels::profile::{Profile, Shape, Summary, TimeKind};
use kernels::{KernelError, Reason};
use std::sync::{Mutex, PoisonError};

pub(super) fn drift(
    reference: &Profile,
    current: &Profile,
    sides: [TableSide; 2],
    asked: &Asked,
    run: &Run<'_>,
) -> Result<Drift, StatsError> {
    let names = asked.names(&names_of(reference), &names_of(current))?;
    let settings = asked.settings(names.len());
    let found: Vec<Mutex<Option<ColumnDrift>>> = names.iter().map(|_| Mutex::new(None)).collect();
    let compared = Pieces::new(names.len() as u64, "columns compared");
    in_parallel(run.threads, names.len(), |at| {
        let (Some(name), Some(into)) = (names.get(at), found.get(at)) else { return Ok(()) };
        let one = [reference, current].map(|profile| profile.column(name).map(|column| column.summary_to_compare()));
        let rows = [reference.rows(), current.rows()];
        let found = compared.each(run, || compare(name, &one, rows, asked, &settings))?;
        *into.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(())
    })?;
    let columns =
        found.into_iter().filter_map(|found| found.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
    let why = Reason::Undefined("a profile has no rows: the model needs those of both sides".to_owned());
    let domain = if asked.asks_model() { Domain::not_computable(why) } else { not_asked() };
    together(columns, domain, vec![], sides, asked)
}

fn names_of(profile: &Profile) -> Vec<&str> {
    profile.columns().into_iter().map(|(name, _)| name).collect()
}

/// How many values of each sort a column has. Texts that say numbers are texts.
fn sorts_of(summary: &Summary<'_>) -> Sorts {
    let counts = summary.counts();
    let texts = summary.lengths().count;
    let of_shape =
        |shape| Shape::ALL.into_iter().zip(counts.shapes).filter(|(own, _)| *own == shape).map(|(_, n)| n).sum::<u64>();
    let flags = counts.boolean.saturating_sub(of_shape(Shape::Boolean));
    let times = counts.times.iter().sum::<u64>();
    let numbers = counts.values().saturating_sub(texts + flags + times + counts.other);
    let mut kinds = TimeKind::ALL.into_iter().zip(counts.times).filter(|(_, count)| *count > 0).map(|(kind, _)| kind);
    let first = kinds.next();
    let times_are = if kinds.next().is_none() { first } else { None };
    Sorts { counts: [numbers, flags, times, texts, counts.other], times: times_are }
}

fn compare(
    name: &str,
    sides: &[Option<Summary<'_>>; 2],
    rows: [u64; 2],
    asked: &Asked,
    settings: &Settings,
) -> Result<ColumnDrift, StatsError> {
    let sorts = [0, 1].map(|side| sides[side].as_ref().map(sorts_of));
    let [reference, current] = [0, 1].map(|side| {
        let kind = sorts[side].map_or(Kind::Absent, |sorts| sorts.kind());
        let values = sorts[side].map_or(0, |sorts| sorts.values());
        ColumnSide { kind, rows: rows[side], missing: rows[side].saturating_sub(values) }
    });
    let (how, note) = compared(reference.kind, current.kind);
    let is_rounded = how == Compared::Numbers && sides.iter().flatten().any(is_rounded);
    let note = with_rounding(note, how, is_rounded);
    let about = [reference, current];
    let counted = |side: ColumnSide| Rows { values: side.rows - side.missing, nulls: side.missing };
    let missing = || {
        of_missing([(reference.kind, counted(reference)), (current.kind, counted(current))], asked.tests(), settings)
    };
    let (found, look) = match (how, &sides[0], &sides[1]) {
        (Compared::Numbers | Compared::Times, Some(left), Some(right)) => {
            let found = of_numbers(numbers(left, reference), numbers(right, current), asked.tests(), settings)?;
            (found, Look::of_ranks(left.ranks(), right.ranks()))
        }
        (Compared::Categories, Some(left), Some(right)) => of_counts([left, right], about, asked, settings)?,
        (Compared::Types, ..) => {
            let [left, right] = sorts.map(Option::unwrap_or_default);
            (of_types([(&left, reference.missing), (&right, current.missing)], asked.tests(), settings)?, Look::Nothing)
        }
        _ => (missing()?, Look::Nothing),
    };
    Ok(ColumnDrift::new(name, how, note, found, about, look))
}

/// Whether it has numbers of more digits than floats hold: a quantile of all digits is there where they are counted.
fn is_rounded(summary: &Summary<'_>) -> bool {
    summary.is_rounded() || [0.0, 0.5, 1.0].iter().any(|&q| summary.quantile_value(q).is_some())
}

/// What a profile keeps of numbers. Exact ranks say the deviation as rows do; of sketches the moments know better.
fn numbers<'a>(summary: &'a Summary<'_>, side: ColumnSide) -> Numbers<'a> {
    let counts = summary.counts();
    let deviation = summary.population_variance().ok().map(f64::sqrt).filter(|_| !summary.is_exact());
    let infinite = [counts.negative_infinite, counts.positive_infinite];
    let values = Values::Ranked { ranks: summary.ranks(), infinite, rank_error: summary.rank_error(), deviation };
    Numbers { values, nulls: side.missing }
}

fn of_counts(
    [left, right]: [&Summary<'_>; 2],
    [reference, current]: [ColumnSide; 2],
    asked: &Asked,
    settings: &Settings,
) -> Result<(Column, Look), KernelError> {
    let (own, other) = match (left.categories(), right.categories()) {
        (Ok(own), Ok(other)) => (own, other),
        (Err(reason), _) | (_, Err(reason)) => {
            let why = Reason::Undefined(format!("{reason}: too many for a profile, compare the rows"));
            let rows = [reference, current].map(|side| Rows { values: side.rows - side.missing, nulls: side.missing });
            let found = of_nulls(rows[0], rows[1], TestId::ChiSquare, &why, asked.tests(), settings)?;
            return Ok((found, Look::Nothing));
        }
    };
    let pooled = Pooled::of(own.iter().map(|(value, _)| value), other.iter().map(|(value, _)| value));
    let counts = [(0, own), (1, other)].map(|(side, all)| pooled.spread(side, all.iter().map(|(_, rows)| *rows)));
    let look = Look::of_categories(&pooled.values, &counts[0], &counts[1]);
    let counted = |counts, side: ColumnSide| Counts { counts, nulls: side.missing };
    let (left, right) = (counted(&counts[0], reference), counted(&counts[1], current));
    Ok((of_categories(left, right, asked.tests(), settings)?, look))
}
