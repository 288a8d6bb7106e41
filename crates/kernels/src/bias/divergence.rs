//! How far apart the label distributions of two groups are.
use super::comparison::Comparison;
use super::intervals::{Limits, noncentrality};
use super::metric::Metric;
use super::settings::Settings;
use super::significance::{ChiSquare, chi_square, homogeneity};
use crate::special::newcombe_interval;
use crate::{Computed, Interval, Reason};
use std::f64::consts::SQRT_2;

/// Kullback-Leibler divergence of the advantaged from the disadvantaged group: `Σ Pₐ ln(Pₐ / P_d)` over label values.
///
/// - **Units**: nats, 0 and above. Labels of more than two values are not collapsed; a value that nobody of the advantaged
///   group has adds 0.
/// - **Interval**: two label values: Newcombe's limits of `Pₐ − P_d`, carried over with the pooled shares held; more: the
///   observed direction of the difference is held, and its length gets the limits that the noncentral χ² distribution
///   allows, so the upward bias of the plain estimate is taken out, and the number itself may lie above it. There is none
///   where the distributions are equal, for want of a direction.
/// - **p-value**: two values: two-proportion z or Fisher; more: χ², or its gamma approximation where an expected count is
///   below 5.
/// - **Errors**: as [`super::dpl`]; [`Reason::Undefined`] where it is infinite: a label value of the advantaged group that
///   nobody of the other has. Its p-value exists all the same.
/// - **Clarify**: labels are positive or not; a value that one group lacks is dropped without renormalising, so the number
///   may be negative, and then has no interval; [`Reason::Undefined`] if no value is left.
/// - **Source**: Clarify's KL; golden values from smclarify 0.5 and scipy 1.17.1 `stats.entropy`.
pub fn kl(comparison: &Comparison) -> Metric {
    metric(comparison, kl_of, by_length)
}

/// Jensen-Shannon divergence: `½ [KL(Pₐ‖P) + KL(P_d‖P)]`, `P = ½ (Pₐ + P_d)`.
///
/// Units, interval, p-value and errors as [`kl`], but never infinite: 0 to ln 2. **Source**: Clarify's JS; golden values from
/// smclarify 0.5 and scipy 1.17.1 `spatial.distance.jensenshannon` squared.
pub fn js(comparison: &Comparison) -> Metric {
    metric(comparison, js_of, by_length)
}

/// Euclidean distance of the label distributions: `(Σ (Pₐ − P_d)²)^½`.
///
/// Units: 0 to √2. p-value and errors as [`js`]. **Interval**: as [`js`] for two label values; more, equal or not: the squared
/// distance as a scaled noncentral χ², whose scale and degrees of freedom match the covariance of the shares. **Source**:
/// Clarify's LP; golden values from smclarify 0.5.
pub fn lp(comparison: &Comparison) -> Metric {
    let of = |a: &[f64], d: &[f64]| gaps(a, d).map(|gap| gap * gap).sum::<f64>().sqrt();
    metric(comparison, of, |counts, _, settings| {
        let (low, high) = euclidean(counts, settings.z(1));
        finite(low, high.min(SQRT_2))
    })
}

/// Total variation distance: `½ Σ |Pₐ − P_d|`.
///
/// Units: 0 to 1. p-value and errors as [`js`]. **Interval**: as [`js`] for two label values; more: bounds that hold for every
/// distribution, the lower limit of [`lp`] over √2, and `½ √(λ / m)`, `1/m = 1/nₐ + 1/n_d`, for the upper limit `λ` of the
/// noncentrality of χ². **Source**: Clarify's TVD; golden values from smclarify 0.5.
pub fn tvd(comparison: &Comparison) -> Metric {
    metric(comparison, tvd_of, |counts, _, settings| {
        let (low, _) = euclidean(counts, settings.z(1));
        let (_, upper) = noncentrality(counts.test.statistic, counts.test.df(), settings.z(1));
        let high = (0.5 * (upper / counts.effective_rows()).sqrt()).min(1.0);
        finite(low / SQRT_2, high.max(low / SQRT_2))
    })
}

/// The largest difference of one label value's share: `max |Pₐ − P_d|`. Of the shares, not of their running sums, so it is
/// not the Kolmogorov-Smirnov distance that its id recalls.
///
/// Units: 0 to 1. p-value and errors as [`js`]. **Interval**: two label values: Newcombe; more: Newcombe for each value, so
/// wide that all hold together (Bonferroni). **Source**: Clarify's KS; golden values from smclarify 0.5.
pub fn ks(comparison: &Comparison) -> Metric {
    metric(comparison, ks_of, |counts, _, settings| {
        let (mut low, mut high) = (0.0f64, 0.0f64);
        for (&a, &d) in counts.a.iter().zip(&counts.d) {
            let all_together = settings.alpha(counts.a.len() as u64);
            let Interval { low: from, high: to } = newcombe_interval([a, d], counts.rows, all_together);
            let gap = Limits { value: 0.0, low: from, high: to }.magnitude();
            (low, high) = (low.max(gap.low), high.max(gap.high));
        }
        Ok(Interval { low, high })
    })
}

