//! Chance from a seed, and draws without replacement.
use crate::mix;
use crate::special::{hypergeometric_pmf, normal_quantile};

/// Up to so many marked rows are drawn one by one.
const ONE_BY_ONE: u64 = 16;
/// Beyond this standard deviation the normal law, with its first correction for skew, takes the place of the exact one.
pub(super) const NORMAL_FROM: f64 = 10.0;

/// A sequence of numbers that depends on a seed alone.
pub(super) struct Stream {
    seed: u64,
    index: u64,
}

impl Stream {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, index: 0 }
    }

    /// 64 bits, each of them fair.
    pub fn next(&mut self) -> u64 {
        let number = mix(self.seed, self.index);
        self.index += 1;
        number
    }

    /// A whole number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number between 0 and 1, never either.
    pub fn open(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// How many of `marked` rows are among `drawn`, drawn from `total` without replacement.
    pub fn hypergeometric(&mut self, marked: u64, drawn: u64, total: u64) -> u64 {
        if drawn == 0 || marked == 0 {
            return 0;
        }
        if drawn == total {
            return marked;
        }
        if marked <= ONE_BY_ONE {
            return self.one_by_one(marked, drawn, total);
        }
        let (low, high) = ((marked + drawn).saturating_sub(total), marked.min(drawn));
        let (k, n, all) = (marked as f64, drawn as f64, total as f64);
        let (share, rest) = (k / all, (all - k) / all);
        let deviation = (n * share * rest * (all - n) / (all - 1.0)).sqrt();
        if deviation > NORMAL_FROM {
            let skew = (1.0 - 2.0 * share) * (1.0 - 2.0 * n / all) / deviation;
            let z = normal_quantile(self.open());
            let drawn = n * share + deviation * (z + skew / 6.0 * (z * z - 1.0));
            return (drawn.round().max(0.0) as u64).clamp(low, high);
        }
        self.invert(marked, drawn, total, low, high)
    }

    fn one_by_one(&mut self, marked: u64, mut drawn: u64, mut total: u64) -> u64 {
        let before = drawn;
        for _ in 0..marked {
            drawn -= u64::from(self.below(total) < drawn);
            total -= 1;
        }
        before - drawn
    }

    /// Inverts the distribution outwards from its mode, in about as many steps as its standard deviation.
    fn invert(&mut self, marked: u64, drawn: u64, total: u64, low: u64, high: u64) -> u64 {
        let up = |k: u64| {
            (marked - k) as f64 * (drawn - k) as f64 / ((k + 1) as f64 * (total + k + 1 - marked - drawn) as f64)
        };
        let mode = (((marked + 1) as f64 * (drawn + 1) as f64 / (total + 2) as f64) as u64).clamp(low, high);
        let at_mode = hypergeometric_pmf(mode, marked, drawn, total);
        let mut left = self.open() - at_mode;
        let (mut above, mut above_mass) = (mode, at_mode);
        let (mut below, mut below_mass) = (mode, at_mode);
        while left > 0.0 && (above < high || below > low) {
            if above < high {
                above_mass *= up(above);
                above += 1;
                left -= above_mass;
                if left <= 0.0 {
                    return above;
                }
            }
            if below > low {
                below -= 1;
                below_mass /= up(below);
                left -= below_mass;
                if left <= 0.0 {
                    return below;
                }
            }
        }
        mode
    }
}
