use std::f64::consts::PI;

/// A smaller sample than this has the law of one sample against a known distribution once the other one is large.
const FEW: u64 = 30;

/// Returns the upper tail of Kolmogorov's distribution, `2 Σₖ (−1)ᵏ⁻¹ exp(−2 k² x²)`: the limit of `√(n m/(n + m)) · D`.
///
/// - **Units**: a probability in `[0, 1]`; 1 for `x ≤ 0`.
/// - **Numerics**: the theta form below 1; relative error below 1e-14.
/// - **Source**: Kolmogorov (1933); golden values from scipy 1.17.1 `special.kolmogorov`.
pub fn kolmogorov_sf(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let base = -PI * PI / (8.0 * x * x);
        let total: f64 = [1.0, 9.0, 25.0, 49.0].iter().map(|odd| libm::exp(odd * base)).sum();
        return 1.0 - (2.0 * PI).sqrt() / x * total;
    }
    let square = -2.0 * x * x;
    2.0 * (libm::exp(square) - libm::exp(4.0 * square) + libm::exp(9.0 * square) - libm::exp(16.0 * square))
}

/// Returns the two-sided p-value of the KS statistic `D` of samples of `n` and `m` values without ties, too many for [`ks_exact`].
///
/// - **Units**: `statistic` in `[0, 1]`; `n`, `m` ≥ 1, their product beyond 100,000.
/// - **Method**: Kolmogorov's limit with Stephens' correction `(√e + 0.12 + 0.11/√e) · D`, `e = n m/(n + m)`; for a sample of 30 or
///   fewer twice the law of one side (Birnbaum & Tingey 1951), but no less than the rarest two labellings have.
/// - **Source**: Stephens (1970); golden values from scipy 1.17.1 `stats.ks_2samp(method="exact")` and `stats.kstwo.sf`.
pub fn ks_large_sf(statistic: f64, n: u64, m: u64) -> f64 {
    let stephens = kolmogorov_sf(stephens(n, m) * statistic);
    let (few, many) = (n.min(m), n.max(m));
    if few > FEW {
        return stephens;
    }
    let rarest: f64 = (1..=few).map(|k| k as f64 / (many + k) as f64).product();
    let both = (2.0 * one_sided(statistic, few)).min(1.0);
    // From ½ on both sides cannot be reached at once; below, they seldom are where the probability is small.
    let p = if statistic >= 0.5 || both < 0.2 { both } else { stephens.min(both) };
    p.max(2.0 * rarest)
}

/// Returns the statistic whose p-value is `alpha` by [`ks_large_sf`], if there is one.
///
/// - **Numerics**: bisection, to the last bits.
pub fn ks_critical(alpha: f64, n: u64, m: u64) -> Option<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    if ks_large_sf(high, n, m) > alpha {
        return None;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if ks_large_sf(middle, n, m) > alpha { low = middle } else { high = middle }
    }
    Some(high)
}

/// By what the statistic is to be multiplied before Kolmogorov's distribution applies.
pub fn stephens(n: u64, m: u64) -> f64 {
    let root = (n as f64 / (n as f64 + m as f64) * m as f64).sqrt();
    root + 0.12 + 0.11 / root
}

/// The probability that the distribution of `n` values exceeds the true one by `d` somewhere.
fn one_sided(d: f64, n: u64) -> f64 {
    if d <= 0.0 {
        return 1.0;
    }
    let rows = n as f64;
    let (mut ways, mut sum) = (1.0, 0.0);
    for j in 0..=n {
        let at = j as f64;
        let left = 1.0 - d - at / rows;
        if left < 0.0 {
            break;
        }
        sum += ways * libm::pow(left, rows - at) * libm::pow(d + at / rows, at - 1.0);
        ways *= (rows - at) / (at + 1.0);
    }
    (d * sum).min(1.0)
}

/// Returns the exact probability that random labels give a KS statistic of at least `steps / (n · m)`.
///
/// - **Input**: `ends(k)` says whether the pooled sample's `k` smallest values end between two different values; always true
///   without ties. So the p-value is exact with ties too.
/// - **Numerics**: sums the probabilities of first reaching the bound, all positive, so small p-values keep their digits;
///   below about 1e-300 they are 0. `O((n + m) · min(n, m))`, less without ties.
/// - **Source**: Hodges (1957); Schröer & Trenkler (1995) for ties.
pub fn ks_exact(steps: u64, n: u64, m: u64, ends: impl Fn(u64) -> bool) -> f64 {
    if steps == 0 {
        return 1.0;
    }
    let (n, m) = (n.min(m), n.max(m));
    let total = n + m;
    let (wide, tall) = (n as f64, m as f64);
    let mut at = vec![0.0; n as usize + 2]; // at[i]: i of the k smallest are of the smaller sample, the bound never reached
    at[0] = 1.0;
    let (mut first, mut last) = (0, 0); // what lies outside is 0
    let mut reached = 0.0;
    for k in 0..total {
        let each = 1.0 / (total - k) as f64;
        let others = tall - k as f64;
        let mut before = 0.0;
        for i in first..=(last + 1).min(n) {
            let (here, of_smaller) = (at[i as usize], i as f64);
            at[i as usize] = (here * (others + of_smaller) + before * (wide - of_smaller + 1.0)) * each;
            before = here;
        }
        last = (last + 1).min(n);
        let k = k + 1;
        if ends(k) {
            // |i m − (k − i) n| = |i (n + m) − k n| has reached the bound up to `below` and from `above` on.
            let middle = k * n;
            if let Some(below) = middle.checked_sub(steps).map(|reach| reach / total) {
                while first <= below && first <= last {
                    reached += std::mem::take(&mut at[first as usize]);
                    first += 1;
                }
            }
            let above = (middle + steps).div_ceil(total); // at least 1
            while last >= above && last >= first {
                reached += std::mem::take(&mut at[last as usize]);
                last -= 1;
            }
            if first > last {
                break; // every way has reached it
            }
        }
    }
    reached.min(1.0)
}