fn kl_of(a: &[f64], d: &[f64]) -> f64 {
    a.iter().zip(d).map(|(&a, &d)| if a == 0.0 { 0.0 } else { a * libm::log(a / d) }).sum()
}

fn js_of(a: &[f64], d: &[f64]) -> f64 {
    let middle: Vec<f64> = a.iter().zip(d).map(|(a, d)| 0.5 * (a + d)).collect();
    0.5 * (kl_of(a, &middle) + kl_of(d, &middle))
}

fn tvd_of(a: &[f64], d: &[f64]) -> f64 {
    0.5 * gaps(a, d).sum::<f64>()
}

fn ks_of(a: &[f64], d: &[f64]) -> f64 {
    gaps(a, d).fold(0.0, f64::max)
}

fn gaps(a: &[f64], d: &[f64]) -> impl Iterator<Item = f64> {
    a.iter().zip(d).map(|(a, d)| (a - d).abs())
}

/// Rows of each label value that anybody has.
struct Counts {
    a: Vec<u64>,
    d: Vec<u64>,
    rows: [u64; 2],
    test: ChiSquare,
}

impl Counts {
    fn of(comparison: &Comparison) -> Self {
        let both = comparison.advantaged.classes.iter().zip(&comparison.disadvantaged.classes);
        let (a, d): (Vec<u64>, Vec<u64>) = both.map(|(&a, &d)| (a, d)).filter(|&(a, d)| a + d > 0).unzip();
        let rows = [a.iter().sum(), d.iter().sum()];
        let test = chi_square(&[a.as_slice(), &d].concat(), a.len().max(1));
        Self { a, d, rows, test }
    }

    fn shares(&self) -> [Vec<f64>; 2] {
        let of = |counts: &[u64], rows: u64| counts.iter().map(|&count| count as f64 / rows as f64).collect();
        [of(&self.a, self.rows[0]), of(&self.d, self.rows[1])]
    }

    /// `1 / (1/nₐ + 1/n_d)`.
    fn effective_rows(&self) -> f64 {
        let [a, d] = self.rows.map(|rows| rows as f64);
        a * d / (a + d)
    }

    /// The shares where the difference is `length` times the observed one and the pooled shares are the observed ones.
    fn along(&self, length: f64) -> [Vec<f64>; 2] {
        let [a, d] = self.shares();
        let [n, m] = self.rows.map(|rows| rows as f64);
        let move_by = |factor: f64| {
            let moved = a.iter().zip(&d).map(|(a, d)| {
                let pooled = (n * a + m * d) / (n + m);
                (pooled + factor * length * (a - d)).max(0.0)
            });
            let moved: Vec<f64> = moved.collect();
            let sum: f64 = moved.iter().sum();
            moved.iter().map(|share| share / sum).collect()
        };
        [move_by(m / (n + m)), move_by(-n / (n + m))]
    }
}

/// An interval from the counts, and the function of shares.
type MakeInterval = fn(&Counts, fn(&[f64], &[f64]) -> f64, &Settings) -> Computed<Interval>;

fn metric(comparison: &Comparison, of: fn(&[f64], &[f64]) -> f64, interval: MakeInterval) -> Metric {
    let rows = comparison.both(|side| side.classes.iter().sum());
    if let Err(reason) = comparison.large_enough(rows, " with a label") {
        return Metric::none(reason);
    }
    let counts = Counts::of(comparison);
    let settings = &comparison.settings;
    let table = [counts.a.as_slice(), &counts.d].concat();
    let p_value = homogeneity(&table, counts.a.len(), "groups", "the label");
    let drops = settings.is_clarify() && counts.a.iter().chain(&counts.d).any(|&rows| rows == 0);
    let value = if drops { without_dropped(&counts, of) } else { value(&counts, of, settings) };
    let interval = match &value {
        Err(reason) => Err(reason.clone()),
        Ok(_) if drops => Err(Reason::Undefined("a label value that one group lacks is dropped".into())),
        Ok(_) if counts.a.len() <= 2 => two_values(&counts, of, settings),
        Ok(_) => interval(&counts, of, settings),
    };
    Metric { value, interval, p_value }
}

