//! Numbers of more digits than 64-bit floats hold: where every different one is counted, their differences are taken exactly.
use super::column::Piece;
use super::summary::Summary;
use super::value::{Value, decimal_to_f64};
use crate::{Computed, Moments, Reason, check_fraction};

/// Up to here every whole number is a float.
const MOST_EXACT: u64 = 1 << 53;

impl Summary<'_> {
    /// Returns whether numbers or times have more digits than 64-bit floats hold, and are too many to be counted: then mean,
    /// variance, ranks, quantiles and histogram are of the rounded ones. It is judged by the ends and by the frequent values.
    pub fn is_rounded(&self) -> bool {
        let ends = self.column.ends.iter().flat_map(|(low, high)| [low, high]);
        let frequent = self.piece.top.counts().iter().map(|(value, _)| value);
        !self.is_mixed && !self.is_exact() && ends.chain(frequent).any(is_wide)
    }

    /// Values are off by half a last place of the largest, their mean by some: a variance that is not far above is that of rounding.
    pub(super) fn check_spread(&self) -> Computed<()> {
        const LAST_PLACES: f64 = 16.0 * f64::EPSILON;
        let Some((low, high)) = self.column.ends.as_ref().filter(|(low, high)| self.is_rounded() && low != high) else {
            return Ok(());
        };
        let size = low.number().unwrap_or(0.0).abs().max(high.number().unwrap_or(0.0).abs());
        match self.moments.population_variance() {
            Some(variance) if variance.sqrt() < LAST_PLACES * size => {
                Err(Reason::Undefined("the values differ only in digits beyond those of 64-bit floats".into()))
            }
            _ => Ok(()),
        }
    }

    /// Returns the `q`-quantile with all of its digits, where every different number is counted and floats do not hold each of them;
    /// `None` elsewhere, for an infinite one, and for another `q` than in `[0, 1]`: then [`Summary::quantile`] says what there is.
    pub fn quantile_value(&self, q: f64) -> Option<&Value> {
        check_fraction("q", q).ok()?;
        let counted = counted(&self.piece).filter(|_| !self.is_mixed)?;
        let (below, above) = (self.counts().negative_infinite, self.counts().positive_infinite);
        let total = below + self.ranks.count() + above;
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1)).checked_sub(below + 1)?;
        let mut up_to = 0;
        counted.into_iter().find_map(|(value, count)| {
            up_to += count;
            (up_to > rank).then_some(value)
        })
    }
}

/// The finite numbers with their counts, ascending, if all are counted and floats do not hold each of them.
pub(super) fn counted(piece: &Piece) -> Option<Vec<(&Value, u64)>> {
    let counted = piece.top.counts();
    if piece.top.error() > 0 || !counted.iter().any(|(value, _)| is_wide(value)) {
        return None;
    }
    let is_finite = |value: &Value| value.number().is_some_and(f64::is_finite);
    Some(counted.iter().filter(|(value, _)| is_finite(value)).map(|(value, count)| (value, *count)).collect())
}

/// Whether the nearest float may be that of another value, too.
fn is_wide(value: &Value) -> bool {
    match value {
        Value::Integer(whole) | Value::Time { micros: whole, .. } => whole.unsigned_abs() > MOST_EXACT,
        Value::Decimal { .. } => true,
        Value::Flag(_) | Value::Real(_) | Value::Text(_) | Value::Long { .. } => false,
    }
}

/// Returns count, mean and sum of squared deviations of these numbers, each with how often it is there.
///
/// - **Numerics**: two passes over the exact differences from the first one, each rounded once to `f64`.
pub(super) fn moments(counted: &[(&Value, u64)]) -> Moments {
    let Some(((first, _), count)) = counted.first().zip(Some(counted.iter().map(|(_, count)| count).sum::<u64>()))
    else {
        return Moments::default();
    };
    let differences: Vec<(f64, f64)> =
        counted.iter().map(|(value, count)| (difference(value, first), *count as f64)).collect();
    let mean = differences.iter().map(|(by, count)| by * count).sum::<f64>() / count as f64;
    let squares = differences.iter().map(|(by, count)| count * (by - mean) * (by - mean)).sum();
    Moments::of_parts(count, first.number().unwrap_or(0.0) + mean, squares)
}

/// Returns `a − b`, rounded once where 128 bits hold it and neither is a float.
fn difference(a: &Value, b: &Value) -> f64 {
    let exact = || {
        let ((a, places), (b, others)) = (digits(a)?, digits(b)?);
        let scale = places.max(others);
        let at_scale = |number: i128, own: u8| number.checked_mul(10i128.checked_pow(u32::from(scale - own))?);
        Some(decimal_to_f64(at_scale(a, places)?.checked_sub(at_scale(b, others)?)?, scale))
    };
    exact().unwrap_or_else(|| a.number().unwrap_or(0.0) - b.number().unwrap_or(0.0))
}

/// A number as `unscaled / 10^scale`; nothing for one that is a float.
fn digits(value: &Value) -> Option<(i128, u8)> {
    match *value {
        Value::Integer(whole) | Value::Time { micros: whole, .. } => Some((i128::from(whole), 0)),
        Value::Decimal { unscaled, scale } => Some((unscaled, scale)),
        _ => None,
    }
}
