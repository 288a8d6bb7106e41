/// Count, mean and sum of squared deviations of the finite values seen. Mergeable.
///
/// - **Units**: those of the values; [`Moments::variance`] in their square.
/// - **Numerics**: Welford's update, Chan's merge (1979), `f64`. The same values in the same order give equal bits;
///   another order or split may differ in the last places. Values that are not finite are the caller's to count: `add`
///   ignores them.
/// - **Source**: golden values from numpy 2 (`mean`, `var(ddof=1)` and `var()`).
/// ```
/// # use kernels::Moments;
/// let mut moments = Moments::default();
/// moments.extend(&[1.0, 2.0, 4.0]);
/// assert!((moments.variance().unwrap() - 7.0 / 3.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Returns the moments of `count` values with this mean and this sum of squared deviations from it.
    pub(crate) fn of_parts(count: u64, mean: f64, squares: f64) -> Self {
        Self { count, mean, squares }.settled()
    }

    /// What became too large on the way is infinite, whatever came of it: equal to itself, and the same in every order of merges.
    fn settled(self) -> Self {
        let mean = if self.mean.is_finite() { self.mean } else { f64::INFINITY };
        let squares = if self.squares.is_finite() { self.squares } else { f64::INFINITY };
        Self { mean, squares, ..self }
    }

    /// Takes one value.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.squares += delta * (value - self.mean);
    }

    /// Takes every value of a slice.
    pub fn extend(&mut self, values: &[f64]) {
        for &value in values {
            self.add(value);
        }
    }

    /// Takes what `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other.settled();
            return;
        }
        let (mine, theirs) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        self.squares += other.squares + delta * delta * mine * theirs / (mine + theirs);
        self.mean += delta * theirs / (mine + theirs);
        self.count += other.count;
        *self = self.settled();
    }

    /// Returns how many finite values were seen.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the mean, or `None` without values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// Returns the sum of squared deviations from the mean (M2), 0 without values.
    pub fn squares(&self) -> f64 {
        self.squares
    }

    /// Returns the population variance (divided by `n`), or `None` without values.
    pub fn population_variance(&self) -> Option<f64> {
        (self.count > 0).then(|| self.squares / self.count as f64)
    }

    /// Returns the sample variance (divided by `n − 1`), or `None` below two values.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        moments.extend(values);
        moments
    }

    fn near(a: f64, b: f64, scale: f64) -> bool {
        (a - b).abs() <= 1e-9 * (1.0 + scale)
    }

    #[test]
    fn golden_values_of_numpy() {
        let moments = of(&[3.5, -1.25, 8.0, 0.5, 12.75, 4.0, 4.0, -7.5, 2.25, 6.125]);
        assert!(near(moments.mean().unwrap(), 3.2375, 1.0));
        assert!(near(moments.variance().unwrap(), 29.626_562_5, 30.0));
        assert!(near(moments.population_variance().unwrap(), 26.663_906_25, 30.0));
        assert_eq!(Moments::of_parts(10, moments.mean().unwrap(), moments.squares()), moments);
        // Large offset: the textbook formula would lose every digit.
        assert!(near(of(&[4.0, 7.0, 13.0, 16.0].map(|v| v + 1e9)).variance().unwrap(), 30.0, 30.0));
        assert_eq!((of(&[]).mean(), of(&[1.0]).variance()), (None, None));
        assert_eq!(of(&[1.0, f64::NAN, f64::INFINITY]).count(), 1);
    }

    #[test]
    fn what_is_too_large_is_infinite_and_stays_so() {
        let [mut one, mut other] = [[f64::MAX, -f64::MAX], [-f64::MAX, f64::MAX]].map(|values| of(&values));
        let (first, second) = (one, other);
        one.merge(&second);
        other.merge(&first);
        assert_eq!((one, one.squares()), (other, f64::INFINITY));
        let huge = Moments::of_parts(2, f64::NEG_INFINITY, f64::NAN);
        one.merge(&huge);
        other.merge(&one);
        assert_eq!(
            [one, other].map(|moments| (moments.mean(), moments.squares())),
            [(Some(f64::INFINITY), f64::INFINITY); 2]
        );
    }

    proptest! {
        #[test]
        fn any_split_and_order_says_the_same(values in prop::collection::vec(-1e6f64..1e6, 2..60), cut in 0usize..60) {
            let cut = cut.min(values.len());
            let whole = of(&values);
            let mut merged = of(&values[cut..]);
            merged.merge(&of(&values[..cut]));
            let mut backwards = values.clone();
            backwards.reverse();
            for other in [merged, of(&backwards)] {
                prop_assert_eq!(whole.count(), other.count());
                prop_assert!(near(whole.mean().unwrap(), other.mean().unwrap(), 1e6));
                prop_assert!(near(whole.variance().unwrap(), other.variance().unwrap(), 1e12));
            }
        }
    }
}
