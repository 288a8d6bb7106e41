//! The law of `ks`, ties included.
use super::cumulative::{Widest, ks};
use super::judge::cell_tail;
use super::model::Settings;
use super::permutation::{Asked, permute};
use super::side::{Side, pooled};
use super::table::Table;
use crate::special::{ks_critical, ks_exact, ks_large_sf, stephens};

/// The exact law costs `n + m + 2 D n m` steps of some 2 ns: so many at most.
const EXACT: u128 = 100_000;
/// A value with more than one in so many rows makes the law of continuous values too strict.
pub(super) const HEAVY: u64 = 1_000;
/// Two samples whose exact law stands for that of larger ones with the same ties: without a common divisor, their `D` is finely graded.
const STAND_INS: (u64, u64) = (307, 293);
/// With up to so many different values the stand-ins are too coarse, and permuted labels cheap.
const FEW_VALUES: usize = 64;

/// A threshold is the least that is rare enough, or within so small a part of it.
const NEAR: f64 = 0.005;

/// Returns the p-value of `ks`, and the least value whose p-value is at most α by the same law. What the ranks may be off by is taken
/// from `D` first.
pub(super) fn law_of_ks(
    found: Widest,
    reference: &Side<'_>,
    current: &Side<'_>,
    settings: &Settings,
) -> (f64, Option<f64>) {
    let (n, m) = (reference.rows(), current.rows());
    let uncertain = reference.rank_error + current.rank_error;
    if uncertain > 0.0 {
        return law_of_large(found.distance(n, m) - uncertain, uncertain, n, m, settings);
    }
    let cells = if is_heavy(found, n, m) { few_values(reference, current) } else { None };
    if let Some(Table { reference, current }) = &cells
        && let (&[one, _], &[other, _]) = (&reference[..], &current[..])
    {
        return law_of_two(found, (one + other, n, m), settings);
    }
    let sides = [reference, current];
    if !is_exact(found, n, m) {
        return law_beyond(found, sides, cells.as_ref(), settings);
    }
    let ends = ends(reference, current, |rows| rows as usize, (n + m) as usize);
    let of_steps = |steps: u64| ks_exact(steps, n, m, |k| ends.get(k as usize).copied().unwrap_or(false));
    let (steps, p) = (found.steps as u64, of_steps(found.steps as u64));
    let pairs = u128::from(n) * u128::from(m);
    let most = ((EXACT - u128::from(n + m)) / 2).min(pairs) as u64;
    let at = |steps: u64| steps as f64 / pairs as f64;
    let mut guess = ks_critical(settings.alpha, n, m).unwrap_or(1.0);
    if p > settings.alpha && guess > at(most) {
        // Larger distances have another law. Where values repeat, it may still lead back to this one.
        let Some(threshold) = law_beyond(found, sides, cells.as_ref(), settings).1 else { return (p, None) };
        if threshold > at(most) {
            return (p, Some(threshold));
        }
        guess = threshold;
    }
    let bounds = if p <= settings.alpha { (0, steps) } else { (steps, most + 1) };
    let least = least_rare(bounds, divisor(n, m), guess * pairs as f64, settings.alpha, of_steps);
    (p, (u128::from(least) <= pairs).then(|| at(least)))
}

