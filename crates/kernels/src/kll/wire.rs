use super::{Kll, compact};
use crate::bytes::{Reader, WireError};

/// What the format calls the family of KLL sketches.
const FAMILY: u8 = 15;
/// How much a level holds at least: the format has a place for it, and one value.
const LEAST: u8 = 8;
const IS_EMPTY: u8 = 1;
const IS_BOTTOM_SORTED: u8 = 2;
const IS_SINGLE: u8 = 4;
/// Numbers of four bytes before the levels, in a sketch with none or one value, and in one with more.
const SHORT_HEAD: u8 = 2;
const LONG_HEAD: u8 = 5;
const VERSION: u8 = 1;
const VERSION_OF_SINGLE: u8 = 2;
/// A weight of `2^53` is as much as any count.
const MOST_LEVELS: usize = 54;

impl Kll {
    /// Returns the sketch in the bytes of Apache DataSketches' KLL sketch of doubles, which `datasketches` 5.2 reads. The seed is
    /// not in them; of none or one value, nor is the smallest `k` that was merged in.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(40 + 4 * self.levels.len() + 8 * self.kept);
        let (head, version) = match self.count {
            0 => (SHORT_HEAD, VERSION),
            1 => (SHORT_HEAD, VERSION_OF_SINGLE),
            _ => (LONG_HEAD, VERSION),
        };
        let flags = match self.count {
            0 => IS_EMPTY,
            1 => IS_SINGLE,
            _ if self.is_bottom_sorted => IS_BOTTOM_SORTED,
            _ => 0,
        };
        out.extend_from_slice(&[head, version, FAMILY, flags]);
        out.extend_from_slice(&self.k.to_le_bytes());
        out.extend_from_slice(&[LEAST, 0]);
        if let (Some((low, high)), LONG_HEAD) = (self.ends, head) {
            out.extend_from_slice(&self.count.to_le_bytes());
            out.extend_from_slice(&self.least_k.to_le_bytes());
            out.extend_from_slice(&[self.levels.len() as u8, 0]);
            let mut place = self.capacity - self.kept;
            for level in &self.levels {
                out.extend_from_slice(&(place as u32).to_le_bytes());
                place += level.len();
            }
            out.extend_from_slice(&low.to_le_bytes());
            out.extend_from_slice(&high.to_le_bytes());
        }
        for value in self.levels.iter().flatten() {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out
    }

    /// Returns the sketch that `bytes` hold, ours or those of `datasketches` 5.2; `seed` is for what it takes from here on.
    ///
    /// - **Errors**: [`WireError`] for bytes that are no KLL sketch of doubles, or one whose weights, order or ends contradict
    ///   each other. No bytes make it panic, or reserve more memory than they are long.
    pub fn from_bytes(bytes: &[u8], seed: u64) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let (head, version, family, flags) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
        if family != FAMILY {
            return Err(WireError::Format(family));
        }
        if !matches!((head, version), (SHORT_HEAD | LONG_HEAD, VERSION) | (SHORT_HEAD, VERSION_OF_SINGLE)) {
            return Err(WireError::Format(version));
        }
        let k = reader.u16()?;
        let mut kll = Self::new(k, seed).map_err(|_| WireError::Damaged("a `k` below 8"))?;
        if reader.u8()? != LEAST {
            return Err(WireError::Damaged("levels of another least size"));
        }
        reader.u8()?;
        if flags & IS_EMPTY != 0 {
            reader.end()?;
            return Ok(kll);
        }
        if flags & IS_SINGLE != 0 {
            let value = reader.f64()?;
            reader.end()?;
            kll.update(value);
            kll.settle();
            return if kll.count == 1 { Ok(kll) } else { Err(WireError::Damaged("a value that is NaN")) };
        }
        if head != LONG_HEAD {
            return Err(WireError::Damaged("a sketch of many values with a short head"));
        }
        kll.read_levels(reader, flags & IS_BOTTOM_SORTED != 0)?;
        kll.verify()?;
        Ok(kll)
    }

    fn read_levels(&mut self, mut reader: Reader, is_bottom_sorted: bool) -> Result<(), WireError> {
        self.count = reader.u64()?;
        self.least_k = reader.u16()?;
        let levels = usize::from(reader.u8()?);
        reader.u8()?;
        if !(1..=MOST_LEVELS).contains(&levels) || !(Self::LEAST_K..=self.k).contains(&self.least_k) {
            return Err(WireError::Damaged("the number of levels, or the least `k`"));
        }
        self.grow_to(levels);
        self.is_bottom_sorted = is_bottom_sorted;
        let mut places = Vec::with_capacity(levels + 1);
        for _ in 0..levels {
            places.push(reader.u32()? as usize);
        }
        places.push(compact::capacity(self.k, levels));
        self.ends = Some((reader.f64()?, reader.f64()?));
        for (level, places) in places.windows(2).enumerate() {
            let count = places[1].checked_sub(places[0]).ok_or(WireError::Damaged("places of levels"))?;
            let (values, _) = reader.take(count.saturating_mul(8))?.as_chunks();
            self.levels[level] = values.iter().map(|&value| f64::from_le_bytes(value)).collect();
            self.kept += count;
        }
        reader.end()
    }

    /// Whether the parts fit each other. What passes can be asked anything.
    fn verify(&self) -> Result<(), WireError> {
        let weigh = |(level, values): (usize, &Vec<f64>)| (values.len() as u64).checked_mul(1 << level);
        let weights: Option<Vec<u64>> = self.levels.iter().enumerate().map(weigh).collect();
        let total = weights.and_then(|weights| weights.into_iter().try_fold(0u64, u64::checked_add));
        if total != Some(self.count) || !(2..=Self::MOST).contains(&self.count) {
            return Err(WireError::Damaged("weights that do not add up to the count"));
        }
        let (low, high) = self.ends.ok_or(WireError::Short)?;
        let inside = |value: &f64| (low..=high).contains(value);
        if low.is_nan() || high.is_nan() || !self.levels.iter().flatten().all(inside) {
            return Err(WireError::Damaged("values outside the ends"));
        }
        let sorted = usize::from(!self.is_bottom_sorted);
        if !self.levels[sorted..].iter().all(|values| values.is_sorted()) {
            return Err(WireError::Damaged("a level that is not sorted"));
        }
        Ok(())
    }
}
