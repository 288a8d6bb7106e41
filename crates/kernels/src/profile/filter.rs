/// Lets through what may be frequent, so that a column of values that are all different costs no table.
///
/// A value passes from its fourth occurrence in a chunk of [`super::CHUNK`] on, or earlier if others share its place; so of each
/// value at most three a chunk are left out.
pub(super) struct Filter {
    met: Box<[u8; PLACES]>,
    /// How many are missing to the end of the chunk.
    left: usize,
    error: u64,
}

/// Twice as many as values in a chunk: of different ones, four in a thousand pass.
const PLACES: usize = 2 * super::CHUNK;
/// So many do not pass.
const FREE: u8 = 3;

impl Filter {
    pub(super) fn new() -> Self {
        Self { met: Box::new([0; PLACES]), left: 0, error: 0 }
    }

    /// Calls `pass` with the place of each of these that passes. Where calls begin and end makes no difference.
    pub(super) fn pass(&mut self, hashes: &[u64], mut pass: impl FnMut(usize)) {
        let mut begin = 0;
        while begin < hashes.len() {
            if self.left == 0 {
                self.begin_chunk();
            }
            let end = hashes.len().min(begin + self.left);
            self.left -= end - begin;
            for (at, &hash) in (begin..).zip(&hashes[begin..end]) {
                let met = &mut self.met[hash as usize % PLACES];
                if *met < FREE {
                    *met += 1;
                } else {
                    pass(at);
                }
            }
            begin = end;
        }
    }

    fn begin_chunk(&mut self) {
        self.met.fill(0);
        self.left = super::CHUNK;
        self.error += u64::from(FREE);
    }

    /// By how much a count of what passed may be too low.
    pub(super) fn error(&self) -> u64 {
        self.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix;
    use std::collections::BTreeMap;

    #[test]
    fn what_does_not_pass_is_within_the_error_wherever_calls_begin() {
        let hashes: Vec<u64> = (0..20_000).map(|row| mix(1, mix(2, row) % (1 << (row % 14)))).collect();
        let passed = |size: usize| {
            let (mut filter, mut passed) = (Filter::new(), Vec::new());
            for (from, part) in (0..).step_by(size).zip(hashes.chunks(size)) {
                filter.pass(part, |at| passed.push(from + at));
            }
            (passed, filter.error())
        };
        let (whole, error) = passed(hashes.len());
        assert!([1, 700, 4_096].iter().all(|size| passed(*size) == (whole.clone(), error)));
        let mut missed = BTreeMap::<u64, u64>::new();
        for at in (0..hashes.len()).filter(|at| whole.binary_search(at).is_err()) {
            *missed.entry(hashes[at]).or_default() += 1;
        }
        assert_eq!((missed.values().max(), error), (Some(&15), 15));
    }

    #[test]
    fn of_different_values_hardly_any_passes() {
        let (mut filter, mut passed) = (Filter::new(), 0);
        filter.pass(&(0..100_000).map(|value| mix(3, value)).collect::<Vec<_>>(), |_| passed += 1);
        assert!((1..600).contains(&passed), "{passed}");
    }
}
