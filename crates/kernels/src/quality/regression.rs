use super::spread::Spread;
use super::{Metrics, check_columns, constant, empty, finite, share, weight_of};
use crate::{Computed, KernelError, Reason};
use serde::Serialize;

/// What the denominator of MAPE is at least: the spacing of floats at 1, as scikit-learn has it. A truth of 0 makes
/// MAPE huge.
pub(super) const MAPE_EPS: f64 = f64::EPSILON;

/// Sums behind the metrics of a predicted quantity. Mergeable.
///
/// - **Units**: mean absolute, root mean squared and largest error have the unit of the truth, mean squared error its
///   square; MAPE and sMAPE are fractions, not percentages (sMAPE in `[0, 2]`); R² and explained variance are at most 1.
/// - **Errors**: an infinite truth or prediction leaves no number at all. R² and explained variance need two rows and a
///   truth that varies (scikit-learn says 0 or 1 for a constant one). Logarithmic error needs every value above −1,
///   Poisson deviance truths of 0 or above and predictions above 0, gamma deviance both above 0.
/// - **Numerics**: sums in row order, squared deviations by West's update and Chan's merge; another split may change
///   the last places.
/// - **Source**: golden values from scikit-learn 1.9.1; sMAPE as Makridakis (1993), `2|y − ŷ| / (|y| + |ŷ|)`, 0 where
///   both are 0.
/// ```
/// # use kernels::quality::RegressionSums;
/// let sums = RegressionSums::of(&[3.0, 5.0], &[2.0, 7.0], None).unwrap();
/// assert_eq!((sums.mean_absolute_error(), sums.mean_squared_error()), (Ok(1.5), Ok(2.5)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct RegressionSums {
    pub(super) rows: u64,
    pub(super) weight: f64,
    pub(super) sums: Terms,
    pub(super) largest: f64,
    pub(super) truth: Spread,
    pub(super) error: Spread,
    pub(super) odd: Odd,
    left_out: u64,
}

/// What one row costs, or the sum over rows: in this order, absolute error, squared error, absolute percentage,
/// symmetric percentage, squared logarithmic error, Poisson and gamma deviance. What a row does not have is 0.
pub(super) type Terms = [f64; 7];

/// Rows that some metrics are not defined for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Odd {
    pub infinite: u64,
    pub below_minus_one: u64,
    pub no_poisson: u64,
    pub no_gamma: u64,
}

impl Odd {
    /// Adds the rows of another part.
    pub fn add(&mut self, other: Self) {
        self.infinite += other.infinite;
        self.below_minus_one += other.below_minus_one;
        self.no_poisson += other.no_poisson;
        self.no_gamma += other.no_gamma;
    }
}

/// Returns what a row of finite truth and prediction costs.
pub(super) fn terms(truth: f64, prediction: f64) -> (Terms, Odd) {
    let error = truth - prediction;
    let magnitude = truth.abs() + prediction.abs();
    let symmetric = if magnitude > 0.0 { 2.0 * (error.abs() / magnitude) } else { 0.0 };
    let logs = truth > -1.0 && prediction > -1.0;
    let log = if logs { libm::log1p(truth) - libm::log1p(prediction) } else { 0.0 };
    let (poisson, gamma) = (truth >= 0.0 && prediction > 0.0, truth > 0.0 && prediction > 0.0);
    let ratio = if gamma { libm::log(truth / prediction) } else { 0.0 };
    let odd = Odd {
        infinite: 0,
        below_minus_one: u64::from(!logs),
        no_poisson: u64::from(!poisson),
        no_gamma: u64::from(!gamma),
    };
    let terms = [
        error.abs(),
        error * error,
        error.abs() / truth.abs().max(MAPE_EPS),
        symmetric,
        log * log,
        if poisson { 2.0 * (truth * ratio - error) } else { 0.0 },
        if gamma { 2.0 * (error / prediction - ratio) } else { 0.0 },
    ];
    (terms, odd)
}

impl RegressionSums {
    /// Adds rows up.
    ///
    /// - **Shapes**: `truth`, `prediction` and `weights`: `[n]`, `n ≥ 0`.
    /// - **Errors**: [`KernelError::Argument`] if lengths differ.
    pub fn of(truth: &[f64], prediction: &[f64], weights: Option<&[f64]>) -> Result<Self, KernelError> {
        check_columns(truth.len(), &[("prediction", prediction.len())], weights)?;
        let mut sums = Self::default();
        for (row, (&truth, &prediction)) in truth.iter().zip(prediction).enumerate() {
            match weight_of(weights, row) {
                Some(0.0) => {}
                Some(weight) if !truth.is_nan() && !prediction.is_nan() => sums.add(truth, prediction, weight),
                _ => sums.left_out += 1,
            }
        }
        Ok(sums)
    }

