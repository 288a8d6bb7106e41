//! Limits of numbers that are made of proportions.
use crate::Interval;
use crate::special::wilson_interval;

/// Hits out of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub hits: u64,
    pub of: u64,
}

impl Rate {
    /// Returns the share of hits; the caller has seen to it that there are rows.
    pub fn share(self) -> f64 {
        self.hits as f64 / self.of as f64
    }
}

/// A number with its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Limits {
    /// Returns Wilson's limits of a proportion of at least one row.
    pub fn of_share(rate: Rate, alpha: f64) -> Self {
        let Interval { low, high } = wilson_interval(rate.hits, rate.of, alpha);
        Self { value: rate.share(), low, high }
    }

    /// Returns the limits of this number less that one (MOVER; Zou & Donner 2008): Newcombe's method 10 for two of Wilson's.
    pub fn less(self, other: Self) -> Self {
        let reach = |one: f64, other: f64| (one * one + other * other).sqrt();
        let value = self.value - other.value;
        let low = value - reach(self.value - self.low, other.high - other.value);
        let high = value + reach(self.high - self.value, other.value - other.low);
        Self { value, low, high }
    }

    /// Returns the limits of this number times a known factor that is not negative.
    pub fn times(self, factor: f64) -> Self {
        Self { value: factor * self.value, low: factor * self.low, high: factor * self.high }
    }

    /// Returns the limits of the sum of independent numbers (MOVER).
    pub fn sum(parts: &[Self]) -> Self {
        let value: f64 = parts.iter().map(|part| part.value).sum();
        let below: f64 = parts.iter().map(|part| (part.value - part.low).powi(2)).sum();
        let above: f64 = parts.iter().map(|part| (part.high - part.value).powi(2)).sum();
        Self { value, low: value - below.sqrt(), high: value + above.sqrt() }
    }

    /// Returns the limits of the absolute value: 0 is among them where they lie on both sides of it.
    pub fn magnitude(self) -> Self {
        let straddles = self.low <= 0.0 && self.high >= 0.0;
        let low = if straddles { 0.0 } else { self.low.abs().min(self.high.abs()) };
        Self { value: self.value.abs(), low, high: self.low.abs().max(self.high.abs()) }
    }

    /// Returns the interval, within `[least, most]`.
    pub fn within(self, least: f64, most: f64) -> Interval {
        Interval { low: self.low.clamp(least, most), high: self.high.clamp(least, most) }
    }
}

/// Limits of the logarithm of the first proportion over the second (Katz 1978). If one of the four cells is 0, ½ is added
/// to each of them, and the value is that of the altered cells.
pub(super) fn log_ratio(first: Rate, second: Rate, z: f64) -> Limits {
    let with_zero = [first, second].iter().any(|rate| rate.hits == 0 || rate.hits == rate.of);
    let add = if with_zero { 0.5 } else { 0.0 };
    let logarithm = |rate: Rate| {
        let (hits, of) = (rate.hits as f64 + add, rate.of as f64 + 2.0 * add);
        (libm::log(hits / of), 1.0 / hits - 1.0 / of)
    };
    let ((over, variance), (under, other_variance)) = (logarithm(first), logarithm(second));
    let (value, half) = (over - under, z * (variance + other_variance).sqrt());
    Limits { value, low: value - half, high: value + half }
}

/// Limits of the noncentrality of a χ² statistic with `df` degrees of freedom, by Sankaran's approximation of its
/// distribution (1963), found by halving.
pub(super) fn noncentrality(statistic: f64, df: f64, z: f64) -> (f64, f64) {
    let solve = |target: f64| {
        if sankaran(statistic, df, 0.0) <= target {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, statistic.max(1.0));
        while sankaran(statistic, df, high) > target && high < 1e300 {
            high *= 2.0;
        }
        for _ in 0..100 {
            let middle = f64::midpoint(low, high);
            if sankaran(statistic, df, middle) > target { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    };
    (solve(z), solve(-z))
}

/// The normal score of a noncentral χ² statistic.
fn sankaran(statistic: f64, df: f64, noncentrality: f64) -> f64 {
    let [once, twice, thrice] = [1.0, 2.0, 3.0].map(|times| df + times * noncentrality);
    let h = 1.0 - 2.0 / 3.0 * once * thrice / (twice * twice);
    let p = twice / (once * once);
    let m = (h - 1.0) * (1.0 - 3.0 * h);
    let centre = 1.0 + h * p * (h - 1.0 - 0.5 * (2.0 - h) * m * p);
    (libm::pow(statistic / once, h) - centre) / (h * (2.0 * p).sqrt() * (1.0 + 0.5 * m * p))
}
