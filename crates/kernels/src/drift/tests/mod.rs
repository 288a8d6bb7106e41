//! Golden values: scipy 1.17.1 and numpy 2.4.6, printed by `golden/drift.py`.
use super::*;
use crate::{Interval, KernelError, Ranks};
use std::collections::BTreeMap;

mod calibration;
mod domain;
mod intervals;
mod odd;
mod properties;
mod thresholds;
mod unsorted;

fn settings() -> Settings {
    Settings::default()
}

fn counts(counts: &[u64]) -> Counts<'_> {
    Counts { counts, nulls: 0 }
}

fn rows(sorted: &[f64]) -> Numbers<'_> {
    Numbers { values: Values::Sorted(sorted), nulls: 0 }
}

fn ranked(ranks: &Ranks) -> Numbers<'_> {
    Numbers { values: Values::Ranked { ranks, infinite: [0, 0], rank_error: 0.0, deviation: None }, nulls: 0 }
}

fn categories(reference: &[u64], current: &[u64]) -> Column {
    of_categories(counts(reference), counts(current), &TestId::ALL, &settings()).unwrap()
}

fn numbers(reference: &[f64], current: &[f64]) -> Column {
    of_numbers(rows(reference), rows(current), &TestId::ALL, &settings()).unwrap()
}

fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The value of a test.
fn value(column: &Column, id: TestId) -> Option<f64> {
    column.tests[&id].value
}

/// Whether the value, and the p-value if one is given, are the golden ones.
#[track_caller]
fn check(column: &Column, id: TestId, golden: f64, p_value: Option<f64>) {
    let test = &column.tests[&id];
    let near =
        |found: Option<f64>, golden: f64| found.is_some_and(|found| (found - golden).abs() <= 1e-11 * golden.abs());
    assert!(near(test.value, golden), "{id}: {:?} is not {golden}", test.value);
    assert!(p_value.is_none_or(|golden| near(test.p_value, golden)), "{id}: {:?} is not {p_value:?}", test.p_value);
}

fn reason(column: &Column, id: TestId) -> String {
    let test = &column.tests[&id];
    assert_eq!((test.verdict, test.value), (Verdict::NotComputable, None), "{id}");
    test.reason.as_ref().unwrap().to_string()
}

#[test]
fn a_filled_table_is_scipys() {
    let column = categories(&[120, 80, 60, 30, 12], &[90, 85, 70, 20, 15]);
    check(&column, TestId::ChiSquare, 6.717777397626023, Some(0.15157548011306843));
    check(&column, TestId::GTest, 6.737702077907589, Some(0.15403502242791242));
    check(&column, TestId::Psi, 0.046501312430266874, None);
    check(&column, TestId::Kl, 0.023399237406094647, None);
    check(&column, TestId::JensenShannon, 0.09145943740158413, None);
    check(&column, TestId::Hellinger, 0.07619282917864598, None);
    check(&column, TestId::TotalVariation, 0.10383159886471141, None);
    check(&column, TestId::LInfinity, 0.07592242194891197, None);
    check(&column, TestId::CramersV, 0.06830755530456334, Some(0.15157548011306843));
    let threshold = column.tests[&TestId::ChiSquare].threshold.unwrap();
    assert!((threshold - 9.487729036781158).abs() < 1e-9);
    assert_eq!(
        (column.default, column.verdict, column.p_value),
        (TestId::ChiSquare, Verdict::Within, column.tests[&TestId::ChiSquare].p_value)
    );
    for id in [TestId::Ks, TestId::Wasserstein, TestId::WassersteinNormed, TestId::Energy] {
        assert_eq!(reason(&column, id), "categories have no order");
    }
}

#[test]
fn psi_is_that_of_rs_scorecard() {
    let column = categories(&[500, 500], &[900, 100]);
    assert!((column.tests[&TestId::Psi].value.unwrap() - 0.878_890).abs() < 1e-6);
}

#[test]
fn a_large_table_has_closed_laws() {
    let column = categories(&[600, 400, 300, 150, 60], &[470, 425, 330, 100, 75]);
    check(&column, TestId::ChiSquare, 25.525604105264392, Some(3.9435954646225004e-05));
    check(&column, TestId::GTest, 25.599087922309117, Some(3.896102438758805e-05));
    check(&column, TestId::Psi, 0.035329755970299706, Some(3.6955702551127274e-05));
    check(&column, TestId::Kl, 0.017810550547178637, Some(3.34990068981079e-05));
    check(&column, TestId::JensenShannon, 0.07972876327804426, Some(3.797642890773406e-05));
    check(&column, TestId::Hellinger, 0.06641653026627949, Some(3.746363794542431e-05));
    check(&column, TestId::CramersV, 0.08601852032595259, Some(3.9435954646225004e-05));
    // Each drifted, so each lies above its threshold, and its interval does not hold 0.
    for id in [TestId::Psi, TestId::Kl, TestId::JensenShannon, TestId::Hellinger, TestId::GTest, TestId::CramersV] {
        let test = &column.tests[&id];
        assert!(test.value > test.threshold && test.threshold > Some(0.0), "{id}: {test:?}");
        assert!(id == TestId::GTest || test.interval.unwrap().low > 0.0, "{id}: {test:?}");
    }
}