fn value(counts: &Counts, of: fn(&[f64], &[f64]) -> f64, settings: &Settings) -> Computed {
    let [a, d] = counts.shares();
    let value = of(&a, &d);
    if !value.is_finite() {
        return Err(infinite());
    }
    // None of them is below 0; rounding of nearly equal shares may be, and is left alone where smclarify's digits count.
    Ok(if settings.is_clarify() { value } else { value.max(0.0) })
}

/// As Clarify does it: label values that one group lacks are dropped, and the other shares stay as they are.
fn without_dropped(counts: &Counts, of: fn(&[f64], &[f64]) -> f64) -> Computed {
    let [a, d] = counts.shares();
    let common = |share: &(f64, f64)| share.0 > 0.0 && share.1 > 0.0;
    let (a, d): (Vec<f64>, Vec<f64>) = a.into_iter().zip(d).filter(common).unzip();
    if a.is_empty() {
        return Err(Reason::Undefined("no label value occurs in both groups".into()));
    }
    Ok(of(&a, &d))
}

fn infinite() -> Reason {
    Reason::Undefined("infinite: a label value of the advantaged group never occurs in the disadvantaged one".into())
}

/// Two label values: one difference says it all, and what the metric is at its limits.
fn two_values(counts: &Counts, of: fn(&[f64], &[f64]) -> f64, settings: &Settings) -> Computed<Interval> {
    let hits = [&counts.a, &counts.d].map(|counts| counts.first().copied().unwrap_or(0));
    let Interval { low, high } = newcombe_interval(hits, counts.rows, settings.alpha(1));
    let [first, second] = counts.rows.map(|rows| rows as f64);
    let rows = first + second;
    let pooled = (hits[0] + hits[1]) as f64 / rows;
    let at = |gap: f64| {
        let share = |moved: f64| [moved.clamp(0.0, 1.0), 1.0 - moved.clamp(0.0, 1.0)];
        of(&share(pooled + second / rows * gap), &share(pooled - first / rows * gap))
    };
    let nearest = if low <= 0.0 && high >= 0.0 { 0.0 } else { at(low).min(at(high)) };
    finite(nearest, at(low).max(at(high)))
}

/// More label values: along the observed direction.
fn by_length(counts: &Counts, of: fn(&[f64], &[f64]) -> f64, settings: &Settings) -> Computed<Interval> {
    if counts.test.statistic == 0.0 {
        return Err(Reason::Constant("the distribution of labels".into()));
    }
    let (low, high) = noncentrality(counts.test.statistic, counts.test.df(), settings.z(1));
    let at = |noncentrality: f64| {
        let [a, d] = counts.along((noncentrality / counts.test.statistic).sqrt());
        of(&a, &d)
    };
    finite(at(low).max(0.0), at(high).max(0.0))
}

/// Limits of the Euclidean distance of more label values: its square over a scale `c` is taken as noncentral χ².
fn euclidean(counts: &Counts, z: f64) -> (f64, f64) {
    let [rows_a, rows_d] = counts.rows.map(|rows| rows as f64);
    let [shares_a, shares_d] = counts.shares();
    // The covariance of the difference is diag(s) − u uᵀ − v vᵀ, where s is the sum of shares over rows, and u and v are the
    // shares over the root of the rows.
    let (mut trace, mut of_square) = (0.0, 0.0);
    let (mut uu, mut uv, mut vv) = (0.0, 0.0, 0.0);
    let (mut square, mut along, mut u_gap, mut v_gap) = (0.0, 0.0, 0.0, 0.0);
    for (share_a, share_d) in shares_a.iter().zip(&shares_d) {
        let (spread, gap) = (share_a / rows_a + share_d / rows_d, share_a - share_d);
        let (u, v) = (share_a / rows_a.sqrt(), share_d / rows_d.sqrt());
        trace += spread - u * u - v * v;
        of_square += spread * (spread - 2.0 * (u * u + v * v));
        (uu, uv, vv) = (uu + u * u, uv + u * v, vv + v * v);
        square += gap * gap;
        along += spread * gap * gap;
        (u_gap, v_gap) = (u_gap + u * gap, v_gap + v * gap);
    }
    of_square += uu * uu + 2.0 * uv * uv + vv * vv;
    let mut scale = of_square / trace;
    if square > 0.0 {
        // The spread in the observed direction, where that is the larger one.
        scale = scale.max((along - u_gap * u_gap - v_gap * v_gap) / square);
    }
    let (low, high) = noncentrality(square / scale, trace / scale, z);
    ((low * scale).sqrt(), (high * scale).sqrt())
}

fn finite(low: f64, high: f64) -> Computed<Interval> {
    if high.is_finite() && low.is_finite() {
        Ok(Interval { low, high })
    } else {
        Err(Reason::Undefined("its upper limit is infinite".into()))
    }
}
