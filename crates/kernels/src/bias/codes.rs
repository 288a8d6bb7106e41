//! Columns as small integer codes: what a contingency table counts.
use crate::{Computed, KernelError, Reason};

/// The code of a value that is missing.
pub const MISSING: u32 = u32::MAX;

/// Returns the bin of each value: 0 up to and including the first threshold, 1 above it up to the second, and so on.
///
/// - **Shapes**: `thresholds`: `[k]`, finite and ascending; the codes are `0..=k`. One threshold parts "at most" (0) from
///   "above" (1), as Clarify's `(t, max]`.
/// - **Odd values**: NaN is [`MISSING`]; −∞ falls into the first bin, ∞ into the last.
/// - **Errors**: [`KernelError::Argument`] for thresholds that do not ascend or are not finite.
/// ```
/// # use kernels::bias::{MISSING, bin_codes};
/// assert_eq!(bin_codes(&[25.0, 25.5, f64::NAN], &[25.0]).unwrap(), [0, 1, MISSING]);
/// ```
pub fn bin_codes(values: &[f64], thresholds: &[f64]) -> Result<Vec<u32>, KernelError> {
    let ascend = thresholds.windows(2).all(|pair| pair.first() < pair.last());
    if !ascend || !thresholds.iter().all(|threshold| threshold.is_finite()) {
        let expected = "finite numbers that ascend";
        return Err(KernelError::Argument { name: "thresholds", found: format!("{thresholds:?}"), expected });
    }
    let bin = |value: f64| thresholds.partition_point(|&threshold| threshold < value) as u32;
    Ok(values.iter().map(|&value| if value.is_nan() { MISSING } else { bin(value) }).collect())
}

/// How several columns become one whose codes are the combinations of theirs: the intersections of several facets.
///
/// A combination has the same code in every part of the data, so tables of parts can be merged; that the codes are far apart
/// where few combinations occur is what [`keep_frequent`] mends.
/// ```
/// # use kernels::bias::{Combination, MISSING};
/// let both = Combination::new(&[2, 3]).unwrap();
/// assert_eq!(both.codes(&[&[0, 1, 1], &[2, 0, MISSING]]).unwrap(), [2, 3, MISSING]);
/// assert_eq!((both.values(), both.parts(3)), (6, Some(vec![1, 0])));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combination {
    sizes: Vec<u32>,
    values: u32,
}

impl Combination {
    /// Returns the combinations of columns of so many values each.
    ///
    /// [`Reason::Empty`] without columns; [`Reason::Undefined`] for more combinations than codes, 4,294,967,295: pool rare
    /// values of the columns first.
    pub fn new(sizes: &[u32]) -> Computed<Self> {
        if sizes.is_empty() {
            return Err(Reason::Empty("the list of columns to combine".into()));
        }
        match sizes.iter().try_fold(1u32, |values, &size| values.checked_mul(size)) {
            Some(values) => Ok(Self { sizes: sizes.to_vec(), values }),
            None => Err(Reason::Undefined(format!("columns of {sizes:?} values have too many combinations"))),
        }
    }

    /// Returns how many combinations there can be: codes run from 0 to one less.
    pub fn values(&self) -> u32 {
        self.values
    }

    /// Returns the code of each row's combination, ascending as its parts do, or [`MISSING`] where a part is missing.
    ///
    /// - **Shapes**: a column `[n]` for each size.
    /// - **Errors**: [`KernelError::Argument`] for another number of columns, lengths that differ, or a code that its column
    ///   does not have.
    pub fn codes(&self, columns: &[&[u32]]) -> Result<Vec<u32>, KernelError> {
        if columns.len() != self.sizes.len() {
            let found = format!("{} columns", columns.len());
            return Err(KernelError::Argument { name: "columns", found, expected: "one for each size" });
        }
        let rows = columns.first().map_or(0, |column| column.len());
        let mut codes = vec![0u32; rows];
        for (column, &size) in columns.iter().zip(&self.sizes) {
            check_length("columns", column.len(), rows)?;
            check_codes("columns", column, size)?;
            for (code, &part) in codes.iter_mut().zip(*column) {
                *code = if *code == MISSING || part == MISSING { MISSING } else { *code * size + part };
            }
        }
        Ok(codes)
    }

    /// Returns the parts of a code, column by column; nothing for a code that no combination has.
    pub fn parts(&self, code: u32) -> Option<Vec<u32>> {
        let mut rest = code;
        let mut parts = vec![0; self.sizes.len()];
        for (part, &size) in parts.iter_mut().zip(&self.sizes).rev() {
            *part = rest.checked_rem(size)?;
            rest /= size;
        }
        (code < self.values).then_some(parts)
    }
}

/// The values of a column that enough rows have, with all others as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frequent {
    /// The new code of each row: a place in `kept`, `kept.len()` for a value that too few rows have, or [`MISSING`].
    pub codes: Vec<u32>,
    /// The old codes of the values that are kept, ascending.
    pub kept: Vec<u32>,
    /// How many values too few rows have.
    pub pooled_values: u64,
    /// How many rows have one of those.
    pub pooled_rows: u64,
}

/// Returns a column with the values of fewer than `min_rows` rows pooled under one code, the last: they are not reported by
/// themselves, and still belong to the rest that each other value is compared with.
///
/// So a column of a million values needs a table of `n / min_rows` values at most. The new codes depend on the rows: give the
/// whole column at once, not a part of it. The last code, `kept.len()`, is no value of the column: leave it out of the groups
/// that are asked for.
/// - **Numerics**: `O(n log n)`, and memory for a copy of the column.
pub fn keep_frequent(codes: &[u32], min_rows: u64) -> Frequent {
    let mut sorted: Vec<u32> = codes.iter().copied().filter(|&code| code != MISSING).collect();
    sorted.sort_unstable();
    let (mut kept, mut pooled_values, mut pooled_rows) = (Vec::new(), 0, 0);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() as u64 >= min_rows {
            kept.extend(run.first());
        } else {
            pooled_values += 1;
            pooled_rows += run.len() as u64;
        }
    }
    let new_code = |&code: &u32| match kept.binary_search(&code) {
        Ok(place) => place as u32,
        Err(_) if code == MISSING => MISSING,
        Err(_) => kept.len() as u32,
    };
    let codes = codes.iter().map(new_code).collect();
    Frequent { codes, kept, pooled_values, pooled_rows }
}

/// [`KernelError::Argument`] for a column that is not as long as the others.
pub(super) fn check_length(name: &'static str, found: usize, rows: usize) -> Result<(), KernelError> {
    if found == rows {
        return Ok(());
    }
    let found = format!("{found} rows long, beside {rows}");
    Err(KernelError::Argument { name, found, expected: "columns of one length" })
}

/// [`KernelError::Argument`] for a code that is neither below `size` nor [`MISSING`].
pub(super) fn check_codes(name: &'static str, codes: &[u32], size: u32) -> Result<(), KernelError> {
    // A scan without an exit is the faster one; which code it was is asked only if there is one.
    let wrong = |&code: &u32| code >= size && code != MISSING;
    if codes.iter().fold(false, |any, code| any | wrong(code)) {
        return Err(wrong_code(name, codes.iter().copied().find(wrong).unwrap_or(MISSING), size));
    }
    Ok(())
}

/// The error of a code that is not among so many values.
pub(super) fn wrong_code(name: &'static str, code: u32, size: u32) -> KernelError {
    let found = format!("code {code} of {size} values");
    KernelError::Argument { name, found, expected: "codes below the number of values" }
}
