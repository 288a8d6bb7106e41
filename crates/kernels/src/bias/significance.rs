//! Tests of "no difference" on counts.
use super::intervals::Rate;
use super::metric::{PValue, Test};
use crate::special::{beta_regularised, chi_square_sf, fisher_exact, normal_sf, two_proportion_z};
use crate::{Computed, Reason};

/// The least expected count for which an approximation is used (Cochran 1954).
pub(super) const LEAST_EXPECTED: f64 = 5.0;

/// Tests two proportions for equality: by z with pooled variance, or exactly where an expected count is below 5.
pub(super) fn proportions(first: Rate, second: Rate) -> Computed<PValue> {
    if first.of == 0 || second.of == 0 {
        return Err(Reason::Empty("a group".into()));
    }
    if least_expected(first, second) < LEAST_EXPECTED {
        let table = [first, second].map(|rate| [rate.hits, rate.of - rate.hits]);
        return Ok(PValue { value: fisher_exact(table), test: Test::Fisher });
    }
    let (_, value) = two_proportion_z([first.hits, second.hits], [first.of, second.of])?;
    Ok(PValue { value, test: Test::TwoProportionZ })
}

/// The least count of the four that equal proportions would have, of groups of at least one row.
pub(super) fn least_expected(first: Rate, second: Rate) -> f64 {
    let (hits, rows) = ((first.hits + second.hits) as f64, (first.of + second.of) as f64);
    first.of.min(second.of) as f64 * hits.min(rows - hits) / rows
}

/// Tests whether as many rows are hits as are not: exactly below 100 rows.
pub(super) fn one_half(rate: Rate, exact: Test, approximate: Test) -> PValue {
    if rate.of >= 100 {
        let z = (2.0 * rate.hits as f64 - rate.of as f64) / (rate.of as f64).sqrt();
        return PValue { value: two_sided(z), test: approximate };
    }
    let most = rate.hits.max(rate.of - rate.hits);
    if most == rate.of - most {
        return PValue { value: 1.0, test: exact };
    }
    // P(X ≥ most) of the binomial distribution, twice: it is symmetric.
    let tail = beta_regularised(most as f64, (rate.of - most + 1) as f64, 0.5);
    PValue { value: (2.0 * tail).min(1.0), test: exact }
}

/// The two-sided p-value of a normal score.
pub(super) fn two_sided(z: f64) -> f64 {
    2.0 * normal_sf(z.abs())
}

/// Pearson's χ² of a table, with what its test needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ChiSquare {
    pub statistic: f64,
    /// Rows and columns that hold anything.
    pub shape: (u64, u64),
    pub total: u64,
    pub least_expected: f64,
    /// Σ n/nᵢ over rows and over columns, for the variance.
    reciprocals: (f64, f64),
}

/// Returns Pearson's χ² of the table of `columns` columns, row by row; empty rows and columns are no part of it.
pub(super) fn chi_square(table: &[u64], columns: usize) -> ChiSquare {
    let rows: Vec<u64> = table.chunks_exact(columns).map(|row| row.iter().sum()).collect();
    let mut sums = vec![0u64; columns];
    for row in table.chunks_exact(columns) {
        for (sum, count) in sums.iter_mut().zip(row) {
            *sum += count;
        }
    }
    let total: u64 = rows.iter().sum();
    let n = total as f64;
    let mut statistic = 0.0;
    for (row, &row_sum) in table.chunks_exact(columns).zip(&rows) {
        for (&count, &sum) in row.iter().zip(&sums) {
            let expected = row_sum as f64 * sum as f64 / n;
            if expected > 0.0 {
                statistic += (count as f64 - expected).powi(2) / expected;
            }
        }
    }
    let used = |sums: &[u64]| sums.iter().filter(|&&sum| sum > 0).count() as u64;
    let least = |sums: &[u64]| sums.iter().copied().filter(|&sum| sum > 0).min().unwrap_or(0) as f64;
    let reciprocal = |sums: &[u64]| sums.iter().filter(|&&sum| sum > 0).map(|&sum| n / sum as f64).sum();
    ChiSquare {
        statistic,
        shape: (used(&rows), used(&sums)),
        total,
        least_expected: if total == 0 { 0.0 } else { least(&rows) * least(&sums) / n },
        reciprocals: (reciprocal(&rows), reciprocal(&sums)),
    }
}

impl ChiSquare {
    /// Returns the degrees of freedom.
    pub fn df(&self) -> f64 {
        (self.shape.0.saturating_sub(1) * self.shape.1.saturating_sub(1)) as f64
    }

    /// Returns the p-value of equal rows; below 5 expected, by a gamma distribution of the statistic's exact mean and variance given
    /// the margins (Haldane 1940, Dawson 1954).
    pub fn p_value(&self, rows: &str, columns: &str) -> Computed<PValue> {
        if self.shape.0 < 2 {
            return Err(Reason::TooFew { what: rows.into(), have: self.shape.0, need: 2 });
        }
        if self.shape.1 < 2 {
            return Err(Reason::Constant(columns.into()));
        }
        if self.least_expected >= LEAST_EXPECTED {
            return Ok(PValue { value: chi_square_sf(self.statistic, self.df()), test: Test::ChiSquare });
        }
        if self.total < 4 {
            return Err(Reason::TooFew { what: "rows".into(), have: self.total, need: 4 });
        }
        let n = self.total as f64;
        let part = |used: u64, reciprocals: f64| {
            let k = used as f64;
            ((k - 1.0) * (n - k) / (n - 1.0), (reciprocals - k * k) / (n - 2.0))
        };
        let (v, w) = part(self.shape.0, self.reciprocals.0);
        let (v2, w2) = part(self.shape.1, self.reciprocals.1);
        let mean = n * self.df() / (n - 1.0);
        let variance = 2.0 * n / (n - 3.0) * (v - w) * (v2 - w2) + n * n / (n - 1.0) * w * w2;
        if variance <= 0.0 {
            return Err(Reason::Undefined("the margins leave one table only".into()));
        }
        let value = chi_square_sf(2.0 * self.statistic * mean / variance, 2.0 * mean * mean / variance);
        Ok(PValue { value, test: Test::ChiSquareMoments })
    }
}

/// Tests whether each row of the table has the same distribution: two by two as [`proportions`], else by χ².
pub(super) fn homogeneity(table: &[u64], columns: usize, rows: &str, what: &str) -> Computed<PValue> {
    let found = chi_square(table, columns);
    if found.shape != (2, 2) {
        return found.p_value(rows, what);
    }
    let column = (0..columns).find(|&column| table.iter().skip(column).step_by(columns).any(|&count| count > 0));
    let column = column.unwrap_or(0); // there are two
    let hits = |row: &[u64]| row.get(column).copied().unwrap_or(0);
    let mut rates = table.chunks_exact(columns).map(|row| Rate { hits: hits(row), of: row.iter().sum() });
    let mut next = || rates.by_ref().find(|rate| rate.of > 0).unwrap_or(Rate { hits: 0, of: 0 });
    proportions(next(), next())
}
