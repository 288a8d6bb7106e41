use super::Ranked;
use crate::{Computed, Reason};
use serde::Serialize;

/// A rising step function from score to the share of positives: calibration by pool adjacent violators.
///
/// - **Input**: scores in any unit; between steps it is linear, beyond the outermost scores constant.
/// - **Errors**: no rows, or a score that is infinite (nothing can be interpolated there).
/// - **Numerics**: scores that are equal are one point first, so any order of rows gives equal bits; comparisons by
///   cross-multiplication, exact for counts. `O(distinct scores)`.
/// - **Source**: Ayer et al. (1955); Zadrozny & Elkan (2002); golden values from scikit-learn 1.9.1
///   `IsotonicRegression` (`out_of_bounds="clip"`).
/// ```
/// # use kernels::quality::{Isotonic, Ranked};
/// let ranked = Ranked::of(&[false, true, false, true], &[1.0, 2.0, 3.0, 4.0], None).unwrap();
/// let isotonic = Isotonic::fit(&ranked).unwrap();
/// assert_eq!([0.0, 2.5, 3.5, 9.0].map(|score| isotonic.at(score)), [Some(0.0), Some(0.5), Some(0.75), Some(1.0)]);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Isotonic {
    /// Where the line bends: (score, share), both ascending.
    knots: Vec<(f64, f64)>,
}

/// Neighbouring scores that share one level.
struct Pool {
    low: f64,
    high: f64,
    positive: f64,
    weight: f64,
}

impl Pool {
    /// Whether its level is that of `above` or higher.
    fn not_below(&self, above: &Self) -> bool {
        // Cross products are exact for counts, where quotients are not; weights may be so small or large that they are
        // not numbers any more.
        let (mine, theirs) = (self.positive * above.weight, above.positive * self.weight);
        let exact = mine.is_finite() && theirs.is_finite() && mine.max(theirs) >= f64::MIN_POSITIVE;
        if exact { mine >= theirs } else { self.positive / self.weight >= above.positive / above.weight }
    }
}

impl Isotonic {
    /// Fits it to truth by score.
    pub fn fit(ranked: &Ranked) -> Computed<Self> {
        Self::fit_blocks(ranked.blocks().iter().map(|block| (block.score, block.positive, block.negative)))
    }

    /// Fits it to rows of score and truth, the highest score first.
    pub(super) fn fit_sorted(rows: impl Iterator<Item = (f64, bool)>) -> Computed<Self> {
        let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
        for (score, truth) in rows {
            let (positive, negative) = if truth { (1.0, 0.0) } else { (0.0, 1.0) };
            match blocks.last_mut() {
                Some(last) if last.0 == score => *last = (score, last.1 + positive, last.2 + negative),
                _ => blocks.push((score, positive, negative)),
            }
        }
        Self::fit_blocks(blocks.into_iter())
    }

    fn fit_blocks(blocks: impl DoubleEndedIterator<Item = (f64, f64, f64)>) -> Computed<Self> {
        let mut pools: Vec<Pool> = Vec::new();
        for (score, positive, negative) in blocks.rev() {
            if score.is_infinite() {
                return Err(Reason::Undefined("a score is infinite".to_owned()));
            }
            let mut pool = Pool { low: score, high: score, positive, weight: positive + negative };
            while let Some(below) = pools.pop_if(|below| below.not_below(&pool)) {
                pool.low = below.low;
                pool.positive += below.positive;
                pool.weight += below.weight;
            }
            pools.push(pool);
        }
        if pools.is_empty() {
            return Err(super::empty());
        }
        let mut knots = Vec::with_capacity(2 * pools.len());
        for pool in pools {
            let level = (pool.positive / pool.weight).min(1.0);
            knots.push((pool.low, level));
            if pool.high > pool.low {
                knots.push((pool.high, level));
            }
        }
        Ok(Self { knots })
    }

