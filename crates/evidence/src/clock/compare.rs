//! Medians with open ends, and what a baseline allows to be said.

/// From how many projects on an interval is worked out.
pub(super) const ENOUGH: usize = 5;
/// How often it is drawn anew.
const DRAWS: usize = 2_000;
/// What the draws begin with, so that equal values give equal intervals.
const SEED: u64 = 0x6c6f_636b_6761_7465;

/// Returns the median of durations, each with whether it arrived (Kaplan and Meier, 1958): the first duration by which half of them have;
/// `None` where too many are open to say. Open ones count as longer than they are so far.
pub fn median(durations: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = durations.to_vec();
    // Of equal ones those that arrived come first.
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let (mut share, mut left) = (1.0, sorted.len());
    for (duration, arrived) in sorted {
        if arrived {
            share *= 1.0 - 1.0 / count(left);
            if share <= 0.5 + 1e-12 {
                return Some(duration);
            }
        }
        left -= 1;
    }
    None
}

#[expect(clippy::cast_precision_loss, reason = "how many projects there are")]
fn count(number: usize) -> f64 {
    number as f64
}

/// Returns the 95 % percentile interval of `baseline - median` over projects drawn anew; `None` for fewer than five projects, or where it
/// covers zero, so that nothing is claimed.
pub fn interval_of_saving(durations: &[(f64, bool)], baseline: f64) -> Option<(f64, f64)> {
    if durations.len() < ENOUGH {
        return None;
    }
    let mut state = SEED;
    let mut savings = Vec::with_capacity(DRAWS);
    let mut drawn = Vec::with_capacity(durations.len());
    for _ in 0..DRAWS {
        drawn.clear();
        for _ in 0..durations.len() {
            drawn.push(durations[below(&mut state, durations.len())]);
        }
        // A median that is not reached is longer than anything.
        savings.push(baseline - median(&drawn).unwrap_or(f64::INFINITY));
    }
    savings.sort_by(f64::total_cmp);
    let (low, high) = (savings[DRAWS * 25 / 1_000], savings[DRAWS * 975 / 1_000 - 1]);
    (low.is_finite() && high.is_finite() && (low > 0.0 || high < 0.0)).then_some((low, high))
}

/// Returns the next number below `most` (SplitMix64).
fn below(state: &mut u64, most: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    usize::try_from(mixed % most).unwrap_or_default()
}