#[test]
fn a_table_with_gaps_is_smoothed_for_logarithms_only() {
    let column = categories(&[50, 0, 30, 20, 0], &[40, 10, 0, 25, 0]);
    check(&column, TestId::ChiSquare, 38.888888888888886, None);
    check(&column, TestId::GTest, 53.53821096388779, None);
    check(&column, TestId::Psi, 1.6243765706413478, None);
    check(&column, TestId::Kl, 0.9985296411629357, None);
    check(&column, TestId::JensenShannon, 0.47875409946609004, None);
    check(&column, TestId::Hellinger, 0.4747666066168899, None);
    check(&column, TestId::TotalVariation, 0.3, None);
    check(&column, TestId::LInfinity, 0.3, None);
    check(&column, TestId::CramersV, 0.45405473599064006, None);
    assert_eq!(column.verdict, Verdict::Drifted);
}

#[test]
fn counted_values_are_scipys() {
    let side = |counts: [u64; 5]| Ranks::of_counts([1.0, 2.0, 4.0, 7.0, 11.5].into_iter().zip(counts).collect());
    let (reference, current) = (side([120, 80, 60, 30, 12]), side([90, 85, 70, 20, 15]));
    let column = of_numbers(ranked(&reference), ranked(&current), &TestId::ALL, &settings()).unwrap();
    check(&column, TestId::Wasserstein, 0.2549077578051092, None);
    check(&column, TestId::WassersteinNormed, 0.10000295578477794, None);
    check(&column, TestId::Energy, 0.14138754545183635, None);
    check(&column, TestId::Ks, 0.07592242194891201, None);
    assert_eq!(column.default, TestId::Ks);
    assert_eq!(reason(&column, TestId::NewShare), "numbers have no categories");
}

#[test]
fn samples_are_scipys() {
    let reference = sorted((0..60).map(|i| f64::from(i * 37 % 101) / 10.0));
    let current = sorted((0..45).map(|i| f64::from(i * 53 % 127) / 9.0 + 0.05));
    let column = numbers(&reference, &current);
    check(&column, TestId::Ks, 0.2833333333333333, Some(0.026762795117647273));
    check(&column, TestId::Wasserstein, 1.7569753086419757, None);
    check(&column, TestId::WassersteinNormed, 0.6027617684241923, None);
    check(&column, TestId::Energy, 0.7864206736820399, None);
    // On the deciles of the reference: 6 rows in each bin, and 4, 4, 3, 3, 2, 3, 4, 4, 3, 15.
    check(&column, TestId::ChiSquare, 9.508333333333333, None);
    check(&column, TestId::GTest, 9.616063474650272, None);
    check(&column, TestId::Psi, 0.3852754823538867, None);
    check(&column, TestId::Kl, 0.16999499869485848, None);
    check(&column, TestId::JensenShannon, 0.25757152407282197, None);
    check(&column, TestId::Hellinger, 0.21687991722232422, None);
    check(&column, TestId::TotalVariation, 0.23333333333333334, None);
    check(&column, TestId::CramersV, 0.06368747859572822, None);
    assert_eq!(reason(&column, TestId::VanishedShare), "numbers have no categories");
    assert_eq!((column.verdict, column.p_value), (Verdict::Drifted, column.tests[&TestId::Ks].p_value));
}

#[test]
fn beyond_the_exact_law_ks_is_close_to_it() {
    let reference: Vec<f64> = (0..3_000).map(|i| f64::from(i) * 0.001).collect();
    let current: Vec<f64> = (0..2_000).map(|i| f64::from(i) * 0.00155 + 0.02).collect();
    let column = of_numbers(rows(&reference), rows(&current), &[], &settings()).unwrap();
    check(&column, TestId::Ks, 0.039, None);
    let test = &column.tests[&TestId::Ks];
    assert!((test.p_value.unwrap() / 0.051008766312648106 - 1.0).abs() < 0.02, "{test:?}");
    assert!(test.threshold.unwrap() > 0.039 && test.threshold.unwrap() < 0.0395, "{test:?}");
}

#[test]
fn ties_are_part_of_the_exact_law() {
    let reference = [1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 5.0];
    let current = [2.0, 3.0, 3.0, 3.0, 4.0, 5.0, 5.0];
    // Without regard to ties the p-value would be above 0.2; this one is that of all 6,435 labellings.
    check(&numbers(&reference, &current), TestId::Ks, 0.48214285714285715, Some(0.17482517482517482));
}

#[test]
fn missing_values_are_compared_by_fishers_test() {
    let values: Vec<f64> = (0..300).map(f64::from).collect();
    let side = |rows: usize, nulls| Numbers { values: Values::Sorted(&values[..rows]), nulls };
    let column = of_numbers(side(195, 5), side(270, 30), &[], &settings()).unwrap();
    check(&column, TestId::NullShare, 0.075, Some(0.0010489951607121175));
    let Interval { low, high } = column.tests[&TestId::NullShare].interval.unwrap();
    assert!(0.0 < low && low < 0.075 && 0.075 < high);
}