    /// Returns the calibrated probability of a score, `None` of one that is NaN.
    pub fn at(&self, score: f64) -> Option<f64> {
        if score.is_nan() {
            return None;
        }
        let above = self.knots.partition_point(|knot| knot.0 < score);
        match (above.checked_sub(1).and_then(|below| self.knots.get(below)), self.knots.get(above)) {
            (Some(&(x0, y0)), Some(&(x1, y1))) if score < x1 => {
                // Halves: the distance of two scores may leave the range of a float.
                let way = (score / 2.0 - x0 / 2.0) / (x1 / 2.0 - x0 / 2.0);
                Some(y0 + (y1 - y0) * way)
            }
            (_, Some(&(_, level))) | (Some(&(_, level)), None) => Some(level),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::testdata::{near, rows};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_values_of_scikit_learn() {
        let rows = rows();
        let at = [-1.0, 0.0, 0.07, 0.13, 0.25, 0.31, 0.44, 0.5, 0.61, 0.77, 0.9, 1.5];
        let fit = |weights: Option<&[f64]>| {
            let isotonic = Isotonic::fit(&Ranked::of(&rows.truth, &rows.score, weights).unwrap()).unwrap();
            at.map(|score| isotonic.at(score).unwrap())
        };
        // scikit-learn 1.9.1, golden/quality.py
        for (found, expected) in fit(None).into_iter().zip(GOLDEN) {
            assert!(near(found, expected), "{found} {expected}");
        }
        for (found, expected) in fit(Some(&rows.weight)).into_iter().zip(GOLDEN_WEIGHTED) {
            assert!(near(found, expected), "{found} {expected}");
        }
    }

    #[test]
    fn odd_scores_have_an_answer() {
        let fit = |truth: &[bool], score: &[f64]| Isotonic::fit(&Ranked::of(truth, score, None).unwrap());
        assert_eq!(fit(&[], &[]), Err(super::super::empty()));
        assert_eq!(fit(&[true], &[f64::NAN]), Err(super::super::empty()));
        assert!(matches!(fit(&[true, false], &[f64::INFINITY, 0.0]), Err(Reason::Undefined(_))));
        let single = fit(&[true], &[0.3]).unwrap();
        assert_eq!([0.0, 0.3, 1.0].map(|score| single.at(score)), [Some(1.0); 3]);
        assert_eq!(single.at(f64::NAN), None);
        let wide = fit(&[false, true], &[f64::MIN, f64::MAX]).unwrap();
        assert_eq!((wide.at(0.0), wide.at(f64::NEG_INFINITY)), (Some(0.5), Some(0.0)));
    }

    proptest! {
        #[test]
        fn it_rises_and_keeps_the_mean(scores in prop::collection::vec((0u8..20, any::<bool>()), 1..60)) {
            let (score, truth): (Vec<f64>, Vec<bool>) = scores.iter().map(|&(s, t)| (f64::from(s), t)).unzip();
            let isotonic = Isotonic::fit(&Ranked::of(&truth, &score, None).unwrap()).unwrap();
            let fitted: Vec<f64> = score.iter().map(|&score| isotonic.at(score).unwrap()).collect();
            let positives = truth.iter().filter(|&&truth| truth).count() as f64;
            prop_assert!((fitted.iter().sum::<f64>() - positives).abs() < 1e-9);
            for step in 0..200 {
                prop_assert!(isotonic.at(f64::from(step) / 10.0) <= isotonic.at(f64::from(step + 1) / 10.0));
            }
            let mut sorted: Vec<(f64, bool)> = score.iter().copied().zip(truth.iter().copied()).collect();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
            prop_assert_eq!(&Isotonic::fit_sorted(sorted.into_iter()).unwrap(), &isotonic);
            let (mut backwards_truth, mut backwards) = (truth.clone(), score.clone());
            backwards_truth.reverse();
            backwards.reverse();
            prop_assert_eq!(Isotonic::fit(&Ranked::of(&backwards_truth, &backwards, None).unwrap()).unwrap(), isotonic);
        }
    }

    const GOLDEN: [f64; 12] = [
        0.125,
        0.125,
        0.125,
        0.29000000000000004,
        0.4148148148148148,
        0.4325925925925926,
        0.4444444444444444,
        0.4444444444444444,
        0.625,
        0.625,
        0.625,
        0.625,
    ];
    const GOLDEN_WEIGHTED: [f64; 12] = [
        0.12121212121212122,
        0.12121212121212122,
        0.12121212121212122,
        0.25396430053964303,
        0.3424657534246575,
        0.3424657534246575,
        0.3424657534246575,
        0.3424657534246575,
        0.3902439024390244,
        0.3902439024390244,
        0.7142857142857143,
        0.7142857142857143,
    ];
}
