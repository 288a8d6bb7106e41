use super::*;
use crate::mix;
use proptest::prelude::*;

fn of(values: impl IntoIterator<Item = u64>) -> Distinct {
    let mut distinct = Distinct::default();
    for value in values {
        distinct.add(mix(1, value));
    }
    distinct
}

#[test]
fn exact_to_the_bound_and_close_beyond() {
    assert_eq!(of(0..1_024), Distinct::Exact((0..1_024).map(|v| mix(1, v)).collect()));
    for n in [1_025, 5_000, 10_240, 20_000, 300_000] {
        let estimate = of(0..n).estimate() as f64;
        assert!((estimate / n as f64 - 1.0).abs() < 0.05, "{n}: {estimate}"); // three standard errors
    }
}

#[test]
fn the_estimate_has_no_bias_where_other_estimators_hand_over() {
    for n in [5_000u64, 10_240, 12_000, 50_000] {
        let mut sum = 0;
        for seed in 0..100 {
            let mut distinct = Distinct::default();
            distinct.extend(&(0..n).map(|value| mix(seed, value)).collect::<Vec<_>>());
            sum += distinct.estimate();
        }
        // Three standard errors of the mean of a hundred.
        assert!((sum as f64 / (100 * n) as f64 - 1.0).abs() < 0.005, "{n}: {sum}");
    }
}

#[test]
fn registers_of_every_kind_have_an_estimate() {
    assert_eq!(Distinct::Estimated(vec![0; REGISTERS]).estimate(), 0);
    assert_eq!(Distinct::Estimated(vec![]).estimate(), 0);
    assert_eq!(Distinct::Estimated(vec![255; REGISTERS]).estimate(), u64::MAX);
    let nearly = Distinct::Estimated((0..4_096).map(|at| u8::from(at == 0)).collect());
    assert_eq!(nearly.estimate(), 1);
}

#[test]
fn a_foreign_sketch_is_refused() {
    assert_eq!(of(0..5_000).merge(&Distinct::Estimated(vec![0; 7])), Err(KernelError::Shape(4_096, 7)));
    assert_eq!(of(0..5).merge(&Distinct::Estimated(vec![0; 7])), Err(KernelError::Shape(4_096, 7)));
}

proptest! {
    #[test]
    fn any_order_and_split_gives_equal_bits(count in 1u64..3_000, cut in 0u64..3_000) {
        let cut = cut.min(count);
        let mut merged = Distinct::default();
        merged.extend(&(cut..count).rev().map(|value| mix(1, value)).collect::<Vec<_>>());
        merged.merge(&of(0..cut)).unwrap();
        prop_assert_eq!(merged, of((0..count).chain(0..cut)));
    }
}
