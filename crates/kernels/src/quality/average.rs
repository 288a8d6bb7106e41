use crate::{Computed, Reason};
use serde::Serialize;

/// A mean over classes or queries, with how many of them had a number of their own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Average {
    /// The mean.
    pub value: f64,
    /// How many the mean is over.
    pub over: u64,
    /// How many had no number: left out of the mean or counted as 0, as [`Gaps`] said.
    pub without: u64,
}

/// What a mean over classes does with a class that has no number, such as the precision of one that is never predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gaps {
    /// The mean is over the others (scikit-learn's `zero_division=np.nan`). Never predicting a rare class costs no
    /// precision.
    LeaveOut,
    /// It counts as 0 (scikit-learn's default, and the managed monitor's). Never predicting a class costs.
    Zero,
}

impl Average {
    /// Returns the weighted mean of numbers that may be missing, in their order.
    ///
    /// - **Errors**: [`Reason`] of the first gap if all are gaps; [`Reason::Empty`] of nothing, or when no weight is
    ///   left.
    /// - **Numerics**: summed in order, divided once.
    pub fn of(parts: impl IntoIterator<Item = (Computed, f64)>, gaps: Gaps) -> Computed<Self> {
        let (mut sum, mut weights, mut over, mut without, mut first) = (0.0, 0.0, 0, 0, None);
        for (value, weight) in parts {
            match value {
                Ok(value) => {
                    sum += weight * value;
                    weights += weight;
                    over += 1;
                }
                Err(reason) => {
                    without += 1;
                    weights += if gaps == Gaps::Zero { weight } else { 0.0 };
                    first.get_or_insert(reason);
                }
            }
        }
        match first {
            Some(reason) if over == 0 => Err(reason),
            _ if weights <= 0.0 => Err(Reason::Empty("the mean".to_owned())),
            _ => {
                let over = if gaps == Gaps::Zero { over + without } else { over };
                super::finite(sum / weights).map(|value| Self { value, over, without })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<(Computed, f64)> {
        vec![(Ok(1.0), 2.0), (Err(Reason::None("hits".to_owned())), 1.0), (Ok(0.25), 2.0)]
    }

    #[test]
    fn a_gap_is_left_out_or_costs() {
        assert_eq!(Average::of(parts(), Gaps::LeaveOut), Ok(Average { value: 0.625, over: 2, without: 1 }));
        assert_eq!(Average::of(parts(), Gaps::Zero), Ok(Average { value: 0.5, over: 3, without: 1 }));
    }

    #[test]
    fn nothing_but_gaps_is_no_mean() {
        let gap = || vec![parts().remove(1)];
        for gaps in [Gaps::LeaveOut, Gaps::Zero] {
            assert_eq!(Average::of(gap(), gaps), Err(Reason::None("hits".to_owned())));
            assert_eq!(Average::of(vec![], gaps), Err(Reason::Empty("the mean".to_owned())));
            assert_eq!(Average::of(vec![(Ok(1.0), 0.0)], gaps), Err(Reason::Empty("the mean".to_owned())));
        }
    }
}
