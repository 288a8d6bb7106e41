//! What is known of numbered partitions, merged into larger parts as soon as both halves are there. Invariant: what is kept depends
//! on which partitions are in, never on the order in which they came. It deliberately does not know what a part holds.
use super::ProfileError;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What takes the part to its right.
pub(super) trait Absorb: Clone {
    /// Takes what belongs to the partitions right after these.
    fn absorb(&mut self, right: Self);
}

impl Absorb for u64 {
    fn absorb(&mut self, right: Self) {
        *self = self.saturating_add(right);
    }
}

/// Parts of what is known, by the partitions they belong to: each of `2^level` partitions that begin at a multiple of that.
///
/// Wherever two halves of such a stretch are there, they are one part. So which parts there are, and out of which merges each
/// came, depends on the *set* of partitions only: not on the order in which they came, nor on who had which. How many there are
/// follows from the gaps: of `n` partitions without a gap `log₂ n` at most, and as many more for each gap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Partitions<T> {
    /// By the first partition.
    parts: BTreeMap<u64, (u32, T)>,
}

/// More partitions are not counted: indices stay far from overflow when profiles are put after each other.
pub(super) const MOST_PARTITIONS: u64 = 1 << 48;

impl<T: Absorb> Partitions<T> {
    /// Returns no partitions.
    pub(super) fn none() -> Self {
        Self { parts: BTreeMap::new() }
    }

    /// Returns what belongs to one partition.
    pub(super) fn of(partition: u64, part: T) -> Self {
        Self { parts: BTreeMap::from([(partition, (0, part))]) }
    }

    /// Takes what belongs to other partitions.
    pub(super) fn merge(&mut self, other: Self) -> Result<(), ProfileError> {
        self.check_apart(&other)?;
        for (start, (level, part)) in other.parts {
            self.insert(start, level, part);
        }
        Ok(())
    }

    /// Whether none of these is one of those.
    pub(super) fn check_apart(&self, other: &Self) -> Result<(), ProfileError> {
        other.iter().try_for_each(|(start, level, _)| self.check_free(start, level))
    }

    /// Takes a part, unless it overlaps one that is there.
    pub(super) fn try_insert(&mut self, start: u64, level: u32, part: T) -> Result<(), ProfileError> {
        self.check_free(start, level)?;
        self.insert(start, level, part);
        Ok(())
    }

    fn check_free(&self, start: u64, level: u32) -> Result<(), ProfileError> {
        let end = start + (1 << level);
        match self.parts.range(..end).next_back() {
            Some((&before, (level, _))) if before + (1 << level) > start => {
                Err(ProfileError::Overlap(before.max(start)))
            }
            _ => Ok(()),
        }
    }

    fn insert(&mut self, mut start: u64, mut level: u32, mut part: T) {
        loop {
            let sibling = start ^ (1 << level);
            if self.parts.get(&sibling).is_none_or(|(other, _)| *other != level) {
                break;
            }
            if let Some((_, other)) = self.parts.remove(&sibling) {
                let (mut left, right) = if sibling < start { (other, part) } else { (part, other) };
                left.absorb(right);
                part = left;
            }
            start = start.min(sibling);
            level += 1;
        }
        self.parts.insert(start, (level, part));
    }

    /// Returns first partition, level and part of each, by partition.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u32, &T)> {
        self.parts.iter().map(|(&start, (level, part))| (start, *level, part))
    }

    /// Returns the same partitions with something else.
    pub(super) fn map<U>(&self, f: impl Fn(&T) -> U) -> Partitions<U> {
        Partitions { parts: self.parts.iter().map(|(&start, (level, part))| (start, (*level, f(part)))).collect() }
    }

    /// Returns whether these are the same partitions.
    pub(super) fn are_those_of<U: Absorb>(&self, other: &Partitions<U>) -> bool {
        self.parts.len() == other.parts.len()
            && self.iter().zip(other.iter()).all(|(mine, theirs)| (mine.0, mine.1) == (theirs.0, theirs.1))
    }

    /// Returns one part for all partitions, or `None` if there are none.
    pub(super) fn all(&self) -> Option<Cow<'_, T>> {
        let mut parts = self.parts.values().map(|(_, part)| part);
        let mut all = Cow::Borrowed(parts.next()?);
        for part in parts {
            all.to_mut().absorb(part.clone());
        }
        Some(all)
    }

    /// Returns the first partition after all of these.
    pub(super) fn end(&self) -> u64 {
        self.parts.last_key_value().map_or(0, |(start, (level, _))| start + (1 << level))
    }

    /// Returns the largest level.
    pub(super) fn top_level(&self) -> u32 {
        self.parts.values().map(|(level, _)| *level).max().unwrap_or(0)
    }

    /// Moves every partition by a multiple of the largest part, so that the parts stay what they are.
    pub(super) fn shift(&mut self, by: u64) {
        self.parts = std::mem::take(&mut self.parts).into_iter().map(|(start, part)| (start + by, part)).collect();
    }
}

#[cfg(test)]
mod tests;
