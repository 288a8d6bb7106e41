//! Saddle-point forms of the densities, after Loader (2000), "Fast and accurate computation of binomial probabilities":
//! they stay exact where differences of large logarithms of factorials lose their digits.
use std::f64::consts::PI;

/// Returns `ln Γ(a + 1) − (a + ½) ln a + a − ½ ln 2π`, what Stirling's formula lacks, for `a > 0`.
pub(super) fn stirling_error(a: f64) -> f64 {
    if a <= 15.0 {
        return libm::lgamma(a + 1.0) - (a + 0.5) * libm::log(a) + a - 0.5 * libm::log(2.0 * PI);
    }
    let square = a * a;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - (1.0 / 1680.0 - 1.0 / 1188.0 / square) / square) / square) / square)
        / a
}

/// Returns `x ln(x / mean) + mean − x`, also where `x` is close to `mean`.
pub(super) fn deviance(x: f64, mean: f64) -> f64 {
    let gap = x - mean;
    if gap.abs() >= 0.1 * (x + mean) {
        return x * libm::log(x / mean) + mean - x;
    }
    let v = gap / (x + mean);
    let (mut total, mut power) = (gap * v, 2.0 * x * v);
    for odd in (3..1_000).step_by(2) {
        power *= v * v;
        let next = total + power / f64::from(odd);
        if next == total {
            break;
        }
        total = next;
    }
    total
}

/// Returns `xᵃ e⁻ˣ / Γ(a + 1)`, the Poisson probability of `a` with mean `x`, both above 0.
pub(super) fn poisson_density(a: f64, x: f64) -> f64 {
    if a < 1.0 {
        return libm::exp(a * libm::log(x) - x - libm::lgamma(a + 1.0));
    }
    libm::exp(-stirling_error(a) - deviance(a, x)) / (2.0 * PI * a).sqrt()
}

/// Returns `Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1)) · xᵃ yᵇ` with `y = 1 − x`; `a`, `b`, `x`, `y` above 0.
pub(super) fn binomial_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let log = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    libm::exp(log) * (n / (2.0 * PI * a * b)).sqrt()
}

/// Returns the binomial probability of `k` out of `n`, the ends included.
fn binomial_pmf(k: f64, n: f64, x: f64, y: f64) -> f64 {
    if k == 0.0 {
        libm::exp(n * libm::log1p(-x))
    } else if k == n {
        libm::exp(n * libm::log(x))
    } else {
        binomial_density(k, n - k, x, y)
    }
}

/// Returns the probability of `k` marked among `drawn`, drawn without replacement from `total` of which `marked` are.
/// The caller keeps `k` in range and `total` above 0.
pub(crate) fn hypergeometric_pmf(k: u64, marked: u64, drawn: u64, total: u64) -> f64 {
    if drawn == 0 || drawn == total {
        return 1.0; // the caller's `k` is the only one possible
    }
    let (k, marked, drawn, total) = (k as f64, marked as f64, drawn as f64, total as f64);
    let (share, rest) = (drawn / total, (total - drawn) / total);
    binomial_pmf(k, marked, share, rest) * binomial_pmf(drawn - k, total - marked, share, rest)
        / binomial_pmf(drawn, total, share, rest)
}
