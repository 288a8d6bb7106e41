//! Bins that follow the rows: in each replicate the deciles are those of its own reference.
use super::model::Settings;
use super::permutation::{Asked, BUDGET, Permuted, labels, replicate, shuffle};
use super::side::{Side, pooled};
use super::table::Table;

/// With more rows of the reference, fixed bins are as good: those of fewer rows hold exactly a tenth of them each, which a table
/// with permuted labels does not, and χ² would be 3 % too large on average at 400 rows, twice too large at 20.
const ROWS: u64 = 1_000;
/// So many current rows are permuted at most; of more, each stands for several: beside so few of the reference none is missed.
const STAND_INS: u64 = 4_000_000;

/// The pooled values of two sides, to be cut anew.
pub(super) struct Recut {
    /// Rows below each different value, and in the end all of them.
    below: Vec<u64>,
    /// Rows of the reference.
    rows: usize,
}

impl Recut {
    /// Returns what replicates are drawn from, if the reference has so few rows that it matters.
    pub fn of(reference: &Side<'_>, current: &Side<'_>) -> Option<Self> {
        if reference.rows() >= ROWS {
            return None;
        }
        let each = current.rows().div_ceil(STAND_INS).max(1);
        let mut so_far = (0, 0);
        let up_to = pooled(reference, current).map(|(_, r, c)| {
            so_far = (so_far.0 + r, so_far.1 + c);
            so_far.0 + so_far.1 / each
        });
        Some(Self { below: [0].into_iter().chain(up_to).collect(), rows: reference.rows() as usize })
    }

    /// Judges measures of the deciles' table.
    pub fn permute(&self, asked: &[Asked], settings: &Settings) -> Vec<Permuted> {
        let counts: Vec<u64> = self.below.array_windows().map(|[from, to]| to - from).collect();
        let mut labels = labels(&counts);
        let mut own = Vec::with_capacity(self.rows);
        replicate(BUDGET / (40.0 * self.rows as f64 + 500.0), asked, settings, |stream, take| {
            shuffle(&mut labels, self.rows, stream);
            own.clear();
            own.extend(labels.iter().take(self.rows));
            own.sort_unstable();
            take(&self.cut(&own).view());
        })
    }

    /// Counts both sides between the deciles of `own`, the ascending places of the reference's values.
    fn cut(&self, own: &[u32]) -> Table {
        // Ends of bins, as places: values before it belong to the bin or to those before.
        let mut ends: Vec<u32> = super::numbers::tenths(own.len() as u64)
            .filter_map(|rank| own.get(rank as usize - 1))
            .map(|place| place + 1)
            .collect();
        if let (Some(&first), Some(&end)) = (own.first(), ends.first())
            && end == first + 1
        {
            ends.insert(0, first);
        }
        ends.dedup();
        let (mut reference, mut current, mut before) = (vec![], vec![], (0, 0));
        for end in ends.into_iter().chain([u32::MAX]) {
            let of_reference = own.partition_point(|&place| place < end) as u64;
            let all = self.below.get(end as usize).or(self.below.last()).copied().unwrap_or(0);
            let so_far = (of_reference, all - of_reference);
            reference.push(so_far.0 - before.0);
            current.push(so_far.1 - before.1);
            before = so_far;
        }
        Table::of(&reference, &current)
    }
}
