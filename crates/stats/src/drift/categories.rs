//! Two lists of categories as one.
use kernels::profile::Value;
use std::cmp::Ordering;

/// The different values of both sides, ascending, and where each side's are among them.
pub(super) struct Pooled<'a> {
    pub values: Vec<&'a Value>,
    pub places: [Vec<u32>; 2],
}

impl<'a> Pooled<'a> {
    /// Puts together two ascending lists without repeats.
    pub fn of(reference: impl Iterator<Item = &'a Value>, current: impl Iterator<Item = &'a Value>) -> Self {
        let (mut left, mut right) = (reference.peekable(), current.peekable());
        let mut pooled = Self { values: vec![], places: [vec![], vec![]] };
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(one), Some(other)) => one.cmp(other),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return pooled,
            };
            let place = pooled.values.len() as u32;
            let mut value = None;
            if order.is_le() {
                value = left.next();
                pooled.places[0].push(place);
            }
            if order.is_ge() {
                value = right.next();
                pooled.places[1].push(place);
            }
            pooled.values.extend(value);
        }
    }

    /// Returns how many rows each value has on one side, from the rows of that side's own values.
    pub fn spread(&self, side: usize, own: impl Iterator<Item = u64>) -> Vec<u64> {
        let mut rows = vec![0; self.values.len()];
        for (&place, count) in self.places.get(side).into_iter().flatten().zip(own) {
            if let Some(rows) = rows.get_mut(place as usize) {
                *rows = count;
            }
        }
        rows
    }
}
