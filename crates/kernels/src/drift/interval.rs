//! First-order intervals: the value less its bias, give or take its standard error.
use super::cumulative::Distances;
use super::divergence::Divergence;
use super::model::TestId;
use super::table::View;
use crate::Interval;
use crate::special::{normal_quantile, normal_sf};

/// The interval of a value that is at least 0: from its square or sum by `finish`. A test that does not reject leaves 0 in.
pub(super) fn around(sum: f64, error: f64, alpha: f64, rejects: bool, finish: fn(f64) -> f64) -> Interval {
    let reach = -normal_quantile(alpha / 2.0) * error;
    let low = if rejects { (sum - reach).max(0.0) } else { 0.0 };
    Interval { low: finish(low), high: finish((sum + reach).max(0.0)) }
}

/// The variance of `Σ` over rows whose cell has influence `slope`, as a mean of `rows` rows with these shares.
fn of_mean(shares: impl Iterator<Item = (f64, f64)>, rows: f64) -> f64 {
    let (mut mean, mut square) = (0.0, 0.0);
    for (share, slope) in shares.filter(|&(share, _)| share > 0.0) {
        mean += share * slope;
        square += share * slope * slope;
    }
    (square - mean * mean).max(0.0) / rows
}

/// The standard error of a measure with these slopes by `p` and `q`.
pub(super) fn error_of(view: &View<'_>, slope: impl Fn(f64, f64) -> (f64, f64)) -> f64 {
    let by_reference = of_mean(view.shares().map(|(p, q)| (p, slope(p, q).0)), view.n);
    let by_current = of_mean(view.shares().map(|(p, q)| (q, slope(p, q).1)), view.m);
    (by_reference + by_current).sqrt()
}

/// The interval of a divergence: its bias is `(cells − 1)(1/n + 1/m)` over `per_chi`, and where nothing drifted its variance
/// is that of χ².
pub(super) fn of_divergence(view: &View<'_>, found: &Divergence, sum: f64, alpha: f64, rejects: bool) -> Interval {
    let freedom = view.cells() as f64 - 1.0;
    let unit = view.noise() / found.per_chi;
    let error = both(error_of(view, found.slope), unit * (2.0 * freedom).sqrt());
    around(sum - freedom * unit, error, alpha, rejects, found.finish)
}

/// The interval of Cramér's V, from that of `χ²/N`.
pub(super) fn of_cramers_v(view: &View<'_>, chi_square: f64, alpha: f64, rejects: bool) -> Interval {
    let all = view.n + view.m;
    let freedom = view.cells() as f64 - 1.0;
    let (a, b) = (view.n / all, view.m / all);
    let slope = |p: f64, q: f64| {
        let (gap, pooled) = (p - q, a * p + b * q);
        let (linear, square) = (2.0 * a * b * gap / pooled, a * b * (gap / pooled) * (gap / pooled));
        (linear - a * square, -linear - b * square)
    };
    let error = both(error_of(view, slope), (2.0 * freedom).sqrt() / all);
    around(chi_square / all - freedom / all, error, alpha, rejects, |square| square.sqrt().min(1.0))
}

/// The interval of `½ Σ |p − q|`, less the part of it that noise alone adds.
pub(super) fn of_total_variation(view: &View<'_>, value: f64, alpha: f64, rejects: bool) -> Interval {
    let bias: f64 = view.shares().map(|(p, q)| 0.5 * folded_excess(view, p, q)).sum();
    let error =
        error_of(view, |p, q| if p == q { (0.0, 0.0) } else { (0.5 * (p - q).signum(), 0.5 * (q - p).signum()) });
    around(value - bias, error, alpha, rejects, |sum| sum.min(1.0))
}

/// The interval of `max |p − q|`, as that of the cell where it is.
pub(super) fn of_l_infinity(view: &View<'_>, value: f64, alpha: f64, rejects: bool) -> Interval {
    let at = view.shares().find(|&(p, q)| (p - q).abs() == value).unwrap_or((0.0, 0.0));
    around(value, difference_error(view, at.0, at.1), alpha, rejects, |sum| sum.min(1.0))
}

fn difference_error(view: &View<'_>, p: f64, q: f64) -> f64 {
    (p * (1.0 - p) / view.n + q * (1.0 - q) / view.m).sqrt()
}

/// By what `|p − q|` exceeds that of the populations on average.
fn folded_excess(view: &View<'_>, p: f64, q: f64) -> f64 {
    let error = difference_error(view, p, q);
    if error == 0.0 {
        return 0.0;
    }
    let ratio = (p - q).abs() / error;
    let density = libm::exp(-0.5 * ratio * ratio) * (2.0 / std::f64::consts::PI).sqrt();
    error * (density - 2.0 * ratio * normal_sf(ratio))
}

/// The interval of the KS statistic: both empirical distributions lie within the DKW bound at once. Conservative.
pub(super) fn of_ks(value: f64, (n, m): (f64, f64), rank_error: f64, alpha: f64) -> Interval {
    let reach = |rows: f64| (libm::log(4.0 / alpha) / (2.0 * rows)).sqrt();
    let reach = reach(n) + reach(m) + rank_error;
    Interval { low: (value - reach).max(0.0), high: (value + reach).min(1.0) }
}

/// The interval of `energy`, or of `wasserstein` whatever its unit; none where `f64` does not hold it.
pub(super) fn of_distance(id: TestId, value: f64, found: &Distances, alpha: f64, rejects: bool) -> Option<Interval> {
    let interval = if id == TestId::Energy {
        around(found.squared.0, found.squared.1, alpha, rejects, |square| (2.0 * square).sqrt())
    } else {
        let unit = if found.wasserstein.0 > 0.0 { value / found.wasserstein.0 } else { 1.0 };
        around(value, found.wasserstein.1 * unit, alpha, rejects, |sum| sum)
    };
    (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}

fn both(error: f64, other: f64) -> f64 {
    (error * error + other * other).sqrt()
}
