use super::gamma::most_terms;
use super::saddle::binomial_density;

const TINY: f64 = 1e-300;

/// Returns the regularised incomplete beta function `I(x; a, b)`, for `a, b > 0`; `x` outside `[0, 1]` counts as the nearer end.
///
/// - **Numerics**: a continued fraction on the side where it converges, `O(√max(a, b))`; relative error below 1e-11 up
///   to `a`, `b` of a million.
/// - **Source**: DLMF 8.17.22; golden values from scipy 1.17.1 `special.betainc`.
pub fn beta_regularised(a: f64, b: f64, x: f64) -> f64 {
    beta_of_both(a, b, x, 1.0 - x)
}

/// `y` is `1 − x`, given by itself so that neither loses its digits.
fn beta_of_both(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        0.0
    } else if y <= 0.0 {
        1.0
    } else if x < (a + 1.0) / (a + b + 2.0) {
        fraction(a, b, x, y)
    } else {
        1.0 - fraction(b, a, y, x)
    }
}

/// The even part of the fraction, in the form of Didonato & Morris (1992): nothing in it cancels where `x` is close to 1.
fn fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let away = |v: f64| if v == 0.0 { TINY } else { v };
    let lean = a * y - b * x + 1.0;
    let mut h = away(a / (a + 1.0) * lean);
    let (mut c, mut d) = (h, 0.0);
    for k in 1..most_terms(a.max(b)) {
        let k = f64::from(k);
        let at = a + 2.0 * k - 1.0;
        let above = (a + k - 1.0) * (a + b + k - 1.0) / at * (k * (b - k) / at) * x * x;
        let below = k + k * (b - k) * x / at + (a + k) * (lean + k * (1.0 + y)) / (at + 2.0);
        d = 1.0 / away(below + above * d);
        c = away(below + above / c);
        let factor = c * d;
        h *= factor;
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (binomial_density(a, b, x, y) * a * b / (a + b) / h).clamp(0.0, 1.0)
}
