use super::normal::{normal_quantile, normal_sf};
use super::saddle::poisson_density;

/// Returns the upper tail of the χ² distribution with `df` degrees of freedom, `Q(df/2, x/2)`.
///
/// - **Units**: `df > 0`, not necessarily whole; a probability in `[0, 1]`; 1 for `x ≤ 0`.
/// - **Numerics**: as [`gamma_upper`].
/// - **Source**: golden values from scipy 1.17.1 `stats.chi2.sf`.
pub fn chi_square_sf(x: f64, df: f64) -> f64 {
    gamma_upper(df / 2.0, x / 2.0)
}

/// Returns the `x` with `chi_square_sf(x, df) = upper`: the critical value at α = `upper`.
///
/// - **Units**: `upper` between 0 and 1, both excluded; `df > 0`.
/// - **Numerics**: Newton's method on the logarithm of the tail, from Wilson & Hilferty's start; relative error below 1e-10, also
///   where `upper` is 1e-300.
/// - **Source**: golden values from scipy 1.17.1 `stats.chi2.isf`.
pub fn chi_square_critical(upper: f64, df: f64) -> f64 {
    let cube = 2.0 / (9.0 * df);
    let root = 1.0 - cube - normal_quantile(upper) * cube.sqrt();
    let mut x = (df * root * root * root).max(1e-3 * df);
    for _ in 0..100 {
        let (a, half) = (df / 2.0, x / 2.0);
        let density = 0.5 * a / half * poisson_density(a, half);
        let tail = chi_square_sf(x, df);
        // Beyond what a float holds of the tail there is no slope to follow, only the way back.
        let step = if tail > 0.0 && density > 0.0 { libm::log(tail / upper) * tail / density } else { -x };
        let next = (x + step).clamp(x / 4.0, x * 4.0);
        let settled = (next - x).abs() <= 1e-13 * x;
        x = next;
        if settled {
            break;
        }
    }
    x
}

/// Returns the upper tail, at `z` standard deviations above the mean, of Pearson's type III distribution of this skewness: a
/// gamma distribution, shifted and scaled.
///
/// - **Units**: a probability in `[0, 1]`; a skewness below 0 counts as 0, the normal distribution, whose tail is the larger one.
/// - **Source**: golden values from scipy 1.17.1 `stats.pearson3.sf`.
pub fn pearson_sf(z: f64, skewness: f64) -> f64 {
    if skewness < 1e-4 {
        return normal_sf(z);
    }
    let shape = 4.0 / (skewness * skewness);
    gamma_upper(shape, (shape + z * shape.sqrt()).max(0.0))
}

/// Returns the `z` whose upper tail by [`pearson_sf`] is `alpha`.
///
/// - **Units**: standard deviations above the mean, −64 at least.
/// - **Numerics**: bisection, to the last bits.
/// - **Source**: golden values from scipy 1.17.1 `stats.pearson3.isf`.
pub fn pearson_critical(alpha: f64, skewness: f64) -> f64 {
    let (mut low, mut high) = (-64.0, 1.0);
    while pearson_sf(high, skewness) > alpha && high < 1e6 {
        high *= 2.0;
    }
    for _ in 0..70 {
        let middle = 0.5 * (low + high);
        if pearson_sf(middle, skewness) > alpha { low = middle } else { high = middle }
    }
    high
}

/// Returns the regularised upper incomplete gamma function `Q(a, x)`, for `a > 0`; 1 for `x ≤ 0`.
///
/// - **Numerics**: a series below `a + 1`, Lentz's continued fraction above, both `O(√a)`; relative error below 1e-11 up to
///   `a` of a million.
/// - **Source**: DLMF 8.7.1 and 8.9.2; golden values from scipy 1.17.1 `special.gammaincc`.
pub fn gamma_upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        1.0
    } else if x == f64::INFINITY {
        0.0
    } else if x < a + 1.0 {
        1.0 - lower_series(a, x)
    } else {
        upper_fraction(a, x)
    }
}

/// How many terms are enough where `largest` is the larger parameter; a bound against arguments that never settle.
pub(super) fn most_terms(largest: f64) -> u32 {
    (1_000.0 + 50.0 * largest.sqrt()).min(1e9) as u32
}

fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut total) = (1.0, 1.0);
    for k in 1..most_terms(a) {
        term *= x / (a + f64::from(k));
        total += term;
        if term < total * f64::EPSILON / 4.0 {
            break;
        }
    }
    (poisson_density(a, x) * total).min(1.0)
}

fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut h = d;
    for k in 1..most_terms(a) {
        let k = f64::from(k);
        let step = -k * (k - a);
        b += 2.0;
        d = 1.0 / (step * d + b);
        c = b + step / c;
        let factor = c * d;
        h *= factor;
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (poisson_density(a, x) * a * h).clamp(0.0, 1.0)
}
