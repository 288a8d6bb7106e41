use super::{ClassConfusion, Confusion, Gaps, Metrics};
use crate::{Computed, Reason};

/// What a classifier that always says the same would reach: the bar that a model must clear.
///
/// Each metric takes the constant that is best *for it*. The managed monitor's documented example does not: there all
/// of them are of "always 1", accuracy too (0.25 where "always 0" has 0.75); [`Confusion::of_constant`] gives those
/// numbers.
impl Confusion {
    /// Returns the counts of a classifier that says `prediction` to every row.
    pub fn of_constant(&self, prediction: bool) -> Self {
        let (positives, negatives) = (self.positives(), self.negatives());
        let mut constant = Self { left_out: self.left_out, ..Self::default() };
        constant.add(true, prediction, positives);
        constant.add(false, prediction, negatives);
        constant
    }

    /// Returns the best constant classifier's metrics, by the managed monitor's ids.
    pub fn best_constant_metrics(&self) -> Metrics {
        let both = [self.of_constant(true), self.of_constant(false)];
        let best = |metric: fn(&Self) -> Computed| best_of(both.iter().map(metric));
        vec![
            ("recall_best_constant_classifier", best(Self::recall)),
            ("precision_best_constant_classifier", best(Self::precision)),
            ("accuracy_best_constant_classifier", best(Self::accuracy)),
            ("f0_5_best_constant_classifier", best(|confusion| confusion.f(0.5))),
            ("f1_best_constant_classifier", best(Self::f1)),
            ("f2_best_constant_classifier", best(|confusion| confusion.f(2.0))),
        ]
    }
}

/// The highest number there is, else the first reason.
fn best_of(values: impl Iterator<Item = Computed>) -> Computed {
    values
        .reduce(|best, value| match (&best, &value) {
            (Ok(a), Ok(b)) if b > a => value,
            (Err(_), Ok(_)) => value,
            _ => best,
        })
        .unwrap_or_else(|| Err(Reason::Empty("the set of classes".to_owned())))
}

impl ClassConfusion {
    /// Returns the counts of a classifier that says `class` to every row.
    pub fn of_constant(&self, class: u32) -> Self {
        Self::from_cells(self.per_class().iter().map(|&(truth, ref count)| (truth, class, count.positives())))
    }

    /// Returns the best constant classifier's metrics, by the managed monitor's ids. Classes that are never predicted
    /// count as 0 in the weighted means, as there.
    ///
    /// - **Numerics**: of constants only the most frequent class can be best for these metrics, so only it is computed.
    pub fn best_constant_metrics(&self) -> Metrics {
        let classes = self.per_class();
        let frequent = classes.iter().max_by(|a, b| a.1.positives().total_cmp(&b.1.positives()).then(b.0.cmp(&a.0)));
        let constant = frequent.map(|&(class, _)| self.of_constant(class)).unwrap_or_default();
        let weighted =
            |metric: fn(&Confusion) -> Computed| constant.weighted(metric, Gaps::Zero).map(|average| average.value);
        vec![
            ("accuracy_best_constant_classifier", constant.accuracy()),
            ("weighted_recall_best_constant_classifier", weighted(Confusion::recall)),
            ("weighted_precision_best_constant_classifier", weighted(Confusion::precision)),
            ("weighted_f0_5_best_constant_classifier", weighted(|confusion| confusion.f(0.5))),
            ("weighted_f1_best_constant_classifier", weighted(Confusion::f1)),
            ("weighted_f2_best_constant_classifier", weighted(|confusion| confusion.f(2.0))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::near;
    use super::*;

    #[track_caller]
    fn check(metrics: &[(&'static str, Computed)], expected: &[f64]) {
        assert_eq!(metrics.len(), expected.len());
        for ((id, found), &expected) in metrics.iter().zip(expected) {
            assert!(found.as_ref().is_ok_and(|&found| near(found, expected)), "{id}: {found:?} is not {expected}");
        }
    }

    /// The example in the managed monitor's documentation of model quality metrics: one hit, no miss, two false alarms.
    fn documented() -> Confusion {
        Confusion { true_positive: 1.0, false_positive: 2.0, true_negative: 1.0, ..Confusion::default() }
    }

    #[test]
    fn always_positive_gives_the_documented_example() {
        let constant = documented().of_constant(true);
        assert_eq!((constant.recall(), constant.precision(), constant.accuracy()), (Ok(1.0), Ok(0.25), Ok(0.25)));
        assert!(near(constant.f(0.5).unwrap(), 0.29411764705882354));
        assert!(near(constant.f1().unwrap(), 0.4));
        assert!(near(constant.f(2.0).unwrap(), 0.625));
    }

    #[test]
    fn the_best_constant_is_best_for_each_metric() {
        check(&documented().best_constant_metrics(), &[1.0, 0.25, 0.75, 0.29411764705882354, 0.4, 0.625]);
        let none = Confusion { true_negative: 4.0, ..Confusion::default() };
        let metrics = none.best_constant_metrics();
        assert_eq!(metrics[0].1, Err(Reason::None("positives".to_owned())));
        assert_eq!(metrics[2].1, Ok(1.0));
        assert!(Confusion::default().best_constant_metrics().iter().all(|(_, value)| value.is_err()));
    }

    #[test]
    fn classes_give_the_documented_example() {
        // The documented multiclass example: 1,690 rows of class 0, 406 of class 1; its constants are of class 1.
        let cells = [(0, 0, 1180.0), (0, 1, 510.0), (1, 0, 268.0), (1, 1, 138.0)];
        let confusion = ClassConfusion::from_cells(cells.into_iter());
        let documented = confusion.of_constant(1);
        let weighted =
            |metric: fn(&Confusion) -> Computed| documented.weighted(metric, Gaps::Zero).map(|average| average.value);
        let golden = [
            ("accuracy", documented.accuracy(), 0.19370229007633588),
            ("weighted_precision", weighted(Confusion::precision), 0.03752057718081697),
            ("weighted_f0_5", weighted(|confusion| confusion.f(0.5)), 0.04473443104152011),
            ("weighted_f1", weighted(Confusion::f1), 0.06286421244683643),
            ("weighted_f2", weighted(|confusion| confusion.f(2.0)), 0.10570313141262414),
        ];
        for (id, found, expected) in golden {
            assert!(near(found.clone().unwrap(), expected), "{id}: {found:?} is not {expected}");
        }
        let p = 1690.0 / 2096.0;
        check(
            &confusion.best_constant_metrics(),
            &[p, p, p * p, p * 1.25 * p / (0.25 * p + 1.0), p * 2.0 * p / (p + 1.0), p * 5.0 * p / (4.0 * p + 1.0)],
        );
    }
}
