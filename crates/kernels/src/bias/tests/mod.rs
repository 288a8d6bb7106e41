//! Golden values of the reference implementations, properties, and odd data.
mod contingency;
mod coverage;
#[expect(clippy::approx_constant, reason = "golden values are what their reference printed")]
pub(super) mod golden;
mod odd;
mod small;

use super::intervals::{Rate, log_ratio};
use super::significance::{homogeneity, one_half, proportions};
use super::*;
use crate::special::newcombe_interval;
use crate::{Computed, Reason, mix};
use proptest::prelude::*;

/// The rows of a case of golden/bias.py, as columns of facet, group, label and prediction.
fn rows_of(seed: u64, modulus: u64, missing: bool, drop: usize) -> [Vec<u32>; 4] {
    const DROPS: [fn(u32, u32, u32) -> bool; 13] = [
        |_, _, _| false,
        |f, _, p| f == 1 && p == 1,
        |f, _, p| f == 0 && p == 1,
        |_, _, p| p == 1,
        |_, y, _| y == 0,
        |f, y, _| f == 0 && y == 1,
        |_, y, p| !(y == 1 && p == 0),
        |f, _, _| f == 0,
        |_, y, p| y == 0 && p == 1,
        |f, y, p| f == 1 && y == 0 && p == 1,
        |f, y, _| f == 1 && y == 1,
        |_, _, p| p == 0,
        |f, _, _| f == 1,
    ];
    let mut columns = [const { Vec::new() }; 4];
    for cell in 0..108u32 {
        let [f, g, y, p] = [cell / 36, cell / 9 % 4, cell / 3 % 3, cell % 3];
        let is_missing = f == 2 || g == 3 || y == 2 || p == 2;
        if (is_missing && !missing) || DROPS[drop](f, y, p) {
            continue;
        }
        for _ in 0..mix(seed, u64::from(cell)) % modulus {
            for (column, (code, size)) in columns.iter_mut().zip([(f, 2), (g, 3), (y, 2), (p, 2)]) {
                column.push(if code < size { code } else { MISSING });
            }
        }
    }
    columns
}

const AXES: Axes = Axes { groups: 3, facets: 2, labels: 2, predictions: 2 };
const QUESTION: Question<'static> = Question { disadvantaged: &[1], positive_labels: &[1], positive_predictions: &[1] };

fn table_of([facet, group, label, prediction]: &[Vec<u32>; 4], axes: Axes) -> Contingency {
    let mut table = Contingency::new(axes).unwrap();
    let columns = Columns { group: Some(group), facet, label: Some(label), prediction: Some(prediction) };
    table.add(&columns).unwrap();
    table
}

/// A table of two or more facet values from their true negatives, false positives, false negatives, true positives.
fn table_of_confusions(groups: &[[u64; 4]]) -> Contingency {
    let mut columns = [const { Vec::new() }; 4];
    for (facet, counts) in (0..).zip(groups) {
        for (kind, &count) in (0..).zip(counts) {
            for _ in 0..count {
                for (column, code) in columns.iter_mut().zip([facet, 0, kind / 2, kind % 2]) {
                    column.push(code);
                }
            }
        }
    }
    table_of(&columns, Axes { groups: 1, facets: groups.len() as u32, ..AXES })
}

fn any_size() -> Settings {
    Settings::default().with_min_group(1)
}

fn clarify() -> Settings {
    Settings::default().with_conventions(Conventions::Clarify)
}

#[track_caller]
pub(super) fn check_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let near = found == expected || (found - expected).abs() <= tolerance * expected.abs().max(1.0);
    assert!(near, "{what}: {found}, and {expected} is expected");
}

#[test]
fn clarify_conventions_are_those_of_smclarify() {
    for &(seed, modulus, missing, drop, values) in golden::CLARIFY {
        let table = table_of(&rows_of(seed, modulus, missing, drop), AXES);
        let comparison = Comparison::new(&table, &QUESTION, &clarify()).unwrap();
        for ((id, metric), expected) in PRE_TRAINING.into_iter().chain(POST_TRAINING).zip(values) {
            let found = metric(&comparison).value;
            match (&found, expected) {
                (Ok(found), Some(expected)) => check_near(&format!("{id} of {seed}"), *found, expected, 1e-12),
                (Err(_), None) => {}
                _ => panic!("{id} of {seed}: {found:?}, and {expected:?} is expected"),
            }
        }
    }
}

