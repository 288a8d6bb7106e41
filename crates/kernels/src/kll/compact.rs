use super::Kll;

/// How much a level holds at least.
const LEAST: u64 = 8;

/// Returns how many values the level `depth` below the top holds: `k·(2/3)^depth` rounded, and at least 8.
fn capacity_of_level(k: u16, depth: usize) -> usize {
    // From there on even the largest `k` leaves less than one.
    if depth > 30 {
        return LEAST as usize;
    }
    let doubled = (u64::from(k) << (depth + 1)) / 3u64.pow(depth as u32);
    doubled.div_ceil(2).max(LEAST) as usize
}

/// Returns how many values `levels` levels hold.
pub(super) fn capacity(k: u16, levels: usize) -> usize {
    (0..levels).map(|depth| capacity_of_level(k, depth)).sum()
}

impl Kll {
    /// Takes `total` values whose `rank`-th is `at(rank)`; ranks are asked for in ascending order.
    ///
    /// The ranks are cut into windows of `2^level` and one value is drawn from each, at the same place in all of them, so that
    /// no rank within the block is off by more than one window. What is left over goes into smaller windows.
    pub(super) fn insert(&mut self, total: u64, mut at: impl FnMut(u64) -> f64) {
        if total == 0 {
            return;
        }
        self.count += total;
        let level = self.level_for(total);
        self.grow_to(level + 1);
        self.sort_bottom();
        let (low, high) = self.ends.unwrap_or_default();
        let coin = self.coin(level, low, high);
        let mut start = 0;
        let mut drawn = Vec::new();
        for level in (0..=level).rev() {
            let window = 1u64 << level;
            drawn.clear();
            while total - start >= window {
                drawn.push(at(start + (coin & (window - 1))));
                start += window;
            }
            self.add_sorted(level, &drawn);
        }
        self.compress();
    }

    /// Returns the level whose windows are as wide as a block of `total` values allows.
    ///
    /// `n/total` blocks with windows of `w` add a variance of at most `n/total · w²/4`. It stays below a twentieth of the
    /// sketch's own, about `(n/k)²`, if `w² ≤ 3/16 · n · total / k²`.
    fn level_for(&self, total: u64) -> usize {
        let most = u128::from(self.count) * u128::from(total) * 3 / (16 * u128::from(self.k) * u128::from(self.k));
        let by_error = most.checked_ilog2().map_or(0, |log| log / 2);
        by_error.min(total.ilog2()) as usize
    }

    pub(super) fn grow_to(&mut self, levels: usize) {
        if self.levels.len() < levels {
            self.levels.resize(levels, Vec::new());
            self.capacity = capacity(self.k, levels);
        }
    }

    pub(super) fn sort_bottom(&mut self) {
        if !self.is_bottom_sorted {
            self.levels[0].sort_unstable_by(f64::total_cmp);
            self.is_bottom_sorted = true;
        }
    }

    /// Merges ascending values into a level that is sorted.
    pub(super) fn add_sorted(&mut self, level: usize, values: &[f64]) {
        self.kept += values.len();
        let mine = &mut self.levels[level];
        if mine.last().zip(values.first()).is_none_or(|(last, first)| last <= first) {
            mine.extend_from_slice(values);
            return;
        }
        // From the back, in place: each value moves once.
        let (mut left, mut right) = (mine.len(), values.len());
        mine.extend_from_slice(values);
        while right > 0 {
            let from_left = left > 0 && mine[left - 1].total_cmp(&values[right - 1]).is_gt();
            mine[left + right - 1] = if from_left { mine[left - 1] } else { values[right - 1] };
            if from_left { left -= 1 } else { right -= 1 }
        }
    }

    /// Halves levels from below until everything fits.
    pub(super) fn compress(&mut self) {
        while self.kept > self.capacity {
            let top = self.levels.len() - 1;
            let is_full = |&level: &usize| self.levels[level].len() > capacity_of_level(self.k, top - level);
            let Some(level) = (0..=top).find(is_full) else { return };
            self.halve(level);
        }
    }

    /// Moves every other value of a level up, where it weighs twice as much; of an odd number, one stays.
    fn halve(&mut self, level: usize) {
        if level == 0 {
            self.sort_bottom();
        }
        self.grow_to(level + 2);
        let mut values = std::mem::take(&mut self.levels[level]);
        let stays = values.len() % 2;
        let coin = self.coin(level, values[stays], values[values.len() - 1]) >> 63;
        let moved: Vec<f64> = values[stays..].iter().copied().skip(coin as usize).step_by(2).collect();
        self.kept -= 2 * moved.len();
        values.truncate(stays);
        self.levels[level] = values;
        self.add_sorted(level + 1, &moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_what_they_hold_in_datasketches() {
        // "Capacity items" of datasketches 5.2.0, k = 200: 200 with one level, 333 with two, 585 with nine.
        assert_eq!([1, 2, 9].map(|levels| capacity(200, levels)), [200, 333, 585]);
        assert_eq!(capacity_of_level(u16::MAX, 61), 8);
    }
}
