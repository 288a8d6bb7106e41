//! Numbers of rows in the form in which they are compared: sorted, or counted where few of them differ.
use super::Look;
use super::look::{edges_of_values, fill, fill_ranked, fill_sorted};
use kernels::drift::{Column, Numbers, Settings, TestId, Values, of_numbers, of_unsorted};
use kernels::{KernelError, Ranks, mix};

/// What is looked at to choose the form.
const SAMPLE: usize = 2_048;
/// With so many different values in the sample none are counted.
const FEW_IN_SAMPLE: usize = 512;
/// So many different values are counted; the table has twice as many slots.
const MOST_COUNTED: usize = 1 << 13;
const SLOTS: usize = 1 << 14;

/// Returns the drift and the look of numbers in any order, without NaN: as sorted ones have it, to the last bit.
pub(super) fn of_rows(
    values: [Vec<f64>; 2],
    nulls: [u64; 2],
    tests: &[TestId],
    settings: &Settings,
) -> Result<(Column, Look), KernelError> {
    let edges = edges_of_values(&values[0], &values[1]);
    let is_plain = tests.iter().all(|id| matches!(id, TestId::Ks | TestId::NullShare));
    if is_plain && let Some(found) = of_unsorted(&values[0], &values[1], nulls, settings)? {
        let look = Look::of_edges(edges, [&|edges| fill(edges, &values[0]), &|edges| fill(edges, &values[1])]);
        return Ok((found, look));
    }
    let [left, right] = values.map(Held::of);
    let look = Look::of_edges(edges, [&|edges| left.fill(edges), &|edges| right.fill(edges)]);
    Ok((of_numbers(left.numbers(nulls[0]), right.numbers(nulls[1]), tests, settings)?, look))
}

enum Held {
    Sorted(Vec<f64>),
    Counted { ranks: Ranks, infinite: [u64; 2] },
}

impl Held {
    fn of(values: Vec<f64>) -> Self {
        let Some(counts) = counted(&values) else { return Self::Sorted(ascending(values)) };
        let of = |infinite: f64| counts.iter().filter(|(value, _)| *value == infinite).map(|(_, rows)| rows).sum();
        let infinite = [of(f64::NEG_INFINITY), of(f64::INFINITY)];
        let mut finite: Vec<(f64, u64)> = counts.into_iter().filter(|(value, _)| value.is_finite()).collect();
        finite.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        Self::Counted { ranks: Ranks::of_counts(finite), infinite }
    }

    fn fill(&self, edges: &[f64]) -> Vec<u64> {
        match self {
            Self::Sorted(values) => fill_sorted(edges, values),
            Self::Counted { ranks, .. } => fill_ranked(edges, ranks),
        }
    }

    fn numbers(&self, nulls: u64) -> Numbers<'_> {
        let values = match self {
            Self::Sorted(values) => Values::Sorted(values),
            Self::Counted { ranks, infinite } => {
                Values::Ranked { ranks, infinite: *infinite, rank_error: 0.0, deviation: None }
            }
        };
        Numbers { values, nulls }
    }
}

/// Returns each different value with its rows, in no order, if few differ: a tenth of the time of sorting.
fn counted(values: &[f64]) -> Option<Vec<(f64, u64)>> {
    let mut sample: Vec<u64> = values.iter().step_by(values.len() / SAMPLE + 1).map(|value| value.to_bits()).collect();
    sample.sort_unstable();
    sample.dedup();
    if values.len() < 2 * SAMPLE || sample.len() > FEW_IN_SAMPLE {
        return None;
    }
    let mut slots = vec![(0.0f64, 0u64); SLOTS];
    let mut different = 0;
    for &value in values {
        let value = value + 0.0; // −0 is 0
        let mut at = mix(0, value.to_bits()) as usize % SLOTS;
        loop {
            let slot = slots.get_mut(at)?;
            if slot.1 == 0 {
                different += 1;
                slot.0 = value;
            }
            if slot.0 == value {
                slot.1 += 1;
                break;
            }
            at = (at + 1) % SLOTS;
        }
        if different > MOST_COUNTED {
            return None;
        }
    }
    slots.retain(|slot| slot.1 > 0);
    Some(slots)
}

/// Sorts numbers as integers of the same order, which takes two thirds of the time.
fn ascending(values: Vec<f64>) -> Vec<f64> {
    const SIGN: u64 = 1 << 63;
    let key = |value: f64| {
        let bits = value.to_bits();
        if bits & SIGN == 0 { bits | SIGN } else { !bits }
    };
    let mut keys: Vec<u64> = values.into_iter().map(key).collect();
    keys.sort_unstable();
    let value = |key: u64| f64::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN });
    keys.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: [Vec<f64>; 2]) {
        let settings = Settings::default();
        let sorted = values.clone().map(ascending);
        let numbers = |values, nulls| Numbers { values: Values::Sorted(values), nulls };
        for tests in [&[][..], &TestId::ALL] {
            let expected = of_numbers(numbers(&sorted[0], 1), numbers(&sorted[1], 2), tests, &settings).unwrap();
            let (found, look) = of_rows(values.clone(), [1, 2], tests, &settings).unwrap();
            assert_eq!(found, expected);
            let edges = edges_of_values(&values[0], &values[1]);
            let plain = Look::of_edges(edges, [&|edges| fill(edges, &values[0]), &|edges| fill(edges, &values[1])]);
            assert_eq!(look, plain);
        }
    }

    #[test]
    fn every_form_gives_equal_bits() {
        let number = |seed: u64, row: u64| mix(seed, row) as f64 / u64::MAX as f64;
        let column = |seed: u64, of: fn(f64) -> f64| (0..30_000).map(|row| of(number(seed, row))).collect::<Vec<f64>>();
        check([column(1, |u| u), column(2, |u| u * 1.02)]);
        check([column(1, |u| (u * 40.0).floor()), column(2, |u| (u * 41.0).floor())]);
        check([
            column(1, |u| (u * 3.0).floor() - 1.0),
            column(2, |u| if u < 0.1 { -0.0 } else { 1.0 / (u * 3.0).floor() }),
        ]);
        check([column(1, |u| u), vec![]]);
        check([vec![3.0, -0.0, 0.0, f64::NEG_INFINITY], vec![1.0]]);
    }
}
