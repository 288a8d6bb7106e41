//! Values that floats do not tell apart, kept beside the floats nearest to them.
use super::gather::codes_of;
use crate::data::narrow;
use arrow::array::{Array, Decimal128Array, Decimal256Array, Int64Array, UInt64Array};
use kernels::bias::MISSING;
use kernels::profile::Value;

/// Up to here every whole number is a float.
const MOST_EXACT: u64 = 1 << 53;

/// Decimals of fewer digits, with up to so many places, are what one division of two floats gives.
const SHORT: u128 = 1_000_000_000_000_000;
const MOST_PLACES: u8 = 22;

/// The values of rows whose floats may be those of other values, too; nothing of ordinary columns.
#[derive(Clone, Debug, Default)]
pub struct Exact {
    pieces: Vec<Piece>,
    is_rounded: bool,
}

/// Rows that stand side by side.
#[derive(Clone, Debug)]
struct Piece {
    from: usize,
    values: Kept,
}

/// Values as they came: pieces share their memory with what was read.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    Integers(Int64Array),
    Unsigned(UInt64Array),
    Decimals(Decimal128Array, u8),
    Wide(Decimal256Array, i8),
}

impl Kept {
    /// Returns integers, or microseconds, if floats do not hold each of them.
    pub fn integers(values: &Int64Array) -> Option<Self> {
        let is_large = values.values().iter().any(|value| value.unsigned_abs() > MOST_EXACT);
        let is_lost = |value: i64| i128::from(value) != value as f64 as i128;
        (is_large && values.iter().flatten().any(is_lost)).then(|| Self::Integers(values.clone()))
    }

    /// Returns integers if floats, or 64 bits with a sign, do not hold each of them.
    pub fn unsigned(values: &UInt64Array) -> Option<Self> {
        let is_large = values.values().iter().any(|&value| value > MOST_EXACT);
        is_large.then(|| Self::Unsigned(values.clone()))
    }

    /// Returns decimals if one division does not give each of them.
    pub fn decimals(values: &Decimal128Array, scale: u8) -> Option<Self> {
        let is_long = scale > MOST_PLACES || values.values().iter().any(|value| value.unsigned_abs() >= SHORT);
        is_long.then(|| Self::Decimals(values.clone(), scale))
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Unsigned(values) => values.len(),
            Self::Decimals(values, _) => values.len(),
            Self::Wide(values, _) => values.len(),
        }
    }

    fn is_null(&self, at: usize) -> bool {
        match self {
            Self::Integers(values) => values.is_null(at),
            Self::Unsigned(values) => values.is_null(at),
            Self::Decimals(values, _) => values.is_null(at),
            Self::Wide(values, _) => values.is_null(at),
        }
    }

    /// The scale and the digits of a value; nothing where it is null, or has more digits than 128 bits hold.
    fn key(&self, at: usize) -> Option<(u8, i128)> {
        if self.is_null(at) {
            return None;
        }
        match self {
            Self::Integers(values) => Some((0, i128::from(values.value(at)))),
            Self::Unsigned(values) => Some((0, i128::from(values.value(at)))),
            Self::Decimals(values, scale) => Some((*scale, values.value(at))),
            Self::Wide(values, scale) => narrow(values.value(at), *scale).map(|(unscaled, scale)| (scale, unscaled)),
        }
    }

    /// Whether any value has more digits than floats hold.
    fn is_rounded(&self) -> bool {
        let is_lost = |at: usize| match (self, self.key(at)) {
            (Self::Integers(_) | Self::Unsigned(_), Some((_, whole))) => whole != whole as f64 as i128,
            (_, Some((scale, unscaled))) => !is_short(unscaled, scale),
            (Self::Wide(..), None) => !self.is_null(at),
            (_, None) => false,
        };
        (0..self.len()).any(is_lost)
    }
}

/// Whether a decimal has at most 15 digits but for zeros at its end, or is a whole number that a float is.
fn is_short(unscaled: i128, scale: u8) -> bool {
    let size = unscaled.unsigned_abs();
    if size < SHORT {
        return true;
    }
    let more = size.ilog10() - 14; // the digits beyond 15
    let ends_in_zeros = || match u64::try_from(size) {
        Ok(small) => small.is_multiple_of(10u64.pow(more)),
        Err(_) => size.is_multiple_of(10u128.pow(more)),
    };
    (more <= u32::from(scale) && ends_in_zeros()) || (scale == 0 && unscaled as f64 as i128 == unscaled)
}

impl Exact {
    /// Takes the values of rows from `from` on.
    pub(super) fn add(&mut self, from: usize, values: Option<Kept>) {
        let Some(values) = values else { return };
        self.is_rounded = self.is_rounded || values.is_rounded();
        self.pieces.push(Piece { from, values });
    }

    /// Takes what another part has, whose first row is the one at `from` here.
    pub(super) fn append(&mut self, from: usize, other: Self) {
        self.is_rounded |= other.is_rounded;
        self.pieces.extend(other.pieces.into_iter().map(|piece| Piece { from: piece.from + from, ..piece }));
    }

    /// Whether a value has more digits than a 64-bit float holds.
    pub fn is_rounded(&self) -> bool {
        self.is_rounded
    }

    /// Returns values as places among the different ones, which ascend, and those. What is not kept here goes by its float; `name` and
    /// `exact` say what a float, and digits of a scale, stand for.
    pub(super) fn codes(
        &self,
        floats: &[f64],
        name: impl Fn(f64) -> Value,
        exact: impl Fn(i128, u8) -> Value,
    ) -> (Vec<u32>, Vec<Value>) {
        if self.pieces.is_empty() {
            return codes_of(floats, name);
        }
        let (mut others, mut different) = (floats.to_vec(), Vec::new());
        for (row, key) in self.keys() {
            if let Some(other) = others.get_mut(row) {
                *other = f64::NAN;
            }
            different.push(key);
        }
        different.sort_unstable();
        different.dedup();
        let (mut codes, other_names) = codes_of(&others, name);
        let own_names: Vec<Value> = different.iter().map(|&(scale, unscaled)| exact(unscaled, scale)).collect();
        let mut names = [other_names.as_slice(), &own_names].concat();
        names.sort(); // both ascend, which this sort makes use of
        names.dedup();
        let place = |name: &Value| names.binary_search(name).ok().and_then(|at| u32::try_from(at).ok());
        let places = |some: &[Value]| some.iter().map(|name| place(name).unwrap_or(MISSING)).collect::<Vec<u32>>();
        let (other_places, own_places) = (places(&other_names), places(&own_names));
        for code in &mut codes {
            *code = other_places.get(*code as usize).copied().unwrap_or(MISSING);
        }
        for (row, key) in self.keys() {
            let place = different.binary_search(&key).ok().and_then(|at| own_places.get(at));
            if let (Some(code), Some(&place)) = (codes.get_mut(row), place) {
                *code = place;
            }
        }
        (codes, names)
    }

    fn keys(&self) -> impl Iterator<Item = (usize, (u8, i128))> {
        let of = |piece: &Piece, at: usize| Some((piece.from + at, piece.values.key(at)?));
        self.pieces.iter().flat_map(move |piece| (0..piece.values.len()).filter_map(move |at| of(piece, at)))
    }
}
