use serde::Serialize;

/// Weighted mean and sum of squared deviations; merges. Equal values give exactly 0 deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    pub weight: f64,
    pub mean: f64,
    pub squares: f64,
}

impl Spread {
    /// Takes one value (West 1979).
    pub fn add(&mut self, value: f64, weight: f64) {
        if weight > 0.0 {
            self.weight += weight;
            let delta = value - self.mean;
            self.mean += delta * (weight / self.weight);
            self.squares += weight * delta * (value - self.mean);
        }
    }

    /// Takes what `other` has seen (Chan et al. 1979).
    pub fn merge(&mut self, other: &Self) {
        if other.weight <= 0.0 {
            return;
        }
        if self.weight <= 0.0 {
            *self = *other;
            return;
        }
        let weight = self.weight + other.weight;
        let delta = other.mean - self.mean;
        self.squares += other.squares + delta * delta * (self.weight * (other.weight / weight));
        self.mean += delta * (other.weight / weight);
        self.weight = weight;
    }

    /// Returns the population standard deviation of unweighted values.
    pub fn deviation(&self) -> f64 {
        if self.weight > 0.0 { (self.squares / self.weight).sqrt() } else { 0.0 }
    }

    /// Takes values of weight 1.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut spread = Self::default();
        values.into_iter().for_each(|value| spread.add(value, 1.0));
        spread
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::near;
    use super::*;

    #[test]
    fn weights_count_merges_add_up_and_equal_values_do_not_deviate() {
        let mut spread = Spread::default();
        for (value, weight) in [(1.0, 2.0), (9.0, 0.0), (4.0, 1.0)] {
            spread.add(value, weight);
        }
        assert_eq!((spread.weight, spread.mean), (3.0, 2.0));
        assert!(near(spread.squares, 6.0) && near(spread.deviation(), 2f64.sqrt()));
        let mut merged = Spread::of([4.0]);
        merged.merge(&Spread::default());
        merged.merge(&Spread::of([1.0, 1.0]));
        assert!(near(merged.mean, 2.0) && near(merged.squares, 6.0));
        let mut first = Spread::default();
        first.merge(&merged);
        assert_eq!(first, merged);
        assert_eq!(Spread::of([0.1; 7]).squares, 0.0);
        assert_eq!(Spread::default().deviation(), 0.0);
    }
}
