use crate::KernelError;

/// Counts of values in bins of equal width: edge `i` is `low + i · ((high − low) / bins)` in `f64`, as numpy has it. A value on an inner
/// edge belongs to the bin above.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// The lower edge of the first bin.
    pub low: f64,
    /// The upper edge of the last bin, which it contains.
    pub high: f64,
    /// Counts, in bin order.
    pub counts: Vec<u64>,
}

/// A histogram without bins is none.
pub(crate) fn check_bins(bins: usize) -> Result<(), KernelError> {
    if bins > 0 {
        return Ok(());
    }
    Err(KernelError::Argument { name: "bins", found: "0".into(), expected: "at least one" })
}

#[cfg(test)]
mod tests {
    use crate::profile::{Block, ColumnBuilder, Settings};

    #[track_caller]
    fn check(values: &[f64], expected: &[u64]) {
        let mut builder = ColumnBuilder::new(Settings::default(), "x", 0).unwrap();
        builder.add(Block::Real(values)).unwrap();
        let histogram = builder.finish().summary().histogram(expected.len()).unwrap().unwrap();
        assert_eq!(histogram.counts, expected);
    }

    #[test]
    fn golden_values_of_numpy() {
        check(&[3.5, -1.25, 8.0, 0.5, 12.75, 4.0, 4.0, -7.5, 2.25, 6.125], &[1, 2, 4, 2, 1]);
        // Each value is an edge, or beside one by what floats leave.
        let tenths: Vec<f64> = (0..=10).map(|n| f64::from(n) / 10.0).collect();
        check(&tenths, &[1, 1, 2, 0, 1, 2, 1, 0, 1, 2]);
    }
}