#[test]
fn without_odd_data_our_conventions_give_the_same_numbers() {
    for seed in 1..7 {
        let table = table_of(&rows_of(seed, 60, false, 0), AXES);
        let [ours, theirs] =
            [Settings::default(), clarify()].map(|settings| Comparison::new(&table, &QUESTION, &settings).unwrap());
        for (id, metric) in PRE_TRAINING.into_iter().chain(POST_TRAINING) {
            check_near(id, metric(&ours).value.unwrap(), metric(&theirs).value.unwrap(), 1e-13);
        }
    }
}

#[test]
fn labels_of_many_classes_are_not_collapsed() {
    for (a, d, values) in golden::CLASSES {
        let comparison = classes(a, d);
        for (metric, &expected) in [kl, js, lp, tvd, ks].into_iter().zip(values) {
            let found = metric(&comparison);
            check_near("divergence", found.value.unwrap(), expected, 1e-13);
            let interval = found.interval.unwrap();
            assert!(interval.low <= expected && expected <= interval.high, "{interval:?} of {expected}");
        }
    }
    let (a, d, _) = golden::CLASSES[0];
    let p_value = kl(&classes(a, d)).p_value.unwrap();
    assert_eq!(p_value.test, Test::ChiSquare);
    check_near("chi-square", p_value.value / golden::HOMOGENEITY, 1.0, 1e-9);
}

/// Two groups by the counts of their labels.
fn classes(a: &[u64], d: &[u64]) -> Comparison {
    let (mut facet, mut label) = (Vec::new(), Vec::new());
    for (side, counts) in [(0, a), (1, d)] {
        for (class, &count) in (0..).zip(counts) {
            facet.extend((0..count).map(|_| side));
            label.extend((0..count).map(|_| class));
        }
    }
    let axes = Axes { groups: 0, facets: 2, labels: a.len() as u32, predictions: 0 };
    let mut table = Contingency::new(axes).unwrap();
    table.add(&Columns { facet: &facet, label: Some(&label), ..Columns::default() }).unwrap();
    let question = Question { disadvantaged: &[1], positive_labels: &[0], positive_predictions: &[] };
    Comparison::new(&table, &question, &any_size()).unwrap()
}

fn groups_of(table: &Contingency, settings: &Settings) -> Groups {
    let facets: Vec<u32> = (0..table.axes().facets).collect();
    Groups::new(table, &facets, &[1], &[1], settings).unwrap()
}

#[test]
fn golden_values_of_fairlearn() {
    for (counts, values) in golden::FAIRLEARN_VALUES {
        let groups = groups_of(&table_of_confusions(counts), &any_size());
        let mut found: Vec<(&str, Metric)> = FAIRLEARN.iter().map(|&(id, metric)| (id, metric(&groups))).collect();
        found.push(("difference, mean", equalized_odds_difference(&groups, Aggregate::Mean)));
        found.push(("ratio, mean", equalized_odds_ratio(&groups, Aggregate::Mean)));
        for ((id, metric), expected) in found.into_iter().zip(values) {
            let value = metric.value.unwrap();
            check_near(id, value, expected.unwrap(), 1e-14);
            let interval = metric.interval.unwrap();
            assert!(0.0 <= interval.low && interval.low <= value, "{id}: {interval:?} of {value}");
            assert!(value <= interval.high && interval.high <= 1.0, "{id}: {interval:?} of {value}");
            assert!((0.0..=1.0).contains(&metric.p_value.unwrap().value), "{id}");
        }
    }
}

#[test]
fn golden_values_of_aif360() {
    for (counts, values) in golden::AIF360_VALUES {
        let question = Question { disadvantaged: &[1], ..QUESTION };
        let comparison = Comparison::new(&table_of_confusions(counts), &question, &any_size()).unwrap();
        for ((id, metric), expected) in AIF360.into_iter().zip(values) {
            check_near(id, metric(&comparison).value.unwrap(), *expected, 1e-14);
        }
    }
}

#[test]
fn limits_and_tests_of_proportions_are_those_of_statsmodels_and_scipy() {
    let (z, alpha) = (Settings::default().z(1), Settings::default().alpha(1));
    let rate = |[hits, of]: [u64; 2]| Rate { hits, of };
    for &(first, second, [low, high, p]) in golden::DIFFERENCES {
        let limits = newcombe_interval([first[0], second[0]], [first[1], second[1]], alpha);
        check_near("Newcombe, low", limits.low, low, 1e-12);
        check_near("Newcombe, high", limits.high, high, 1e-12);
        check_near("p-value", proportions(rate(first), rate(second)).unwrap().value, p, 1e-11);
    }
    for &(first, second, [low, high]) in golden::RATIOS {
        let limits = log_ratio(rate(first), rate(second), z);
        check_near("Katz, low", limits.low.exp(), low, 1e-12);
        check_near("Katz, high", limits.high.exp(), high, 1e-12);
    }
    let flips = [rate([6, 21]), rate([60, 150])];
    let tests = flips.map(|flips| one_half(flips, Test::McNemarExact, Test::McNemar));
    assert_eq!(tests.map(|found| found.test), [Test::McNemarExact, Test::McNemar]);
    for (found, expected) in tests.iter().zip(golden::MCNEMAR) {
        check_near("McNemar", found.value, expected, 1e-12);
    }
}

