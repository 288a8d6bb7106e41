//! Golden values: scipy 1.17.1, printed by `golden/special.py`.
use super::kolmogorov::kolmogorov_sf;
use super::*;
use crate::{Interval, Reason};
use proptest::prelude::*;

#[track_caller]
fn near(found: f64, golden: f64, relative: f64) {
    assert!((found - golden).abs() <= relative * golden.abs(), "{found:e} is not {golden:e}");
}

#[test]
fn normal_distribution_is_scipys() {
    for (x, golden) in [
        (37.0, 5.7255712225239266e-300),
        (8.0, 6.22096057427174e-16),
        (1.959963984540054, 0.025),
        (0.5, 0.3085375387259869),
        (0.0, 0.5),
        (-1e-09, 0.5000000003989423),
        (-1.5, 0.9331927987311419),
        (-6.0, 0.9999999990134123),
    ] {
        near(normal_sf(x), golden, 1e-12);
    }
    for (p, golden) in [
        (1e-300, -37.0470962993612),
        (1e-20, -9.262340089798409),
        (1e-05, -4.264890793922825),
        (0.025, -1.9599639845400545),
        (0.3, -0.5244005127080409),
        (0.5, 0.0),
        (0.9, 1.2815515655446004),
        (0.975, 1.959963984540054),
        (0.999999999999, 7.0344869100478356),
    ] {
        near(normal_quantile(p), golden, 1e-12);
    }
    assert_eq!([normal_quantile(0.0), normal_quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
    assert_eq!([normal_sf(f64::NEG_INFINITY), normal_sf(f64::INFINITY)], [1.0, 0.0]);
}

#[test]
fn gamma_functions_are_scipys_up_to_a_million_degrees_of_freedom() {
    for (x, df, golden) in [
        (0.01, 1.0, 0.920344325445942),
        (3.841458820694124, 1.0, 0.04999999999999989),
        (300.0, 1.0, 3.2943623833139784e-67),
        (1.0, 2.0, 0.6065306597126334),
        (10.0, 2.5, 0.011608037147876572),
        (5.0, 9.0, 0.8343082601934075),
        (60.0, 9.0, 1.3406780483959625e-09),
        (600.0, 699.0, 0.9971642856314055),
        (699.0, 699.0, 0.4928866843567936),
        (900.0, 699.0, 3.7072688718194995e-07),
        (9500.0, 10000.0, 0.9998356138356412),
        (10600.0, 10000.0, 1.5545115785517534e-05),
        (999999.0, 999999.0, 0.4998119367093628),
        (1004000.0, 999999.0, 0.0023578218654685037),
        (1020000.0, 999999.0, 3.84545251312788e-45),
    ] {
        near(chi_square_sf(x, df), golden, 1e-11);
    }
    for (upper, df, golden) in [
        (0.05, 1.0, 3.8414588206941285),
        (0.9, 1.0, 0.015790774093431225),
        (0.001, 2.0, 13.815510557964274),
        (1e-12, 9.0, 76.0059251419943),
        (0.05, 699.0, 761.6166767433008),
        (0.3, 1000000.0, 1000741.1307041118),
        (1e-300, 1.0, 1373.8726312223944),
        (1e-300, 9.0, 1422.623208157042),
        (1e-50, 699.0, 1413.9447110682115),
    ] {
        near(chi_square_critical(upper, df), golden, 1e-10);
    }
    for (z, skewness, golden) in [
        (-1.0, 0.5, 0.8444156524501832),
        (2.0, 0.5, 0.0344000940595748),
        (3.5, 1.2, 0.006226648718291957),
        (8.0, 2.0, 0.00012340980408667962),
        (3.0, 0.01, 0.0014095958315832227),
        (6.0, 8.0, 0.006188598381149794),
    ] {
        near(pearson_sf(z, skewness), golden, 1e-10);
    }
    for (alpha, skewness, golden) in [
        (0.05, 0.5, 1.774282440034809),
        (0.01, 1.2, 3.1494365485372526),
        (0.0005, 0.9, 4.798992341196713),
        (1e-6, 2.0, 12.815510557935518),
    ] {
        near(pearson_critical(alpha, skewness), golden, 1e-10);
    }
    near(pearson_critical(0.05, -0.3), 1.6448536269514722, 1e-12);
    assert_eq!(pearson_sf(1.5, -0.3), normal_sf(1.5));
    assert_eq!(pearson_sf(-3.0, 2.0), 1.0, "below where the distribution begins");
    assert_eq!([chi_square_sf(0.0, 3.0), chi_square_sf(f64::INFINITY, 3.0)], [1.0, 0.0]);
}

#[test]
fn beta_functions_are_scipys_up_to_a_million() {
    for (a, b, x, golden) in [
        (0.5, 0.5, 0.1, 0.20483276469913345),
        (2.0, 3.0, 0.4, 0.5247999999999999),
        (5.0, 0.5, 0.99, 0.7571581091015623),
        (30.0, 70.0, 0.2, 0.009692085749007043),
        (500000.0, 0.5, 0.999995, 0.025347172227059213),
        (30000.0, 70000.0, 0.2913, 7.866181597538985e-10),
        (30000.0, 70000.0, 0.3014, 0.8330164580814126),
        (1000000.0, 1000000.0, 0.4989, 0.0009314125004243508),
        (1000000.0, 1000000.0, 0.5, 0.4999999999999999),
    ] {
        near(beta_regularised(a, b, x), golden, 1e-11);
    }
    assert_eq!([beta_regularised(2.0, 3.0, 0.0), beta_regularised(2.0, 3.0, 1.0)], [0.0, 1.0]);
}

#[test]
fn kolmogorovs_distribution_is_scipys() {
    for (x, golden) in [
        (0.3, 0.9999906941986655),
        (0.5, 0.9639452436648751),
        (0.99, 0.2808738392255489),
        (1.0, 0.26999967167735456),
        (1.0000001, 0.26999956448251405),
        (1.3580986393225505, 0.050000000000000024),
        (2.0, 0.0006709252557796953),
        (5.0, 3.8574996959278356e-22),
        (18.0, 7.554499944724249e-282),
    ] {
        near(kolmogorov_sf(x), golden, 1e-12);
    }
    assert_eq!([kolmogorov_sf(0.0), kolmogorov_sf(-1.0)], [1.0, 1.0]);
}

#[test]
fn two_samples_of_any_size_get_scipys_exact_p_value() {
    for (statistic, n, m, golden) in [
        (0.5, 3, 4, 0.6571428571428571),
        (0.3, 10, 10, 0.7869297884777761),
        (0.5476190476190477, 7, 30, 0.04291828485376872),
        (0.28, 50, 60, 0.022356490911936488),
        (0.24642857142857144, 200, 350, 2.8654879016656235e-07),
        (0.184, 1000, 1000, 3.318343646488803e-15),
    ] {
        near(ks_exact((statistic * (n * m) as f64).round() as u64, n, m, |_| true), golden, 1e-11);
    }
    for (statistic, n, m, golden) in [
        (0.041166666666666664, 2000, 3000, 0.03358185208923101),
        (0.016277777777777776, 9000, 8000, 0.20908903467835183),
        (0.184, 1000, 1000, 3.318343646488803e-15),
    ] {
        near(ks_large_sf(statistic, n, m), golden, if golden < 1e-9 { 0.3 } else { 0.03 });
    }
}

#[test]
fn few_rows_against_many_have_the_law_of_one_sample() {
    // `stats.kstwo.sf`: of the few rows against a known distribution.
    for (statistic, few, golden) in [
        (0.975, 1, 0.050000000000000044),
        (0.9995, 1, 0.0009999999999998899),
        (0.842, 2, 0.04992800000000002),
        (0.9, 2, 0.01999999999999999),
        (0.9993, 2, 9.80000000000095e-07),
        (0.7, 3, 0.05400000000000003),
        (0.93, 3, 0.0006859999999999986),
        (0.9931, 3, 6.57018000000005e-07),
        (0.35, 12, 0.08091071405661032),
        (0.375, 12, 0.050423723852666136),
        (0.54, 12, 0.0008393111573562645),
        (0.71, 12, 1.27515846131955e-06),
    ] {
        near(ks_large_sf(statistic, few, 300_000_000), golden, 0.01);
        assert_eq!(ks_large_sf(statistic, few, 300_000_000), ks_large_sf(statistic, 300_000_000, few));
    }
    near(ks_large_sf(1.0, 1, 1_000_001), 2.0 / 1_000_002.0, 1e-12); // at either end
}

/// The p-value with ties, from all ways to label a pooled sample.
fn ks_by_enumeration(blocks: &[u64], n: u64, steps: u64) -> f64 {
    let total: u64 = blocks.iter().sum();
    let m = total - n;
    let (mut all, mut reached) = (0.0, 0.0);
    for labels in 0u32..1 << total {
        if u64::from(labels.count_ones()) != n {
            continue;
        }
        all += 1.0;
        let (mut end, mut widest) = (0, 0);
        for block in blocks {
            end += block;
            let of_first = u64::from((labels & ((1 << end) - 1)).count_ones());
            widest = widest.max((of_first * m).abs_diff((end - of_first) * n));
        }
        reached += f64::from(widest >= steps);
    }
    reached / all
}

#[test]
fn ties_are_exact_too() {
    for (blocks, n) in [(vec![3, 1, 4, 2], 4), (vec![1, 1, 5, 5], 5), (vec![6, 6], 3), (vec![1; 11], 4)] {
        let total: u64 = blocks.iter().sum();
        let ends: Vec<u64> = blocks
            .iter()
            .scan(0, |end, block| {
                *end += block;
                Some(*end)
            })
            .collect();
        for steps in 1..=n * (total - n) {
            let exact = ks_exact(steps, n, total - n, |k| ends.contains(&k));
            assert!((exact - ks_by_enumeration(&blocks, n, steps)).abs() < 1e-13, "{blocks:?} {steps}");
        }
    }
}

#[test]
fn fishers_test_is_scipys() {
    for (a, b, c, d, golden) in [
        (8, 2, 1, 5, 0.034965034965034975),
        (3, 1, 1, 3, 0.48571428571428565),
        (0, 10, 12, 0, 1.546441174924147e-06),
        (1, 9, 11, 3, 0.0027594561852200836),
        (100, 2, 1000, 5, 0.13007593634300163),
        (0, 5, 7, 200, 1.0),
        (345, 455, 260, 345, 0.9566778639926432),
        (9000, 1000, 8700, 1300, 3.235695089976696e-11),
        (500000, 500000, 498600, 501400, 0.04787379903505771),
    ] {
        near(fisher_exact([[a, b], [c, d]]), golden, 1e-9);
    }
    assert_eq!(fisher_exact([[0, 1_000_000_000], [1_000_000_000, 0]]), 0.0, "at once");
    assert_eq!(fisher_exact([[u64::MAX; 2]; 2]), 1.0);
    // Where the normal law takes over, both give one answer.
    near(fisher_exact([[8_000_000, 8_000_000], [8_004_000, 7_996_000]]), 0.15740299618569653, 1e-5);
    assert_eq!([fisher_exact([[0, 0], [3, 4]]), fisher_exact([[2, 0], [3, 0]]), fisher_exact([[0; 2]; 2])], [1.0; 3]);
}

#[test]
fn hypergeometric_tails_are_scipys() {
    for (k, marked, drawn, total, golden) in [
        (5, 7, 30, 100, 0.024223055894936854),
        (30, 60, 50, 300, 3.0454287791415826e-12),
        (16, 300, 20, 1_000, 4.411601456945835e-06),
        (60_400, 200_000, 300_000, 1_000_000, 0.014679333463829358),
        (120_700, 400_000, 300_000, 1_000_000, 0.0009187644881142622),
    ] {
        near(hypergeometric_upper(k, marked, drawn, total), golden, if total < 1_000_000 { 1e-9 } else { 0.01 });
    }
    assert_eq!(hypergeometric_upper(8, 7, 30, 100), 0.0);
    near(hypergeometric_upper(16_003_000, 32_000_000, 50_000_000, 100_000_000), 0.09921716569293275, 1e-5);
}

#[test]
fn two_proportions_are_a_2_by_2_chi_square() {
    for (a, b, n, m, chi_square, golden) in [
        (10, 20, 50, 60, 2.4444444444444438, 0.11794163538761551),
        (1, 0, 30, 40, 1.3526570048309179, 0.24481415223725483),
        (5000, 5200, 10000, 10000, 8.003201280512204, 0.004669472320357547),
    ] {
        let (z, p) = two_proportion_z([a, b], [n, m]).unwrap();
        near(z * z, chi_square, 1e-12);
        near(p, golden, 1e-11);
        assert_eq!(z < 0.0, a * m < b * n);
    }
    assert_eq!(two_proportion_z([0, 1], [0, 2]), Err(Reason::Empty("the first group".into())));
    assert_eq!(two_proportion_z([3, 2], [3, 2]), Err(Reason::Constant("the outcome".into())));
    assert!(matches!(two_proportion_z([4, 2], [3, 2]), Err(Reason::Undefined(_))));
}

#[test]
fn intervals_of_proportions_are_those_of_scipy_and_of_newcombe() {
    for (count, total, alpha, low, high) in [
        (0, 10, 0.05, 0.0, 0.27753279986288926),
        (3, 10, 0.05, 0.10779126740630102, 0.6032218525388546),
        (10, 10, 0.05, 0.7224672001371109, 1.0),
        (500, 1000000, 0.01, 0.00044563611571055704, 0.0005609921020163238),
    ] {
        let found = wilson_interval(count, total, alpha);
        assert!((found.low - low).abs() < 1e-14 && (found.high - high).abs() < 1e-14, "{found:?}");
    }
    // Newcombe (1998), table II, example (a), method 10.
    let Interval { low, high } = newcombe_interval([56, 48], [70, 80], 0.05);
    assert_eq!((format!("{low:.4}"), format!("{high:.4}")), ("0.0524".into(), "0.3339".into()));
}

#[test]
fn the_critical_statistic_has_its_p_value() {
    for (alpha, n, m) in
        [(0.05, 10_000, 10_000), (0.001, 12, 3_000_000), (1e-9, 1_000_000, 2_000), (0.05, 1, 3_000_000)]
    {
        near(ks_large_sf(ks_critical(alpha, n, m).unwrap(), n, m), alpha, 1e-9);
    }
    assert_eq!(ks_critical(1e-9, 1, 3_000_000), None, "one row in three million is never so rare");
    // scipy `stats.ks_2samp` has the exact p-value 0.03358 at 0.04117.
    assert!((ks_critical(0.03358185208923101, 2_000, 3_000).unwrap() - 0.041166666666666664).abs() < 2e-4);
}

proptest! {
    #[test]
    fn tables_turned_and_swapped_have_one_p_value(a in 0u64..40, b in 0u64..40, c in 0u64..40, d in 0u64..40) {
        let p = fisher_exact([[a, b], [c, d]]);
        prop_assert!((0.0..=1.0).contains(&p));
        for turned in [[[a, c], [b, d]], [[c, d], [a, b]], [[b, a], [d, c]]] {
            prop_assert!((fisher_exact(turned) / p - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn hypergeometric_probabilities_sum_to_one(marked in 0u64..60, drawn in 0u64..60, more in 0u64..60) {
        let total = marked.max(drawn) + more;
        prop_assume!(total > 0);
        let range = (marked + drawn).saturating_sub(total)..=marked.min(drawn);
        let sum: f64 = range.map(|k| hypergeometric_pmf(k, marked, drawn, total)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-11, "{sum}");
    }

    #[test]
    fn tails_descend_and_turn(a in 0.1f64..300.0, x in 0.0f64..600.0, step in 0.0f64..5.0) {
        prop_assert!(chi_square_sf(2.0 * (x + step), 2.0 * a) <= chi_square_sf(2.0 * x, 2.0 * a) + 1e-13);
        let share = x / 600.0;
        prop_assert!((beta_regularised(a, 2.5, share) + beta_regularised(2.5, a, 1.0 - share) - 1.0).abs() < 1e-11);
        let p = share.clamp(1e-9, 0.5);
        prop_assert!((normal_sf(-normal_quantile(p)) / p - 1.0).abs() < 1e-11);
    }
}