/// The law of distances that are too many steps for the exact one, or would be.
fn law_beyond(
    found: Widest,
    [reference, current]: [&Side<'_>; 2],
    cells: Option<&Table>,
    settings: &Settings,
) -> (f64, Option<f64>) {
    let (n, m) = (reference.rows(), current.rows());
    let distance = found.distance(n, m);
    let large = law_of_large(distance, 0.0, n, m, settings); // also where there are ties, which only make it less
    if !is_heavy(found, n, m) || large.0 <= settings.strictest() {
        return large;
    }
    let stand_ins = StandIns::of(reference, current);
    let p = large.0.min(stand_ins.p_value(distance));
    let threshold = stand_ins.threshold(distance, p <= settings.alpha, settings.alpha);
    let threshold = large.1.map_or(threshold, |large| large.min(threshold));
    match cells {
        Some(cells) if p <= 4.0 * settings.alpha => {
            let view = cells.view();
            let asked = Asked { measure: ks, observed: ks(&view), is_sum: false };
            let found = permute(&view, &[asked], settings);
            found.first().map_or((p, Some(threshold)), |found| (found.p_value, found.threshold.or(Some(threshold))))
        }
        _ => (p, Some(threshold)),
    }
}

/// Returns p-value and threshold of many rows without ties, of which a distance of `sure` is left where the ranks may be off.
pub(super) fn law_of_large(sure: f64, uncertain: f64, n: u64, m: u64, settings: &Settings) -> (f64, Option<f64>) {
    let p = if sure <= 0.0 { 1.0 } else { ks_large_sf(sure, n, m) };
    (p, ks_critical(settings.alpha, n, m).map(|critical| critical + uncertain))
}

/// The law of two values, one of which has so many of the `n + m` rows.
fn law_of_two(found: Widest, (rows, n, m): (u64, u64, u64), settings: &Settings) -> (f64, Option<f64>) {
    let pairs = n as f64 * m as f64;
    let p = cell_tail(rows as f64, found.distance(n, m), (n as f64, m as f64));
    let (steps, most) = (u64::try_from(found.steps), u64::try_from(u128::from(n) * u128::from(m)));
    let (Ok(steps), Ok(most)) = (steps, most) else { return (p, None) };
    let (common, rare) = if p <= settings.alpha { (0, steps) } else { (steps, most.saturating_add(1)) };
    let guess = ks_critical(settings.alpha, n, m).unwrap_or(1.0) * pairs;
    let of_steps = |steps: u64| cell_tail(rows as f64, steps as f64 / pairs, (n as f64, m as f64));
    let least = least_rare((common, rare), divisor(n, m), guess, settings.alpha, of_steps);
    (p, (least <= most).then(|| least as f64 / pairs))
}

/// The least number of steps whose p-value is at most α, or one that is [`NEAR`] it: more than the first of `bounds`, at most the second.
///
/// A distance is so many multiples of `grain` steps. Its p-value is about `2 exp(−c steps²)`, which says where to look next.
fn least_rare(bounds: (u64, u64), grain: u64, guess: f64, alpha: f64, p_value: impl Fn(u64) -> f64) -> u64 {
    let (mut common, mut rare) = (bounds.0 / grain, bounds.1.div_ceil(grain));
    let mut guess = guess / grain as f64;
    let mut tries = 0;
    while rare - common > 1 && (rare - common) as f64 > NEAR * rare as f64 {
        let is_between = guess > common as f64 && guess < rare as f64;
        // The law has jumps: every third time the rest is halved, whatever the guess.
        let halves = !is_between || tries % 3 == 2;
        let next = if halves { common + (rare - common) / 2 } else { (guess as u64).clamp(common + 1, rare - 1) };
        tries += 1;
        let p = p_value(next * grain);
        // A little to the other side, so that what is left between the two shrinks.
        let aside = if p > alpha { 1.0 + 0.4 * NEAR } else { 1.0 - 0.4 * NEAR };
        guess = next as f64 * (libm::log(2.0 / alpha) / libm::log(2.0 / p.clamp(1e-300, 1.0))).sqrt() * aside;
        if p > alpha { common = next } else { rare = next }
    }
    rare * grain
}

/// The greatest common divisor.
fn divisor(mut n: u64, mut m: u64) -> u64 {
    while m > 0 {
        (n, m) = (m, n % m);
    }
    n.max(1)
}

fn is_exact(found: Widest, n: u64, m: u64) -> bool {
    found.steps.saturating_mul(2).saturating_add(u128::from(n + m)) <= EXACT
}

fn is_heavy(found: Widest, n: u64, m: u64) -> bool {
    found.heaviest > (n + m) / HEAVY
}

/// Returns whether the law asks for more of the values than the widest gap.
pub(super) fn needs_order(found: Widest, n: u64, m: u64) -> bool {
    is_exact(found, n, m) || is_heavy(found, n, m)
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

/// Two samples of some 300 rows with the same ties.
struct StandIns {
    ends: Vec<bool>,
    /// By what a distance is as rare as without ties, in their steps.
    scale: f64,
    /// Pairs of a row of either side.
    pairs: f64,
}

impl StandIns {
    fn of(reference: &Side<'_>, current: &Side<'_>) -> Self {
        let (n, m) = (reference.rows(), current.rows());
        let (few, many) = STAND_INS;
        let (places, share) = (few + many, (few + many) as f64 / (n + m) as f64);
        let ends = ends(reference, current, |rows| (rows as f64 * share).round() as usize, places as usize);
        let scale = stephens(n, m) / stephens(few, many) * (few * many) as f64;
        Self { ends, scale, pairs: n as f64 * m as f64 }
    }

    /// The p-value of steps of theirs; a distance is rounded up to them.
    fn of_steps(&self, steps: u64) -> f64 {
        ks_exact(steps, STAND_INS.0, STAND_INS.1, |k| self.ends.get(k as usize).copied().unwrap_or(false))
    }

    fn steps(&self, distance: f64) -> u64 {
        (distance * self.scale).ceil() as u64
    }

    fn p_value(&self, distance: f64) -> f64 {
        self.of_steps(self.steps(distance))
    }

    /// The least distance whose p-value is at most α; `is_rare` says whether that of this distance is.
    fn threshold(&self, distance: f64, is_rare: bool, alpha: f64) -> f64 {
        let (few, many) = STAND_INS;
        let steps = self.steps(distance);
        let bounds = if is_rare { (0, steps) } else { (steps, (few * many).max(steps) + 1) };
        let guess = ks_critical(alpha, few, many).unwrap_or(1.0) * (few * many) as f64;
        let least = least_rare(bounds, 1, guess, alpha, |steps| self.of_steps(steps));
        (least.saturating_sub(1) as f64 / self.scale * self.pairs + 1.0).floor() / self.pairs
    }
}

/// The rows of each different value, if there are few.
fn few_values(reference: &Side<'_>, current: &Side<'_>) -> Option<Table> {
    let steps: Vec<(f64, u64, u64)> = pooled(reference, current).take(FEW_VALUES + 1).collect();
    (steps.len() <= FEW_VALUES).then(|| Table {
        reference: steps.iter().map(|step| step.1).collect(),
        current: steps.iter().map(|step| step.2).collect(),
    })
}
