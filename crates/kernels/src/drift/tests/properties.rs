//! What holds for any data.
use super::*;
use proptest::prelude::*;

/// The KS statistic by its definition.
fn ks_by_definition(reference: &[f64], current: &[f64]) -> f64 {
    let below =
        |values: &[f64], at: f64| values.iter().filter(|&&value| value <= at).count() as f64 / values.len() as f64;
    reference.iter().chain(current).map(|&at| (below(reference, at) - below(current, at)).abs()).fold(0.0, f64::max)
}

const SYMMETRIC: [TestId; 9] = [
    TestId::Psi,
    TestId::JensenShannon,
    TestId::Hellinger,
    TestId::ChiSquare,
    TestId::GTest,
    TestId::LInfinity,
    TestId::CramersV,
    TestId::TotalVariation,
    TestId::Ks,
];

fn values_agree(a: &Column, b: &Column, ids: &[TestId]) -> bool {
    ids.iter().all(|id| match (a.tests[id].value, b.tests[id].value) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * (1.0 + a.abs()),
        (a, b) => a == b,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn sides_may_be_swapped_and_categories_reordered(rows in prop::collection::vec((0u64..40, 0u64..40), 1..12), turn in 0usize..12) {
        let (reference, current): (Vec<u64>, Vec<u64>) = rows.iter().copied().unzip();
        let column = categories(&reference, &current);
        prop_assert!(values_agree(&column, &categories(&current, &reference), &SYMMETRIC[..8]));
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        let (reference, current): (Vec<u64>, Vec<u64>) = turned.into_iter().unzip();
        let turned = categories(&reference, &current);
        prop_assert!(values_agree(&column, &turned, &OF_CATEGORIES));
    }

    #[test]
    fn values_lie_in_their_ranges_and_intervals_are_in_order(rows in prop::collection::vec((0u64..60, 0u64..60), 1..8)) {
        let (reference, current): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
        for (id, test) in categories(&reference, &current).tests {
            let bounded = !matches!(id, TestId::Psi | TestId::Kl | TestId::ChiSquare | TestId::GTest);
            let range = if id == TestId::NullShare { -1.0..=1.0 } else { 0.0..=(if bounded { 1.0 + 1e-12 } else { f64::MAX }) };
            prop_assert!(test.value.is_none_or(|value| range.contains(&value)), "{} {:?}", id, test);
            prop_assert!(test.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)), "{} {:?}", id, test);
            prop_assert!(test.interval.is_none_or(|Interval { low, high }| low <= high), "{} {:?}", id, test);
            prop_assert!(test.interval.is_none_or(|interval| range.contains(&interval.high)), "{} {:?}", id, test);
            prop_assert_eq!(test.value.is_none() || test.verdict == Verdict::NotComputable, test.reason.is_some());
        }
    }

    #[test]
    fn merged_categories_differ_no_more(rows in prop::collection::vec((1u64..60, 1u64..60), 2..8)) {
        let (reference, current): (Vec<u64>, Vec<u64>) = rows.into_iter().unzip();
        let merge = |counts: &[u64]| [&[counts[0] + counts[1]], &counts[2..]].concat();
        let (fine, coarse) = (categories(&reference, &current), categories(&merge(&reference), &merge(&current)));
        for id in [TestId::Psi, TestId::Kl, TestId::JensenShannon, TestId::Hellinger, TestId::TotalVariation, TestId::ChiSquare] {
            prop_assert!(coarse.tests[&id].value.unwrap() <= fine.tests[&id].value.unwrap() + 1e-9, "{}", id);
        }
    }

    #[test]
    fn distances_scale_with_the_values(
        a in prop::collection::vec(-50i32..50, 3..40), b in prop::collection::vec(-50i32..50, 3..40), scale in 0usize..3
    ) {
        let by = [2.0, 0.25, 1024.0][scale];
        let side = |values: &[i32], by: f64| sorted(values.iter().map(|&value| f64::from(value) * by));
        let (column, scaled) = (numbers(&side(&a, 1.0), &side(&b, 1.0)), numbers(&side(&a, by), &side(&b, by)));
        prop_assert_eq!(value(&scaled, TestId::Wasserstein), value(&column, TestId::Wasserstein).map(|value| value * by));
        let near = |a: Option<f64>, b: Option<f64>| a.unwrap_or(0.0) - b.unwrap_or(0.0);
        let energy = near(value(&scaled, TestId::Energy), value(&column, TestId::Energy).map(|value| value * by.sqrt()));
        prop_assert!(energy.abs() < 1e-9 * (1.0 + by));
        prop_assert!(near(value(&scaled, TestId::WassersteinNormed), value(&column, TestId::WassersteinNormed)).abs() < 1e-9);
        for id in SYMMETRIC {
            prop_assert_eq!(&column.tests[&id], &scaled.tests[&id], "{}", id);
        }
    }

    #[test]
    fn equal_inputs_give_equal_bits_and_ranks_the_tests_of_rows(
        a in prop::collection::vec(0u8..12, 3..60), b in prop::collection::vec(0u8..40, 3..60), infinite in 0usize..3
    ) {
        let side = |values: &[u8]| {
            let ends = [f64::NEG_INFINITY, f64::INFINITY].into_iter().flat_map(|end| vec![end; infinite]);
            sorted(values.iter().map(|&value| f64::from(value)).chain(ends))
        };
        let ranks = |values: &[u8]| Ranks::of_counts(values.iter().map(|&value| (f64::from(value), 1)).collect());
        let column = numbers(&side(&a), &side(&b));
        prop_assert_eq!(&column, &numbers(&side(&a), &side(&b)));
        prop_assert!((value(&column, TestId::Ks).unwrap() - ks_by_definition(&side(&a), &side(&b))).abs() < 1e-12);
        let (left, right) = (ranks(&a), ranks(&b));
        let with = |ranks| {
            let infinite = [infinite as u64; 2];
            Numbers { values: Values::Ranked { ranks, infinite, rank_error: 0.0, deviation: None }, nulls: 0 }
        };
        let (reference, current) = (side(&a), side(&b));
        for mixed in [(with(&left), with(&right)), (with(&left), rows(&current)), (rows(&reference), with(&right))] {
            prop_assert_eq!(&column, &of_numbers(mixed.0, mixed.1, &TestId::ALL, &settings()).unwrap());
        }
    }
}
