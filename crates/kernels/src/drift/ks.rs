//! The law of `ks`, ties included.
use super::cumulative::{Widest, ks};
use super::model::Settings;
use super::permutation::{Asked, permute};
use super::side::{Side, pooled};
use super::table::Table;
use crate::special::{fisher_exact, ks_critical, ks_exact, ks_large_sf, stephens};

/// The exact law costs `n + m + 2 D n m` steps of some 2 ns: so many at most.
const EXACT: u128 = 100_000;
/// A value with more than one in so many rows makes the law of continuous values too strict.
pub(super) const HEAVY: u64 = 1_000;
/// Two samples whose exact law stands for that of larger ones with the same ties: without a common divisor, their `D` is finely graded.
const STAND_INS: (u64, u64) = (307, 293);
/// With up to so many different values the stand-ins are too coarse, and permuted labels cheap.
const FEW_VALUES: usize = 64;

/// Returns the p-value of `ks`, and the value that α has among values that do not repeat; where they do, α has a smaller one. What the
/// ranks may be off by is taken from `D` first.
pub(super) fn law_of_ks(
    found: Widest,
    reference: &Side<'_>,
    current: &Side<'_>,
    settings: &Settings,
) -> (f64, Option<f64>) {
    let uncertain = reference.rank_error + current.rank_error;
    (
        p_value(found, reference, current, uncertain, settings),
        threshold(uncertain, reference.rows(), current.rows(), settings),
    )
}

fn p_value(found: Widest, reference: &Side<'_>, current: &Side<'_>, uncertain: f64, settings: &Settings) -> f64 {
    let (n, m) = (reference.rows(), current.rows());
    let sure = found.steps as f64 / (n as f64 * m as f64) - uncertain;
    if sure <= 0.0 {
        return 1.0;
    }
    if uncertain == 0.0 && is_exact(found, n, m) {
        let ends = ends(reference, current, |rows| rows as usize, (n + m) as usize);
        return ks_exact(found.steps as u64, n, m, |k| ends.get(k as usize).copied().unwrap_or(false));
    }
    let bound = ks_large_sf(sure, n, m); // also where there are ties, which only make it less
    if uncertain > 0.0 || !is_heavy(found, n, m) {
        return bound;
    }
    let cells = few_values(reference, current);
    if let Some(Table { reference, current }) = &cells
        && let (&[a, b], &[c, d]) = (&reference[..], &current[..])
    {
        return fisher_exact([[a, b], [c, d]]);
    }
    if bound <= settings.strictest() {
        return bound;
    }
    let p = bound.min(by_stand_ins(sure, reference, current));
    match cells {
        Some(cells) if p <= 4.0 * settings.alpha => {
            let view = cells.view();
            let asked = Asked { measure: ks, observed: ks(&view), is_sum: false };
            permute(&view, &[asked], settings).first().map_or(p, |found| found.p_value)
        }
        _ => p,
    }
}

fn threshold(uncertain: f64, n: u64, m: u64, settings: &Settings) -> Option<f64> {
    let pairs = u128::from(n) * u128::from(m);
    if pairs > EXACT {
        return ks_critical(settings.alpha, n, m).map(|critical| critical + uncertain);
    }
    // Of few rows the least distance, in steps of one pair, that is rare enough by the exact law.
    let (mut common, mut rare) = (0, pairs as u64 + 1);
    while rare - common > 1 {
        let steps = common + (rare - common) / 2;
        if ks_exact(steps, n, m, |_| true) > settings.alpha { common = steps } else { rare = steps }
    }
    (u128::from(rare) <= pairs).then(|| rare as f64 / pairs as f64 + uncertain)
}

fn is_exact(found: Widest, n: u64, m: u64) -> bool {
    found.steps.saturating_mul(2).saturating_add(u128::from(n + m)) <= EXACT
}

fn is_heavy(found: Widest, n: u64, m: u64) -> bool {
    found.heaviest > (n + m) / HEAVY
}

/// Returns whether the law asks for more of the values than the widest gap.
pub(super) fn needs_order(found: Widest, n: u64, m: u64) -> bool {
    found.steps > 0 && is_exact(found, n, m) || is_heavy(found, n, m)
}

/// Returns p-value and threshold of many rows without ties, of which a distance of `sure` is left where the ranks may be off.
pub(super) fn law_of_large(sure: f64, uncertain: f64, n: u64, m: u64, settings: &Settings) -> (f64, Option<f64>) {
    let p = if sure <= 0.0 { 1.0 } else { ks_large_sf(sure, n, m) };
    (p, threshold(uncertain, n, m, settings))
}

/// Where the pooled sample's least rows end between two different values, at the places that `place` gives so many rows.
fn ends(reference: &Side<'_>, current: &Side<'_>, place: impl Fn(u64) -> usize, places: usize) -> Vec<bool> {
    let mut ends = vec![false; places + 1];
    let mut rows = 0;
    for (_, r, c) in pooled(reference, current) {
        rows += r + c;
        if let Some(end) = ends.get_mut(place(rows)) {
            *end = true;
        }
    }
    ends
}

/// The p-value that two samples of some 300 rows with the same ties have where `D` is as rare as this one without ties.
fn by_stand_ins(statistic: f64, reference: &Side<'_>, current: &Side<'_>) -> f64 {
    let (n, m) = (reference.rows(), current.rows());
    let (few, many) = STAND_INS;
    let (places, share) = (few + many, (few + many) as f64 / (n + m) as f64);
    let ends = ends(reference, current, |rows| (rows as f64 * share).round() as usize, places as usize);
    let steps = statistic * stephens(n, m) / stephens(few, many) * (few * many) as f64;
    ks_exact(steps.ceil() as u64, few, many, |k| ends.get(k as usize).copied().unwrap_or(false))
}

/// The rows of each different value, if there are few.
fn few_values(reference: &Side<'_>, current: &Side<'_>) -> Option<Table> {
    let steps: Vec<(f64, u64, u64)> = pooled(reference, current).take(FEW_VALUES + 1).collect();
    (steps.len() <= FEW_VALUES).then(|| Table {
        reference: steps.iter().map(|step| step.1).collect(),
        current: steps.iter().map(|step| step.2).collect(),
    })
}
