use super::argument;
use crate::KernelError;

/// Returns the rows of each slice of a data set, ascending, so that any metric can be computed of each.
///
/// - **Input**: a code per row; null is a code of its own, the caller's to give. Slices without rows are empty.
/// - **Errors**: [`KernelError::Argument`] for a code that is not below `count`, or more slices than 10 million.
pub fn slices(codes: &[u32], count: usize) -> Result<Vec<Vec<usize>>, KernelError> {
    if count > 10_000_000 {
        return Err(argument("count", count, "10 million slices or fewer"));
    }
    let mut slices = vec![Vec::new(); count];
    for (row, &code) in codes.iter().enumerate() {
        let slice = slices.get_mut(code as usize).ok_or_else(|| argument("codes", code, "codes below `count`"))?;
        slice.push(row);
    }
    Ok(slices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_its_slice_once() {
        assert_eq!(slices(&[2, 0, 2], 4).unwrap(), [vec![1], vec![], vec![0, 2], vec![]]);
        assert_eq!(slices(&[], 0).unwrap(), Vec::<Vec<usize>>::new());
        assert_eq!(slices(&[2], 2), Err(argument("codes", 2, "codes below `count`")));
        assert!(matches!(slices(&[], usize::MAX), Err(KernelError::Argument { name: "count", .. })));
    }
}
