use super::*;
use crate::mix;
use proptest::prelude::*;

fn chance(seed: u64, row: u64) -> f64 {
    ((mix(seed, row) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

fn both_ways(reference: &[f64], current: &[f64]) -> Option<Column> {
    let found = of_unsorted(reference, current, [3, 4], &settings()).unwrap();
    let (left, right) = (sorted(reference.iter().copied()), sorted(current.iter().copied()));
    let numbers = |values, nulls| Numbers { values: Values::Sorted(values), nulls };
    let expected = of_numbers(numbers(&left, 3), numbers(&right, 4), &[], &settings()).unwrap();
    if let Some(found) = &found {
        assert_eq!(found, &expected);
    }
    found
}

#[test]
fn unsorted_rows_give_equal_bits() {
    // Uniform, symmetric about 0, skewed over many sizes, far from 0, heavy tails; each without and with a drift.
    let shapes: [fn(f64) -> f64; 5] = [
        |u| u,
        |u| libm::log(u / (1.0 - u)),
        |u| libm::exp(4.0 * libm::log(u / (1.0 - u))),
        |u| 1.7e15 + (u * 1e12).floor(),
        |u| libm::tan(3.1 * (u - 0.5)),
    ];
    for (at, shape) in (0..).zip(shapes) {
        for drift in [0.0, 0.01, 0.3] {
            let side = |seed: u64, rows: u64, drift: f64| -> Vec<f64> {
                (0..rows).map(|row| shape(chance(seed, row) * (1.0 - drift) + 0.5 * drift)).collect()
            };
            let found = both_ways(&side(at, 60_000, 0.0), &side(at + 50, 45_001, drift));
            // Tails on both sides of 0 leave most values in few buckets: then sorting is left to the caller.
            assert!(found.is_some() || at == 4, "shape {at}, drift {drift}");
        }
    }
}

#[test]
fn infinite_and_equal_values_give_equal_bits_or_nothing() {
    let mut values: Vec<f64> = (0..40_000).map(|row| chance(1, row)).collect();
    let other: Vec<f64> = (0..40_000).map(|row| if row % 1_301 == 0 { -0.0 } else { chance(2, row) - 0.01 }).collect();
    for (row, odd) in [(3, f64::INFINITY), (400, f64::NEG_INFINITY), (7_000, f64::INFINITY), (8_000, 0.0)] {
        values[row] = odd;
    }
    assert!(both_ways(&values, &other).is_some());
    let far: Vec<f64> = values.iter().map(|value| value + 5.0).collect();
    assert!(both_ways(&values, &far).unwrap().tests[&TestId::Ks].value > Some(0.999));
    assert!(both_ways(&values, &values).is_none_or(|found| found.p_value == Some(1.0)));
    // One value has a hundredth of the rows: then the law asks for all of them.
    let tied: Vec<f64> = (0..40_000).map(|row| if row % 100 == 0 { 0.5 } else { chance(3, row) }).collect();
    assert_eq!(both_ways(&tied, &other), None);
    for few in [&[][..], &vec![1.0; 50_000], &values[..9_000]] {
        assert_eq!(of_unsorted(few, &values[..9_000], [0, 0], &settings()).unwrap(), None);
    }
    values[0] = f64::NAN;
    assert_eq!(of_unsorted(&values, &other, [0, 0], &settings()).unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_order_any_places_of_values(seed in 0u64..1_000_000, power in -3i32..4, grid in 10u32..24) {
        let grid = f64::from(1u32 << grid);
        let side = |seed: u64, rows: u64| -> Vec<f64> {
            (0..rows).map(|row| (libm::pow(chance(seed, row), f64::from(power)) * grid).floor() / grid - 0.3).collect()
        };
        both_ways(&side(seed, 15_000), &side(seed + 1, 14_000));
    }
}
