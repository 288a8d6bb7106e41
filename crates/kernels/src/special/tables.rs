use super::normal::{normal_quantile, normal_sf};
use super::saddle::hypergeometric_pmf;
use crate::{Computed, Interval, Reason};

/// Tables whose probability is within this factor of the one observed count as equally likely, as in R.
const AS_LIKELY: f64 = 1.0 + 1e-7;
/// A further term below this share of the sum is left out, with all behind it.
const NEGLIGIBLE: f64 = 1e-18;

/// Beyond this standard deviation the normal law takes the place of the exact one: by then it is off by a few percent five
/// deviations out, and by less nearer to the middle.
const NORMAL_FROM: f64 = 1_000.0;

/// Returns the two-sided p-value of Fisher's exact test: the probability, given the margins, of the tables that are at most
/// as likely as `table`.
///
/// - **Shapes**: `table[row][column]`, counts. A margin of 0 leaves one table: 1.
/// - **Numerics**: terms relative to the mode, walked outwards until they no longer count; below about 1e-300 it is 0. At most some
///   40,000 terms: where the first cell varies by more than 1,000, the normal law with a correction of ½ takes over.
/// - **Source**: Fisher (1935); golden values from scipy 1.17.1 `stats.fisher_exact`.
pub fn fisher_exact(table: [[u64; 2]; 2]) -> f64 {
    let [[a, b], [c, d]] = table.map(|row| row.map(|count| count as f64));
    let (row, rest, column) = (a + b, c + d, a + c);
    let (all, others) = (row + rest, b + d);
    let (low, high) = ((column - rest).max(0.0), row.min(column));
    if low >= high {
        return 1.0;
    }
    let spread = (row / all * (rest / all) * column * (others / (all - 1.0))).sqrt();
    if spread > NORMAL_FROM {
        let away = ((a - row / all * column).abs() - 0.5).max(0.0);
        return 2.0 * normal_sf(away / spread);
    }
    let mode = ((row + 1.0) * ((column + 1.0) / (all + 2.0))).floor().clamp(low, high);
    // What one more in the first cell multiplies the probability by.
    let up = |k: f64| (row - k) * (column - k) / ((k + 1.0) * (rest + k + 1.0 - column));
    let mut weight = 1.0;
    let (steps, first) = if a >= mode { (a - mode, mode) } else { (mode - a, a) };
    for step in 0..steps as u64 {
        let factor = up(first + step as f64);
        weight *= if a >= mode { factor } else { 1.0 / factor };
        if weight == 0.0 {
            return 0.0;
        }
    }
    let (mut total, mut as_extreme) = (0.0, 0.0);
    let mut take = |here: f64| {
        total += here;
        if here <= weight * AS_LIKELY {
            as_extreme += here;
        }
        here > NEGLIGIBLE * as_extreme
    };
    let (mut k, mut here) = (mode, 1.0);
    while take(here) && k < high {
        here *= up(k);
        k += 1.0;
    }
    (k, here) = (mode, 1.0);
    while k > low {
        k -= 1.0;
        here /= up(k);
        if !take(here) {
            break;
        }
    }
    (as_extreme / total).min(1.0)
}

/// Returns the probability of at least `k` marked among `drawn`, drawn without replacement from `total` of which `marked` are; `k` lies
/// above what is expected.
///
/// - **Numerics**: the terms from `k` on, until they no longer count; beyond a standard deviation of 100 the normal law, within 1 % up to
///   three deviations out.
pub fn hypergeometric_upper(k: u64, marked: u64, drawn: u64, total: u64) -> f64 {
    if k > marked.min(drawn) {
        return 0.0;
    }
    let (at, have, take, all) = (k as f64, marked as f64, drawn as f64, total as f64);
    let share = have / all;
    let spread = (take * share * (1.0 - share) * ((all - take) / (all - 1.0))).sqrt();
    if spread > NORMAL_FROM / 10.0 {
        return normal_sf((at - 0.5 - take * share) / spread);
    }
    let (mut here, mut sum) = (hypergeometric_pmf(k, marked, drawn, total), 0.0);
    let mut more = at;
    while here > NEGLIGIBLE * sum {
        sum += here;
        here *= (have - more).max(0.0) * (take - more).max(0.0) / ((more + 1.0) * (all + more + 1.0 - have - take));
        more += 1.0;
    }
    sum.min(1.0)
}

/// Returns `z` and the two-sided p-value of the difference of two proportions, first less second, with the pooled variance.
///
/// - **Shapes**: `positives` out of `totals`, group by group.
/// - **Formula**: `z = (p₀ − p₁) / √(p (1 − p) (1/n₀ + 1/n₁))`, `p` the pooled proportion.
/// - **Errors**: [`Reason::Empty`] for a group of no rows; [`Reason::Constant`] if all rows or none are positive;
///   [`Reason::Undefined`] for more positives than rows.
/// - **Numerics**: `z²` is the uncorrected χ² of the 2 × 2 table, and has its p-value.
/// - **Source**: golden values from scipy 1.17.1 `stats.chi2_contingency(correction=False)`.
pub fn two_proportion_z(positives: [u64; 2], totals: [u64; 2]) -> Computed<(f64, f64)> {
    if let Some(group) = totals.iter().position(|&total| total == 0) {
        return Err(Reason::Empty(["the first group", "the second group"][group].into()));
    }
    if positives[0] > totals[0] || positives[1] > totals[1] {
        return Err(Reason::Undefined("there are more positives than rows".into()));
    }
    let [n, m] = totals.map(|total| total as f64);
    let [a, b] = positives.map(|count| count as f64);
    let pooled = (a + b) / (n + m);
    let spread = (pooled * ((n - a) + (m - b)) / (n + m) * (1.0 / n + 1.0 / m)).sqrt();
    if spread == 0.0 {
        return Err(Reason::Constant("the outcome".into()));
    }
    let z = (a / n - b / m) / spread;
    Ok((z, 2.0 * normal_sf(z.abs())))
}

/// Returns Wilson's score interval of a proportion, of confidence `1 − alpha`.
///
/// - **Shapes**: `positives` out of `total`, at least 1.
/// - **Source**: Wilson (1927); golden values from scipy 1.17.1 `binomtest(…).proportion_ci(method="wilson")`.
pub fn wilson_interval(positives: u64, total: u64, alpha: f64) -> Interval {
    let (n, z) = (total as f64, -normal_quantile(alpha / 2.0));
    let share = positives as f64 / n;
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let low = if positives == 0 { 0.0 } else { (middle - reach).max(0.0) };
    let high = if positives == total { 1.0 } else { (middle + reach).min(1.0) };
    Interval { low, high }
}

/// Returns Newcombe's interval of the difference of two proportions, first less second, of confidence `1 − alpha`.
///
/// - **Shapes**: `positives` out of `totals`, at least 1 each.
/// - **Source**: Newcombe (1998), method 10, and his example of 56/70 and 48/80.
pub fn newcombe_interval(positives: [u64; 2], totals: [u64; 2], alpha: f64) -> Interval {
    let [first, second] = [0, 1].map(|group| positives[group] as f64 / totals[group] as f64);
    let [of_first, of_second] = [0, 1].map(|group| wilson_interval(positives[group], totals[group], alpha));
    let gap = first - second;
    let reach = |of_first: f64, of_second: f64| (of_first * of_first + of_second * of_second).sqrt();
    Interval {
        low: gap - reach(first - of_first.low, of_second.high - second),
        high: gap + reach(of_first.high - first, second - of_second.low),
    }
}