    fn add(&mut self, truth: f64, prediction: f64, weight: f64) {
        if truth.is_infinite() || prediction.is_infinite() {
            self.odd.infinite += 1;
            return;
        }
        let (terms, odd) = terms(truth, prediction);
        self.rows += 1;
        self.weight += weight;
        self.odd.add(odd);
        for (sum, term) in self.sums.iter_mut().zip(terms) {
            *sum += weight * term;
        }
        self.largest = self.largest.max((truth - prediction).abs());
        self.truth.add(truth, weight);
        self.error.add(truth - prediction, weight);
    }

    /// Takes what `other` has added up.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.weight += other.weight;
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            *sum += other;
        }
        self.largest = self.largest.max(other.largest);
        self.truth.merge(&other.truth);
        self.error.merge(&other.error);
        self.odd.add(other.odd);
        self.left_out += other.left_out;
    }

    /// Returns how many rows had no truth, no prediction or no usable weight.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn mean(&self, sum: f64) -> Computed {
        if self.odd.infinite > 0 {
            return Err(infinite(self.odd.infinite));
        }
        share(sum, self.weight, empty)
    }

    /// A mean that every row must have.
    fn mean_unless(&self, odd: u64, what: &str, sum: f64) -> Computed {
        if odd > 0 { Err(Reason::Undefined(format!("{what}: {odd}"))) } else { self.mean(sum) }
    }

    /// Returns the mean absolute error.
    pub fn mean_absolute_error(&self) -> Computed {
        self.mean(self.sums[0])
    }

    /// Returns the mean squared error.
    pub fn mean_squared_error(&self) -> Computed {
        self.mean(self.sums[1])
    }

    /// Returns the coefficient of determination, `1 − Σe² / Σ(y − ȳ)²`.
    pub fn r2(&self) -> Computed {
        self.explained(self.sums[1])
    }

    /// Returns `1 − Var(e) / Var(y)`: as R², but a constant error does not count.
    pub fn explained_variance(&self) -> Computed {
        self.explained(self.error.squares)
    }

    fn explained(&self, unexplained: f64) -> Computed {
        self.mean_absolute_error()?;
        if self.rows < 2 {
            return Err(Reason::TooFew { what: "rows".to_owned(), have: self.rows, need: 2 });
        }
        if self.truth.squares <= 0.0 {
            return Err(constant("truth"));
        }
        finite(1.0 - unexplained / self.truth.squares)
    }

    /// Returns the largest absolute error of a row that has weight.
    pub fn max_error(&self) -> Computed {
        self.mean_absolute_error()?;
        finite(self.largest)
    }

    /// Returns the mean of `(ln(1 + y) − ln(1 + ŷ))²`.
    pub fn mean_squared_log_error(&self) -> Computed {
        self.mean_unless(self.odd.below_minus_one, "rows not above −1", self.sums[4])
    }

    /// Returns every metric of these sums with its id; [`super::QuantityRows`] has those that need every row.
    ///
    /// The mean absolute percentage error is of `|e| / max(|y|, 2⁻⁵²)`; the deviances are of `2(y ln(y/ŷ) − e)`
    /// (Poisson) and `2(e/ŷ − ln(y/ŷ))` (gamma).
    pub fn metrics(&self) -> Metrics {
        vec![
            ("mean_absolute_error", self.mean_absolute_error()),
            ("mean_squared_error", self.mean_squared_error()),
            ("root_mean_squared_error", self.mean_squared_error().map(f64::sqrt)),
            ("r2", self.r2()),
            ("explained_variance", self.explained_variance()),
            ("mean_absolute_percentage_error", self.mean(self.sums[2])),
            ("symmetric_mean_absolute_percentage_error", self.mean(self.sums[3])),
            ("max_error", self.max_error()),
            ("mean_squared_log_error", self.mean_squared_log_error()),
            ("root_mean_squared_log_error", self.mean_squared_log_error().map(f64::sqrt)),
            (
                "mean_poisson_deviance",
                self.mean_unless(self.odd.no_poisson, "truths below 0 or predictions not above it", self.sums[5]),
            ),
            (
                "mean_gamma_deviance",
                self.mean_unless(self.odd.no_gamma, "truths or predictions not above 0", self.sums[6]),
            ),
        ]
    }
}

pub(super) fn infinite(rows: u64) -> Reason {
    Reason::Undefined(format!("infinite truths or predictions: {rows}"))
}
