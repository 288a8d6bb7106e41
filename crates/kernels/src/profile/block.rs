use super::time::TimeKind;
use crate::KernelError;

/// Values of one column, none of them null, of the type in which their file has them.
#[derive(Clone, Copy, Debug)]
pub enum Block<'a> {
    /// Floats; those of 32 bits are widened by the caller.
    Real(&'a [f64]),
    /// Integers of up to 64 bits with a sign.
    Integer(&'a [i64]),
    /// Flags.
    Flag(&'a [bool]),
    /// Texts, as bytes that need not be UTF-8.
    Text(&'a [&'a [u8]]),
    /// Microseconds since 1970-01-01, of times of one kind: dates as their midnight, local times as if in UTC.
    Time { micros: &'a [i64], kind: TimeKind },
    /// Decimals, `unscaled / 10^scale`, with a scale from 0 to 38; also integers of more than 64 bits, with scale 0.
    Decimal { unscaled: &'a [i128], scale: u8 },
    /// So many values that are not looked into: lists, structures, bytes, times beyond 64 bits.
    Other(usize),
}

impl Block<'_> {
    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Real(values) => values.len(),
            Self::Integer(values) | Self::Time { micros: values, .. } => values.len(),
            Self::Flag(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Decimal { unscaled, .. } => unscaled.len(),
            Self::Other(count) => *count,
        }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Adds to `counts` how often each code occurs, as a dictionary page has them: `counts[code] += 1`.
///
/// - **Shapes**: `counts`: a place for each value of the dictionary; `codes`: any number, in any order.
/// - **Errors**: [`KernelError::Argument`] for a code without a place; the codes before it are counted.
pub fn count_codes<C: Copy + TryInto<usize> + ToString>(counts: &mut [u64], codes: &[C]) -> Result<(), KernelError> {
    for &code in codes {
        match code.try_into().ok().and_then(|code| counts.get_mut(code)) {
            Some(count) => *count += 1,
            None => {
                let expected = "a place in `counts`";
                return Err(KernelError::Argument { name: "codes", found: code.to_string(), expected });
            }
        }
    }
    Ok(())
}