#[test]
fn strata_are_tested_as_cochran_mantel_and_haenszel_do() {
    let columns = small::rows_by_label(&[[[10, 20], [15, 12]], [[7, 9], [3, 14]], [[30, 31], [22, 40]]]);
    let comparison = Comparison::new(&table_of(&columns, AXES), &QUESTION, &Settings::default()).unwrap();
    let found = cddl(&comparison);
    check_near("Mantel-Haenszel", found.p_value.unwrap().value, golden::MANTEL, 1e-12);
    // By hand: the weights are 57, 33 and 123 of 213 rows.
    let shares = [15.0 / 25.0 - 12.0 / 32.0, 3.0 / 10.0 - 14.0 / 23.0, 22.0 / 52.0 - 40.0 / 71.0];
    let expected = (57.0 * shares[0] + 33.0 * shares[1] + 123.0 * shares[2]) / 213.0;
    check_near("CDDL", found.value.unwrap(), expected, 1e-14);
}

/// A number of row `row`: one of `values` whole ones, or anywhere in 0 to 1.
pub(super) fn number(seed: u64, row: u64, values: u64) -> f64 {
    if values == 0 { (mix(seed, row) >> 11) as f64 * 2f64.powi(-53) } else { (mix(seed, row) % values) as f64 }
}

