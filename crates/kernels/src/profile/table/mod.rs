//! A hash table of bounded size, for values that are frequent. Invariant: equal calls give an equal table. It deliberately takes hashes
//! beside values: whoever calls has them.
/// Counts by 64-bit hash with something to remember for each, in at most [`Table::BOUND`] entries.
///
/// Values of one hash are told apart by what is remembered of them: hashes are public, so texts can be made that share one. Which
/// entries there are depends on the calls alone; their order is for no one to rely on.
pub(super) struct Table<P> {
    /// Open addressing: hash and count, beside each other so that one cache line has both. A hash of 0 is a free slot.
    slots: Vec<(u64, u64)>,
    /// Which payload belongs to the slot.
    places: Vec<u32>,
    payloads: Vec<P>,
    /// By how much counts may be too low since entries had to go.
    error: u64,
}

/// What a table did not take, because it would have to forget for it.
pub(super) struct Full;

/// So many slots are looked at: more only happens to values that were chosen to collide.
const MOST_PROBES: usize = 64;
const FEWEST_SLOTS: usize = 64;

impl<P> Table<P> {
    /// No more entries than this.
    pub(super) const BOUND: usize = 2_048;

    pub(super) fn new() -> Self {
        Self { slots: vec![(0, 0); FEWEST_SLOTS], places: vec![0; FEWEST_SLOTS], payloads: Vec::new(), error: 0 }
    }

    pub(super) fn error(&self) -> u64 {
        self.error
    }

    /// The slot of this hash whose payload is the same, or the free one where it would be; `None` if neither is near.
    #[inline]
    fn slot(&self, hash: u64, is_same: impl Fn(&P) -> bool) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 40) as usize & mask;
        for _ in 0..MOST_PROBES {
            let found = self.slots[slot].0;
            if found == 0 || (found == hash && is_same(&self.payloads[self.places[slot] as usize])) {
                return Some(slot);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// Counts `weight` more of a value that is known; false if it is not.
    #[inline]
    pub(super) fn count(&mut self, hash: u64, weight: u64, is_same: impl Fn(&P) -> bool) -> bool {
        let hash = hash.max(1);
        match self.slot(hash, is_same) {
            Some(slot) if self.slots[slot].0 != 0 => {
                self.slots[slot].1 += weight;
                true
            }
            _ => false,
        }
    }

    /// Takes a value that is not known, if there are fewer than `bound` and there is a place for it.
    pub(super) fn insert(
        &mut self,
        hash: u64,
        weight: u64,
        bound: usize,
        payload: impl FnOnce() -> P,
    ) -> Result<(), Full> {
        if self.payloads.len() >= bound {
            return Err(Full);
        }
        // Mostly free, so that nearly every hash is where it is looked for first.
        if self.payloads.len() * 4 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot(hash.max(1), |_| false).ok_or(Full)?;
        self.slots[slot] = (hash.max(1), weight);
        self.places[slot] = self.payloads.len() as u32;
        self.payloads.push(payload());
        Ok(())
    }

    /// Takes a value, known or not: where there is no place, all counts go down and the least go (Misra–Gries).
    pub(super) fn count_or_forget(
        &mut self,
        hash: u64,
        weight: u64,
        is_same: impl Fn(&P) -> bool,
        payload: impl FnOnce() -> P,
    ) {
        if self.count(hash, weight, is_same) {
            return;
        }
        if self.payloads.len() >= Self::BOUND {
            self.forget_half();
        }
        if self.insert(hash, weight, Self::BOUND, payload).is_err() {
            self.error += weight;
        }
    }

    fn grow(&mut self) {
        let doubled = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); doubled]);
        let places = std::mem::replace(&mut self.places, vec![0; doubled]);
        for (entry, place) in old.into_iter().zip(places).filter(|(entry, _)| entry.0 != 0) {
            // What was chosen to collide may end up farther away than is looked, and is then met as new.
            let mut slot = (entry.0 >> 40) as usize & (doubled - 1);
            while self.slots[slot].0 != 0 {
                slot = (slot + 1) & (doubled - 1);
            }
            (self.slots[slot], self.places[slot]) = (entry, place);
        }
    }

    fn forget_half(&mut self) {
        let mut counts: Vec<u64> = self.slots.iter().filter(|slot| slot.0 != 0).map(|slot| slot.1).collect();
        let (_, by, _) = counts.select_nth_unstable_by(Self::BOUND / 2, |a, b| b.cmp(a));
        let by = *by;
        let error = self.error + by;
        let entries = std::mem::replace(self, Self::new()).into_entries();
        self.error = error;
        for (hash, count, payload) in entries.into_iter().filter(|(_, count, _)| *count > by) {
            if self.insert(hash, count - by, Self::BOUND, || payload).is_err() {
                self.error += count - by;
            }
        }
    }

    fn taken(&self) -> Vec<usize> {
        let mut taken: Vec<usize> = (0..self.slots.len()).filter(|&slot| self.slots[slot].0 != 0).collect();
        taken.sort_unstable_by_key(|&slot| self.places[slot]);
        taken
    }

    /// Returns hash, count and payload of every entry, in the order in which they came.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, u64, &P)> {
        self.taken()
            .into_iter()
            .zip(&self.payloads)
            .map(|(slot, payload)| (self.slots[slot].0, self.slots[slot].1, payload))
    }

    /// As [`Table::entries`], for good.
    pub(super) fn into_entries(mut self) -> Vec<(u64, u64, P)> {
        let payloads = std::mem::take(&mut self.payloads);
        let taken = self.taken();
        taken
            .into_iter()
            .zip(payloads)
            .map(|(slot, payload)| (self.slots[slot].0, self.slots[slot].1, payload))
            .collect()
    }
}

#[cfg(test)]
mod tests;
