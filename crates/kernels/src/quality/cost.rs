use super::{Confusion, Ranked, argument, share};
use crate::{Computed, KernelError};
use serde::{Deserialize, Serialize};

/// What each outcome of a decision costs, in any one unit; a gain is a negative cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostMatrix {
    /// Of a positive predicted so.
    pub true_positive: f64,
    /// Of a negative predicted positive.
    pub false_positive: f64,
    /// Of a positive predicted negative.
    pub false_negative: f64,
    /// Of a negative predicted so.
    pub true_negative: f64,
}

/// The threshold of the least cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BestThreshold {
    /// The lowest score to predict positive; `None`: predict nothing positive.
    pub threshold: Option<f64>,
    /// Cost per row, or per unit of weight.
    pub cost: f64,
    /// What happens at this threshold.
    pub confusion: Confusion,
}

impl CostMatrix {
    /// Returns the cost per row of these outcomes.
    ///
    /// - **Errors**: [`KernelError::Argument`] for a cost that is not finite; [`crate::Reason::Empty`] without rows.
    pub fn cost(&self, confusion: &Confusion) -> Result<Computed, KernelError> {
        self.check()?;
        Ok(self.per_row(confusion))
    }

    fn per_row(&self, confusion: &Confusion) -> Computed {
        let sum = self.true_positive * confusion.true_positive
            + self.false_positive * confusion.false_positive
            + self.false_negative * confusion.false_negative
            + self.true_negative * confusion.true_negative;
        share(sum, confusion.total(), super::empty)
    }

    fn check(&self) -> Result<(), KernelError> {
        let costs = [self.true_positive, self.false_positive, self.false_negative, self.true_negative];
        let odd = costs.into_iter().find(|cost| !cost.is_finite());
        odd.map_or(Ok(()), |cost| Err(argument("costs", cost, "four finite numbers")))
    }

    /// Returns the threshold of the least cost over these rows; of equals the highest, which predicts the fewest
    /// positive.
    ///
    /// - **Errors**: [`KernelError::Argument`] for a cost that is not finite; [`crate::Reason::Empty`] without rows. One
    ///   class is enough.
    /// - **Caution**: the least cost on the rows it was chosen on is too good; judge the threshold on other rows.
    /// - **Numerics**: one pass over the cuts, none left out.
    pub fn best_threshold(&self, ranked: &Ranked) -> Result<Computed<BestThreshold>, KernelError> {
        self.check()?;
        let mut best: Option<BestThreshold> = None;
        for cut in ranked.cuts() {
            let confusion = Confusion { left_out: ranked.left_out(), ..Confusion::from(cut) };
            let cost = match self.per_row(&confusion) {
                Ok(cost) => cost,
                Err(reason) => return Ok(Err(reason)),
            };
            if best.is_none_or(|best| cost < best.cost) {
                best = Some(BestThreshold { threshold: cut.threshold, cost, confusion });
            }
        }
        Ok(best.ok_or_else(super::empty))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::{near, rows};
    use super::*;
    use proptest::prelude::*;

    fn ranked() -> Ranked {
        Ranked::of(&[false, true, false, true], &[0.1, 0.4, 0.4, 0.8], None).unwrap()
    }

    #[track_caller]
    fn check(costs: CostMatrix, threshold: Option<f64>, cost: f64) {
        let best = costs.best_threshold(&ranked()).unwrap().unwrap();
        assert_eq!(best.threshold, threshold);
        assert!(near(best.cost, cost), "{}", best.cost);
        assert_eq!(costs.cost(&best.confusion), Ok(Ok(best.cost)));
    }

    #[test]
    fn dear_misses_lower_the_threshold_and_dear_alarms_raise_it() {
        check(CostMatrix { false_positive: 1.0, false_negative: 5.0, ..CostMatrix::default() }, Some(0.4), 0.25);
        check(CostMatrix { false_positive: 5.0, false_negative: 1.0, ..CostMatrix::default() }, Some(0.8), 0.25);
        check(
            CostMatrix { true_positive: 3.0, false_positive: 3.0, false_negative: 1.0, true_negative: 0.0 },
            None,
            0.5,
        );
        check(CostMatrix { true_positive: -10.0, ..CostMatrix::default() }, Some(0.4), -5.0);
        check(CostMatrix::default(), None, 0.0);
    }

    #[test]
    fn odd_input_has_an_answer() {
        let costs = CostMatrix { false_positive: 1.0, false_negative: 1.0, ..CostMatrix::default() };
        assert_eq!(costs.best_threshold(&Ranked::default()), Ok(Err(super::super::empty())));
        let all_positive = Ranked::of(&[true, true], &[0.2, 0.3], None).unwrap();
        assert_eq!(costs.best_threshold(&all_positive).unwrap().unwrap().threshold, Some(0.2));
        let odd = CostMatrix { false_positive: f64::INFINITY, ..CostMatrix::default() };
        let refused = argument("costs", f64::INFINITY, "four finite numbers");
        assert_eq!(odd.best_threshold(&ranked()), Err(refused));
        let nan = CostMatrix { true_negative: f64::NAN, ..CostMatrix::default() };
        assert!(matches!(nan.cost(&Confusion::default()), Err(KernelError::Argument { name: "costs", .. })));
    }

    proptest! {
        #[test]
        fn no_threshold_is_cheaper(costs in prop::array::uniform4(-5.0f64..5.0)) {
            let [tp, fp, fneg, tn] = costs;
            let costs = CostMatrix { true_positive: tp, false_positive: fp, false_negative: fneg, true_negative: tn };
            let rows = rows();
            let ranked = Ranked::of(&rows.truth, &rows.score, Some(&rows.weight)).unwrap();
            let best = costs.best_threshold(&ranked).unwrap().unwrap();
            for threshold in rows.score.iter().copied().chain([f64::INFINITY]) {
                let prediction: Vec<bool> = rows.score.iter().map(|&score| score >= threshold).collect();
                let confusion = Confusion::of(&rows.truth, &prediction, Some(&rows.weight)).unwrap();
                prop_assert!(best.cost <= costs.cost(&confusion).unwrap().unwrap() + 1e-12);
            }
        }
    }
}