proptest! {
    #[test]
    fn renaming_groups_and_outcomes_turns_signs(seed in any::<u64>()) {
        let columns = rows_of(seed, 6, false, 0);
        let table = table_of(&columns, AXES);
        let ask = |disadvantaged, positive: &[u32]| {
            let question = Question { disadvantaged, positive_labels: positive, positive_predictions: positive };
            Comparison::new(&table, &question, &any_size()).unwrap()
        };
        let (here, swapped, negative) = (ask(&[1], &[1]), ask(&[0], &[1]), ask(&[1], &[0]));
        let same = |a: Metric, b: Metric, sign: f64| match (a.value, b.value) {
            (Ok(a), Ok(b)) => (a - sign * b).abs() < 1e-12,
            (a, b) => a.is_err() && b.is_err(),
        };
        for (id, metric) in [("DPL", dpl as fn(&Comparison) -> Metric), ("DPPL", dppl), ("CI", ci), ("AD", ad), ("RD", rd),
            ("SD", sd), ("DAR", dar), ("DRR", drr), ("DCA", dca), ("DCR", dcr), ("TE", te),
            ("average odds", average_odds_difference)] {
            prop_assert!(same(metric(&here), metric(&swapped), -1.0), "{}", id);
        }
        for (id, metric) in [("JS", js as fn(&Comparison) -> Metric), ("LP", lp), ("TVD", tvd), ("KS", ks), ("GE", ge),
            ("absolute odds", average_abs_odds_difference)] {
            prop_assert!(same(metric(&here), metric(&swapped), 1.0), "{}", id);
        }
        for (id, metric, other, sign) in [("DPL", dpl as fn(&Comparison) -> Metric, dpl as fn(&Comparison) -> Metric, -1.0),
            ("recall is the specificity of the other outcome", rd, sd, -1.0), ("DAR", dar, drr, -1.0),
            ("DCA", dca, dcr, -1.0), ("CDDL", cddl, cddl, -1.0), ("CDDPL", cddpl, cddpl, -1.0)] {
            prop_assert!(same(metric(&here), other(&negative), sign), "{}", id);
        }
        if let (Ok(a), Ok(b)) = (di(&here).value, di(&swapped).value) {
            prop_assert!((a * b - 1.0).abs() < 1e-12 || a * b == 0.0);
        }
    }

    #[test]
    fn twice_the_rows_are_the_same_numbers_and_surer(seed in any::<u64>()) {
        let columns = rows_of(seed, 9, true, 0);
        let table = table_of(&columns, AXES);
        let mut twice = table.clone();
        twice.merge(&table).unwrap();
        let [one, two] = [&table, &twice].map(|table| Comparison::new(table, &QUESTION, &any_size()).unwrap());
        for (id, metric) in PRE_TRAINING.into_iter().chain(POST_TRAINING).chain(AIF360) {
            let (once, twice) = (metric(&one), metric(&two));
            match (once.value, twice.value) {
                (Ok(once), Ok(twice)) => prop_assert!((once - twice).abs() < 1e-12, "{id}: {once} and {twice}"),
                (once, twice) => prop_assert_eq!(once, twice),
            }
            if let (Ok(once), Ok(twice)) = (once.interval, twice.interval) {
                prop_assert!(twice.high - twice.low < once.high - once.low + 1e-12, "{id}: {once:?} and {twice:?}");
            }
        }
    }

    #[test]
    fn no_number_is_nan_and_intervals_hold_their_value(
        seed in any::<u64>(), modulus in 1u64..6, drop in 0usize..13, theirs in any::<bool>(),
    ) {
        let table = table_of(&rows_of(seed, modulus, true, drop), AXES);
        let settings = if theirs { clarify() } else { any_size() };
        let comparison = Comparison::new(&table, &QUESTION, &settings).unwrap();
        let groups = groups_of(&table, &settings);
        let two = PRE_TRAINING.into_iter().chain(POST_TRAINING).chain(AIF360);
        let found = two.map(|(id, metric)| (id, metric(&comparison)));
        for (id, metric) in found.chain(FAIRLEARN.map(|(id, metric)| (id, metric(&groups)))) {
            if let Ok(value) = metric.value {
                prop_assert!(value.is_finite() || (theirs && !value.is_nan()), "{id}: {value}");
                if let Ok(interval) = metric.interval {
                    prop_assert!(interval.low <= value + 1e-9 && value <= interval.high + 1e-9, "{id}: {value} {interval:?}");
                    prop_assert!(interval.low.is_finite() && interval.high.is_finite(), "{id}: {interval:?}");
                }
            } else {
                prop_assert!(metric.interval.is_err(), "{id}");
            }
            if let Ok(p_value) = metric.p_value {
                prop_assert!((0.0..=1.0).contains(&p_value.value), "{id}: {p_value:?}");
            }
        }
    }

    #[test]
    fn groups_are_the_same_in_any_order(seed in any::<u64>(), turn in 0usize..4) {
        let [facet, group, label, prediction] = rows_of(seed, 9, true, 0);
        // Facets and groups as one facet, so that there are six.
        let facet = Combination::new(&[2, 3]).unwrap().codes(&[&facet, &group]).unwrap();
        let mut table = Contingency::new(Axes { groups: 0, facets: 6, ..AXES }).unwrap();
        let columns = Columns { group: None, facet: &facet, label: Some(&label), prediction: Some(&prediction) };
        table.add(&columns).unwrap();
        let mut order = [0, 1, 2, 3, 4, 5];
        let ask = |order: &[u32]| Groups::new(&table, order, &[1], &[1], &any_size()).unwrap();
        let before = ask(&order);
        order.rotate_left(turn + 1);
        order.swap(1, 4);
        let after = ask(&order);
        for (id, metric) in FAIRLEARN {
            let (before, after) = (metric(&before), metric(&after));
            prop_assert_eq!((&before.value, &before.interval), (&after.value, &after.interval), "{}", id);
            if let (Ok(before), Ok(after)) = (before.p_value, after.p_value) {
                prop_assert!((before.value - after.value).abs() < 1e-9, "{id}");
            }
        }
    }

    #[test]
    fn each_value_against_the_rest_is_that_comparison(seed in any::<u64>()) {
        let [facet, group, label, prediction] = rows_of(seed, 5, true, 0);
        // Groups are the facet here, so that there are three values of it.
        let columns = [group, facet, label, prediction];
        let table = table_of(&columns, Axes { groups: 2, facets: 3, ..AXES });
        for settings in [any_size(), clarify()] {
            for (code, comparison) in Comparison::each_value(&table, &QUESTION, &settings).unwrap() {
                let question = Question { disadvantaged: &[code], ..QUESTION };
                prop_assert_eq!(comparison, Comparison::new(&table, &question, &settings).unwrap());
            }
        }
    }
}

/// The value's reason as a person reads it.
fn reason(found: Computed) -> String {
    found.unwrap_err().to_string()
}

#[test]
fn sparse_tables_are_tested_by_the_exact_moments_of_their_chi_square() {
    // Of 400,000 tables by scipy 1.17.1 random_table(seed=1..4), 0.0502 have at least this statistic; χ² itself says 0.073.
    let table = [3, 1, 1, 6, 9, 0, 1, 1, 4, 24];
    let found = homogeneity(&table, 5, "groups", "the label").unwrap();
    assert_eq!(found.test, Test::ChiSquareMoments);
    assert!((found.value - 0.0502).abs() < 0.005, "{found:?}");
    assert_eq!(homogeneity(&[3, 0, 4, 0], 2, "groups", "the label"), Err(Reason::Constant("the label".into())));
}
