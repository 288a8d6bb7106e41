//! Which rows count.
use super::inputs::numbers;
use super::report::RowCounts;
use crate::{Column, StatsError};

/// What a row may lack: an argument's name, and whether the row lacks it.
pub(super) type Lack<'a> = (&'static str, &'a dyn Fn(usize) -> bool);

/// The rows that count, and their weights.
#[derive(Debug)]
pub(super) struct Kept {
    /// Their places in the inputs, ascending: what a bootstrap draws them by.
    pub places: Vec<u64>,
    /// Their weights, all above 0 and finite, if rows have any.
    pub weights: Option<Vec<f64>>,
    pub counts: RowCounts,
}

impl Kept {
    /// Keeps rows that lack nothing of what is named, and have a weight.
    pub fn of(rows: u64, weights: Option<&Column>, lacks: &[Lack<'_>]) -> Result<Self, StatsError> {
        let rows = rows as usize;
        let weights = weights.map(|column| numbers("weights", column)).transpose()?;
        let mut left_out: Vec<(&'static str, u64)> =
            lacks.iter().map(|lack| (lack.0, 0)).chain([("weights", 0)]).collect();
        let weight = |row: usize| weights.as_ref().map_or(1.0, |weights| weights[row]);
        let usable = |row: usize| weight(row) > 0.0 && weight(row).is_finite();
        let mut places = Vec::with_capacity(rows);
        for row in 0..rows {
            match lacks.iter().position(|lack| lack.1(row)) {
                Some(lack) => left_out[lack].1 += 1,
                None if usable(row) => places.push(row as u64),
                None => left_out[lacks.len()].1 += 1,
            }
        }
        let kept_weights =
            weights.as_ref().map(|_| places.iter().map(|&row| weight(row as usize)).collect::<Vec<f64>>());
        let used = places.len() as u64;
        let total_weight =
            kept_weights.as_ref().map_or(used as f64, |weights| weights.iter().fold(0.0, |sum, weight| sum + weight));
        let counts = RowCounts { total: rows as u64, used, weight: total_weight, left_out, without_score: 0 };
        Ok(Self { places, weights: kept_weights, counts })
    }

    /// Takes the kept rows of a column.
    pub fn take<T: Copy>(&self, column: &[T]) -> Vec<T> {
        self.places.iter().map(|&row| column[row as usize]).collect()
    }
}

/// Takes some rows of a column of kept rows.
pub(super) fn take<T: Copy>(column: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| column[row]).collect()
}