#[test]
fn a_permuted_p_value_is_that_of_all_tables() {
    // Three categories, so few rows that every table with these margins can be listed.
    let (reference, current) = ([7, 1, 2], [2, 6, 4]);
    let (mut all, mut extreme) = (0.0, 0.0);
    let pooled = [9u64, 7, 6];
    let chi_square = |a: u64, b: u64, c: u64| {
        let side = [a, b, c].into_iter().zip(pooled).map(|(r, both)| {
            let expected = both as f64 * 10.0 / 22.0;
            (r as f64 - expected).powi(2) * (1.0 / expected + 1.0 / (both as f64 * 12.0 / 22.0))
        });
        side.sum::<f64>()
    };
    let ways = |of: u64, take: u64| (1..=take).map(|k| (of - take + k) as f64 / k as f64).product::<f64>();
    for a in 0..=9 {
        for b in 0..=7u64.min(10 - a.min(10)) {
            if let Some(c) = (10u64.checked_sub(a + b)).filter(|&c| c <= 6) {
                let weight = ways(9, a) * ways(7, b) * ways(6, c);
                all += weight;
                extreme += if chi_square(a, b, c) >= chi_square(7, 1, 2) - 1e-9 { weight } else { 0.0 };
            }
        }
    }
    let exact = extreme / all;
    let mean = (0..200)
        .map(|seed| {
            let settings = Settings { seed, ..Settings::default() };
            let column = of_categories(counts(&reference), counts(&current), &[], &settings).unwrap();
            column.tests[&TestId::ChiSquare].p_value.unwrap()
        })
        .sum::<f64>()
        / 200.0;
    assert!((mean / exact - 1.0).abs() < 0.08, "{mean} is not {exact}");
}

/// Over so many seeds a p-value by simulation is close to that of all labellings.
#[track_caller]
fn mean_p_value(golden: f64, of: impl Fn(&Settings) -> Option<f64>) {
    let mean = (0..200).filter_map(|seed| of(&Settings { seed, ..Settings::default() })).sum::<f64>() / 200.0;
    assert!((mean / golden - 1.0).abs() < 0.08, "{mean} is not {golden}");
}

#[test]
fn permuted_p_values_are_those_of_scipys_permutation_test() {
    // `stats.permutation_test(alternative="greater", n_resamples=inf)`: all 6,435 labellings.
    let reference = [0.3, 1.1, 1.9, 2.2, 3.0, 4.7, 5.1, 6.6];
    let current = [1.5, 3.3, 4.0, 5.9, 6.2, 7.7, 9.0];
    for (id, golden) in [(TestId::Wasserstein, 0.11048951048951049), (TestId::Energy, 0.14498834498834498)] {
        mean_p_value(golden, |settings| {
            of_numbers(rows(&reference), rows(&current), &[id], settings).unwrap().tests[&id].p_value
        });
    }
    let golden = [
        (TestId::Psi, 0.16083916083916083),
        (TestId::JensenShannon, 0.18414918414918416),
        (TestId::TotalVariation, 0.18414918414918416),
    ];
    for (id, golden) in golden {
        mean_p_value(golden, |settings| {
            of_categories(counts(&[5, 1, 2]), counts(&[1, 3, 3]), &[id], settings).unwrap().tests[&id].p_value
        });
    }
}

#[test]
fn the_moments_of_chi_square_are_those_of_all_labellings() {
    // Exact, in fractions: `chi_square_moments` of `golden/drift.py`.
    let cases: [(Vec<u64>, u64, f64, f64); 3] = [
        ([1, 2, 3, 4, 5].repeat(12), 90, 64.86257279470847, 0.1994932651821906),
        ((1..61).map(|rank| 300 / rank).collect(), 1_100, 113.5721807846754, 0.4202619978556388),
        (vec![300, 300, 300, 3, 3, 200, 200, 5], 1_000, 13.535149245609523, 1.1955211263044743),
    ];
    for (pooled, n, variance, skewness) in cases {
        let mut left = n;
        let mut take = |rows: u64| {
            let taken = rows.min(left);
            left -= taken;
            taken
        };
        let reference: Vec<u64> = pooled.iter().map(|&rows| take(rows)).collect();
        let current: Vec<u64> = pooled.iter().zip(&reference).map(|(all, own)| all - own).collect();
        let found = chi_square::moments(&table::Table::of(&reference, &current).view());
        assert!((found.1 / variance - 1.0).abs() < 1e-12 && (found.2 / skewness - 1.0).abs() < 0.03, "{found:?}");
    }
}

const OF_CATEGORIES: [TestId; 11] = [
    TestId::Psi,
    TestId::JensenShannon,
    TestId::Hellinger,
    TestId::Kl,
    TestId::ChiSquare,
    TestId::GTest,
    TestId::LInfinity,
    TestId::CramersV,
    TestId::TotalVariation,
    TestId::NewShare,
    TestId::VanishedShare,
];
